"""Ranking genes within cohorts: against every assignment of the groups, planted genes, and units that cannot matter."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.errors import EmptyGroupError, InvalidColumnError, TooFewError
from analytics.immune.stratified_ranking import stratified_ranking


def cohort(seed: int, n: int, genes: int = 40, scale: float = 1.0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(5, 1, size=(n, genes)) * scale
    return pd.DataFrame(
        values, index=[f"S{i}" for i in range(n)], columns=[f"G{i:02d}" for i in range(genes)]
    )


def carriers(table: pd.DataFrame, n: int) -> pd.Series:
    return pd.Series([i < n for i in range(len(table))], index=table.index)


@pytest.mark.parametrize("scores", ["standardised", "normal_scores"])
def test_one_cohort_gives_the_z_of_all_assignments_of_the_groups(scores: str) -> None:
    table = cohort(1, 9, genes=3)
    found = stratified_ranking({"a": table}, {"a": carriers(table, 3)}, scores=scores).ranking  # type: ignore[arg-type]
    for gene in table:
        values = table[gene].to_numpy()
        if scores == "normal_scores":
            values = stats.norm.ppf(stats.rankdata(values) / 10)
        all_of_them = [
            values[list(chosen)].mean() - np.delete(values, list(chosen)).mean()
            for chosen in combinations(range(9), 3)
        ]
        observed = values[:3].mean() - values[3:].mean()
        assert found[gene] == pytest.approx(observed / np.std(all_of_them), abs=1e-12)


def test_two_cohorts_are_joined_by_inverse_variance() -> None:
    a, b = cohort(1, 20), cohort(2, 12)
    alone = {
        name: stratified_ranking({name: t}, {name: carriers(t, 4)}).ranking
        for name, t in (("a", a), ("b", b))
    }
    both = stratified_ranking({"a": a, "b": b}, {"a": carriers(a, 4), "b": carriers(b, 4)}).ranking
    # variance of a standardised difference: n / (m (n - m))
    weight = {"a": 4 * 16 / 20, "b": 4 * 8 / 12}
    joined = sum(np.sqrt(weight[name]) * alone[name] for name in weight) / np.sqrt(sum(weight.values()))
    pd.testing.assert_series_equal(both.sort_index(), joined.sort_index(), check_names=False, atol=1e-12)


def test_the_unit_of_a_cohort_does_not_matter_and_its_level_is_never_seen() -> None:
    a, b = cohort(1, 20), cohort(2, 12)
    who = {"a": carriers(a, 4), "b": carriers(b, 4)}
    plain = stratified_ranking({"a": a, "b": b}, who).ranking
    shifted = stratified_ranking({"a": a * 1000 + 7, "b": b}, who).ranking
    pd.testing.assert_series_equal(plain, shifted, atol=1e-9)


def test_a_planted_gene_comes_first_and_a_gene_of_one_cohort_counts_there_alone() -> None:
    a, b = cohort(3, 30), cohort(4, 30).drop(columns="G05")
    a.iloc[:6, 7] += 4
    b.iloc[:6, 6] += 4  # G05 is gone, so this is G07 too
    found = stratified_ranking({"a": a, "b": b}, {"a": carriers(a, 6), "b": carriers(b, 6)})
    assert found.ranking.index[0] == "G07"
    assert (found.n_case["G07"], found.n_case["G05"]) == (12, 6)


def test_a_cohort_without_carriers_is_left_out_with_the_reason_and_constant_genes_say_nothing() -> None:
    a, b = cohort(5, 10), cohort(6, 10)
    a["G00"] = 1.0
    found = stratified_ranking({"a": a, "b": b}, {"a": carriers(a, 3), "b": carriers(b, 0)})
    assert found.cohorts == ("a",)
    assert found.left_out == {"b": "0 cases and 10 others have expression"}
    assert "G00" not in found.ranking.index


def test_too_little_to_rank_is_one_sentence() -> None:
    a = cohort(7, 10)
    with pytest.raises(EmptyGroupError, match="No cohort has both groups: a: 0 cases"):
        stratified_ranking({"a": a}, {"a": carriers(a, 0)})
    with pytest.raises(TooFewError, match="Only 2 cases"):
        stratified_ranking({"a": a}, {"a": carriers(a, 2)})
    a.iloc[0, 0] = np.nan
    with pytest.raises(InvalidColumnError, match="missing values"):
        stratified_ranking({"a": a}, {"a": carriers(a, 4)})
