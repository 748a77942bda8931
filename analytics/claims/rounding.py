"""What a printed number stands for: every value that rounds to its printed digits.

Belongs here: the interval behind a printed value, agreement with a computed value, whole-number counts
behind a percentage. Does not belong here: rules about what ought to agree (`consistency`).

A value printed with d decimals stands for the closed interval value +- 0.5 * 10^-d. It is closed because
a half may have been rounded up, down or to even.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

# 0.345 has no exact binary form; without slack a computed half-way value would miss its own interval.
RELATIVE_SLACK = 1e-9


@dataclass(frozen=True)
class Range:
    """A closed interval of real numbers."""

    low: float
    high: float

    def contains(self, value: float) -> bool:
        """True when value lies inside, with floating-point slack."""
        slack = RELATIVE_SLACK * max(1.0, abs(value)) if math.isfinite(value) else 0.0
        return self.low - slack <= value <= self.high + slack

    def gap_to(self, other: Range) -> float:
        """Distance to another interval; 0 when they touch or overlap."""
        gap = max(self.low - other.high, other.low - self.high, 0.0)
        return 0.0 if gap <= RELATIVE_SLACK * max(1.0, min(abs(self.high), abs(other.high))) else gap


def half_unit(decimals: int) -> float:
    """Half a unit of the last printed digit."""
    return 0.5 * 10.0**-decimals


def printed_range(value: float, decimals: int) -> Range:
    """All values that round to `value` at `decimals` decimals."""
    return Range(value - half_unit(decimals), value + half_unit(decimals))


def p_range(p_value: float, decimals: int, operator: str) -> Range:
    """All P values behind a printed one: [0, bound] for "<", the rounding interval within [0, 1] for "="."""
    if operator == "<":
        return Range(0.0, p_value)
    around = printed_range(p_value, decimals)
    return Range(max(around.low, 0.0), min(around.high, 1.0))


def two_sided_z(p_value: float) -> float:
    """Absolute normal deviate of a two-sided P; infinite for 0."""
    return math.inf if p_value <= 0 else float(stats.norm.isf(p_value / 2))


def units_apart(computed: float, printed: float, decimals: int) -> float:
    """|computed - printed| in units of the last printed digit."""
    return abs(computed - printed) * 10.0**decimals


def counts_behind(percent: Range, denominator: int) -> range:
    """Whole numbers k with 100 k / denominator inside the interval of a printed percentage.

    Shape: a (possibly empty) range of consecutive integers in 0..denominator.
    """
    slack = RELATIVE_SLACK * max(1.0, denominator)
    first = max(math.ceil(percent.low * denominator / 100 - slack), 0)
    last = min(math.floor(percent.high * denominator / 100 + slack), denominator)
    return range(first, max(last + 1, first))


def plain(value: float, decimals: int) -> str:
    """A number as a paper would print it, with thousands separators for whole numbers."""
    return f"{value:,.{decimals}f}"
