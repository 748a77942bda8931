"""Dagster's book-keeping in SQLite is the same with fewer engines, on a job of two assets and a check."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage

from orchestration.event_log import engines_kept


@dg.asset
def one() -> int:
    return 1


@dg.asset
def two(one: int) -> int:
    return one + 1


@dg.asset_check(asset=two)
def is_two(two: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=two == 2)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many engines Dagster makes for each of its files, from now on."""
    counts: Counter[str] = Counter()
    make = sqlite_event_log.create_engine

    def counted(address: str, **options: Any) -> Any:
        counts[address] += 1
        return make(address, **options)

    for module in (sqlite_event_log, sqlite_run_storage):
        monkeypatch.setattr(module, "create_engine", counted)
    return counts


def told(instance: dg.DagsterInstance) -> list[tuple[Any, ...]]:
    """Run, and give what the event log then holds of it: kind, step and asset of every event."""
    done = dg.materialize([one, two, is_two], instance=instance)
    assert done.success
    events = [log.dagster_event for log in instance.all_logs(done.run_id)]
    return [(e.event_type_value, e.step_key, e.asset_key) for e in events if e is not None]


def test_a_run_makes_one_engine_a_file_and_tells_the_same_events(tmp_path: Path, made: Counter[str]) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        plain = told(instance)
        assert max(made.values()) > 20 and len(plain) > 20
        maker = sqlite_event_log.create_engine
        made.clear()
        with engines_kept():
            assert told(instance) == plain
        assert len(made) == 3 and set(made.values()) == {1}, "of the runs, of this run, and of all events"
        assert sqlite_event_log.create_engine is maker is sqlite_run_storage.create_engine
