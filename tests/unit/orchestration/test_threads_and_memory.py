"""How many cores and how much memory a run takes: settings, and what each part of it gets of them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import yaml
from jinja2 import Environment

from orchestration.resources import Warehouse
from orchestration.reuse.declared_rows import Declared
from warehouse.settings import PROJECT, Settings, SettingsError

PROFILE = yaml.safe_load((PROJECT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8"))


def settings(folder: Path, threads: int = 6, memory_gb: float = 12.0) -> Settings:
    plain = replace(Settings.from_environment(), data=folder)
    return replace(plain, threads=threads, memory_gb=memory_gb)


def limits(con: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    ((threads, memory),) = con.execute(
        "select current_setting('threads'), current_setting('memory_limit')"
    ).fetchall()
    return int(threads), str(memory)


def test_the_environment_says_how_much_and_without_it_the_machine_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ICB_THREADS", "5")
    monkeypatch.setenv("ICB_MEMORY", "7.5")
    monkeypatch.delenv("ICB_WORKERS", raising=False)
    found = Settings.from_environment()
    assert (found.threads, found.memory_gb) == (5, 7.5) and 1 <= found.workers <= 5
    for name in ("ICB_THREADS", "ICB_MEMORY"):
        monkeypatch.delenv(name)
    found = Settings.from_environment()
    assert 1 <= found.threads <= (os.cpu_count() or 1) and 0 < found.memory_gb <= 3
    monkeypatch.setenv("ICB_MEMORY", "much")
    with pytest.raises(SettingsError, match="ICB_MEMORY: 'much' is not a number"):
        Settings.from_environment()


def test_settings_pass_through_the_resource_as_they_are(tmp_path: Path) -> None:
    asked = settings(tmp_path)
    assert Warehouse.of(asked).settings == replace(asked, ui=None, notify=())


def test_duckdb_has_all_of_it_in_a_process_and_a_share_in_each_of_several(tmp_path: Path) -> None:
    warehouse = Warehouse.of(settings(tmp_path))
    with warehouse.build() as con:
        assert limits(con) == (6, "11.1 GiB")  # 12 GB
        con.execute("create schema marts; create table marts.samples (cohort_id varchar)")
    for processes, threads, memory in (
        (1, 6, "11.1 GiB"),
        (2, 3, "5.5 GiB"),
        (4, 1, "2.7 GiB"),
        (12, 1, "1.8 GiB"),
    ):
        with warehouse.declared(Declared(("samples",)), "a step", processes) as con:
            assert limits(con) == (threads, memory)
    small = Warehouse.of(settings(tmp_path, 2, 0.5))
    with small.declared(Declared(("samples",)), "a step", 2) as con:
        assert limits(con) == (1, "476.8 MiB")  # never more than is allowed: half a GB


@pytest.mark.parametrize(
    ("target", "has_memory"),
    [("duckdb", True), ("spark", False), ("spark_connect", False), ("spark_thrift", False)],
)
def test_dbt_reads_threads_and_memory_from_what_a_run_gives_it(
    tmp_path: Path, target: str, has_memory: bool
) -> None:
    given = Warehouse.of(settings(tmp_path)).dbt_environment()
    jinja = Environment(autoescape=True)  # text of the project's own
    jinja.filters["as_number"] = int

    def read(text: str) -> str:
        return jinja.from_string(text).render(env_var=lambda name, default="": given.get(name, default))

    output = PROFILE["icb_warehouse"]["outputs"][target]
    assert read(output["threads"]) == "6"
    if has_memory:
        assert read(output["settings"]["threads"]) == "6"
        assert read(output["settings"]["memory_limit"]) == "12000MB"
