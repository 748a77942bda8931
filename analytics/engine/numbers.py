"""How a number is written: one rule each for p, ratios, percentages, months and intervals, wherever it is read.

Reports, figures, command line and gene dossiers all call these, so that one result has one text.

p: two significant digits and no fewer than two decimals: 0.43, 0.031, 0.0042, 0.00042, and from there on with an
exponent, 4.2e-05. Nothing is cut off at "<0.001": what is printed can be ranked and put back into a calculation.
More digits where two would hide on which side of 0.05 it is (0.0499). "<" is written only for what a permutation cannot
tell, below one in the number of draws, and for what a computer cannot.
Ratios: two decimals, none from 100 on, two significant digits below 0.095, so that none reads 0.00.
Intervals: 0.34 (0.12-0.92) with an en dash, "to" where an end is negative, "not reached" for an end that is not there.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analytics.engine.smallest_count import SMALLEST_COUNT

#: Thin minus and en dash as printed; an interval of numbers that may be negative is written with "to".
MINUS, DASH = "\u2212", "\u2013"
NOT_REACHED = "not reached"


def is_missing(value: Any) -> bool:
    """None, NaN, NaT or pd.NA."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)


def number(value: Any, digits: int = 3) -> str:
    """Significant digits, with a real minus; large and small numbers without an exponent where that reads better."""
    if is_missing(value):
        return ""
    value = float(value)
    if value == int(value) and abs(value) < 1e15 and (abs(value) >= 10**digits or value == 0):
        return f"{int(value):,}".replace("-", MINUS)
    if abs(value) >= 10**digits:
        return f"{value:,.0f}".replace("-", MINUS)
    shown = f"{value:#.{digits}g}".rstrip(".") if abs(value) >= 1e-4 else f"{value:.1e}"
    return shown.replace("-", MINUS)


def count(value: Any) -> str:
    """A whole number with thousands separated; ``<5`` within ``counts_from(5)`` where it is 1 to 4."""
    if is_missing(value):
        return ""
    smallest = SMALLEST_COUNT.get()
    return f"<{smallest}" if 0 < int(value) < smallest else f"{int(value):,}".replace("-", MINUS)


def fixed(value: Any, decimals: int) -> str:
    """Decimals; what they would print as 0.00 gets two significant digits."""
    if is_missing(value):
        return ""
    value = float(value)
    if value != 0 and abs(value) < 0.95 * 10 ** (1 - decimals):
        return number(value, 2)
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def ratio(value: Any) -> str:
    """A hazard ratio, odds ratio or ratio of these: 0.34, 0.0049, 250."""
    if is_missing(value):
        return ""
    if math.isinf(value):
        return "\u221e"
    return fixed(value, 2 if abs(value) < 100 else 0)


def p_value(p: Any, least: float = 0.0) -> str:
    """p by the rule of this module; `least` is what a permutation can just tell (1 / draws), 0 for an exact p."""
    if is_missing(p):
        return ""
    p = float(p)
    if p <= max(least, 1e-300):
        return f"<{least:.2g}" if least else "<1e-300"
    if p >= 0.0995:
        return f"{p:.2f}"
    digits = 2
    while digits < 6 and p != 0.05 and float(f"{p:.{digits}g}") == 0.05:
        digits += 1
    return f"{p:#.{digits}g}"


def p_relation(p: Any, least: float = 0.0) -> str:
    """p with its sign, for a sentence: "= 0.031", "< 0.0001", "not known"."""
    shown = p_value(p, least)
    if not shown:
        return "not known"
    return f"< {shown[1:]}" if shown.startswith("<") else f"= {shown}"


def estimate_text(value: Any, scale: str) -> str:
    """One estimate or end of an interval on its scale: count, percent, points, months, ratio or plain."""
    if is_missing(value):
        return ""
    if scale == "count":
        return count(round(float(value))) if float(value) == round(float(value)) else number(value, 4)
    if scale in ("percent", "points"):
        return fixed(100 * float(value), 1) if value else "0"
    if scale == "months":
        return f"{float(value):z,.1f}".replace("-", MINUS)
    return ratio(value) if scale == "ratio" else number(value)


def interval(low: Any, high: Any, scale: str = "ratio") -> str:
    """``0.12-0.92``; an end that is not there is said so."""
    ends = [estimate_text(low, scale) or NOT_REACHED, estimate_text(high, scale) or NOT_REACHED]
    return (" to " if any(end.startswith(MINUS) for end in ends) else DASH).join(ends)


def with_ends(value: Any, low: Any, high: Any, scale: str = "ratio") -> str:
    """``0.34 (0.12-0.92)``; nothing without an estimate, no brackets without an interval."""
    shown = estimate_text(value, scale)
    if not shown or (is_missing(low) and is_missing(high)):
        return shown
    return f"{shown} ({interval(low, high, scale)})"
