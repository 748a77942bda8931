"""One gene against every other: R's and statsmodels' answers, planted pairs, a null that burden makes, bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.biomarkers.groups import Contrast
from analytics.comutation.estimate import Audited, count_statistics, gene_statistics, named_genes
from analytics.comutation.figures import comutation_figure
from analytics.comutation.pairs import (
    EXPLAINED,
    TOGETHER,
    TOO_FEW,
    burden_bins,
    comutation_table,
    inflation,
)
from analytics.comutation.spec import ComutationSpec
from analytics.errors import EmptyGroupError, NoRowsError
from analytics.results.row_sets import RowSets
from analytics.results.schema import table_of
from analytics.results.statistic import ComparisonStatistic, FrequencyStatistic, Scope

SETTINGS = {"strata": ("cancer_type",), "bins": 10, "widest_bin": 1.25, "min_carriers": 10}


def test_no_bin_spans_more_than_the_widest_factor_and_each_holds_its_own_stratum():
    rng = np.random.default_rng(3)
    stratum = rng.integers(0, 4, 2000)
    burden = np.round(rng.lognormal(3 + stratum, 1.2))
    bins = burden_bins(burden, stratum, 10, 1.25)
    codes = bins.codes(burden, np.arange(2000))
    frame = pd.DataFrame({"code": codes, "burden": burden, "stratum": stratum})
    by_code = frame.groupby("code")
    assert (by_code["stratum"].nunique() == 1).all()
    whole = by_code["burden"].agg(["min", "max"])
    whole = whole[whole["min"] >= 1]
    assert (whole["max"] <= whole["min"] * 1.25 + 1e-9).all()
    assert codes.max() < bins.n_bins


def cohort(seed, *, together=0.0, n=3000, genes=60):
    """Genes hit in proportion to burden; the first also where the gene asked about is, with chance ``together``."""
    rng = np.random.default_rng(seed)
    types = rng.choice(["Melanoma", "Glioma"], n)
    rate = rng.lognormal(np.where(types == "Melanoma", 4.5, 3.0), 1.2)
    length = rng.lognormal(-8, 0.5, genes + 1)
    hits = rng.poisson(rate[:, None] * length)
    mutated = hits[:, 0] > 0
    hits[:, 1] += mutated & (rng.random(n) < together)
    rest = rng.poisson(rate)
    members = pd.DataFrame(
        {
            "cancer_type": types, "panel_id": "WES", "in_group": mutated,
            "n_nonsynonymous": (rest + hits.sum(axis=1)).astype(float), "n_mutations": hits[:, 0],
        },
        index=[f"m{i}" for i in range(n)],
    )  # fmt: skip
    where = np.argwhere(hits[:, 1:] > 0)
    calls = pd.DataFrame(
        {
            "member": members.index[where[:, 0]], "gene": [f"G{k:03d}" for k in where[:, 1]],
            "n_calls": hits[:, 1:][where[:, 0], where[:, 1]],
        }
    )  # fmt: skip
    return members, calls, {"WES": {f"G{k:03d}" for k in range(genes)}}


def test_genes_that_share_only_burden_are_explained_by_it_and_the_tests_are_not_inflated():
    crude, within, inflated = [], [], []
    for seed in range(6):
        table = comutation_table(*cohort(seed), {}, **SETTINGS)
        tested = table[table["verdict"] != TOO_FEW]
        crude.append((tested["fisher_p"] < 0.05).mean())
        within += list(tested["mh_p"])
        inflated.append(inflation(table))
        assert not (table["verdict"] == TOGETHER).any()
        assert (table["verdict"] == EXPLAINED).any()
    assert np.mean(crude) > 0.5
    assert np.mean(np.array(within) < 0.05) < 0.08
    assert 0.7 < np.median(inflated) < 1.4


def test_a_planted_pair_is_found_beyond_burden_and_is_the_first():
    table = comutation_table(*cohort(11, together=0.6), {}, **SETTINGS)
    assert table.loc[0, "other_gene"] == "G000"
    assert table.loc[0, "verdict"] == TOGETHER
    assert table.loc[0, "mh_ci_low"] > 2
    assert (table.loc[1:, "verdict"] != TOGETHER).mean() > 0.95


def test_crude_numbers_are_those_of_the_two_by_two_table():
    members, calls, coverage = cohort(4)
    table = comutation_table(members, calls, coverage, {}, **SETTINGS).set_index("other_gene")
    carries = members.index.isin(calls.loc[calls["gene"] == "G007", "member"])
    cells = pd.crosstab(members["in_group"], carries).to_numpy()[::-1, ::-1]
    row = table.loc["G007"]
    assert (row["n_both"], row["n_gene"], row["n_other"]) == (cells[0, 0], cells[0].sum(), cells[:, 0].sum())
    assert row["odds_ratio"] == pytest.approx(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0]))
    assert row["fisher_p"] == pytest.approx(stats.fisher_exact(cells).pvalue, rel=1e-6)


def test_people_on_a_panel_without_the_gene_are_not_in_its_table():
    members, calls, _ = cohort(5)
    members["panel_id"] = np.where(np.arange(len(members)) % 3 == 0, "small", "WES")
    coverage = {"WES": {f"G{k:03d}" for k in range(60)}, "small": {"G001"}}
    table = comutation_table(members, calls, coverage, {}, **SETTINGS).set_index("other_gene")
    assert table.loc["G001", "n"] == len(members)
    assert table.loc["G002", "n"] == (members["panel_id"] == "WES").sum()


def test_people_who_cannot_be_judged_for_the_other_gene_are_in_neither_group_of_its_table():
    members, calls, coverage = cohort(4)
    carriers = calls.loc[calls["gene"] == "G007", "member"]
    doubtful = members.index.difference(carriers)[:40]
    table = comutation_table(members, calls, coverage, {"G007": doubtful}, **SETTINGS).set_index("other_gene")
    others = members.drop(index=doubtful)
    cells = pd.crosstab(others["in_group"], others.index.isin(carriers)).to_numpy()[::-1, ::-1]
    row = table.loc["G007"]
    assert (row["n"], row["n_gene"], row["n_other"]) == (len(others), cells[0].sum(), len(carriers))
    assert row["odds_ratio"] == pytest.approx(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0]))
    assert table.loc["G001", "n"] == len(members), "they are judged for every other gene"
    beside_a_call = comutation_table(members, calls, coverage, {"G007": pd.Index(carriers)}, **SETTINGS)
    assert beside_a_call.set_index("other_gene").loc["G007", "n"] == len(members)


def test_the_other_gene_s_own_mutations_do_not_raise_the_burden_it_is_compared_at():
    # G000 has 50 mutations wherever it has any: with them in, its carriers would share no bin with anybody
    members, calls, coverage = cohort(6, together=0.5)
    plain = comutation_table(members, calls, coverage, {}, **SETTINGS).set_index("other_gene").loc["G000"]
    first = calls["gene"] == "G000"
    extra = calls[first].set_index("member")["n_calls"] * 0 + 50
    heavy = members.assign(n_nonsynonymous=members["n_nonsynonymous"].add(extra, fill_value=0))
    many = calls.assign(n_calls=np.where(first, calls["n_calls"] + 50, calls["n_calls"]))
    found = comutation_table(heavy, many, coverage, {}, **SETTINGS).set_index("other_gene").loc["G000"]
    assert found["n_informative"] > 0.6 * plain["n_informative"]
    assert found["mh_odds_ratio"] == pytest.approx(plain["mh_odds_ratio"], rel=0.35)


def test_a_gene_with_few_carriers_is_a_row_that_says_so():
    members, calls, coverage = cohort(7)
    table = comutation_table(members, calls, coverage, {}, **{**SETTINGS, "min_carriers": 10**6})
    assert (table["verdict"] == TOO_FEW).all()
    assert table["mh_p"].isna().all()
    assert len(table) == calls["gene"].nunique()


def test_nobody_mutated_or_without_burden_is_refused_in_one_sentence():
    members, calls, coverage = cohort(8)
    with pytest.raises(EmptyGroupError, match="no gene can be mutated together"):
        comutation_table(members.assign(in_group=False), calls, coverage, {}, **SETTINGS)
    with pytest.raises(NoRowsError, match="Nobody has a count of mutations"):
        comutation_table(members.assign(n_nonsynonymous=np.nan), calls, coverage, {}, **SETTINGS)


def test_fisher_s_row_has_the_estimate_and_the_interval_that_belong_to_its_p():
    members, calls, coverage = cohort(9, together=0.6)
    table = comutation_table(members, calls, coverage, {}, **SETTINGS)
    audited, scope = Audited(members, table, coverage, {}), Scope("q", "default", "c")
    rows = gene_statistics(scope, RowSets(), audited, ["G000", "G007"], "family", Contrast.of_gene("ALK"))
    fisher = {row.feature: row for row in rows if row.estimator == "fisher_exact"}
    assert set(fisher) == {"G000", "G007"}
    for gene, row in fisher.items():
        carries = members.index.isin(calls.loc[calls["gene"] == gene, "member"])
        cells = pd.crosstab(members["in_group"], carries).to_numpy()[::-1, ::-1]
        conditional = stats.contingency.odds_ratio(cells, kind="conditional")
        interval = conditional.confidence_interval(0.95)
        assert row.estimate == pytest.approx(conditional.statistic)
        assert (row.ci_low, row.ci_high) == pytest.approx((interval.low, interval.high))
        assert row.p == pytest.approx(stats.fisher_exact(cells).pvalue, rel=1e-6)
    within = [row.estimator for row in rows if row.key.endswith(".mantel_haenszel")]
    assert within == ["mantel_haenszel_within_burden"] * 2


def test_a_companion_with_too_few_carriers_is_a_row_without_numbers():
    members, calls, coverage = cohort(7)
    table = comutation_table(members, calls, coverage, {}, **{**SETTINGS, "min_carriers": 10**6})
    audited, scope = Audited(members, table, coverage, {}), Scope("q", "default", "c")
    rows = gene_statistics(scope, RowSets(), audited, ["G000"], "family", Contrast.of_gene("ALK"))
    assert [(row.estimate, row.ci_low, row.p, row.q) for row in rows] == [(None,) * 4] * 2
    assert all(TOO_FEW in row.warnings[0] for row in rows)


def test_named_rows_count_exactly_the_people_of_their_row_sets_and_the_figure_is_legible(assert_legible):
    members, calls, coverage = cohort(9, together=0.6)
    members["panel_id"] = np.where(np.arange(len(members)) % 3 == 0, "small", "WES")
    coverage = {"WES": coverage["WES"], "small": {"G001"}}
    spec = ComutationSpec.model_validate(
        {
            "analysis_id": "q", "kind": "comutation", "title": "T", "question": "?", "biomarker": "ALK",
            "cohorts": ["c"],
            "registered_on": "2026-11-21", "companions": ["G001", "NOT_THERE"],
            "variants": {"default": {"description": "d"}},
        }
    )  # fmt: skip
    table = comutation_table(members, calls, coverage, {}, **SETTINGS)
    scope, named, contrast = Scope("q", "default", "c"), RowSets(), Contrast.of_gene("ALK")
    genes = named_genes(spec, table)
    assert genes[0] == "G001"
    audited = Audited(members, table, coverage, {})
    counts = table_of(FrequencyStatistic, count_statistics(scope, named, audited, "ALK", contrast))
    assert counts.set_index("estimate_key").loc["comutation.n_tested", "estimate"] == len(audited.tested)
    found = table_of(ComparisonStatistic, gene_statistics(scope, named, audited, genes, "family", contrast))
    named.named("members", members.index, members.index)
    for row in found.itertuples():
        assert named.holds(row.row_set, members.index).sum() == row.n
    assert found["estimate_key"].is_unique
    drawn = table.set_index("other_gene", drop=False).loc[genes].reset_index(drop=True)
    assert_legible(
        comutation_figure(drawn, gene="ALK", title="Genes mutated with ALK, before and after burden")
    )
    with pytest.raises(NoRowsError, match="no co-mutation"):
        comutation_figure(drawn.iloc[:0], gene="ALK", title="T")
