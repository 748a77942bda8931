"""Everything a scan can be told, in one frozen record that is stored with its results. No data, no defaults by file."""

from dataclasses import dataclass, field
from datetime import date

from analytics.engine.threads import usable_threads
from analytics.scan.frame import ScanInputError

PRIMARY_TESTS = (
    "logrank_p",
    "uni_wald_p",
    "uni_score_p",
    "uni_lr_p",
    "adj_wald_p",
    "adj_score_p",
    "adj_lr_p",
)


@dataclass(frozen=True)
class ScanSettings:
    """Choices of a scan; the defaults are the honest ones.

    family: name of the registered family of hypotheses; family_size: how many hypotheses it has when more than this
    scan tests; prespecified: date of registration before the data were seen, None for exploration.
    primary_test: the column whose p the false discovery rate and the verdict are about (adj_lr_p falls back on
    uni_lr_p when no covariates are given). alpha: for verdicts and warnings.
    min_carriers: genes with fewer are not tested (the filter does not look at outcomes, so the family stays honest).
    firth_below_events: fewer events among carriers or non-carriers than this means Firth's penalty.
    burden_knots: of the natural spline of log2(burden + 1). null_draws: of the burden null, 0 for none; seed: of the
    same. length_matched_genes: how many genes of like coding length a gene is ranked among.
    n_threads: changes the time taken and no number; without it the cores that this process may use.
    """

    family: str = "exploratory"
    family_size: int | None = None
    prespecified: date | None = None
    primary_test: str = "adj_lr_p"
    alpha: float = 0.05
    confidence: float = 0.95
    min_carriers: int = 5
    firth_below_events: int = 5
    firth_intervals: bool = True
    burden_knots: int = 4
    null_draws: int = 5000
    seed: int = 20160714
    length_matched_genes: int = 200
    n_threads: int = field(default_factory=usable_threads)

    def __post_init__(self) -> None:
        """Raises ScanInputError for values outside their range."""
        ranges = {
            "alpha": 0.0 < self.alpha < 1.0,
            "confidence": 0.0 < self.confidence < 1.0,
            "min_carriers": self.min_carriers >= 1,
            "firth_below_events": self.firth_below_events >= 1,
            "burden_knots": self.burden_knots in (3, 4, 5),
            "null_draws": self.null_draws >= 0,
            "length_matched_genes": self.length_matched_genes >= 1,
            "n_threads": self.n_threads >= 1,
            "family_size": self.family_size is None or self.family_size >= 1,
            "primary_test": self.primary_test in PRIMARY_TESTS,
        }
        wrong = [name for name, fits in ranges.items() if not fits]
        if wrong:
            raise ScanInputError(
                f"ScanSettings.{wrong[0]} = {getattr(self, wrong[0])!r} is out of range; see its docstring."
            )
