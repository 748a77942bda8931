"""The scan gives R's numbers: coefficients to 1e-8, standard errors to 1e-7, each test statistic to 1e-6."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scan_cohorts import GENES, cohort_frame, cohort_genes, read_cohort, reference_values

from analytics.engine.multiplicity import benjamini_hochberg
from analytics.scan.models.reasons import EFRON, FIRTH, LOGISTIC, LOGISTIC_FIRTH
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival

COHORTS = ("ties", "single_strata", "delayed", "weighted", "near_collinear")
BY_LIKELIHOOD = ("common", "medium", "rare", "strong")
NEVER_FIRTH, ALWAYS_FIRTH = 1, 10_000


@cache
def survival_table(cohort: str, firth_below_events: int) -> pd.DataFrame:
    table = read_cohort(cohort)
    settings = ScanSettings(firth_below_events=firth_below_events, min_carriers=1, null_draws=0)
    return scan_survival(cohort_frame(table), cohort_genes(table), settings).table.set_index("gene")


@cache
def response_table(cohort: str, firth_below_events: int) -> pd.DataFrame:
    table = read_cohort(cohort)
    settings = ScanSettings(firth_below_events=firth_below_events, min_carriers=1)
    response = table["response"].to_numpy(dtype=float)
    frame = cohort_frame(table)
    return scan_response(frame, cohort_genes(table), response, settings).table.set_index("gene")


def expected(cohort: str, gene: str, model: str) -> dict[str, float]:
    found = [
        g for g in reference_values()["genes"] if g["cohort"] == cohort and g["gene"] == gene and model in g
    ]
    if not found:
        pytest.skip(f"R has no {model} for {gene} in {cohort}")
    return found[0][model]


def assert_tests_agree(row: pd.Series, prefix: str, wanted: dict[str, float], coef_tolerance: float) -> None:
    assert row[f"{prefix}_coef"] == pytest.approx(wanted["coef"], abs=coef_tolerance, rel=0)
    assert row[f"{prefix}_se"] == pytest.approx(wanted["se"], abs=1e-7, rel=0)
    for name in ("wald", "score", "lr"):
        if name in wanted:
            assert row[f"{prefix}_{name}_chi2"] == pytest.approx(wanted[name], abs=1e-6, rel=0), name


@pytest.mark.parametrize("cohort", COHORTS)
@pytest.mark.parametrize("gene", BY_LIKELIHOOD)
@pytest.mark.parametrize("model", ["uni", "adj", "burden"])
def test_cox_models_agree_with_coxph(cohort: str, gene: str, model: str) -> None:
    row = survival_table(cohort, NEVER_FIRTH).loc[gene]
    assert row[f"{model}_method"] == EFRON
    assert_tests_agree(row, model, expected(cohort, gene, model), 1e-8)


@pytest.mark.parametrize("cohort", ["ties", "single_strata", "delayed"])
@pytest.mark.parametrize("gene", ["rare", "no_events", "all_events"])
@pytest.mark.parametrize("model", ["uni", "adj", "burden"])
def test_firth_models_agree_with_the_penalised_likelihood_solved_in_r(
    cohort: str, gene: str, model: str
) -> None:
    row = survival_table(cohort, ALWAYS_FIRTH).loc[gene]
    assert row[f"{model}_method"] == FIRTH
    wanted = expected(cohort, gene, f"{model}_firth")
    assert_tests_agree(row, model, wanted, 1e-8)


@pytest.mark.parametrize("cohort", ["ties", "single_strata", "near_collinear"])
@pytest.mark.parametrize("gene", GENES)
def test_log_rank_agrees_with_survdiff(cohort: str, gene: str) -> None:
    row = survival_table(cohort, NEVER_FIRTH).loc[gene]
    wanted = expected(cohort, gene, "logrank")
    for name in ("observed", "expected", "variance", "chi2"):
        assert row[f"logrank_{name}"] == pytest.approx(wanted[name], abs=1e-9, rel=1e-9)


@pytest.mark.parametrize("gene", BY_LIKELIHOOD)
def test_log_rank_with_delayed_entry_is_the_score_test_when_no_times_are_tied(gene: str) -> None:
    row = survival_table("delayed", NEVER_FIRTH).loc[gene]
    assert row["logrank_chi2"] == pytest.approx(expected("delayed", gene, "uni")["score"], abs=1e-9)


@pytest.mark.parametrize("cohort", ["ties", "single_strata", "delayed", "near_collinear"])
@pytest.mark.parametrize("gene", BY_LIKELIHOOD)
def test_proportional_hazards_test_agrees_with_cox_zph(cohort: str, gene: str) -> None:
    found = [g for g in reference_values()["genes"] if g["cohort"] == cohort and g["gene"] == gene]
    assert survival_table(cohort, NEVER_FIRTH).loc[gene, "uni_ph_chi2"] == pytest.approx(
        found[0]["ph"], abs=1e-6
    )


@pytest.mark.parametrize("cohort", ["ties", "delayed"])
@pytest.mark.parametrize("gene", GENES)
@pytest.mark.parametrize("model", ["uni", "adj", "burden"])
def test_logistic_models_agree_with_glm_and_brglm2(cohort: str, gene: str, model: str) -> None:
    row = response_table(cohort, NEVER_FIRTH).loc[gene]
    wanted = expected(cohort, gene, f"logistic_{model}")
    if row[f"{model}_method"] == LOGISTIC:
        assert row[f"{model}_n"] == wanted["n"]
        assert_tests_agree(row, model, wanted, 1e-8)
    else:
        assert abs(wanted["coef"]) > 12
    row = response_table(cohort, ALWAYS_FIRTH).loc[gene]
    assert row[f"{model}_method"] == LOGISTIC_FIRTH
    assert_tests_agree(row, model, expected(cohort, gene, f"logistic_firth_{model}"), 1e-7)


@pytest.mark.parametrize("cohort", ["ties", "delayed"])
@pytest.mark.parametrize("gene", GENES)
def test_mantel_haenszel_agrees_with_mantelhaen_test(cohort: str, gene: str) -> None:
    found = [g for g in reference_values()["genes"] if g["cohort"] == cohort and g["gene"] == gene]
    row = response_table(cohort, NEVER_FIRTH).loc[gene]
    assert row["mh_chi2"] == pytest.approx(found[0]["mantel_haenszel"], rel=1e-9)


@pytest.mark.parametrize("cohort", ["ties", "delayed"])
@pytest.mark.parametrize("gene", GENES)
def test_fisher_agrees_with_fisher_test(cohort: str, gene: str) -> None:
    found = [g for g in reference_values()["genes"] if g["cohort"] == cohort and g["gene"] == gene]
    assert response_table(cohort, NEVER_FIRTH).loc[gene, "fisher_p"] == pytest.approx(
        found[0]["fisher_p"], rel=1e-10
    )


def test_benjamini_hochberg_agrees_with_p_adjust() -> None:
    wanted = reference_values()["bh"]
    p = np.asarray(wanted["p"])
    np.testing.assert_allclose(benjamini_hochberg(p), wanted["adjusted"], rtol=1e-14)
    np.testing.assert_allclose(benjamini_hochberg(p, family_size=10), wanted["adjusted_of_ten"], rtol=1e-14)
