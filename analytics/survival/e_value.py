"""The E-value: how strong an unmeasured confounder would have to be to explain an estimate away.

Source: VanderWeele and Ding 2017, Ann Intern Med 167:268 (formula, and table 2 for hazard ratios of common outcomes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.results.estimator import Estimator, Scale

E_VALUE = Estimator(
    key="e_value",
    label="E-value",
    scale=Scale.RATIO,
    heading="E-value",
    methods="The risk ratio that a confounder which is not in the model needs with the group and with the outcome "
    "alike to explain the adjusted estimate away; its low end is what brings the interval to 1. A hazard ratio of a "
    "common outcome is turned into a risk ratio first.",
    source="VanderWeele and Ding 2017, Ann Intern Med 167:268",
    applies="beside every adjusted Cox estimate",
)

#: A hazard ratio stands for a risk ratio where fewer people than this have the event.
RARE = 0.15


@dataclass(frozen=True)
class EValue:
    """Risk ratio, with the biomarker and with the outcome alike, that a confounder needs to explain away the estimate,
    and to bring the interval to 1 (1 where it holds 1 already)."""

    of_estimate: float
    of_interval: float


def e_value(hazard_ratio: float, ci_low: float, ci_high: float, event_share: float) -> EValue:
    """The E-value of a hazard ratio with its interval; event_share: share of the people who have the event."""
    nearest = ci_low if hazard_ratio >= 1.0 else ci_high
    is_shown = ci_low > 1.0 or ci_high < 1.0
    return EValue(
        _of_ratio(_risk_ratio(hazard_ratio, event_share)),
        _of_ratio(_risk_ratio(nearest, event_share)) if is_shown else 1.0,
    )


def _risk_ratio(hazard_ratio: float, event_share: float) -> float:
    if event_share < RARE or hazard_ratio <= 0.0:
        return hazard_ratio
    halves = (math.pow(0.5, math.sqrt(hazard_ratio)), math.pow(0.5, math.sqrt(1.0 / hazard_ratio)))
    return (1.0 - halves[0]) / (1.0 - halves[1])


def _of_ratio(risk_ratio: float) -> float:
    if risk_ratio <= 0.0:
        return math.inf
    away = max(risk_ratio, 1.0 / risk_ratio)
    return away + math.sqrt(away * (away - 1.0))
