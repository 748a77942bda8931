"""The part of a run that is another on Spark, and one analysis on what it made: from the raw tables in the build file
of ICB_DATA through dbt's step of the graph (raw tables out, every seed and model, tables and views back). Without the
data tests, some of which fail on rows that are planted to be wrong.

    ICB_DATA=<folder> ICB_DEMO=1 ICB_ENGINE=spark python tests/spark/run_on_spark.py demo_tp53
"""

from __future__ import annotations

import sys

import dagster as dg

from orchestration.assets import dbt
from orchestration.assets.statistics import analysis_key
from orchestration.definitions import build_definitions
from orchestration.jobs import BUILD_FROM_SOURCES
from warehouse.settings import Settings

#: What dbt makes.
SCHEMAS = ("vocabulary", "staging", "intermediate", "marts")


def main(analysis_id: str) -> None:
    dbt.BUILD = (*dbt.BUILD, "--exclude-resource-type", "test")  # type: ignore[assignment]
    definitions = build_definitions(Settings.from_environment())
    tables = [key for key in definitions.resolve_all_asset_keys() if key.path[0] in SCHEMAS]
    with dg.DagsterInstance.ephemeral() as instance:
        definitions.resolve_job_def(BUILD_FROM_SOURCES).execute_in_process(
            instance=instance, asset_selection=[*tables, analysis_key(analysis_id)]
        )


if __name__ == "__main__":
    main(sys.argv[1])
