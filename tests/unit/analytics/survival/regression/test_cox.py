"""What a Cox regression says about awkward data: categories, constants, separation, doubtful rows."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from analytics.errors import ConstantCovariateError, InvalidSettingError, MissingColumnError
from analytics.survival.data import survival_data
from analytics.survival.regression.cox import cox_regression
from analytics.survival.regression.model import cox_model


@pytest.fixture
def frame():
    rng = np.random.default_rng(4)
    n = 150
    sex = rng.choice(["female", "male"], n, p=[0.4, 0.6])
    risk = 0.5 * (sex == "male")
    return pd.DataFrame(
        {
            "person_id": [f"p{i}" for i in range(n)],
            "time_months": rng.exponential(20 * np.exp(-risk)),
            "event": rng.random(n) < 0.7,
            "entry_months": 0.0,
            "in_group": rng.random(n) < 0.3,
            "sex": sex,
            "age": rng.normal(60, 10, n),
            "cancer_type": rng.choice(["lung", "melanoma", "renal"], n, p=[0.5, 0.3, 0.2]),
        }
    )


def test_a_categorical_covariate_is_coded_against_its_most_frequent_level(frame):
    result = cox_regression(frame, ["in_group", "sex", "cancer_type"])
    assert [term.term for term in result.terms] == [
        "in_group", "sex=female", "cancer_type=melanoma", "cancer_type=renal",
    ]  # fmt: skip
    assert dict(result.reference_levels) == {"sex": "male", "cancer_type": "lung"}
    by_hand = frame.assign(
        female=frame.sex == "female", mel=frame.cancer_type == "melanoma", ren=frame.cancer_type == "renal"
    )
    same = cox_regression(by_hand, ["in_group", "female", "mel", "ren"])
    assert [t.coef for t in result.terms] == pytest.approx([t.coef for t in same.terms], abs=1e-12)


def test_the_table_has_one_row_per_term_with_ratio_and_interval(frame):
    result = cox_regression(frame, ["age", "sex"], conf_level=0.9)
    line = result.table().set_index("term").loc["age"]
    assert line.hr == pytest.approx(math.exp(line.coef))
    assert line.ci_low == pytest.approx(math.exp(line.coef - 1.6448536269514722 * line.se))
    assert line.ci_high == pytest.approx(math.exp(line.coef + 1.6448536269514722 * line.se))


def test_the_input_frame_is_not_changed(frame):
    before = frame.copy(deep=True)
    cox_regression(frame, ["in_group", "cancer_type"], strata=["sex"], cluster="person_id")
    pd.testing.assert_frame_equal(frame, before)


def test_a_constant_covariate_is_dropped_with_its_reason(frame):
    result = cox_regression(frame.assign(drug="PD-1", dose=3.0), ["age", "drug", "dose"])
    assert [term.term for term in result.terms] == ["age"]
    assert {one.term for one in result.dropped} == {"drug", "dose"}
    assert any("drug was dropped: has the single value PD-1" in text for text in result.warnings)


def test_a_constant_covariate_raises_when_asked_to(frame):
    with pytest.raises(ConstantCovariateError, match="dose: is constant among the rows at risk"):
        cox_regression(frame.assign(dose=3.0), ["age", "dose"], on_constant="raise")


def test_a_covariate_that_repeats_the_strata_is_dropped_as_constant_within_them(frame):
    result = cox_regression(frame, ["age", "sex"], strata=["sex"])
    assert [one.term for one in result.dropped] == ["sex=female"]
    assert "within every stratum" in result.dropped[0].reason


def test_a_linear_combination_is_dropped_and_changes_nothing(frame):
    plain = cox_regression(frame, ["age", "in_group"])
    doubled = cox_regression(frame.assign(months=frame.age * 12 + 3), ["age", "months", "in_group"])
    assert [one.term for one in doubled.dropped] == ["months"]
    assert doubled.terms[1].coef == pytest.approx(plain.terms[1].coef, abs=1e-10)


def test_a_model_without_any_estimable_term_raises(frame):
    with pytest.raises(ConstantCovariateError, match="No term of the model can be estimated"):
        cox_regression(frame.assign(dose=1), ["dose"])


def test_a_level_without_events_is_dropped_and_leaves_the_other_terms_at_their_limit(frame):
    odd = frame.copy()
    odd.loc[:6, "cancer_type"] = "glioma"
    odd.loc[:6, "event"] = False
    result = cox_regression(odd, ["age", "cancer_type"])
    assert [one.term for one in result.dropped] == ["cancer_type=glioma"]
    assert "no events among its 7 persons" in result.dropped[0].reason
    assert result.n == 150
    # The limit itself: a numeric column that pushes the eventless level's hazard down to exp(-25).
    limit = cox_regression(
        odd.assign(glioma=(odd.cancer_type == "glioma") * 1.0), ["glioma", "age"], strata=[]
    )
    assert limit.separated_terms == ("glioma",)
    without = cox_regression(odd[odd.cancer_type != "glioma"], ["age", "cancer_type"])
    assert [t.coef for t in result.terms] == pytest.approx([t.coef for t in without.terms], abs=1e-12)


def test_the_reference_level_has_events_even_when_a_more_frequent_one_has_none(frame):
    quiet = frame.assign(event=frame.event & (frame.cancer_type != "lung"))
    result = cox_regression(quiet, ["age", "cancer_type"])
    assert dict(result.reference_levels) == {"cancer_type": "melanoma"}
    assert [one.term for one in result.dropped] == ["cancer_type=lung"]
    assert [term.term for term in result.terms] == ["age", "cancer_type=renal"]


def test_a_group_without_events_is_reported_as_separated_and_never_as_a_ratio_of_zero(frame):
    quiet = frame.assign(event=frame.event & ~frame.in_group)
    result = cox_regression(quiet, ["in_group", "age"])
    assert result.separated_terms == ("in_group",)
    assert result.separated_directions == ("-inf",)
    line = result.term("in_group")
    assert math.isnan(line.hr) and math.isnan(line.ci_low) and math.isnan(line.p)
    assert any("monotone in in_group" in text and "Firth" in text for text in result.warnings)
    assert not result.converged


def test_other_terms_keep_their_limit_beside_a_separated_one(frame):
    quiet = frame.assign(event=frame.event & ~frame.in_group)
    beside = cox_regression(quiet, ["in_group", "age"]).term("age")
    alone = cox_regression(quiet[~quiet.in_group], ["age"]).term("age")
    assert beside.coef == pytest.approx(alone.coef, abs=1e-7)
    assert beside.se == pytest.approx(alone.se, rel=1e-6)


def test_separation_by_a_continuous_covariate_is_found_in_both_directions():
    frame = pd.DataFrame({"time_months": [1.0, 2, 3, 4, 5], "event": True, "entry_months": 0.0})
    rising = cox_regression(frame.assign(x=[1.0, 2, 3, 4, 5]), ["x"])
    falling = cox_regression(frame.assign(x=[5.0, 4, 3, 2, 1]), ["x"])
    assert (rising.separated_directions, falling.separated_directions) == (("-inf",), ("+inf",))


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_rescaling_a_covariate_rescales_its_coefficient_only(frame, size):
    plain, scaled = (
        cox_regression(frame, ["age"]),
        cox_regression(frame.assign(age=frame.age * size), ["age"]),
    )
    assert scaled.terms[0].coef * size == pytest.approx(plain.terms[0].coef, rel=1e-9)
    assert scaled.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)


def test_efron_without_ties_is_the_likelihood_written_out():
    time, x = [3.0, 1.0, 4.0, 2.0], np.array([1.2, 0.4, -0.5, 0.3])
    event = [True, True, False, True]
    frame = pd.DataFrame({"time_months": time, "event": event, "entry_months": 0.0, "x": x})

    def log_likelihood(beta):
        total = 0.0
        for i in range(4):
            if event[i]:
                total += beta * x[i] - math.log(
                    sum(math.exp(beta * x[j]) for j in range(4) if time[j] >= time[i])
                )
        return total

    result = cox_regression(frame, ["x"])
    assert result.log_likelihood == pytest.approx(log_likelihood(result.terms[0].coef), abs=1e-12)
    assert result.log_likelihood >= max(log_likelihood(result.terms[0].coef + d) for d in (-1e-4, 1e-4))


def test_efron_approximates_the_average_over_all_orders_of_tied_deaths(frame):
    tied = frame.head(40).assign(time_months=np.repeat(np.arange(1.0, 21.0), 2))
    tied["event"] = True
    x, beta = tied.age.to_numpy() / 10, 0.02 * 10
    total = 0.0
    for t in range(1, 21):
        dead = np.flatnonzero(tied.time_months == t)
        at_risk = np.exp(beta * x[tied.time_months >= t]).sum()
        orders = []
        for order in itertools.permutations(dead):
            value, rest = 1.0, at_risk
            for i in order:
                value *= np.exp(beta * x[i]) / rest
                rest -= np.exp(beta * x[i])
            orders.append(value)
        total += math.log(np.mean(orders))
    values = {
        ties: cox_model(survival_data(tied, complete=["age"]), ["age"], ties=ties).likelihood.log_likelihood(
            np.array([0.02])
        )
        for ties in ("efron", "breslow")
    }
    assert abs(values["efron"] - total) < 0.1 * abs(values["breslow"] - total)


def test_missing_covariates_leave_rows_out_and_say_how_many(frame):
    holes = frame.copy()
    holes.loc[[3, 5], "age"] = np.nan
    result = cox_regression(holes, ["age", "in_group"])
    assert result.n == 148
    assert "2 rows without age left out." in result.warnings


def test_a_column_that_is_absent_is_named_with_those_that_are_there(frame):
    with pytest.raises(
        MissingColumnError, match="Column 'smoker' is not in the analysis frame: choose one of age,"
    ):
        cox_regression(frame, ["smoker"])


@pytest.mark.parametrize("settings", [{"ties": "exact"}, {"conf_level": 95}, {"conf_level": 0}])
def test_impossible_settings_raise(frame, settings):
    with pytest.raises(InvalidSettingError):
        cox_regression(frame, ["age"], **settings)


@pytest.mark.parametrize("covariates", [[], ["age", "age"]])
def test_a_model_names_each_covariate_once(frame, covariates):
    with pytest.raises(InvalidSettingError, match="name at least one, each once"):
        cox_regression(frame, covariates)


def test_strata_of_one_person_add_nothing(frame):
    two = frame.assign(site=np.where(np.arange(150) < 140, "a", "b"))
    singles = pd.concat([two, two.tail(5).assign(site=[f"s{i}" for i in range(5)])], ignore_index=True)
    kept, with_singles = (cox_regression(one, ["age"], strata=["site"]) for one in (two, singles))
    assert with_singles.terms[0].coef == pytest.approx(kept.terms[0].coef, abs=1e-12)
    assert with_singles.n == kept.n + 5


def test_clusters_of_one_row_equal_the_plain_sandwich_and_copies_do_not_narrow_it(frame):
    once = cox_regression(frame, ["age"], cluster="person_id", ties="breslow")
    twice = pd.concat([frame, frame], ignore_index=True)
    copied = cox_regression(twice, ["age"], cluster="person_id", ties="breslow")
    assert copied.n_clusters == once.n_clusters == 150
    # Breslow's likelihood of a doubled data set is twice the likelihood plus a constant.
    assert copied.terms[0].coef == pytest.approx(once.terms[0].coef, abs=1e-9)
    assert copied.terms[0].se == pytest.approx(once.terms[0].se, rel=1e-9)
    assert copied.terms[0].model_se == pytest.approx(once.terms[0].model_se / math.sqrt(2), rel=1e-9)


def test_separation_is_found_with_delayed_entry_where_sums_over_risk_sets_cancel():
    # The covariates order the deaths within every site, so the likelihood has no maximum; on the way there
    # people who enter late outweigh those at risk by e^40, and differences of sums lose all digits.
    frame = pd.DataFrame(
        {
            "time_months": [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 6.0],
            "event": True,
            "entry_months": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 1.0, 2.0, 1.0],
            "in_group": [0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0],
            "is_male": [1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1],
            "age": [58.0, 57.0, 51.0, 59.0, 76.0, 66.0, 63.0, 44.0, 60.0, 61.0, 65.0],
            "site": [1, 0, 2, 4, 4, 0, 3, 0, 5, 4, 2],
        }
    )
    result = cox_regression(frame, ["in_group", "is_male", "age"], strata=["site"])
    assert -1e-4 < result.log_likelihood < 0
    assert not result.converged
    assert result.separated_terms == ("in_group", "is_male", "age")
    assert all(math.isnan(line.hr) for line in result.terms)


def test_a_large_but_finite_effect_is_not_taken_for_separation():
    rng = np.random.default_rng(5)
    x = np.arange(400) < 200
    frame = pd.DataFrame(
        {"time_months": rng.exponential(np.where(x, 0.05, 10.0)), "event": True, "entry_months": 0.0}
    )
    result = cox_regression(frame.assign(x=x), ["x"])
    assert result.converged
    assert result.separated_terms == ()
    assert result.terms[0].ci_low < 200 < result.terms[0].ci_high


def test_a_term_informed_by_one_person_only_has_no_clustered_error(frame):
    result = cox_regression(frame.assign(one="p"), ["age"], cluster="one")
    assert math.isnan(result.terms[0].se)
    assert result.terms[0].model_se > 0
    assert (
        "age has no clustered standard error: all that informs on it comes from one one." in result.warnings
    )
