"""Log-rank test for two or more groups, stratified, with delayed entry; hazard ratios from its O and E.

Belongs here: observed and expected events, the test, and the two hazard ratios that papers derive from O
and E. Does not belong here: permutation versions (`permutation`), regression (`cox`).

Sources: Mantel (1966), Cancer Chemother Rep 50:163; Peto & Peto (1972), JRSS A 135:185; Klein &
Moeschberger (2003), Survival Analysis, section 7.3; for the ratio of O/E Machin, Cheung & Parmar (2006),
Survival Analysis, section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.inference import ChiSquareTest, chi_square_test, normal_quantile, two_sided_p
from analytics.errors import EmptyGroupError, TooFewError
from analytics.survival.data import SurvivalData, count_of, survival_data


@dataclass(frozen=True)
class LogRankGroup:
    """One group's people, events and the events expected of it under one common hazard per stratum."""

    group: str
    n: int
    observed: int
    expected: float


@dataclass(frozen=True)
class LogRankResult:
    """A log-rank test. `covariance` (k x k) is that of O - E summed over strata, V on its diagonal."""

    groups: tuple[LogRankGroup, ...]
    covariance: tuple[tuple[float, ...], ...]
    test: ChiSquareTest
    strata: tuple[str, ...]
    n: int
    n_events: int
    has_delayed_entry: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ObservedExpectedRatio:
    """A hazard ratio of the second group against the first; p is the Wald p of its log."""

    estimator: str
    hr: float
    log_hr: float
    se_log_hr: float
    ci_low: float
    ci_high: float
    p: float
    conf_level: float


def log_rank_test(
    people: pd.DataFrame | SurvivalData,
    group: str = "in_group",
    *,
    strata: Sequence[str] = (),
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> LogRankResult:
    """Log-rank test between the values of `group`, summed over `strata`, with risk sets (entry, time].

    Raises the errors of `survival_data`, and EmptyGroupError with fewer than two groups.
    """
    data = survival_data(people, complete=[group], strata=strata, time=time, event=event, entry=entry)
    codes, labels = pd.factorize(data.frame[group].astype(str), sort=True)
    if len(labels) < 2:
        raise EmptyGroupError(
            f"Column '{group}' has the single value {labels[0]} in all {count_of(data.n, 'row')}: "
            "a log-rank test needs two groups."
        )
    observed, expected, covariance = observed_expected(data, codes.astype(np.int64), len(labels))
    groups = tuple(
        LogRankGroup(str(label), int((codes == j).sum()), round(observed[j]), float(expected[j]))
        for j, label in enumerate(labels)
    )
    test = _test(observed - expected, covariance)
    warnings = list(data.warnings)
    if test.df == 0 or math.isnan(test.statistic):
        warnings.append(
            "No two groups are ever at risk together, so the log-rank test has nothing to compare."
        )
    return LogRankResult(
        groups=groups,
        covariance=tuple(tuple(float(value) for value in row) for row in covariance),
        test=test,
        strata=tuple(strata),
        n=data.n,
        n_events=data.n_events,
        has_delayed_entry=data.has_delayed_entry,
        warnings=tuple(warnings),
    )


def observed_expected(
    data: SurvivalData, codes: IntArray, k: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Observed (k,), expected (k,) and the hypergeometric covariance (k, k) of their difference."""
    sets = data.risk_sets
    member = np.eye(k)[codes]
    at_risk = sets.risk_sums(member)
    n, d = at_risk.sum(axis=1), sets.n_deaths.astype(float)
    share = at_risk / n[:, None]
    # d deaths drawn from n without replacement; the last person at risk leaves no variance (0/0).
    spread = d * np.divide(n - d, n - 1.0, out=np.zeros_like(n), where=n > 1)
    covariance = np.diag(spread @ share) - share.T @ (spread[:, None] * share)
    return sets.death_sums(member).sum(axis=0), d @ share, covariance


def log_rank_hazard_ratio(result: LogRankResult, conf_level: float = 0.95) -> ObservedExpectedRatio:
    """(O1/E1) / (O0/E0) of a two-group test, with standard error sqrt(1/E1 + 1/E0) of its log.

    The estimator behind C3 of papers.md (0.622, 0.467-0.828). It is biased towards 1 when the true ratio is
    far from 1. Raises EmptyGroupError unless there are two groups, TooFewError when one has no event or
    nothing expected.
    """
    first, second = _two_groups(result)
    for one in (first, second):
        if one.observed == 0 or one.expected <= 0:
            raise TooFewError(
                f"Group {one.group} has {count_of(one.observed, 'event')} and {one.expected:.3g} "
                "expected: the log-rank "
                "O/E ratio needs events in both groups, use Firth's penalised likelihood."
            )
    log_hr = math.log(second.observed / second.expected) - math.log(first.observed / first.expected)
    return _ratio("log-rank O/E", log_hr, math.sqrt(1.0 / first.expected + 1.0 / second.expected), conf_level)


def peto_hazard_ratio(result: LogRankResult, conf_level: float = 0.95) -> ObservedExpectedRatio:
    """Peto's one-step ratio exp((O - E) / V) of a two-group test, with standard error 1/sqrt(V) of its log.

    Source: Yusuf et al. (1985), Prog Cardiovasc Dis 27:335. Raises EmptyGroupError unless there are two
    groups, TooFewError when V is 0.
    """
    _, second = _two_groups(result)
    variance = result.covariance[1][1]
    if variance <= 0:
        raise TooFewError(
            f"The groups are never at risk together among {count_of(result.n, 'row')}: Peto's "
            "ratio needs a comparison "
            "within at least one stratum."
        )
    log_hr = (second.observed - second.expected) / variance
    return _ratio("Peto one-step", log_hr, 1.0 / math.sqrt(variance), conf_level)


def _test(difference: FloatArray, covariance: FloatArray) -> ChiSquareTest:
    """(O - E)' V^- (O - E); the degrees of freedom are the rank of V, one less than the groups compared."""
    scale = float(np.abs(np.diag(covariance)).max(initial=0.0))
    if scale == 0.0:
        return chi_square_test(math.nan, 0)
    rank = int(np.linalg.matrix_rank(covariance, tol=1e-10 * scale, hermitian=True))
    inverse = np.linalg.pinv(covariance, rcond=1e-10, hermitian=True)
    return chi_square_test(float(difference @ inverse @ difference), rank)


def _two_groups(result: LogRankResult) -> tuple[LogRankGroup, LogRankGroup]:
    if len(result.groups) != 2:
        raise EmptyGroupError(
            f"A hazard ratio compares 2 groups and the test has {len(result.groups)}: choose two."
        )
    return result.groups[0], result.groups[1]


def _ratio(estimator: str, log_hr: float, se: float, conf_level: float) -> ObservedExpectedRatio:
    z = normal_quantile(conf_level)
    return ObservedExpectedRatio(
        estimator=estimator,
        hr=math.exp(log_hr),
        log_hr=log_hr,
        se_log_hr=se,
        ci_low=math.exp(log_hr - z * se),
        ci_high=math.exp(log_hr + z * se),
        p=two_sided_p(log_hr / se),
        conf_level=conf_level,
    )
