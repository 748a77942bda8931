"""The words of a scan's genes: those of `analytics.verdicts`, and fixed phrases of warning. Nothing is estimated."""

import numpy as np
import pandas as pd

from analytics.scan.evidence import BURDEN_COLUMNS, burden_evidence
from analytics.scan.settings import ScanSettings
from analytics.verdicts.burden import burden_word
from analytics.verdicts.evidence import Family

FEW_EVENTS = "few events: penalised estimate"
NOT_PROPORTIONAL = "hazards not proportional: read the restricted means"
HETEROGENEOUS = "effects differ between cohorts"
INCOMPLETE = "adjusted model leaves out patients with missing covariates"
NULL_TOO_LIBERAL = "nominal p is too small under burden alone"
SAME_CARRIERS = "same carriers as another gene: one hypothesis"
PREDICTIVE_ALONE = "predictive by itself, not when the family is counted"
LIBERAL_RATE = 0.075  # share of null draws with nominal p < 0.05 from which the nominal p is called too small


def burden_verdicts(table: pd.DataFrame, family: Family) -> np.ndarray:
    """(G,) words on burden, each decided by `analytics.verdicts.burden` from the gene's row."""
    rows = table[[name for name in BURDEN_COLUMNS if name in table]].to_dict("records")
    return np.asarray(
        [str(burden_word(burden_evidence({str(k): v for k, v in row.items()}, family))) for row in rows],
        dtype=object,
    )


def warnings(table: pd.DataFrame, settings: ScanSettings) -> np.ndarray:
    """(G,) tuples of fixed phrases, empty where there is nothing to warn of."""
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
    said = np.empty(len(table), dtype=object)
    said[:] = [tuple(phrases[column]) for column in marked.T]
    return said
