"""``icb run``: the jobs of the code location in this process, with progress, one sentence on failure, where to look.

A run whose sources, catalogue and code are those of the published file has nothing to do and says so.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import dagster as dg
from dagster._core.utils import make_new_run_id
from rich.console import Console

from ingestion.catalog.cohorts import LeftOutCohort
from ingestion.errors import StorageError
from ingestion.fetching.store import write_atomically
from orchestration.assets.published import ACCEPT_TAG
from orchestration.checks.draft import COMPLETE
from orchestration.checks.sources import USABLE
from orchestration.definitions import build_definitions
from orchestration.event_log import engines_kept
from orchestration.explain import explained
from orchestration.failures import RunError, failure_sentence, storage_fault, storage_faults_told
from orchestration.inputs import INPUTS_TAG, input_fingerprint, published_fingerprint, tables_are_current
from orchestration.jobs import BUILD_FROM_SOURCES, READ_SOURCES, STATISTICS_ONLY
from orchestration.prune import make_room, prune_files, prune_history
from orchestration.reuse.computed import FORCE_TAG
from orchestration.sensors import end_dead_runs
from orchestration.terminal import LOGGER, StepProgress, say_where
from orchestration.unchanged import (
    demo_settings,
    may_stay,
    note_sources,
    own_files,
    say_unchanged,
    warned,
)
from orchestration.workers import worker_tags
from warehouse.build.data_lock import one_run_at_a_time
from warehouse.prune import Leftover
from warehouse.settings import PROJECT, Settings

#: Checks that cohorts fail which are left out: these are listed when the run has ended.
SAID_AT_THE_END = (USABLE, COMPLETE)


def run_graph(
    *,
    demo: bool = False,
    statistics_only: bool = False,
    force: bool = False,
    strict: bool = False,
    accept: str | None = None,
    private: Sequence[str] = (),
) -> tuple[LeftOutCohort, ...]:
    """Run and publish; gives the cohorts that the published file is without, each with its sentence.

    Parameters
    ----------
    strict : a cohort that cannot be read or fails its checks is an error, and nothing is published.
    private : private cohorts that are asked for by name, beside those of the settings.
    accept : why tables that shrink or cohorts that vanish are meant; it goes into the version's manifest.

    Raises
    ------
    RunError
        Names the asset that failed and why.
    BusyError
        Another run is at work on the same data folder.
    """
    settings = _asked_settings(demo, private)
    settings = dataclasses.replace(settings, strict=settings.strict or strict)
    console = Console(stderr=True, markup=False, emoji=False)  # [brackets] of a path are no style
    started = time.monotonic()
    tags = {ACCEPT_TAG: accept} if accept else {}
    with (
        storage_faults_told(settings.data),
        one_run_at_a_time(settings, f"'icb run', process {os.getpid()}"),
        engines_kept(),
        dagster_home(settings) as instance,
    ):
        end_dead_runs(instance)
        definitions = build_definitions(settings)
        own = own_files(settings)
        if statistics_only:
            _execute(definitions, STATISTICS_ONLY, instance, console, settings, tags)
        else:
            _execute(definitions, READ_SOURCES, instance, console, settings, {})
            fingerprint = input_fingerprint(settings)
            if not force and published_fingerprint(settings) == fingerprint and may_stay(settings):
                note_sources(settings, fingerprint, own)
                return say_unchanged(settings, console, time.monotonic() - started)
            tags |= {INPUTS_TAG: fingerprint} | ({FORCE_TAG: "yes"} if force else {})
            # every table as it is: only what is made of them can come out otherwise
            keeps_tables = not force and not settings.strict and tables_are_current(settings)
            job = STATISTICS_ONLY if keeps_tables else BUILD_FROM_SOURCES
            _execute(definitions, job, instance, console, settings, tags)
            note_sources(settings, fingerprint, own)
        gone = make_room(settings, instance)
    if gone:
        megabytes = sum(one.bytes for one in gone) / 1e6
        console.print(f"Removed what nothing needs: {len(gone)} leftovers, {megabytes:.0f} MB.")
    say_where(settings, console, time.monotonic() - started)
    return warned(settings, console)


def explained_rows(*, demo: bool = False, private: Sequence[str] = ()) -> list[dict[str, str]]:
    """What a run would do, a row an asset, and why; nothing is done. Arguments as `run_graph`."""
    return explained(_asked_settings(demo, private))


def _asked_settings(demo: bool, private: Sequence[str]) -> Settings:
    """The settings of a run, with the private cohorts that it asks for beside those of the environment."""
    settings = demo_settings(Settings.from_environment()) if demo else Settings.from_environment()
    return dataclasses.replace(settings, private_cohorts=tuple(sorted({*settings.private_cohorts, *private})))


def pruned(settings: Settings, *, dry_run: bool = False) -> list[Leftover]:
    """What ``icb prune`` removes, or would.

    Raises
    ------
    BusyError
        A run is at work.
    StorageError
        A folder cannot be read or written.
    """
    with storage_faults_told(settings.data), one_run_at_a_time(settings, "'icb prune'"):
        found = prune_files(settings, dry_run=dry_run)  # first: it makes the room that Dagster needs
        with dagster_home(settings) as instance:
            return found + prune_history(settings, instance, dry_run=dry_run)


def dagster_home(settings: Settings) -> dg.DagsterInstance:
    """The instance whose runs the UI shows. Its configuration is ``dagster.yaml`` of DAGSTER_HOME, at first a copy of
    the project's, and the user's own from then on (another storage, other limits).

    Raises
    ------
    StorageError
        Its folder cannot be made or written; names it.
    """
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(settings.data / "dagster")))
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "dagster.yaml").exists():
            write_atomically(home / "dagster.yaml", (PROJECT / "dagster.yaml").read_bytes())
    except OSError as exc:
        if home.is_relative_to(settings.data) and storage_fault(str(exc), home) is not None:
            raise  # a full disk, or a data folder that may not be written, is told as such
        raise StorageError(
            f"the folder of Dagster's history cannot be made or written ({exc.strerror or exc})",
            where=str(home),
            remedy="correct DAGSTER_HOME, or unset it: without it the history lies in the data folder",
        ) from exc
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
    run_id = make_new_run_id()
    told = dg.Definitions.merge(definitions, dg.Definitions(loggers={LOGGER: progress.as_logger()}))
    try:
        # dbt and Dagster tell every model and event; the terminal gets the steps, the log the rest
        with progress.shown(), open(log, "w", encoding="utf-8") as out, redirect_stdout(out):
            result = told.resolve_job_def(name).execute_in_process(
                instance=instance,
                run_id=run_id,
                raise_on_error=False,
                run_config={"loggers": {LOGGER: {}}},
                # whoever stopped it on the command line does not want it back
                tags={**worker_tags(run_id, settings), "dagster/max_retries": "0", **tags},
            )
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as exc:
        raise RunError("the run was stopped", remedy="the last published file is unchanged") from exc
    if not result.success:
        raise RunError(
            failure_sentence(result.all_events, settings.data),
            remedy=f"see {log}; the last published file is unchanged",
        )
    for check in result.get_asset_check_evaluations():
        if not check.passed and check.check_name not in SAID_AT_THE_END:
            what = f"{check.check_name} on {check.asset_key.to_user_string()}"
            level = check.severity.value.lower()
            console.print(f"! Check {what} did not pass ({level}).", highlight=False, soft_wrap=True)
