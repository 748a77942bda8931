"""What a run spares of Dagster's own book-keeping in SQLite: a run of the demo writes 1,900 events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from sqlalchemy.engine import Engine


@contextmanager
def engines_kept() -> Iterator[None]:
    """One SQLAlchemy engine for each of Dagster's SQLite files while this is open.

    Dagster makes an engine for every event, two for one of an asset, and what an engine knows is lost with it: the
    dialect of its database and the SQL that it has compiled. That is 6 s of a core for a run of 1,500 events.
    Connections are opened and closed as before, so that other processes see the files as they did.
    """
    modules: tuple[Any, ...] = (sqlite_event_log, sqlite_run_storage)
    makers = [module.create_engine for module in modules]
    made: dict[str, Engine] = {}

    def kept(address: str, **options: Any) -> Engine:
        if address not in made:
            made[address] = makers[0](address, **options)
        return made[address]

    try:
        for module in modules:
            module.create_engine = kept
        yield
    finally:
        for module, maker in zip(modules, makers, strict=True):
            module.create_engine = maker


@contextmanager
def event_log_held_open(instance: dg.DagsterInstance | None, run_id: str) -> Iterator[None]:
    """Dagster opens and closes its SQLite files around every event, and the last to leave a file folds its journal
    in: 20 ms an event on a disk, 4 ms with one idle reader on each file (1,000 events a run)."""
    with ExitStack() as readers:
        if instance is not None and not instance.is_ephemeral:
            history = Path(instance.root_directory) / "history"
            for file in (history / "runs.db", *(history / "runs" / f"{n}.db" for n in ("index", run_id))):
                if file.exists():
                    reader = readers.enter_context(closing(sqlite3.connect(file)))
                    reader.execute("select count(*) from sqlite_master").fetchone()
        yield
