"""Permutation distributions of a sum of scores over a group: enumerated, sampled, and maximised over cuts.

Sources: Phipson & Smyth (2010) for what p they give; Bentley & Floyd (1987), Commun ACM 30:754 for random subsets;
Steele, Lea & Flood (2014) for SplitMix64. Draws in proportion to weights are in `lanes.weighted_draws`.
"""

from collections.abc import Sequence

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled

# Sampled labels are drawn in blocks of this many random numbers, 16 MB.
BLOCK = 2_000_000


def every_allocation(pieces: Sequence[tuple[FloatArray, BoolArray]]) -> FloatArray:
    """Sums over the group of every way to choose as many of each piece as are chosen: (product of the binomials,)."""
    totals = np.zeros(1)
    for piece, chosen in pieces:
        totals = np.add.outer(totals, _every_subset_sum(piece, int(chosen.sum()))).ravel()
    return totals


def _every_subset_sum(values: FloatArray, m: int) -> FloatArray:
    """Sums of all subsets of size m, (n over m,) in lexicographic order; subsets grow by one element at a time.

    An element may be any after the last one that leaves enough for the rest, so that no array is longer than the
    result: 180,000 subsets take 0.01 s, one by one 1 s.
    """
    sums, last = np.zeros(1), np.full(1, -1)
    for left in range(m, 0, -1):
        choices = values.size - left - last
        grown = np.repeat(np.arange(sums.size), choices)
        first_of = np.cumsum(choices) - choices
        last = last[grown] + 1 + np.arange(grown.size) - first_of[grown]
        sums = sums[grown] + values[last]
    return sums


def sampled_allocations(
    pieces: Sequence[tuple[FloatArray, BoolArray]], draws: int, rng: np.random.Generator
) -> FloatArray:
    totals = np.zeros(draws)
    for piece, chosen in pieces:
        n, m = piece.size, int(chosen.sum())
        if m <= n // 2:
            totals += _subset_sums(piece, m, draws, rng)
        else:
            totals += piece.sum() - _subset_sums(piece, n - m, draws, rng)
    return totals


def _subset_sums(values: FloatArray, m: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Sums of uniformly random subsets of size m.

    Small subsets by Floyd's algorithm (Bentley & Floyd 1987, Commun ACM 30:754), m^2/2 comparisons a draw;
    large ones as the m smallest of n uniform numbers.
    """
    n = values.size
    if m * m <= 8 * n:
        picked = np.empty((m, draws), dtype=np.int64)
        for i, highest in enumerate(range(n - m, n)):
            candidate = rng.integers(0, highest + 1, draws)
            is_taken = (picked[:i] == candidate).any(axis=0)
            picked[i] = np.where(is_taken, highest, candidate)
        return np.asarray(values[picked].sum(axis=0), dtype=float)
    sums = np.empty(draws)
    block = max(1, BLOCK // n)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        subset = np.argpartition(rng.random((size, n)), m - 1, axis=1)[:, :m]
        sums[start : start + size] = values[subset].sum(axis=1)
    return sums


@compiled
def permuted_maxima(
    scores: FloatArray, sizes: IntArray, mean: FloatArray, sd: FloatArray, seed: int, first: int, count: int
) -> FloatArray:
    """Maxima [count] of the statistic over random permutations number `first`, `first` + 1, ... of `seed`.

    Permutations go in pairs, `first` being even: one random word has 32 bits for either, and the two chains of
    exchanges overlap in the processor (2.9 times as fast as one by one). Every pair has a random stream of its own
    (splitmix64 of seed and number), so the answer does not depend on how the work is split over threads.
    """
    n, last = scores.shape[0], sizes[-1]
    result = np.empty(count)
    one, other = np.empty(n), np.empty(n)
    inverse = 1.0 / sd
    shift = mean * inverse
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    for b in range(0, count, 2):
        one[:] = scores
        other[:] = scores
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) ^ (
            np.uint64(first + b + 1) * np.uint64(0xD1342543DE82EF95)
        )
        total, total_other, best, best_other, k = 0.0, 0.0, 0.0, 0.0, 0
        for i in range(last):
            state += np.uint64(0x9E3779B97F4A7C15)
            word = state
            word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            word = word ^ (word >> np.uint64(31))
            # 32 random bits times the number of people left, high half: bias below n / 2^32.
            left = np.uint64(n - i)
            j = i + np.int64(((word >> half) * left) >> half)
            j_other = i + np.int64(((word & low) * left) >> half)
            value, value_other = one[j], other[j_other]
            one[j], other[j_other] = one[i], other[i]
            total += value
            total_other += value_other
            if i + 1 == sizes[k]:
                best = max(best, abs(total * inverse[k] - shift[k]))
                best_other = max(best_other, abs(total_other * inverse[k] - shift[k]))
                k += 1
        result[b] = best
        if b + 1 < count:
            result[b + 1] = best_other
    return result
