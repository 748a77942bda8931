"""The guarded road to a hazard ratio: which estimator, and what is told with it."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from analytics.errors import (
    ConstantCovariateError,
    EmptyGroupError,
    InvalidSettingError,
    NoEventsError,
    TooFewError,
)
from analytics.results.schema import table_of
from analytics.results.statistic import Scope, SurvivalStatistic
from analytics.survival.curves.kaplan_meier import kaplan_meier
from analytics.survival.curves.log_rank import log_rank_hazard_ratio, log_rank_test
from analytics.survival.curves.permutation import permutation_log_rank_test
from analytics.survival.hazard_ratio import estimate_hazard_ratio
from analytics.survival.hazard_rows import with_hazard_ratio
from analytics.survival.regression.cox import cox_regression
from analytics.survival.regression.firth import firth_cox_regression


@pytest.fixture
def frame():
    rng = np.random.default_rng(6)
    n = 200
    return pd.DataFrame(
        {
            "person_id": [f"p{i}" for i in range(n)],
            "time_months": np.ceil(rng.exponential(18, n)),
            "event": rng.random(n) < 0.6,
            "entry_months": 0.0,
            "in_group": np.arange(n) < 40,
            "age": rng.normal(60, 9, n),
            "sex": rng.choice(["female", "male"], n),
            "cohort_id": rng.choice(["a", "b", "c"], n),
        }
    )


@pytest.fixture
def sparse(frame):
    quiet = frame.copy()
    carriers = np.flatnonzero(quiet.in_group & quiet.event)
    quiet.loc[carriers[3:], "event"] = False
    return quiet


def test_with_enough_events_the_estimate_is_coxs(frame):
    result = estimate_hazard_ratio(frame, adjust=["age", "sex"], strata=["cohort_id"], cluster="person_id")
    cox = cox_regression(frame, ["in_group", "age", "sex"], strata=["cohort_id"], cluster="person_id")
    line = cox.term("in_group")
    assert result.estimator == "cox"
    assert (result.hr, result.ci_low, result.ci_high, result.p) == (
        line.hr,
        line.ci_low,
        line.ci_high,
        line.p,
    )
    assert result.se_log_hr == line.se
    assert result.p_method == "wald"


def test_every_result_says_what_it_rests_on(frame):
    result = estimate_hazard_ratio(frame, adjust=["age", "sex"], strata=["cohort_id"])
    assert result.n == 200
    assert result.n_in_group == 40
    assert result.events == frame.event.sum()
    assert result.events_in_group == frame.event[frame.in_group].sum()
    assert result.ties == "efron"
    assert result.adjusted_for == ("age", "sex")
    assert result.strata == ("cohort_id",)
    assert result.p_log_rank == log_rank_test(frame, strata=["cohort_id"]).test.p
    curves = kaplan_meier(frame)
    assert result.median_in_group == curves.curve(True).median
    assert result.median_in_reference == curves.curve(False).median


def test_below_five_events_in_a_group_firth_takes_over_with_a_permutation_p_beside(sparse):
    result = estimate_hazard_ratio(sparse, strata=["cohort_id"], n_permutations=500)
    line = firth_cox_regression(sparse, ["in_group"], strata=["cohort_id"]).terms[0]
    permuted = permutation_log_rank_test(sparse, strata=["cohort_id"], n_permutations=500)
    assert result.estimator == "firth"
    assert (result.hr, result.ci_low, result.ci_high) == (line.hr, line.ci_low, line.ci_high)
    assert (result.p, result.p_method) == (line.p, "penalised likelihood ratio")
    assert result.p_permutation == permuted.p
    assert result.permutation_method == "sampled permutation log-rank"
    assert result.permutation_seed == permuted.seed
    assert any(text.startswith("Few events: 3 among 40 in the group") for text in result.warnings)


def test_four_events_are_few_and_five_are_enough(frame):
    for n_events, estimator in ((4, "firth"), (5, "cox")):
        some = frame.copy()
        carriers = np.flatnonzero(some.in_group)
        some.loc[carriers, "event"] = False
        some.loc[carriers[:n_events], "event"] = True
        assert estimate_hazard_ratio(some, n_permutations=50).estimator == estimator


def test_few_events_among_the_others_count_too(frame):
    flipped = frame.assign(event=frame.event & frame.in_group)
    assert estimate_hazard_ratio(flipped, n_permutations=50).estimator == "firth"


def test_a_group_without_events_never_has_a_ratio_of_zero(frame):
    quiet = frame.assign(event=frame.event & ~frame.in_group)
    result = estimate_hazard_ratio(quiet, adjust=["age"], n_permutations=200)
    assert result.events_in_group == 0
    assert 0.0 < result.ci_low < result.hr < result.ci_high < math.inf
    assert result.adjusted_for == ("age",)
    assert result.p_permutation is None, "a test that knows no age is not of this model"


def test_few_people_are_enumerated_and_need_no_seed(frame):
    few = frame.iloc[[*range(3), *range(40, 52)]]
    result = estimate_hazard_ratio(few)
    assert result.permutation_method == "exact permutation log-rank"
    assert (result.permutation_seed, result.n_permutations) == (None, math.comb(15, 3))


def test_separation_with_enough_events_goes_to_firth(frame):
    # All carriers die before anybody else: the hazard ratio has no upper bound, with 40 events.
    early = frame.copy()
    early.loc[early.in_group, ["time_months", "event"]] = [0.5, True]
    result = estimate_hazard_ratio(early, n_permutations=50)
    assert result.estimator == "firth"
    assert result.hr > 10
    assert any("no finite maximum in in_group" in text for text in result.warnings)


def test_a_forced_cox_on_a_separated_group_has_no_number(frame):
    quiet = frame.assign(event=frame.event & ~frame.in_group)
    result = estimate_hazard_ratio(quiet, estimator="cox")
    assert math.isnan(result.hr)
    assert any("monotone" in text for text in result.warnings)


def test_a_forced_cox_reproduces_what_was_published_despite_few_events(sparse):
    result = estimate_hazard_ratio(sparse, estimator="cox")
    assert result.estimator == "cox"
    assert result.hr == cox_regression(sparse, ["in_group"]).terms[0].hr
    assert any("Few events" in text for text in result.warnings)


def test_the_log_rank_ratio_has_the_p_of_its_own_interval_and_the_log_rank_p_beside(frame):
    result = estimate_hazard_ratio(frame, estimator="log_rank_oe", strata=["cohort_id"])
    test = log_rank_test(frame, strata=["cohort_id"])
    ratio = log_rank_hazard_ratio(test)
    assert (result.hr, result.ci_low, result.ci_high) == (ratio.hr, ratio.ci_low, ratio.ci_high)
    assert result.p == pytest.approx(2 * NormalDist().cdf(-abs(ratio.log_hr / ratio.se_log_hr)), rel=1e-12)
    assert result.p_method == "wald"
    assert result.p_log_rank == test.test.p
    assert result.ties is None


def test_a_log_rank_ratio_without_events_in_a_group_is_an_error(frame):
    quiet = frame.assign(event=frame.event & ~frame.in_group)
    with pytest.raises(TooFewError, match="needs events in both groups"):
        estimate_hazard_ratio(quiet, estimator="log_rank_oe")


def test_an_unprofiled_person_is_left_out_and_never_wild_type(frame):
    some = frame.assign(in_group=frame.in_group.astype(object))
    some.loc[[0, 150], "in_group"] = None
    result = estimate_hazard_ratio(some)
    assert (result.n, result.n_in_group) == (198, 39)
    assert "2 rows without in_group left out." in result.warnings


def test_delayed_entry_reaches_estimate_medians_and_log_rank(frame):
    late = frame.assign(entry_months=np.floor(frame.time_months * 0.4))
    result = estimate_hazard_ratio(late)
    assert result.has_delayed_entry
    assert result.hr == cox_regression(late, ["in_group"]).terms[0].hr
    assert result.median_in_group == kaplan_meier(late).curve(True).median
    assert result.hr != estimate_hazard_ratio(frame).hr


def test_a_constant_adjustment_is_dropped_and_not_claimed(frame):
    result = estimate_hazard_ratio(frame.assign(drug="PD-1"), adjust=["age", "drug"])
    assert result.adjusted_for == ("age",)
    assert any(text.startswith("drug was dropped") for text in result.warnings)
    with pytest.raises(ConstantCovariateError, match="drug: has the single value PD-1"):
        estimate_hazard_ratio(frame.assign(drug="PD-1"), adjust=["age", "drug"], on_constant="raise")


def test_a_person_counted_twice_is_warned_about_unless_clustered(frame):
    twice = pd.concat([frame, frame.head(7)], ignore_index=True)
    assert any("7 rows belong to a person" in text for text in estimate_hazard_ratio(twice).warnings)
    assert not any(
        "belong to a person" in t for t in estimate_hazard_ratio(twice, cluster="person_id").warnings
    )


@pytest.mark.parametrize(
    ("value", "sentence"), [(False, "Nobody among 200 persons"), (True, "All 200 persons")]
)
def test_an_empty_group_is_an_error(frame, value, sentence):
    with pytest.raises(EmptyGroupError, match=sentence):
        estimate_hazard_ratio(frame.assign(in_group=value))


def test_nobody_with_the_event_is_an_error(frame):
    with pytest.raises(NoEventsError):
        estimate_hazard_ratio(frame.assign(event=False))


def test_a_group_that_never_shares_a_stratum_with_the_other_cannot_be_compared(frame):
    apart = frame.assign(cohort_id=np.where(frame.in_group, "a", "b"))
    with pytest.raises(ConstantCovariateError, match="in_group"):
        estimate_hazard_ratio(apart, strata=["cohort_id"])
    with pytest.raises(ConstantCovariateError, match="use fewer strata or adjustments"):
        estimate_hazard_ratio(apart, strata=["cohort_id"], adjust=["age"])


@pytest.mark.parametrize(
    "settings",
    [
        {"estimator": "weibull"},
        {"adjust": ["in_group"]},
        {"estimator": "log_rank_oe", "adjust": ["age"]},
        {"estimator": "peto_one_step", "cluster": "person_id"},
        {"conf_level": 95},
    ],
)
def test_settings_that_contradict_each_other_are_refused(frame, settings):
    with pytest.raises(InvalidSettingError):
        estimate_hazard_ratio(frame, **settings)


def test_a_hazard_ratio_fills_a_row_of_a_table(sparse):
    found = estimate_hazard_ratio(sparse, adjust=["sex"], n_permutations=50)
    blank = SurvivalStatistic(name=Scope("q", "default", "OS").name("os.firth_adjusted"))
    row = table_of(SurvivalStatistic, [with_hazard_ratio(blank, found)]).iloc[0]
    assert row["adjusted_for"] == ["sex"]
    assert (row["estimator"], row["estimate"], row["ci_low"], row["p"]) == (
        "firth",
        found.hr,
        found.ci_low,
        found.p,
    )
    assert (row["median_in_group_months"], row["median_in_reference_months"]) == pytest.approx(
        [
            m.months if m.median_reached else math.nan
            for m in (found.median_in_group, found.median_in_reference)
        ],
        nan_ok=True,
    )
    assert any("Few events" in sentence for sentence in row["warnings"])


def test_a_planted_hazard_ratio_is_recovered_within_its_interval():
    rng = np.random.default_rng(1)
    n = 1500
    mutated, old = rng.random(n) < 0.3, rng.normal(0, 1, n)
    cohort = rng.integers(0, 4, n)
    time = rng.exponential(20 / np.exp(-0.5 * mutated + 0.3 * old + 0.4 * cohort))
    censored = rng.uniform(5, 60, n)
    frame = pd.DataFrame(
        {
            "time_months": np.minimum(time, censored),
            "event": time <= censored,
            "entry_months": 0.0,
            "in_group": mutated,
            "age": old,
            "cohort_id": cohort,
        }
    )
    result = estimate_hazard_ratio(frame, adjust=["age"], strata=["cohort_id"])
    assert result.ci_low < math.exp(-0.5) < result.ci_high
    assert abs(result.log_hr + 0.5) < 3 * result.se_log_hr
