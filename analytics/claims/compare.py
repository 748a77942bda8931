"""One printed claim beside one computed statistic: do the printed digits agree?

Belongs here: comparing the parts of a claim (estimate, interval bounds, P, denominator) and saying so in a
sentence. Does not belong here: choosing the statistic (`statistics`), findings among printed numbers and
missing sources (`check`).

Agreement of a part:

- exact: the computed value rounds to the printed digits (half-way values count either way); below the bound
  for a printed "<"; not reached for a printed "not reached"; of the printed sign for a direction.
- within rounding: not exact, but |computed - printed| is at most one unit of the last printed digit; for "<",
  the computed value rounds to the bound. Whole numbers (counts, positions, definitions) and "not reached"
  are exact or different.
- different: anything else.

The verdict of a claim is that of its worst part; a part without a computed value makes it not yet computed
unless another part already differs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.claims.model import (
    DIFFERENT,
    EXACT,
    NO_NUMBER_PRINTED,
    NOT_YET_COMPUTED,
    WHOLE_NUMBER_QUANTITIES,
    WITHIN_ROUNDING,
    PublishedClaim,
)
from analytics.claims.rounding import RELATIVE_SLACK, p_range, plain, printed_range, units_apart
from analytics.claims.statistics import ComputedStatistic
from analytics.engine.numbers import count, p_value

_WORST_LAST = (EXACT, WITHIN_ROUNDING, NOT_YET_COMPUTED, DIFFERENT)


@dataclass(frozen=True)
class PartCheck:
    """One printed part of a claim beside its computed value, in the claim's unit."""

    part: str
    printed: str
    computed: float | None
    units_apart: float | None
    verdict: str


@dataclass(frozen=True)
class ClaimCheck:
    """Verdict on one claim, with the sentence for readers and the values behind it."""

    claim_id: str
    verdict: str
    sentence: str
    printed: str
    computed: ComputedStatistic | None
    differences: tuple[PartCheck, ...] = ()
    finding_ids: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def compare_number(printed: float, decimals: int, operator: str, computed: float, whole: bool = False) -> str:
    """exact, within rounding or different, by the definitions of this module."""
    if operator == "<":
        if computed < printed:
            return EXACT
        return WITHIN_ROUNDING if printed_range(printed, decimals).contains(computed) else DIFFERENT
    if whole:
        return EXACT if units_apart(computed, printed, 0) <= RELATIVE_SLACK * max(1.0, printed) else DIFFERENT
    if printed_range(printed, decimals).contains(computed):
        return EXACT
    return WITHIN_ROUNDING if units_apart(computed, printed, decimals) <= 1.0 + RELATIVE_SLACK else DIFFERENT


def compare_p(printed: float, decimals: int, operator: str, computed: float) -> str:
    """As `compare_number`, for P: "< 0.001" is exact below 0.001 and within rounding up to 0.0015."""
    if operator == "=" and p_range(printed, decimals, operator).contains(computed):
        return EXACT
    return compare_number(printed, decimals, operator, computed)


def _part(
    name: str, printed: float, decimals: int, operator: str, computed: float | None, whole: bool
) -> PartCheck:
    sign = "<" if operator == "<" else ""
    text = sign + plain(printed, decimals)
    if computed is None or math.isnan(computed):
        return PartCheck(name, text, None, None, NOT_YET_COMPUTED)
    compare = compare_p(printed, decimals, operator, computed) if name == "p" else compare_number(
        printed, decimals, operator, computed, whole
    )  # fmt: skip
    apart = units_apart(computed, printed, decimals) if math.isfinite(computed) else math.inf
    return PartCheck(name, text, computed, 0.0 if operator == "<" and compare == EXACT else apart, compare)


def _estimate_part(claim: PublishedClaim, computed: ComputedStatistic, scale: float) -> list[PartCheck]:
    value = computed.estimate
    if claim.quantity == "direction":
        if value is None:
            return [PartCheck("direction", claim.direction, None, None, NOT_YET_COMPUTED)]
        agrees = value > 0 if claim.direction == "higher" else value < 0
        return [PartCheck("direction", claim.direction, value, None, EXACT if agrees else DIFFERENT)]
    if claim.estimate_operator == "not_reached":
        reached = value is not None and math.isfinite(value)
        return [PartCheck("estimate", claim.printed_text, value, None, DIFFERENT if reached else EXACT)]
    if claim.estimate is None:
        return []
    whole = claim.quantity in WHOLE_NUMBER_QUANTITIES
    if value is None and claim.quantity == "median_months":
        value = math.inf  # a median row without a value says that the curve never fell to one half
    scaled = None if value is None else scale * value
    return [
        _part("estimate", claim.estimate, claim.estimate_decimals, claim.estimate_operator, scaled, whole)
    ]


def compare_parts(claim: PublishedClaim, computed: ComputedStatistic) -> tuple[PartCheck, ...]:
    """Every printed part of a claim beside the computed one; proportions are fractions in `computed`."""
    scale = 100.0 if claim.unit == "percent" else 1.0
    parts = _estimate_part(claim, computed, scale)
    for name, bound, value in (
        ("ci_low", claim.ci_low, computed.ci_low), ("ci_high", claim.ci_high, computed.ci_high)
    ):  # fmt: skip
        if bound is not None:
            scaled = None if value is None else scale * value
            parts.append(_part(name, bound, claim.ci_decimals, "=", scaled, False))
    if claim.p_value is not None:
        parts.append(_part("p", claim.p_value, claim.p_decimals, claim.p_operator, computed.p, False))
    if claim.quantity == "count" and claim.denominator is not None:
        n = None if computed.n is None else float(computed.n)
        parts.append(_part("denominator", claim.denominator, 0, "=", n, True))
    return tuple(parts)


def _estimate_words(claim: PublishedClaim, computed: ComputedStatistic, whole: bool) -> str:
    scale, unit = (100.0, " %") if claim.unit == "percent" else (1.0, "")
    decimals = 0 if whole else claim.estimate_decimals + 1 if claim.estimate is not None else 2
    text = ""
    if computed.estimate is not None and math.isfinite(computed.estimate):
        text = f"{plain(scale * computed.estimate, decimals)}{unit}"
    elif claim.quantity == "median_months":
        text = "not reached"
    if claim.ci_low is not None and computed.ci_low is not None and computed.ci_high is not None:
        low, high = (plain(scale * v, claim.ci_decimals + 1) for v in (computed.ci_low, computed.ci_high))
        text = f"{text or 'none'} ({low}-{high})"
    return text


def statistic_words(claim: PublishedClaim, computed: ComputedStatistic) -> str:
    """The computed statistic as a reader would write it, with one digit more than was printed."""
    whole = claim.quantity in WHOLE_NUMBER_QUANTITIES
    by = f" by {computed.estimator}" if computed.estimator and not whole else ""
    text = []
    if claim.quantity != "p_value":
        estimate = _estimate_words(claim, computed, whole)
        text += [estimate + by] if estimate else []
    if computed.p is not None and (claim.p_value is not None or claim.quantity == "direction"):
        p_by = f" by {computed.p_estimator}" if computed.p_estimator else "" if text else by
        text.append(f"P {p_value(computed.p)}{p_by}")
    if computed.n is not None and (not whole or claim.denominator is not None):
        text.append(f"n {count(computed.n)}")
        text += (
            [f"{count(computed.n_in_group)} {computed.group_label or 'in the group'}"]
            if computed.n_in_group is not None
            else []
        )
    return ", ".join(text) or "nothing"


def check_claim(claim: PublishedClaim, computed: ComputedStatistic | None) -> ClaimCheck:
    """Compare one claim with one statistic (None: there is none).

    Verdicts given here are exact, within rounding, different, no number printed and not yet computed; the others need
    more than one claim and one statistic and are settled in `check_all`.
    """
    if computed is not None and claim.quantity == "not_transcribed":
        sentence = (
            f"The paper shows this as {claim.printed_text} without a number on record, so that there is nothing to "
            f"compare; the warehouse's own is {computed.stat_id}."
        )
        return ClaimCheck(claim.claim_id, NO_NUMBER_PRINTED, sentence, claim.printed_text, computed)
    if computed is None:
        sentence = f"No result of analysis {claim.analysis_id} named {claim.estimate_key} in this version."
        return ClaimCheck(claim.claim_id, NOT_YET_COMPUTED, sentence, claim.printed_text, None)
    parts = compare_parts(claim, computed)
    verdict = max((part.verdict for part in parts), key=_WORST_LAST.index)
    return ClaimCheck(
        claim.claim_id,
        verdict,
        _sentence(claim, computed, parts, verdict),
        claim.printed_text,
        computed,
        parts,
    )


def _sentence(
    claim: PublishedClaim, computed: ComputedStatistic, parts: Sequence[PartCheck], verdict: str
) -> str:
    start = f"Printed {claim.printed_text}; computed {statistic_words(claim, computed)}: "
    if verdict == EXACT:
        return start + (
            "the sign agrees." if claim.quantity == "direction" else "every printed digit agrees."
        )
    named = ", ".join(_part_words(part) for part in parts if part.verdict == verdict)
    if verdict == NOT_YET_COMPUTED:
        return start + f"without a result so far: {', '.join(p.part for p in parts if p.verdict == verdict)}."
    if verdict == WITHIN_ROUNDING:
        return start + f"agrees to one unit of the last printed digit ({named})."
    return start + f"differs ({named})."


def _part_words(part: PartCheck) -> str:
    if part.computed is None or not math.isfinite(part.computed):
        return f"{part.part} not reached against {part.printed}"
    if part.units_apart is None:
        return f"{part.part} {part.computed:.4g} against {part.printed}"
    apart = f"{part.units_apart:.1f} units of the last digit"
    return f"{part.part} {part.computed:.4g} against {part.printed}, {apart}"
