"""The published file, as every question opens it: read-only, and a fault in one sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from analytics.engine.smallest_count import counts_from
from ingestion.errors import IngestionError
from ingestion.storage_faults import storage_fault
from warehouse.file_holders import holders_of
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import smallest_cell


class PublishedFileError(IngestionError):
    """There is no published file, or it cannot be opened or asked."""


class _HeldOpen:
    """The file of the version in force, open in a process that serves: what DuckDB reads of it stays read."""

    def __init__(self) -> None:
        self._is_asked_for = False
        self._file: Path | None = None
        self._con: duckdb.DuckDBPyConnection | None = None
        self._one_at_a_time = threading.Lock()

    def ask_for(self) -> None:
        self._is_asked_for = True

    def let_go(self) -> None:
        with self._one_at_a_time:
            self._is_asked_for, self._file, held, self._con = False, None, self._con, None
        if held is not None:
            held.close()

    def follow(self, file: Path) -> None:
        """Hold this file from now on, and let go of the version before."""
        if not self._is_asked_for:
            return
        with self._one_at_a_time:
            if file != self._file:
                before, self._con = self._con, duckdb.connect(str(file), read_only=True)
                self._file = file
                if before is not None:
                    before.close()


_HELD = _HeldOpen()


@contextmanager
def holding_published() -> Iterator[None]:
    """Keep the published file open from the first :func:`published` within on, as a process does that is asked again
    and again: to open it costs 0.07 s of CPU, to close it 0.02. A new version is followed with the first question."""
    _HELD.ask_for()
    try:
        yield
    finally:
        _HELD.let_go()


@contextmanager
def published(options: Mapping[str, str] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, read-only: that of the version in force, whose folder the connection can be asked for
    (``warehouse.versions.layout.version_of``), so that its figures are read of the same version.

    ``options`` : configuration of DuckDB, see ``warehouse.closed_sql``.
    """
    settings = Settings.from_environment()
    path = settings.published_file
    if not path.exists():
        raise PublishedFileError(
            "nothing is published yet", where=str(path), remedy="run 'icb run' or 'icb run --demo' first"
        )
    try:
        version = version_in_force(settings.published)
        if not options:  # one process opens a file with one configuration
            _HELD.follow(version.file)
        with (
            duckdb.connect(str(version.file), read_only=True, config=dict(options or {})) as con,
            counts_from(smallest_cell(version)),
        ):
            yield con
    except duckdb.Error as exc:
        raise published_error(exc, path) from exc


def published_error(error: duckdb.Error, path: Path) -> IngestionError:
    """Why the published file could not be opened or asked; of a full disk, which folder is meant."""
    first = first_line(error)
    if (fault := storage_fault(str(error), Settings.from_environment().data)) is not None:
        return fault
    if "lock" in first.lower():
        holders = ", ".join(holders_of(path)) or "another process"
        return PublishedFileError(
            f"it is open for writing in {holders}",
            where=str(path),
            remedy="close it there, or open it there read-only; a refresh needs nobody to let go of it",
        )
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return PublishedFileError(
            f"it was published by another version ({first})",
            where=str(path),
            remedy="run 'icb run' to publish anew",
        )
    return PublishedFileError(
        f"it cannot be read ({first})", where=str(path), remedy="run 'icb run --force' to publish anew"
    )


def first_line(error: duckdb.Error) -> str:
    """DuckDB's message without the lines that quote the query."""
    lines = [line.strip() for line in str(error).split("\n\nLINE")[0].splitlines() if line.strip()]
    kept = [
        lines[0] if lines else "no message",
        *(line for line in lines[1:] if line.startswith("Did you mean")),
    ]
    return " ".join(kept).rstrip(".! ")
