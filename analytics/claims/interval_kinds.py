"""Which kind of interval and of P a ratio was printed with, and whether another kind would explain the numbers.

Belongs here: how far an exact or a profile-likelihood interval may lie off the centre of its estimate, how far its P
may lie from the Wald P, and the search for a kind that makes estimate, interval and P agree. Does not belong here:
the rules that are broken (`interval_rules`).

A paper that writes "(0.52-0.97), P = 0.02" seldom says whether the interval is a Wald interval at 95 % and the P
two-sided. Until a claim declares it (`ci_kind`, `ci_level`, `p_sides`), numbers that agree under another usual kind
are of a kind of their own and not a contradiction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from scipy import optimize, stats

from analytics.claims.model import PublishedClaim
from analytics.claims.rounding import Range

Z_95 = float(stats.norm.ppf(0.975))
#: Levels that papers print without saying so; any other level is declared with the claim.
OTHER_LEVELS = (80.0, 90.0, 99.0)
#: Fewest and most effective events for which the bound below is asked; beyond the most it is 0.002 and does not matter.
_FEWEST, _MOST = 0.02, 1e5


def z_of_level(level: float) -> float:
    """Half the width of a Wald interval of `level` percent, in standard errors."""
    return Z_95 if level == 95.0 else float(stats.norm.ppf(0.5 + level / 200.0))


def _exact_limits(events: float, level: float) -> tuple[float, float]:
    """Logarithms of Garwood's exact limits of a Poisson mean over its estimate, for `events` events."""
    tail = 0.5 - level / 200.0
    low = stats.chi2.ppf(tail, 2 * events) / 2
    high = stats.chi2.isf(tail, 2 * events + 2) / 2
    return math.log(max(low, 1e-300) / events), math.log(high / events)


def _profile_limits(events: float, level: float) -> tuple[float, float]:
    """Logarithms of the likelihood-ratio limits of a Poisson mean over its estimate: 2 k (e^u - 1 - u) = chi2."""
    limit = stats.chi2.ppf(level / 100.0, 1) / (2 * events)

    def excess(u: float) -> float:
        return math.expm1(u) - u - limit

    return optimize.brentq(excess, -limit - 2, 0.0), optimize.brentq(excess, 0.0, math.sqrt(2 * limit) + 1e-9)


@lru_cache(maxsize=4096)
def largest_shift(log_width: float, level: float) -> float:
    """How far the centre of an exact or profile interval of this width can lie from the estimate, log scale.

    A ratio compares two groups. Its interval is most lopsided when all uncertainty comes from one of them, and then it
    is the interval of one Poisson mean, exact (Garwood, Biometrika 1936;28:437) or from its likelihood: the bound is
    the larger shift of these two at the number of events that gives the width. Two uncertain groups stay within it.
    """

    def shift(limits: Callable[[float, float], tuple[float, float]]) -> float:
        def excess(log_events: float) -> float:
            low, high = limits(math.exp(log_events), level)
            return high - low - log_width

        ends = (math.log(_FEWEST), math.log(_MOST))
        if excess(ends[1]) >= 0:
            return 0.0
        if excess(ends[0]) <= 0:
            return math.inf
        return abs(sum(limits(math.exp(optimize.brentq(excess, *ends)), level))) / 2

    return max(shift(_exact_limits), shift(_profile_limits))


def p_gap_of_exact_test(z: float, log_width: float, level: float) -> float:
    """How far the deviate of an exact or likelihood-ratio P can lie from the Wald deviate of the interval.

    The signed root of the likelihood ratio of a Poisson mean is z - z^2 SE / 6 to second order (Barndorff-Nielsen and
    Cox, Inference and Asymptotics, 1994, section 3.2), and an exact test moves by half a count, which is SE / 2.
    """
    se = log_width / (2 * z_of_level(level))
    return se * (0.5 + z * z / 6)


def two_sided(p: Range, sides: int) -> Range:
    """Two-sided P values behind a printed range; a one-sided P may be of either side, and is doubled."""
    if sides == 2:
        return p
    ends = (2 * min(p.low, 1 - p.low), 2 * min(p.high, 1 - p.high))
    return Range(min(ends), 1.0 if p.low <= 0.5 <= p.high else max(ends))


def _other_tests(claim: PublishedClaim) -> Iterator[tuple[str, PublishedClaim]]:
    """The claim with a one-sided P, with another level, and then with both; what it declares stays.

    Both together are what one-sided designs print: 90 % beside a test at 5 %, 80 % beside one at 10 %.
    """
    levels = OTHER_LEVELS if claim.ci_level is None else ()
    if claim.p_sides is None:
        yield "a one-sided P", replace(claim, p_sides=1)
    for level in levels:
        yield f"an interval of {level:g} %", replace(claim, ci_level=level)
    if claim.p_sides is None:
        for level in levels:
            if level < claim.level:
                words = f"an interval of {level:g} % with a one-sided P"
                yield words, replace(claim, ci_level=level, p_sides=1)


def kind_that_explains(
    claim: PublishedClaim, agrees: Callable[[PublishedClaim], bool], beside: Sequence[PublishedClaim] = ()
) -> str | None:
    """Words for the first other kind of interval or P under which the claim agrees with itself, or None.

    `beside` are estimates of the same row of the paper that agree as a 95 % interval with a two-sided P. One table has
    one convention: another level or side explains a number only if these agree under it too.
    """
    if not claim.ci_kind and agrees(replace(claim, ci_kind="exact")):
        return "an exact or profile interval"
    for words, other in _other_tests(claim):
        if agrees(other) and all(
            agrees(replace(peer, ci_level=other.ci_level, p_sides=other.p_sides)) for peer in beside
        ):
            return words
    return None
