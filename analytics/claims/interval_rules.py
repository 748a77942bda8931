"""Rules about one printed ratio with its interval and P.

Belongs here: what a Wald interval on the log scale, of 95 % unless the claim declares another level, implies for the
estimate and for P (Altman and Bland, BMJ 2011;343:d2304: SE = (ln upper - ln lower) / 3.92, z = ln estimate / SE), with
every printed digit allowed its rounding; and that numbers which another kind of interval or P explains
(`interval_kinds`) are a note of their own. Does not belong here: anything that needs a second claim, except the medians
of the comparison and the convention of a row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scipy import stats

from analytics.claims.finding import ERROR, NOTE, WARNING, ConsistencyFinding
from analytics.claims.interval_kinds import (
    kind_that_explains,
    largest_shift,
    p_gap_of_exact_test,
    two_sided,
    z_of_level,
)
from analytics.claims.model import RATIO_QUANTITIES, PublishedClaim
from analytics.claims.rounding import Range, p_range, plain, printed_range, two_sided_z
from analytics.engine.numbers import p_value

#: Intervals that need not be symmetric on the log scale.
LOPSIDED_KINDS = ("exact", "profile")
# Wald, score and log-rank deviates of the same null differ by second-order terms: 0.11 for A6 with 4 deaths
# among the mutated, less with more events. Beyond 0.25 a declared other test is worth a note; beyond 1.0 no
# test explains it.
OTHER_TEST_Z_GAP = 0.25
IRRECONCILABLE_Z_GAP = 1.0
# Papers use 1.96 for 1.959964; this keeps that from counting.
Z_SLACK = 1e-3


def _bounds(claim: PublishedClaim) -> tuple[Range, Range, Range] | None:
    """Rounding intervals of estimate, lower and upper bound; None for other than a ratio with interval."""
    if claim.quantity not in RATIO_QUANTITIES:
        return None
    if claim.estimate is None or claim.ci_low is None or claim.ci_high is None:
        return None
    estimate = printed_range(claim.estimate, claim.estimate_decimals)
    return (
        replace(estimate, low=max(estimate.low, 0.0)),
        replace(
            printed_range(claim.ci_low, claim.ci_decimals),
            low=max(claim.ci_low - 0.5 * 10**-claim.ci_decimals, 0.0),
        ),
        printed_range(claim.ci_high, claim.ci_decimals),
    )


def _printed(claim: PublishedClaim) -> str:
    assert claim.estimate is not None and claim.ci_low is not None and claim.ci_high is not None
    return (
        f"{plain(claim.estimate, claim.estimate_decimals)} "
        f"({plain(claim.ci_low, claim.ci_decimals)}-{plain(claim.ci_high, claim.ci_decimals)})"
    )


def _printed_p(claim: PublishedClaim) -> str:
    assert claim.p_value is not None
    return f"P {claim.p_operator} {plain(claim.p_value, claim.p_decimals)}"


def interval_not_centred(claim: PublishedClaim) -> ConsistencyFinding | None:
    """sqrt(lower * upper), the centre on the log scale, is not the estimate for any rounding of the three.

    An exact or a profile interval may lie off its centre, by what its width allows (`largest_shift`).
    """
    bounds = _bounds(claim)
    if bounds is None:
        return None
    estimate, low, high = bounds
    centre = Range(math.sqrt(low.low * high.low), math.sqrt(low.high * high.high))
    allowed = centre
    if claim.ci_kind in LOPSIDED_KINDS:
        widest = math.inf if low.low <= 0.0 else math.log(high.high / low.low)
        factor = math.exp(largest_shift(round(widest, 4), claim.level)) if widest < math.inf else math.inf
        allowed = Range(centre.low / factor, centre.high * factor)
    if allowed.gap_to(estimate) == 0.0:
        return None
    return ConsistencyFinding(
        "interval_not_centred", ERROR, (claim.claim_id,), (),
        f"{claim.claim_id}: the interval of {_printed(claim)} is centred on {centre.low:.3f} to "
        f"{centre.high:.3f} on the log scale for every rounding of its bounds, so it does not belong to "
        f"the estimate {plain(claim.estimate or 0.0, claim.estimate_decimals)}.",
    )  # fmt: skip


def interval_against_significance(claim: PublishedClaim) -> ConsistencyFinding | None:
    """A 95 % interval that includes 1 beside P < 0.05, or excludes 1 beside P >= 0.05, after rounding.

    Of an interval of another level the P is held to one minus that level. Exact and profile intervals, whose P is
    seldom the test that they invert, are left to `p_not_of_interval`.
    """
    bounds = _bounds(claim)
    if bounds is None or claim.p_value is None or claim.ci_kind in LOPSIDED_KINDS:
        return None
    _, low, high = bounds
    alpha = round(1.0 - claim.level / 100.0, 10)
    printed_p = two_sided(p_range(claim.p_value, claim.p_decimals, claim.p_operator), claim.sides)
    includes = low.high < 1.0 < high.low
    excludes = low.low > 1.0 or high.high < 1.0
    # "P < 0.05" is itself below 0.05; a printed "0.05" may be either side.
    is_significant = printed_p.high <= alpha if claim.p_operator == "<" else printed_p.high < alpha
    if includes and is_significant:
        verb, side = "includes 1", f"is below {alpha:g}"
    elif excludes and printed_p.low >= alpha:
        verb, side = "excludes 1", f"is not below {alpha:g}"
    else:
        return None
    tests = (
        f" (the interval is from {claim.estimate_key}, the P from {claim.p_estimate_key})"
        if claim.p_is_of_another_test else ""
    )  # fmt: skip
    return ConsistencyFinding(
        "interval_against_significance", ERROR, (claim.claim_id,), (),
        f"{claim.claim_id}: the {claim.level:g} % interval of {_printed(claim)} {verb} while "
        f"{_printed_p(claim)} {'twice ' if claim.sides == 1 else ''}{side}{tests}.",
    )  # fmt: skip


def wald_z_range(claim: PublishedClaim) -> Range | None:
    """|z| of the Wald test for every rounding of estimate and bounds; None without a ratio and interval."""
    bounds = _bounds(claim)
    if bounds is None:
        return None
    estimate, low, high = bounds
    if low.high <= 0.0 or estimate.low <= 0.0 or high.low <= low.high:
        return None
    width = 2 * z_of_level(claim.level)
    narrowest = math.log(high.low / low.high) / width
    widest = math.log(high.high / low.low) / width if low.low > 0.0 else math.inf
    logs = (abs(math.log(estimate.low)), abs(math.log(estimate.high)))
    smallest = 0.0 if estimate.low <= 1.0 <= estimate.high else min(logs)
    return Range(smallest / widest, max(logs) / narrowest)


def _allowed_gap(claim: PublishedClaim, wald: Range) -> float:
    """How far the deviate of P may lie from that of the interval before the two are no longer of one fit."""
    if claim.ci_kind in LOPSIDED_KINDS:
        assert claim.ci_low is not None and claim.ci_high is not None
        if claim.ci_low <= 0.0:
            return math.inf
        return p_gap_of_exact_test(wald.high, math.log(claim.ci_high / claim.ci_low), claim.level) + Z_SLACK
    return OTHER_TEST_Z_GAP if claim.p_is_of_another_test else Z_SLACK


def p_not_of_interval(claim: PublishedClaim) -> ConsistencyFinding | None:
    """P is not the Wald P of the interval for any rounding; the gap between the deviates says how grave.

    Not applied where `interval_not_centred` or `interval_against_significance` already speaks.
    """
    wald = wald_z_range(claim)
    if wald is None or claim.p_value is None:
        return None
    printed_p = two_sided(p_range(claim.p_value, claim.p_decimals, claim.p_operator), claim.sides)
    printed_z = Range(two_sided_z(printed_p.high), two_sided_z(printed_p.low))
    gap = wald.gap_to(printed_z)
    if gap <= _allowed_gap(claim, wald):
        return None
    severity = ERROR if gap > IRRECONCILABLE_Z_GAP else NOTE if claim.p_is_of_another_test else WARNING
    low, high = 2 * stats.norm.sf(wald.high), 2 * stats.norm.sf(wald.low)
    return ConsistencyFinding(
        "p_not_of_interval", severity, (claim.claim_id,), (),
        f"{claim.claim_id}: {_printed(claim)} implies a Wald P of {p_value(float(low))} to "
        f"{p_value(float(high))} for every rounding, printed is {_printed_p(claim)}: P and interval come "
        f"from different tests or standard errors.",
    )  # fmt: skip


def _broken_rules(claim: PublishedClaim) -> list[ConsistencyFinding]:
    """Findings about one ratio as its kind is declared; P against interval only where no graver rule speaks."""
    findings = [
        finding
        for finding in (interval_not_centred(claim), interval_against_significance(claim))
        if finding is not None
    ]
    if not findings:
        last = p_not_of_interval(claim)
        findings = [last] if last is not None else []
    return findings


def check_interval(claim: PublishedClaim, beside: Sequence[PublishedClaim] = ()) -> list[ConsistencyFinding]:
    """All findings about one ratio claim; numbers that another kind of interval or P explains are one note.

    `beside`: estimates of the same row, from `agreeing_by_row`, which another kind has to fit too.
    """
    findings = _broken_rules(claim)
    if all(finding.severity == NOTE for finding in findings):
        return findings
    words = kind_that_explains(claim, lambda other: not _broken_rules(other), beside)
    if words is None:
        return findings
    with_p = f" and {_printed_p(claim)}" if claim.p_value is not None else ""
    return [
        ConsistencyFinding(
            "interval_of_another_kind", NOTE, (claim.claim_id,), (),
            f"{claim.claim_id}: {_printed(claim)}{with_p} do not agree as a Wald interval of {claim.level:g} % with "
            f"{'a two' if claim.sides == 2 else 'a one'}-sided P, but they do as {words}; declare ci_kind, ci_level "
            f"or p_sides where the paper says which.",
        )
    ]  # fmt: skip


def agreeing_by_row(claims: Sequence[PublishedClaim]) -> dict[tuple[str, str], list[PublishedClaim]]:
    """Estimates with P that agree as a 95 % Wald interval and a two-sided P, by paper and row.

    The room that is given to a P of another test would hide the convention, so that these are taken as of one fit.
    """
    rows: dict[tuple[str, str], list[PublishedClaim]] = {}
    for claim in claims:
        if claim.quantity in RATIO_QUANTITIES and claim.p_value is not None:
            one_fit = replace(claim, ci_kind="wald", p_estimate_key="")
            if wald_z_range(one_fit) is not None and not _broken_rules(one_fit):
                rows.setdefault((claim.paper_id, claim.row_id), []).append(one_fit)
    return rows


def _median_range(claim: PublishedClaim) -> Range:
    if claim.estimate_operator == "not_reached":
        return Range(math.inf, math.inf)
    assert claim.estimate is not None
    return printed_range(claim.estimate, claim.estimate_decimals)


def _excludes_one(claim: PublishedClaim) -> int:
    """-1: interval wholly below 1, +1: wholly above, 0: neither."""
    bounds = _bounds(claim)
    if bounds is None:
        return 0
    return -1 if bounds[2].high < 1.0 else 1 if bounds[1].low > 1.0 else 0


def medians_against_ratio(claims: Sequence[PublishedClaim]) -> list[ConsistencyFinding]:
    """An interval on one side of 1 with medians of the same row ordered the other way."""
    medians: dict[tuple[str, str, str], dict[str, PublishedClaim]] = {}
    for claim in claims:
        if claim.quantity == "median_months" and (claim.estimate is not None or claim.estimate_operator):
            key = (claim.row_id, claim.population, claim.endpoint)
            medians.setdefault(key, {})[claim.group_label] = claim
    findings = []
    for claim in claims:
        groups = medians.get((claim.row_id, claim.population, claim.endpoint), {})
        first, _, second = claim.group_label.partition("_vs_")
        side = _excludes_one(claim) if claim.quantity == "hazard_ratio" else 0
        if side == 0 or first not in groups or second not in groups:
            continue
        one, two = _median_range(groups[first]), _median_range(groups[second])
        if (one.high < two.low and side < 0) or (one.low > two.high and side > 0):
            findings.append(
                ConsistencyFinding(
                    "medians_against_ratio", WARNING,
                    (claim.claim_id, groups[first].claim_id, groups[second].claim_id), (),
                    f"{claim.claim_id}: {_printed(claim)} says that {first} live "
                    f"{'longer' if side < 0 else 'shorter'}, but the medians are "
                    f"{groups[first].printed_text} and {groups[second].printed_text}.",
                )
            )  # fmt: skip
    return findings
