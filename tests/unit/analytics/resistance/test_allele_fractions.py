"""Clonal peaks and shifts of the share of tumour cells."""

import numpy as np
import pytest

from analytics.resistance.evidence.fractions import clonal_peak, fraction_shift
from analytics.response.rates import newcombe_difference


@pytest.mark.parametrize("purity", [0.3, 0.5, 0.7, 0.9])
def test_the_peak_is_half_the_planted_purity_beside_subclones_and_lost_alleles(purity):
    rng = np.random.default_rng(7)
    expected = np.r_[np.full(300, purity / 2), np.full(120, purity / 5), np.full(40, purity / (2 - purity))]
    fractions = rng.binomial(150, expected) / 150
    peak = clonal_peak(fractions)
    assert peak is not None and peak.fraction == pytest.approx(purity / 2, abs=0.03)
    assert peak.purity == pytest.approx(purity, abs=0.06)


def test_few_mutations_fall_back_on_the_published_purity_or_on_nothing():
    peak = clonal_peak([0.4] * 19, 0.8)
    assert peak is not None and (peak.fraction, peak.basis) == (0.4, "published purity")
    assert clonal_peak([0.4] * 19) is None
    assert clonal_peak([np.nan] * 50) is None
    assert clonal_peak([0.4] * 19, 85.0) is None, "a purity in percent is no share"


def test_without_scales_the_interval_is_newcombes():
    cases = [(10, 100, 40, 120), (0, 50, 5, 60), (30, 30, 12, 40), (7, 9, 2, 11)]
    k1, n1, k2, n2 = (np.array(v) for v in zip(*cases, strict=True))
    shift = fraction_shift(k1, n1, k2, n2)
    for i, (a, b, c, d) in enumerate(cases):
        other = newcombe_difference(c, d, a, b)
        assert shift.difference[i] == pytest.approx(other.difference, abs=1e-12)
        assert shift.ci_low[i] == pytest.approx(other.ci_low, abs=1e-12)
        assert shift.ci_high[i] == pytest.approx(other.ci_high, abs=1e-12)


def test_p_is_where_the_interval_just_touches_no_change():
    shift = fraction_shift([20], [100], [36], [110])
    confidence = 1 - shift.p[0]
    touching = fraction_shift([20], [100], [36], [110], confidence=confidence)
    assert touching.ci_low[0] == pytest.approx(0, abs=1e-6)
    assert fraction_shift([20], [100], [20], [100]).p[0] == 1.0


def test_a_change_of_purity_alone_is_no_change_and_p_keeps_its_level():
    rng = np.random.default_rng(11)
    n = 4000
    depth = rng.poisson(120, n)
    first, second = rng.binomial(depth, 0.40), rng.binomial(depth, 0.20)
    shift = fraction_shift(first, depth, second, depth, scale_first=1 / 0.40, scale_second=1 / 0.20)
    rejected = (shift.p < 0.05).mean()
    assert 0.03 < rejected < 0.065, f"{rejected:.3f} of 4,000 null shifts at 0.05"
    plain = fraction_shift(first, depth, second, depth)
    assert (plain.p < 0.05).mean() > 0.9, "without the scales everything seems to fall"


def test_a_missing_count_has_no_shift():
    shift = fraction_shift([np.nan, 3], [10, 10], [2, 3], [10, 0])
    assert np.isnan(shift.p).all() and np.isnan(shift.difference).all()
