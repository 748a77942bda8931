"""A full disk and a folder that may not be written: one sentence that names the folder, whoever met it first."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ingestion.errors import CatalogError, DiskFullError, StorageError
from ingestion.storage_faults import storage_fault
from orchestration.failures import failure_sentence, storage_faults_told
from orchestration.run import dagster_home
from warehouse.published_file import published_error
from warehouse.settings import PROJECT, Settings
from warehouse.versions.durable import point_link

DATA = Path("/srv/icb")
NO_SPACE = "no space is left for writing"


@pytest.mark.parametrize(
    ("error", "folder"),
    [
        (OSError(28, "No space left on device", "/srv/icb/build/results/x.parquet"), "/srv/icb/build/results"),
        (OSError(122, "Disk quota exceeded", "/home/x/a"), "/home/x"),
        (OSError(27, "File too large"), "/srv/icb"),
        (sqlite3.OperationalError("database or disk is full"), "/srv/icb"),
        (duckdb.IOException('IO Error: Could not write file "/srv/icb/build/icb.duckdb": No space left on device'),
         "/srv/icb/build"),
        (CatalogError("dbt cannot parse: [Errno 28] No space left on device " + "trace " * 200), "/srv/icb"),
    ],
)  # fmt: skip
def test_a_full_disk_is_told_with_its_folder(error: Exception, folder: str) -> None:
    with pytest.raises(DiskFullError) as told, storage_faults_told(DATA):
        raise error
    assert str(told.value).startswith(f"{folder}: {NO_SPACE}; make room") and "icb prune" in str(told.value)


def test_a_disk_that_is_full_for_duckdb_is_no_fault_of_the_published_file() -> None:
    full = duckdb.IOException('Could not write file "/share/.out.part/icb.duckdb": No space left on device')
    told = published_error(full, DATA / "published" / "icb.duckdb")
    assert isinstance(told, DiskFullError) and str(told).startswith(
        f"/share/.out.part: {NO_SPACE}; make room"
    )


@pytest.mark.parametrize(
    ("error", "folder"),
    [
        (
            PermissionError(13, "Permission denied", "/srv/icb/dagster/history/runs.db"),
            "/srv/icb/dagster/history",
        ),
        (sqlite3.OperationalError("unable to open database file"), "/srv/icb"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "/srv/icb"),
        (OSError(30, "Read-only file system", "/srv/icb/raw/x"), "/srv/icb/raw"),
    ],
)
def test_a_folder_that_may_not_be_written_is_named(error: Exception, folder: str) -> None:
    with pytest.raises(StorageError, match="you may write to the folder") as told, storage_faults_told(DATA):
        raise error
    assert str(told.value).startswith(f"{folder}: ") and not isinstance(told.value, DiskFullError)


def test_what_led_to_an_error_counts_too() -> None:
    with pytest.raises(DiskFullError), storage_faults_told(DATA):
        try:
            raise sqlite3.OperationalError("database or disk is full")
        except sqlite3.OperationalError as exc:
            raise RuntimeError("An exception was thrown") from exc


def test_any_other_error_stays_what_it_is() -> None:
    assert storage_fault("KeyError: 'column'", DATA) is None
    with pytest.raises(KeyError), storage_faults_told(DATA):
        raise KeyError("column")
    with pytest.raises(CatalogError, match="a full disk is no word of mine"), storage_faults_told(DATA):
        raise CatalogError("a full disk is no word of mine")


@dg.asset
def starved() -> None:
    raise OSError(28, "No space left on device", "/srv/icb/build/results/x.parquet")


def test_a_step_that_runs_out_of_disk_says_where() -> None:
    events = dg.materialize([starved], raise_on_error=False).all_events
    assert failure_sentence(events, DATA).startswith(
        "step starved failed: /srv/icb/build/results: no space is left for writing; make room"
    )


def test_a_run_that_may_write_nothing_ends_in_one_sentence(tmp_path: Path) -> None:
    """No file may grow at all, as on a disk that is full from the beginning."""
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); sys.dont_write_bytecode = True; "
        "sys.argv = ['icb', 'run', '--demo']; from interfaces.cli.main import main; main()"
    )
    data = tmp_path / "data"
    environment = os.environ | {"ICB_DATA": str(data), "DAGSTER_HOME": str(data / "dagster")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith("icb: ") and str(data) in sentence and sentence.endswith("."), sentence


def test_a_folder_of_dagster_s_history_that_cannot_be_made_is_told_by_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "file" / "dagster"))
    settings = Settings(data=tmp_path / "data", catalog=tmp_path, mirror=None, demo=False)
    with pytest.raises(StorageError, match=f"{tmp_path}/file/dagster: .*correct DAGSTER_HOME"):
        dagster_home(settings)


def test_a_disk_error_of_sqlite_on_a_full_disk_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not isinstance(storage_fault("disk I/O error", tmp_path), DiskFullError)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 0}))
    assert isinstance(storage_fault("disk I/O error", tmp_path), DiskFullError)


def test_a_link_that_cannot_be_replaced_is_told_by_its_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=f"^{tmp_path}/gone: "):
        point_link(tmp_path / "gone" / "current", "20261130T000000Z-00000000")
