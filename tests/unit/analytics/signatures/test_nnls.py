"""The solver: R's nnls and MutationalPatterns, scipy, the conditions of optimality, awkward profiles."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import nnls

from analytics.signatures.nnls import solve_nnls

FOLDER = Path(__file__).parents[3] / "reference" / "signatures"
REFERENCE = json.loads((FOLDER / "signatures.json").read_text())
PROFILES, SPECTRA = np.array(REFERENCE["profiles"]), np.array(REFERENCE["spectra"], dtype=float)


def test_plain_exposures_equal_r_nnls():
    np.testing.assert_allclose(solve_nnls(PROFILES, SPECTRA), REFERENCE["plain"], atol=1e-9)


@pytest.mark.parametrize("case", REFERENCE["strict"], ids=lambda case: f"loss {case['max_delta'][0]}")
def test_sparse_exposures_equal_mutational_patterns_backward_selection(case):
    ours = solve_nnls(PROFILES, SPECTRA, max_cosine_loss=case["max_delta"][0])
    np.testing.assert_allclose(ours, case["exposures"], atol=1e-9)


def generated(samples, signatures, seed):
    rng = np.random.default_rng(seed)
    profiles = rng.dirichlet(np.full(96, 0.3), signatures).T
    truth = rng.exponential(80, (samples, signatures)) * (rng.random((samples, signatures)) < 0.15)
    return profiles, truth, rng.poisson(truth @ profiles.T).astype(float)


def test_sixty_signatures_equal_scipy_and_satisfy_the_conditions_of_optimality():
    profiles, _, spectra = generated(300, 60, 1)
    ours = solve_nnls(profiles, spectra)
    theirs = np.array([nnls(profiles, x)[0] for x in spectra])
    np.testing.assert_allclose(ours, theirs, atol=1e-7)
    gradient = (spectra - ours @ profiles.T) @ profiles
    assert (ours >= 0).all()
    assert np.abs(gradient[ours > 0]).max() < 1e-7
    assert gradient[ours == 0].max() < 1e-7


def test_true_exposures_come_back_exactly_from_spectra_without_noise():
    profiles, truth, _ = generated(100, 40, 2)
    np.testing.assert_allclose(solve_nnls(profiles, truth @ profiles.T), truth, atol=1e-6)


def test_repeated_and_mixed_signatures_do_not_break_the_solver():
    profiles, _, spectra = generated(50, 10, 3)
    awkward = np.column_stack([profiles, profiles[:, 0], 0.5 * profiles[:, 1] + 0.5 * profiles[:, 2]])
    ours = solve_nnls(awkward, spectra)
    theirs = np.array([nnls(awkward, x)[1] for x in spectra])
    residual = np.sqrt(((spectra - ours @ awkward.T) ** 2).sum(axis=1))
    np.testing.assert_allclose(residual, theirs, rtol=1e-9)


def test_an_empty_spectrum_has_no_exposure():
    assert (solve_nnls(PROFILES, np.zeros((1, 96))) == 0).all()
    assert (solve_nnls(PROFILES, np.zeros((1, 96)), max_cosine_loss=0.004) == 0).all()


def test_samples_and_threads_do_not_influence_each_other():
    profiles, _, spectra = generated(600, 20, 4)
    together = solve_nnls(profiles, spectra, threads=2, max_cosine_loss=0.01)
    # BLAS sums a block of another size in another order: equal but for rounding.
    for rows in (slice(0, 1), slice(255, 258), slice(599, 600)):
        np.testing.assert_allclose(
            solve_nnls(profiles, spectra[rows], max_cosine_loss=0.01), together[rows], atol=1e-8
        )


def test_a_larger_allowed_loss_never_keeps_more_signatures():
    profiles, _, spectra = generated(200, 30, 5)
    kept = [
        (solve_nnls(profiles, spectra, max_cosine_loss=loss) > 0).sum(axis=1)
        for loss in (0.0, 0.002, 0.01, 0.05)
    ]
    for fewer, more in zip(kept[1:], kept[:-1], strict=True):
        assert (fewer <= more).all()
