"""When things run by themselves, after somebody has switched the schedule on: every source is read and, if anything
differs from what the published version was made of, built and published.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import dagster as dg
from dagster._utils.schedules import cron_string_iterator

from orchestration.inputs import INPUTS_TAG, input_fingerprint, published_fingerprint, tables_are_current
from orchestration.jobs import BUILD_FROM_SOURCES, READ_SOURCES, REFRESH_ALL, STATISTICS_ONLY
from warehouse.settings import Settings

#: Tag of a reading of the sources after which what differs is built: the schedule's.
THEN_BUILD_TAG = "icb/then_build"
#: How long after a tick the sources must have been read.
_GRACE = timedelta(hours=4)
#: Ticks between which the longest gap is looked for, from a day that is always the same.
_TICKS, _FROM = 60, datetime(2026, 1, 1, tzinfo=UTC)
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def longest_age(settings: Settings) -> timedelta:
    """How old the last reading of a source may be: the longest time between two ticks, and a grace."""
    ticks = cron_string_iterator(_FROM.timestamp(), settings.schedule, settings.timezone)
    gaps = [later - earlier for earlier, later in pairwise(islice(ticks, _TICKS))]
    return max(gaps) + _GRACE


def freshness(settings: Settings) -> dg.FreshnessPolicy:
    """Of a source: whether it has been read since the last tick. A table or a version is as fresh as what was read for
    it, however lately it was copied."""
    return dg.FreshnessPolicy.time_window(fail_window=longest_age(settings))


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """``weekly_refresh``, at the time and in the zone of the settings (Monday at 04:00 UTC)."""

    @dg.schedule(
        name="weekly_refresh",
        job_name=READ_SOURCES,
        cron_schedule=settings.schedule,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Reads every source again and, if anything differs from what the published version was made of, "
        "builds and publishes. A tick is skipped while a run waits or is at work.",
    )
    def weekly_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        for record in context.instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
            run = record.dagster_run
            if run.job_name in (READ_SOURCES, BUILD_FROM_SOURCES, STATISTICS_ONLY, REFRESH_ALL):
                return dg.SkipReason(
                    f"run {run.run_id[:8]} of {run.job_name} is {run.status.value.lower()}: this tick is skipped"
                )
        return dg.RunRequest(tags={THEN_BUILD_TAG: "yes"})

    return [weekly_refresh]


def build_after_reading(
    settings: Settings, jobs: Sequence[dg.UnresolvedAssetJobDefinition]
) -> dg.SensorDefinition:
    """The second half of a scheduled refresh."""
    by_name = {job.name: job for job in jobs}

    @dg.run_status_sensor(
        name="build_after_reading",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[by_name[READ_SOURCES]],
        request_jobs=[by_name[BUILD_FROM_SOURCES], by_name[STATISTICS_ONLY]],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="After the schedule has read the sources: builds and publishes if anything has changed. Tables "
        "that are made of what there is stay as they are.",
    )
    def after_reading(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        if THEN_BUILD_TAG not in context.dagster_run.tags:
            return dg.SkipReason("the sources were read by hand: nothing is built")
        fingerprint = input_fingerprint(settings)
        if fingerprint == published_fingerprint(settings):
            return dg.SkipReason("nothing has changed since the last version was published")
        keeps_tables = not settings.strict and tables_are_current(settings)  # as `icb run` does
        return dg.RunRequest(
            run_key=context.dagster_run.run_id,
            job_name=STATISTICS_ONLY if keeps_tables else BUILD_FROM_SOURCES,
            tags={INPUTS_TAG: fingerprint},
        )

    return after_reading
