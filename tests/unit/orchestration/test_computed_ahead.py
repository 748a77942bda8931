"""Analyses of a run computed several at once, in processes beside it, onto the shelf."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import psutil
import pytest

from analytics.results.records import FigureRecord
from analytics.results.schema import table_of
from analytics.scan.spec import MUTATIONAL_PROCESS
from ingestion.catalog.loading import files_of
from orchestration.assets.scans import reads_marts_alone, scan_task
from orchestration.resources import Warehouse
from orchestration.reuse.ahead import SAID, Ahead, Task
from orchestration.reuse.computed import Computed, Results, key_of
from orchestration.reuse.declared_rows import Declared
from orchestration.reuse.shelf import Entry, Shelf
from warehouse.questions.scans.registered import load_scan
from warehouse.settings import PROJECT, Settings

HERE = Path(__file__).parent


def computed(what: str, con: duckdb.DuckDBPyConnection, run_id: str, settings: Settings) -> Results:
    """A result that names its process; or a fault, or a process that is gone."""
    if what == "fails":
        raise ValueError("nothing to compute")
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "waits":
        (settings.data / "process").write_text(str(os.getpid()))
        time.sleep(600)
    row = FigureRecord(analysis_id=str(os.getpid()), figure="f", title="t", alt="a")
    return {FigureRecord.TABLE: table_of(FigureRecord, [row])}, {}


def task(name: str, what: str = "works") -> Task:
    made = Computed(name, "0" * 64, ("warehouse.results.folders",), Declared(()), reads_genome=False)
    return Task(dg.AssetKey(["analyses", name]), made, partial(computed, what))


def warehouse_in(folder: Path, workers: int = 2) -> Warehouse:
    settings = replace(Settings.from_environment(), data=folder, workers=workers)
    settings.build.mkdir(parents=True, exist_ok=True)
    duckdb.connect(str(settings.build_file)).close()
    return Warehouse.of(settings)


def context(asked: Iterable[Task]) -> Any:
    said: list[str] = []
    layer = SimpleNamespace(selected_asset_keys={one.key for one in asked})
    job = SimpleNamespace(asset_layer=layer)
    return SimpleNamespace(run_id="a-run", job_def=job, log=SimpleNamespace(info=said.append), said=said)


def kept(warehouse: Warehouse, name: str) -> Entry | None:
    shelf = Shelf(warehouse.settings.shelf)
    keys = shelf.keys(name)
    return shelf.find(name, keys[0]) if keys else None


def test_what_a_run_asks_for_is_computed_in_other_processes_and_what_fails_is_left_to_its_own_step(
    tmp_path: Path,
) -> None:
    warehouse, tasks = warehouse_in(tmp_path), [*(task(f"a{k}") for k in range(5)), task("bad", "fails")]
    run, ahead = context(one for one in tasks if one.asset.name != "a4"), Ahead(tasks)
    ahead.compute(run, warehouse, False)
    entries = [kept(warehouse, f"a{k}") for k in range(4)]
    assert all(entry is not None and entry.run["run_id"] == "a-run" for entry in entries)
    processes = {
        pd.read_parquet(entry.tables / "figures.parquet")["analysis_id"].iloc[0] for entry in entries if entry
    }
    assert 1 <= len(processes) <= 2 and str(os.getpid()) not in processes
    assert kept(warehouse, "bad") is None and kept(warehouse, "a4") is None
    assert len(run.said) == 5 and all(line.startswith(SAID) for line in run.said)
    assert any(line.endswith("bad; its own step tries again: nothing to compute") for line in run.said)
    ahead.compute(run, warehouse, False)
    assert len(run.said) == 5, "once a run: what failed has its own step"


def test_processes_that_are_killed_leave_everything_to_the_steps(tmp_path: Path) -> None:
    warehouse, tasks = warehouse_in(tmp_path), [task(f"a{k}", "killed") for k in range(4)]
    run = context(tasks)
    Ahead(tasks).compute(run, warehouse, False)
    assert not any(kept(warehouse, f"a{k}") for k in range(4))
    assert [line.partition("; ")[2] for line in run.said] == [
        "its own step tries again: a process was killed"
    ] * 4


@pytest.mark.parametrize(("n", "workers"), [(3, 2), (8, 1)])
def test_few_analyses_or_one_process_are_computed_by_their_steps(
    tmp_path: Path, n: int, workers: int
) -> None:
    warehouse, tasks = warehouse_in(tmp_path, workers), [task(f"a{k}") for k in range(n)]
    run = context(tasks)
    Ahead(tasks).compute(run, warehouse, False)
    assert run.said == [] and not any(kept(warehouse, f"a{k}") for k in range(n))


def test_what_this_run_has_kept_is_not_computed_again_even_where_everything_is_asked_for_anew(
    tmp_path: Path,
) -> None:
    warehouse = warehouse_in(tmp_path)
    tasks = [task(f"a{k}") for k in range(4)]
    with warehouse.build(read_only=True) as con:
        made = tasks[0].asset.made_of(con, warehouse.settings)
    for one in tasks:
        Shelf(warehouse.settings.shelf).keep(
            one.asset.name, key_of(made), {"run_id": "a-run"}, made, lambda entry: None
        )
    run = context(tasks)
    Ahead(tasks).compute(run, warehouse, True)
    assert run.said == []


def test_a_process_ends_with_the_run_that_was_killed(tmp_path: Path) -> None:
    """It would hold the build file open, and the next run would be refused."""
    begin = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "if __name__ == '__main__':\n"
        "    from pathlib import Path; from test_computed_ahead import Ahead, context, task, warehouse_in\n"
        f"    tasks = [task(f'a{{k}}', 'waits') for k in range(4)]\n"
        f"    Ahead(tasks).compute(context(tasks), warehouse_in(Path({str(tmp_path)!r})), False)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(begin)
    run = subprocess.Popen([sys.executable, str(script)], cwd=HERE.parents[2])
    while not (noted := tmp_path / "process").exists() or not noted.read_text():
        assert run.poll() is None, "the run has ended by itself"
        time.sleep(0.1)
    beside = psutil.Process(int(noted.read_text()))
    run.kill()
    run.wait()
    _, alive = psutil.wait_procs([beside], timeout=60)
    assert not alive


def test_scans_are_among_them_but_those_that_wait_for_what_analyses_say_of_mutational_processes() -> None:
    specs = {
        path: load_scan(path)
        for path in files_of([PROJECT / "catalog", PROJECT / "catalog" / "demo"], "scans")
    }
    tasks = {path: scan_task(path, spec) for path, spec in specs.items()}
    assert tasks, "the catalogue has scans"
    for path, one in tasks.items():
        assert reads_marts_alone(one) == (MUTATIONAL_PROCESS not in specs[path].null_strata)
        assert pickle.loads(pickle.dumps(one)).asset == one.asset, "another process gets it as it is"
