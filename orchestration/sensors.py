"""What looks after the queue: a run whose process was killed never says so, and the next ones would wait for it for
ever (Dagster's default launcher has no health check, and a run of ``icb run`` has no launcher).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.workers import Worker

#: A launched run names its process as soon as the code location is loaded there (5 s, 30 s on a busy machine); one that
#: has not by then has lost it before.
_GRACE = timedelta(minutes=5)
_UNFINISHED = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def end_dead_runs(instance: dg.DagsterInstance, location: str | None = None) -> int:
    """Mark runs that are at work to all appearance, and whose process on this host is gone, as failed; gives their
    number. Of a run of another host only that host can tell: it is let alone, whatever it looks like.

    Parameters
    ----------
    location : code location of this host, whose runs are dead too when nobody has begun them long after their launch.
    """
    now, ended = datetime.now(UTC), 0
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        worker = Worker.of(record.dagster_run)
        if worker is not None:
            is_dead = worker.is_of_this_host and not worker.is_alive()
        else:
            is_old = now - record.update_timestamp.astimezone(UTC) > _GRACE
            is_dead = is_old and location is not None and _location(record.dagster_run) == location
        if is_dead:
            instance.report_run_failed(
                record.dagster_run, "The process of this run has ended without a word."
            )
            ended += 1
    return ended


def _location(run: dg.DagsterRun) -> str | None:
    """Name of the code location that a run was launched from; ``icb run`` launches from none."""
    origin = run.remote_job_origin
    return origin.repository_origin.code_location_origin.location_name if origin else None


def sensors() -> list[dg.SensorDefinition]:
    """``dead_runs``: looks four times a minute while the UI or the daemon is up."""

    @dg.sensor(
        name="dead_runs",
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks a run of this host whose process was killed as failed, so that the queue moves on.",
    )
    def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        origin = context.code_location_origin
        ended = end_dead_runs(context.instance, origin.location_name if origin else None)
        return dg.SkipReason(f"dead runs ended: {ended}" if ended else "no dead runs")

    return [dead_runs]
