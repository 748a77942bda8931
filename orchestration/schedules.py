"""When things run by themselves: weekly, and only after somebody has switched the schedule on."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from orchestration.jobs import REFRESH_ALL

#: Marts and the published file are refreshed every Monday at 04:00 UTC; by 08:00 they must be.
WEEKLY = dg.FreshnessPolicy.cron(
    deadline_cron="0 8 * * 1", lower_bound_delta=timedelta(hours=4), timezone="UTC"
)


def schedules() -> list[dg.ScheduleDefinition]:
    """Every Monday at 04:00 UTC, before the deadline of ``WEEKLY``."""
    return [
        dg.ScheduleDefinition(
            name="weekly_refresh",
            job_name=REFRESH_ALL,
            cron_schedule="0 4 * * 1",
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.STOPPED,
            description="Reads every source again; an unchanged source is not parsed again.",
        )
    ]
