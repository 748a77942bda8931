"""When things run by themselves: weekly, and only after somebody has switched the schedule on."""

from __future__ import annotations

import dagster as dg

from orchestration.jobs import REFRESH_ALL


def schedules() -> list[dg.ScheduleDefinition]:
    """Every Monday at 04:00 UTC, before the marts' deadline of 08:00."""
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
