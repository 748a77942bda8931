"""What looks after the queue: a run whose process was killed never says so, and the next ones would wait for it for
ever (Dagster's default launcher has no health check, and a run of ``icb run`` has no launcher).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from warehouse.build.data_lock import BusyError, is_waiting, one_run_at_a_time
from warehouse.settings import Settings

#: Tag of the runs of ``icb run``: their data folder.
DATA_TAG = "icb/data"
#: A run takes the data folder within seconds after it has started; one that is older and does not hold it is dead.
_GRACE = timedelta(minutes=2)


def end_dead_runs(instance: dg.DagsterInstance, settings: Settings) -> int:
    """Mark runs on this data folder that are at work to all appearance as failed, and give their number.

    The caller holds the data folder: no other run on it is alive.
    """
    status = dg.DagsterRunStatus
    unfinished = [status.NOT_STARTED, status.STARTED, status.CANCELING]
    now, ended = datetime.now(UTC), 0
    for record in instance.get_run_records(dg.RunsFilter(statuses=unfinished)):
        folder = record.dagster_run.tags.get(DATA_TAG)
        if is_waiting(settings, record.dagster_run.run_id):
            continue
        is_old = now - record.update_timestamp.astimezone(UTC) > _GRACE
        if folder == str(settings.data) or (folder is None and is_old):
            instance.report_run_failed(
                record.dagster_run, "The process of this run has ended without a word."
            )
            ended += 1
    return ended


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """``dead_runs``: looks every two minutes while the UI or the daemon is up."""

    @dg.sensor(
        name="dead_runs",
        minimum_interval_seconds=120,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks a run whose process was killed as failed, so that the queue moves on.",
    )
    def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        try:
            with one_run_at_a_time(settings, "a look for dead runs"):
                ended = end_dead_runs(context.instance, settings)
        except BusyError:
            return dg.SkipReason("a run is at work")
        return dg.SkipReason(f"dead runs ended: {ended}" if ended else "no dead runs")

    return [dead_runs]
