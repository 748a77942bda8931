"""The survival scan: every gene at once, with what guards its answer. The entry point of the package for survival.

What does not belong here: reading the warehouse, writing results, single-gene reports.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, IntArray
from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.lanes.carriers import carriers_in_rows, collect_carriers
from analytics.scan.across_genes import across_genes
from analytics.scan.columns import SURVIVAL_COLUMNS
from analytics.scan.control import ControlData, control_columns, control_estimates, with_control_warnings
from analytics.scan.frame import PatientFrame
from analytics.scan.genes import (
    GeneData,
    check_genes,
    gene_groups,
)
from analytics.scan.models import reasons
from analytics.scan.models.change import change_block, is_chosen
from analytics.scan.models.restricted_means import restricted_mean_block
from analytics.scan.models.survival import (
    BLOCKS,
    Group,
    adjusted_block,
    burden_block,
    heterogeneity_block,
    log_rank_block,
    null_block,
    permutation_block,
    reasons_before_fitting,
    unavailable,
    univariable_block,
)
from analytics.scan.settings import ScanSettings

FDR_COLUMNS = {
    "logrank_q": "logrank_p",
    "uni_q": "uni_lr_p",
    "adj_q": "adj_lr_p",
    "burden_q": "burden_lr_p",
    "null_q": "null_p_standardised",
}


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


def scan_survival(
    frame: PatientFrame,
    genes: GeneData,
    settings: ScanSettings | None = None,
    control: ControlData | None = None,
) -> ScanResult:
    """Log-rank, univariable, adjusted and burden-adjusted Cox, burden null and guards for every gene.

    frame: n patients; genes: G genes over them; control: the same genes over people without checkpoint blockade, by
    whom prognostic and predictive are told apart. Patients whose panel does not cover a gene, or who are undetermined,
    are in none of its models.
    Every gene has a row; a number that is missing has its reason in the block's reason column. Methods and their
    sources are named in the modules and in `columns.py`.

    Raises ScanInputError when the arrays do not fit. Covariates that alone have no finite fit are the reason why no
    gene has an adjusted estimate.
    """
    settings = settings or ScanSettings()
    check_genes(frame, genes)
    other = control_estimates(genes, control, settings) if control is not None else None
    parts: list[pd.DataFrame] = []
    dropped: dict[str, set[str]] = {"adj": set(), "burden": set()}
    for alike in gene_groups(frame, genes):
        group = Group(frame, genes, alike.genes, alike.judged, settings)
        part, dropped_here = _scan_group(group)
        parts.append(part.assign(n_undetermined=alike.n_undetermined))
        for model, names in dropped_here.items():
            dropped[model].update(names)
    table = pd.concat(parts).sort_index()
    table.insert(0, "gene", np.asarray(genes.names, dtype=object))
    table.insert(1, "family", settings.family)
    primary_test = _primary_test(frame, settings)
    family_size, prior_sd = across_genes(table, genes, settings, primary_test, FDR_COLUMNS, "logrank")
    table = pd.concat([table, control_columns(table, other, settings)], axis=1)
    table["warnings"] = with_control_warnings(table)
    return ScanResult(
        table=table[list(SURVIVAL_COLUMNS)].reset_index(drop=True),
        settings=settings,
        primary_test=primary_test,
        family_size=family_size,
        dropped_covariates={model: tuple(sorted(names)) for model, names in dropped.items()},
        prior_sd=prior_sd,
        exclusions=frame.exclusions,
        notes=scan_notes(table, settings, primary_test, family_size),
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
        blocks["permutation"] = permutation_block(group, table, blocks["uni"])
        blocks["rmst"] = restricted_mean_block(group, blocks["uni"])
        blocks["adj"], dropped["adj"] = adjusted_block(group)
        blocks["burden"], dropped["burden"] = burden_block(group)
        blocks["null"] = null_block(group)
        crude = blocks["adj" if group.frame.covariate_names else "uni"]
        blocks["change"] = change_block(group, is_chosen(crude, blocks["null"], group))
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


def scan_notes(
    table: pd.DataFrame, settings: ScanSettings, primary_test: str, family_size: int
) -> tuple[str, ...]:
    """Sentences about the whole scan: family, registration, repeats, carriers off their panel."""
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
    doubtful = table["n_undetermined"] > 0
    if doubtful.any():
        notes.append(
            f"{int(doubtful.sum())} genes have people who were looked at and cannot be judged (a row that could be the "
            f"gene is not understood), at most {int(table['n_undetermined'].max())} a gene; they are in no model of it."
        )
    return tuple(notes)
