"""Tails and quantiles are those of scipy.stats, to the last bit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from analytics.engine import distributions as d

X = np.array([0.0, 1e-8, 0.3, 1.0, 1.959963984540054, 5.0, 12.5, 40.0])
Q = (0.5, 0.025, 0.005, 1e-6)


@pytest.mark.parametrize("df", [1, 2, 7.5, 300])
def test_tails_are_those_of_scipy(df: float) -> None:
    assert np.array_equal(d.chi_square_sf(X, df), stats.chi2.sf(X, df))
    assert np.array_equal(d.t_sf(X, df), stats.t.sf(X, df))
    for q in Q:
        assert d.chi_square_isf(q, df) == stats.chi2.isf(q, df)
        assert d.chi_square_ppf(q, df) == stats.chi2.ppf(q, df)
        assert d.t_isf(q, df) == stats.t.isf(q, df)


def test_the_normal_distribution_is_that_of_scipy() -> None:
    assert np.array_equal(d.normal_sf(X), stats.norm.sf(X))
    assert [d.normal_pdf(float(x)) for x in X] == pytest.approx(stats.norm.pdf(X).tolist(), rel=1e-15)
    for q in Q:
        assert d.normal_isf(q) == stats.norm.isf(q) and d.normal_ppf(q) == stats.norm.ppf(q)


def test_what_is_not_known_stays_so() -> None:
    assert np.isnan(d.t_isf(0.025, np.array([np.nan, 3.0]))).tolist() == [True, False]
    assert np.isnan(d.t_sf(np.array([1.0]), np.array([np.nan]))).all()
    assert np.isnan(float(d.normal_sf(float("nan"))))


def test_an_answer_about_survival_loads_no_scipy_stats() -> None:
    asked = "import sys, warehouse.questions.answering; print('scipy.stats' in sys.modules, 'lifelines' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
