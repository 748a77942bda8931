"""Restricted means and hazard ratios per interval, for hazards that are not proportional, as in R."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import EmptyGroupError, InvalidSettingError
from analytics.survival.cox import cox_regression
from analytics.survival.piecewise import piecewise_hazard_ratio
from analytics.survival.restricted_mean import restricted_mean_survival

REFERENCE = Path(__file__).parents[3] / "reference" / "survival"
STORED = json.loads((REFERENCE / "time_scale.json").read_text())


def simple(time, event, group):
    return pd.DataFrame({"time_months": time, "event": event, "entry_months": 0.0, "is_mutated": group})


@pytest.mark.parametrize("case", STORED["restricted_mean"], ids=lambda c: f"{c['data']} to {c['tau']}")
def test_restricted_means_and_standard_errors_equal_r(case):
    frame = pd.read_csv(REFERENCE / f"{case['data']}.csv")
    result = restricted_mean_survival(
        frame, case["group"], tau_months=case["tau"], time="time", entry="entry"
    )
    assert [one.rmst_months for one in result.groups] == pytest.approx(case["mean"], rel=1e-9)
    assert [one.se_months for one in result.groups] == pytest.approx(case["se"], rel=1e-9)


def test_the_difference_and_ratio_follow_from_the_means():
    frame = pd.read_csv(REFERENCE / "lung.csv")
    result = restricted_mean_survival(frame, "sex", tau_months=365, time="time", entry="entry")
    men, women = result.groups
    se = math.sqrt(men.se_months**2 + women.se_months**2)
    difference = women.rmst_months - men.rmst_months
    assert result.difference.estimate == pytest.approx(difference)
    assert result.difference.ci_low == pytest.approx(difference - 1.959963984540054 * se)
    assert result.ratio.estimate == pytest.approx(women.rmst_months / men.rmst_months)
    # Two-sided normal p of difference / se.
    assert result.difference.p == pytest.approx(math.erfc(difference / se / math.sqrt(2)), rel=1e-9)


def test_without_deaths_before_tau_a_group_lives_all_of_it():
    result = restricted_mean_survival(simple([9, 9, 2, 9], [0, 0, 1, 0], [1, 1, 0, 0]), tau_months=6)
    assert [one.rmst_months for one in result.groups] == [4.0, 6.0]
    assert result.groups[1].se_months == 0.0


def test_the_default_horizon_is_the_shorter_of_the_longest_follow_ups():
    result = restricted_mean_survival(simple([5, 8, 2, 12], [1, 0, 1, 0], [1, 1, 0, 0]))
    assert result.tau_months == 8.0


def test_a_horizon_beyond_follow_up_is_refused_where_the_curve_is_unknown():
    frame = simple([5, 8, 2, 12], [1, 0, 1, 1], [1, 1, 0, 0])
    with pytest.raises(InvalidSettingError, match="beyond the last follow-up of group True"):
        restricted_mean_survival(frame.assign(is_mutated=frame.is_mutated == 1), tau_months=10)


def test_a_horizon_beyond_a_curve_that_has_reached_zero_is_allowed():
    result = restricted_mean_survival(simple([5, 8, 2, 30], [1, 1, 1, 0], [1, 1, 0, 0]), tau_months=20)
    assert result.groups[1].rmst_months == pytest.approx(6.5)


@pytest.mark.parametrize("tau", [0, -3])
def test_a_horizon_must_be_positive(tau):
    with pytest.raises(InvalidSettingError, match="must be above 0"):
        restricted_mean_survival(simple([5, 8], [1, 1], [1, 0]), tau_months=tau)


def test_one_group_only_is_an_error():
    with pytest.raises(EmptyGroupError, match="compare two groups"):
        restricted_mean_survival(simple([5, 8], [1, 1], [1, 1]))


@pytest.mark.parametrize("case", STORED["piecewise"], ids=lambda c: c["data"])
def test_piecewise_hazard_ratios_equal_r_on_split_follow_up(case):
    frame = pd.read_csv(REFERENCE / f"{case['data']}.csv")
    frame["g"] = frame[case["group"]] == frame[case["group"]].max()
    result = piecewise_hazard_ratio(
        frame, case["cuts"], "g", adjust=case["adjust"], time="time", entry="entry"
    )
    assert [one.coef for one in result.intervals] == pytest.approx(case["coef"], rel=1e-8)
    assert [one.se for one in result.intervals] == pytest.approx(case["se"], rel=1e-8)
    assert result.equality.statistic == pytest.approx(case["equality"], rel=1e-6, abs=1e-8)
    assert result.equality.df == 2


def test_events_of_the_intervals_add_to_all_events():
    frame = pd.read_csv(REFERENCE / "monthly.csv")
    result = piecewise_hazard_ratio(frame, [6, 18], "x", time="time", entry="entry")
    assert sum(one.events for one in result.intervals) == frame.event.sum()
    assert sum(one.events_mutated for one in result.intervals) == frame.event[frame.x == 1].sum()


def test_cutting_follow_up_changes_no_common_hazard_ratio():
    # People with 0 months stay in the first interval, as without cutting.
    frame = pd.read_csv(REFERENCE / "monthly.csv")
    plain = cox_regression(frame, ["x"], time="time", entry="entry")
    cut = piecewise_hazard_ratio(frame, [1000], "x", time="time", entry="entry")
    assert cut.intervals[0].coef == pytest.approx(plain.terms[0].coef, abs=1e-10)
    assert not cut.intervals[1].estimable


def test_an_interval_without_events_in_a_group_is_marked():
    frame = simple([1, 2, 3, 4, 9, 10, 11, 12], [1, 1, 1, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0, 1, 0])
    result = piecewise_hazard_ratio(frame, [6])
    assert [one.estimable for one in result.intervals] == [True, False]
    assert any("is_mutated in interval 2" in text for text in result.warnings)


@pytest.mark.parametrize("cuts", [[], [0, 6], [6, 6], [12, 6]])
def test_cut_points_must_rise(cuts):
    with pytest.raises(InvalidSettingError, match="must be positive months in rising order"):
        piecewise_hazard_ratio(simple([1, 2], [1, 1], [1, 0]), cuts)


def test_person_clusters_leave_the_ratio_and_change_the_error():
    frame = pd.read_csv(REFERENCE / "late.csv")
    settings = {"time": "time", "entry": "entry"}
    plain = piecewise_hazard_ratio(frame, [10], "x", **settings)
    robust = piecewise_hazard_ratio(frame, [10], "x", cluster="person", **settings)
    assert [one.coef for one in robust.intervals] == [one.coef for one in plain.intervals]
    assert not np.allclose(
        [one.se for one in robust.intervals], [one.se for one in plain.intervals], rtol=1e-3
    )
