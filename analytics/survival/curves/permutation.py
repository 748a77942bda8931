"""Permutation version of the log-rank test, for groups with too few events for its chi-square.

Belongs here: the exact or sampled permutation distribution of O - E, within strata.
Does not belong here: permutations that respect mutation burden (they belong to the burden null of a gene).

O - E of a group is the sum over its members of one number each, event - cumulative hazard over the time at
risk, which does not depend on who is in the group. Labels are permuted within strata, so everybody's
follow-up, entry and stratum stay as they are. The p is exact when censoring and entry do not depend on the
group, as with a status known before treatment; when one group is followed longer, read it beside the
log-rank chi-square. Source: Heinze, Gnant & Schemper (2003), Biometrics 59:1151, section 2; Phipson & Smyth
(2010), Stat Appl Genet Mol Biol 9:39 for the +1 of sampled p values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.permutation import every_allocation, sampled_allocations
from analytics.errors import EmptyGroupError, InvalidSettingError
from analytics.survival.data import SurvivalData, count_of, survival_data

DEFAULT_SEED = 20220322
# All allocations up to this number are enumerated (below 1 s); beyond it they are sampled.
MAX_ENUMERATION = 200_000


@dataclass(frozen=True)
class PermutationTest:
    """A two-sided permutation p of O - E; `n_permutations` were enumerated or drawn, `seed` None if exact."""

    observed_minus_expected: float
    p: float
    is_exact: bool
    n_permutations: int
    seed: int | None
    monte_carlo_se: float
    n: int
    n_mutated: int
    strata: tuple[str, ...]
    warnings: tuple[str, ...]


def permutation_log_rank_test(
    people: pd.DataFrame | SurvivalData,
    group: str = "in_group",
    *,
    strata: Sequence[str] = (),
    n_permutations: int = 9_999,
    max_enumeration: int = MAX_ENUMERATION,
    seed: int = DEFAULT_SEED,
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> PermutationTest:
    """Two-sided permutation log-rank test of a yes/no `group`, labels permuted within `strata`.

    p is the share of allocations with |O - E| at least as large as observed; sampled, (1 + hits) / (1 +
    draws). Raises the errors of `survival_data`, EmptyGroupError when a group is empty, InvalidSettingError
    without draws.
    """
    if n_permutations < 1:
        raise InvalidSettingError(
            f"{n_permutations} permutations were asked for: ask for at least 1, better 9,999."
        )
    data = survival_data(people, yes_no=[group], strata=strata, time=time, event=event, entry=entry)
    members = data.frame[group].to_numpy() == 1.0
    if members.all() or not members.any():
        raise EmptyGroupError(
            f"Column '{group}' is {'true' if members.all() else 'false'} in all {count_of(data.n, 'row')}: "
            "a permutation test needs two groups."
        )
    scores = log_rank_scores(data)
    pieces, fixed = _permutable(scores, members, data.strata)
    observed = fixed + sum(float(piece[chosen].sum()) for piece, chosen in pieces)
    n_allocations = math.prod(math.comb(piece.size, int(chosen.sum())) for piece, chosen in pieces)
    is_exact = n_allocations <= max_enumeration
    if is_exact:
        statistics = fixed + every_allocation(pieces)
    else:
        statistics = fixed + sampled_allocations(pieces, n_permutations, np.random.default_rng(seed))
    # Allocations that tie with the observed one differ from it in the last bits of a sum of n terms.
    hits = int((np.abs(statistics) >= abs(observed) - 1e-9 * (1.0 + abs(observed))).sum())
    p = hits / statistics.size if is_exact else (1 + hits) / (1 + statistics.size)
    return PermutationTest(
        observed_minus_expected=observed,
        p=p,
        is_exact=is_exact,
        n_permutations=int(statistics.size),
        seed=None if is_exact else seed,
        monte_carlo_se=0.0 if is_exact else math.sqrt(p * (1.0 - p) / statistics.size),
        n=data.n,
        n_mutated=int(members.sum()),
        strata=tuple(strata),
        warnings=data.warnings,
    )


def log_rank_scores(data: SurvivalData) -> FloatArray:
    """Each row's share (n,) of O - E: event minus its stratum's Nelson-Aalen hazard while at risk."""
    sets = data.risk_sets
    at_risk = sets.risk_sums(np.ones(data.n))
    return np.asarray(data.event - sets.over_time_at_risk(sets.n_deaths / at_risk), dtype=float)


def _permutable(
    scores: FloatArray, members: BoolArray, strata: IntArray
) -> tuple[list[tuple[FloatArray, BoolArray]], float]:
    """Scores and labels of the strata whose sum can change, and the fixed sum of the others."""
    pieces, fixed = [], 0.0
    for code in np.unique(strata):
        rows = strata == code
        piece, chosen = scores[rows], members[rows]
        if chosen.all() or not chosen.any() or np.ptp(piece) == 0.0:
            fixed += float(piece[chosen].sum())
        else:
            pieces.append((piece, chosen))
    return pieces, fixed
