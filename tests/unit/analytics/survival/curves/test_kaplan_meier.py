"""Kaplan-Meier curves reach R's survfit, with delayed entry and times 0, and read off what a figure needs."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidSettingError
from analytics.survival.curves.kaplan_meier import kaplan_meier

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"
STORED = json.loads((REFERENCE / "kaplan_meier.json").read_text())


def name_of(case):
    return f"{case['data']} {case['group']}={case['level']} {case['transform']}"


def as_floats(values):
    return np.array([np.nan if value in (None, "NA", "NaN") else float(value) for value in values])


def same(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours, dtype=float), as_floats(theirs), rtol=1e-9, atol=1e-10)


@pytest.fixture(params=STORED["curves"], ids=name_of, scope="module")
def case_and_curve(request):
    case = request.param
    frame = pd.read_csv(REFERENCE / f"{case['data']}.csv")
    result = kaplan_meier(frame, case["group"], transform=case["transform"], time="time", entry="entry")
    return case, result.curve(str(case["level"]))


def test_times_and_counts_equal_r(case_and_curve):
    case, curve = case_and_curve
    same(curve.table.time_months, case["time"])
    same(curve.table.n_at_risk, case["n_at_risk"])
    same(curve.table.n_events, case["n_events"])
    same(curve.table.n_censored, case["n_censored"])


def test_survival_standard_error_and_interval_equal_r(case_and_curve):
    case, curve = case_and_curve
    same(curve.table.survival, case["survival"])
    same(curve.table.standard_error, case["standard_error"])
    same(curve.table.ci_low, case["ci_low"])
    same(curve.table.ci_high, case["ci_high"])


def test_the_median_and_its_interval_equal_r(case_and_curve):
    case, curve = case_and_curve
    median = curve.median
    same(
        [median.months, median.ci_low, median.ci_high],
        [case["median"], case["median_low"], case["median_high"]],
    )
    assert median.median_reached == (not math.isnan(as_floats([case["median"]])[0]))


def test_survival_at_fixed_times_equals_r(case_and_curve):
    case, curve = case_and_curve
    at = curve.survival_at(case["at"]["months"])
    for column in ("survival", "standard_error", "ci_low", "ci_high"):
        same(at[column], case["at"][column])


def test_the_6mp_arm_gives_the_printed_curve():
    # Freireich et al. (1963); survival and Greenwood's standard error as printed in Collett and in
    # Kleinbaum & Klein.
    frame = pd.read_csv(REFERENCE / "leukaemia.csv")
    table = kaplan_meier(frame, "is_6mp", time="time", entry="entry").curve("1").table
    deaths = table[table.n_events > 0]
    assert deaths.time_months.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert deaths.n_at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert deaths.survival.round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert deaths.standard_error.round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]


def test_the_leukaemia_medians_are_23_and_8_weeks():
    frame = pd.read_csv(REFERENCE / "leukaemia.csv")
    result = kaplan_meier(frame, "is_6mp", time="time", entry="entry")
    assert (result.curve("1").median.months, result.curve("0").median.months) == (23.0, 8.0)


def simple(time, event, entry=None):
    entry = [0.0] * len(time) if entry is None else entry
    return pd.DataFrame({"time_months": time, "event": event, "entry_months": entry})


def test_a_curve_that_rests_at_one_half_has_the_middle_of_the_step_as_median():
    median = kaplan_meier(simple([2, 4, 7, 11], [1, 1, 1, 0]), None).curves[0].median
    assert median.months == STORED["even_median"] == 5.5


def test_a_median_that_is_not_reached_is_nan_with_a_flag():
    median = kaplan_meier(simple([2, 4, 7, 11], [1, 0, 0, 0]), None).curves[0].median
    assert math.isnan(median.months)
    assert not median.median_reached
    assert not median.ci_high_reached


def test_a_group_without_events_is_a_flat_curve():
    curve = kaplan_meier(simple([2, 4], [0, 0]), None).curves[0]
    assert curve.table.survival.tolist() == [1.0, 1.0]
    assert curve.n_events == 0


def test_numbers_at_risk_count_those_who_have_entered_and_not_left():
    frame = simple([5.0, 6.0, 9.0, 4.0], [1, 0, 1, 1], [0.0, 3.0, 6.0, 0.0])
    curve = kaplan_meier(frame, None).curves[0]
    assert curve.n_at_risk([0, 3, 4, 5, 6, 7, 10]) == (2, 2, 3, 2, 1, 1, 0)


def test_everybody_is_at_risk_at_time_zero_of_right_censored_data():
    assert kaplan_meier(simple([0.0, 0.0, 3.0], [1, 0, 1]), None).curves[0].n_at_risk([0, 1]) == (3, 1)


def test_survival_beyond_the_last_follow_up_is_unknown_unless_it_is_zero():
    open_end = kaplan_meier(simple([2, 4], [1, 0]), None).curves[0].survival_at([3, 9])
    assert open_end.survival.iloc[0] == 0.5
    assert math.isnan(open_end.survival.iloc[1])
    dead = kaplan_meier(simple([2, 4], [1, 1]), None).curves[0].survival_at([9])
    assert dead.survival.iloc[0] == 0.0


def test_survival_before_the_first_time_is_one():
    at = kaplan_meier(simple([2, 4], [1, 0]), None).curves[0].survival_at([1])
    assert (at.survival.iloc[0], at.n_at_risk.iloc[0]) == (1.0, 2)


def test_a_risk_set_that_empties_before_later_entries_is_warned_about():
    frame = simple([2.0, 9.0, 10.0], [1, 1, 0], [0.0, 5.0, 6.0])
    (warning,) = kaplan_meier(frame, None).warnings
    assert "falls to 0 at 2 months" in warning
    assert "2 persons entered later" in warning


def test_more_than_two_groups_come_sorted_by_label():
    frame = simple([1.0, 2.0, 3.0], [1, 1, 1]).assign(arm=["b", "c", "a"])
    assert [curve.group for curve in kaplan_meier(frame, "arm").curves] == ["a", "b", "c"]


def test_asking_for_a_group_that_is_not_there_names_those_that_are():
    with pytest.raises(KeyError, match="there are all"):
        kaplan_meier(simple([1.0], [1]), None).curve("x")


def test_an_unknown_interval_is_refused():
    with pytest.raises(InvalidSettingError, match="choose 'log-log' or 'log'"):
        kaplan_meier(simple([1.0], [1]), None, transform="plain")
