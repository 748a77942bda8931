"""Corrected p-values of a maximally selected, standardised linear rank statistic.

All functions take the observed maximum `m_stat` and know the candidate cuts as `sizes` [K], ascending
numbers of people at or below each cut, out of `n`. What does NOT belong here: choosing the cut (`cutpoint`).

Sources: Lausen & Schumacher 1992 (limit process), Lausen, Sauerbrei & Schumacher 1994 (improved
Bonferroni), Hothorn & Lausen 2003 (exact bound, conditional Monte Carlo).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled
from analytics.engine.distributions import normal_pdf, normal_sf

# The exact bound tabulates sums by group size: n^4 steps, 1 s at 150 people.
EXACT_BOUND_MAX_N: Final = 150
# Gauss-Legendre nodes per panel, whose width is in standard deviations of the narrowest step; mass further
# than _REACH_SD away is left out. Together they keep p to a relative 1e-8.
_NODES, _PANEL_SD, _REACH_SD = 8, 4.0, 7.0


def lausen_schumacher_1992(m_stat: float, min_share: float, max_share: float) -> float:
    """Tail of the maximum of a standardised Brownian bridge between the two shares (1992, eq. 4).

    An asymptotic for large maxima: 1 below m_stat = 1, and conservative near it.
    """
    if m_stat < 1.0:
        return 1.0
    density = float(normal_pdf(m_stat))
    span = np.log(max_share * (1 - min_share) / ((1 - max_share) * min_share))
    return float(np.clip(4 * density / m_stat + density * (m_stat - 1 / m_stat) * span, 0.0, 1.0))


def lausen_1994(m_stat: float, sizes: IntArray, n: int) -> float:
    """Improved Bonferroni bound over the given cuts (Worsley 1983; Lausen et al. 1994)."""
    m1, m2 = sizes[:-1].astype(np.float64), sizes[1:].astype(np.float64)
    t = np.sqrt(1.0 - m1 * (n - m2) / ((n - m1) * m2))
    overlap = np.exp(-(m_stat**2) / 2) / np.pi * (t - (m_stat**2 / 4 - 1) * t**3 / 6)
    return float(np.clip(2 * normal_sf(m_stat) + overlap.sum(), 0.0, 1.0))


def exact_gauss(m_stat: float, sizes: IntArray, n: int) -> float:
    """P(max |Z_k| > m_stat) of the limiting normal vector over the given cuts.

    Its correlations sqrt(m1 (n - m2) / ((n - m1) m2)) make it a Markov chain, so the probability is a
    sequence of one-dimensional integrals: no Monte Carlo error, unlike a multivariate normal routine, and
    correct to six digits however small p is.
    """
    if m_stat <= 0.0:
        return 1.0
    m1, m2 = sizes[:-1].astype(np.float64), sizes[1:].astype(np.float64)
    correlation = np.sqrt(m1 * (n - m2) / ((n - m1) * m2))
    step_sd = np.sqrt(1.0 - correlation**2)
    width = _PANEL_SD * (step_sd.min() if len(step_sd) else 1.0)
    panels = max(4, int(np.ceil(m_stat / width)))
    node, weight = special.roots_legendre(_NODES)
    edge = np.linspace(0.0, m_stat, panels + 1)
    half = (edge[1] - edge[0]) / 2
    z = ((edge[:-1] + edge[1:]) / 2)[:, None] + half * node[None, :]
    weights = np.tile(half * weight, panels)
    exits = _chain_exits(z.ravel(), weights, correlation, step_sd, m_stat)
    return float(min(1.0, 2.0 * normal_sf(m_stat) + exits))


@compiled
def _chain_exits(
    z: FloatArray, weight: FloatArray, correlation: FloatArray, step_sd: FloatArray, m_stat: float
) -> float:
    """Probability that a stationary Gaussian chain, within +-m_stat at first, leaves that interval later.

    `z` are quadrature nodes on the positive half (the chain is symmetric, mass comes to a node from both
    halves). The exits of every step are summed, not the mass that stays: one minus that would lose its
    digits when p is small.
    """
    n = z.shape[0]
    mass = weight * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    new = np.empty(n)
    exits = 0.0
    for k in range(correlation.shape[0]):
        sd, rho = step_sd[k], correlation[k]
        inverse = 1.0 / sd
        scale = inverse / np.sqrt(2 * np.pi)
        for i in range(n):
            up, down = (m_stat - rho * z[i]) * inverse, (m_stat + rho * z[i]) * inverse
            exits += mass[i] * (math.erfc(up / np.sqrt(2.0)) + math.erfc(down / np.sqrt(2.0)))
        first = 0
        for j in range(n):
            # Seen backwards the chain comes from around rho z_j, which is z_j sd further than the step's own
            # middle.
            reach = _REACH_SD + z[j] * sd
            total = 0.0
            while first < n and rho * z[first] < z[j] - reach * sd:
                first += 1
            for i in range(first, n):
                u = (z[j] - rho * z[i]) * inverse
                if u < -_REACH_SD:
                    break
                total += mass[i] * np.exp(-0.5 * u * u)
            for i in range(n):
                u = (z[j] + rho * z[i]) * inverse
                if u > reach:
                    break
                total += mass[i] * np.exp(-0.5 * u * u)
            new[j] = weight[j] * total * scale
        mass[:] = new
    # Half of the chain was followed, and erfc is twice a tail: the two cancel.
    return exits


def hothorn_lausen_bound(integer_scores: IntArray, sizes: IntArray, m_stat: float) -> float:
    """Upper bound of the exact conditional p (Hothorn & Lausen 2003), for whole-number scores from 0.

    Sums over the cuts the exact probability that the statistic is beyond `m_stat` there, without those
    outcomes that were certainly beyond it at the neighbouring cut already. Needs n <= EXACT_BOUND_MAX_N.
    """
    n, total = len(integer_scores), int(integer_scores.sum())
    top = int(integer_scores.max())
    m = np.arange(1, n)
    mean = m / n * total
    spread = n * float((integer_scores.astype(np.float64) ** 2).sum()) - float(total) ** 2
    sd = np.sqrt(m * (n - m) / (n**2 * (n - 1.0)) * spread)
    ways = _subset_sums(integer_scores, total)[1:n]
    probability = ways / special.comb(n, m)[:, None]
    z = (np.arange(total + 1)[None, :] - mean[:, None]) / sd[:, None]
    beyond = np.abs(z) > m_stat
    chosen = np.zeros(n + 1, dtype=bool)
    chosen[sizes] = True
    bound = 0.0
    for size in sizes:
        i = int(size) - 1
        bound += float(probability[i, beyond[i]].sum())
        if size >= 2 and chosen[size - 1]:
            # One more person adds 0..top: low sums stay low, high sums stay high, if even the extreme does.
            low = beyond[i - 1] & (z[i - 1] < 0) & _shifted(z[i] < -m_stat, top)
            high = beyond[i - 1] & (z[i - 1] > 0) & (z[i] > m_stat)
            bound -= float(probability[i - 1, low | high].sum())
    return float(np.clip(bound, 0.0, 1.0))


def _shifted(flags: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    moved = np.zeros(len(flags), dtype=bool)
    if by < len(flags):
        moved[: len(flags) - by] = flags[by:]
    return moved


def _subset_sums(scores: IntArray, total: int) -> FloatArray:
    """ways[m, s]: how many subsets of m scores sum to s, shape [n + 1, total + 1]."""
    n = len(scores)
    ways = np.zeros((n + 1, total + 1))
    ways[0, 0] = 1.0
    for k, score in enumerate(scores):
        # Downwards in m, so that each score is used once.
        ways[1 : k + 2, score:] += ways[: k + 1, : total + 1 - score].copy()
    return ways
