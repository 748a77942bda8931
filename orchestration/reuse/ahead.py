"""Analyses and scans computed several at once: a step of a run is one process, and each keeps one core busy.

The first step that has something to compute lets processes beside it put onto the shelf what the steps of this run
would compute one after another; each step then finds its own there. DuckDB lets many processes read a file or one write
it: that step waits for all of them, and nobody writes meanwhile.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait

import dagster as dg

from analytics.engine.threads import use_at_most
from orchestration.assets.provenance import record_run, run_row
from orchestration.resources import Warehouse
from orchestration.reuse.computed import Compute, Computed, is_of_run, key_of, write_results
from orchestration.reuse.shelf import Run, Shelf
from warehouse.settings import Settings

#: Below so many analyses and scans a run computes them in its own process: another one takes 3 s of a core to begin.
FEWEST = 4
#: How the lines begin that tell which are done.
SAID = "analyses and scans "
#: How many threads the mathematics below numpy begin with; read when it is loaded.
_THREADS_OF_BLAS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """One analysis or scan of the catalogue: its asset's key, file and inputs, and what computes it."""

    key: dg.AssetKey
    asset: Computed
    compute: Compute


@dataclass(frozen=True)
class _Order:
    """A task for another process."""

    settings: Settings
    task: Task
    run: Run
    made_of: dict[str, str]


class Ahead:
    """What the steps of one code location may compute together."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tuple(tasks)
        self._done_for = ""

    def compute(self, context: dg.AssetExecutionContext, warehouse: Warehouse, is_forced: bool) -> None:
        """Compute everything that this run will ask for and that is not on the shelf; once a run. What fails is left to
        its own step, which says why."""
        settings = warehouse.settings
        if self._done_for == context.run_id or settings.workers < 2:
            return
        self._done_for = context.run_id
        shelf = Shelf(settings.shelf)
        stale: list[tuple[Task, dict[str, str]]] = []
        with warehouse.build(read_only=True) as con:
            for task in self._of_run(context):
                made_of = task.asset.made_of(con, settings)
                found = shelf.find(task.asset.name, key_of(made_of))
                is_kept = is_of_run(found, context.run_id) if is_forced else found is not None
                if not is_kept:
                    stale.append((task, made_of))
        if len(stale) < FEWEST:
            return
        with warehouse.build() as con:
            record_run(con, context.run_id, settings)
            run = run_row(con, context.run_id)
        stale.sort(key=lambda one: -shelf.seconds(one[0].asset.name))
        orders = [_Order(settings, task, run, made_of) for task, made_of in stale]
        for number, (name, problem) in enumerate(_done(orders, settings.workers), start=1):
            said = f"; its own step tries again: {problem}" if problem else f"  {shelf.seconds(name):.1f} s"
            context.log.info(f"{SAID}{number} of {len(orders)}: {name}{said}")

    def _of_run(self, context: dg.AssetExecutionContext) -> Iterator[Task]:
        asked = context.job_def.asset_layer.selected_asset_keys
        return (task for task in self._tasks if task.key in asked)


def _done(orders: Sequence[_Order], workers: int) -> Iterator[tuple[str, str]]:
    """Each name as it is done, and what went wrong."""
    n = min(workers, len(orders))
    threads = max(orders[0].settings.threads // n, 1)
    with ProcessPoolExecutor(n, multiprocessing.get_context("spawn"), _begin, (threads,)) as pool:
        with _environment(dict.fromkeys(_THREADS_OF_BLAS, str(threads))):  # processes begin as orders come
            futures: dict[Future[None], str] = {
                pool.submit(_carried_out, order, n): order.task.asset.name for order in orders
            }
        try:
            for future in as_completed(futures):
                problem = future.exception()
                if problem is not None and not isinstance(problem, Exception):
                    raise problem
                killed = isinstance(problem, BrokenProcessPool)
                yield futures[future], "a process was killed" if killed else str(problem or "")
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(threads: int) -> None:
    """A process that ends with the one that began it, however that ends: it holds the build file open."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "this is another process"

    def end_with_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    # its work is on the shelf: taking the interpreter apart only makes DuckDB tell of objects that nobody needs
    atexit.register(os._exit, 0)
    use_at_most(threads)


def _carried_out(order: _Order, processes: int) -> None:
    warehouse = Warehouse.of(order.settings)
    asset, run_id = order.task.asset, str(order.run["run_id"])
    write = partial(write_results, warehouse, asset, order.task.compute, run_id, processes=processes)
    Shelf(order.settings.shelf).keep(asset.name, key_of(order.made_of), order.run, order.made_of, write)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ |= values
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
