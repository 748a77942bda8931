"""What may be said about a gene, in fixed words. Nothing here computes a statistic.

Predictive or prognostic is `analytics.meta.verdict`'s to say; it takes two scans' estimates."""

import numpy as np
import pandas as pd

from analytics.scan.models import reasons
from analytics.scan.settings import ScanSettings

DISTINGUISHABLE = "distinguishable from mutation burden"
NOT_DISTINGUISHABLE = "not distinguishable from mutation burden"
TOO_FEW_CARRIERS = "too few carriers to say"
BURDEN_NOT_KNOWN = "burden not known"
NO_ASSOCIATION = "no association to explain"
NOT_TESTED = "not tested"
BURDEN_VERDICTS = (
    DISTINGUISHABLE,
    NOT_DISTINGUISHABLE,
    TOO_FEW_CARRIERS,
    BURDEN_NOT_KNOWN,
    NO_ASSOCIATION,
    NOT_TESTED,
)

FEW_EVENTS = "few events: penalised estimate"
NOT_PROPORTIONAL = "hazards not proportional: read the restricted means"
HETEROGENEOUS = "effects differ between cohorts"
INCOMPLETE = "adjusted model leaves out patients with missing covariates"
NULL_TOO_LIBERAL = "nominal p is too small under burden alone"
SAME_CARRIERS = "same carriers as another gene: one hypothesis"
PREDICTIVE_ALONE = "predictive by itself, not when the family is counted"
LIBERAL_RATE = 0.075  # share of null draws with nominal p < 0.05 from which the nominal p is called too small


def burden_verdicts(table: pd.DataFrame, primary_p: "pd.Series[float]", settings: ScanSettings) -> np.ndarray:
    """(G,) verdict words.

    Distinguishable: the burden null's two-sided p, its false discovery rate over the family and that of the
    likelihood-ratio test adjusted for burden are each below alpha (in a family of one the rates are the p-values
    themselves). No association to explain: the primary p is not below alpha. Too few carriers: fewer than
    settings.min_carriers_for_verdict. Everything else is not distinguishable, which is no proof of being a shadow.
    """
    alpha = settings.alpha
    conditions = [
        primary_p.isna(),
        table["null_p_two_sided"].isna()
        & table["null_reason"].isin([reasons.NO_BURDEN, reasons.NOT_ASKED, reasons.WEIGHTED]),
        (table["n_carriers"] < settings.min_carriers_for_verdict) | table["null_p_two_sided"].isna(),
        primary_p >= alpha,
        (table["null_p_two_sided"] < alpha) & (table["null_q"] < alpha) & (table["burden_q"] < alpha),
    ]
    words = [NOT_TESTED, BURDEN_NOT_KNOWN, TOO_FEW_CARRIERS, NO_ASSOCIATION, DISTINGUISHABLE]
    return np.select([c.to_numpy(dtype=bool) for c in conditions], words, default=NOT_DISTINGUISHABLE).astype(
        object
    )


def warnings(table: pd.DataFrame, settings: ScanSettings) -> np.ndarray:
    """(G,) fixed phrases joined by "; ", empty where there is nothing to warn of."""
    is_few = table["uni_firth_because"].notna() | table["adj_firth_because"].notna()
    flags = {
        FEW_EVENTS: is_few,
        NOT_PROPORTIONAL: table["uni_ph_p"] < settings.alpha if "uni_ph_p" in table else is_few & False,
        HETEROGENEOUS: table["cohort_q_p"] < settings.alpha,
        INCOMPLETE: table["adj_n"] < table["n"],
        NULL_TOO_LIBERAL: table["null_false_positive_rate"] >= LIBERAL_RATE,
        SAME_CARRIERS: table["identical_group"] >= 0,
    }
    marked = np.stack([flag.to_numpy(dtype=bool) for flag in flags.values()])
    phrases = np.asarray(list(flags), dtype=object)
    return np.asarray(["; ".join(phrases[column]) for column in marked.T], dtype=object)
