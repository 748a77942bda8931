"""What else differs between two versions: sources that changed, claims with another verdict, rows by cohort."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from warehouse.diff.tables import (
    AFTER,
    BEFORE,
    Row,
    columns_of,
    comparison_of,
    place_of,
    stream,
    text,
)

SOURCE_COLUMNS = ("change", "address", "member", "cohorts", "sha256_before", "sha256_after")
CLAIM_COLUMNS = ("claim_id", "paper_id", "verdict_before", "verdict_after", "sentence")
COHORT_COLUMNS = ("table", "cohort_id", "rows_before", "rows_after")


def source_differences(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Files that were read for one version only, or whose content has changed, by address; rows of `SOURCE_COLUMNS`.

    Raises
    ------
    DiffError
        One of the files does not say what it was made from.
    """
    comparison_of(con, "marts.source_files")
    sides = {}
    for side in (BEFORE, AFTER):
        cohorts, member, content = _picked(
            con, side, "marts.source_files", "cohort_ids", "member", "member_sha256"
        )
        content = f"coalesce({content}, sha256)"
        cohorts = (
            f"trim(cast({cohorts} as varchar), '[]')"  # a list; in versions of before it was one, a text
        )
        sides[side] = (
            f"select address, {member} as member, string_agg(distinct {cohorts}, ', ' order by {cohorts}) as cohorts, "
            f"string_agg(distinct {content}, ', ' order by {content}) as sha256, true as here "
            f"from {place_of(side, 'marts.source_files')} group by all"
        )
    query = (
        "select case when b.here is null then 'added' when a.here is null then 'removed' else 'changed' end, "
        "coalesce(a.address, b.address), coalesce(a.member, b.member), coalesce(a.cohorts, b.cohorts), "
        "b.sha256, a.sha256 "
        f"from ({sides[BEFORE]}) as b full outer join ({sides[AFTER]}) as a "
        "on b.address = a.address and b.member is not distinct from a.member "
        "where b.sha256 is distinct from a.sha256 order by all"
    )
    return stream(con, list(SOURCE_COLUMNS), query)


def claim_differences(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Printed numbers whose verdict is another, or that are checked in one version only; rows of `CLAIM_COLUMNS`.

    Raises
    ------
    DiffError
        One of the files has no claims.
    """
    comparison_of(con, "stats.claim_checks")
    sides = {}
    for side in (BEFORE, AFTER):
        paper, sentence = _picked(con, side, "stats.claim_checks", "paper_id", "sentence")
        sides[side] = (
            f"select claim_id, verdict, {paper} as paper_id, {sentence} as sentence "
            f"from {place_of(side, 'stats.claim_checks')}"
        )
    return stream(
        con,
        list(CLAIM_COLUMNS),
        "select coalesce(a.claim_id, b.claim_id), coalesce(a.paper_id, b.paper_id), b.verdict, a.verdict, "
        f"coalesce(a.sentence, b.sentence) from ({sides[BEFORE]}) as b "
        f"full outer join ({sides[AFTER]}) as a on b.claim_id = a.claim_id "
        "where b.verdict is distinct from a.verdict order by all",
    )


def _picked(con: duckdb.DuckDBPyConnection, side: str, table: str, *columns: str) -> list[str]:
    """SQL: these columns, null for one that the file does not have (an older release made it)."""
    there = columns_of(con, side)[table]
    return [column if column in there else "cast(null as varchar)" for column in columns]


def rows_by_cohort(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Tables and cohorts with another number of rows; rows of `COHORT_COLUMNS`. A table that one file lacks has no row
    of any cohort there; one without cohorts is left to the comparison of tables."""
    with_cohorts = {
        side: {table for table, columns in columns_of(con, side).items() if "cohort_id" in columns}
        for side in (BEFORE, AFTER)
    }
    parts = [
        _by_cohort(table, {side for side in (BEFORE, AFTER) if table in with_cohorts[side]})
        for table in sorted(with_cohorts[BEFORE] | with_cohorts[AFTER])
    ]
    if not parts:
        return iter(())
    return stream(con, list(COHORT_COLUMNS), " union all ".join(parts) + " order by 1, 2")


def _by_cohort(table: str, has_it: set[str]) -> str:
    sides = {
        side: f"select cohort_id, count(*) as n from {place_of(side, table)} "
        "where cohort_id is not null group by cohort_id"
        if side in has_it
        else "select cast(null as varchar) as cohort_id, 0 as n where false"
        for side in (BEFORE, AFTER)
    }
    return (
        f"select {text(table)}, coalesce(b.cohort_id, a.cohort_id), coalesce(b.n, 0), coalesce(a.n, 0) "
        f"from ({sides[BEFORE]}) as b full outer join ({sides[AFTER]}) as a on b.cohort_id = a.cohort_id "
        "where b.n is distinct from a.n"
    )
