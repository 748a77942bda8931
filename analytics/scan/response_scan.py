"""The response scan: objective response or disease control on every gene, exact test and logistic models.

What does not belong here: survival (`survival_scan.py`), what a response is.
"""

import numpy as np
import pandas as pd

from analytics.scan import reasons
from analytics.scan.carriers import CarrierRows, collect_carriers
from analytics.scan.columns import RESPONSE_COLUMNS
from analytics.scan.fisher import fisher_exact_p
from analytics.scan.frame import BoolArray, FloatArray, IntArray, PatientFrame, ScanInputError, WordArray
from analytics.scan.genes import (
    GeneData,
    check_genes,
    coverage_signatures,
    identical_gene_groups,
    profiled_patients,
)
from analytics.scan.logistic import fit_logistic, fit_logistic_null
from analytics.scan.multiplicity import benjamini_hochberg
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_models import BLOCKS, Group, unavailable
from analytics.scan.survival_scan import ScanResult

FISHER = "fisher_p"


def scan_response(
    frame: PatientFrame,
    genes: GeneData,
    response: FloatArray,
    settings: ScanSettings | None = None,
) -> ScanResult:
    """Fisher's exact test and logistic regression, alone and adjusted, of a response on every gene.

    response (n,): 1 responder, 0 non-responder, NaN not evaluable (left out). Survival times are not used; strata
    (each with its own intercept), covariates and panels of `frame` are. Strata without both responders and
    non-responders carry no information and leave the logistic models. settings.primary_test: a logrank_p means the
    exact test here.

    Raises ScanInputError for other values of response, for arrays that do not fit, for case weights, or when the
    covariates alone separate the responders.
    """
    settings = settings or ScanSettings()
    check_genes(frame, genes)
    if len(response) != frame.n_patients or not np.isin(response[np.isfinite(response)], (0.0, 1.0)).all():
        raise ScanInputError(f"response must hold 0, 1 or NaN for each of the {frame.n_patients} patients.")
    if np.any(frame.weight != 1.0):
        raise ScanInputError("A response scan takes no case weights; build the frame without `weight`.")
    parts: list[pd.DataFrame] = []
    dropped: set[str] = set()
    for panels, members in coverage_signatures(genes):
        group = Group(frame, genes, members, profiled_patients(frame, panels), settings)
        part, names = _scan_group(group, response)
        parts.append(part)
        dropped |= set(names)
    table = pd.concat(parts).sort_index()
    table.insert(0, "gene", np.asarray(genes.names, dtype=object))
    table.insert(1, "family", settings.family)
    primary_test = FISHER if settings.primary_test == "logrank_p" else settings.primary_test
    if not frame.covariate_names:
        primary_test = primary_test.replace("adj_", "uni_")
    for name, source in {"fisher_q": FISHER, "uni_q": "uni_lr_p", "adj_q": "adj_lr_p"}.items():
        table[name] = benjamini_hochberg(table[source].to_numpy(dtype=np.float64), settings.family_size)
    table["primary_p"] = table[primary_test]
    table["primary_q"] = benjamini_hochberg(table["primary_p"].to_numpy(), settings.family_size)
    table["identical_group"] = identical_gene_groups(genes)
    tested = int(table["primary_p"].notna().sum())
    family_size = settings.family_size or tested
    return ScanResult(
        table=table[list(RESPONSE_COLUMNS)].reset_index(drop=True),
        settings=settings,
        primary_test=primary_test,
        family_size=family_size,
        dropped_covariates={"uni": (), "adj": tuple(sorted(dropped))},
        prior_sd=float("nan"),
        exclusions={"response not evaluable": int(np.isnan(response).sum())},
        notes=(
            f"{tested} of {len(table)} genes were tested by {primary_test}; the family has {family_size} hypotheses.",
        ),
    )


def _collect(group: Group, is_patient: BoolArray, response: FloatArray) -> CarrierRows:
    """Carriers among the patients given, as positions among these patients; responders counted."""
    position = np.full(group.frame.n_patients, -1, dtype=np.int64)
    position[is_patient] = np.arange(int(is_patient.sum()))
    return collect_carriers(group.data, group.genes, is_patient, position, response == 1.0)


def _scan_group(group: Group, response: FloatArray) -> tuple[pd.DataFrame, tuple[str, ...]]:
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
    univariable, _ = _model(group, known, response, np.zeros((group.frame.n_patients, 0)), (), before)
    names: tuple[str, ...] = ()
    if group.frame.covariate_names:
        complete = known & np.isfinite(group.frame.covariates).all(axis=1)
        adjusted, names = _model(
            group, complete, response, group.frame.covariates, group.frame.covariate_names, before
        )
    else:
        adjusted = unavailable(n_genes, "adj", reasons.NO_COVARIATES)
    blocks = [counts, univariable.add_prefix("uni_"), adjusted.add_prefix("adj_")]
    return pd.concat([block.set_axis(group.genes, axis=0) for block in blocks], axis=1), names


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
        reasons.NO_PATIENTS: n == 0,
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
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One logistic block on the members of strata that have responders and non-responders."""
    stratum = group.frame.stratum
    mixed = members & np.isin(
        stratum, np.intersect1d(stratum[members & (response == 1)], stratum[members & (response == 0)])
    )
    carriers = _collect(group, mixed, response)
    dropped: tuple[str, ...] = ()
    if mixed.any():
        null = fit_logistic_null(response[mixed], stratum[mixed], covariates[mixed], names)
        dropped = null.dropped_names
        block = fit_logistic(null, carriers, reasons.is_open(before), group.settings)
    else:
        block = unavailable(len(group.genes), "adj", reasons.NO_MIXED_STRATUM)
    block["reason"] = reasons.first_said(before, block["reason"].to_numpy(dtype=object))
    block["n"], block["events"] = int(mixed.sum()), int((response[mixed] == 1).sum())
    block["n_carriers"], block["events_carriers"] = carriers.n_carriers, carriers.n_carrier_events
    return block[list(BLOCKS["adj"])], dropped
