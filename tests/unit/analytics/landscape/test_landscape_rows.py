"""Rows and figures of a landscape: sums, exact intervals, row sets, reasons, legibility."""

import numpy as np
import pandas as pd
import pytest

from analytics.biomarkers.groups import Contrast
from analytics.errors import NoRowsError
from analytics.landscape.estimate import Landscape, member_calls
from analytics.landscape.figures import (
    class_figure,
    frequency_figure,
    landscape_pictures,
    lollipop_figure,
    residue_words,
    stacked_heights,
)
from analytics.landscape.positions import place
from analytics.landscape.spec import Domain, LandscapeSpec, Protein
from analytics.response.rates import exact_rate
from analytics.results.row_sets import RowSets
from analytics.results.schema import table_of
from analytics.results.statistic import FrequencyStatistic, Scope

SPEC = LandscapeSpec.model_validate(
    {
        "analysis_id": "q", "kind": "landscape", "title": "T", "question": "?", "biomarker": "ALK", "cohorts": ["c"],
        "registered_on": "2026-11-21", "variants": {"default": {"description": "d"}},
    }
)  # fmt: skip
PROTEIN = Protein(
    accession="T1", citation="none", length=300,
    domains=(Domain(key="kinase", name="Protein kinase", start=101, end=200),),
)  # fmt: skip


@pytest.fixture
def people():
    rng = np.random.default_rng(4)
    n = 200
    types = rng.choice(["Melanoma", "Small Cell Lung Cancer", "Non-Small Cell Lung Cancer", "Glioma"], n)
    mutated = (rng.random(n) < 0.2) & (types != "Glioma")
    return pd.DataFrame(
        {
            "cohort_id": "c", "patient_id": [f"P{i}" for i in range(n)],
            "sample_id": [None if i == n - 1 else f"S{i}" for i in range(n)], "cancer_type": types,
            "in_group": np.where(np.arange(n) == n - 1, False, mutated),
        }
    )  # fmt: skip


@pytest.fixture
def calls(people):
    carriers = people[people["in_group"]]
    twice = pd.concat([carriers, carriers.head(3)])
    words = ["Missense_Mutation", "Nonsense_Mutation", "Splice_Site", "In_Frame_Del", "Missense_Mutation"]
    return pd.DataFrame(
        {
            "cohort_id": "c", "sample_id": twice["sample_id"],
            "variant_classification": [words[i % 5] for i in range(len(twice))],
            "hgvsp_short": [None if i % 7 == 6 else f"p.A{101 + 5 * (i % 12)}T" for i in range(len(twice))],
        }
    )  # fmt: skip


def rows_of(people, calls):
    sets, scope = RowSets(), Scope("q", "default", "landscape")
    found = Landscape(scope, sets, SPEC, people, Contrast.of_gene("ALK"), ("note",))
    placed = place(member_calls(people, calls), PROTEIN.length)
    frequency, classes, hot = found.frequency(), found.classes(placed), found.positions(placed, PROTEIN)
    table = table_of(FrequencyStatistic, found.rows)
    return sets, table.set_index("estimate_key", drop=False), frequency, classes, placed, hot


def test_frequencies_by_group_have_exact_intervals_and_add_up(people, calls):
    _, table, frequency, *_ = rows_of(people, calls)
    row = table.loc["mutated.rate.melanoma"]
    inside = people[people["cancer_type"] == "Melanoma"]
    expected = exact_rate(int(inside["in_group"].sum()), len(inside))
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == (
        expected.rate,
        expected.ci_low,
        expected.ci_high,
    )
    assert frequency["numerator"].sum() == people["in_group"].sum() == table.loc["mutated.rate", "numerator"]
    assert frequency["denominator"].sum() == 200
    assert frequency["rate"].is_monotonic_decreasing
    assert table.loc["mutated.rate.glioma", ["numerator", "ci_low"]].tolist() == [0, 0.0]
    assert table.loc["mutated.rate_by_tumour_type", ["numerator", "denominator"]].tolist() == [3, 4]


def test_a_row_of_a_cancer_type_names_it_and_the_group_that_is_counted_in_it(people, calls):
    _, table, *_ = rows_of(people, calls)
    row = table.loc["mutated.rate.melanoma"]
    assert (row["category"], row["group_label"]) == ("Melanoma", "ALK mutated")
    assert row["n_in_group"] == row["numerator"]


def test_what_is_known_to_be_missing_stands_on_counts_of_mutations_and_not_on_shares(people, calls):
    _, table, *_ = rows_of(people, calls)
    noted = table.index[table["warnings"].map(lambda said: "note" in said)]
    assert set(noted) == {
        "mutated.rate_by_tumour_type", "placed.n", "variants.n",
        *(f"variants.n.{name}" for name in ("missense", "truncating", "splice", "in_frame")),
    }  # fmt: skip


def test_two_groups_with_one_short_key_keep_keys_of_their_own(people, calls):
    _, table, *_ = rows_of(people, calls)
    assert table["estimate_key"].is_unique
    assert {"mutated.rate.lung", "mutated.rate.small_cell_lung_cancer"} <= set(table.index)


def test_classes_add_up_to_all_mutations_and_shares_to_one(people, calls):
    _, table, _, classes, placed, _ = rows_of(people, calls)
    names = ["missense", "truncating", "splice", "in_frame"]
    assert table.loc["variants.n", "estimate"] == len(placed) == len(calls)
    assert sum(table.loc[f"variants.n.{name}", "estimate"] for name in names) == len(calls)
    assert sum(table.loc[f"variants.rate.{name}", "estimate"] for name in names) == pytest.approx(1.0)
    assert classes["n"].sum() == len(calls)


def test_placed_and_unplaced_mutations_add_up_to_all(people, calls):
    _, table, *_ = rows_of(people, calls)
    unplaced = table.loc["unplaced.no_protein_change_in_the_source", "numerator"]
    assert unplaced == calls["hgvsp_short"].isna().sum()
    assert table.loc["placed.n", "numerator"] + unplaced == len(calls)
    assert table.loc["domain.start.kinase", "estimate"] == 101
    assert table.loc["domain.rate.kinase", "estimate"] == 1.0


def test_every_row_names_a_row_set_with_exactly_the_people_it_counted(people, calls):
    named, table, *_ = rows_of(people, calls)
    named.named("members", people.index, people.index)
    for row in table[table["n"].notna()].itertuples():
        assert named.holds(row.row_set, people.index).sum() == row.n, row.estimate_key


def test_a_gene_that_nobody_carries_gives_zeros_and_no_lollipop(people, calls):
    nobody = people.assign(in_group=False)
    _, table, frequency, classes, placed, hot = rows_of(nobody, calls.iloc[:0])
    assert table.loc["variants.n", "estimate"] == 0
    assert table.loc["mutated.rate", "ci_high"] > 0
    pictures = landscape_pictures(SPEC, "default", frequency, classes, placed, hot, PROTEIN)
    assert set(pictures) == {"default_frequency"}


def test_the_figures_are_legible_and_say_their_numbers_in_words(people, calls, assert_legible):
    _, _, frequency, classes, placed, hot = rows_of(people, calls)
    pictures = landscape_pictures(SPEC, "default", frequency, classes, placed, hot, PROTEIN)
    assert set(pictures) == {"default_frequency", "default_classes", "default_lollipop"}
    for picture in pictures.values():
        assert_legible(picture.figure)
    assert "Protein kinase 101-200" in pictures["default_lollipop"].alt
    assert "missense" in pictures["default_classes"].alt


def test_mutations_at_one_residue_are_stacked_by_class():
    table = pd.DataFrame(
        {
            "cohort_id": "c", "patient_id": ["P1", "P2", "P3", "P3"], "residue": pd.array([7, 7, 7, 7], "Int64"),
            "variant_class": ["missense", "missense", "truncating", "truncating"], "hgvsp_short": "p.A7T",
        }
    )  # fmt: skip
    heights = stacked_heights(table)
    assert heights[["variant_class", "base", "top"]].to_numpy().tolist() == [
        ["missense", 0, 2],
        ["truncating", 2, 3],
    ]


def test_figures_without_anything_to_show_are_refused():
    with pytest.raises(NoRowsError, match="no frequency"):
        frequency_figure(pd.DataFrame(), title="T")
    with pytest.raises(NoRowsError, match="no class"):
        class_figure(pd.DataFrame({"variant_class": [], "n": [], "rate": []}), title="T")
    empty = pd.DataFrame(columns=["cohort_id", "patient_id", "residue", "variant_class", "hgvsp_short"])
    with pytest.raises(NoRowsError, match="no lollipop"):
        lollipop_figure(empty, PROTEIN, gene="ALK")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["p.G12C"] * 3, "G12C"),
        (["p.G12C", "p.Gly12Cys", "p.Gly12Ter"], "G12C/*"),
        (["p.G12C"] * 3 + ["p.G12D"] * 2 + ["p.G12V"], "G12C/D/V"),
        (["p.G12C", "p.G12C", "p.G12D", "p.G12V", "p.G12R", "p.G12S", "p.G12A"], "G12, 6 changes"),
        (["p.G12Afs*30", "p.G12Afs*30", "p.G12D"], "G12, 2 changes"),
        ([], "12"),
    ],
)
def test_the_label_of_a_lollipop_names_every_change_of_its_residue_or_their_number(changes, words):
    assert residue_words(pd.Series(changes, dtype=object), 12) == words
