"""Who is told when a run has failed, when a check that passed no longer does, and when what people read has become old.
The targets are ``ICB_NOTIFY``; Dagster's UI shows all of it without any.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from orchestration.failures import failure_sentence
from orchestration.notices.targets import Notice, send_all, targets
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import read_manifest

_HOUR_SECONDS = 3600


def failure_notice(run: dg.DagsterRun, sentence: str, settings: Settings, now: datetime) -> Notice:
    """A run that has failed, by job and address, with the sentence that `icb run` would say, and what people read
    meanwhile."""
    text = f"{sentence} {_what_people_read(settings, now)} {_where(run, settings)}"
    return Notice(f"icb-warehouse: {run.job_name} failed", text, now.isoformat(timespec="seconds"))


def checks_notice(run: dg.DagsterRun, failed: Sequence[str], settings: Settings, now: datetime) -> Notice:
    """Checks of a run that ended well which passed before, and do not now."""
    what = "a check" if len(failed) == 1 else f"{len(failed)} checks"
    sentences = " ".join(one.rstrip(".") + "." for one in failed)
    text = f"{sentences} {_where(run, settings)}"
    subject = f"icb-warehouse: {what} of {run.job_name} no longer passed"
    return Notice(subject, text, now.isoformat(timespec="seconds"))


def newly_failed(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Checks that failed in a run and, when they were carried out before it, had not: each with what it says."""
    said = []
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        check = entry.get_dagster_event().asset_check_evaluation_data
        if check.passed:
            continue
        history = instance.event_log_storage.get_asset_check_execution_history(
            check.asset_check_key, limit=10
        )
        before = next((one for one in history if one.run_id != run_id), None)
        if before is not None and before.status is AssetCheckExecutionRecordStatus.FAILED:
            continue
        where = f"{check.check_name} of {check.asset_key.to_user_string()}"
        level = check.severity.value.lower()
        said.append(f"{where} ({level}): {check.description}" if check.description else f"{where} ({level})")
    return said


def _where(run: dg.DagsterRun, settings: Settings) -> str:
    address = f"{settings.ui}/runs/{run.run_id}" if settings.ui else run.run_id
    return f"Run of {run.job_name}: {address}"


def _what_people_read(settings: Settings, now: datetime) -> str:
    version = version_in_force(settings.published)
    if not version.manifest.exists():
        return "Nothing was published yet."
    age = now - read_manifest(version).published_at
    days = f"{age.days} days" if age.days != 1 else "1 day"
    return f"The published version {version.name} is unchanged ({days} old)."


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
    """``run_failed``, ``checks_failed`` and ``version_is_old``, at work while the UI or the daemon is up.

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
        notice = failure_notice(context.dagster_run, sentence, settings, datetime.now(UTC))
        return _said(send_all(senders, notice))

    @dg.run_status_sensor(
        name="checks_failed",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Tells the targets of ICB_NOTIFY which checks of a run that ended well no longer pass.",
    )
    def checks_failed(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        failed = newly_failed(context.instance, context.dagster_run.run_id)
        if not failed:
            return dg.SkipReason("no check has failed that passed before")
        return _said(
            send_all(senders, checks_notice(context.dagster_run, failed, settings, datetime.now(UTC)))
        )

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

    return [run_failed, checks_failed, version_is_old]


def _said(faults: list[str]) -> dg.SkipReason | None:
    return dg.SkipReason(" ".join(faults)) if faults else None
