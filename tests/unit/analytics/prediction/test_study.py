"""A whole nomogram study: R's answer on the demo's people, frozen before validation, nobody scored without a level."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.biomarkers.groups import Contrast
from analytics.errors import ConstantCovariateError, InvalidSettingError, NoRowsError
from analytics.prediction.cut_off.cutpoint import select_cutpoint
from analytics.prediction.cut_off.refitted_p import refitted_cutpoint_p
from analytics.prediction.estimate import flow_statistics, performance_statistics
from analytics.prediction.figures import study_pictures
from analytics.prediction.fitting.model import fit_prediction_model
from analytics.prediction.low_high import cut_off_statistic, low_high_statistics, with_groups
from analytics.prediction.people import add_burden_percentile, complete_people
from analytics.prediction.rows import StudyRows
from analytics.prediction.spec import Axis
from analytics.prediction.study import StudySettings, run_study
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

FOLDER = Path(__file__).parents[3] / "reference" / "prediction"
AXES = {
    "TP53_mutated": Axis(label="TP53", levels={"wild-type": ("wild-type",), "mutated": ("mutated",)}),
    "IGF1R_mutated": Axis(label="IGF1R", levels={"wild-type": ("wild-type",), "mutated": ("mutated",)}),
    "burden_percentile": Axis(label="TMB (percentile)"),
}
SETTINGS = StudySettings(n_bootstrap=500, n_permutations=2000, n_refits=500)


@pytest.fixture(scope="module")
def expected():
    return json.loads((FOLDER / "demo_nomogram.json").read_text())


@pytest.fixture(scope="module")
def people():
    every = pd.read_csv(FOLDER / "demo_nomogram.csv").assign(
        in_group=lambda d: d["IGF1R_mutated"] == "mutated"
    )
    every = every.assign(entry_months=0.0, origin="icb_start")
    return {name: part for name, part in every.groupby("population")}


@pytest.fixture(scope="module")
def study(people):
    return run_study(people["discovery"], people["validation"], list(AXES), AXES, SETTINGS)


# --- R ------------------------------------------------------------------------------------------------------------


def test_model_points_and_total_points_of_everybody_are_those_of_coxph_and_rms(study, expected):
    np.testing.assert_allclose(study.model.coefficients, expected["coefficients"], atol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(study.model.covariance)), expected["se"], atol=1e-9)
    assert study.nomogram.points_per_unit == pytest.approx(expected["points_per_unit"], rel=1e-9)
    for axis in study.nomogram.axes:
        np.testing.assert_allclose(axis.points, expected["points"][axis.covariate], atol=1e-7)
    for side in (study.discovery, study.validation):
        theirs = expected["total_points"][side.population]
        np.testing.assert_allclose(side.people["total_points"], theirs, atol=1e-7)


def test_survival_at_12_and_24_months_of_everybody_is_that_of_survfit(study, expected):
    for side in (study.discovery, study.validation):
        for months in (12, 24):
            theirs = expected["survival"][side.population][f"m{months}"]
            np.testing.assert_allclose(study.model.survival(side.people, months), theirs, atol=1e-8)
            read_off = study.nomogram.survival_at(side.people["total_points"], months)
            np.testing.assert_allclose(read_off, theirs, atol=1e-8)


def test_c_index_and_calibration_slope_are_those_of_concordance_and_coxph(study, expected):
    for side in (study.discovery, study.validation):
        assert side.performance.c_index == pytest.approx(expected["c_index"][side.population], abs=1e-9)
    assert study.validation.performance.calibration_slope == pytest.approx(
        expected["slope_validation"], abs=1e-7
    )


def test_the_cut_its_statistic_and_its_p_are_those_of_maxstat(study, expected):
    theirs, cut = expected["maxstat"], study.cut.cutpoint
    assert cut.threshold == pytest.approx(theirs["cut"], abs=1e-6)
    assert cut.statistic == pytest.approx(expected["statistic_nelson_aalen"], rel=1e-9)
    as_printed = select_cutpoint(
        study.discovery.people,
        "total_points",
        estimated_on="discovery",
        scores="hothorn_lausen",
        n_permutations=1000,
    ).cutpoint
    assert as_printed.statistic == pytest.approx(theirs["statistic"], rel=1e-9)
    assert as_printed.p_lausen_1994 == pytest.approx(theirs["lau94"], rel=1e-6)
    # maxstat takes this tail by Monte Carlo integration: below 1e-10 it and ours are both "never"
    assert max(as_printed.p_exact_gauss, theirs["gauss"]) < 1e-10
    assert cut.p_corrected == pytest.approx(1 / 2001)
    assert theirs["condmc"] == 0


def test_observed_survival_by_group_is_the_kaplan_meier_of_r(study, expected):
    for curve in study.validation.performance.calibration:
        theirs = expected["calibration"]["validation"][f"m{curve.horizon_months:g}"]
        assert list(curve.table["n"]) == theirs["n"]
        np.testing.assert_allclose(curve.table["predicted"], theirs["predicted"], atol=1e-8)
        np.testing.assert_allclose(curve.table["observed"], theirs["observed"], atol=1e-9)


def test_the_group_of_each_person_has_as_many_people_as_its_row(study):
    for curve in (*study.calibrations, *study.validation.performance.calibration):
        counted = np.bincount(curve.group, minlength=len(curve.table) + 1)
        assert counted[0] == 0 and list(counted[1:]) == list(curve.table["n"])


# --- the p that pays for the fit ----------------------------------------------------------------------------------


def noise(seed: int, n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 5)), columns=list("abcde"))
    death, censored = rng.exponential(20, n), rng.uniform(5, 50, n)
    return frame.assign(time_months=np.minimum(death, censored), event=(death <= censored).astype(int))


def test_a_score_fitted_to_noise_is_significant_by_the_search_alone_and_not_when_the_fit_is_paid_for():
    # 20 cohorts of 150 people and 5 covariates without effect. At 5 % one is expected; 4 or more have p 0.016.
    alone, paid = 0, 0
    for seed in range(1000, 1020):
        frame = noise(seed)
        score = fit_prediction_model(frame, list("abcde")).linear_predictor(frame)
        cut = select_cutpoint(frame.assign(score=score), "score", estimated_on="noise", n_permutations=1000)
        refitted = refitted_cutpoint_p(frame, list("abcde"), n_refits=500, seed=seed)
        assert refitted.statistic == pytest.approx(cut.cutpoint.statistic, rel=1e-9)
        alone += cut.cutpoint.p_corrected < 0.05
        paid += refitted.p < 0.05
    assert paid <= 3
    assert alone >= 5


def test_a_planted_score_is_found_although_the_fit_is_paid_for(study):
    assert study.cut_p.p == pytest.approx(1 / 501)
    assert study.cut.cutpoint.higher_marker_is == "worse"


def test_the_refitted_p_does_not_depend_on_threads_and_wants_enough_refits():
    frame = noise(7)
    one, four = (refitted_cutpoint_p(frame, list("abc"), n_refits=500, threads=t) for t in (1, 4))
    np.testing.assert_array_equal(one.maxima, four.maxima)
    with pytest.raises(InvalidSettingError, match="499 refits are too few"):
        refitted_cutpoint_p(frame, list("abc"), n_refits=499)


# --- who is scored ------------------------------------------------------------------------------------------------


def test_the_validation_changes_nothing_of_model_points_and_cut(people, study):
    alone = run_study(people["discovery"], None, list(AXES), AXES, SETTINGS)
    assert alone.validation is None
    assert alone.cut.cutpoint == study.cut.cutpoint
    np.testing.assert_array_equal(alone.model.coefficients, study.model.coefficients)
    assert alone.nomogram.to_frame().equals(study.nomogram.to_frame())


def test_people_without_a_value_are_left_out_and_counted_and_nothing_is_imputed(people):
    holes = people["discovery"].copy()
    holes.loc[holes.index[:7], "burden_percentile"] = np.nan
    holes.loc[holes.index[5:9], "TP53_mutated"] = None
    found = complete_people(holes, list(AXES), AXES)
    assert len(found.people) == len(holes) - 9
    assert {name: len(rows) for name, rows in found.missing.items()} == {
        "TP53_mutated": 4, "IGF1R_mutated": 0, "burden_percentile": 7,
    }  # fmt: skip
    assert found.warnings == (
        f"Complete rows only, {len(holes) - 9} of {len(holes)} members: left out are 4 without TP53_mutated, "
        "7 without burden_percentile.",
    )
    assert complete_people(people["discovery"], list(AXES), AXES).warnings == ()


def test_a_level_that_the_discovery_lacks_cannot_be_scored_and_is_counted(people):
    axes = AXES | {"drug": Axis(label="Drug", levels={"a": ("A",), "b": ("B",), "both": ("AB",)})}
    made_in = people["discovery"].assign(drug=lambda d: np.where(np.arange(len(d)) % 2, "A", "B"))
    tried_in = people["validation"].assign(drug=lambda d: np.where(np.arange(len(d)) % 4, "A", "AB"))
    found = run_study(made_in, tried_in, [*AXES, "drug"], axes, SETTINGS)
    assert found.model.covariates[-1].levels == ("a", "b")
    n_both = int((tried_in["drug"] == "AB").sum())
    assert len(found.validation.scorable.no_level["drug"]) == n_both
    assert len(found.validation.people) == len(tried_in) - n_both
    assert f"{n_both} whose drug is no level of the nomogram" in found.validation.warnings[0]


def test_a_covariate_that_is_alike_in_everybody_is_no_axis_and_is_said(people):
    axes = AXES | {
        "cancer_type": Axis(label="Cancer type", levels={"melanoma": ("Melanoma",), "lung": ("Lung",)})
    }
    found = run_study(people["discovery"], None, [*AXES, "cancer_type"], axes, SETTINGS)
    assert [axis.covariate for axis in found.nomogram.axes] == list(AXES)
    assert "Cancer type is melanoma for everybody and is no axis." in found.discovery.warnings
    with pytest.raises(ConstantCovariateError, match="None of cancer_type varies"):
        run_study(people["discovery"], None, ["cancer_type"], axes, SETTINGS)


def test_a_validation_in_which_nobody_can_be_scored_is_a_reason_and_no_end(people):
    nobody = people["validation"].assign(TP53_mutated="unknown")
    found = run_study(people["discovery"], nobody, list(AXES), AXES, SETTINGS)
    assert found.validation is None
    assert found.why_no_validation.startswith("None of the 532 members has all of TP53_mutated")
    with pytest.raises(NoRowsError):
        run_study(nobody, None, list(AXES), AXES, SETTINGS)


def test_too_few_people_for_a_cut_leave_the_nomogram_and_say_why(people):
    few = people["discovery"].sample(60, random_state=3)
    censored_late = few.assign(event=[1 if k < 9 else 0 for k in range(60)])
    found = run_study(censored_late, None, ["burden_percentile"], AXES, SETTINGS)
    assert found.cut is None and "60 people with 9 events are too few" in found.why_no_cut


def test_a_horizon_beyond_the_follow_up_is_left_out_with_the_reason(people):
    settings = StudySettings((12.0, 600.0), n_bootstrap=500, n_permutations=1000, n_refits=500)
    found = run_study(people["discovery"], None, ["burden_percentile"], AXES, settings)
    assert [axis.horizon_months for axis in found.nomogram.survival_axes] == [12.0]
    assert "Beyond the follow-up" in found.horizons_left_out[600.0]


def test_burden_is_ranked_within_cohort_panel_and_type_without_the_genes_own_mutations():
    members = pd.DataFrame(
        {
            "cohort_id": ["a"] * 4 + ["b"] * 2, "panel_id": [None] * 4 + ["p"] * 2, "cancer_type": "Melanoma",
            "n_nonsynonymous": [10, 20, 30, 31, 5, None], "n_mutations": [0, 0, 0, 12, 1, 0],
        }
    )  # fmt: skip
    ranked, warnings = add_burden_percentile(members)
    # 31 with 12 of the gene itself is 19: below 20
    assert list(ranked["burden_percentile"][:5]) == [25.0, 75.0, 100.0, 50.0, 100.0]
    assert np.isnan(ranked["burden_percentile"][5])
    assert warnings == (
        "The burden of 5 people is ranked among fewer than 10 of their cohort, panel and cancer type.",
    )


# --- statistics ---------------------------------------------------------------------------------------------------


def rows_of(side):
    scope = Scope("a", "v", f"OS, {side.population}")
    return StudyRows(scope, RowSets(), side.population, "os")


@pytest.mark.parametrize(
    ("population", "strata"), [("discovery", ["cohort_id"]), ("validation", ["cancer_type"])]
)
def test_low_against_high_carries_the_p_of_its_interval_and_the_log_rank_test_is_a_row(
    study, expected, population, strata
):
    side, theirs = getattr(study, population), expected["low_high"][population]
    found = low_high_statistics(rows_of(side), side, study.cut.cutpoint.threshold, strata)
    rows = {row.key: row for row in found}
    ratio, test = rows[f"os.logrank_oe.{population}"], rows[f"os.log_rank.{population}"]
    np.testing.assert_allclose(
        [ratio.estimate, ratio.ci_low, ratio.ci_high], [theirs["hr"], *theirs["ci"]], rtol=1e-8
    )
    standard_error = np.log(theirs["ci"][1] / theirs["ci"][0]) / 2 / stats.norm.isf(0.025)
    assert ratio.p == pytest.approx(2 * stats.norm.sf(abs(np.log(theirs["hr"])) / standard_error), rel=1e-6)
    assert (ratio.p_method, test.p_method) == ("wald", "log-rank")
    assert test.p == pytest.approx(theirs["p"], rel=1e-6) and test.estimate is None
    low = with_groups(side.people, study.cut.cutpoint.threshold)["is_low"]
    for row in (ratio, test, rows[f"os.cox_low_high.{population}"]):
        counts = row.counts
        assert (counts.group_label, counts.reference_label) == ("low points", "high points")
        assert (counts.n, counts.n_in_group, counts.events_in_group) == (
            len(low), theirs["n_low"], int(side.people.loc[low, "event"].sum()),
        )  # fmt: skip
        assert row.model.strata == tuple(strata)
        assert row.median_in_group_months == rows[f"os.median_low.{population}"].estimate
    chosen_here = any("chosen in these people" in sentence for sentence in ratio.warnings)
    assert chosen_here == (population == "discovery")


def test_a_cut_that_leaves_nobody_low_is_rows_with_the_reason(study):
    side = study.validation
    rows = {row.key: row for row in low_high_statistics(rows_of(side), side, -1.0, [], suffix="_at_-1")}
    for what in ("logrank_oe", "log_rank", "cox_low_high"):
        row = rows[f"os.{what}_at_-1.validation"]
        assert row.estimate is None and row.p is None and row.warnings and row.estimator


def test_the_cut_offs_row_has_the_p_that_pays_and_those_that_do_not(study):
    row = cut_off_statistic(rows_of(study.discovery), study)
    cut = study.cut.cutpoint
    assert (row.estimate, row.counts.n_in_group, row.p) == (cut.threshold, cut.n_low, study.cut_p.p)
    assert (row.p_search_only, row.p_naive) == (cut.p_corrected, cut.p_naive)


def test_members_and_complete_rows_are_counted_with_those_of_them_who_carry_the_gene(study):
    side = study.discovery
    rows = {
        row.key: row
        for row in flow_statistics(rows_of(side), side.members, side.scorable, Contrast.of_gene("IGF1R"))
    }
    assert rows["flow.n.discovery"].estimate == len(side.members)
    assert rows["flow.n_mutated.discovery"].estimate == side.members["in_group"].sum()
    assert rows["flow.n_complete_mutated.discovery"].n == side.people["in_group"].sum()


def test_indices_have_a_row_each_with_their_interval_and_horizon(study):
    side = study.validation
    rows = {row.key: row for row in performance_statistics(rows_of(side), study, side, ["Said of them."])}
    slope, brier = rows["os.calibration_slope.validation"], side.performance.brier[0]
    assert (slope.estimate, slope.ci_low) == (
        side.performance.calibration_slope, side.performance.calibration_slope_ci[0],
    )  # fmt: skip
    for what, value in (("brier_12", brier.score), ("ipa_12", brier.ipa)):
        row = rows[f"os.{what}.validation"]
        assert (row.estimate, row.horizon_months, row.reference) == (value, 12.0, brier.reference)
    assert all("Said of them." in row.warnings for row in rows.values())


# --- pictures -----------------------------------------------------------------------------------------------------


def test_every_picture_is_legible_and_says_its_numbers(study, assert_legible):
    pictures = study_pictures(study, strata=("cohort_id",), validation_strata=("cancer_type",))
    assert set(pictures) == {
        "os_nomogram", "os_calibration_discovery", "os_calibration_validation", "os_cut_off",
        "os_kaplan_meier_discovery", "os_kaplan_meier_validation",
    }  # fmt: skip
    for picture in pictures.values():
        assert_legible(picture.figure)
        assert len(picture.data) > 4 and picture.title
    assert "HR 0.33 (0.24–0.46)" in pictures["os_kaplan_meier_discovery"].alt
    assert "HR 0.52 (0.42–0.65)" in pictures["os_kaplan_meier_validation"].alt
    assert "Low points: 189 events in 319" in pictures["os_kaplan_meier_validation"].alt
    low = with_groups(study.validation.people, study.cut.cutpoint.threshold)["is_low"]
    assert int(low.sum()) == 319
