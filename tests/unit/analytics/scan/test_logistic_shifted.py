"""Logistic models with carriers' own covariates: the compiled ones without a shift, statsmodels' with one."""

import numpy as np
import pytest
import statsmodels.api as sm
from generated import generate
from numpy.typing import NDArray

from analytics.engine.lanes.carriers import CarrierRows, collect_carriers, with_shift
from analytics.scan.models.logistic import LogisticNull, fit_logistic, fit_logistic_null
from analytics.scan.settings import ScanSettings

TESTS = ["coef", "se", "wald_chi2", "score_chi2", "lr_chi2"]


def fitted(
    n: int = 400, carriers_per_gene: int = 25
) -> tuple[LogisticNull, CarrierRows, NDArray[np.float64], NDArray[np.float64]]:
    table, frame, genes = generate(11, n, 40, carriers_per_gene=carriers_per_gene)
    response = table["response"].to_numpy(float)
    covariates = np.column_stack([frame.covariates, np.log2(frame.burden + 1)])
    null = fit_logistic_null(response, frame.stratum, covariates, ("age", "burden"))
    everyone = np.ones(n, dtype=bool)
    carriers = collect_carriers(genes, np.arange(40), everyone, np.arange(n), response == 1)
    return null, carriers, response, covariates


@pytest.mark.parametrize(
    "settings", [ScanSettings(firth_below_events=1), ScanSettings(firth_below_events=1000)]
)
def test_without_a_shift_they_are_the_compiled_models(settings: ScanSettings) -> None:
    null, carriers, _, _ = fitted()
    eligible = np.ones(40, dtype=bool)
    compiled = fit_logistic(null, carriers, eligible, settings)
    zero = with_shift(carriers, np.zeros((len(carriers.source), null.arrays.z.shape[1])))
    shifted = fit_logistic(null, zero, eligible, settings)
    assert compiled["method"].equals(shifted["method"])
    np.testing.assert_allclose(shifted[TESTS], compiled[TESTS], rtol=1e-7, atol=1e-9)


def test_with_a_shift_they_are_those_of_statsmodels() -> None:
    null, carriers, response, covariates = fitted()
    rng = np.random.default_rng(2)
    change = np.column_stack([np.zeros(len(carriers.source)), -rng.uniform(0, 0.5, len(carriers.source))])
    table = fit_logistic(
        null,
        with_shift(carriers, change @ null.transform),
        np.ones(40, dtype=bool),
        ScanSettings(firth_below_events=1),
    )
    _, frame, _ = generate(11, 400, 40, carriers_per_gene=25)
    strata = np.eye(4)[frame.stratum]
    for gene in range(6):
        span = slice(int(carriers.arrays.start[gene]), int(carriers.arrays.start[gene + 1]))
        own = covariates.copy()
        own[carriers.arrays.row[span]] += change[span]
        x = np.zeros(400)
        x[carriers.arrays.row[span]] = 1.0
        full = sm.Logit(response, np.column_stack([strata, own, x])).fit(disp=0, tol=1e-14)
        held = sm.Logit(response, np.column_stack([strata, own])).fit(disp=0, tol=1e-14)
        assert table["coef"][gene] == pytest.approx(full.params[-1], abs=1e-8)
        assert table["se"][gene] == pytest.approx(full.bse[-1], abs=1e-7)
        assert table["lr_chi2"][gene] == pytest.approx(2 * (full.llf - held.llf), abs=1e-6)
        mean = held.predict()
        design = np.column_stack([strata, own, x])
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        score = (x @ (response - mean)) ** 2 * np.linalg.inv(information)[-1, -1]
        assert table["score_chi2"][gene] == pytest.approx(score, abs=1e-6)


def test_firths_penalty_gives_the_maximum_of_the_penalised_likelihood() -> None:
    """Brute force: no small step in any coefficient raises log-likelihood plus half the log-determinant."""
    from analytics.engine.lanes.shifted_logistic import _evaluate, _maximise

    null, carriers, response, _ = fitted(carriers_per_gene=4)
    z = null.arrays.z
    x = np.zeros((1, len(z), z.shape[1] + 1))
    x[0, :, :-1] = z
    span = slice(int(carriers.arrays.start[0]), int(carriers.arrays.start[1]))
    x[0, carriers.arrays.row[span], -1] = 1.0
    beta, best, done = _maximise(x, response, np.append(null.beta, 0.0)[None], x.shape[2], True)
    assert done.all()
    for k in range(x.shape[2]):
        for step in (-1e-4, 1e-4):
            moved = beta.copy()
            moved[0, k] += step
            assert _evaluate(x, response, moved, True).value[0] < best.value[0]
