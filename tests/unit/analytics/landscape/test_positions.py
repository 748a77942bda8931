"""Residues, classes, hotspots and domains: known protein changes, planted hits, the binomial test by another route."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.errors import MissingColumnError
from analytics.landscape.positions import (
    BEYOND,
    NOT_GIVEN,
    NOT_UNDERSTOOD,
    domain_counts,
    hotspots,
    place,
    residue,
    variant_class,
)
from analytics.landscape.spec import Domain, Protein

PROTEIN = Protein(
    accession="T1", citation="none", length=100,
    domains=(
        Domain(key="head", name="Head", start=1, end=20), Domain(key="tail", name="Tail", start=81, end=100),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("p.R401*", 401), ("p.Arg401Ter", 401), ("p.(R401H)", 401), ("R401H", 401), ("p.Y479Tfs*28", 479),
        ("p.F1271_M1273delinsL", 1271), ("p.X1172_splice", 1172), ("p.G263G", 263), ("p.M1?", 1),
        ("p.*1621Lext*5", 1621),
        (" p.L838fs ", 838), ("p.?", None), ("p.=", None), ("c.1201C>T", None), ("", None), (None, None),
        (float("nan"), None),
    ],
)  # fmt: skip
def test_the_residue_of_a_protein_change_is_the_first_that_it_names(change, position):
    assert residue(change) == position


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Missense_Mutation", "missense"), ("Nonsense_Mutation", "truncating"), ("Frame_Shift_Del", "truncating"),
        ("Frame_Shift_Indel", "truncating"), ("Splice_Site", "splice"), ("In_Frame_Ins", "in_frame"),
        ("Translation_Start_Site", "other"), ("Unknown", "other"),
    ],
)  # fmt: skip
def test_every_maf_class_is_in_one_class_of_variants(word, name):
    assert variant_class(word) == name


def calls(changes, words=None):
    return pd.DataFrame(
        {
            "cohort_id": "c", "patient_id": [f"P{i}" for i in range(len(changes))], "hgvsp_short": changes,
            "variant_classification": words or ["Missense_Mutation"] * len(changes),
        }
    )  # fmt: skip


def test_what_cannot_be_placed_stays_and_says_why():
    placed = place(calls(["p.A10T", None, "p.?", "p.A101T"]), 100)
    assert placed["unplaced"].fillna("").tolist() == ["", NOT_GIVEN, NOT_UNDERSTOOD, BEYOND]
    assert placed["residue"].dropna().tolist() == [10]
    assert len(placed) == 4


def test_calls_without_protein_changes_as_a_column_are_refused():
    with pytest.raises(MissingColumnError, match="hgvsp_short"):
        place(calls(["p.A10T"]).drop(columns="hgvsp_short"), 100)


def test_a_planted_hotspot_is_found_with_the_binomial_p_and_no_other():
    rng = np.random.default_rng(1)
    scattered = [f"p.A{k}T" for k in rng.permutation(np.arange(1, 501))[:60]]
    placed = place(calls([*scattered, *["p.R250C"] * 6]), 500)
    found = hotspots(placed, 500)
    hits = int(found["n_people"].sum())
    top = found.iloc[0]
    assert (top["residue"], hits) == (250, 66)
    assert top["p"] == pytest.approx(stats.binomtest(int(top["n_people"]), hits, 1 / 500, "greater").pvalue)
    assert top["q"] == pytest.approx(top["p"] * 500)  # the smallest p of a family of 500 residues
    assert found.loc[found["q"] < 0.05, "residue"].tolist() == [250]


def test_a_person_counts_once_a_residue_and_splice_sites_do_not_count():
    table = calls(
        ["p.A5T", "p.A5V", "p.X5_splice"], ["Missense_Mutation", "Missense_Mutation", "Splice_Site"]
    )
    table["patient_id"] = ["P1", "P1", "P2"]
    found = hotspots(place(table, 100), 100)
    assert found[["residue", "n_people"]].to_numpy().tolist() == [[5, 1]]


def test_scattered_mutations_make_hotspots_in_less_than_5_of_100_genes():
    rng = np.random.default_rng(2)
    false = [
        (
            hotspots(place(calls([f"p.A{k}T" for k in rng.integers(1, 1201, 200)]), 1200), 1200)["q"] < 0.05
        ).any()
        for _ in range(100)
    ]
    assert np.mean(false) <= 0.05


def test_nothing_placed_is_an_empty_table():
    assert hotspots(place(calls([None, None]), 100), 100).empty
    assert domain_counts(place(calls([None]), 100), PROTEIN)["numerator"].tolist() == [0, 0]


def test_mutations_are_counted_by_domain_against_its_share_of_the_length():
    placed = place(calls([*["p.A5T"] * 10, *["p.A50T"] * 5, "p.A20T", "p.A21T", "p.A81T", None]), 100)
    table = domain_counts(placed, PROTEIN).set_index("key")
    assert table["numerator"].tolist() == [11, 1]
    assert table["denominator"].tolist() == [18, 18]
    assert table.loc["head", "p"] == pytest.approx(stats.binomtest(11, 18, 0.2).pvalue)


def test_a_domain_beyond_the_protein_or_backwards_is_refused():
    with pytest.raises(ValueError, match="ends at 3, before it starts at 9"):
        Domain(key="a", name="A", start=9, end=3)
    with pytest.raises(ValueError, match="tail end beyond residue 90"):
        Protein(accession="x", citation="y", length=90, domains=PROTEIN.domains)
