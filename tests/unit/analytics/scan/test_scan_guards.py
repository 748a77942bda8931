"""Guards as columns of a scan: permutation p where events are few, months where hazards cross, the control."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from generated import generate

from analytics.meta.interaction import ratio_of_hazard_ratios
from analytics.scan.control import ControlData
from analytics.scan.frame import PatientFrame, ScanInputError
from analytics.scan.genes import GeneData
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival
from analytics.survival.curves.log_rank import log_rank_test
from analytics.survival.curves.restricted_mean import restricted_mean_survival

SETTINGS = ScanSettings(null_draws=1_000)


@cache
def sparse() -> tuple[pd.DataFrame, PatientFrame, GeneData, pd.DataFrame]:
    table, frame, genes = generate(21, 260, 120, carriers_per_gene=7)
    return table, frame, genes, scan_survival(frame, genes, SETTINGS).table


def test_the_permutation_p_stands_where_firth_stands_and_elsewhere_a_reason() -> None:
    *_, table = sparse()
    is_sparse = table["uni_firth_because"].notna() & table["uni_coef"].notna()
    assert is_sparse.sum() > 20
    assert table.loc[is_sparse, "permutation_p"].between(1 / 1001, 1).all()
    assert (table.loc[is_sparse, "permutation_draws"] == 1_000).all()
    assert table.loc[~is_sparse, "permutation_p"].isna().all()
    assert table.loc[~is_sparse, "permutation_reason"].notna().all()


def test_it_is_the_p_of_shuffling_carriers_within_strata() -> None:
    """Second route: numpy's shuffles and the single-gene log-rank test, one gene, within Monte-Carlo error."""
    patients, _, genes, table = sparse()
    gene = int(table.index[table["permutation_p"].between(0.02, 0.6)][0])
    members = patients.assign(entry_months=0.0, in_group=False)
    members.loc[genes.carriers(gene), "in_group"] = True
    rng = np.random.default_rng(8)

    def z(rows: pd.DataFrame) -> float:
        test = log_rank_test(rows, strata=["cohort"])
        mutated = test.groups[-1]
        return float(np.sign(mutated.observed - mutated.expected) * np.sqrt(test.test.statistic))

    observed, drawn = z(members), []
    for _ in range(300):
        shuffled = members["in_group"].to_numpy().copy()
        for cohort in range(4):
            inside = np.flatnonzero(members["cohort"] == cohort)
            shuffled[inside] = shuffled[rng.permutation(inside)]
        drawn.append(z(members.assign(in_group=shuffled)))
    lower = (np.asarray(drawn) <= observed + 1e-9).mean()
    upper = (np.asarray(drawn) >= observed - 1e-9).mean()
    p = min(1.0, 2 * min(lower, upper))
    assert abs(p - table["permutation_p"][gene]) < 4 * np.sqrt(p * (1 - p / 2) / 150)


def test_where_hazards_cross_the_months_are_those_of_the_single_gene_estimator() -> None:
    patients, _, genes = generate(22, 500, 40, carriers_per_gene=60)
    carriers = genes.carriers(0)
    late = carriers[patients["time_months"].to_numpy()[carriers] > 5]
    patients.loc[late, "time_months"] = 5 + 3 * (patients.loc[late, "time_months"] - 5)
    frame = PatientFrame.from_table(patients, strata=["cohort"], burden="tmb", cohort="cohort")
    table = scan_survival(frame, genes, ScanSettings(null_draws=0)).table
    assert table["uni_ph_p"][0] < 0.05
    rows = patients.assign(entry_months=0.0, in_group=False)
    rows.loc[carriers, "in_group"] = True
    gain = restricted_mean_survival(rows).difference
    assert gain is not None
    assert table["rmst_difference_months"][0] == pytest.approx(gain.estimate, rel=1e-12)
    assert table["rmst_p"][0] == pytest.approx(gain.p, rel=1e-9)
    assert "hazards not proportional" in "; ".join(table["warnings"][0])
    fine = table["uni_ph_p"] >= 0.05
    assert (
        table.loc[fine, "rmst_difference_months"].isna().all()
        and table.loc[fine, "rmst_reason"].notna().all()
    )


def test_the_months_are_those_of_the_single_gene_estimator_with_delayed_entry_and_ties_too() -> None:
    patients, _, genes = generate(23, 600, 60, carriers_per_gene=40)
    patients["entry"] = np.floor(
        patients["time_months"] * np.random.default_rng(1).uniform(-1, 0.9, 600)
    ).clip(0)
    frame = PatientFrame.from_table(patients, strata=["cohort"], entry="entry")
    settings = ScanSettings(null_draws=0, alpha=0.99)
    table = scan_survival(frame, genes, settings).table
    compared = 0
    for gene in table.index[table["rmst_difference_months"].notna()]:
        rows = patients.assign(entry_months=patients["entry"], in_group=False)
        rows.loc[genes.carriers(int(gene)), "in_group"] = True
        means = restricted_mean_survival(rows)
        assert means.difference is not None
        wanted = [means.difference.estimate, means.difference.ci_low, means.difference.p, means.tau_months]
        columns = ["rmst_difference_months", "rmst_ci_low", "rmst_p", "rmst_horizon_months"]
        np.testing.assert_allclose(table.loc[gene, columns].to_numpy(float), wanted, rtol=1e-9)
        compared += 1
    assert compared > 40


@cache
def arms(is_randomised: bool) -> pd.DataFrame:
    """Gene 0 acts in the treated alone, gene 1 in everybody, the others in nobody."""
    _, treated, genes = generate(31, 2_500, 30, carriers_per_gene=500, planted={0: -1.1, 1: -0.9})
    _, untreated, others = generate(32, 2_500, 30, carriers_per_gene=500, planted={1: -0.9})
    control = ControlData(untreated, others, is_randomised)
    return scan_survival(treated, genes, ScanSettings(null_draws=0), control).table


@pytest.mark.parametrize(
    ("is_randomised", "word"), [(True, "predictive"), (False, "consistent with predictive")]
)
def test_predictive_and_prognostic_genes_are_told_apart_by_the_control(
    is_randomised: bool, word: str
) -> None:
    table = arms(is_randomised)
    assert list(table["control_verdict"][:2]) == [word, "prognostic"]
    assert table["control_ratio_q"][0] < 0.05
    assert (table["control_verdict"][2:] == word).sum() <= 3


def test_the_verdict_and_the_ratio_are_those_of_the_single_gene_rule() -> None:
    table = arms(False)
    for _, row in table.iterrows():
        ratio = ratio_of_hazard_ratios(row["uni_coef"], row["uni_se"], row["control_coef"], row["control_se"])
        found = np.exp([row["control_ratio_coef"], row["control_ratio_ci_low"], row["control_ratio_ci_high"]])
        np.testing.assert_allclose(found, [ratio.ratio, ratio.ci_low, ratio.ci_high], rtol=1e-12)
        assert row["control_ratio_p"] == pytest.approx(ratio.p, rel=1e-9)
        is_shown = (ratio.ci_low > 1 or ratio.ci_high < 1) and row["control_ratio_q"] < 0.05
        assert (row["control_verdict"] == "consistent with predictive") == is_shown
        alone = row["control_coef"] + np.array([-1.96, 1.96]) * row["control_se"]
        is_prognostic = not is_shown and (alone > 0).all() | (alone < 0).all()
        is_prognostic &= ratio.ci_low > 0.67 and ratio.ci_high < 1.5
        assert (row["control_verdict"] == "prognostic") == is_prognostic


def test_a_gene_that_is_predictive_only_by_itself_is_not_called_so_and_is_warned_of() -> None:
    table = arms(False)
    called = table["control_verdict"] == "consistent with predictive"
    assert called[0] and (table.loc[called, "control_ratio_q"] < 0.05).all()
    excludes_one = (table["control_ratio_ci_low"] > 0) | (table["control_ratio_ci_high"] < 0)
    said = (
        table["warnings"].str.join("; ").str.contains("predictive by itself, not when the family is counted")
    )
    assert not (said & called).any()
    assert (excludes_one[said]).all()


def test_of_genes_without_any_effect_almost_none_is_called_predictive() -> None:
    """Without the family one gene in twenty would be."""
    _, treated, genes = generate(41, 700, 400, carriers_per_gene=90, by_burden=False)
    _, untreated, others = generate(42, 700, 400, carriers_per_gene=90, by_burden=False)
    table = scan_survival(
        treated, genes, ScanSettings(null_draws=0), ControlData(untreated, others, True)
    ).table
    assert (table["control_verdict"] == "predictive").sum() <= 1
    assert (table["control_ratio_p"] < 0.05).mean() == pytest.approx(0.05, abs=0.03)


def test_a_control_without_carriers_or_none_at_all_is_a_reason() -> None:
    _, frame, genes = generate(33, 300, 5, carriers_per_gene=60)
    nobody = replace(
        genes, start=np.zeros(6, dtype=np.int64), patient=genes.patient[:0], own_burden=genes.own_burden[:0]
    )
    settings = ScanSettings(null_draws=0)
    with_empty = scan_survival(frame, genes, settings, ControlData(frame, nobody, False)).table
    assert (with_empty["control_verdict"] == "undetermined").all()
    assert with_empty["control_reason"].str.contains("no carriers").all()
    without = scan_survival(frame, genes, settings).table
    assert without["control_verdict"].isna().all()
    assert (without["control_reason"] == "no people without checkpoint blockade given").all()


def test_a_control_of_other_genes_is_refused() -> None:
    _, frame, genes = generate(33, 300, 5, carriers_per_gene=60)
    other = replace(genes, names=("A", "B", "C", "D", "E"))
    with pytest.raises(ScanInputError, match="genes of the scan"):
        scan_survival(frame, genes, SETTINGS, ControlData(frame, other, False))
