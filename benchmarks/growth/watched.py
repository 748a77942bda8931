"""What a process and its children take while they run, looked at five times a second."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

#: How often memory, processor time and files are looked at, in seconds. A child that lives shorter is not seen.
LOOK_S = 0.2


class RoomError(RuntimeError):
    """The disk would have had less room than it was to keep."""


@dataclass(frozen=True)
class Taken:
    """What a command took.

    Attributes
    ----------
    seconds : by the clock; where others use the machine they say little.
    cpu_seconds : user and system time of the process and its children.
    peak_mb : most that they held in memory together (RSS, 1e6 B; what they share is counted for each).
    spilled_mb : most that lay in the temporary folder at once.
    """

    code: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    spilled_mb: float


def run_watched(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    spilled: Callable[[], int] = lambda: 0,
    leave_free: float = 0,
) -> Taken:
    """Run a command in a folder until it ends.

    Parameters
    ----------
    spilled : bytes that lie in its temporary folder now.
    leave_free : bytes that the disk of ``folder`` is to keep; the command is stopped when it has less.

    Raises
    ------
    RoomError
        It was stopped for that.
    """
    began = time.monotonic()
    process = subprocess.Popen(command, env=dict(environment), cwd=folder)
    cpu: dict[int, float] = {}
    peak, most, is_full = 0, 0, False
    ended = threading.Event()

    def look() -> None:
        nonlocal peak, most, is_full
        while not ended.wait(LOOK_S):
            held = 0
            for one in _family(process.pid):
                try:
                    times = one.cpu_times()
                    cpu[one.pid] = times.user + times.system
                    held += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak, most = max(peak, held), max(most, spilled())
            if shutil.disk_usage(folder).free < leave_free:
                is_full = True
                for one in _family(process.pid):
                    one.kill()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        code = process.wait()
    finally:
        ended.set()
        watcher.join()
    if is_full:
        raise RoomError(f"stopped: less than {leave_free / 1e9:.0f} GB of disk were left")
    return Taken(
        code,
        round(time.monotonic() - began, 1),
        round(sum(cpu.values()), 1),
        round(peak / 1e6),
        round(most / 1e6, 1),
    )


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def bytes_in(folder: Path) -> int:
    """Bytes of the files of a folder; none where there is no folder."""
    try:
        return sum(path.stat().st_size for path in folder.glob("*"))
    except FileNotFoundError:  # removed while it was looked at
        return 0
