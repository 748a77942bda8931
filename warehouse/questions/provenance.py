"""Where an answer comes from: the run and code of the published version, and the files behind its people."""

from __future__ import annotations

import duckdb

from warehouse.questions.answer import Lineage, SourceFile
from warehouse.questions.checked import CheckedQuestion

_FILES = """
with behind as (
    select 'endpoint' as role, source_file_id, count(*) as n_rows
    from marts.analysis_frame
    where endpoint = $endpoint and list_contains($cohorts, cohort_id) and source_file_id is not null
    group by source_file_id
    union all
    select 'calls' as role, source_file_id, count(*) as n_rows
    from marts.mutations
    where list_contains($genes, hugo_symbol) and list_contains($cohorts, cohort_id)
    group by source_file_id
)
select behind.role, files.address, files.member, files.sha256, behind.n_rows
from behind
inner join marts.source_files as files on behind.source_file_id = files.source_file_id
order by behind.role desc, files.address, files.member nulls first
"""


def lineage_of(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion) -> Lineage:
    """Run, code and files of an answer."""
    run = con.execute(
        "select max_by(run_id, started_at), max_by(commit_sha, started_at) from stats.runs"
    ).fetchone()
    values = {
        "endpoint": "OS" if checked.question.is_response else checked.question.endpoint,
        "cohorts": sorted(checked.selection.members["cohort_id"].unique()),
        "genes": list(checked.people.genes),
    }
    files = tuple(SourceFile(*row) for row in con.execute(_FILES, values).fetchall())
    return Lineage(run[0] if run else None, run[1] if run else None, files)
