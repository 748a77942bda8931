"""One run at a time on one data folder, whoever started it (``icb run``, the UI, a schedule). The system lets go of
the lock when the process ends, so that a killed run leaves nothing to clean up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ingestion.errors import IngestionError
from warehouse.settings import Settings

#: Longer than a look at the folder takes (sensors.py), shorter than any run.
_PATIENCE_SECONDS = 2


class BusyError(IngestionError):
    """Another run is at work on the same data folder."""


class DataFolderError(IngestionError):
    """The data folder cannot be written."""


@contextmanager
def one_run_at_a_time(settings: Settings, holder: str) -> Iterator[None]:
    """Hold the data folder; a second time in the same process is no conflict.

    Parameters
    ----------
    holder : who holds it, for the message that another run gets.

    Raises
    ------
    BusyError
        Names the holder.
    DataFolderError
        The folder cannot be written.
    """
    path, note = settings.data / ".run.lock", settings.data / ".run.holder"
    lock = FileLock(path, timeout=_PATIENCE_SECONDS, thread_local=False, is_singleton=True)
    is_first = not lock.is_locked
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        if is_first:
            note.write_text(holder + "\n", encoding="utf-8")
    except Timeout as exc:  # an OSError too, so first
        who = note.read_text(encoding="utf-8").strip() if note.exists() else "a process that left no name"
        raise BusyError(
            f"another run is at work: {who}",
            where=str(settings.data),
            remedy="wait until it has ended, or stop it; the published file can be read meanwhile",
        ) from exc
    except OSError as exc:
        if is_first:
            lock.release()
        raise DataFolderError(
            f"the data folder cannot be written ({exc.strerror or exc})",
            where=str(settings.data),
            remedy="make room or correct its permissions, or set ICB_DATA to another folder",
        ) from exc
    try:
        yield
    finally:
        lock.release()
