"""Jobs: everything, or the statistics alone on the tables as they are."""

from __future__ import annotations

import dagster as dg

REFRESH_ALL = "refresh_all"
STATISTICS_ONLY = "statistics_only"


def jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """``refresh_all`` reads every source again; ``statistics_only`` computes and publishes from the last build."""
    statistics = dg.AssetSelection.groups("analyses", "stats", "published")
    return [
        dg.define_asset_job(
            REFRESH_ALL, dg.AssetSelection.all(), executor_def=dg.in_process_executor,
            description="Read every source, build every table, compute every statistic, publish.",
        ),
        dg.define_asset_job(
            STATISTICS_ONLY, statistics, executor_def=dg.in_process_executor,
            description="Compute every statistic on the tables of the last build, publish.",
        ),
    ]  # fmt: skip
