"""What may go from the data folder: old contents of sources, what a build left, versions beyond those that are kept.

Nothing goes that a kept version, a lock file or the catalogue names. Dagster's history is ``orchestration.prune``.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.fetching.sources_lock import SourcesLock
from ingestion.fetching.store import ContentStore, storage_errors
from warehouse.settings import Settings
from warehouse.versions.durable import remove
from warehouse.versions.layout import versions
from warehouse.versions.publication import prune_versions

#: Former contents of an address that are kept beside the present one, to be compared with it.
KEPT_FORMER = 1
#: Whatever is younger may belong to somebody who is at work.
_OLD_SECONDS = 24 * 3600.0
_LOCKS = ("sources.https.lock.json", "sources.mirror.lock.json", "sources.demo.lock.json")
#: dbt's folder of one invocation, and its former logs.
_DBT_LEFTOVER = re.compile(r".+-[0-9a-f]{6,}|dbt\.log\.\d+")


@dataclass(frozen=True)
class Leftover:
    """A file or a folder that nothing needs any more. ``kind`` : a word for people. ``bytes`` : what it takes up."""

    kind: str
    path: Path
    bytes: int


def leftovers(settings: Settings, owners: Collection[str], now: float | None = None) -> Iterator[Leftover]:
    """What may go, versions apart.

    Parameters
    ----------
    owners : cohorts and references of the catalogue; parsed tables of others may go.
    now : seconds since the epoch.

    Raises
    ------
    StorageError
        A folder cannot be read.
    """
    before = (time.time() if now is None else now) - _OLD_SECONDS
    with storage_errors(settings.data):
        needed = _named_by_locks(settings) | _named_by_versions(settings)
        for is_private in (False, True):
            store = ContentStore(settings.data, is_private=is_private)
            for path in sorted((store.root / "sha256").glob("*/*")):
                if path.name not in needed and path.stat().st_mtime < before:
                    yield _leftover("raw content of no version", path)
            for path in sorted(store.partial_dir.glob("*")):
                if path.stat().st_mtime < before and path.suffix != ".lock":
                    yield _leftover("unfinished download", path)
        for path in sorted(settings.parsed.glob("*")):
            if path.name not in owners:
                yield _leftover("parsed tables of nothing in the catalogue", path)
        for path in sorted(settings.parsed.glob("*/*/.*")):
            if path.is_dir() and path.stat().st_mtime < before:
                yield _leftover("half-written tables", path)
        for path in sorted(settings.dbt_target.glob("*")):
            if _DBT_LEFTOVER.fullmatch(path.name):
                yield _leftover("former run of dbt", path)
        spill = settings.data / "sql_spill"
        if spill.exists() and spill.stat().st_mtime < before:
            yield _leftover("spilled query", spill)


def prune(settings: Settings, owners: Collection[str], *, dry_run: bool) -> list[Leftover]:
    """Remove what may go, and say what it was; with ``dry_run`` only say it. The caller holds the data folder."""
    found = []
    if not dry_run:
        for version in prune_versions(settings.published, settings.keep_versions):
            found.append(Leftover("version", version.folder, 0))
    for leftover in list(leftovers(settings, owners)):
        if not dry_run:
            with storage_errors(leftover.path.parent):
                remove(leftover.path)
        found.append(leftover)
    return found


def size_of(path: Path) -> int:
    """Bytes of a file or of everything below a folder; what disappears meanwhile counts nothing."""
    total = 0
    for place in (path, *path.rglob("*")) if path.is_dir() else (path,):
        with contextlib.suppress(FileNotFoundError):
            if not place.is_dir():
                total += place.lstat().st_size
    return total


def _leftover(kind: str, path: Path) -> Leftover:
    return Leftover(kind, path, size_of(path))


def _named_by_locks(settings: Settings) -> set[str]:
    """What each address holds now, and what it held before."""
    named = set()
    for name in _LOCKS:
        for entry in SourcesLock(settings.data / name).entries().values():
            former = entry.previous[len(entry.previous) - KEPT_FORMER :] if KEPT_FORMER else ()
            named |= {entry.sha256, *(version.sha256 for version in former)}
    return named


def _named_by_versions(settings: Settings) -> set[str]:
    """What kept versions and the build were made from, own files of the catalogue among it."""
    files = [version.file for version in versions(settings.published)]
    parsed = [str(path) for path in settings.parsed.glob("*/*/*/source_files.parquet")]
    named: set[str] = set()
    for file in files:
        with duckdb.connect(str(file), read_only=True) as con:
            rows = con.execute("select distinct sha256 from marts.source_files").fetchall()
            named |= {str(row[0]) for row in rows}
    if parsed:
        with duckdb.connect() as con:
            rows = con.execute("select distinct sha256 from read_parquet(?)", [parsed]).fetchall()
            named |= {str(row[0]) for row in rows}
    return named
