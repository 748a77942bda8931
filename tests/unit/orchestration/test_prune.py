"""What nothing needs goes, with its size; what a version, a lock or the UI needs stays."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ingestion.errors import DiskFullError
from ingestion.fetching.sources_lock import SourcesLock
from ingestion.fetching.store import ContentStore
from orchestration.prune import make_room
from orchestration.run import pruned
from warehouse.build.data_lock import BusyError
from warehouse.settings import PROJECT, Settings

ADDRESS = "https://example.org/clinical.csv"
OLD = datetime(2020, 1, 1).timestamp()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    catalog = tmp_path / "catalog"
    (catalog / "cohorts").mkdir(parents=True)
    (catalog / "attributes.yaml").write_bytes((PROJECT / "catalog" / "attributes.yaml").read_bytes())
    return Settings(data=tmp_path / "data", catalog=catalog, mirror=None, demo=False, keep_runs=2)


def stored(settings: Settings, text: str, *, is_private: bool = False) -> str:
    """A content of the store that is years old; gives its checksum."""
    source = settings.data.parent / "source"
    source.write_text(text, encoding="utf-8")
    found = ContentStore(settings.data, is_private=is_private).add_file(source, max_bytes=1000)
    os.utime(found.path, (OLD, OLD))
    return found.sha256


def record(settings: Settings, sha256: str) -> None:
    lock = SourcesLock(
        settings.data / "sources.https.lock.json", now=lambda: datetime(2026, 1, 1, tzinfo=UTC)
    )
    lock.record(ADDRESS, sha256=sha256, n_bytes=1, licence="x")


def test_of_a_source_the_present_and_the_former_content_stay_and_older_ones_go(settings: Settings) -> None:
    shas = [stored(settings, text) for text in ("first", "second", "third")]
    for sha in shas:
        record(settings, sha)
    secret = stored(settings, "nobody names it", is_private=True)
    with dg.instance_for_test() as instance:
        said = make_room(settings, instance, dry_run=True)
        assert len(ContentStore(settings.data).path_of(shas[0]).read_bytes()) == 5, (
            "a dry run removes nothing"
        )
        assert make_room(settings, instance) == said
    assert {(one.path.name, one.bytes) for one in said} == {(shas[0], 5), (secret, 15)}
    store = ContentStore(settings.data)
    assert [store.has(sha) for sha in shas] == [False, True, True]


def test_the_content_that_a_kept_version_was_made_from_stays(settings: Settings) -> None:
    sha, fresh = stored(settings, "of a version"), stored(settings, "just now")
    os.utime(ContentStore(settings.data).path_of(fresh))
    folder = settings.published / "20261129T165918Z-a0ec95b8"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "icb.duckdb")) as con:
        con.execute("create schema marts")
        con.execute("create table marts.source_files as select $sha as sha256", {"sha": sha})
    (folder / "manifest.json").write_text(
        '{"version": "v", "published_at": "2026-11-29T00:00:00Z", "run_id": null, "catalogue": "public", '
        '"cohorts": [], "rows": {}, "files": []}',
        encoding="utf-8",
    )
    (folder / "public_since").touch()
    with dg.instance_for_test() as instance:
        assert make_room(settings, instance) == []
    assert ContentStore(settings.data).has(sha) and ContentStore(settings.data).has(fresh)


def test_what_a_build_left_goes(settings: Settings) -> None:
    for name in ("parsed/gone_2020/clinical/abc/t.parquet", "dbt_target/build-0a1b2c3d/x.json", "dbt_target/dbt.log.1",
                 "dbt_target/manifest.json"):  # fmt: skip
        path = settings.build / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("12345", encoding="utf-8")
    with dg.instance_for_test() as instance:
        gone = make_room(settings, instance)
    assert sorted((one.path.name, one.bytes) for one in gone) == [
        ("build-0a1b2c3d", 5), ("dbt.log.1", 5), ("gone_2020", 5),
    ]  # fmt: skip
    assert [path.name for path in settings.dbt_target.iterdir()] == ["manifest.json"]


@dg.asset
def once() -> None: ...


@dg.asset
def often() -> None: ...


def test_of_dagsters_history_the_last_runs_stay_and_the_one_that_made_an_asset_as_it_is(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    with dg.instance_for_test(temp_dir=str(tmp_path / "home")) as instance:
        first = dg.materialize([once], instance=instance).run_id
        later = [dg.materialize([often], instance=instance).run_id for _ in range(4)]
        gone = make_room(settings, instance)
        left = {record.dagster_run.run_id for record in instance.get_run_records()}
        assert left == {first, *later[2:]}
        assert instance.get_latest_materialization_event(once.key) is not None
        runs = tmp_path / "home" / "history" / "runs"
        assert {path.stem for path in runs.glob("*.db")} == {"index", first, *later[2:]}
    assert sum(one.bytes for one in gone) > 100_000, (
        "a run of one asset takes that much, and the sizes are stated"
    )


def test_runs_of_another_host_that_shares_this_dagster_are_its_own_to_remove(settings: Settings) -> None:
    with dg.instance_for_test() as instance:
        elsewhere = {"icb/data": "/srv/another"}
        theirs = [dg.materialize([often], instance=instance, tags=elsewhere).run_id for _ in range(3)]
        ours = [dg.materialize([often], instance=instance).run_id for _ in range(3)]
        make_room(settings, instance)
        left = {record.dagster_run.run_id for record in instance.get_run_records()}
        assert left == {*theirs, *ours[1:]}


def test_nothing_is_removed_while_a_run_is_at_work(settings: Settings) -> None:
    import subprocess
    import sys

    settings.data.mkdir(parents=True)
    program = (
        "import sys; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire(); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(settings.data / ".run.lock")],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # fmt: skip
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with dg.instance_for_test() as instance, pytest.raises(BusyError):
            make_room(settings, instance)
        other.communicate()


def test_on_a_full_disk_it_makes_room_before_dagster_is_opened_and_says_that_the_disk_is_full(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = stored(settings, "nobody names it")
    write = Path.write_text

    def full(path: Path, *args: object, **kwargs: object) -> int:
        if path.is_relative_to(settings.data):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, *args, **kwargs)  # type: ignore[arg-type]

    def no_dagster(settings: Settings) -> dg.DagsterInstance:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr("orchestration.run.dagster_home", no_dagster)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 0}))
    with pytest.raises(DiskFullError, match=f"{settings.data}: no space is left"):
        pruned(settings)
    assert not ContentStore(settings.data).has(sha)
