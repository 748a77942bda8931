"""A cut-off of a continuous marker by maximally selected log-rank statistics, frozen before validation.

`select_cutpoint` looks at every cut and pays for it with a corrected p; the `Cutpoint` it gives is an
immutable rule that `prediction.low_high` applies to each cohort without looking again.
What does NOT belong here: the tail probabilities (`maxstat_p`) and the hazard ratio itself
(`analytics.survival`).

Sources: Lausen & Schumacher 1992; Hothorn & Lausen 2003; Camp, Dolled-Filhart & Rimm 2004 (X-tile, which
does the same search but reports the naive p); Altman et al. 1994 on why the naive p is wrong.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.distributions import normal_sf
from analytics.engine.permutation import permuted_maxima
from analytics.engine.threads import usable_threads
from analytics.errors import (
    ConstantCovariateError,
    InvalidColumnError,
    InvalidSettingError,
    MissingColumnError,
    TooFewError,
)
from analytics.prediction.cut_off.maxstat_p import (
    EXACT_BOUND_MAX_N,
    exact_gauss,
    hothorn_lausen_bound,
    lausen_1994,
    lausen_schumacher_1992,
)
from analytics.prediction.fitting.model import SortedCohort, checked_rows, sort_people

ScoreRule = Literal["nelson_aalen", "hothorn_lausen"]

MIN_PEOPLE: Final = 20
MIN_EVENTS: Final = 10
PERMUTATION_BLOCK: Final = 1000  # even: permutations are drawn in pairs


@dataclass(frozen=True)
class Cutpoint:
    """A frozen rule: `marker` <= `threshold` is low, above is high. It cannot be moved, only applied.

    `p_corrected` is the conditional Monte Carlo p; the other p are beside it for comparison
    (`p_hothorn_lausen` is None above 150 people, `p_naive` ignores the search and is there to show what
    that costs). `estimated_on` names the discovery cohort.
    """

    marker: str
    threshold: float
    statistic: float
    higher_marker_is: Literal["worse", "better"]
    p_corrected: float
    p_lausen_schumacher_1992: float
    p_lausen_1994: float
    p_exact_gauss: float
    p_hothorn_lausen: float | None
    p_naive: float
    n_permutations: int
    seed: int
    min_share: float
    max_share: float
    n: int
    n_events: int
    n_low: int
    n_high: int
    n_candidates: int
    estimated_on: str


@dataclass(frozen=True)
class CutpointSelection:
    """The cut and the search: `profile` has one row per candidate cut with n_low and its statistic.

    The statistic is positive where low values of the marker die more than expected.
    """

    cutpoint: Cutpoint
    profile: pd.DataFrame
    warnings: tuple[str, ...]


def log_rank_scores(cohort: SortedCohort, rule: ScoreRule = "nelson_aalen") -> FloatArray:
    """Log-rank score of each sorted person [n]: event minus cumulative hazard at their time.

    'nelson_aalen' takes d / (number at risk) at tied times, the usual log-rank test. 'hothorn_lausen' takes
    1 / (n + 1 - number with a time up to this one) per event as printed in their paper and as maxstat does;
    they are equal without ties.
    """
    leaving = np.diff(cohort.start)
    at_risk = cohort.n - cohort.start[:-1]
    deaths = np.add.reduceat(cohort.event.astype(np.float64), cohort.start[:-1])
    denominator = at_risk if rule == "nelson_aalen" else at_risk - leaving + 1
    hazard = np.cumsum(deaths / denominator)
    result: FloatArray = cohort.event - np.repeat(hazard, leaving)
    return result


def select_cutpoint(
    frame: pd.DataFrame,
    marker: str,
    *,
    estimated_on: str,
    min_share: float = 0.1,
    max_share: float = 0.9,
    n_permutations: int = 10_000,
    seed: int = 1,
    scores: ScoreRule = "nelson_aalen",
    time: str = "time_months",
    event: str = "event",
    threads: int | None = None,
) -> CutpointSelection:
    """Search all cuts that leave between `min_share` and `max_share` of the people at or below them.

    Raises the errors of `survival_data`, ConstantCovariateError (one marker value, or no cut within the
    shares), TooFewError (under 20 people or 10 events), InvalidSettingError (shares, under 1000
    permutations).
    """
    _check_settings(min_share, max_share, n_permutations)
    cohort, values, warnings = _marker_cohort(frame, marker, time, event)
    order = np.argsort(values, kind="stable")
    score = log_rank_scores(cohort, scores)[order]
    cuts, sizes = candidate_cuts(values[order], marker, min_share, max_share)
    mean, sd = permutation_moments(score, sizes)
    z = (np.cumsum(score)[sizes - 1] - mean) / sd
    best = int(np.argmax(np.abs(z) >= np.abs(z).max() * (1 - 1e-12)))
    statistic = float(abs(z[best]))
    drawn = permutation_maxima(score, sizes, n_permutations=n_permutations, seed=seed, threads=threads)
    n, n_low = cohort.n, int(sizes[best])
    cutpoint = Cutpoint(
        marker=marker,
        threshold=float(cuts[best]),
        statistic=statistic,
        higher_marker_is="better" if z[best] > 0 else "worse",
        p_corrected=_monte_carlo_p(drawn, statistic),
        p_lausen_schumacher_1992=lausen_schumacher_1992(statistic, min_share, max_share),
        p_lausen_1994=lausen_1994(statistic, sizes, n),
        p_exact_gauss=exact_gauss(statistic, sizes, n),
        p_hothorn_lausen=_exact_bound(score, sizes) if n <= EXACT_BOUND_MAX_N else None,
        p_naive=float(2 * normal_sf(statistic)),
        n_permutations=n_permutations,
        seed=seed,
        min_share=min_share,
        max_share=max_share,
        n=n,
        n_events=int(cohort.event.sum()),
        n_low=n_low,
        n_high=n - n_low,
        n_candidates=len(sizes),
        estimated_on=estimated_on,
    )
    profile = pd.DataFrame({"threshold": cuts, "n_low": sizes, "n_high": n - sizes, "statistic": z})
    return CutpointSelection(cutpoint, profile, tuple(warnings))


def permutation_maxima(
    score: FloatArray, sizes: IntArray, *, n_permutations: int, seed: int, threads: int | None = None
) -> FloatArray:
    """Maxima [n_permutations] of the statistic when scores are permuted over the sorted marker."""
    mean, sd = permutation_moments(score, sizes)

    def run(first: int) -> FloatArray:
        count = min(PERMUTATION_BLOCK, n_permutations - first)
        result: FloatArray = permuted_maxima(score, sizes, mean, sd, seed, first, count)
        return result

    with ThreadPoolExecutor(usable_threads(threads)) as pool:
        return np.concatenate(list(pool.map(run, range(0, n_permutations, PERMUTATION_BLOCK))))


def _check_settings(min_share: float, max_share: float, n_permutations: int) -> None:
    if not 0.0 < min_share < max_share < 1.0:
        raise InvalidSettingError(
            f"Shares {min_share} and {max_share} do not bound the cuts: use 0 < min_share < max_share < 1."
        )
    if n_permutations < 1000:
        raise InvalidSettingError(
            f"{n_permutations} permutations are too few for a corrected p: use 1000 or more."
        )


def _marker_cohort(
    frame: pd.DataFrame, marker: str, time: str, event: str
) -> tuple[SortedCohort, FloatArray, list[str]]:
    if marker not in frame.columns:
        raise MissingColumnError(f"Column '{marker}' is not in the frame: compute the marker first.")
    if not pd.api.types.is_numeric_dtype(frame[marker]):
        raise InvalidColumnError(f"Marker '{marker}' is not numeric: convert it before a cut is searched.")
    data, row = checked_rows(frame, [marker], time, event)
    values = data.frame[marker].to_numpy(dtype=np.float64)
    cohort = sort_people(values[:, None], data, row)
    n_events = int(cohort.event.sum())
    if cohort.n < MIN_PEOPLE or n_events < MIN_EVENTS:
        raise TooFewError(
            f"{cohort.n} people with {n_events} events are too few to search a cut-off of '{marker}': "
            f"{MIN_PEOPLE} and {MIN_EVENTS} are needed; use a published or median cut."
        )
    return cohort, cohort.x[:, 0].copy(), list(data.warnings)


def candidate_cuts(
    ordered: FloatArray, marker: str, min_share: float, max_share: float
) -> tuple[FloatArray, IntArray]:
    """Cuts of sorted marker values and the people at or below each; raises as `select_cutpoint`."""
    n = len(ordered)
    last_of_value = np.flatnonzero(np.append(np.diff(ordered) > 0, True))
    sizes = (last_of_value + 1).astype(np.int64)
    low, high = max(1, int(np.floor(n * min_share))), int(np.floor(n * max_share))
    keep = (sizes >= low) & (sizes <= min(high, n - 1))
    if not keep.any():
        raise ConstantCovariateError(
            f"Marker '{marker}' has no value that splits {n} people between {min_share:.0%} and "
            f"{max_share:.0%}: it has {len(sizes)} distinct value(s); widen the shares."
        )
    return ordered[last_of_value[keep]], sizes[keep]


def permutation_moments(score: FloatArray, sizes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Permutation mean and standard deviation of the sum of the first `sizes` scores."""
    n = len(score)
    spread = ((score - score.mean()) ** 2).sum() / (n - 1)
    mean: FloatArray = sizes * score.mean()
    sd: FloatArray = np.sqrt(sizes * (n - sizes) / n * spread)
    return mean, sd


def _monte_carlo_p(drawn: FloatArray, statistic: float) -> float:
    # The slack keeps permutations that equal the data, but for rounding, on the side of the data.
    return float((1 + (drawn >= statistic * (1 - 1e-10)).sum()) / (1 + len(drawn)))


def _exact_bound(score: FloatArray, sizes: IntArray) -> float:
    whole = integer_scores(score)
    mean, sd = permutation_moments(whole.astype(np.float64), sizes)
    statistic = np.abs((np.cumsum(whole)[sizes - 1] - mean) / sd).max()
    # Strictly beyond: the observed outcome itself counts into the p.
    return hothorn_lausen_bound(whole, sizes, float(statistic) * (1 - 1e-10))


def integer_scores(score: FloatArray) -> IntArray:
    """Scores mapped to 0..n and rounded, which the exact bound needs (Hothorn & Lausen 2003, section 4)."""
    shifted = score - score.min()
    result: IntArray = np.round(shifted * len(score) / shifted.max()).astype(np.int64)
    return result
