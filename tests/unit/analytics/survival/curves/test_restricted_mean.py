"""Restricted means, for hazards that are not proportional, as in R."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import EmptyGroupError, InvalidSettingError
from analytics.survival.curves.restricted_mean import restricted_mean_survival

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"
STORED = json.loads((REFERENCE / "time_scale.json").read_text())


def simple(time, event, group):
    return pd.DataFrame({"time_months": time, "event": event, "entry_months": 0.0, "in_group": group})


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
        restricted_mean_survival(frame.assign(in_group=frame.in_group == 1), tau_months=10)


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
