"""The table of cohort characteristics: R's answers, sums, missing values, what cannot be compared."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.biomarkers.groups import Contrast
from analytics.characteristics.estimate import (
    MOST_LEVELS,
    REST,
    categorical_difference,
    characteristics,
    compare_categories,
    numeric_difference,
)
from analytics.characteristics.tables import CharacteristicStatistic
from analytics.results.row_sets import RowSets
from analytics.results.schema import table_of
from analytics.results.statistic import Scope

SCOPE, ALK = Scope("q", "default", "OS"), Contrast.of_gene("ALK")

ROOT = Path(__file__).parents[4]
R = json.loads((ROOT / "tests/reference/characteristics/characteristics.json").read_text(encoding="utf-8"))
X = np.array([71, 54.5, 63, 48, 59, 66, 70.5, 80])
Y = np.array([45, 52, 61, 57, 49.5, 68, 39, 55, 62, 51, 47])
TWO = np.array([[12, 90], [5, 130]])
THREE = np.array([[20, 110], [15, 160], [25, 95]])
SMALL = np.array([[3, 40], [1, 22], [2, 9], [1, 30]])


def test_numeric_differences_are_those_of_r():
    assert numeric_difference(X, Y) == pytest.approx(R["numeric_difference"], rel=1e-12)


def test_tests_of_categories_are_those_of_r():
    assert compare_categories(TWO)[1] == pytest.approx(R["fisher_2x2"], rel=1e-9)
    assert compare_categories(THREE)[1] == pytest.approx(R["chisq_3"], rel=1e-9)


def test_small_counts_are_permuted_with_fixed_margins_as_r_simulates_them():
    _, p, method = compare_categories(SMALL)
    assert "permutations" in method
    # two standard errors of 9,999 draws at this p
    assert p == pytest.approx(R["chisq_4_simulated"], abs=2 * np.sqrt(0.4 * 0.6 / 9_999))


def test_standardised_differences_of_shares_are_those_of_r():
    assert categorical_difference(TWO) == pytest.approx(R["smd_2"], rel=1e-9)
    assert categorical_difference(THREE) == pytest.approx(R["smd_3"], rel=1e-9)


def test_with_two_levels_it_is_the_difference_of_proportions_over_their_pooled_deviation():
    p, q = 12 / 17, 90 / 220
    expected = abs(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert categorical_difference(TWO) == pytest.approx(expected)


def test_equal_groups_differ_by_nothing_and_a_level_of_one_group_only_does_no_harm():
    assert categorical_difference(np.array([[5, 50], [7, 70]])) == pytest.approx(0.0, abs=1e-12)
    assert np.isfinite(categorical_difference(np.array([[5, 50], [7, 70], [0, 3]])))


@pytest.fixture
def members():
    rng = np.random.default_rng(2)
    n = 120
    return pd.DataFrame(
        {
            "cohort_id": "c", "sample_id": [f"S{i}" for i in range(n)],
            "in_group": rng.random(n) < 0.25,
            "age_years": np.where(np.arange(n) < 6, np.nan, rng.normal(60, 10, n)),
            "sex": rng.choice(["Male", "Female"], n),
            "stage": pd.Series(rng.choice(["III", "IV", None], n), dtype="object"),
            "smoking_history": pd.Series([None] * n, dtype="object"),
        }
    )  # fmt: skip


def characterised(members):
    sets = RowSets()
    table = table_of(CharacteristicStatistic, characteristics(SCOPE, sets, members, ALK))
    return sets, table.assign(warnings=table["warnings"].map(" ".join)).set_index("estimate_key", drop=False)


def test_counts_add_up_and_missing_people_are_counted_by_status(members):
    _, table = characterised(members)
    age = table.loc["characteristics.age_years"]
    known = members["age_years"].notna()
    mutated = members["in_group"]
    assert (age["n"], age["n_in_group"]) == (known.sum(), (known & mutated).sum())
    assert age["n_missing_in_group"] + age["n_missing_in_reference"] == 6
    assert age["median_in_group"] == members.loc[known & mutated, "age_years"].median()
    assert age["p"] == pytest.approx(
        stats.mannwhitneyu(
            members.loc[known & mutated, "age_years"],
            members.loc[known & ~mutated, "age_years"],
            method="asymptotic",
        ).pvalue
    )
    stage = table.loc["characteristics.stage"]
    levels = table[(table["variable"] == "stage") & table["level"].notna()]
    assert levels["n"].sum() == stage["n"] == members["stage"].notna().sum()
    assert levels["share_in_group"].sum() == pytest.approx(1.0)
    assert levels["share_in_reference"].sum() == pytest.approx(1.0)


def test_every_row_names_a_row_set_with_exactly_the_people_it_counted(members):
    named, table = characterised(members)
    named.named("members", members.index, members.index)
    for row in table.itertuples():
        assert named.holds(row.row_set, members.index).sum() == row.n, row.estimate_key


def test_what_nobody_has_and_what_everybody_shares_are_rows_without_a_test(members):
    _, table = characterised(members)
    smoking = table.loc["characteristics.smoking_history"]
    assert smoking["n"] == 0
    assert smoking["estimator"] == "standardised_difference_of_shares"
    assert "Nobody of the members has a value" in smoking["warnings"]
    cohort = table.loc["characteristics.cohort_id"]
    assert pd.isna(cohort["p"])
    assert "same value" in cohort["warnings"]


def test_without_a_mutated_person_nothing_is_compared(members):
    _, table = characterised(members.assign(in_group=False))
    assert table["p"].isna().all()
    assert table.loc["characteristics.sex", "warnings"] == "One group has no value: nothing is compared."


def test_levels_beyond_the_longest_list_are_one_level(members):
    many = members.assign(primary_site=[f"site {i % 40}" for i in range(len(members))])
    _, table = characterised(many)
    levels = table[(table["variable"] == "primary_site") & table["level"].notna()]
    assert len(levels) == MOST_LEVELS
    assert REST in set(levels["level"])
    assert levels["n"].sum() == len(members)


def test_levels_that_read_alike_in_a_key_have_keys_of_their_own(members):
    _, table = characterised(members.assign(age_group=["<30", ">30"] * 60))
    assert table["estimate_key"].is_unique


@pytest.mark.parametrize(
    ("variable", "levels"),
    [
        ("age_group", ["<30", "31-50", "50-60", "61-70", ">71"]),
        ("line_of_treatment", ["1", "2", "3", "10"]),
        ("stage", ["III", "IV", "IV-M1a", "IV-M1c"]),
    ],
)
def test_levels_with_an_order_stand_in_it_and_not_by_frequency(members, variable, levels):
    # the last level is the commonest, the first the rarest
    drawn = np.random.default_rng(1).choice(
        levels, len(members), p=np.arange(1, len(levels) + 1) / sum(range(len(levels) + 1))
    )
    drawn[: len(levels)] = levels
    _, table = characterised(members.assign(**{variable: drawn}))
    shown = table[(table["variable"] == variable) & table["level"].notna()]
    assert shown["level"].tolist() == levels


def test_nobody_gives_an_empty_table(members):
    assert characteristics(SCOPE, RowSets(), members.iloc[:0], ALK) == []


def test_whole_numbers_are_levels_without_decimals(members):
    _, table = characterised(members.assign(ecog=[0.0, 1.0, np.nan] * 40))
    assert set(table.loc[table["variable"] == "ecog", "level"].dropna()) == {"0", "1"}
