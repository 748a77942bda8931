"""Checks of the version in the making, beside dbt's tests: rule 1 and rule 2 hold in what users will see. One that
fails keeps the version from being published.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb

from analytics.claims.own_rows import rows_against_themselves
from orchestration.assets.draft import DRAFT
from orchestration.resources import Warehouse
from warehouse.left_out import left_out_cohorts
from warehouse.results.lineage import every_statistic
from warehouse.versions.draft import open_draft

#: The check that fails, as a warning, when a source was read too long ago.
READ_LATELY = "sources_were_read_lately"
#: The check that fails, as a warning, when a cohort was left out.
COMPLETE = "every_cohort_is_in_it"
#: Rows that a check spells out.
_MOST_FINDINGS = 20


#: Name -> what must hold, and the rows that do not, of which there must be none. Each keeps the version back.
_NO_ROWS = {
    "one_person_once": (
        "No statistic of a default variant counts a person twice.",
        "select analysis_id, endpoint, person_id from stats.analysis_members "
        "where variant = 'default' and is_member group by all having count(*) > 1",
    ),
    "statistics_can_be_walked_back": (
        "Every statistic has a spec, and every spec a run.",
        "select stats_.stat_id from stats.every_stat as stats_ "
        "left join stats.analysis_specs as specs using (analysis_id, variant) "
        "left join stats.runs as runs on specs.run_id = runs.run_id where runs.run_id is null",
    ),
    "every_member_has_a_row": (
        "Whoever is counted in a statistic is a patient of this version, and the same person in both.",
        "select members.analysis_id, members.cohort_id, members.patient_id from stats.analysis_members as members "
        "left join marts.patients as patients using (cohort_id, patient_id) "
        "where members.is_member and (patients.patient_id is null "
        "or patients.person_id is distinct from members.person_id)",
    ),
    "every_statistic_has_its_members": (
        "Of every statistic that counts somebody it is written down whom.",
        "select stats_.stat_id from stats.every_stat as stats_ "
        "anti join stats.analysis_members as members using (analysis_id, variant, endpoint) where stats_.n > 0",
    ),
    "every_row_has_its_file": (
        "Every row behind a statistic is a row of a file that was read, so that stats.lineage leaves none out.",
        "select role, mart, source_file_id, count(*) as n_rows from ("
        "select role, mart, source_file_id from stats.member_rows "
        "union all select role, mart, source_file_id from stats.statistic_rows) as rows_behind "
        "anti join marts.source_files as files using (source_file_id) group by all order by all",
    ),
}


def _no_rows_check(name: str, description: str, query: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=DRAFT, name=name, blocking=True, description=description)
    def check(warehouse: Warehouse) -> dg.AssetCheckResult:
        with duckdb.connect(str(open_draft(warehouse.settings.published).file), read_only=True) as con:
            found = con.execute(query).fetchall()
        shown = {str(i): ", ".join(map(str, row)) for i, row in enumerate(found[:_MOST_FINDINGS], 1)}
        return dg.AssetCheckResult(passed=not found, metadata={"rows": len(found), **shown})

    return check


def draft_checks() -> list[dg.AssetChecksDefinition]:
    """Asset checks of ``draft/icb``."""

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

    of_rows = [_no_rows_check(name, said, query) for name, (said, query) in _NO_ROWS.items()]
    return [*of_rows, every_cohort, one_row_one_model]


def reading_check(sources: Sequence[dg.AssetKey], longest: timedelta) -> dg.AssetChecksDefinition:
    """A version is as fresh as what was read for it.

    Parameters
    ----------
    sources : every source of the catalogue.
    longest : how long ago a source may have been read.
    """

    @dg.asset_check(
        asset=DRAFT,
        name=READ_LATELY,
        description="Every source has been read since the schedule's last tick; fails as a warning.",
    )
    def read_lately(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        events = {key: context.instance.get_latest_materialization_event(key) for key in sources}
        read_at = {
            key.to_user_string(): datetime.fromtimestamp(event.timestamp, UTC)
            for key, event in events.items()
            if event is not None
        }
        oldest = min(read_at.values(), default=None)
        too_old = [name for name, at in sorted(read_at.items()) if datetime.now(UTC) - at > longest]
        never = len(sources) - len(read_at)
        return dg.AssetCheckResult(
            passed=not too_old and not never,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "read too long ago": len(too_old),
                "never read": never,
                "first of them": ", ".join(too_old[:_MOST_FINDINGS]),
                "oldest reading": oldest.isoformat() if oldest else "none",
            },
        )

    return read_lately
