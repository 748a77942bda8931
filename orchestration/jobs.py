"""Jobs: everything, or the statistics alone on the tables as they are."""

from __future__ import annotations

import dagster as dg

REFRESH_ALL = "refresh_all"
STATISTICS_ONLY = "statistics_only"
READ_SOURCES = "read_sources"
BUILD_FROM_SOURCES = "build_from_sources"


def build_from_sources() -> dg.UnresolvedAssetJobDefinition:
    """Everything after the sources."""
    return dg.define_asset_job(
        BUILD_FROM_SOURCES,
        dg.AssetSelection.all() - dg.AssetSelection.groups("sources"),
        executor_def=dg.in_process_executor,
        description="Build every table from the sources as they were last read, compute every statistic, publish.",
    )


def jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """``refresh_all`` is the two halves ``read_sources`` and ``build_from_sources`` in one run; ``statistics_only``
    computes and publishes from the last build."""
    return [
        dg.define_asset_job(
            REFRESH_ALL,
            dg.AssetSelection.all(),
            executor_def=dg.in_process_executor,
            description="Read every source, build every table, compute every statistic, publish.",
        ),
        dg.define_asset_job(
            READ_SOURCES,
            dg.AssetSelection.groups("sources"),
            executor_def=dg.in_process_executor,
            description="Fetch, verify and parse every source; an unchanged one is not parsed again.",
        ),
        build_from_sources(),
        dg.define_asset_job(
            STATISTICS_ONLY,
            dg.AssetSelection.groups("analyses", "scans", "stats", "published"),
            executor_def=dg.in_process_executor,
            description="Compute every statistic on the tables of the last build, publish.",
        ),
    ]
