"""``icb run``: the jobs of the code location in this process, with progress, one sentence on failure, where to look.

A run whose sources, catalogue and code are those of the published file has nothing to do and says so.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from contextlib import redirect_stdout
from pathlib import Path

import dagster as dg
import duckdb
from rich.console import Console

from ingestion.errors import IngestionError
from orchestration.definitions import build_definitions
from orchestration.jobs import BUILD_FROM_SOURCES, READ_SOURCES, STATISTICS_ONLY
from orchestration.settings import PROJECT, Settings

_CODE = ("ingestion", "analytics", "orchestration", "dbt_project", "catalog")
_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv"}


class RunError(IngestionError):
    """A step of the run failed; the last published file stays as it was."""


def run_graph(*, demo: bool = False, statistics_only: bool = False, force: bool = False) -> None:
    """Run and publish.

    Raises
    ------
    RunError
        Names the asset that failed and why.
    """
    settings = demo_settings(Settings.from_environment()) if demo else Settings.from_environment()
    console = Console(stderr=True)
    started = time.monotonic()
    with dagster_home(settings) as instance:
        definitions = build_definitions(settings)
        if statistics_only:
            _execute(definitions, STATISTICS_ONLY, instance, console, settings)
        else:
            _execute(definitions, READ_SOURCES, instance, console, settings)
            fingerprint = input_fingerprint(settings)
            if not force and _published_fingerprint(settings) == fingerprint:
                seconds = time.monotonic() - started
                console.print(
                    f"Nothing has changed since {settings.published_file} was published ({seconds:.0f} s)."
                )
                return
            _execute(definitions, BUILD_FROM_SOURCES, instance, console, settings)
            _fingerprint_file(settings).write_text(fingerprint + "\n", encoding="utf-8")
    _say_where(settings, console, time.monotonic() - started)


def demo_settings(settings: Settings) -> Settings:
    """Settings of the demo: its own catalogue; its own folder too when real cohorts are published in this one."""
    os.environ["ICB_DEMO"] = "1"
    if settings.published_file.exists() and _holds_real_cohorts(settings.published_file):
        os.environ["ICB_DATA"] = str(settings.data / "demo")
    return Settings.from_environment()


def _holds_real_cohorts(path: Path) -> bool:
    with duckdb.connect(str(path), read_only=True) as con:
        row = con.execute("select count(*) from marts.cohorts where not is_synthetic").fetchone()
    return bool(row and row[0])


def dagster_home(settings: Settings) -> dg.DagsterInstance:
    """The instance whose runs the UI shows; ``dagster.yaml`` of the project is its configuration."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(settings.data / "dagster")))
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "dagster.yaml", home / "dagster.yaml")
    logging.getLogger("dagster").setLevel(logging.WARNING)
    return dg.DagsterInstance.get()


def _execute(
    definitions: dg.Definitions, job: str, instance: dg.DagsterInstance, console: Console, settings: Settings
) -> None:
    log = settings.data / "build" / f"{job}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # dbt and Dagster tell every model and event; the terminal gets the steps, the log the rest
    with console.status(f"{job} ..."), open(log, "w", encoding="utf-8") as out, redirect_stdout(out):
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )
    for event in result.all_events:
        if event.is_step_success and event.step_key:
            duration = event.step_success_data.duration_ms / 1000
            console.print(f"  {event.step_key}  {duration:.1f} s")
    if result.success:
        return
    for event in result.all_events:
        if event.is_step_failure and event.step_key:
            error = event.step_failure_data.error
            cause = error
            while cause is not None and cause.cause is not None:
                cause = cause.cause
            message = " ".join((cause.message if cause else "unknown").split())
            raise RunError(
                f"step {event.step_key} failed: {message}",
                remedy=f"see {log}; the last published file is unchanged",
            )
    raise RunError(f"job {job} failed", remedy="'make ui' shows why")


def input_fingerprint(settings: Settings) -> str:
    """Checksum over the parsed sources (their folders are named by content), the catalogue and the code."""
    digest = hashlib.sha256()
    for folder in sorted(p for p in settings.parsed.glob("*/*/*") if not p.name.startswith(".")):
        digest.update(str(folder.relative_to(settings.parsed)).encode())
    for room in _CODE:
        for path in sorted((PROJECT / room).rglob("*")):
            relative = path.relative_to(PROJECT)
            if path.suffix in _SUFFIXES and not {"target", "logs"} & set(relative.parts):
                digest.update(str(relative).encode())
                digest.update(path.read_bytes())
    digest.update(f"{settings.catalog}".encode())
    return digest.hexdigest()


def _fingerprint_file(settings: Settings) -> Path:
    return settings.published_file.with_suffix(".inputs.sha256")


def _published_fingerprint(settings: Settings) -> str | None:
    path = _fingerprint_file(settings)
    return (
        path.read_text(encoding="utf-8").strip()
        if path.exists() and settings.published_file.exists()
        else None
    )


def _say_where(settings: Settings, console: Console, seconds: float) -> None:
    prefix = "" if settings.data == PROJECT / "data" else f"ICB_DATA={settings.data} "
    command = f"{prefix}{PROJECT / '.venv/bin/icb'}"
    with duckdb.connect(str(settings.published_file), read_only=True) as con:
        counts = con.execute(
            "select (select count(*) from marts.cohorts), (select count(*) from marts.persons), "
            "(select count(*) from stats.every_stat)"
        ).fetchone()
    cohorts, persons, statistics = counts or (0, 0, 0)
    synthetic = " SYNTHETIC" if settings.demo else ""
    console.print(
        f"Published {cohorts}{synthetic} cohorts, {persons} people, {statistics} statistics in {seconds:.0f} s.\n"
        f"  tables   {settings.published_file}\n"
        f"  figures  {settings.figures}\n"
        f"Look at them:\n"
        f"  {command} gene IGF1R\n"
        f'  {command} sql "select cohort_id, n_patients, is_synthetic from marts.cohorts"\n'
        f"  {command} claims",
        highlight=False,
        soft_wrap=True,
    )
