"""ssGSEA against GSVA 1.46.0 (tests/reference/immune), the running sum of the paper, invariants."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidColumnError, InvalidSettingError, NoRowsError
from analytics.immune.gene_sets import GeneSet
from analytics.immune.ssgsea import ssgsea

REFERENCE = json.loads((Path(__file__).parents[3] / "reference" / "immune" / "ssgsea.json").read_text())
SETS = [GeneSet(name, tuple(genes), "generated", "1") for name, genes in REFERENCE["sets"].items()]


def table(kind):
    return pd.DataFrame(np.array(REFERENCE["matrices"][kind]["x"], dtype=float), columns=REFERENCE["genes"])


@pytest.mark.parametrize("kind", REFERENCE["matrices"])
@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"normalise": False}, "raw"),
        ({"normalise": True}, "normalised"),
        ({"normalise": False, "alpha": 1.0}, "alpha_one"),
    ],
    ids=["raw", "normalised", "alpha 1"],
)
def test_scores_equal_gsva_without_ties_with_zeros_and_with_small_counts(kind, settings, key):
    result = ssgsea(table(kind), SETS, **settings)
    np.testing.assert_allclose(result.scores, REFERENCE["matrices"][kind][key], rtol=1e-11, atol=1e-11)
    assert result.scores.columns.tolist() == list(REFERENCE["sets"])


def test_the_closed_form_is_the_running_sum_of_the_paper():
    rng = np.random.default_rng(4)
    values = rng.normal(size=60)
    genes = [f"G{i}" for i in range(60)]
    members = genes[3:14]
    order = np.argsort(-values)
    rank = np.empty(60)
    rank[order] = np.arange(60, 0, -1)
    inside = np.array([genes[i] in members for i in order])
    weight = np.where(inside, rank[order] ** 0.25, 0.0)
    running = np.cumsum(weight) / weight.sum() - np.cumsum(~inside) / (~inside).sum()
    result = ssgsea(
        pd.DataFrame([values], columns=genes), [GeneSet("s", tuple(members), "", "")], normalise=False
    )
    assert result.scores.iloc[0, 0] == pytest.approx(running.sum(), rel=1e-12)


def test_only_ranks_count_so_that_a_monotone_change_of_unit_changes_nothing():
    counts = table("zeros")
    plain = ssgsea(counts, SETS)
    logged = ssgsea(np.log2(counts + 1), SETS)
    np.testing.assert_allclose(logged.scores, plain.scores, rtol=1e-13)


def test_integers_single_precision_and_any_memory_order_give_the_same_scores():
    counts = table("counts")
    plain = ssgsea(counts, SETS).scores
    for other in (
        counts.astype(np.int32),
        counts.astype(np.float32),
        pd.DataFrame(np.asfortranarray(counts.to_numpy()), columns=counts.columns),
    ):
        np.testing.assert_array_equal(ssgsea(other, SETS).scores, plain)


def test_samples_and_threads_do_not_influence_each_other():
    rng = np.random.default_rng(9)
    many = pd.DataFrame(np.round(rng.normal(size=(150, 80)), 1), columns=[f"G{i}" for i in range(80)])
    sets = [GeneSet("s", ("G1", "G5", "G7", "G60"), "", "")]
    together = ssgsea(many, sets, normalise=False, threads=3).scores
    alone = pd.concat(
        [ssgsea(many.iloc[[i]], sets, normalise=False, threads=1).scores for i in (0, 63, 64, 149)]
    )
    pd.testing.assert_frame_equal(together.loc[alone.index], alone)


def test_a_planted_programme_is_found_and_normalised_scores_span_one():
    rng = np.random.default_rng(1)
    expression = pd.DataFrame(rng.normal(size=(40, 300)), columns=[f"G{i}" for i in range(300)])
    expression.iloc[:20, :25] += 1.5
    planted = GeneSet("planted", tuple(f"G{i}" for i in range(25)), "", "")
    other = GeneSet("other", tuple(f"G{i}" for i in range(100, 130)), "", "")
    result = ssgsea(expression, [planted, other])
    assert result.scores["planted"][:20].min() > result.scores["planted"][20:].max()
    values = result.scores.to_numpy()
    assert values.max() - values.min() == pytest.approx(1.0)


def test_a_set_below_coverage_has_a_reason_and_no_score():
    gappy = GeneSet("gappy", (*REFERENCE["genes"][:3], "X", "Y"), "", "")
    result = ssgsea(table("continuous"), [*SETS, gappy])
    assert "gappy" not in result.scores
    row = result.coverage.set_index("gene_set").loc["gappy"]
    assert not row["is_scored"]
    assert any(warning.startswith("gappy: only 3 of 5") for warning in result.warnings)
    np.testing.assert_array_equal(result.scores, ssgsea(table("continuous"), SETS).scores)


def test_when_no_set_is_covered_the_answer_is_empty_with_reasons_and_no_error():
    result = ssgsea(table("continuous"), [GeneSet("none", ("X", "Y"), "", "")])
    assert result.scores.shape == (8, 0)
    assert result.coverage.loc[0, "reason"].startswith("only 0 of 2")


def test_a_sample_with_one_value_has_no_score_and_constant_genes_are_counted():
    flat = table("continuous")
    flat.iloc[2] = 1.0
    flat_genes = table("continuous")
    flat_genes[list(SETS[2].genes)] = 0.5
    assert ssgsea(flat, SETS).scores.isna().all(axis=1).tolist() == [False, False, True] + [False] * 5
    assert any("one value for every gene" in warning for warning in ssgsea(flat, SETS).warnings)
    result = ssgsea(flat_genes, SETS)
    assert result.coverage.set_index("gene_set").loc["c", "n_constant"] == 3
    assert any("3 gene(s)" in warning for warning in result.warnings)


def test_memory_beyond_the_input_stays_far_below_it():
    rng = np.random.default_rng(3)
    genes = [f"G{i}" for i in range(2000)]
    expression = pd.DataFrame(rng.normal(size=(4000, 2000)), columns=genes)
    sets = [GeneSet(f"s{i}", tuple(rng.choice(genes, 30, replace=False)), "", "") for i in range(29)]
    ssgsea(expression.iloc[:70], sets)
    tracemalloc.start()
    ssgsea(expression, sets, threads=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.25 * expression.to_numpy().nbytes


@pytest.mark.parametrize(
    ("change", "settings", "error", "words"),
    [
        (lambda x: x.assign(G001=np.nan), {}, InvalidColumnError, "Sample '0' has missing"),
        (lambda x: x.assign(G001=-np.inf), {}, InvalidColumnError, "infinite expression"),
        (lambda x: x.assign(G001="high"), {}, InvalidColumnError, "'G001' is not numeric"),
        (lambda x: pd.concat([x, x], axis=1), {}, InvalidColumnError, "gene 'G001' is in the .* twice"),
        (lambda x: pd.concat([x, x]), {}, InvalidColumnError, "sample '0' is in the .* twice"),
        (lambda x: x.iloc[:0], {}, NoRowsError, "is empty"),
        (lambda x: x, {"alpha": -1.0}, InvalidSettingError, "alpha is -1"),
    ],
)
def test_bad_input_gets_one_sentence_with_the_remedy(change, settings, error, words):
    with pytest.raises(error, match=words):
        ssgsea(change(table("continuous")), SETS, **settings)


def test_one_sample_and_one_set_cannot_be_normalised():
    with pytest.raises(InvalidSettingError, match="normalise=False"):
        ssgsea(table("continuous").iloc[:1], SETS[:1])
