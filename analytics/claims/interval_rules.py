"""Rules about one printed ratio with its interval and P.

Belongs here: what a 95 % Wald interval on the log scale implies for the estimate and for P (Altman and Bland,
BMJ 2011;343:d2304: SE = (ln upper - ln lower) / 3.92, z = ln estimate / SE), with every printed digit allowed
its rounding. Does not belong here: anything that needs a second claim, except the medians of the comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scipy import stats

from analytics.claims.finding import ERROR, NOTE, WARNING, ConsistencyFinding
from analytics.claims.model import RATIO_QUANTITIES, PublishedClaim
from analytics.claims.rounding import Range, p_range, plain, printed_range, two_sided_z
from analytics.engine.numbers import p_value

Z_95 = float(stats.norm.ppf(0.975))
ALPHA = 0.05
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
    """sqrt(lower * upper), the centre on the log scale, is not the estimate for any rounding of the three."""
    bounds = _bounds(claim)
    if bounds is None:
        return None
    estimate, low, high = bounds
    centre = Range(math.sqrt(low.low * high.low), math.sqrt(low.high * high.high))
    if centre.gap_to(estimate) == 0.0:
        return None
    return ConsistencyFinding(
        "interval_not_centred", ERROR, (claim.claim_id,), (),
        f"{claim.claim_id}: the interval of {_printed(claim)} is centred on {centre.low:.3f} to "
        f"{centre.high:.3f} on the log scale for every rounding of its bounds, so it does not belong to "
        f"the estimate {plain(claim.estimate or 0.0, claim.estimate_decimals)}.",
    )  # fmt: skip


def interval_against_significance(claim: PublishedClaim) -> ConsistencyFinding | None:
    """A 95 % interval that includes 1 beside P < 0.05, or excludes 1 beside P >= 0.05, after rounding."""
    bounds = _bounds(claim)
    if bounds is None or claim.p_value is None:
        return None
    _, low, high = bounds
    printed_p = p_range(claim.p_value, claim.p_decimals, claim.p_operator)
    includes = low.high < 1.0 < high.low
    excludes = low.low > 1.0 or high.high < 1.0
    # "P < 0.05" is itself below 0.05; a printed "0.05" may be either side.
    is_significant = printed_p.high <= ALPHA if claim.p_operator == "<" else printed_p.high < ALPHA
    if includes and is_significant:
        verb, side = "includes 1", "is below 0.05"
    elif excludes and printed_p.low >= ALPHA:
        verb, side = "excludes 1", "is not below 0.05"
    else:
        return None
    tests = (
        f" (the interval is from {claim.estimate_key}, the P from {claim.p_estimate_key})"
        if claim.p_is_of_another_test else ""
    )  # fmt: skip
    return ConsistencyFinding(
        "interval_against_significance", ERROR, (claim.claim_id,), (),
        f"{claim.claim_id}: the 95 % interval of {_printed(claim)} {verb} while "
        f"{_printed_p(claim)} {side}{tests}.",
    )  # fmt: skip


def wald_z_range(claim: PublishedClaim) -> Range | None:
    """|z| of the Wald test for every rounding of estimate and bounds; None without a ratio and interval."""
    bounds = _bounds(claim)
    if bounds is None:
        return None
    estimate, low, high = bounds
    if low.high <= 0.0 or estimate.low <= 0.0 or high.low <= low.high:
        return None
    narrowest = math.log(high.low / low.high) / (2 * Z_95)
    widest = math.log(high.high / low.low) / (2 * Z_95) if low.low > 0.0 else math.inf
    logs = (abs(math.log(estimate.low)), abs(math.log(estimate.high)))
    smallest = 0.0 if estimate.low <= 1.0 <= estimate.high else min(logs)
    return Range(smallest / widest, max(logs) / narrowest)


def p_not_of_interval(claim: PublishedClaim) -> ConsistencyFinding | None:
    """P is not the Wald P of the interval for any rounding; the gap between the deviates says how grave.

    Not applied where `interval_not_centred` or `interval_against_significance` already speaks.
    """
    wald = wald_z_range(claim)
    if wald is None or claim.p_value is None:
        return None
    printed_p = p_range(claim.p_value, claim.p_decimals, claim.p_operator)
    printed_z = Range(two_sided_z(printed_p.high), two_sided_z(printed_p.low))
    gap = wald.gap_to(printed_z)
    allowed = OTHER_TEST_Z_GAP if claim.p_is_of_another_test else Z_SLACK
    if gap <= allowed:
        return None
    severity = ERROR if gap > IRRECONCILABLE_Z_GAP else NOTE if claim.p_is_of_another_test else WARNING
    low, high = 2 * stats.norm.sf(wald.high), 2 * stats.norm.sf(wald.low)
    return ConsistencyFinding(
        "p_not_of_interval", severity, (claim.claim_id,), (),
        f"{claim.claim_id}: {_printed(claim)} implies a Wald P of {p_value(float(low))} to "
        f"{p_value(float(high))} for every rounding, printed is {_printed_p(claim)}: P and interval come "
        f"from different tests or standard errors.",
    )  # fmt: skip


def check_interval(claim: PublishedClaim) -> list[ConsistencyFinding]:
    """All findings about one ratio claim; P against interval only where no graver rule speaks."""
    findings = [
        finding
        for finding in (interval_not_centred(claim), interval_against_significance(claim))
        if finding is not None
    ]
    if not findings:
        last = p_not_of_interval(claim)
        findings = [last] if last is not None else []
    return findings


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
