"""How a long download tells that it goes on. Only display: nothing here may change what is fetched."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichBars


class Progress(Protocol):
    """Told about one address at a time; ``begin`` may come again for the same address after a retry."""

    def begin(self, address: str, total_bytes: int | None, done_bytes: int) -> None:
        """A download starts at ``done_bytes`` (0 unless resumed); the total is None when it is not known."""

    def advance(self, address: str, n_bytes: int) -> None:
        """``n_bytes`` more have arrived."""

    def end(self, address: str) -> None:
        """The download is over, well or not; also called when nothing began."""


class SilentProgress:
    """Says nothing; the default."""

    def begin(self, address: str, total_bytes: int | None, done_bytes: int) -> None:
        pass

    def advance(self, address: str, n_bytes: int) -> None:
        pass

    def end(self, address: str) -> None:
        pass


class RichProgress:
    """One bar per download on a terminal, nothing elsewhere. Use it as a context manager around the run."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)  # stdout belongs to tables and JSON
        self._bars = RichBars(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> RichProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, address: str, total_bytes: int | None, done_bytes: int) -> None:
        if address not in self._tasks:
            label = escape(address.rsplit("/", 1)[-1][:40])
            self._tasks[address] = self._bars.add_task(label, total=total_bytes)
        self._bars.update(self._tasks[address], total=total_bytes, completed=done_bytes)

    def advance(self, address: str, n_bytes: int) -> None:
        self._bars.advance(self._tasks[address], n_bytes)

    def end(self, address: str) -> None:
        if (task := self._tasks.pop(address, None)) is not None:
            self._bars.remove_task(task)
