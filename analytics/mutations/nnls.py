"""Non-negative least squares of many samples on the same signatures, from one Gram matrix.

The active set of Lawson & Hanson 1974 needs only S'S and S'x (Bro & de Jong 1997); both are made once for
all samples, and a Cholesky factor of the passive set is updated as signatures enter and leave.
What does NOT belong here: signatures, spectra, guards (`signatures`).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
# Cholesky rows, one over their diagonal, half-solved target, trial solution, gradient, passive set: made once
# per block.
Work = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, IntArray]

BLOCK: Final = 256
# A gradient below this share of the largest S'x is rounding: Lawson & Hanson's stopping rule.
GRADIENT_TOLERANCE: Final = 1e-11
# A signature whose part outside the passive set is smaller than this is a mixture of it.
PIVOT_TOLERANCE: Final = 1e-12


def solve_nnls(
    profiles: FloatArray,
    spectra: FloatArray,
    *,
    threads: int | None = None,
    max_cosine_loss: float | None = None,
) -> FloatArray:
    """Exposures [sample, signature] that minimise |spectra - exposures profiles'|^2 with exposures >= 0.

    `profiles` is [channel, signature], `spectra` [sample, channel]. With `max_cosine_loss` the sparse rule
    follows: the signature with the smallest exposure is taken out and the rest refitted, as long as one step
    costs at most this much cosine similarity between spectrum and reconstruction (backward selection of
    Manders et al. 2022, MutationalPatterns `fit_to_signatures_strict`).
    """
    s = np.ascontiguousarray(profiles, dtype=np.float64)
    gram = s.T @ s
    x = np.ascontiguousarray(spectra, dtype=np.float64)
    target = x @ s
    square = (x * x).sum(axis=1)
    loss = -1.0 if max_cosine_loss is None else float(max_cosine_loss)
    result = np.zeros(target.shape)

    def run(first: int) -> None:
        last = first + BLOCK
        _solve_block(gram, target[first:last], square[first:last], loss, result[first:last])

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        list(pool.map(run, range(0, len(x), BLOCK)))
    return result


# Sums may be reordered, so that they run in vector registers; nothing here is NaN or infinite. Rows are
# addressed by two indices: taking a row as a view costs more than the sum over it.
_FAST: Final = {"reassoc", "contract", "nsz", "arcp"}


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _append(gram: FloatArray, target: FloatArray, work: Work, size: int, new: int) -> bool:
    """Add a signature to the passive set; False if it is a mixture of the signatures there.

    `factor` holds the rows of the Cholesky factor L, `inverse` one over its diagonal, and `half` the solution
    of L half = target, which grows by one number.
    """
    factor, inverse, half, _, _, passive = work
    pivot, total = gram[new, new], target[new]
    for i in range(size):
        value = gram[new, passive[i]]
        for k in range(i):
            value -= factor[i, k] * factor[size, k]
        value *= inverse[i]
        factor[size, i] = value
        pivot -= value * value
        total -= value * half[i]
    if pivot <= PIVOT_TOLERANCE * gram[new, new]:
        return False
    factor[size, size] = np.sqrt(pivot)
    inverse[size] = 1.0 / factor[size, size]
    half[size] = total * inverse[size]
    passive[size] = new
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _delete(work: Work, size: int, place: int) -> None:
    """Take signature number `place` out by Givens rotations of the rows below it."""
    factor, inverse, half, _, _, passive = work
    for i in range(place, size - 1):
        passive[i] = passive[i + 1]
        for k in range(i + 2):
            factor[i, k] = factor[i + 1, k]
    for i in range(place, size - 1):
        # Row i has one entry too many, at column i + 1: rotate columns i and i + 1.
        a, b = factor[i, i], factor[i, i + 1]
        r = np.sqrt(a * a + b * b)
        c, s = a / r, b / r
        factor[i, i] = r
        inverse[i] = 1.0 / r
        for k in range(i + 1, size - 1):
            u, v = factor[k, i], factor[k, i + 1]
            factor[k, i] = c * u + s * v
            factor[k, i + 1] = c * v - s * u
        u, v = half[i], half[i + 1]
        half[i] = c * u + s * v
        half[i + 1] = c * v - s * u


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _back_substitute(work: Work, size: int) -> None:
    factor, inverse, half, trial, _, _ = work
    for i in range(size):
        trial[i] = half[i]
    for i in range(size - 1, -1, -1):
        value = trial[i] * inverse[i]
        trial[i] = value
        for k in range(i):
            trial[k] -= factor[i, k] * value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _make_feasible(work: Work, size: int, exposure: FloatArray) -> int:
    """Move from the feasible `exposure` towards the unconstrained solution; gives the new size."""
    trial, passive = work[3], work[5]
    while True:
        _back_substitute(work, size)
        step = 1.0
        for i in range(size):
            if trial[i] <= 0.0:
                here = exposure[passive[i]]
                step = min(step, here / (here - trial[i]))
        if step >= 1.0:
            for i in range(size):
                exposure[passive[i]] = trial[i]
            return size
        for i in range(size - 1, -1, -1):
            here = exposure[passive[i]]
            moved = here + step * (trial[i] - here)
            # The one that sets the step lands on 0 but for rounding.
            if trial[i] <= 0.0 and moved <= 1e-14 * here:
                exposure[passive[i]] = 0.0
                _delete(work, size, i)
                size -= 1
            else:
                exposure[passive[i]] = moved


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _steepest(
    gram: FloatArray, target: FloatArray, work: Work, size: int, closed: BoolArray, exposure: FloatArray
) -> int:
    """The open signature with the largest gradient S'(x - S e), -1 when none is above rounding."""
    gradient, passive = work[4], work[5]
    n = target.shape[0]
    largest = 0.0
    for j in range(n):
        gradient[j] = target[j]
        largest = max(largest, abs(target[j]))
    for i in range(size):
        p = passive[i]
        value = exposure[p]
        for j in range(n):
            gradient[j] -= gram[p, j] * value
    best, chosen = GRADIENT_TOLERANCE * largest, -1
    for j in range(n):
        if gradient[j] > best and exposure[j] == 0.0 and not closed[j]:
            best, chosen = gradient[j], j
    return chosen


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fit_one(
    gram: FloatArray, target: FloatArray, allowed: BoolArray, work: Work, size: int, exposure: FloatArray
) -> int:
    """Lawson-Hanson for one sample over the allowed signatures, from `exposure` on `size` passive ones.

    `exposure` is filled; gives the new size of the passive set.
    """
    n = target.shape[0]
    closed = ~allowed
    reopen = False
    for _ in range(30 * n):
        chosen = _steepest(gram, target, work, size, closed, exposure)
        if chosen < 0:
            return size
        if not _append(gram, target, work, size, chosen):
            closed[chosen], reopen = True, True
            continue
        before = size
        size = _make_feasible(work, size + 1, exposure)
        if exposure[chosen] <= 0.0:
            # Rounding let it in and out again: without this the loop could repeat for ever.
            closed[chosen], reopen = True, True
        elif reopen and size > before:
            for j in range(n):
                closed[j] = not allowed[j]
            reopen = False
    return size


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cosine(gram: FloatArray, target: FloatArray, square: float, exposure: FloatArray) -> float:
    """Cosine similarity of spectrum and reconstruction from S'S, S'x and x'x."""
    dot, length = 0.0, 0.0
    for i in range(target.shape[0]):
        if exposure[i] > 0.0:
            dot += target[i] * exposure[i]
            for j in range(target.shape[0]):
                length += exposure[i] * gram[i, j] * exposure[j]
    if length <= 0.0 or square <= 0.0:
        return 0.0
    return dot / np.sqrt(length * square)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _solve_block(
    gram: FloatArray, targets: FloatArray, squares: FloatArray, max_loss: float, out: FloatArray
) -> None:
    n = gram.shape[0]
    work = (
        np.zeros((n, n)), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    )  # fmt: skip
    allowed = np.ones(n, dtype=np.bool_)
    for row in range(targets.shape[0]):
        exposure = out[row]
        exposure[:] = 0.0
        size = _fit_one(gram, targets[row], allowed, work, 0, exposure)
        if max_loss >= 0.0:
            _thin_out(gram, targets[row], squares[row], max_loss, work, size, exposure)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _thin_out(
    gram: FloatArray,
    target: FloatArray,
    square: float,
    max_loss: float,
    work: Work,
    size: int,
    out: FloatArray,
) -> None:
    """Backward selection: drop the smallest exposure while one drop costs at most `max_loss` of cosine."""
    passive = work[5]
    similarity = _cosine(gram, target, square, out)
    allowed = out > 0.0
    fewer = out.copy()
    while size > 1:
        place = 0
        for i in range(1, size):
            if fewer[passive[i]] < fewer[passive[place]]:
                place = i
        weakest = passive[place]
        allowed[weakest] = False
        fewer[weakest] = 0.0
        _delete(work, size, place)
        # From the solution with one less the refit takes one solve, as a rule, not one per signature.
        size = _make_feasible(work, size - 1, fewer)
        size = _fit_one(gram, target, allowed, work, size, fewer)
        new = _cosine(gram, target, square, fewer)
        if similarity - new > max_loss:
            return
        similarity = new
        out[:] = fewer
        allowed[:] = fewer > 0.0
