"""Losses of pairs: who cannot be judged for a gene is in no denominator of it."""

import pandas as pd

from analytics.resistance.estimates import event_rows
from analytics.results.rows import ResultRows

PAIRS = pd.DataFrame(
    {
        "cohort_id": "c", "patient_id": ["1", "2", "3", "4"], "pair_id": ["a", "b", "d", "e"],
        "first_sample_id": ["1A", "2A", "3A", "4A"], "second_sample_id": ["1B", "2B", "3B", "4B"], "is_headline": True,
    }
)  # fmt: skip
MEMBERS = PAIRS[["cohort_id", "patient_id"]]
EVENTS = pd.DataFrame(
    [("c", "1", "a", "JAK1", "biallelic", "acquired", "high")],
    columns=["cohort_id", "patient_id", "pair_id", "hugo_symbol", "second_word", "timing", "confidence"],
)
SETS = {"jak": ["JAK1", "JAK2"]}


def counted(doubts: list[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    frame = pd.DataFrame([("c", *doubt) for doubt in doubts], columns=["cohort_id", "sample_id", "gene"])
    found = event_rows(ResultRows("q", "default"), PAIRS, EVENTS, SETS, MEMBERS, frame)
    return {row["estimate_key"]: (row["numerator"], row["n"]) for row in found}


def test_without_a_doubt_every_pair_is_counted() -> None:
    assert counted([]) == {
        "loss_of_function.n.jak1": (1, 4), "loss_of_function.rate.jak1": (1, 4), "loss_of_function.n.jak2": (0, 4),
        "loss_of_function.rate.jak2": (0, 4), "pathway.n.jak": (1, 4), "pathway.rate.jak": (1, 4),
        "pathway_acquired.n.jak": (1, 4), "pathway_acquired.rate.jak": (1, 4), "pathway.n": (1, 4),
        "pathway.rate": (1, 4), "pathway": (1, 4),
    }  # fmt: skip


def test_a_doubt_in_either_sample_takes_the_pair_out_for_that_gene_and_its_sets_only() -> None:
    found = counted([("2A", "JAK2"), ("3B", "JAK2"), ("4B", "TP53")])
    assert found["loss_of_function.n.jak2"] == (0, 2)
    assert found["loss_of_function.n.jak1"] == (1, 4), "JAK1 is judged in all"
    assert found["pathway.n.jak"] == found["pathway_acquired.rate.jak"] == found["pathway"] == (1, 2)


def test_a_loss_counts_beside_a_doubt() -> None:
    found = counted([("1B", "JAK1"), ("1A", "JAK2"), ("2B", "JAK1")])
    assert found["loss_of_function.n.jak1"] == (1, 3)
    assert found["pathway.n.jak"] == (1, 3)
