"""The response scan: objective response or disease control on every gene, exact test and logistic models.

What does not belong here: survival (`survival_scan.py`), what a response is.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray, WordArray
from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.fisher import fisher_exact_p
from analytics.engine.lanes.carriers import CarrierRows, carriers_in_rows, collect_carriers
from analytics.scan.across_genes import across_genes
from analytics.scan.burden import BurdenSpline, fit_burden_spline
from analytics.scan.columns import RESPONSE_COLUMNS
from analytics.scan.frame import PatientFrame, ScanInputError
from analytics.scan.genes import GeneData, check_genes, gene_groups
from analytics.scan.models import reasons
from analytics.scan.models.change import change_block, is_chosen
from analytics.scan.models.logistic import LogisticNull, fit_logistic, fit_logistic_null
from analytics.scan.models.survival import (
    BLOCKS,
    Group,
    heterogeneity_block,
    log_rank_block,
    null_block,
    unavailable,
    with_own_burden,
)
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import ScanResult, scan_notes

FDR_COLUMNS = {
    "fisher_q": "fisher_p",
    "mh_q": "mh_p",
    "uni_q": "uni_lr_p",
    "adj_q": "adj_lr_p",
    "burden_q": "burden_lr_p",
    "null_q": "null_p_standardised",
}
FISHER = "fisher_p"


def scan_response(
    frame: PatientFrame,
    genes: GeneData,
    response: FloatArray,
    settings: ScanSettings | None = None,
) -> ScanResult:
    """Exact, Mantel-Haenszel and logistic tests of a response on every gene, with the guards of burden.

    response (n,): 1 responder, 0 non-responder, NaN not evaluable (left out). Survival times are not used; strata
    (each with its own intercept), covariates and panels of `frame` are. Strata without both responders and
    non-responders carry no information and leave the logistic models. settings.primary_test: a logrank_p means the
    exact test here.

    Raises ScanInputError for other values of response, for arrays that do not fit, or for case weights. Covariates
    that alone separate the responders are the reason why no gene has an adjusted estimate.
    """
    settings = settings or ScanSettings()
    check_genes(frame, genes)
    if len(response) != frame.n_patients or not np.isin(response[np.isfinite(response)], (0.0, 1.0)).all():
        raise ScanInputError(f"response must hold 0, 1 or NaN for each of the {frame.n_patients} patients.")
    if np.any(frame.weight != 1.0):
        raise ScanInputError("A response scan takes no case weights; build the frame without `weight`.")
    at_once = _at_one_time(frame, response)
    parts: list[pd.DataFrame] = []
    dropped: dict[str, set[str]] = {"adj": set(), "burden": set()}
    for alike in gene_groups(frame, genes):
        groups = (
            Group(frame, genes, alike.genes, alike.judged, settings),
            Group(at_once, genes, alike.genes, alike.judged, settings),
        )
        part, names = _scan_group(*groups, response)
        parts.append(part.assign(n_undetermined=alike.n_undetermined))
        for model in dropped:
            dropped[model].update(names[model])
    table = pd.concat(parts).sort_index()
    table.insert(0, "gene", np.asarray(genes.names, dtype=object))
    table.insert(1, "family", settings.family)
    primary_test = FISHER if settings.primary_test == "logrank_p" else settings.primary_test
    if not frame.covariate_names:
        primary_test = primary_test.replace("adj_", "uni_")
    family_size, prior_sd = across_genes(table, genes, settings, primary_test, FDR_COLUMNS, "mh")
    return ScanResult(
        table=table[list(RESPONSE_COLUMNS)].reset_index(drop=True),
        settings=settings,
        primary_test=primary_test,
        family_size=family_size,
        dropped_covariates={"uni": (), **{model: tuple(sorted(names)) for model, names in dropped.items()}},
        prior_sd=prior_sd,
        exclusions={"response not evaluable": int(np.isnan(response).sum())},
        notes=scan_notes(table, settings, primary_test, family_size),
    )


def _at_one_time(frame: PatientFrame, response: FloatArray) -> PatientFrame:
    """Everyone at risk at one time, responders with the event: the stratified log-rank test is then that of Mantel and
    Haenszel (1959), and what is built on it (burden null, Peto's one-step odds ratios per cohort) holds for responses.
    """
    n = frame.n_patients
    return replace(
        frame,
        time_months=np.ones(n),
        entry_months=np.full(n, -np.inf),
        event=response == 1.0,
        is_evaluable=np.isfinite(response),
    )


def _collect(group: Group, is_patient: BoolArray, response: FloatArray) -> CarrierRows:
    """Carriers among the patients given, as positions among these patients; responders counted."""
    position = np.full(group.frame.n_patients, -1, dtype=np.int64)
    position[is_patient] = np.arange(int(is_patient.sum()))
    return collect_carriers(group.data, group.genes, is_patient, position, response == 1.0)


def _scan_group(
    group: Group, at_once: Group, response: FloatArray
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    known = group.profiled & np.isfinite(response)
    everyone = _collect(group, np.ones(group.frame.n_patients, dtype=np.bool_), response)
    profiled = _collect(group, group.profiled, response)
    carriers = _collect(group, known, response)
    n, hits = int(known.sum()), int((response[known] == 1.0).sum())
    count, count_hits = carriers.n_carriers, carriers.n_carrier_events
    before = _reasons(group, n, hits, count)
    n_genes = len(group.genes)
    p = fisher_exact_p(count, count_hits, np.full(n_genes, n), np.full(n_genes, hits))
    with np.errstate(divide="ignore", invalid="ignore"):
        counts = pd.DataFrame(
            {
                "n_profiled": int(group.profiled.sum()),
                "n_carriers_profiled": profiled.n_carriers,
                "n_carriers_not_profiled": everyone.n_carriers - profiled.n_carriers,
                "n": n,
                "responders": hits,
                "n_carriers": count,
                "responders_carriers": count_hits,
                "rate_carriers": count_hits / count,
                "rate_wild_type": (hits - count_hits) / (n - count),
                "fisher_p": np.where(reasons.is_open(before), p, np.nan),
                "fisher_reason": before,
            }
        )
    none = np.zeros((group.frame.n_patients, 0))
    blocks = {"uni": _model(group, known, response, none, (), before)[0]}
    names: dict[str, tuple[str, ...]] = {"adj": (), "burden": ()}
    complete = known & np.isfinite(group.frame.covariates).all(axis=1)
    given = (group.frame.covariates, group.frame.covariate_names)
    if group.frame.covariate_names:
        blocks["adj"], names["adj"] = _model(group, complete, response, *given, before)
    else:
        blocks["adj"] = unavailable(n_genes, "adj", reasons.NO_COVARIATES)
    blocks["burden"], names["burden"] = _burden_model(group, complete, response, before)
    blocks |= _as_survival(at_once, before)
    crude = blocks["adj" if group.frame.covariate_names else "uni"]
    blocks["change"] = change_block(group, is_chosen(crude, blocks["null"], group), response)
    named = [block.add_prefix(f"{name}_") for name, block in blocks.items()]
    parts = [part.set_axis(group.genes, axis=0) for part in (counts, *named)]
    return pd.concat(parts, axis=1), names


def _as_survival(at_once: Group, before: WordArray) -> dict[str, pd.DataFrame]:
    """Mantel-Haenszel test, burden null and heterogeneity, by the survival scan's blocks."""
    if not at_once.evaluable.any():
        n_genes = len(at_once.genes)
        names = {"mh": "logrank", "null": "null", "cohort": "cohort"}
        return {name: unavailable(n_genes, block, before) for name, block in names.items()}
    table = build_risk_table(at_once.frame, at_once.evaluable)
    settings = at_once.settings
    carriers = carriers_in_rows(table, at_once.data, at_once.genes, at_once.frame.event, settings.n_threads)
    blocks = {
        "mh": log_rank_block(at_once, table, carriers, before),
        "null": null_block(at_once),
        "cohort": heterogeneity_block(at_once, before),
    }
    for block in blocks.values():
        block["reason"] = _in_words_of_response(block["reason"].to_numpy(dtype=object))
    return blocks


def _in_words_of_response(words: WordArray) -> WordArray:
    said = {
        reasons.NO_COMPARISON: reasons.NO_MIXED_STRATUM,
        reasons.NO_EVENTS: reasons.NO_RESPONDERS,
        reasons.NO_PATIENTS: reasons.NO_EVALUABLE,
    }
    return np.asarray([said.get(word, word) for word in words], dtype=object)


def _reasons(group: Group, n: int, hits: int, count: IntArray) -> WordArray:
    """(G',) why a gene cannot be tested, None where it can; counts only."""
    few = group.settings.min_carriers
    reason = reasons.no_words(len(count))
    reason[count < few] = reasons.FEW_CARRIERS.format(n=few)
    reason[count == n] = reasons.EVERYONE_CARRIER
    reason[count == 0] = reasons.NO_CARRIERS
    whole = {
        reasons.NO_RESPONDERS: hits == 0,
        reasons.ALL_RESPONDERS: hits == n,
        reasons.NO_EVALUABLE: n == 0,
        reasons.NOT_PROFILED_REASON: not group.profiled.any(),
    }
    for word, holds in whole.items():
        if holds:
            reason[:] = word
    return reason


def _model(
    group: Group,
    members: BoolArray,
    response: FloatArray,
    covariates: FloatArray,
    names: tuple[str, ...],
    before: WordArray,
    spline: BurdenSpline | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One logistic block on the members of strata that have responders and non-responders. With a spline, whose columns
    are the last covariates, each carrier's own mutations of the gene are taken out of the carrier's burden."""
    stratum = group.frame.stratum
    mixed = members & np.isin(
        stratum, np.intersect1d(stratum[members & (response == 1)], stratum[members & (response == 0)])
    )
    carriers = _collect(group, mixed, response)
    dropped: tuple[str, ...] = ()
    null, why_not = _null_model(response[mixed], stratum[mixed], covariates[mixed], names)
    if null is None:
        block = unavailable(len(group.genes), "adj", why_not)
    else:
        dropped = null.dropped_names
        if spline is not None:
            carriers = with_own_burden(group, carriers, spline, null.transform)
        block = fit_logistic(null, carriers, reasons.is_open(before), group.settings)
    block["reason"] = reasons.first_said(before, block["reason"].to_numpy(dtype=object))
    block["n"], block["events"] = int(mixed.sum()), int((response[mixed] == 1).sum())
    block["n_carriers"], block["events_carriers"] = carriers.n_carriers, carriers.n_carrier_events
    return block[list(BLOCKS["adj"])], dropped


def _null_model(
    response: FloatArray, stratum: IntArray, covariates: FloatArray, names: tuple[str, ...]
) -> tuple[LogisticNull | None, str]:
    """The covariates' model; or None and why: no stratum with both, or covariates that separate the responders."""
    if not len(response):
        return None, reasons.NO_MIXED_STRATUM
    try:
        return fit_logistic_null(response, stratum, covariates, names), ""
    except ScanInputError as exc:
        return None, str(exc)


def _burden_model(
    group: Group, complete: BoolArray, response: FloatArray, before: WordArray
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The adjusted model plus a spline of burden from which each gene's own mutations are taken out."""
    frame = group.frame
    complete = complete & np.isfinite(frame.burden)
    if not complete.any():
        return unavailable(len(group.genes), "burden", reasons.NO_BURDEN), ()
    spline = fit_burden_spline(frame.burden[complete], group.settings.burden_knots)
    columns = spline.basis(np.where(complete, frame.burden, 0.0))
    covariates = np.column_stack([frame.covariates, columns])
    names = (*frame.covariate_names, *spline.names)
    return _model(group, complete, response, covariates, names, before, spline)
