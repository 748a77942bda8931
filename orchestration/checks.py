"""Checks of the version in the making, beside dbt's tests: rule 1 and rule 2 hold in what users will see. One that
fails keeps the version from being published.
"""

import dagster as dg
import duckdb

from analytics.claims.own_rows import rows_against_themselves
from orchestration.assets.draft import DRAFT
from orchestration.resources import Warehouse
from warehouse.left_out import left_out_cohorts
from warehouse.lineage import every_statistic
from warehouse.versions.draft import open_draft

#: The check that fails, as a warning, when a cohort was left out.
COMPLETE = "every_cohort_is_in_it"
#: Rows that a check spells out.
_MOST_FINDINGS = 20


def draft_checks() -> list[dg.AssetChecksDefinition]:
    """Asset checks of ``draft/icb``."""

    @dg.asset_check(
        asset=DRAFT, blocking=True, description="No statistic of a default variant counts a person twice."
    )
    def one_person_once(warehouse: Warehouse) -> dg.AssetCheckResult:
        with duckdb.connect(str(open_draft(warehouse.settings.published).file), read_only=True) as con:
            found = con.execute(
                "select analysis_id, endpoint, person_id, count(*) as n from stats.analysis_members "
                "where variant = 'default' and is_member group by all having count(*) > 1"
            ).fetchall()
        return dg.AssetCheckResult(passed=not found, metadata={"repeated": len(found)})

    @dg.asset_check(
        asset=DRAFT, blocking=True, description="Every statistic has a spec, and every spec a run."
    )
    def statistics_can_be_walked_back(warehouse: Warehouse) -> dg.AssetCheckResult:
        with duckdb.connect(str(open_draft(warehouse.settings.published).file), read_only=True) as con:
            row = con.execute(
                "select count(*) from stats.every_stat as s "
                "left join stats.analysis_specs as a using (analysis_id, variant) "
                "left join stats.runs as r on a.run_id = r.run_id where r.run_id is null"
            ).fetchone()
        orphans = int(row[0]) if row else 0
        return dg.AssetCheckResult(passed=orphans == 0, metadata={"statistics_without_run": orphans})

    @dg.asset_check(
        asset=DRAFT, name=COMPLETE, description="No cohort of the catalogue was left out of the version."
    )
    def every_cohort(warehouse: Warehouse) -> dg.AssetCheckResult:
        with duckdb.connect(str(open_draft(warehouse.settings.published).file), read_only=True) as con:
            left_out = left_out_cohorts(con)
        return dg.AssetCheckResult(
            passed=not left_out,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={cohort.cohort_id: cohort.sentence for cohort in left_out},
        )

    @dg.asset_check(
        asset=DRAFT,
        blocking=True,
        description="p and interval of every ratio come from one model, by the rules that judge the papers' claims.",
    )
    def one_row_one_model(warehouse: Warehouse) -> dg.AssetCheckResult:
        with duckdb.connect(str(open_draft(warehouse.settings.published).file), read_only=True) as con:
            found = rows_against_themselves(every_statistic(con))
        return dg.AssetCheckResult(
            passed=not found,
            metadata={"rows": len(found)}
            | {finding.stat_id: finding.sentence for finding in found[:_MOST_FINDINGS]},
        )

    return [one_person_once, statistics_can_be_walked_back, every_cohort, one_row_one_model]
