"""From numbers to groups and steps: a fixed cut, the top share, the median, standard deviations, doublings.

Rates of unlike assays are not comparable, nor are the units of unlike cohorts: a share, a median and a standard
deviation are always taken within cohort, of a burden within panel too. They are taken over one sample a patient, the
one that counts; a patient's other samples are held against the same cut.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.biomarkers import logic
from analytics.biomarkers.inputs import BiomarkerInputs
from analytics.biomarkers.language.model import (
    Burden,
    Continuous,
    Cut,
    Measure,
    MedianSplit,
    PerDoubling,
    PerSd,
    TopShare,
    Within,
)
from analytics.biomarkers.logic import Truth
from analytics.biomarkers.measures import (
    FEWEST_SAMPLES,
    FloatArray,
    Values,
    burden_counts,
    burden_rates,
    measured,
)

BoolArray = npt.NDArray[np.bool_]

NO_CANCER_TYPE = "the cancer type is not known"
ON_THE_CUT = "too many of those it is ranked among have the same value for a share of this size"


def cut_truth(question: Cut, inputs: BiomarkerInputs, samples: pd.DataFrame) -> tuple[Truth, tuple[str, ...]]:
    """A measure compared with a number."""
    values = measured(question.measure, inputs, samples)
    number = question.number
    match question.comparison:
        case ">=":
            is_it = values.value >= number
        case ">":
            is_it = values.value > number
        case "<=":
            is_it = values.value <= number
        case "<":
            is_it = values.value < number
        case "=":
            is_it = values.value == number
    return _truth(is_it, values), values.notes


def share_truth(
    question: TopShare, inputs: BiomarkerInputs, samples: pd.DataFrame
) -> tuple[Truth, tuple[str, ...]]:
    """The highest or lowest share within each group of like samples.

    The cut is the smallest value that fewer than the share lie above; all who reach it belong, so that equal values are
    never torn apart and a share can be larger than its name. Where everybody would belong, nobody can be told apart.
    """
    values = _for_ranks(question.measure, question.within, inputs, samples)
    fewest = max(FEWEST_SAMPLES, math.ceil(100 / question.percent))
    sign = 1.0 if question.side == "top" else -1.0
    is_it = np.zeros(len(samples), dtype=bool)
    result = values
    for members, ranked in _strata(values, question.measure, question.within, samples):
        numbers = np.sort(sign * values.value[ranked])[::-1]
        if len(numbers) < fewest:
            result = _undetermined(result, members, f"fewer than {fewest} samples to rank it among")
            continue
        cut = numbers[max(math.ceil(question.percent / 100 * len(numbers)) - 1, 0)]
        if cut == numbers[-1]:
            result = _undetermined(result, members, ON_THE_CUT)
            continue
        is_it[members] = sign * values.value[members] >= cut
    return _truth(is_it, result), values.notes


def median_truth(
    question: MedianSplit, inputs: BiomarkerInputs, samples: pd.DataFrame
) -> tuple[Truth, tuple[str, ...]]:
    """Strictly above, or strictly below, the median of each group of like samples."""
    values = _for_ranks(question.measure, question.within, inputs, samples)
    is_it = np.zeros(len(samples), dtype=bool)
    result = values
    for members, ranked in _strata(values, question.measure, question.within, samples):
        if len(ranked) < FEWEST_SAMPLES:
            reason = f"fewer than {FEWEST_SAMPLES} samples to take the median of"
            result = _undetermined(result, members, reason)
            continue
        median = np.median(values.value[ranked])
        own = values.value[members]
        is_it[members] = own > median if question.half == "above" else own < median
    return _truth(is_it, result), values.notes


def continuous_values(asked: Continuous, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """The value in steps of the scale that is asked for."""
    match asked.per:
        case PerSd(within):
            return _standardised(asked.measure, within, inputs, samples)
        case PerDoubling():
            values = measured(asked.measure, inputs, samples)
            # expression is on log2(x + 1) already
            is_logged = not isinstance(asked.measure, Burden)
            return values if is_logged else replace(values, value=np.log2(values.value + 1.0))
        case per:
            values = measured(asked.measure, inputs, samples)
            return replace(values, value=values.value / per.number)


def _standardised(measure: Measure, within: Within, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """Standard deviations (n - 1) from the mean of like samples; a burden as log2(x + 1) first, for it is skewed."""
    values = _for_ranks(measure, within, inputs, samples)
    if isinstance(measure, Burden):
        values = replace(values, value=np.log2(values.value + 1.0))
    scaled = np.full(len(samples), np.nan)
    result = values
    for members, ranked in _strata(values, measure, within, samples):
        own = values.value[ranked]
        if len(own) < FEWEST_SAMPLES:
            reason = f"fewer than {FEWEST_SAMPLES} samples to take a standard deviation of"
            result = _undetermined(result, members, reason)
        elif np.ptp(own) == 0:
            result = _undetermined(
                result, members, "every sample that it is compared with has the same value"
            )
        else:
            scaled[members] = (values.value[members] - own.mean()) / own.std(ddof=1)
    return replace(result, value=scaled)


def _for_ranks(measure: Measure, within: Within, inputs: BiomarkerInputs, samples: pd.DataFrame) -> Values:
    """Values that are compared within like samples only, with those left out whose group is not known."""
    if isinstance(measure, Burden):
        find = burden_rates if within.across_panels else burden_counts
        values = find(inputs, samples)
    else:
        values = measured(measure, inputs, samples)
    if within.cancer_type:
        is_unplaced = samples["cancer_type"].isna().to_numpy(dtype=bool) & (values.status == logic.TRUE)
        values = _undetermined(values, np.flatnonzero(is_unplaced), NO_CANCER_TYPE)
    return values


def _strata(
    values: Values, measure: Measure, within: Within, samples: pd.DataFrame
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Of each group of like samples: its members with a value, and those of them that are ranked (one a person)."""
    keys = ["cohort_id"]
    if isinstance(measure, Burden) and not within.across_panels:
        keys.append("panel_id")
    if within.cancer_type:
        keys.append("cancer_type")
    known = samples.reset_index(drop=True)[values.status == logic.TRUE]
    is_index = samples["is_index"].to_numpy(dtype=bool)
    groups = known.groupby(keys, dropna=False, sort=True).groups
    found = [np.asarray(places, dtype=np.intp) for places in groups.values()]
    return [(members, members[is_index[members]]) for members in found]


def _undetermined(values: Values, places: npt.NDArray[np.intp], reason: str) -> Values:
    """The values without those at the places, which are undetermined for the reason."""
    value, status, why = values.value.copy(), values.status.copy(), values.reason.copy()
    value[places], status[places], why[places] = np.nan, logic.UNDETERMINED, reason
    return replace(values, value=value, status=status, reason=why)


def _truth(is_it: BoolArray | FloatArray, values: Values) -> Truth:
    known = np.where(is_it, logic.TRUE, logic.FALSE)
    return Truth(np.where(values.status == logic.TRUE, known, values.status).astype(np.int8), values.reason)
