"""The blocks of columns of a survival scan, for genes that the same patients can be judged for.

Such genes share their profiled patients, hence risk sets and null models. Every block gives each gene a row with
numbers or a reason. What does not belong here: what is said about all genes together (`survival_scan.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray, WordArray
from analytics.engine.cox.risk_table import RiskTable, build_risk_table
from analytics.engine.lanes.carriers import CarrierRows, carriers_in_rows, with_shift
from analytics.engine.lanes.log_rank import log_rank, log_rank_terms
from analytics.engine.lanes.null_model import NullModel, fit_null_model
from analytics.engine.lanes.proportional_hazards import proportional_hazards_test
from analytics.engine.lanes.weighted_draws import (
    NULL_COLUMNS,
    burden_null,
    carriers_by_stratum,
    null_design,
    patient_keys,
)
from analytics.errors import NotConvergedError
from analytics.scan.burden import BurdenSpline, burden_without_gene, fit_burden_spline
from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData
from analytics.scan.models import reasons
from analytics.scan.models.cox import COX_COLUMNS, fit_cox
from analytics.scan.models.heterogeneity import HETEROGENEITY_COLUMNS, cohort_heterogeneity
from analytics.scan.settings import ScanSettings

GENES_PER_BURDEN_BATCH = (
    2048  # bounds the memory of carriers' own spline values: about 60 MB at 11,000 patients
)
#: See `models.change`.
CHANGE_COLUMNS = ("n", "coef", "se", "ci_low", "ci_high", "reason")
MODEL_COUNTS = ("n", "events", "n_carriers", "events_carriers")
LOGRANK_COLUMNS = ("observed", "expected", "variance", "z", "chi2", "p", "reason")
BLOCKS = {
    "logrank": LOGRANK_COLUMNS,
    "uni": (*COX_COLUMNS, "ph_chi2", "ph_p", "ph_reason"),
    "adj": (*MODEL_COUNTS, *COX_COLUMNS),
    "burden": (*MODEL_COUNTS, *COX_COLUMNS),
    "null": ("n", "n_carriers", *NULL_COLUMNS, "reason"),
    "change": CHANGE_COLUMNS,
    "cohort": (*HETEROGENEITY_COLUMNS, "reason"),
    "permutation": ("p", "draws", "reason"),
    "rmst": ("difference_months", "ci_low", "ci_high", "p", "horizon_months", "reason"),
}
WORD_COLUMNS = ("method", "firth_because", "reason", "ph_reason")


@dataclass(frozen=True)
class Group:
    """Genes (G' numbers into `data`) that the same patients can be judged for; profiled (n,): these patients."""

    frame: PatientFrame
    data: GeneData
    genes: IntArray
    profiled: BoolArray
    settings: ScanSettings

    @property
    def evaluable(self) -> BoolArray:
        return self.profiled & self.frame.is_evaluable

    @property
    def is_weighted(self) -> bool:
        return bool(np.any(self.frame.weight != 1.0))


def unavailable(n_genes: int, block: str, reason: str | WordArray) -> pd.DataFrame:
    """A block without numbers: NaN, and the reason (one, or an array of n_genes) beside them."""
    columns: dict[str, object] = {}
    for name in BLOCKS[block]:
        words = name in WORD_COLUMNS
        columns[name] = np.full(n_genes, None, dtype=object) if words else np.full(n_genes, np.nan)
    table = pd.DataFrame(columns)
    for name in ("reason", "ph_reason"):
        if name in table:
            table[name] = reason
    return table


def reasons_before_fitting(
    table: RiskTable, carriers: CarrierRows, min_carriers: int, suffix: str = ""
) -> WordArray:
    """(G',) why a gene cannot be tested, None where it can: counts only, nothing about its carriers' outcomes."""
    count = carriers.n_carriers
    reason = reasons.no_words(len(count))
    reason[count < min_carriers] = reasons.FEW_CARRIERS.format(n=min_carriers) + suffix
    reason[count == table.n_patients] = reasons.EVERYONE_CARRIER + suffix
    reason[count == 0] = reasons.NO_CARRIERS + suffix
    if table.n_events == 0:
        reason[:] = reasons.NO_EVENTS + suffix
    if table.n_patients == 0:
        reason[:] = reasons.NO_PATIENTS + suffix
    return reason


def _with_reasons(fitted: pd.DataFrame, before: WordArray) -> pd.DataFrame:
    fitted["reason"] = reasons.first_said(before, fitted["reason"].to_numpy(dtype=object))
    return fitted


def log_rank_block(group: Group, table: RiskTable, carriers: CarrierRows, before: WordArray) -> pd.DataFrame:
    """Stratified log-rank test of carriers against the others."""
    if group.is_weighted:
        return unavailable(len(group.genes), "logrank", reasons.WEIGHTED)
    test = log_rank(table, log_rank_terms(table), carriers, group.settings.n_threads)
    columns = {name: getattr(test, name) for name in LOGRANK_COLUMNS if name != "reason"}
    block = pd.DataFrame(columns)
    block["reason"] = reasons.word_where(np.isnan(test.z), reasons.NO_COMPARISON)
    block.loc[~reasons.is_open(before), ["z", "chi2", "p"]] = np.nan
    return _with_reasons(block, before)


def univariable_block(
    group: Group, table: RiskTable, carriers: CarrierRows, before: WordArray
) -> pd.DataFrame:
    """Stratified Cox model with the gene alone, and the test that its hazards are proportional."""
    null = fit_null_model(table, np.zeros((group.frame.n_patients, 0)), ())
    block = _with_reasons(fit_cox(table, null, carriers, reasons.is_open(before), group.settings), before)
    likelihood = np.where(block["method"] == reasons.EFRON, block["coef"], np.nan)
    chi2, p = proportional_hazards_test(group.frame, table, carriers, likelihood, group.settings.n_threads)
    block["ph_chi2"], block["ph_p"] = chi2, p
    block["ph_reason"] = reasons.word_where(np.isnan(chi2), reasons.NO_ML_ESTIMATE)
    return block


def adjusted_block(group: Group) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Stratified Cox model with the gene and the covariates, on complete cases; and the covariates it dropped."""
    frame = group.frame
    if not frame.covariate_names:
        return unavailable(len(group.genes), "adj", reasons.NO_COVARIATES), ()
    complete = group.evaluable & np.isfinite(frame.covariates).all(axis=1)
    return _model_block(group, complete, frame.covariates, frame.covariate_names, None)


def burden_block(group: Group) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The adjusted model plus a spline of burden from which each gene's own mutations are taken out."""
    frame = group.frame
    complete = group.evaluable & np.isfinite(frame.covariates).all(axis=1) & np.isfinite(frame.burden)
    if not complete.any():
        return unavailable(len(group.genes), "burden", reasons.NO_BURDEN), ()
    spline = fit_burden_spline(frame.burden[complete], group.settings.burden_knots)
    columns = spline.basis(np.where(complete, frame.burden, 0.0))
    covariates = np.column_stack([frame.covariates, columns])
    return _model_block(group, complete, covariates, (*frame.covariate_names, *spline.names), spline)


def _model_block(
    group: Group,
    complete: BoolArray,
    covariates: FloatArray,
    names: Sequence[str],
    spline: BurdenSpline | None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    table = build_risk_table(group.frame, complete)
    is_short = table.n_patients < int(group.evaluable.sum())
    suffix = reasons.AMONG_COMPLETE.format(n=table.n_patients) if is_short else ""
    null, why_not = _null_model(table, covariates, tuple(names))
    batch = len(group.genes) if spline is None else GENES_PER_BURDEN_BATCH
    parts = []
    for first in range(0, len(group.genes), batch):
        genes = group.genes[first : first + batch]
        carriers = carriers_in_rows(table, group.data, genes, group.frame.event, group.settings.n_threads)
        before = reasons_before_fitting(table, carriers, group.settings.min_carriers, suffix)
        if null is None:
            words = reasons.word_where(np.ones(len(genes), dtype=np.bool_), why_not)
            part = unavailable(len(genes), "adj", reasons.first_said(before, words))
        else:
            if spline is not None:
                carriers = with_own_burden(group, carriers, spline, null.transform)
            part = _with_reasons(
                fit_cox(table, null, carriers, reasons.is_open(before), group.settings), before
            )
        part["n"], part["events"] = table.n_patients, table.n_events
        part["n_carriers"], part["events_carriers"] = carriers.n_carriers, carriers.n_carrier_events
        parts.append(part)
    block = pd.concat(parts, ignore_index=True)[list(BLOCKS["adj"])]
    return block, null.dropped_names if null else ()


def _null_model(
    table: RiskTable, covariates: FloatArray, names: tuple[str, ...]
) -> tuple[NullModel | None, str]:
    """The covariates' model; or None and why: no events, or covariates that separate them have no finite fit."""
    if not table.n_events:
        return None, reasons.NO_EVENTS
    try:
        return fit_null_model(table, covariates, names), ""
    except NotConvergedError as exc:
        return None, str(exc)


def with_own_burden(
    group: Group, carriers: CarrierRows, spline: BurdenSpline, transform: FloatArray
) -> CarrierRows:
    """Carriers whose spline of burden leaves out the gene's own mutations. transform (p, k): from the covariates, the
    spline's columns last, to the null model's coordinates."""
    burden = group.frame.burden[group.data.patient[carriers.source]]
    own = burden_without_gene(burden, group.data.own_burden[carriers.source])
    change = spline.basis(own) - spline.basis(burden)
    return with_shift(carriers, change @ transform[-spline.n_columns :])


def null_block(group: Group) -> pd.DataFrame:
    """The permutation null of burden; draws and test within the null strata, among patients whose burden is known."""
    settings, frame = group.settings, replace(group.frame, stratum=group.frame.null_stratum)
    known = group.evaluable & np.isfinite(frame.drawing_weight)
    n_genes = len(group.genes)
    if settings.null_draws == 0:
        return unavailable(n_genes, "null", reasons.NOT_ASKED)
    if group.is_weighted:
        return unavailable(n_genes, "null", reasons.WEIGHTED)
    if not known.any():
        return unavailable(n_genes, "null", reasons.NO_BURDEN)
    table = build_risk_table(frame, known)
    carriers = carriers_in_rows(table, group.data, group.genes, frame.event, group.settings.n_threads)
    before = reasons_before_fitting(table, carriers, settings.min_carriers)
    testable = np.flatnonzero(reasons.is_open(before))
    block = unavailable(n_genes, "null", before)
    block["n"], block["n_carriers"] = table.n_patients, carriers.n_carriers
    if not len(testable):
        return block
    drawn = _drawn(group, table, testable, frame.stratum, frame.drawing_weight)
    block.loc[testable, list(NULL_COLUMNS)] = drawn.to_numpy()
    block.loc[testable[drawn["z"].isna()], "reason"] = reasons.NO_COMPARISON
    return block


def _drawn(
    group: Group, table: RiskTable, testable: IntArray, stratum: IntArray, weight: FloatArray
) -> pd.DataFrame:
    """The null distribution of genes `testable` (places in group.genes): drawn by weight (n,) within stratum (n,)."""
    settings, frame, genes = group.settings, group.frame, group.genes[testable]
    terms = log_rank_terms(table)
    design = null_design(table, terms, stratum, weight, patient_keys(frame.patient_id, settings.seed))
    counts = carriers_by_stratum(design, genes, group.data.start, group.data.patient)
    carriers = carriers_in_rows(table, group.data, genes, frame.event)
    return burden_null(table, terms, design, carriers, counts, settings.null_draws, settings.n_threads)


def permutation_block(group: Group, table: RiskTable, univariable: pd.DataFrame) -> pd.DataFrame:
    """Permutation p of the stratified log-rank test where events are too few for the usual tests (Firth was used):
    carriers drawn at random within the strata, as many as there are in each."""
    n_genes = len(group.genes)
    if group.settings.null_draws == 0:
        return unavailable(n_genes, "permutation", reasons.NOT_ASKED)
    if group.is_weighted:
        return unavailable(n_genes, "permutation", reasons.WEIGHTED)
    is_sparse = univariable["firth_because"].notna().to_numpy() & univariable["coef"].notna().to_numpy()
    words = reasons.word_where(~is_sparse, reasons.ENOUGH_EVENTS)
    words = reasons.first_said(univariable["reason"].to_numpy(dtype=object), words)
    block = unavailable(n_genes, "permutation", words)
    sparse = np.flatnonzero(is_sparse)
    if len(sparse):
        drawn = _drawn(group, table, sparse, group.frame.stratum, np.ones(group.frame.n_patients))
        block.loc[sparse, ["p", "draws"]] = drawn[["p_two_sided", "draws"]].to_numpy()
        block.loc[sparse[drawn["z"].isna()], "reason"] = reasons.NO_COMPARISON
    return block


def heterogeneity_block(group: Group, before: WordArray) -> pd.DataFrame:
    """Cochran's Q over cohorts, from each cohort's one-step estimate."""
    if group.is_weighted:
        return unavailable(len(group.genes), "cohort", reasons.WEIGHTED)
    block = cohort_heterogeneity(group.frame, group.data, group.genes, group.evaluable)
    block["reason"] = reasons.word_where(block["q"].isna().to_numpy(), reasons.ONE_COHORT)
    block.loc[~reasons.is_open(before), ["q", "q_p", "i2_percent"]] = np.nan
    return _with_reasons(block, before)
