"""The permutation log-rank test is the share of relabellings at least as extreme, within strata."""

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.engine.permutation import sampled_allocations
from analytics.errors import EmptyGroupError, InvalidSettingError
from analytics.survival.curves.log_rank import log_rank_test
from analytics.survival.curves.permutation import (
    log_rank_scores,
    permutation_log_rank_test,
)
from analytics.survival.data import survival_data

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"


def frame_of(n, n_mutated, seed=1, **columns):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "time_months": np.ceil(rng.exponential(12, n)),
            "event": rng.random(n) < 0.6,
            "entry_months": 0.0,
            "in_group": np.arange(n) < n_mutated,
            **columns,
        }
    )


def observed_minus_expected(frame, strata=()):
    mutated = log_rank_test(frame, strata=strata).groups[1]
    return mutated.observed - mutated.expected


def test_the_exact_p_equals_r_coin():
    stored = json.loads((REFERENCE / "permutation.json").read_text())
    frame = pd.DataFrame(stored["data"]).assign(entry_months=0.0)
    result = permutation_log_rank_test(frame, "x", time="time")
    assert result.is_exact
    assert result.p == pytest.approx(stored["p"], abs=1e-9)


def test_the_exact_p_equals_a_log_rank_test_of_every_relabelling():
    frame = frame_of(9, 3)
    observed = abs(observed_minus_expected(frame))
    hits = []
    for chosen in itertools.combinations(range(9), 3):
        relabelled = frame.assign(in_group=frame.index.isin(chosen))
        hits.append(abs(observed_minus_expected(relabelled)) >= observed - 1e-9)
    result = permutation_log_rank_test(frame)
    assert (result.is_exact, result.n_permutations, result.seed) == (True, 84, None)
    assert result.p == pytest.approx(np.mean(hits))


def test_the_exact_stratified_p_relabels_within_strata_only():
    frame = frame_of(9, 0, seed=5, site=list("aaaaabbbb"))
    frame["in_group"] = frame.index.isin([0, 3, 6])
    observed = abs(observed_minus_expected(frame, ["site"]))
    hits = []
    for first in itertools.combinations(range(5), 2):
        for second in itertools.combinations(range(5, 9), 1):
            relabelled = frame.assign(in_group=frame.index.isin([*first, *second]))
            hits.append(abs(observed_minus_expected(relabelled, ["site"])) >= observed - 1e-9)
    result = permutation_log_rank_test(frame, strata=["site"])
    assert result.n_permutations == 40
    assert result.p == pytest.approx(np.mean(hits))


def test_the_statistic_is_the_log_rank_observed_minus_expected():
    frame = frame_of(60, 20, site=["a", "b", "c"] * 20)
    result = permutation_log_rank_test(frame, strata=["site"], n_permutations=10)
    assert result.observed_minus_expected == pytest.approx(observed_minus_expected(frame, ["site"]))


def test_scores_of_a_stratum_add_to_zero_also_with_delayed_entry():
    frame = frame_of(50, 10, site=["a", "b"] * 25)
    frame["entry_months"] = np.floor(frame.time_months / 3)
    data = survival_data(frame, strata=["site"])
    totals = np.bincount(data.strata, log_rank_scores(data))
    assert totals == pytest.approx([0.0, 0.0], abs=1e-10)


def test_a_sampled_p_is_repeatable_and_near_the_exact_one():
    frame = frame_of(14, 4, seed=7)
    exact = permutation_log_rank_test(frame)
    sampled = permutation_log_rank_test(frame, max_enumeration=10, n_permutations=20_000, seed=5)
    again = permutation_log_rank_test(frame, max_enumeration=10, n_permutations=20_000, seed=5)
    assert (sampled.is_exact, sampled.seed, sampled.p) == (False, 5, again.p)
    assert sampled.p == pytest.approx(exact.p, abs=5 * sampled.monte_carlo_se)


def test_a_sampled_p_counts_the_observed_labels_among_the_draws():
    # Carriers die first of 200: of 99 random relabellings none comes near, and p is 1 in 100, not 0.
    frame = frame_of(200, 20).assign(event=True)
    frame["time_months"] = np.where(frame.in_group, 0.5, frame.time_months)
    assert permutation_log_rank_test(frame, n_permutations=99).p == pytest.approx(0.01)


def test_with_many_events_the_sampled_p_comes_near_the_chi_square_p():
    frame = frame_of(300, 120, seed=9)
    frame.loc[frame.in_group, "time_months"] *= 1.25
    result = permutation_log_rank_test(frame, n_permutations=20_000)
    assert result.p == pytest.approx(log_rank_test(frame).test.p, abs=0.02)


def test_strata_without_a_choice_change_nothing():
    frame = frame_of(9, 3, site="a")
    lonely = pd.concat([frame, frame.tail(1).assign(site="b", in_group=True)], ignore_index=True)
    both = [permutation_log_rank_test(one, strata=["site"]) for one in (frame, lonely)]
    assert both[0].p == both[1].p


def test_nobody_or_everybody_mutated_is_an_error():
    with pytest.raises(EmptyGroupError, match="is false in all 5 rows"):
        permutation_log_rank_test(frame_of(5, 0))
    with pytest.raises(EmptyGroupError, match="is true in all 5 rows"):
        permutation_log_rank_test(frame_of(5, 5))


def test_no_draws_is_an_error():
    with pytest.raises(InvalidSettingError, match="ask for at least 1"):
        permutation_log_rank_test(frame_of(30, 10), n_permutations=0)


@pytest.mark.parametrize(("n", "m"), [(30, 4), (30, 15), (30, 26), (400, 150)])
def test_sampled_labels_have_the_mean_and_variance_of_drawing_without_replacement(n, m):
    frame = frame_of(n, m, seed=n + m)
    scores = log_rank_scores(survival_data(frame))
    draws = sampled_allocations([(scores, frame.in_group.to_numpy())], 20_000, np.random.default_rng(0))
    variance = m * (n - m) / (n - 1) * scores.var()
    assert draws.mean() == pytest.approx(m * scores.mean(), abs=4 * np.sqrt(variance / draws.size))
    assert draws.var() == pytest.approx(variance, rel=0.05)
