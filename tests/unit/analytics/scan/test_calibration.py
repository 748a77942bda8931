"""p is uniform without effects, the burden null keeps its level when burden is prognostic, planted genes are found."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from generated import generate
from scipy import stats

from analytics.engine.multiplicity import shrink_normal
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import ScanResult, scan_survival

N_PATIENTS, N_GENES = 800, 1_500
# A uniform sample fails Kolmogorov-Smirnov at this level once in 200 seeds; the seeds are fixed.
LEVEL = 0.005


@cache
def without_effect() -> tuple[ScanResult, pd.DataFrame]:
    # Carriers at random: by burden, all genes of one cohort would share its chance association with the outcome.
    table, frame, genes = generate(20240607, N_PATIENTS, N_GENES, by_burden=False)
    survival = scan_survival(frame, genes, ScanSettings(null_draws=0, firth_intervals=False))
    response = scan_response(frame, genes, table["response"].to_numpy(), ScanSettings()).table
    return survival, response


@cache
def with_prognostic_burden() -> ScanResult:
    _, frame, genes = generate(20240608, N_PATIENTS, N_GENES, burden_log_hazard=-0.6)
    return scan_survival(frame, genes, ScanSettings(null_draws=2_000, firth_intervals=False))


@pytest.mark.parametrize(
    "column",
    [
        "logrank_p",
        "uni_wald_p",
        "uni_score_p",
        "uni_lr_p",
        "uni_ph_p",
        "adj_wald_p",
        "adj_score_p",
        "adj_lr_p",
        "burden_lr_p",
    ],
)
def test_survival_p_values_are_uniform_without_an_effect(column: str) -> None:
    p = without_effect()[0].table[column].dropna()
    assert len(p) == N_GENES
    assert stats.kstest(p, "uniform").pvalue > LEVEL


@pytest.mark.parametrize(
    "column", ["uni_wald_p", "uni_score_p", "uni_lr_p", "adj_wald_p", "adj_score_p", "adj_lr_p"]
)
def test_response_p_values_are_uniform_without_an_effect(column: str) -> None:
    p = without_effect()[1][column].dropna()
    assert len(p) == N_GENES
    assert stats.kstest(p, "uniform").pvalue > LEVEL


def test_cochrans_q_is_a_little_liberal_in_small_cohorts() -> None:
    """15 carriers in each of four cohorts: 7 % at 5 %, as `heterogeneity.py` says."""
    assert 0.04 < (without_effect()[0].table["cohort_q_p"] < 0.05).mean() < 0.09


def test_fishers_exact_test_keeps_its_level() -> None:
    p = without_effect()[1]["fisher_p"]
    assert 0.02 < (p < 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / N_GENES)


def test_without_an_effect_nothing_is_discovered() -> None:
    assert (without_effect()[0].table["adj_q"] > 0.05).all()


def test_a_prognostic_burden_fools_the_log_rank_test_but_not_the_burden_null() -> None:
    """Every gene is a shadow of burden. Nominal tests reject far too often; the null rejects 5 % within 3 SE."""
    table = with_prognostic_burden().table
    three_se = 3 * np.sqrt(0.05 * 0.95 / N_GENES)
    assert (table["logrank_p"] < 0.05).mean() > 0.25
    assert abs((table["null_p_two_sided"] < 0.05).mean() - 0.05) < three_se
    assert stats.kstest(table["null_p_lower"], "uniform").pvalue > LEVEL
    assert stats.kstest(table["null_p_upper"], "uniform").pvalue > LEVEL


def test_the_null_knows_how_often_the_log_rank_test_is_fooled() -> None:
    table = with_prognostic_burden().table
    observed = (table["logrank_p"] < 0.05).mean()
    assert table["null_false_positive_rate"].mean() == pytest.approx(observed, abs=0.03)


def test_adjusting_for_burden_removes_what_burden_explains() -> None:
    table = with_prognostic_burden().table
    assert (table["adj_lr_p"] < 0.05).mean() > 0.25
    assert (table["burden_lr_p"] < 0.05).mean() < 0.08


def test_genes_of_mere_burden_are_not_called_more() -> None:
    table = with_prognostic_burden().table
    assert not table["burden_verdict"].str.startswith("beyond burden").any()
    assert table["burden_verdict"].str.startswith("nominally beyond burden").mean() < 0.05
    assert (table["burden_verdict"] == "compatible with burden alone").mean() > 0.15
    assert stats.kstest(table["null_p_standardised"], "uniform").pvalue > LEVEL


def test_planted_genes_are_found_and_told_from_burden() -> None:
    planted = {5: -1.1, 50: 0.9, 400: -1.2}
    _, frame, genes = generate(
        20240609, N_PATIENTS, 600, carriers_per_gene=90, burden_log_hazard=-0.4, planted=planted
    )
    result = scan_survival(frame, genes, ScanSettings(null_draws=2_000)).table
    found = result.iloc[list(planted)]
    assert (found["burden_q"] < 0.05).all()
    assert found["burden_verdict"].str.startswith("beyond burden").all()
    assert (np.sign(found["burden_coef"]) == np.sign(list(planted.values()))).all()
    truth = np.array(list(planted.values()))
    assert (np.abs(found["burden_coef"] - truth) < 3 * found["burden_se"]).all()


def test_shrunken_effects_are_nearer_to_the_truth_than_estimates() -> None:
    """Without an effect the truth is zero; empirical Bayes must say so by shrinking nearly all of it away."""
    table = without_effect()[0].table
    assert (table["shrunken_coef"] ** 2).mean() < 0.2 * (table["adj_coef"] ** 2).mean()


def test_shrinkage_recovers_the_spread_of_true_effects() -> None:
    rng = np.random.default_rng(11)
    truth, se = rng.normal(0, 0.4, 5_000), rng.uniform(0.1, 0.6, 5_000)
    shrunken = shrink_normal(truth + se * rng.normal(size=5_000), se)
    assert shrunken.prior_sd == pytest.approx(0.4, abs=0.02)
    assert np.mean((shrunken.mean - truth) ** 2) == pytest.approx(np.mean(shrunken.sd**2), rel=0.05)


@pytest.mark.parametrize(("coef", "se"), [(0.5, 0.2), (-1.2, 0.4), (0.1, 0.3)])
def test_of_one_estimate_the_variance_of_effects_is_that_of_the_greatest_likelihood(
    coef: float, se: float
) -> None:
    sds = np.linspace(0.0, 3.0, 30_001)
    likelihood = -0.5 * (np.log(sds**2 + se**2) + coef**2 / (sds**2 + se**2))
    found = shrink_normal(np.array([coef]), np.array([se]))
    assert found.prior_sd == pytest.approx(sds[likelihood.argmax()], abs=1e-4)
