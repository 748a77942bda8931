"""Cohorts: which there are, and of one its receipt, its clocks, whom it shares, and the rows that were refused."""

from __future__ import annotations

import duckdb

from warehouse.browsing.listing import Listing, NotThereError, listing, of_records, page_of
from warehouse.published_file import published
from warehouse.reports.cohort_receipt import COLUMNS, receipt
from warehouse.settings import Settings

_CLOCKS = """
select endpoint, origin, clock_family, count(*) as n, count(*) filter (where is_event) as events,
    count(*) filter (where entry_months > 0) as n_entering_late, max(time_months) as longest_months
from marts.survival_outcomes where cohort_id = $cohort and time_months is not null
group by endpoint, origin, clock_family order by endpoint, n desc, origin
"""
_OVERLAPS = """
select other.cohort_id, count(distinct own.person_id) as n_persons, string_agg(distinct other.rule_id, ', '
    order by other.rule_id) as by_rule
from marts.person_aliases as own
inner join marts.person_aliases as other on own.person_id = other.person_id and own.cohort_id <> other.cohort_id
where own.cohort_id = $cohort group by other.cohort_id order by n_persons desc, other.cohort_id
"""
_REJECTED = """
select
    rule_id, column_name, message, is_lost, sum(n_rows) as n_rows, min(value) as example, min(source_row) as first_row
from marts.rejected_rows where cohort_id = $cohort
group by rule_id, column_name, message, is_lost
order by n_rows desc, rule_id, column_name, message, is_lost
"""
_FILES = """
select address, member, sha256, bytes, licence from marts.source_files
where list_contains(cohort_ids, $cohort) order by address, member
"""


def files_read() -> set[tuple[str, str]]:
    """Cohort and id of the files that the published version was made from; none where nothing is published yet.

    Raises
    ------
    PublishedFileError
        There is a published file, and it cannot be opened.
    """
    if not Settings.from_environment().published_file.exists():
        return set()
    with published() as con:
        rows = con.execute("select unnest(cohort_ids), file_ids from marts.source_files").fetchall()
    return {(str(cohort), str(file)) for cohort, files in rows for file in files}


def cohorts(con: duckdb.DuckDBPyConnection, cancer_type: str | None = None) -> Listing:
    """Every cohort, or those with patients of a cancer type; endpoints as patients followed.

    Raises
    ------
    NotThereError
        Nobody has that cancer type; names those that there are.
    """
    found = listing(
        con,
        "cohorts",
        "Cohorts" if cancer_type is None else f"Cohorts with {cancer_type}",
        "select cohort_id, title, is_icb, assay_name, n_patients, n_patients_profiled, licence, citation "
        "from marts.cohorts where $type is null or cohort_id in "
        "(select cohort_id from marts.patients where cancer_type = $type) order by cohort_id",
        {"type": cancer_type},
    )
    if not found.rows and cancer_type is not None:
        known = con.execute(
            "select distinct cancer_type from marts.patients where cancer_type is not null order by 1"
        )
        raise NotThereError(
            f"nobody has cancer type '{cancer_type}'",
            where="marts.patients",
            remedy=f"there are {', '.join(str(row[0]) for row in known.fetchall())}",
        )
    return found


def cohort_listings(con: duckdb.DuckDBPyConnection, cohort_id: str, page: int = 1) -> tuple[Listing, ...]:
    """Everything about one cohort.

    Raises
    ------
    CatalogError
        The published version has no such cohort; names those there are.
    """
    lines = receipt(con, cohort_id)
    own = {"cohort": cohort_id}
    return (
        of_records("receipt", "Receipt: what its files became", COLUMNS, lines),
        listing(con, "clocks", "Clocks", _CLOCKS, own, note="Unlike clocks are never pooled."),
        listing(con, "overlaps", "Persons also in other cohorts", _OVERLAPS, own),
        page_of(con, "rejected", "Rows refused or doubted, by rule", _REJECTED, own, page=page),
        listing(con, "files", "Files", _FILES, own),
    )


def cohort_facts(con: duckdb.DuckDBPyConnection, cohort_id: str) -> dict[str, object]:
    """The row of ``marts.cohorts``."""
    found = listing(
        con, "cohort", cohort_id, "select * from marts.cohorts where cohort_id = $c", {"c": cohort_id}
    )
    return found.records[0] if found.rows else {}
