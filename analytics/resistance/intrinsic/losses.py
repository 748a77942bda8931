"""Loss that was there before treatment: which baseline tumours carry it, and how often by cancer type and response.

Belongs here: one gene set over many patients, with its four words of status, and rates with exact intervals.
Does not belong here: pairs (`events`) and reading tables.

Sources: Fisher (1922); Mantel & Haenszel (1959).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from scipy import stats

from analytics.errors import MissingColumnError
from analytics.questions.selection import KNOWN, MUTATED, NOT_PROFILED, UNDETERMINED, WILD_TYPE
from analytics.resistance.evidence.loss import BIALLELIC, DEEP_LOSS, MONOALLELIC
from analytics.resistance.evidence.samples import SampleEvidence
from analytics.resistance.shares import Share, share
from analytics.response.stratified_tables import exact_conditional_p, mantel_haenszel, strata_counts

#: What counts as a loss: any truncating mutation or homozygous deletion; or both alleles shown to be lost.
TRUNCATING, BOTH_ALLELES = "truncating", "biallelic"
DEFINITIONS: Final = (TRUNCATING, BOTH_ALLELES)
_COLUMNS: Final = ("cohort_id", "patient_id", "sample_id", "is_covered", "doubt")
#: Why a person is not judged, where the tables of the warehouse do not say it themselves.
NOT_COVERED, UNSAID = (
    "the panel does not cover every gene of the set",
    "nobody can say whether both alleles are lost",
)


def intrinsic_losses(
    samples: pd.DataFrame, evidence_of: Callable[[str, str], SampleEvidence | None], genes: Sequence[str]
) -> pd.DataFrame:
    """The losses of a set of genes in the samples that may have one.

    Parameters
    ----------
    samples : samples with a truncating mutation in one of the genes or with segments (cohort_id, patient_id,
        sample_id).
    evidence_of : gives the evidence of a sample by cohort and sample.

    Returns
    -------
    One row a sample and gene with a truncating mutation or both copies deleted: word, confidence, evidence.
    """
    rows: list[dict[str, Any]] = []
    for sample in samples[["cohort_id", "patient_id", "sample_id"]].itertuples(index=False):
        evidence = evidence_of(str(sample.cohort_id), str(sample.sample_id))
        if evidence is None:
            continue
        for gene in genes:
            found = evidence.mutations_of(gene)
            truncating = found[found["is_truncating"].astype(bool)]
            if not len(truncating) and evidence.copy_of(gene).word != DEEP_LOSS:
                continue
            verdict = evidence.verdict(gene)
            source = truncating.iloc[0] if len(truncating) else None
            rows.append(
                {
                    "cohort_id": sample.cohort_id,
                    "patient_id": sample.patient_id,
                    "sample_id": sample.sample_id,
                    "hugo_symbol": gene,
                    "mutation": tuple(
                        text for text in truncating["hgvsp_short"].dropna().astype(str) if text
                    ),
                    "variant_classification": None if source is None else source["variant_classification"],
                    "word": verdict.word,
                    "confidence": verdict.confidence,
                    "evidence": verdict.evidence,
                    "log2_ratio": verdict.copy.log2_ratio,
                    "allele_fraction": None if source is None else source["variant_allele_fraction"],
                    "source_file_id": None if source is None else source["source_file_id"],
                    "source_row": None if source is None else source["source_row"],
                }
            )
    return pd.DataFrame(rows, columns=LOSS_COLUMNS)


LOSS_COLUMNS: Final = [
    "cohort_id", "patient_id", "sample_id", "hugo_symbol", "mutation", "variant_classification", "word", "confidence",
    "evidence", "log2_ratio", "allele_fraction", "source_file_id", "source_row",
]  # fmt: skip


def loss_status(
    people: pd.DataFrame, losses: pd.DataFrame, definition: str, genes: Sequence[str] | None = None
) -> pd.Series:
    """mutated (a loss), wild_type (every gene of the set looked at, and none lost), undetermined or not_profiled, by
    row of `people`.

    ``is_covered`` of `people` says whether the sample's panel covers every gene of the set. A carrier on a panel that
    lacks another gene is not profiled either: counted, he would be in a rate from which non-carriers of the same panel
    are missing. ``doubt`` says why a gene of the set, or the whole sample, cannot be judged; null where all can. A loss
    counts beside a doubt, no loss does not. With the definition ``biallelic`` a truncating mutation of which nobody can
    say how many alleles it took is undetermined.
    """
    absent = [c for c in _COLUMNS if c not in people.columns]
    if absent:
        raise MissingColumnError(f"The people lack {', '.join(absent)}: add the columns.")
    counted = losses if genes is None else losses[losses["hugo_symbol"].isin(list(genes))]
    keys = pd.MultiIndex.from_frame(people[["cohort_id", "sample_id"]])

    def carried(rows: pd.DataFrame) -> pd.Series:
        found = pd.MultiIndex.from_frame(rows[["cohort_id", "sample_id"]])
        return pd.Series(keys.isin(found), index=people.index)

    is_covered = people["is_covered"].astype(bool)
    status = pd.Series(NOT_PROFILED, index=people.index).mask(is_covered, WILD_TYPE)
    status = status.mask(people["doubt"].notna(), UNDETERMINED)
    if definition == TRUNCATING:
        return status.mask(is_covered & carried(counted), MUTATED)
    unsaid = ~counted["word"].isin([BIALLELIC, MONOALLELIC])
    status = status.mask(is_covered & carried(counted[unsaid]), UNDETERMINED)
    return status.mask(is_covered & carried(counted[counted["word"] == BIALLELIC]), MUTATED)


def loss_reason(people: pd.DataFrame, status: pd.Series) -> pd.Series:
    """Why a person has no status of :func:`loss_status`; null for those who have one."""
    undetermined = people["doubt"].astype(object).mask(people["doubt"].isna(), UNSAID)
    reason = pd.Series(None, index=people.index, dtype=object).mask(status == UNDETERMINED, undetermined)
    return reason.mask(status == NOT_PROFILED, NOT_COVERED)


@dataclass(frozen=True)
class LossByResponse:
    """Loss against response: people lost and not (rows), responding and not (columns), and Fisher's exact test.

    ``p`` is None, with the reason, where there is nothing to test.
    """

    cells: tuple[tuple[int, int], tuple[int, int]]
    p: float | None
    reason: str | None

    @property
    def n(self) -> int:
        """People with both known."""
        return sum(map(sum, self.cells))

    @property
    def n_lost(self) -> int:
        """of these with a loss."""
        return sum(self.cells[0])

    @property
    def n_responders(self) -> int:
        """of these responding."""
        return self.cells[0][0] + self.cells[1][0]

    @property
    def odds_ratio(self) -> float | None:
        """Odds ratio of the four counts; None where one of its products is 0 below."""
        (lost_r, lost_n), (left_r, left_n) = self.cells
        return (lost_r * left_n) / (lost_n * left_r) if lost_n * left_r else None


@dataclass(frozen=True)
class LossWithin:
    """Loss against response within strata: counts of people, and Mantel and Haenszel's odds ratio with interval and p.

    ``p_exact`` is the exact conditional p: losses are few, and the p of large samples may be too small. The numbers
    are None, with the reason, where no stratum informs; the odds ratio and its p also where it is 0 or infinite.
    """

    n: int
    n_lost: int
    n_responders: int
    n_lost_responders: int
    n_informative: int
    odds_ratio: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    p_exact: float | None = None
    reason: str | None = None


def loss_rate(status: pd.Series) -> Share:
    """Share with a loss of those who can be judged; without anybody to judge there is a sentence and no number."""
    n = int(status.isin(KNOWN).sum())
    return share(int((status == MUTATED).sum()), n, "Nobody can be judged for the genes of the set.")


def loss_by_response(status: pd.Series, is_responder: pd.Series) -> LossByResponse:
    """Fisher's exact test of loss against response."""
    known = status.isin(KNOWN) & is_responder.notna()
    responds = is_responder[known].astype(bool)
    lost = status[known] == MUTATED
    cells = ((int((lost & responds).sum()), int((lost & ~responds).sum())),
             (int((~lost & responds).sum()), int((~lost & ~responds).sum())))  # fmt: skip
    is_empty = not responds.any() or responds.all() or not lost.any()
    if is_empty:
        return LossByResponse(cells, None, "No loss, or only one kind of response: there is no test.")
    return LossByResponse(cells, float(stats.fisher_exact(cells)[1]), None)


def loss_by_response_within(status: pd.Series, is_responder: pd.Series, strata: pd.Series) -> LossWithin:
    """Loss against response within strata. A person without a stratum is left out."""
    known = status.isin(KNOWN) & is_responder.notna() & strata.notna()
    lost, responds = status[known] == MUTATED, is_responder[known].astype(bool)
    counts = strata_counts(lost, responds, strata[known])
    held = mantel_haenszel(*counts)
    found = LossWithin(
        n=int(known.sum()),
        n_lost=int(lost.sum()),
        n_responders=int(responds.sum()),
        n_lost_responders=int((lost & responds).sum()),
        n_informative=held.n_informative,
    )
    if not held.n_informative:
        return replace(found, reason="No stratum in which both loss and response vary: there is no test.")
    found = replace(found, p_exact=exact_conditional_p(*counts))
    if math.isfinite(held.ci_low):
        return replace(found, odds_ratio=held.odds_ratio, ci_low=held.ci_low, ci_high=held.ci_high, p=held.p)
    side = "responders" if held.odds_ratio else "non-responders"
    return replace(
        found, reason=f"In every stratum that varies the losses are in {side} alone: no odds ratio."
    )


def burden_stratum(people: pd.DataFrame, percentile: float) -> pd.Series:
    """low_burden or high_burden by the percentile of mutation burden within cohort x cancer type, null where unknown.

    Rates of unlike assays cannot be compared, so the cut is made within the cohort (field's rule for TMB).
    """
    groups = [people["cohort_id"], people["cancer_type"].fillna("")]
    rank = people["n_nonsynonymous"].astype(float).groupby(groups).rank(pct=True)
    word = pd.Series(pd.NA, index=people.index, dtype="string")
    return word.mask(rank <= percentile / 100.0, "low_burden").mask(rank > percentile / 100.0, "high_burden")
