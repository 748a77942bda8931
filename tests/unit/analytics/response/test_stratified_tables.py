"""Mantel and Haenszel's test: R's and statsmodels' answers, strata that say nothing, people without a stratum."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from analytics.response.stratified_tables import (
    breslow_day,
    exact_conditional_p,
    mantel_haenszel,
    strata_counts,
)

ROOT = Path(__file__).parents[4]
R = json.loads(
    (ROOT / "tests/reference/stratified_tables/stratified_tables.json").read_text(encoding="utf-8")
)
SPARSE = np.array([[2, 1, 0, 30], [1, 3, 0, 20], [0, 4, 1, 40]], dtype=float)
CELLS = np.array([[3, 5, 9, 60], [8, 4, 20, 41], [1, 2, 4, 80], [12, 6, 7, 9]], dtype=float)


def from_cells(cells):
    return mantel_haenszel(*_margins(cells))


def _margins(cells):
    a, b, c, d = cells.T
    return a, a + b, a + c, a + b + c + d


def test_the_common_odds_ratio_its_interval_and_p_are_those_of_r():
    found = from_cells(CELLS)
    numbers = (found.odds_ratio, found.ci_low, found.ci_high, found.p)
    assert numbers == pytest.approx((R["odds_ratio"], R["ci_low"], R["ci_high"], R["p"]), rel=1e-9)


def test_and_those_of_statsmodels_on_generated_tables():
    rng = np.random.default_rng(1)
    for _ in range(20):
        cells = rng.integers(1, 30, (6, 4)).astype(float)
        theirs = StratifiedTable([row.reshape(2, 2) for row in cells])
        low, high = theirs.oddsratio_pooled_confint()
        found = from_cells(cells)
        assert (found.odds_ratio, found.ci_low, found.ci_high) == pytest.approx(
            (theirs.oddsratio_pooled, low, high)
        )
        assert found.p == pytest.approx(theirs.test_null_odds(correction=False).pvalue)


def test_strata_that_differ_in_their_odds_ratio_are_told_as_by_statsmodels():
    rng = np.random.default_rng(2)
    for _ in range(20):
        cells = rng.integers(1, 30, (5, 4)).astype(float)
        theirs = StratifiedTable([row.reshape(2, 2) for row in cells]).test_equal_odds(adjust=True)
        found = breslow_day(*_margins(cells), from_cells(cells).odds_ratio)
        assert found is not None and found.n_strata == 5
        assert (found.chi2, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_equal_odds_ratios_do_not_differ_and_opposite_ones_do():
    alike = np.array([[10, 20, 20, 80], [30, 60, 10, 40]], dtype=float)
    found = breslow_day(*_margins(alike), from_cells(alike).odds_ratio)
    assert from_cells(alike).odds_ratio == pytest.approx(2.0)
    assert found is not None and found.chi2 == pytest.approx(0.0, abs=1e-9) and found.p == pytest.approx(1.0)
    opposite = np.array([[40, 10, 10, 40], [10, 40, 40, 10]], dtype=float)
    found = breslow_day(*_margins(opposite), from_cells(opposite).odds_ratio)
    assert found is not None and found.p < 1e-12


def test_whether_strata_differ_needs_two_that_inform_and_a_common_odds_ratio():
    one = np.vstack([CELLS[0], [0, 0, 5, 9]])
    assert breslow_day(*_margins(one), from_cells(one).odds_ratio) is None
    empty = np.array([[0, 5, 9, 60], [0, 4, 20, 41]], dtype=float)
    assert from_cells(empty).odds_ratio == 0.0 and breslow_day(*_margins(empty), 0.0) is None


@pytest.mark.parametrize(("cells", "name"), [(CELLS, "exact_p"), (SPARSE, "sparse_exact_p")])
def test_the_exact_p_is_that_of_r(cells, name):
    assert exact_conditional_p(*_margins(cells)) == pytest.approx(R[name], rel=1e-9)


def test_the_exact_p_of_one_stratum_is_fishers():
    expected = stats.fisher_exact(CELLS[0].reshape(2, 2))[1]
    assert exact_conditional_p(*_margins(CELLS[:1])) == pytest.approx(expected, rel=1e-9)


def test_strata_in_which_a_gene_does_not_vary_change_nothing():
    more = np.vstack([CELLS, [[0, 0, 7, 30], [0, 5, 0, 30], [4, 0, 0, 0], [0, 0, 0, 0]]])
    assert from_cells(more) == from_cells(CELLS)


def test_without_an_informative_stratum_there_is_no_answer():
    found = from_cells(np.array([[0, 0, 7, 30]], dtype=float))
    assert np.isnan(found.odds_ratio)
    assert found.n_informative == 0


def test_columns_of_people_give_the_answer_of_their_tables_and_a_missing_stratum_leaves_a_person_out():
    rng = np.random.default_rng(3)
    strata = pd.Series(rng.integers(0, 5, 400)).astype("Int64")
    status = pd.Series((rng.random(400) < 0.2 + 0.1 * strata.astype(float)).astype(float))
    present = pd.Series((rng.random(400) < 0.2 + 0.1 * status + 0.1 * strata.astype(float)).astype(float))
    strata[:20] = pd.NA
    tables = []
    for k in range(5):
        x, y = present[strata.eq(k).fillna(False)], status[strata.eq(k).fillna(False)]
        tables.append([[((x == a) & (y == b)).sum() for b in (1, 0)] for a in (1, 0)])
    theirs = StratifiedTable([np.array(table, dtype=float) for table in tables])
    found = mantel_haenszel(*strata_counts(present, status, strata))
    assert found.odds_ratio == pytest.approx(theirs.oddsratio_pooled)
    assert found.p == pytest.approx(theirs.test_null_odds(correction=False).pvalue)
    assert (found.ci_low, found.ci_high) == pytest.approx(theirs.oddsratio_pooled_confint(alpha=0.05))
    assert found.n_informative == 5


def test_another_level_widens_the_interval_and_leaves_the_rest():
    wide = mantel_haenszel(*_margins(CELLS), conf_level=0.99)
    usual = mantel_haenszel(*_margins(CELLS))
    assert (wide.odds_ratio, wide.p) == (usual.odds_ratio, usual.p)
    widths = [np.log(found.ci_high / found.ci_low) for found in (wide, usual)]
    assert widths[0] / widths[1] == pytest.approx(2.575829 / 1.959964, rel=1e-6)
