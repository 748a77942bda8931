"""A share with its exact interval, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.response.rates import exact_rate

NOTHING = "There is nothing to count in: the denominator is 0."


@dataclass(frozen=True)
class Share:
    """`numerator` of `denominator` (0-1) with the Clopper-Pearson interval; without a denominator there is a warning
    and no number."""

    numerator: int
    denominator: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    warnings: tuple[str, ...] = ()


def share(numerator: int, denominator: int, nothing: str = NOTHING) -> Share:
    """`numerator` of `denominator`; ``nothing`` is said where there is nothing to count in."""
    if denominator < 1:
        return Share(numerator, denominator, None, None, None, (nothing,))
    rate = exact_rate(numerator, denominator)
    return Share(numerator, denominator, rate.rate, rate.ci_low, rate.ci_high)
