"""How tests wait: for as long as somebody is at work, not for a number of seconds that a busy machine exceeds."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

import psutil

Found = TypeVar("Found")
#: The longest that anything may be waited for: as long as CI itself. Only a hanging process meets it.
CI_LIMIT_S = 90 * 60
_LOOK_EVERY_S = 0.2


class NobodyIsAtWorkError(AssertionError):
    """What was waited for cannot come any more: the processes that would bring it have ended."""


def wait_until(
    look: Callable[[], Found | None], is_at_work: Callable[[], bool], *, every_s: float = _LOOK_EVERY_S
) -> Found:
    """What ``look`` finds (anything but None), looked for again and again while somebody is at work on it.

    Raises
    ------
    NobodyIsAtWorkError
        ``is_at_work`` says no, and a last look after that finds nothing.
    TimeoutError
        It takes longer than CI may take.
    """
    started = monotonic()
    while True:
        works = is_at_work()  # asked before the look: what was left as the last thing done is still found
        found = look()
        if found is not None:
            return found
        if not works:
            raise NobodyIsAtWorkError("the process that was waited for has ended and left nothing")
        if monotonic() - started > CI_LIMIT_S:
            raise TimeoutError(f"nothing has come in {CI_LIMIT_S} s")
        sleep(every_s)


def identity(pid: int) -> tuple[int, float]:
    """Number and birth of a process, so that another that is given its number later is not taken for it.

    A process that has ended already has no birth: 0.
    """
    try:
        return pid, psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return pid, 0.0


def is_alive(process: tuple[int, float]) -> bool:
    """Whether the very process lives; one that has ended and was not yet asked how (a zombie) does not."""
    pid, born = process
    try:
        found = psutil.Process(pid)
        return abs(found.create_time() - born) < 1 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
