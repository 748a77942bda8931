"""Preranked GSEA: gseapy's running sum against the paper's definition, planted sets, seeds, bad input."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import (
    InvalidColumnError,
    InvalidSettingError,
    NoRowsError,
)
from analytics.immune.gene_sets import GeneSet
from analytics.immune.gsea import preranked_gsea

GENES = [f"G{i:03d}" for i in range(400)]
UP = GeneSet("planted up", tuple(GENES[:20]), "generated", "1")
DOWN = GeneSet("planted down", tuple(GENES[20:45]), "generated", "1")
NULL = GeneSet("null", tuple(GENES[200:240]), "generated", "1")
TINY = GeneSet("tiny", tuple(GENES[300:303]), "generated", "1")


@pytest.fixture(scope="module")
def ranking():
    rng = np.random.default_rng(11)
    values = pd.Series(rng.normal(size=400), index=GENES)
    values[list(UP.genes)] += 1.2
    values[list(DOWN.genes)] -= 1.2
    return values


@pytest.fixture(scope="module")
def result(ranking):
    return preranked_gsea(ranking, [UP, DOWN, NULL, TINY], permutations=300, seed=3, min_size=5)


def test_planted_sets_are_enriched_in_their_direction_and_the_null_set_is_not(result):
    table = result.table.set_index("gene_set")
    assert table.loc["planted up", "nes"] > 1.5
    assert table.loc["planted down", "nes"] < -1.5
    assert table.loc[["planted up", "planted down"], "fdr_q"].max() < 0.01
    assert table.loc["null", "p"] > 0.05


@pytest.mark.parametrize("gene_set", [UP, DOWN, NULL])
def test_the_running_score_is_the_sum_defined_in_the_paper(result, gene_set):
    metric = result.ranking.to_numpy()
    inside = result.ranking.index.isin(gene_set.genes)
    weight = np.where(inside, np.abs(metric), 0.0)
    running = np.cumsum(weight) / weight.sum() - np.cumsum(~inside) / (~inside).sum()
    ours = result.running[gene_set.name]
    np.testing.assert_allclose(ours.score, running, atol=1e-9)
    assert ours.es == pytest.approx(running[np.argmax(np.abs(running))], abs=1e-9)
    np.testing.assert_array_equal(ours.hits, np.flatnonzero(inside))


@pytest.mark.parametrize("gene_set", [UP, DOWN, NULL])
def test_the_normalised_score_and_p_are_those_of_genes_drawn_by_numpy(ranking, gene_set):
    """Subramanian 2005: ES over the mean of random sets' ES of its sign; p is their share beyond it."""
    draws = 2000
    found = preranked_gsea(ranking, [gene_set], permutations=draws, seed=3, min_size=5)
    weights = found.ranking.abs().to_numpy()
    rng = np.random.default_rng(8)
    null = np.empty(draws)
    for k in range(draws):
        inside = np.zeros(len(weights), dtype=bool)
        inside[rng.choice(len(weights), len(gene_set.genes), replace=False)] = True
        hit = np.cumsum(np.where(inside, weights, 0.0)) / weights[inside].sum()
        running = hit - np.cumsum(~inside) / (~inside).sum()
        null[k] = running[np.argmax(np.abs(running))]
    es = found.running[gene_set.name].es
    same = np.abs(null[np.sign(null) == np.sign(es)])
    row = found.table.iloc[0]
    # both means are over about `draws` / 2 sets: four standard errors of their difference
    slack = 4 * np.sqrt(2) * same.std() / same.mean() / np.sqrt(len(same))
    assert abs(row["nes"]) == pytest.approx(abs(es) / same.mean(), rel=slack)
    p = (same >= abs(es)).mean()
    assert row["p"] == pytest.approx(p, abs=4 * np.sqrt(2 * max(p, 1 / draws) / len(same)))


def test_the_leading_edge_holds_the_genes_up_to_the_peak(result):
    running = result.running["planted up"]
    before_peak = result.ranking.index[: int(np.argmax(running.score)) + 1]
    leading = result.table.set_index("gene_set").loc["planted up", "leading_edge"].split(",")
    assert set(leading) == set(before_peak) & set(UP.genes)


def test_p_is_never_zero_but_at_the_floor_of_the_permutations(result):
    row = result.table.set_index("gene_set").loc["planted up"]
    assert row["p"] == pytest.approx(1 / 300)
    assert row["is_p_at_floor"]


def test_a_set_of_the_wrong_size_is_a_row_with_a_reason(result):
    row = result.table.set_index("gene_set").loc["tiny"]
    assert row["reason"] == "3 of its genes are in the ranking, 5 to 500 are needed"
    assert np.isnan(row["nes"])
    assert result.warnings == (f"tiny: {row['reason']}",)


def test_when_no_set_can_be_tested_all_rows_have_reasons(ranking):
    result = preranked_gsea(ranking, [TINY], permutations=100)
    assert result.running == {}
    assert result.table["reason"].notna().all()


def test_the_same_seed_gives_the_same_numbers_and_threads_do_not_matter(ranking, result):
    again = preranked_gsea(ranking, [UP, DOWN, NULL, TINY], permutations=300, seed=3, min_size=5, threads=2)
    pd.testing.assert_frame_equal(again.table, result.table)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda r: preranked_gsea(r[:0], [UP]), NoRowsError, "is empty"),
        (
            lambda r: preranked_gsea(pd.concat([r, r[:1]]), [UP]),
            InvalidColumnError,
            "'G000' is in the ranking twice",
        ),
        (lambda r: preranked_gsea(r.where(r < 2), [UP]), InvalidColumnError, "missing or infinite"),
        (lambda r: preranked_gsea(r, [UP], permutations=10), InvalidSettingError, "use 1000"),
    ],
)
def test_bad_rankings_get_one_sentence_with_the_remedy(ranking, make, error, words):
    with pytest.raises(error, match=words):
        make(ranking)


def test_ties_are_a_sentence_of_the_answer_and_nothing_is_written_to_the_terminal(ranking, capfd):
    tied = ranking.copy()
    tied.iloc[300:310] = 0.25
    found = preranked_gsea(tied, [UP], permutations=100, min_size=5)
    assert found.warnings == (
        "2.5% of the genes share their metric with another: the order among them is arbitrary.",
    )
    assert capfd.readouterr() == ("", "")
