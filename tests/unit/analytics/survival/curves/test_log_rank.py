"""The log-rank test reaches R's survdiff, and its O and E give the hazard ratios that papers print."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import EmptyGroupError, TooFewError
from analytics.survival.curves.log_rank import log_rank_hazard_ratio, log_rank_test, peto_hazard_ratio

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"
CASES = json.loads((REFERENCE / "log_rank.json").read_text())


def name_of(case):
    return f"{case['data']} by {case['group']}, strata {case['strata']}"


def run(case):
    frame = pd.read_csv(REFERENCE / f"{case['data']}.csv")
    return log_rank_test(frame, case["group"], strata=case["strata"], time="time", entry="entry")


@pytest.mark.parametrize("case", [c for c in CASES if "covariance" in c], ids=name_of)
def test_right_censored_data_equal_survdiff(case):
    result = run(case)
    assert [group.observed for group in result.groups] == case["observed"]
    assert [group.expected for group in result.groups] == pytest.approx(case["expected"], rel=1e-9)
    np.testing.assert_allclose(result.covariance, case["covariance"], rtol=1e-9, atol=1e-10)
    assert result.test.statistic == pytest.approx(case["chisq"], rel=1e-9)
    assert result.test.df == len(case["expected"]) - 1


@pytest.mark.parametrize("case", [c for c in CASES if "variance_1" in c], ids=name_of)
def test_delayed_entry_equals_the_sum_over_risk_sets(case):
    result = run(case)
    assert result.has_delayed_entry
    assert result.groups[1].observed == case["observed_1"]
    assert result.groups[1].expected == pytest.approx(case["expected_1"], rel=1e-9)
    assert result.covariance[1][1] == pytest.approx(case["variance_1"], rel=1e-9)
    assert result.test.statistic == pytest.approx(case["chisq"], rel=1e-9)


@pytest.fixture
def leukaemia():
    frame = pd.read_csv(REFERENCE / "leukaemia.csv")
    return log_rank_test(frame, "is_6mp", time="time", entry="entry")


def test_freireich_leukaemia_gives_the_printed_test(leukaemia):
    # Printed: 9 relapses against 19.3 expected, 21 against 10.7, chi-square 16.79.
    assert round(leukaemia.test.statistic, 2) == 16.79
    assert [(g.observed, round(g.expected, 1)) for g in leukaemia.groups] == [(21, 10.7), (9, 19.3)]


def test_lung_by_sex_gives_the_printed_test():
    result = log_rank_test(pd.read_csv(REFERENCE / "lung.csv"), "sex", time="time", entry="entry")
    assert round(result.test.statistic, 1) == 10.3
    assert [round(g.expected, 1) for g in result.groups] == [91.6, 73.4]
    assert round(result.test.p, 3) == 0.001


def test_the_ratio_of_observed_to_expected_is_written_out(leukaemia):
    placebo, treated = leukaemia.groups
    ratio = log_rank_hazard_ratio(leukaemia)
    hr = (9 / treated.expected) / (21 / placebo.expected)
    se = math.sqrt(1 / treated.expected + 1 / placebo.expected)
    assert ratio.estimator == "log-rank O/E"
    assert ratio.hr == pytest.approx(hr)
    assert ratio.se_log_hr == pytest.approx(se)
    assert ratio.ci_low == pytest.approx(hr * math.exp(-1.959963984540054 * se))
    assert ratio.ci_high == pytest.approx(hr * math.exp(1.959963984540054 * se))


def test_petos_one_step_ratio_is_written_out(leukaemia):
    treated, variance = leukaemia.groups[1], leukaemia.covariance[1][1]
    ratio = peto_hazard_ratio(leukaemia)
    assert ratio.estimator == "Peto one-step"
    assert ratio.log_hr == pytest.approx((9 - treated.expected) / variance)
    assert ratio.se_log_hr == pytest.approx(1 / math.sqrt(variance))
    # Its Wald test is the log-rank test.
    assert (ratio.log_hr / ratio.se_log_hr) ** 2 == pytest.approx(leukaemia.test.statistic)


def frame_of(time, event, group):
    return pd.DataFrame({"time_months": time, "event": event, "entry_months": 0.0, "in_group": group})


def test_observed_minus_expected_adds_to_zero_over_groups_and_strata():
    case = next(c for c in CASES if c["data"] == "veteran" and c["strata"])
    result = run(case)
    assert sum(g.observed - g.expected for g in result.groups) == pytest.approx(0.0, abs=1e-10)


def test_one_group_only_is_an_error():
    with pytest.raises(EmptyGroupError, match="single value True in all 2 rows"):
        log_rank_test(frame_of([1.0, 2.0], [1, 1], [True, True]))


def test_groups_that_never_meet_have_no_test_and_say_so():
    frame = frame_of([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1], [True, True, False, False]).assign(
        site=["a", "a", "b", "b"]
    )
    result = log_rank_test(frame, strata=["site"])
    assert math.isnan(result.test.p)
    assert "nothing to compare" in result.warnings[-1]
    with pytest.raises(TooFewError, match="never at risk together"):
        peto_hazard_ratio(result)


def test_groups_in_unconnected_strata_take_their_rank_as_degrees_of_freedom():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "time_months": rng.exponential(10, 80),
            "event": True,
            "entry_months": 0.0,
            "arm": ["a", "b"] * 20 + ["c", "d"] * 20,
            "site": ["x"] * 40 + ["y"] * 40,
        }
    )
    whole = log_rank_test(frame, "arm", strata=["site"])
    parts = [log_rank_test(part, "arm") for _, part in frame.groupby("site")]
    assert whole.test.df == 2
    assert whole.test.statistic == pytest.approx(sum(part.test.statistic for part in parts))


def test_a_group_without_events_has_no_observed_to_expected_ratio():
    result = log_rank_test(frame_of([1.0, 2.0, 3.0], [1, 1, 0], [False, False, True]))
    with pytest.raises(TooFewError, match="Group True has 0 events"):
        log_rank_hazard_ratio(result)


def test_a_ratio_needs_exactly_two_groups():
    result = log_rank_test(frame_of([1.0, 2.0, 3.0], [1, 1, 1], ["a", "b", "c"]))
    with pytest.raises(EmptyGroupError, match="the test has 3"):
        log_rank_hazard_ratio(result)
