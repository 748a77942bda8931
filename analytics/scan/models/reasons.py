"""The fixed words of a scan: why a gene has no estimate, and by which method it has one.

What does not belong here: the decisions.
"""

import numpy as np

from analytics.engine.arrays import BoolArray, WordArray

EFRON = "maximum likelihood, Efron ties"
FIRTH = "Firth, Efron ties"
LOGISTIC = "maximum likelihood"
LOGISTIC_FIRTH = "Firth"

# why there is no test
NOT_PROFILED_REASON = "no panel in the scan covers the gene"
NO_PATIENTS = "no profiled patient has a usable outcome"
NO_EVENTS = "no events"
NO_CARRIERS = "no carriers"
EVERYONE_CARRIER = "everyone a carrier"
FEW_CARRIERS = "fewer than {n} carriers"
NO_COMPARISON = "no stratum has carriers and non-carriers at risk at one event"
COLLINEAR = "the gene is a combination of the covariates"
NOT_CONVERGED_REASON = "the fit did not converge"
NO_COVARIATES = "no covariates given"
NO_BURDEN = "no burden given"
NOT_ASKED = "not asked for"
WEIGHTED = "not defined for case weights"
NO_ML_ESTIMATE = "no maximum likelihood estimate to test at"
ONE_COHORT = "fewer than two cohorts compare carriers with others"
NO_LENGTH = "coding length not known"
FEW_OF_LIKE_LENGTH = "fewer than {n} tested genes of known coding length"
ENOUGH_EVENTS = "events enough for the usual tests"
PROPORTIONAL = "proportional hazards are not contradicted"
CHANGE_NOT_ASKED = "burden has nothing to explain: no effect without it, or the null excludes burden"
NO_CONTROL = "no people without checkpoint blockade given"
NO_CONTROL_ESTIMATE = "no estimate without checkpoint blockade: {why}"
AMONG_COMPLETE = " (among {n} patients with complete covariates)"
NO_EVALUABLE = "no profiled patient has an evaluable response"
NO_RESPONDERS = "no responders"
ALL_RESPONDERS = "everyone responds"
NO_MIXED_STRATUM = "no stratum has carriers and non-carriers, responders and non-responders"

# why Firth's penalty was used
FEW_CARRIER_EVENTS = "fewer than {n} events among carriers"
FEW_OTHER_EVENTS = "fewer than {n} events among non-carriers"
FEW_IN_A_CELL = "fewer than {n} patients in a cell of gene by response"
NO_MAXIMUM = "no finite maximum of the likelihood"


def no_words(size: int) -> WordArray:
    """(size,) of None."""
    return np.full(size, None, dtype=object)


def word_where(condition: BoolArray, word: str) -> WordArray:
    """The word where the condition (G,) holds, None elsewhere."""
    words = no_words(len(condition))
    words[condition] = word
    return words


def is_open(words: WordArray) -> BoolArray:
    """(G,) where nothing has been said yet."""
    return np.asarray([word is None for word in words], dtype=np.bool_)


def first_said(words: WordArray, later: WordArray) -> WordArray:
    """`words` where something is said there, `later` elsewhere."""
    return np.where(is_open(words), later, words)
