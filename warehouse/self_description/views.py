"""What the views of ``stats`` and their columns mean. Tables and marts carry this from where they are declared."""

from __future__ import annotations

import duckdb

from analytics.results.schema import columns_of
from analytics.results.statistic import AnyStatistic
from warehouse.results.writing import quoted

_OF_MEMBERS = {
    "stat_id": "Statistic, see every_stat",
    "cohort_id": "Cohort of the person's row",
    "patient_id": "Patient as the source names him or her; unique within a cohort",
    "person_id": "Person across cohorts",
    "status": "Group of the person in the analysis",
}
#: View -> what one row is, and what each column is.
VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "stats.every_stat": (
        "One statistic of any kind, with the columns that all kinds share; scale says what its estimate is.",
        {name: text for name, (_, text) in columns_of(AnyStatistic).items()}
        | {
            "table_name": "Table of stats that has the row with the columns of its kind",
            "cohorts": "Cohorts of a pooled estimate",
            "median_in_group": "Median of the group, in months or in the unit of the values",
            "median_in_reference": "The same of the reference group",
        },
    ),
    "stats.stat_members": (
        "One person behind one statistic.",
        _OF_MEMBERS
        | {
            "sample_id": "The sample that counted",
            "time_months": "Follow-up in months of 30.4375 days",
            "is_event": "Whether the event was seen",
            "member_id": "Row of analysis_members",
        },
    ),
    "stats.lineage": (
        "One row of a source behind one person of one statistic.",
        _OF_MEMBERS
        | {
            "role": "What the row is to the statistic: time, event, mutation, sample, ...",
            "mart": "Table that has the row harmonised",
            "source_file_id": "File of the row, see source_files",
            "source_row": "Row in that file: line of a text file, row of a sheet, header lines counted",
            "address": "Public address of the file",
            "member": "Member of the archive",
            "sha256": "Checksum of the file",
        },
    ),
    "stats.hypotheses": (
        "One registered family of hypotheses: a scan or an analysis.",
        {
            "kind": "registered scan or analysis",
            "name": "scan_id or analysis_id",
            "registered_on": "Date on which its file was written",
            "is_prespecified": "Whether it was written before the data were looked at",
            "endpoints": "Endpoints that it is about",
            "definition": "What makes a carrier, for a scan",
            "cohorts": "Cohorts that it asks",
            "n_hypotheses": "Hypotheses of the family: genes of a scan, p values of an analysis",
            "smallest_p": "The smallest p of the family, not corrected",
            "smallest_p_of": "Gene or statistic that has it",
        },
    ),
}


def describe_views(con: duckdb.DuckDBPyConnection) -> None:
    """Write the comments of those views that the database in use has."""
    made = {
        f"{schema}.{view}"
        for schema, view in con.execute(
            "select schema_name, view_name from duckdb_views() where database_name = current_database()"
        ).fetchall()
    }
    for view, (meaning, columns) in VIEWS.items():
        if view not in made:
            continue
        con.execute(f"comment on view {view} is {quoted(meaning)}")
        present = {row[0] for row in con.execute(f"describe {view}").fetchall()}
        for column, text in columns.items():
            if column in present:
                con.execute(f'comment on column {view}."{column}" is {quoted(text)}')
