"""Making room: Dagster's history (13 MB a run), and what ``warehouse.prune`` finds. After each run of ``icb run``, by a
sensor while the daemon is up, and by hand with ``icb prune``.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from ingestion.catalog.loading import load_catalog
from ingestion.errors import StorageError
from orchestration.workers import DATA_TAG
from warehouse.build.data_lock import BusyError, one_run_at_a_time
from warehouse.prune import Leftover, prune, size_of
from warehouse.settings import Settings
from warehouse.versions.durable import remove
from warehouse.versions.layout import versions
from warehouse.versions.manifest import read_manifest

_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_DAY_SECONDS = 24 * 3600


def make_room(settings: Settings, instance: dg.DagsterInstance, *, dry_run: bool = False) -> list[Leftover]:
    """Remove what nothing needs, under the lock of the data folder, and give what went (or would go).

    Raises
    ------
    BusyError
        A run is at work.
    StorageError
        A folder cannot be read or written.
    """
    with one_run_at_a_time(settings, "'icb prune'"):
        return [
            *prune_files(settings, dry_run=dry_run), *prune_history(settings, instance, dry_run=dry_run),
        ]  # fmt: skip


def prune_files(settings: Settings, *, dry_run: bool = False) -> list[Leftover]:
    """As :func:`make_room`, without Dagster's history: on a full disk that cannot even be opened."""
    catalog = load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)
    owners = [owner.owner_id for owner in catalog.owners()]
    owners += [cohort.cohort_id for cohort in catalog.left_out]  # mended soon, and need not be read again
    return prune(settings, owners, dry_run=dry_run)


def prune_history(
    settings: Settings, instance: dg.DagsterInstance, *, dry_run: bool = False
) -> list[Leftover]:
    """Runs beyond the last ones, but for those that made a kept version or an asset as it is now."""
    if instance.is_ephemeral:
        return []
    here = str(settings.data)
    records = [
        record
        for record in instance.get_run_records(dg.RunsFilter(statuses=_FINISHED))
        if record.dagster_run.tags.get(DATA_TAG, here) == here
    ]  # not those of another host that shares this Dagster: it has its own versions, and its own ICB_KEEP_RUNS
    needed = _makers(settings, instance)
    old = [r.dagster_run.run_id for r in records[settings.keep_runs :] if r.dagster_run.run_id not in needed]
    history = Path(instance.root_directory) / "history"
    found = [_run_leftover(instance, run_id) for run_id in old]
    if dry_run or not old:
        return found
    before = size_of(history)
    for run_id in old:
        instance.delete_run(run_id)
        for path in _files_of(instance, run_id):
            remove(path)
    for database in (history / "runs.db", history / "runs" / "index.db"):
        _shrink(database)
    freed = before - size_of(history) - sum(leftover.bytes for leftover in found)
    return [*found, Leftover("events of former runs", history, max(freed, 0))]


def _makers(settings: Settings, instance: dg.DagsterInstance) -> set[str]:
    """Runs that kept versions and the present state of an asset come from."""
    made = {read_manifest(version).run_id for version in versions(settings.published)}
    for record in instance.get_asset_records():
        last = record.asset_entry.last_materialization
        made.add(last.run_id if last else None)
    return {run_id for run_id in made if run_id}


def _files_of(instance: dg.DagsterInstance, run_id: str) -> Iterator[Path]:
    root = Path(instance.root_directory)
    yield from (root / "history" / "runs").glob(f"{run_id}.db*")
    yield from (root / "storage").glob(run_id)


def _run_leftover(instance: dg.DagsterInstance, run_id: str) -> Leftover:
    files = list(_files_of(instance, run_id))
    place = files[0] if files else Path(instance.root_directory) / "history" / run_id
    return Leftover("run of Dagster", place, sum(size_of(path) for path in files))


def _shrink(database: Path) -> None:
    """Give the room of deleted rows back; the UI may have the file open, and then the next pruning does it."""
    if not database.exists():
        return
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(database)) as con:
        con.execute("vacuum")


def prune_sensor(settings: Settings) -> dg.SensorDefinition:
    """``prune``: once a day, while the UI or the daemon is up."""

    @dg.sensor(
        name="prune",
        minimum_interval_seconds=_DAY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Removes runs, raw contents and leftovers of builds that nothing needs any more.",
    )
    def prune_daily(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        try:
            gone = make_room(settings, context.instance)
        except BusyError:
            return dg.SkipReason("a run is at work")
        except StorageError as exc:
            return dg.SkipReason(str(exc))
        return dg.SkipReason(f"{len(gone)} removed, {sum(one.bytes for one in gone) / 1e6:.1f} MB")

    return prune_daily
