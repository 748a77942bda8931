"""Jobs: everything, or the statistics alone on the tables as they are."""

from __future__ import annotations

import dagster as dg

#: One step at a time, in the process of the run. A step is carried out when all that it reads is there: of a step that
#: failed after it had made a part, only what hangs on the rest stops.
EXECUTOR = dg.in_process_executor.configured(
    {"step_dependency_config": {"require_upstream_step_success": False}}, name="in_process"
)
REFRESH_ALL = "refresh_all"
STATISTICS_ONLY = "statistics_only"
READ_SOURCES = "read_sources"
BUILD_FROM_SOURCES = "build_from_sources"
PUBLISH_ONLY = "publish_only"


#: Groups of tables that stand between the sources and the statistics.
_TABLES = ("raw", "vocabulary", "staging", "intermediate", "marts")


def jobs(after_marts: dg.AssetChecksDefinition) -> list[dg.UnresolvedAssetJobDefinition]:
    """``refresh_all``, and parts of it. ``icb run`` runs ``read_sources`` and, if anything has changed,
    ``build_from_sources``.

    Parameters
    ----------
    after_marts : checks of sources and raw tables that are carried out when the marts are made.
    """
    everything, late_checks = dg.AssetSelection.all(), dg.AssetSelection.checks(after_marts)
    sources = dg.AssetSelection.groups("sources") - late_checks
    selected = {
        REFRESH_ALL: (everything, "Read every source, build every table, compute every statistic, publish."),
        READ_SOURCES: (
            sources,
            "Fetch, verify and parse every source; an unchanged one is not parsed again.",
        ),
        BUILD_FROM_SOURCES: (
            everything - sources,
            "Build every table from the sources as they were last read, compute every statistic, publish.",
        ),
        STATISTICS_ONLY: (
            everything - sources - dg.AssetSelection.groups(*_TABLES) - late_checks,
            "Compute every statistic on the tables of the last build, publish.",
        ),
        PUBLISH_ONLY: (
            dg.AssetSelection.groups("draft", "reports", "published"),
            "Make the reports anew on the statistics of the last build, publish.",
        ),
    }
    return [
        dg.define_asset_job(name, selection, executor_def=EXECUTOR, description=description)
        for name, (selection, description) in selected.items()
    ]
