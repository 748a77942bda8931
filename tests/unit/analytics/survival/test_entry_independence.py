"""Delayed entry is tested for independence of survival, and the answer is a printable sentence."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidSettingError, TooFewError
from analytics.survival.data import survival_data
from analytics.survival.entry_independence import entry_independence, tsai_statistic
from analytics.survival.regression.cox import cox_regression


def truncated(n, seed, dependence=0.0, whole_months=False):
    """People whose entry came before their end; with `dependence` those who enter later live longer."""
    rng = np.random.default_rng(seed)
    entry = rng.uniform(0, 20, n)
    time = rng.exponential(15 * np.exp(dependence * (entry - 10) / 10), n)
    if whole_months:
        entry, time = np.floor(entry), np.ceil(time)
    censored = entry + rng.uniform(2, 30, n)
    frame = pd.DataFrame(
        {"time_months": np.minimum(time, censored), "event": time <= censored, "entry_months": entry}
    )
    return frame[frame.time_months > frame.entry_months].reset_index(drop=True)


@pytest.mark.parametrize("whole_months", [False, True])
def test_tau_is_the_count_over_comparable_pairs(whole_months):
    frame = truncated(120, 2, whole_months=whole_months)
    rows = list(frame.itertuples())
    total, pairs = 0, 0
    for first in rows:
        for second in rows:
            # `first` has the event while `second` is at risk and outlives it.
            outlives = second.time_months > first.time_months or (
                second.time_months == first.time_months and not second.event
            )
            if (
                first.event
                and outlives
                and second.entry_months < first.time_months
                and first.Index != second.Index
            ):
                pairs += 1
                total += np.sign(second.entry_months - first.entry_months)
    result = entry_independence(frame)
    assert result.n_comparable_pairs == pairs
    assert result.tau == pytest.approx(total / pairs)


def test_the_variance_is_that_of_drawing_the_dead_from_the_risk_set():
    frame = truncated(60, 4, whole_months=True)
    data = survival_data(frame)
    statistic, variance, _ = tsai_statistic(data)
    rng = np.random.default_rng(0)
    draws = np.zeros(20_000)
    for t in np.unique(data.time[data.event]):
        entries = data.entry[(data.time >= t) & (data.entry < t)]
        d = int((data.event & (data.time == t)).sum())
        place = np.sign(entries[None, :] - entries[:, None]).sum(axis=1)
        order = rng.random((draws.size, entries.size)).argsort(axis=1)[:, :d]
        draws += place[order].sum(axis=1)
    assert draws.mean() == pytest.approx(0.0, abs=4 * np.sqrt(variance / draws.size))
    assert draws.var() == pytest.approx(variance, rel=0.05)
    assert abs(statistic) < 5 * np.sqrt(variance)


def test_independent_entry_is_not_contradicted():
    result = entry_independence(truncated(600, 11))
    assert result.p > 0.05
    assert "independent entry is not contradicted" in result.sentence


def test_planted_dependence_is_found_with_its_direction():
    result = entry_independence(truncated(600, 11, dependence=0.8))
    assert result.tau > 0
    assert result.cox.hr < 1
    assert max(result.p, result.cox.p) < 0.001
    assert "doubtful" in result.sentence


def test_the_cox_line_is_the_regression_on_entry():
    frame = truncated(200, 3)
    assert entry_independence(frame).cox == cox_regression(frame, ["entry_months"]).terms[0]


def test_strata_are_summed_and_pairs_never_cross_them():
    frame = truncated(200, 3).assign(site=lambda d: np.where(d.index % 2 == 0, "a", "b"))
    whole = tsai_statistic(survival_data(frame, strata=["site"]))
    parts = [tsai_statistic(survival_data(part)) for _, part in frame.groupby("site")]
    assert whole == pytest.approx(tuple(np.sum(parts, axis=0)))


def test_without_delayed_entry_there_is_nothing_to_test():
    frame = truncated(50, 1).assign(entry_months=0.0)
    with pytest.raises(InvalidSettingError, match="there is no delayed entry to test"):
        entry_independence(frame)


def test_people_who_never_overlap_cannot_be_compared():
    frame = pd.DataFrame({"time_months": [2.0, 5.0], "event": [True, True], "entry_months": [0.0, 3.0]})
    with pytest.raises(TooFewError, match="at risk together"):
        entry_independence(frame)
