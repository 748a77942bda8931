"""``icb run``: the jobs of the code location in this process, with progress, one sentence on failure, where to look.

A run whose sources, catalogue and code are those of the published file has nothing to do and says so.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import dagster as dg
import duckdb
from rich.console import Console

from ingestion.catalog import LeftOutCohort
from ingestion.errors import IngestionError
from orchestration.assets.published import ACCEPT_TAG
from orchestration.checks.draft import COMPLETE
from orchestration.checks.sources import USABLE
from orchestration.definitions import build_definitions
from orchestration.inputs import INPUTS_TAG, input_fingerprint, published_fingerprint
from orchestration.jobs import BUILD_FROM_SOURCES, READ_SOURCES, STATISTICS_ONLY
from orchestration.sensors import DATA_TAG, end_dead_runs
from orchestration.terminal import LOGGER, StepProgress, say_where
from warehouse.data_lock import one_run_at_a_time
from warehouse.left_out import left_out_published
from warehouse.settings import PROJECT, Settings

#: Checks that cohorts fail which are left out: these are listed when the run has ended.
SAID_AT_THE_END = (USABLE, COMPLETE)


class RunError(IngestionError):
    """A step of the run failed; the last published file stays as it was."""


def run_graph(
    *,
    demo: bool = False,
    statistics_only: bool = False,
    force: bool = False,
    strict: bool = False,
    accept: str | None = None,
) -> tuple[LeftOutCohort, ...]:
    """Run and publish; gives the cohorts that the published file is without, each with its sentence.

    Parameters
    ----------
    strict : a cohort that cannot be read or fails its checks is an error, and nothing is published.
    accept : why tables that shrink or cohorts that vanish are meant; it goes into the version's manifest.

    Raises
    ------
    RunError
        Names the asset that failed and why.
    BusyError
        Another run is at work on the same data folder.
    """
    settings = demo_settings(Settings.from_environment()) if demo else Settings.from_environment()
    settings = dataclasses.replace(settings, strict=settings.strict or strict)
    console = Console(stderr=True)
    started = time.monotonic()
    tags = {ACCEPT_TAG: accept} if accept else {}
    with one_run_at_a_time(settings, f"'icb run', process {os.getpid()}"), dagster_home(settings) as instance:
        end_dead_runs(instance, settings)
        definitions = build_definitions(settings)
        if statistics_only:
            _execute(definitions, STATISTICS_ONLY, instance, console, settings, tags)
        else:
            _execute(definitions, READ_SOURCES, instance, console, settings, {})
            fingerprint = input_fingerprint(settings)
            if not force and published_fingerprint(settings) == fingerprint and _may_stay(settings):
                seconds = time.monotonic() - started
                console.print(
                    f"Nothing has changed since {settings.published_file} was published ({seconds:.0f} s).",
                    soft_wrap=True,
                )
                return _warned(settings, console)
            tags |= {INPUTS_TAG: fingerprint}
            _execute(definitions, BUILD_FROM_SOURCES, instance, console, settings, tags)
    say_where(settings, console, time.monotonic() - started)
    return _warned(settings, console)


def _may_stay(settings: Settings) -> bool:
    """Whether a publication from the same inputs is what is asked for: a strict run allows none without a cohort."""
    return not (settings.strict and left_out_published(settings.published_file))


def _warned(settings: Settings, console: Console) -> tuple[LeftOutCohort, ...]:
    """Who was left out, said last, so that it is read."""
    left_out = left_out_published(settings.published_file)
    for cohort in left_out:
        console.print(
            f"! Cohort {cohort.cohort_id} was left out: {cohort.sentence}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if left_out:
        console.print(
            f"Published without {', '.join(cohort.cohort_id for cohort in left_out)}. 'icb cohort check' opens the "
            "files without a run; 'icb run --strict' publishes only when no cohort is left out.",
            highlight=False,
            soft_wrap=True,
        )
    return left_out


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
    definitions: dg.Definitions,
    name: str,
    instance: dg.DagsterInstance,
    console: Console,
    settings: Settings,
    tags: Mapping[str, str],
) -> None:
    log = settings.build / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    n_steps = len(definitions.resolve_job_def(name).nodes)
    progress = StepProgress(console, name, n_steps)
    told = dg.Definitions.merge(definitions, dg.Definitions(loggers={LOGGER: progress.as_logger()}))
    try:
        # dbt and Dagster tell every model and event; the terminal gets the steps, the log the rest
        with progress.shown(), open(log, "w", encoding="utf-8") as out, redirect_stdout(out):
            result = told.resolve_job_def(name).execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {LOGGER: {}}},
                # whoever stopped it on the command line does not want it back
                tags={DATA_TAG: str(settings.data), "dagster/max_retries": "0", **tags},
            )
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as exc:
        raise RunError("the run was stopped", remedy="the last published file is unchanged") from exc
    if not result.success:
        raise RunError(
            failure_sentence(result.all_events), remedy=f"see {log}; the last published file is unchanged"
        )
    for check in result.get_asset_check_evaluations():
        if not check.passed and check.check_name not in SAID_AT_THE_END:
            what = f"{check.check_name} on {check.asset_key.to_user_string()}"
            level = check.severity.value.lower()
            console.print(f"! Check {what} did not pass ({level}).", highlight=False, soft_wrap=True)


def failure_sentence(events: Sequence[dg.DagsterEvent]) -> str:
    """What went wrong first, in the words of the error itself (not of Dagster, which wraps it, nor of what caused it),
    and how much else."""
    failures = [event for event in events if event.is_step_failure and event.step_key]
    if not failures:
        return next((str(e.message) for e in events if e.is_job_failure and e.message), "the run failed")
    error = failures[0].step_failure_data.error
    while error is not None and error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    if error is not None and error.cls_name in ("DagsterExecutionInterruptedError", "KeyboardInterrupt"):
        return f"the run was stopped in step {failures[0].step_key}"
    said = " ".join(error.message.split()) if error else "no reason was given"
    name, _, text = said.partition(": ")  # a message is "<module>.<class>: <text>"; the text is for users
    is_class = error is not None and name.endswith(error.cls_name or " ")
    others = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return f"step {failures[0].step_key} failed{others}: {text if is_class else said}"
