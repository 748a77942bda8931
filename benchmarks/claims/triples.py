"""True and corrupted estimates with interval and P, of every kind that papers print.

Each kind gives (estimate, low, high, p) of one analysis of generated data, unrounded. Exact: conditional odds ratio of a
two-by-two table with Fisher's P. Profile: ratio of two Poisson rates, which is what a Cox model of two groups estimates,
with its profile likelihood interval and likelihood-ratio P. A corrupted triple has one number changed as papers do:
a digit, two digits swapped, a sign of the logarithm, a bound or a P of a neighbouring row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy import optimize, stats
from scipy.stats.contingency import odds_ratio

from analytics.claims.model import PublishedClaim

Triple = tuple[float, float, float, float]


def wald(rng: np.random.Generator, level: float = 95.0, sides: int = 2) -> Triple:
    """A Wald interval on the log scale: log ratio -1.2 to 1.2, standard error 0.05 to 0.8."""
    log_ratio, se = rng.uniform(-1.2, 1.2), math.exp(rng.uniform(math.log(0.05), math.log(0.8)))
    z = stats.norm.ppf(0.5 + level / 200)
    tail = stats.norm.sf(abs(log_ratio) / se)
    return (
        math.exp(log_ratio), math.exp(log_ratio - z * se), math.exp(log_ratio + z * se),
        float(2 * tail if sides == 2 else tail),
    )  # fmt: skip


def exact(rng: np.random.Generator) -> Triple:
    """Conditional odds ratio of 8 to 200 people a group, its exact interval, and Fisher's P."""
    while True:
        n = rng.integers(8, 200, 2)
        base = rng.uniform(0.1, 0.6)
        odds = base / (1 - base) * math.exp(rng.uniform(-1.5, 1.5))
        k = rng.binomial(n, [odds / (1 + odds), base])
        if 0 < k[0] < n[0] and 0 < k[1] < n[1]:
            break
    table = [[k[0], n[0] - k[0]], [k[1], n[1] - k[1]]]
    found = odds_ratio(table, kind="conditional")
    low, high = found.confidence_interval(0.95)
    return float(found.statistic), float(low), float(high), float(stats.fisher_exact(table).pvalue)


def _profile_deviance(log_ratio: float, events: np.ndarray, time: np.ndarray) -> float:
    """Twice the loss of log likelihood at a log rate ratio, the common rate at its best."""
    share = np.array([time[0] * math.exp(log_ratio), time[1]])
    share = share / share.sum()
    seen = events / events.sum()
    return float(2 * (events * np.log(seen / share)).sum())


def profile(rng: np.random.Generator) -> Triple:
    """Rate ratio with 2 to 60 expected events in the smaller group, profile interval, likelihood-ratio P."""
    while True:
        expected = np.array([rng.uniform(2, 60), rng.uniform(20, 300)])
        log_ratio = rng.uniform(-1.2, 1.2)
        events = rng.poisson(expected * np.array([math.exp(log_ratio), 1.0])).astype(float)
        if events.min() >= 1:
            break
    if rng.random() < 0.5:
        events, expected = events[::-1], expected[::-1]
    best = math.log(events[0] / expected[0] * expected[1] / events[1])
    limit = stats.chi2.ppf(0.95, 1)

    def excess(value: float) -> float:
        return _profile_deviance(value, events, expected) - limit

    low, high = optimize.brentq(excess, best - 9, best), optimize.brentq(excess, best, best + 9)
    p = float(stats.chi2.sf(_profile_deviance(0.0, events, expected), 1))
    return math.exp(best), math.exp(low), math.exp(high), p


KINDS: dict[str, Callable[[np.random.Generator], Triple]] = {
    "Wald, 95 %, two-sided P": wald,
    "Wald, 95 %, one-sided P": lambda rng: wald(rng, sides=1),
    "Wald, 80 %": lambda rng: wald(rng, 80.0),
    "Wald, 90 %": lambda rng: wald(rng, 90.0),
    "Wald, 90 %, one-sided P": lambda rng: wald(rng, 90.0, 1),
    "Wald, 99 %": lambda rng: wald(rng, 99.0),
    "exact, Fisher's P": exact,
    "profile, likelihood-ratio P": profile,
}


def printed(
    triple: Triple, decimals: int = 2, p_decimals: int = 3, quantity: str = "hazard_ratio"
) -> PublishedClaim:
    """A triple as a paper prints it, with nothing declared about its kind."""
    estimate, low, high, p = triple
    below = p < 10.0**-p_decimals
    text = f"{estimate:.{decimals}f} ({low:.{decimals}f}-{high:.{decimals}f})"
    return PublishedClaim(
        claim_id="x.ratio", paper_id="x", row_id="x", quantity=quantity, printed_text=text, estimate_operator="=",
        estimate=round(estimate, decimals), estimate_decimals=decimals,
        ci_low=round(low, decimals), ci_high=round(high, decimals), ci_decimals=decimals,
        p_operator="<" if below else "=", p_value=10.0**-p_decimals if below else round(p, p_decimals),
        p_decimals=p_decimals, unit="ratio", estimate_key="os.cox_univariable",
    )  # fmt: skip


def true_claims(kind: str, count: int, seed: int) -> Iterator[PublishedClaim]:
    """`count` printed claims of one kind, each the rounded result of one analysis."""
    rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    for _ in range(count):
        yield printed(KINDS[kind](rng), p_decimals=int(rng.integers(2, 5)))


def _other_row(rng: np.random.Generator) -> Triple:
    return wald(rng)


CORRUPTIONS: dict[str, Callable[[Triple, np.random.Generator], Triple]] = {
    "estimate of another row": lambda t, rng: (_other_row(rng)[0], *t[1:]),
    "upper bound of another row": lambda t, rng: (t[0], t[1], max(_other_row(rng)[2], t[1] + 0.02), t[3]),
    "P of another row": lambda t, rng: (*t[:3], _other_row(rng)[3]),
    "upper bound with one digit off by 3": lambda t, rng: (t[0], t[1], t[2] + 0.3, t[3]),
    "estimate off by 0.10": lambda t, rng: (t[0] + 0.1, *t[1:]),
    "P ten times too small": lambda t, rng: (*t[:3], t[3] / 10),
    "P half of what it is": lambda t, rng: (*t[:3], t[3] / 2),
    "interval of the inverse": lambda t, rng: (t[0], 1 / t[2], 1 / t[1], t[3]),
}


def corrupted_claims(corruption: str, count: int, seed: int) -> Iterator[PublishedClaim]:
    """`count` claims of a two-sided Wald analysis with one number spoiled, of those whose print has changed."""
    rng = np.random.default_rng([seed, 1000 + sorted(CORRUPTIONS).index(corruption)])
    made = 0
    while made < count:
        triple = wald(rng)
        decimals = int(rng.integers(2, 5))
        spoiled = printed(CORRUPTIONS[corruption](triple, rng), p_decimals=decimals)
        if spoiled != printed(triple, p_decimals=decimals):
            made += 1
            yield spoiled
