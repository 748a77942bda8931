"""One run at a time on one data folder, whoever started it (``icb run``, the UI, a schedule). The system lets go of
the lock when the process ends, so that a killed run leaves nothing to clean up.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout

from ingestion.errors import IngestionError
from warehouse.settings import Settings

#: Shorter than any run.
_PATIENCE_SECONDS = 2
#: How long a run that was launched into the queue waits for one that is at work beside the queue.
LONGEST_WAIT_SECONDS = 12 * 3600


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
            _note(note, holder)
    except Timeout as exc:  # an OSError too, so first
        who = note.read_text(encoding="utf-8").strip() if note.exists() else ""
        who = who or "a process that left no name"
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


def _note(note: Path, holder: str) -> None:
    """Say who holds the folder. On a full disk nobody says it: what makes room again must be able to begin."""
    try:
        note.write_text(holder + "\n", encoding="utf-8")
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise


@contextmanager
def after_the_run_at_work(
    settings: Settings, holder: str, say: Callable[[str], None], look_up: Callable[[], None]
) -> Iterator[None]:
    """As `one_run_at_a_time`, but wait until the run that is at work has ended: ``icb run`` is in no queue, and a run
    that the UI or a schedule has launched must not fail for it.

    Parameters
    ----------
    say : is told once for whom the run waits.
    look_up : called every few seconds while it waits; may raise to give up.

    Raises
    ------
    BusyError
        It has waited for `LONGEST_WAIT_SECONDS`.
    DataFolderError
        The folder cannot be written.
    """
    started, is_said = monotonic(), False
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(one_run_at_a_time(settings, holder))
                break
            except BusyError as exc:
                if monotonic() - started > LONGEST_WAIT_SECONDS:
                    raise
                if not is_said:
                    say(str(exc))
                    is_said = True
                look_up()
        yield
