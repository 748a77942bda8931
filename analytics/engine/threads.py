"""Blocks of genes over a few threads; the compiled kernels release Python's lock and write to disjoint places."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.lanes.vectors import LANES

T = TypeVar("T")

_most = os.cpu_count() or 1

GENES_PER_TASK = 1024  # for work of a microsecond per gene
BLOCKS_PER_TASK = 32  # about 5 ms: short enough to even out two threads, long enough to hide the hand-over


def use_at_most(threads: int) -> None:
    """Let what asks for no number of threads take so many, in this process: one of several that share the cores."""
    global _most
    _most = max(threads, 1)


def usable_threads(asked: int | None = None) -> int:
    """What was asked for; without that every core, or this process's share of them."""
    return asked or _most


def blocks_of_genes(genes: IntArray, cost: FloatArray) -> IntArray:
    """(n_blocks, 8) gene numbers, -1 for empty lanes; genes of like cost share a block, which saves passes.

    A gene's result does not depend on its block: lanes never mix and each stops by itself.
    """
    ordered = genes[np.argsort(cost[genes], kind="stable")]
    blocks = np.full((-(-len(ordered) // LANES), LANES), -1, dtype=np.int64)
    blocks.reshape(-1)[: len(ordered)] = ordered
    return blocks


def over_blocks(work: Callable[[IntArray], None], blocks: IntArray, n_threads: int) -> None:
    """Call work on runs of blocks, on n_threads threads."""
    runs = [blocks[i : i + BLOCKS_PER_TASK] for i in range(0, len(blocks), BLOCKS_PER_TASK)]
    run_all(work, runs, n_threads)


def over_genes(work: Callable[[int, int], None], n_genes: int, n_threads: int) -> None:
    """Call work(first, stop) on runs of genes, on n_threads threads."""
    runs = [(first, min(first + GENES_PER_TASK, n_genes)) for first in range(0, n_genes, GENES_PER_TASK)]
    run_all(lambda run: work(*run), runs, n_threads)


def run_all(work: Callable[[T], None], items: Iterable[T], n_threads: int) -> None:
    """Call work on every item; the first error is raised."""
    items = list(items)
    if n_threads == 1 or len(items) == 1:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(max_workers=n_threads) as pool:
        for done in [pool.submit(work, item) for item in items]:
            done.result()
