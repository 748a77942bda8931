"""From members and values to named rows: keys, row sets, own mutations, families, reasons, figures."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.biomarkers.groups import Contrast
from analytics.comparison.burden import van_elteren
from analytics.comparison.estimate import measure_statistics, member_values, unavailable, with_q
from analytics.comparison.figures import measure_picture
from analytics.comparison.spec import ComparisonSpec
from analytics.errors import MissingColumnError
from analytics.results.row_sets import RowSets
from analytics.results.schema import table_of
from analytics.results.statistic import ComparisonStatistic, Scope

SCOPE, ALK = Scope("q", "default", "burden"), Contrast.of_gene("ALK")


def question(**variant):
    return ComparisonSpec.model_validate(
        {
            "analysis_id": "q", "kind": "comparison", "title": "T", "question": "?", "biomarker": "ALK",
            "cohorts": ["a", "b"], "registered_on": "2026-11-21",
            "measures": {"tmb": {"source": "burdens", "title": "TMB", "adjust_for_burden": True}},
            "variants": {"default": {"description": "d", **variant}},
        }
    )  # fmt: skip


@pytest.fixture
def members():
    rng = np.random.default_rng(3)
    cohort = np.repeat(["a", "b"], [60, 40])
    burden = rng.lognormal(np.where(cohort == "a", 3, 5), 1.0).round()
    mutated = rng.random(100) < 0.3
    return pd.DataFrame(
        {
            "cohort_id": cohort, "sample_id": [f"S{i}" for i in range(100)], "panel_id": "WES",
            "cancer_type": "Melanoma", "in_group": mutated, "status": np.where(mutated, "mutated", "wild_type"),
            "n_nonsynonymous": burden + mutated, "n_mutations": mutated.astype(int),
        },
        index=[f"row {i}" for i in range(100)],
    )  # fmt: skip


def values_of(members, drop=0):
    frame = pd.DataFrame(
        {
            "cohort_id": members["cohort_id"], "sample_id": members["sample_id"], "feature": "tmb",
            "value": members["n_nonsynonymous"].astype(float), "unit": "mutations",
            "own": members["n_mutations"].astype(float),
        }
    ).iloc[drop:]  # fmt: skip
    return frame.sample(frac=1.0, random_state=1)


def statistics(spec, members, frame, sets=None):
    values = member_values(members, frame)
    return with_q(measure_statistics(SCOPE, sets or RowSets(), spec, "tmb", members, values, ALK))


def estimates(spec, members, frame):
    sets = RowSets()
    table = table_of(ComparisonStatistic, statistics(spec, members, frame, sets))
    return sets, table.assign(warnings=table["warnings"].map(" ".join))


def test_in_one_pot_it_is_wilcoxons_test_of_the_values_as_they_are(members):
    _, table = estimates(question(own_mutations="kept"), members, values_of(members))
    row = table.set_index("estimate_key").loc["tmb.wilcoxon"]
    x, y = (members.loc[members["in_group"] == s, "n_nonsynonymous"] for s in (True, False))
    assert row["p"] == pytest.approx(stats.mannwhitneyu(x, y, method="asymptotic").pvalue)
    assert row["median_difference"] == x.median() - y.median()
    assert (row["n"], row["n_in_group"], row["row_set"]) == (100, len(x), "members")
    assert "2 cohorts are put in one pot" in row["warnings"]
    assert "own mutations are counted in" in row["warnings"]


def test_within_strata_the_gene_s_own_mutations_are_taken_out_and_what_remains_is_said(members):
    spec = question(strata=["cohort_id", "panel_id", "cancer_type"], null_draws=200)
    _, table = estimates(spec, members, values_of(members))
    row = table.set_index("estimate_key")
    without = (members["n_nonsynonymous"] - members["n_mutations"]).to_numpy(float)
    z, p, delta, _ = van_elteren(without, members["in_group"].to_numpy(), members["cohort_id"])
    main = row.loc["tmb.wilcoxon"]
    assert (main["statistic"], main["p"], main["cliffs_delta"]) == pytest.approx((z, p, delta))
    kept = row.loc["tmb.own_mutations_kept.wilcoxon", "cliffs_delta"]
    assert kept > delta
    assert row.loc["tmb.remaining", "estimate"] == pytest.approx(delta / kept)
    assert row.loc["tmb.beyond_chance", "estimate"] == pytest.approx(delta, abs=1.0)
    assert {"tmb.burden_adjusted", "tmb.wilcoxon.a_wes_melanoma", "tmb.wilcoxon.b_wes_melanoma"} <= set(
        row.index
    )
    assert row.loc["tmb.wilcoxon.b_wes_melanoma", ["cohort_id", "n"]].tolist() == ["b", 40]


def test_every_row_names_a_row_set_with_exactly_the_people_it_counted(members):
    spec = question(strata=["cohort_id", "cancer_type"])
    named, table = estimates(spec, members, values_of(members, drop=7))
    named.named("members", members.index, members.index)
    for row in table.itertuples():
        inside = named.holds(row.row_set, members.index)
        if isinstance(row.cohort_id, str):
            inside &= members["cohort_id"] == row.cohort_id
        assert int(inside.sum()) == row.n, row.estimate_key
        assert int((inside & members["in_group"]).sum()) == row.n_in_group, row.estimate_key
    assert table["n_missing"].iloc[0] == 7


def test_rows_over_all_and_rows_within_strata_are_families_of_their_own(members):
    spec = question(strata=["cohort_id"])
    _, table = estimates(spec, members, values_of(members))
    main = table[table["family"] == "q"]
    within = table[table["family"] == "q, within strata"]
    assert (len(main), len(within)) == (1, 2)
    assert main["q"].iloc[0] == pytest.approx(main["p"].iloc[0])
    assert within["q"].to_numpy(float) == pytest.approx(
        stats.false_discovery_control(within["p"].to_numpy(float))
    )


def test_too_few_mutated_people_are_a_row_with_the_reason(members):
    few = members.assign(in_group=[True, True] + [False] * 98)
    _, table = estimates(question(strata=["cohort_id"]), few, values_of(members))
    row = table.set_index("estimate_key").loc["tmb.wilcoxon"]
    assert pd.isna(row["p"])
    assert "2 mutated and 98 wild-type people have a value; 3 of each are needed" in row["warnings"]


def test_nobody_mutated_and_nobody_with_a_value_are_rows_with_the_reason(members):
    for frame in (values_of(members), values_of(members).iloc[:0].assign(value=1.0)):
        nobody = members.assign(in_group=False)
        _, table = estimates(question(), nobody, frame)
        assert table["p"].isna().all()
        assert (table["warnings"].str.len() > 0).all()
        assert table["estimator"].notna().all(), "what could not be estimated keeps its estimator"


def test_values_in_unlike_units_have_an_effect_size_but_no_shift(members):
    frame = values_of(members)
    frame["unit"] = np.where(frame["cohort_id"] == "a", "mutations", "mutations per Mb")
    for variant in ({}, {"strata": ["cohort_id"]}):
        _, table = estimates(question(**variant), members, frame)
        row = table.set_index("estimate_key").loc["tmb.wilcoxon"]
        assert pd.isna(row["estimate"])
        assert not pd.isna(row["cliffs_delta"])
        assert "unlike units" in row["warnings"]


def test_a_measure_that_the_warehouse_lacks_is_a_row_that_says_so():
    row = unavailable(SCOPE, question(), "ddr", "no gene sets")
    assert row.name.stat_id == "q/default/ddr.wilcoxon"
    assert row.warnings == ("no gene sets",)


def test_a_frame_without_units_is_refused(members):
    with pytest.raises(MissingColumnError, match="unit"):
        member_values(members, values_of(members).drop(columns="unit"))


def test_several_features_of_a_measure_have_keys_and_q_of_their_own(members):
    frame = values_of(members)
    both = pd.concat([frame.assign(feature="TCR Richness"), frame.assign(feature="BCR Richness")])
    _, table = estimates(question(by_stratum=False, strata=["cohort_id"]), members, both)
    assert {"tmb.tcr_richness.wilcoxon", "tmb.bcr_richness.wilcoxon"} <= set(table["estimate_key"])
    assert table["estimate_key"].is_unique


@pytest.mark.parametrize("variant", [{}, {"strata": ["cohort_id", "panel_id"]}])
def test_the_figure_shows_all_and_each_stratum_with_its_numbers(members, variant):
    spec = question(**variant)
    rows, values = statistics(spec, members, values_of(members)), member_values(members, values_of(members))
    picture = measure_picture(spec, "default", "tmb", members, values, rows, ALK)
    assert picture is not None
    assert set(picture.data["panel"]) == ({"all, within strata", "a", "b"} if variant else {"all members"})
    assert "ALK mutated against" in picture.alt
    assert "Cliff's delta" in picture.alt


def test_no_figure_is_drawn_where_nothing_was_tested(members):
    values = member_values(members, values_of(members))
    assert measure_picture(question(), "default", "tmb", members, values, [], ALK) is None
