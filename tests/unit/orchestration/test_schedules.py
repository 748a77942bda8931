"""The schedule: when it ticks, when it does not, and what it builds after it has read the sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestration import schedules as module
from orchestration.jobs import jobs
from orchestration.schedules import THEN_BUILD_TAG, build_after_reading, longest_age, schedules
from warehouse.settings import Settings, SettingsError


def settings(folder: Path = Path("data"), **more: str) -> Settings:
    return Settings(data=folder, catalog=folder, mirror=None, demo=False, **more)  # type: ignore[arg-type]


@dg.job(name="refresh_all")
def by_hand() -> None: ...


@dg.asset_check(asset="a_source")
def late_check() -> dg.AssetCheckResult:
    """Stands for the checks of receipts."""
    return dg.AssetCheckResult(passed=True)


def tick(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    (schedule,) = schedules(settings())
    with dg.build_schedule_context(instance, datetime(2026, 11, 30, 4, tzinfo=UTC)) as context:
        found = schedule(context)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


@pytest.mark.parametrize(
    "status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
)
def test_a_tick_is_skipped_while_a_run_waits_or_is_at_work(status: dg.DagsterRunStatus) -> None:
    with dg.instance_for_test() as instance:
        run = instance.create_run_for_job(by_hand, status=status)
        skipped = tick(instance)
    assert isinstance(skipped, dg.SkipReason)
    assert skipped.skip_message is not None
    assert run.run_id[:8] in skipped.skip_message and "this tick is skipped" in skipped.skip_message


@pytest.mark.parametrize("status", [None, dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE])
def test_a_tick_reads_the_sources_when_no_run_is_under_way(status: dg.DagsterRunStatus | None) -> None:
    with dg.instance_for_test() as instance:
        if status is not None:
            instance.create_run_for_job(by_hand, status=status)
        request = tick(instance)
    assert isinstance(request, dg.RunRequest)
    assert THEN_BUILD_TAG in request.tags


@pytest.mark.parametrize(
    ("tags", "now", "published", "tables", "expected"),
    [
        ({THEN_BUILD_TAG: "yes"}, "new", "old", False, "build_from_sources"),
        ({THEN_BUILD_TAG: "yes"}, "new", None, False, "build_from_sources"),
        ({THEN_BUILD_TAG: "yes"}, "new", "old", True, "statistics_only"),
        ({THEN_BUILD_TAG: "yes"}, "same", "same", True, "nothing has changed"),
        ({}, "new", "old", False, "by hand"),
    ],
    ids=[
        "something has changed",
        "nothing is published yet",
        "nothing of which tables are made",
        "nothing has changed",
        "not the schedule's",
    ],
)
def test_after_the_schedule_has_read_the_sources_only_what_differs_is_built(
    monkeypatch: pytest.MonkeyPatch,
    tags: dict[str, str],
    now: str,
    published: str | None,
    tables: bool,
    expected: str,
) -> None:
    monkeypatch.setattr(module, "tables_are_current", lambda _: tables)
    monkeypatch.setattr(module, "input_fingerprint", lambda _: now)
    monkeypatch.setattr(module, "published_fingerprint", lambda _: published)
    sensor = build_after_reading(settings(), jobs(late_check))

    @dg.job(name="read_sources")
    def read_sources() -> None: ...

    with dg.instance_for_test() as instance:
        result = read_sources.execute_in_process(instance=instance, tags=tags)
        (event,) = [event for event in result.all_events if event.event_type_value == "PIPELINE_SUCCESS"]
        context = dg.build_run_status_sensor_context(
            sensor_name="build_after_reading",
            dagster_event=event,
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        )
        found = sensor(context)
    if isinstance(found, dg.RunRequest):
        assert found.job_name == expected and found.tags["icb/inputs"] == now
    else:
        assert isinstance(found, dg.SkipReason) and expected in str(found.skip_message)


@pytest.mark.parametrize(
    ("cron", "hours"),
    [("0 4 * * 1", 7 * 24 + 4), ("30 2 * * *", 24 + 4), ("0 6 * * 1-5", 3 * 24 + 4)],
    ids=["weekly", "daily", "on working days, over the weekend"],
)
def test_a_source_is_fresh_until_four_hours_after_the_next_tick(cron: str, hours: int) -> None:
    assert longest_age(settings(schedule=cron)) == timedelta(hours=hours)


def test_time_and_zone_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICB_SCHEDULE", "30 2 * * *")
    monkeypatch.setenv("ICB_TIMEZONE", "Europe/Berlin")
    (schedule,) = schedules(Settings.from_environment())
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Europe/Berlin")


@pytest.mark.parametrize(
    ("name", "value"), [("ICB_SCHEDULE", "every monday"), ("ICB_TIMEZONE", "Mars/Olympus")]
)
def test_a_time_or_a_zone_that_is_none_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}: '{value}' is no .*or unset it"):
        Settings.from_environment()
