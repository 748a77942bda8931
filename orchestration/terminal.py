"""What a run in the foreground tells: which step is at work, how long each took, and at the end where to look."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchestration.reuse.ahead import SAID
from warehouse.project_folder import project_folder
from warehouse.settings import Settings, default_data
from warehouse.versions.layout import version_in_force

#: Name under which a run asks for this logger.
LOGGER = "terminal"
#: Steps as short as this are counted, not listed.
_SHORT_SECONDS = 0.5


class StepProgress(logging.Handler):
    """A bar over the steps of one job on a terminal; a line for each step that took a while, anywhere."""

    def __init__(self, console: Console, job: str, n_steps: int) -> None:
        super().__init__(logging.DEBUG)
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bars.add_task(job, total=n_steps)

    @contextmanager
    def shown(self) -> Iterator[None]:
        with self._bars:
            yield

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None and str(meta.get("orig_message", "")).startswith(SAID):
            self._console.print(f"  {meta['orig_message']}", highlight=False)
        if event is None or event.step_key is None:
            return
        if event.is_step_start:
            self._bars.update(self._task, description=escape(event.step_key))
        elif event.is_step_success or event.is_step_failure or event.is_step_skipped:
            self._bars.advance(self._task)
        if event.is_step_success:
            seconds = event.step_success_data.duration_ms / 1000
            if seconds >= _SHORT_SECONDS:
                self._console.print(f"  {event.step_key}  {seconds:.1f} s", highlight=False)
        elif event.is_step_failure:
            self._console.print(f"  {event.step_key}  failed", highlight=False)

    def as_logger(self) -> dg.LoggerDefinition:
        """For Dagster: a logger that hears of every event of a run."""

        def terminal(_: dg.InitLoggerContext) -> logging.Logger:
            listener = logging.Logger("icb.terminal", logging.DEBUG)
            listener.addHandler(self)
            return listener

        return dg.LoggerDefinition(terminal, description="Progress of a run in the foreground.")


def _reports(settings: Settings) -> str:
    """A line a report: open it in a browser."""
    made = sorted(settings.reports.glob("*.html"))
    return "".join(f"  {'report ' if i == 0 else '       '}  {path}\n" for i, path in enumerate(made))


def say_where(settings: Settings, console: Console, seconds: float) -> None:
    """What was published, where it lies, and commands to look at it."""
    home = project_folder(Path.cwd())
    is_found = settings.data == (home / "data" if home else default_data())
    command = f"{'' if is_found else f'ICB_DATA={settings.data} '}{Path(sys.executable).parent / 'icb'}"
    version = version_in_force(settings.published)
    with duckdb.connect(str(version.file), read_only=True) as con:
        counts = con.execute(
            "select (select count(*) from marts.cohorts), (select count(*) from marts.persons), "
            "(select count(*) from stats.every_stat)"
        ).fetchone()
    cohorts, persons, statistics = counts or (0, 0, 0)
    synthetic = " SYNTHETIC" if settings.demo else ""
    console.print(
        f"Published {cohorts}{synthetic} cohort{'' if cohorts == 1 else 's'}, {persons} people, "
        f"{statistics} statistics in {seconds:.0f} s.\n"
        f"  version  {version.name}\n"
        f"  tables   {settings.published_file}\n"
        f"  figures  {settings.figures}\n"
        f"{_reports(settings)}"
        f"Look at them:\n"
        f"  {command} gene IGF1R\n"
        f'  {command} sql "select cohort_id, n_patients, is_synthetic from marts.cohorts"\n'
        f"  {command} claims",
        highlight=False,
        soft_wrap=True,
    )
