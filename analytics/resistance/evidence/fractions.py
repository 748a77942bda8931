"""Allele fractions: where a sample's clonal mutations lie, and whether a mutation's share of the tumour has moved.

Belongs here: estimates from read counts of one mutation or of one sample.
Does not belong here: which mutations are shared (`pairs`) and what a mutation does (`loss`).

Sources: Newcombe (1998), Statist Med 17:873, method 10; Zou & Donner (2008), Statist Med 27:1693 (the same interval
for scaled proportions: MOVER); Benjamini & Hochberg (1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analytics.engine.arrays import FloatArray
from analytics.engine.distributions import normal_isf, normal_sf

#: A peak needs this many mutations; its bandwidth; the share of the highest density that counts as a peak of its own.
MIN_FOR_PEAK: Final = 20
BANDWIDTH: Final = 0.03
PEAK_SHARE: Final = 0.5
#: A heterozygous mutation of every tumour cell has an allele fraction of half the purity, so never above one half.
HIGHEST_PEAK: Final = 0.52


@dataclass(frozen=True)
class ClonalPeak:
    """Allele fraction of a sample's clonal heterozygous mutations; twice it stands for tumour purity.

    `basis` says where it is from: the distribution of the allele fractions, or a published purity.
    """

    fraction: float
    n: int
    basis: str

    @property
    def purity(self) -> float:
        return min(1.0, 2.0 * self.fraction)


def clonal_peak(fractions: npt.ArrayLike, published_purity: float | None = None) -> ClonalPeak | None:
    """The clonal peak of a sample from its allele fractions (0-1, shape [n]; NaN is left out).

    The highest mode of a Gaussian kernel density (bandwidth 0.03) that is not above 0.52 and at least half as dense
    as the densest: higher modes are mutations whose other allele is gone, lower ones are subclones. With fewer than
    20 mutations half of `published_purity` (0-1), else None.
    """
    known = np.asarray(fractions, dtype=np.float64)
    known = known[np.isfinite(known)]
    if len(known) < MIN_FOR_PEAK:
        if published_purity is None or not 0.0 < published_purity <= 1.0:
            return None
        return ClonalPeak(published_purity / 2.0, len(known), "published purity")
    grid = np.arange(0.0, 1.0005, 0.005)
    counts, _ = np.histogram(known, bins=np.append(grid - 0.0025, 1.0025))
    kernel = np.exp(-0.5 * (np.arange(-0.12, 0.1205, 0.005) / BANDWIDTH) ** 2)
    density = np.convolve(counts, kernel, mode="same")
    inside = np.flatnonzero(grid <= HIGHEST_PEAK)
    is_mode = (density[inside] >= density[np.maximum(inside - 1, 0)]) & (
        density[inside] > density[np.minimum(inside + 1, len(grid) - 1)]
    )
    dense = density[inside] >= PEAK_SHARE * density[inside].max()
    modes = inside[is_mode & dense]
    at = int(modes[-1]) if len(modes) else int(inside[np.argmax(density[inside])])
    return ClonalPeak(float(grid[at]), len(known), "allele fractions")


@dataclass(frozen=True)
class Shift:
    """Second less first, in units of the scaled fraction; arrays of one shape. `p` inverts the interval."""

    difference: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    p: FloatArray


def fraction_shift(
    alt_first: npt.ArrayLike,
    depth_first: npt.ArrayLike,
    alt_second: npt.ArrayLike,
    depth_second: npt.ArrayLike,
    scale_first: float = 1.0,
    scale_second: float = 1.0,
    confidence: float = 0.95,
) -> Shift:
    """Change of `alt / depth * scale` from the first to the second sample, one value a mutation.

    With scales of 1 this is Newcombe's interval for the difference of two allele fractions; with `scale` = 1 / clonal
    peak the fractions are shares of the tumour cells, and a mere change of purity is no change. NaN where a count is
    missing or a depth is 0.
    """
    k1, n1, k2, n2 = (np.asarray(v, float) for v in (alt_first, depth_first, alt_second, depth_second))
    with np.errstate(invalid="ignore", divide="ignore"):
        p1, p2 = np.where(n1 > 0, k1 / n1, np.nan), np.where(n2 > 0, k2 / n2, np.nan)
        difference = scale_second * p2 - scale_first * p1

        def below_and_above(z: FloatArray | float) -> tuple[FloatArray, FloatArray]:
            low1, high1 = _wilson(p1, n1, z)
            low2, high2 = _wilson(p2, n2, z)
            below = np.hypot(scale_second * (p2 - low2), scale_first * (high1 - p1))
            above = np.hypot(scale_second * (high2 - p2), scale_first * (p1 - low1))
            return below, above

        below, above = below_and_above(normal_isf((1.0 - confidence) / 2.0))
        # The p whose interval just touches no change: half-widths grow with z, so bisection finds it.
        small, large = np.zeros_like(difference), np.full_like(difference, 60.0)
        for _ in range(60):
            middle = (small + large) / 2.0
            down, up = below_and_above(middle)
            reaches = np.where(difference > 0, down >= difference, up >= -difference)
            large = np.where(reaches, middle, large)
            small = np.where(reaches, small, middle)
    p = np.where(np.isnan(difference), np.nan, 2.0 * normal_sf((small + large) / 2.0))
    p = np.where(difference == 0, 1.0, p)
    return Shift(difference, difference - below, difference + above, np.minimum(p, 1.0))


def _wilson(p: FloatArray, n: FloatArray, z: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    square = np.square(z)
    middle, shrink = p + square / (2.0 * n), 1.0 + square / n
    half = z * np.sqrt(p * (1.0 - p) / n + square / (4.0 * n * n))
    return np.maximum((middle - half) / shrink, 0.0), np.minimum((middle + half) / shrink, 1.0)
