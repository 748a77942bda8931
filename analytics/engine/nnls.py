"""Non-negative least squares of many samples on the same signatures, from one Gram matrix.

The active set of Lawson & Hanson 1974 needs only S'S and S'x (Bro & de Jong 1997). With L the Cholesky factor of
the Gram matrix of the passive signatures P, a sample keeps the rows of L^-1 [S'S of P, I] in place of L: they hold L
itself (in a signature's column) and the step of every gradient and exposure that a signature brings when it enters,
so that nothing is solved again. Entering costs one pass over these rows, leaving a rotation of those below.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_reordered
from analytics.engine.threads import usable_threads

# What one sample at a time is worked on, made once a block of samples; n signatures, w = n padded to LANES:
# rows [n + 1, 2w]: L^-1 [S'S of P, I]; half [n + 1]: L^-1 S'x; passive [n + 1]: P in the order of entry;
# state [2w]: gradient at the least squares solution on P, then minus that solution.
Work = tuple[FloatArray, FloatArray, IntArray, FloatArray]

BLOCK: Final = 256
LANES: Final = 8  # a whole number of vector registers: no remainder loops
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
    n_channels, n = profiles.shape
    width = -(-n // LANES) * LANES
    padded = np.zeros((n_channels, width))
    padded[:, :n] = profiles
    table = np.zeros((n, 2 * width))
    table[:, :width] = profiles.T @ padded
    table[np.arange(n), width + np.arange(n)] = 1.0
    x = np.ascontiguousarray(spectra, dtype=np.float64)
    loss = -1.0 if max_cosine_loss is None else float(max_cosine_loss)
    result = np.zeros((len(x), n))

    def run(first: int) -> None:
        last = first + BLOCK
        _solve_block(padded, table, x[first:last], loss, result[first:last])

    with ThreadPoolExecutor(usable_threads(threads)) as pool:
        list(pool.map(run, range(0, len(x), BLOCK)))
    return result


# Sums and maxima may be reordered, so that they run in vector registers; nothing here is NaN or infinite. Rows are
# addressed by two indices: taking a row as a view costs more than the sum over it.


@compiled_reordered
def _project(padded: FloatArray, spectrum: FloatArray, target: FloatArray) -> float:
    """Fill target [w] with S'x; gives x'x. BLAS would do it, and keep a core spinning while the blocks are solved."""
    target[:] = 0.0
    square = 0.0
    for c in range(padded.shape[0]):
        count = spectrum[c]
        if count != 0.0:
            square += count * count
            for j in range(padded.shape[1]):
                target[j] += count * padded[c, j]
    return square


@compiled_reordered
def _append(table: FloatArray, work: Work, size: int, new: int) -> bool:
    """Add a signature to the passive set; False if it is a mixture of the signatures there."""
    rows, half, passive, state = work
    length = table.shape[1]
    pivot = table[new, new]
    for j in range(length):
        rows[size, j] = table[new, j]
    i = 0
    while i + 4 <= size:
        # Four rows at a time: the new row is read and written a quarter as often.
        a, b, c, d = rows[i, new], rows[i + 1, new], rows[i + 2, new], rows[i + 3, new]
        pivot -= a * a + b * b + c * c + d * d
        for j in range(length):
            rows[size, j] -= a * rows[i, j] + b * rows[i + 1, j] + c * rows[i + 2, j] + d * rows[i + 3, j]
        i += 4
    while i < size:
        a = rows[i, new]
        pivot -= a * a
        for j in range(length):
            rows[size, j] -= a * rows[i, j]
        i += 1
    if pivot <= PIVOT_TOLERANCE * table[new, new]:
        return False
    inverse = 1.0 / np.sqrt(pivot)
    half[size] = state[new] * inverse
    passive[size] = new
    for j in range(length):
        rows[size, j] *= inverse
        state[j] -= half[size] * rows[size, j]
    return True


@compiled_reordered
def _delete(work: Work, size: int, place: int) -> None:
    """Take signature number `place` out by Givens rotations of the rows below it."""
    rows, half, passive, state = work
    length = rows.shape[1]
    gone = length // 2 + passive[place]
    for i in range(place, size - 1):
        passive[i] = passive[i + 1]
        a, b = rows[i, passive[i]], rows[i + 1, passive[i]]
        r = np.sqrt(a * a + b * b)
        c, s = a / r, b / r
        for j in range(length):
            u, v = rows[i, j], rows[i + 1, j]
            rows[i, j] = c * u + s * v
            rows[i + 1, j] = c * v - s * u
        u, v = half[i], half[i + 1]
        half[i] = c * u + s * v
        half[i + 1] = c * v - s * u
    for j in range(length):
        state[j] += half[size - 1] * rows[size - 1, j]
    # What is left of the signature is rounding, which must not become an exposure.
    for i in range(place, size):
        rows[i, gone] = 0.0
    state[gone] = 0.0


@compiled_reordered
def _is_feasible(state: FloatArray) -> bool:
    highest, width = 0.0, state.shape[0] // 2
    for j in range(width):
        highest = max(highest, state[width + j])
    return highest <= 0.0


@compiled
def _make_feasible(work: Work, size: int, exposure: FloatArray) -> int:
    """Move from the feasible `exposure` towards the unconstrained solution; gives the new size."""
    _, _, passive, state = work
    width = state.shape[0] // 2
    while not _is_feasible(state):
        step = 1.0
        for i in range(size):
            here, trial = exposure[passive[i]], -state[width + passive[i]]
            if trial <= 0.0:
                step = min(step, here / (here - trial))
        for i in range(size):
            here, trial = exposure[passive[i]], -state[width + passive[i]]
            moved = here + step * (trial - here)
            # The one that sets the step lands on 0 but for rounding.
            is_out = trial <= 0.0 and moved <= 1e-14 * here
            exposure[passive[i]] = -1.0 if is_out else moved
        for i in range(size - 1, -1, -1):
            if exposure[passive[i]] < 0.0:
                exposure[passive[i]] = 0.0
                _delete(work, size, i)
                size -= 1
    for i in range(size):
        exposure[passive[i]] = -state[width + passive[i]]
    return size


@compiled_reordered
def _steepest(state: FloatArray, floor: float, closed: BoolArray, exposure: FloatArray) -> int:
    """The open signature with the largest gradient S'(x - S e), -1 when none is above rounding."""
    n = exposure.shape[0]
    best = floor
    for j in range(n):
        best = max(best, state[j])
    if best <= floor:
        return -1
    chosen = 0
    while state[chosen] != best:
        chosen += 1
    if exposure[chosen] == 0.0 and not closed[chosen]:
        return chosen
    best, chosen = floor, -1
    for j in range(n):
        if state[j] > best and exposure[j] == 0.0 and not closed[j]:
            best, chosen = state[j], j
    return chosen


@compiled
def _fit_one(
    table: FloatArray, floor: float, allowed: BoolArray, work: Work, size: int, exposure: FloatArray
) -> int:
    """Lawson-Hanson for one sample over the allowed signatures, from `exposure` on `size` passive ones.

    `exposure` is filled; gives the new size of the passive set.
    """
    closed = ~allowed
    reopen = False
    for _ in range(30 * exposure.shape[0]):
        chosen = _steepest(work[3], floor, closed, exposure)
        if chosen < 0:
            return size
        if not _append(table, work, size, chosen):
            closed[chosen], reopen = True, True
            continue
        before = size
        size = _make_feasible(work, size + 1, exposure)
        if exposure[chosen] <= 0.0:
            # Rounding let it in and out again: without this the loop could repeat for ever.
            closed[chosen], reopen = True, True
        elif reopen and size > before:
            closed[:] = ~allowed
            reopen = False
    return size


@compiled_reordered
def _cosine(target: FloatArray, square: float, exposure: FloatArray) -> float:
    """Cosine similarity of spectrum and reconstruction at a solution, from S'x and x'x.

    There e'S'(x - S e) = 0, so that e'S'x is |S e|^2 as well: no pass over the Gram matrix, which took a third of the
    time of the sparse rule.
    """
    dot = 0.0
    for j in range(exposure.shape[0]):
        dot += target[j] * exposure[j]
    if dot <= 0.0 or square <= 0.0:
        return 0.0
    cosine: float = np.sqrt(dot / square)
    return cosine


@compiled
def _solve_block(
    padded: FloatArray, table: FloatArray, spectra: FloatArray, max_loss: float, out: FloatArray
) -> None:
    n, length = table.shape
    width = length // 2
    work = (np.empty((n + 1, length)), np.empty(n + 1), np.empty(n + 1, dtype=np.int64), np.empty(length))
    target, state = np.empty(width), work[3]
    allowed = np.ones(n, dtype=np.bool_)
    for row in range(spectra.shape[0]):
        exposure = out[row]
        exposure[:] = 0.0
        square = _project(padded, spectra[row], target)
        state[:width] = target
        state[width:] = 0.0
        floor = GRADIENT_TOLERANCE * np.abs(target).max()
        size = _fit_one(table, floor, allowed, work, 0, exposure)
        if max_loss >= 0.0:
            _thin_out(table, target, square, max_loss, floor, work, size, exposure)


@compiled
def _thin_out(
    table: FloatArray,
    target: FloatArray,
    square: float,
    max_loss: float,
    floor: float,
    work: Work,
    size: int,
    out: FloatArray,
) -> None:
    """Backward selection: drop the smallest exposure while one drop costs at most `max_loss` of cosine."""
    passive = work[2]
    similarity = _cosine(target, square, out)
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
        size = _fit_one(table, floor, allowed, work, size, fewer)
        new = _cosine(target, square, fewer)
        if similarity - new > max_loss:
            return
        similarity = new
        out[:] = fewer
        allowed[:] = fewer > 0.0
