"""What the kernels on eight genes at a time read and write: carriers of genes, and a thread's working memory."""

from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner
from analytics.engine.lanes.vectors import LANES


class CarrierArrays(NamedTuple):
    """Carriers of G genes in the rows of one risk table: row[start[g]:start[g+1]], ascending.

    shift (nnz, p) or (0, p): how the covariates of that carrier differ in that gene's model (own mutations removed),
    in the null model's coordinates.
    """

    start: IntArray
    row: IntArray
    shift: FloatArray


class Scratch(NamedTuple):
    """Working memory of one thread; see `allocate`."""

    risk: FloatArray
    expected: FloatArray
    q0: FloatArray
    q1: FloatArray
    q2: FloatArray
    hazard: FloatArray
    death_hazard: FloatArray
    gene_sum: FloatArray
    gene_deaths: FloatArray
    s1: FloatArray
    d1: FloatArray
    work: FloatArray
    gradient: FloatArray
    information: FloatArray
    log_ratio: FloatArray
    shift_head: IntArray
    shift_next: IntArray
    shift_lane: IntArray


@compiled
def allocate(m: int, n_times: int, p: int, most_carriers: int) -> Scratch:
    """Working memory for tables of m rows and n_times events, p covariates, most_carriers in any block of genes."""
    q = p + 1
    return Scratch(
        np.zeros((m, LANES)),
        np.zeros((m, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times + 1, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, LANES)),
        np.zeros((2, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q * (q + 1) // 2, LANES)),
        np.zeros((1, LANES)),
        np.full(2 * n_times + 1, -1, dtype=np.int64),
        np.zeros(2 * most_carriers + 1, dtype=np.int64),
        np.zeros(2 * most_carriers + 1, dtype=np.int64),
    )


@compiled_inner
def most_carriers(c: CarrierArrays, blocks: IntArray) -> int:
    """Carriers in the block (row of `blocks`) that has most."""
    most = 0
    for b in range(len(blocks)):
        carriers = 0
        for g in blocks[b]:
            if g >= 0:
                carriers += c.start[g + 1] - c.start[g]
        most = max(most, carriers)
    return most
