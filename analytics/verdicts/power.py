"""What a study could have shown: the smallest ratio at a given power, and the events that a ratio takes.

Sources: Schoenfeld 1983, Biometrics 39:499 (events, share of carriers); Hsieh and Lavori 2000, Control Clin Trials
21:552 (1 - R2 for covariates, and the variance of a number in the place of p (1 - p)); Hsieh, Bloch and Larsen 1998,
Stat Med 17:1623 (odds ratio: n r (1 - r) in the place of the events).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

POWER = 0.8
ALPHA = 0.05


@dataclass(frozen=True)
class Power:
    """What so many people could have shown.

    Attributes
    ----------
    n, carriers : people analysed, and of them those in the group; no carriers of a number.
    events : events (hazard ratio) or responders (odds ratio) among all.
    information : events of a hazard ratio; n r (1 - r) of an odds ratio with response rate r.
    variance : of what is compared: p (1 - p) of a group with a share p of the people, of a number that in its steps.
    r2 : share of that variance that covariates and strata explain.
    smallest : smallest ratio above 1 shown at 80 % power and two-sided 5 %; its inverse is the largest below 1.
        Infinite where there is nothing to compare.
    """

    n: int
    carriers: int | None
    events: int
    information: float
    variance: float
    r2: float
    smallest: float

    def events_needed(self, ratio: float) -> float:
        """Events of people alike that would show ``ratio`` at 80 % power; infinite for a ratio of 1.
        For an odds ratio: responders, at the same response rate."""
        needed = events_needed(ratio, self.variance, self.r2)
        if not self.information:
            return math.inf
        return needed * self.events / self.information


def smallest_ratio(information: float, variance: float, r2: float = 0.0, power: float = POWER) -> float:
    """exp((1.96 + 0.84) / sqrt(D V (1 - R2))), at 80 % power and two-sided 5 %.

    Parameters
    ----------
    information : D, events (hazard ratio) or n r (1 - r) (odds ratio). variance : V, as `Power.variance`.
    r2 : 0 to below 1.
    """
    weight = information * variance * (1.0 - r2)
    if weight <= 0.0:
        return math.inf
    exponent = _quantiles(power) / math.sqrt(weight)
    return math.exp(exponent) if exponent < 700.0 else math.inf


def events_needed(ratio: float, variance: float, r2: float = 0.0, power: float = POWER) -> float:
    """D at which ``ratio`` (hazard ratio) is shown with ``power``: the inverse of :func:`smallest_ratio`."""
    weight = math.log(ratio) ** 2 * variance * (1.0 - r2) if ratio > 0.0 else 0.0
    return _quantiles(power) ** 2 / weight if weight > 0.0 else math.inf


def power_of_hazard_ratio(n: int, carriers: int, events: int, r2: float = 0.0) -> Power:
    """Power of a comparison of ``carriers`` with the others among ``n`` people with ``events`` events in all."""
    variance = _of_share(carriers, n)
    smallest = smallest_ratio(float(events), variance, r2)
    return Power(n, carriers, events, float(events), variance, r2, smallest)


def power_of_odds_ratio(n: int, carriers: int, responders: int, r2: float = 0.0) -> Power:
    """The same of a response: ``responders`` among ``n`` people."""
    variance, information = _of_share(carriers, n), n * _of_share(responders, n)
    return Power(
        n, carriers, responders, information, variance, r2, smallest_ratio(information, variance, r2)
    )


def power_of_number(n: int, variance: float, events: int, r2: float = 0.0) -> Power:
    """Power of the hazard ratio of one step of a number with ``variance`` (in steps, squared) among ``n`` people."""
    return Power(n, None, events, float(events), variance, r2, smallest_ratio(float(events), variance, r2))


def _of_share(part: int, n: int) -> float:
    return part / n * (1.0 - part / n) if n else 0.0


def _quantiles(power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(1.0 - ALPHA / 2.0) + normal.inv_cdf(power)
