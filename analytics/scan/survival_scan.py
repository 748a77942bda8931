"""The survival scan: every gene at once, with what guards its answer. The entry point of the package for survival.

What does not belong here: reading the warehouse, writing results, single-gene reports.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.scan import reasons
from analytics.scan.carriers import carriers_in_rows, collect_carriers
from analytics.scan.columns import SURVIVAL_COLUMNS
from analytics.scan.frame import BoolArray, FloatArray, IntArray, PatientFrame
from analytics.scan.genes import (
    GeneData,
    check_genes,
    coverage_signatures,
    identical_gene_groups,
    profiled_patients,
)
from analytics.scan.multiplicity import benjamini_hochberg, shrink_normal
from analytics.scan.risk_table import build_risk_table
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_models import (
    BLOCKS,
    Group,
    adjusted_block,
    burden_block,
    heterogeneity_block,
    log_rank_block,
    null_block,
    reasons_before_fitting,
    unavailable,
    univariable_block,
)
from analytics.scan.verdicts import burden_verdicts, warnings

FDR_COLUMNS = {
    "logrank_q": "logrank_p",
    "uni_q": "uni_lr_p",
    "adj_q": "adj_lr_p",
    "burden_q": "burden_lr_p",
    "null_q": "null_p_standardised",
}
FEWEST_OF_LIKE_LENGTH = 20


@dataclass(frozen=True)
class ScanResult:
    """table: one row per gene, in the order of the gene data, columns as in `columns.py`. family_size: hypotheses
    that the false discovery rate of the primary test counts. dropped_covariates: model -> covariates left out because
    they are constant within strata or combinations of others. prior_sd: SD of the true log hazard ratios behind the
    shrunken effects. exclusions: reason -> patients without a usable outcome. notes: sentences about the whole scan.
    """

    table: pd.DataFrame
    settings: ScanSettings
    primary_test: str
    family_size: int
    dropped_covariates: dict[str, tuple[str, ...]]
    prior_sd: float
    exclusions: dict[str, int]
    notes: tuple[str, ...]


def scan_survival(frame: PatientFrame, genes: GeneData, settings: ScanSettings | None = None) -> ScanResult:
    """Log-rank, univariable, adjusted and burden-adjusted Cox, burden null and guards for every gene.

    frame: n patients; genes: G genes over them. Patients whose panel does not cover a gene are in none of its models.
    Every gene has a row; a number that is missing has its reason in the block's reason column. Methods and their
    sources are named in the modules and in `columns.py`.

    Raises ScanInputError when the arrays do not fit, or when the covariates alone have no finite fit.
    """
    settings = settings or ScanSettings()
    check_genes(frame, genes)
    parts: list[pd.DataFrame] = []
    dropped: dict[str, set[str]] = {"adj": set(), "burden": set()}
    for panels, members in coverage_signatures(genes):
        group = Group(frame, genes, members, profiled_patients(frame, panels), settings)
        part, dropped_here = _scan_group(group)
        parts.append(part)
        for model, names in dropped_here.items():
            dropped[model].update(names)
    table = pd.concat(parts).sort_index()
    table.insert(0, "gene", np.asarray(genes.names, dtype=object))
    table.insert(1, "family", settings.family)
    primary_test = _primary_test(frame, settings)
    family_size, prior_sd = _across_genes(table, genes, settings, primary_test)
    return ScanResult(
        table=table[list(SURVIVAL_COLUMNS)].reset_index(drop=True),
        settings=settings,
        primary_test=primary_test,
        family_size=family_size,
        dropped_covariates={model: tuple(sorted(names)) for model, names in dropped.items()},
        prior_sd=prior_sd,
        exclusions=frame.exclusions,
        notes=_notes(table, settings, primary_test, family_size),
    )


def _scan_group(group: Group) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    counts = _counts(group)
    dropped: dict[str, tuple[str, ...]] = {}
    if not group.profiled.any():
        blocks = {name: unavailable(len(group.genes), name, reasons.NOT_PROFILED_REASON) for name in BLOCKS}
    else:
        table = build_risk_table(group.frame, group.evaluable)
        carriers = carriers_in_rows(
            table, group.data, group.genes, group.frame.event, group.settings.n_threads
        )
        before = reasons_before_fitting(table, carriers, group.settings.min_carriers)
        blocks = {
            "logrank": log_rank_block(group, table, carriers, before),
            "uni": univariable_block(group, table, carriers, before),
        }
        blocks["adj"], dropped["adj"] = adjusted_block(group)
        blocks["burden"], dropped["burden"] = burden_block(group)
        blocks["null"] = null_block(group)
        blocks["cohort"] = heterogeneity_block(group, before)
    named = [block.add_prefix(f"{name}_") for name, block in blocks.items()]
    return pd.concat([part.set_axis(group.genes, axis=0) for part in (counts, *named)], axis=1), dropped


def _counts(group: Group) -> pd.DataFrame:
    def carriers_among(is_patient: BoolArray) -> tuple[IntArray, IntArray]:
        nowhere = np.full(group.frame.n_patients, -1, dtype=np.int64)
        found = collect_carriers(group.data, group.genes, is_patient, nowhere, group.frame.event)
        return found.n_carriers, found.n_carrier_events

    everyone, _ = carriers_among(np.ones(group.frame.n_patients, dtype=np.bool_))
    profiled, _ = carriers_among(group.profiled)
    evaluable, events = carriers_among(group.evaluable)
    return pd.DataFrame(
        {
            "n_profiled": int(group.profiled.sum()),
            "n_carriers_profiled": profiled,
            "n_carriers_not_profiled": everyone - profiled,
            "n": int(group.evaluable.sum()),
            "events": int(group.frame.event[group.evaluable].sum()),
            "n_carriers": evaluable,
            "events_carriers": events,
        }
    )


def _primary_test(frame: PatientFrame, settings: ScanSettings) -> str:
    """The test asked for; without covariates the univariable one of the same kind."""
    asked = settings.primary_test
    return asked if frame.covariate_names else asked.replace("adj_", "uni_")


def _across_genes(
    table: pd.DataFrame, genes: GeneData, settings: ScanSettings, primary_test: str
) -> tuple[int, float]:
    """Add to the table what needs all genes: false discovery rates, shrunken effects, ranks, verdicts, warnings."""
    for name, source in FDR_COLUMNS.items():
        table[name] = benjamini_hochberg(table[source].to_numpy(), settings.family_size)
    primary = table[primary_test]
    table["primary_p"] = primary
    table["primary_q"] = benjamini_hochberg(primary.to_numpy(), settings.family_size)
    model = "uni" if primary_test.startswith("uni") else "adj"
    shrunken = shrink_normal(table[f"{model}_coef"].to_numpy(), table[f"{model}_se"].to_numpy())
    table["shrunken_coef"], table["shrunken_sd"] = shrunken.mean, shrunken.sd
    table["identical_group"] = identical_gene_groups(genes)
    table["coding_length_bp"] = genes.coding_length_bp
    for name, values in length_matched(table, settings.length_matched_genes).items():
        table[name] = values
    table["burden_verdict"] = burden_verdicts(table, primary, settings)
    table["warnings"] = warnings(table, settings)
    return settings.family_size or int(primary.notna().sum()), shrunken.prior_sd


def length_matched(table: pd.DataFrame, n_matched: int) -> dict[str, np.ndarray]:
    """Rank each gene's |log-rank z| among the tested genes of most similar coding length.

    matched_genes: how many (the nearest `n_matched` in log length, the gene itself left out); matched_percentile:
    per cent of them with a smaller |z|, ties half; matched_p: share with one as large, the gene counted in.
    """
    z = np.abs(table["logrank_z"].to_numpy(dtype=np.float64))
    length = table["coding_length_bp"].to_numpy(dtype=np.float64)
    known = np.flatnonzero(np.isfinite(z) & (length > 0))
    size = np.zeros(len(z), dtype=np.int64)
    percentile, p = np.full(len(z), np.nan), np.full(len(z), np.nan)
    reason = np.full(len(z), None, dtype=object)
    reason[~np.isfinite(z)] = table["logrank_reason"].to_numpy(dtype=object)[~np.isfinite(z)]
    reason[np.isfinite(z) & ~(length > 0)] = reasons.NO_LENGTH
    if len(known) <= FEWEST_OF_LIKE_LENGTH:
        reason[known] = reasons.FEW_OF_LIKE_LENGTH.format(n=FEWEST_OF_LIKE_LENGTH)
    else:
        ordered = known[np.lexsort((known, length[known]))]
        width = min(n_matched, len(ordered) - 1) + 1
        log_length = np.log(length[ordered])
        for place, gene in enumerate(ordered):
            first = _nearest_window(log_length, place, width)
            window = z[ordered[first : first + width]]
            larger, equal = (window > z[gene]).sum(), (window == z[gene]).sum() - 1
            size[gene] = width - 1
            percentile[gene] = 100.0 * (width - 1 - larger - 0.5 * equal) / (width - 1)
            p[gene] = (1 + larger + equal) / width
    return {"matched_genes": size, "matched_percentile": percentile, "matched_p": p, "matched_reason": reason}


def _nearest_window(values: FloatArray, place: int, width: int) -> int:
    """Start of the `width` consecutive sorted values nearest to values[place], which is among them."""
    low = max(0, place - width + 1)
    high = min(place, len(values) - width)
    starts = np.arange(low, high + 1)
    farthest = np.maximum(values[place] - values[starts], values[starts + width - 1] - values[place])
    return int(starts[np.argmin(farthest)])


def _notes(
    table: pd.DataFrame, settings: ScanSettings, primary_test: str, family_size: int
) -> tuple[str, ...]:
    tested = int(table[primary_test].notna().sum())
    notes = [
        f"{tested} of {len(table)} genes were tested by {primary_test}; the family has {family_size} hypotheses."
    ]
    if family_size == 1:
        notes.append("A family of one: the false discovery rate equals the p-value.")
    if settings.prespecified is None:
        notes.append(
            "No hypothesis of this family was registered before the data were seen: the scan is exploratory."
        )
    repeated = int((table["identical_group"] >= 0).sum())
    if repeated:
        notes.append(
            f"{repeated} genes share their carriers with another gene and are not separate evidence."
        )
    off_panel = int((table["n_carriers_not_profiled"] > 0).sum())
    if off_panel:
        notes.append(
            f"{off_panel} genes have carriers whose panel is not said to cover them; these carriers were left out."
        )
    return tuple(notes)
