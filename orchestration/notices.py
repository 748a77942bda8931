"""Who is told when a run has failed, and when what people read has become old. The targets are ``ICB_NOTIFY``;
Dagster's UI shows both without any.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.failures import failure_sentence
from orchestration.notice_targets import Notice, send_all, targets
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import read_manifest

_HOUR_SECONDS = 3600


def failure_notice(run: dg.DagsterRun, sentence: str, now: datetime) -> Notice:
    """A run that has failed, by job and id, with the sentence that `icb run` would say."""
    text = f"{sentence} The last published version is unchanged. Run {run.run_id} of {run.job_name}."
    return Notice(f"icb-warehouse: {run.job_name} failed", text, now.isoformat(timespec="seconds"))


def stale_notice(settings: Settings, now: datetime) -> Notice | None:
    """That the version in force is older than it may be; None when it is not, or when nothing was ever published."""
    version = version_in_force(settings.published)
    if not version.manifest.exists():
        return None
    published = read_manifest(version).published_at
    age = now - published
    if age <= timedelta(days=settings.stale_after_days):
        return None
    text = (
        f"Version {version.name} was published on {published:%Y-%m-%d} ({age.days} days ago), and "
        f"{settings.stale_after_days:g} days are allowed. Look at the last runs in Dagster's UI, or start 'icb run'."
    )
    return Notice("icb-warehouse: the published version is old", text, now.isoformat(timespec="seconds"))


def notice_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """``run_failed`` and ``version_is_old``, at work while the UI or the daemon is up.

    Raises
    ------
    NoticeError
        A target of ``ICB_NOTIFY`` is not understood.
    """
    senders = targets(settings.notify)

    @dg.run_failure_sensor(
        name="run_failed",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Tells the targets of ICB_NOTIFY which run failed and why.",
    )
    def run_failed(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        sentence = failure_sentence([*context.get_step_failure_events(), context.failure_event])
        notice = failure_notice(context.dagster_run, sentence, datetime.now(UTC))
        return _said(send_all(senders, notice))

    @dg.sensor(
        name="version_is_old",
        minimum_interval_seconds=_HOUR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the targets of ICB_NOTIFY once that the published version is older than it may be.",
    )
    def version_is_old(context: dg.SensorEvaluationContext) -> dg.SkipReason | None:
        notice = stale_notice(settings, datetime.now(UTC))
        name = version_in_force(settings.published).name
        if notice is None or context.cursor == name:
            return dg.SkipReason("the version is young enough" if notice is None else "it has been told")
        faults = send_all(senders, notice)
        if not faults:
            context.update_cursor(name)
        return _said(faults)

    return [run_failed, version_is_old]


def _said(faults: list[str]) -> dg.SkipReason | None:
    return dg.SkipReason(" ".join(faults)) if faults else None
