"""Group comparison of features: base R's wilcox.test and p.adjust, brute force, invariants, bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.engine.multiplicity import benjamini_hochberg
from analytics.errors import EmptyGroupError, InvalidColumnError, InvalidSettingError, NoRowsError
from analytics.immune import rank_statistics
from analytics.immune.comparisons import compare_two_groups
from analytics.immune.rank_statistics import cliffs_delta, hodges_lehmann, mann_whitney, u_distribution

REFERENCE = json.loads((Path(__file__).parents[3] / "reference" / "immune" / "comparisons.json").read_text())
CASES = {name: {k: np.array(v) for k, v in case.items()} for name, case in REFERENCE["cases"].items()}


def samples(case):
    return case["x"].astype(float), case["y"].astype(float)


@pytest.mark.parametrize("name", CASES)
def test_u_and_p_equal_r_wilcox_test_exact_and_with_ties(name):
    case = CASES[name]
    result = mann_whitney(*samples(case))
    assert result.u == case["u"]
    assert result.p == pytest.approx(float(case["p"]), rel=1e-12)
    assert (result.method == "exact") == ("exact" in str(case["method"]))


@pytest.mark.parametrize("name", ["small", "uneven", "middle"])
def test_hodges_lehmann_shift_and_exact_interval_equal_r(name):
    result = hodges_lehmann(*samples(CASES[name]))
    np.testing.assert_allclose(
        [result.estimate, result.ci_low, result.ci_high], CASES[name]["exact_shift"], rtol=1e-12
    )


def test_the_normal_interval_of_a_large_sample_is_within_one_rank_of_rs_exact_one():
    x, y = samples(CASES["large"])
    result = hodges_lehmann(x, y)
    differences = np.sort(np.subtract.outer(x, y).ravel())
    estimate, low, high = CASES["large"]["exact_shift"]
    assert result.estimate == pytest.approx(estimate, rel=1e-12)
    for ours, theirs in ((result.ci_low, low), (result.ci_high, high)):
        assert abs(np.searchsorted(differences, ours) - np.searchsorted(differences, theirs - 1e-12)) <= 1


@pytest.mark.parametrize("name", CASES)
def test_cliffs_delta_and_its_interval_equal_the_sum_over_all_pairs(name):
    result = cliffs_delta(*samples(CASES[name]))
    np.testing.assert_allclose(
        [result.estimate, result.ci_low, result.ci_high], CASES[name]["cliff"], rtol=1e-12
    )


def test_the_null_distribution_of_u_equals_r_dwilcox():
    np.testing.assert_allclose(u_distribution(7, 9), REFERENCE["dwilcox_7_9"], rtol=1e-12)


def test_adjusted_p_values_equal_r_p_adjust_and_skip_the_untested():
    bh = REFERENCE["bh"]
    np.testing.assert_allclose(benjamini_hochberg(bh["p"]), bh["q"], rtol=1e-12)
    with_gap = benjamini_hochberg([*bh["p"], np.nan])
    np.testing.assert_allclose(with_gap[:-1], bh["q"], rtol=1e-12)
    assert np.isnan(with_gap[-1])


def test_searching_the_differences_gives_the_same_order_statistics_as_holding_them(monkeypatch):
    rng = np.random.default_rng(3)
    x, y = np.round(rng.normal(size=300), 2), np.round(rng.normal(size=400), 2)
    held = hodges_lehmann(x, y)
    monkeypatch.setattr(rank_statistics, "HELD_PAIRS", 500)
    assert hodges_lehmann(x, y) == held


def test_shifting_the_cases_shifts_the_estimate_and_its_interval():
    x, y = samples(CASES["small"])
    before, after = hodges_lehmann(x, y), hodges_lehmann(x + 2.5, y)
    assert after.estimate - before.estimate == pytest.approx(2.5)
    assert after.ci_high - before.ci_high == pytest.approx(2.5)


def test_complete_separation_gives_delta_one_with_a_finite_lower_bound():
    result = cliffs_delta(np.arange(10.0, 20.0), np.arange(0.0, 8.0))
    assert (result.estimate, result.ci_high) == (1.0, 1.0)
    assert result.ci_low == pytest.approx((8 - 1.959964**2) / (8 + 1.959964**2), rel=1e-6)


def test_intervals_of_shift_and_delta_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(8)
    hits_shift = hits_delta = 0
    truth = 2 * 0.638163 - 1  # P(X > Y) for normals 0.5 apart, unit variances: pnorm(0.5 / sqrt(2))
    for _ in range(600):
        x, y = rng.normal(0.5, 1, 30), rng.normal(0, 1, 40)
        shift, delta = hodges_lehmann(x, y), cliffs_delta(x, y)
        hits_shift += shift.ci_low <= 0.5 <= shift.ci_high
        hits_delta += delta.ci_low <= truth <= delta.ci_high
    # 600 draws: standard error 0.9 points.
    assert hits_shift / 600 == pytest.approx(0.95, abs=0.027)
    assert hits_delta / 600 == pytest.approx(0.95, abs=0.027)


@pytest.fixture
def cohort():
    rng = np.random.default_rng(2)
    index = [f"P{i:02d}" for i in range(40)]
    features = pd.DataFrame(
        {
            "cd8_t_cells": rng.normal(size=40),
            "leukocyte_fraction": rng.uniform(size=40),
            "constant": 3.0,
            "mostly_missing": [np.nan] * 38 + [1.0, 2.0],
        },
        index=index,
    )
    status = pd.Series([True] * 12 + [False] * 25 + [None] * 3, index=index, dtype=object)
    features.loc[features.index[:12], "cd8_t_cells"] += 2.0
    return features, status


def test_each_feature_is_a_row_with_sizes_medians_test_effect_and_q(cohort):
    features, status = cohort
    table = compare_two_groups(features, status, family="demo").set_index("feature")
    row = table.loc["cd8_t_cells"]
    assert (row["n_case"], row["n_reference"], row["n_missing"]) == (12, 25, 0)
    case, reference = features["cd8_t_cells"][:12], features["cd8_t_cells"][12:37]
    assert row["median_difference"] == pytest.approx(case.median() - reference.median())
    assert row["p"] < 0.001
    assert row["reason"] is None
    tested = table["p"].notna()
    np.testing.assert_allclose(table.loc[tested, "q_bh"], benjamini_hochberg(table.loc[tested, "p"]))
    assert (table["family"] == "demo").all()


def test_samples_of_unknown_status_are_in_neither_group(cohort):
    features, status = cohort
    table = compare_two_groups(features, status)
    assert (table["n_case"] + table["n_reference"]).max() == 37


def test_constant_and_sparse_features_are_rows_with_a_reason(cohort):
    table = compare_two_groups(*cohort).set_index("feature")
    assert "constant (3" in table.loc["constant", "reason"]
    assert table.loc["mostly_missing", "reason"].startswith("too few samples")
    assert table.loc[["constant", "mostly_missing"], ["p", "q_bh"]].isna().all(axis=None)


def test_strata_are_compared_separately_within_one_family(cohort):
    features, status = cohort
    strata = pd.Series(["lung", "melanoma"] * 20, index=features.index)
    table = compare_two_groups(features[["cd8_t_cells"]], status, strata=strata)
    assert table["stratum"].tolist() == ["lung", "melanoma"]
    alone = compare_two_groups(features[["cd8_t_cells"]][strata == "lung"], status[strata == "lung"])
    assert table.loc[0, "p"] == alone.loc[0, "p"]
    np.testing.assert_allclose(table["q_bh"], benjamini_hochberg(table["p"]))


def test_swapping_the_groups_flips_every_direction_and_keeps_p(cohort):
    features, status = cohort
    known = status.dropna().astype(bool)
    there = compare_two_groups(features[["cd8_t_cells"]], known).iloc[0]
    back = compare_two_groups(features[["cd8_t_cells"]], ~known).iloc[0]
    assert there["p"] == pytest.approx(back["p"])
    for name in ("median_difference", "hodges_lehmann", "cliffs_delta"):
        assert there[name] == pytest.approx(-back[name])
    assert there["hodges_lehmann_ci_low"] == pytest.approx(-back["hodges_lehmann_ci_high"])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda f, s: (f.assign(stage="IV"), s), InvalidColumnError, "'stage' is not numeric"),
        (lambda f, s: (f, s.fillna("maybe")), InvalidColumnError, "true/false"),
        (lambda f, s: (f, s.map({True: True})), EmptyGroupError, "reference group"),
        (lambda f, s: (f, s.map({False: False})), EmptyGroupError, "case group"),
        (lambda f, s: (f[[]], s), NoRowsError, "no column"),
        (lambda f, s: (pd.concat([f, f]), s), InvalidColumnError, "twice in the index"),
    ],
)
def test_bad_input_gets_one_sentence_with_the_remedy(cohort, change, error, words):
    with pytest.raises(error, match=words):
        compare_two_groups(*change(*cohort))


def test_percentages_as_p_values_and_levels_of_95_are_refused(cohort):
    with pytest.raises(InvalidColumnError, match="outside 0 to 1"):
        benjamini_hochberg([0.2, 5.0])
    with pytest.raises(InvalidSettingError, match="95 %"):
        compare_two_groups(*cohort, confidence=95)
