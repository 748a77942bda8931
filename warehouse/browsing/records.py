"""Claims and statistics of a published file, a page at a time."""

from __future__ import annotations

import duckdb

from warehouse.browsing.listing import PAGE, Listing, NotThereError, listing, of_records, page_of
from warehouse.export.disclosure import disclosed_record
from warehouse.results.lineage import walk
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import smallest_cell

_CLAIMS = """
select checks.claim_id, printed.description, checks.printed, checks.computed_estimate, checks.computed_ci_low,
    checks.computed_ci_high, checks.computed_p, checks.estimator, checks.computed_n, checks.verdict, checks.sentence,
    checks.stat_id
from stats.claim_checks as checks
inner join marts.published_claims as printed on checks.claim_id = printed.claim_id
where ($paper is null or checks.paper_id = $paper) and ($verdict is null or checks.verdict = $verdict)
    and ($claim is null or checks.claim_id = $claim or checks.row_id = $claim)
order by checks.claim_id
"""
_BEHIND_CLAIMS = """
select every_stat.stat_id, every_stat.cohort_id, every_stat.scale, every_stat.n, every_stat.n_in_group,
    every_stat.events, every_stat.events_in_group, every_stat.warnings, survival.adjusted_for, survival.strata
from stats.every_stat as every_stat
left join stats.survival_stats as survival on every_stat.stat_id = survival.stat_id
where list_contains($names, every_stat.stat_id)
"""
_STATISTICS = """
select stat_id, estimator, cohort_id, n, events, estimate, ci_low, ci_high, p from stats.every_stat
where ($analysis is null or analysis_id = $analysis) and ($words = '' or contains(lower(stat_id), lower($words)))
order by stat_id
"""


def claims(
    con: duckdb.DuckDBPyConnection,
    *,
    paper: str | None = None,
    verdict: str | None = None,
    claim: str | None = None,
    page: int = 1,
) -> Listing:
    """Printed numbers with what the last run earned; ``claim`` is a claim or a row of the papers' table.

    Raises
    ------
    NotThereError
        No claim answers to that; names papers and verdicts.
    """
    asked = {"paper": paper, "verdict": verdict, "claim": claim}
    found = page_of(con, "claims", "Claims of the papers", _CLAIMS, asked, page=page)
    if not found.n_all:
        rows = con.execute(
            "select distinct paper_id, verdict from stats.claim_checks order by all"
        ).fetchall()
        papers, verdicts = (", ".join(sorted({str(row[i]) for row in rows})) for i in (0, 1))
        raise NotThereError(
            "no claim answers to that",
            where="stats.claim_checks",
            remedy=f"papers: {papers}; verdicts: {verdicts}",
        )
    return found


def claims_with_numbers(
    con: duckdb.DuckDBPyConnection,
    *,
    paper: str | None = None,
    verdict: str | None = None,
    claim: str | None = None,
) -> Listing:
    """The first page of claims with what the computed number rests on; raises as :func:`claims`."""
    found = claims(con, paper=paper, verdict=verdict, claim=claim)
    names = [str(record["stat_id"]) for record in found.records if record["stat_id"]]
    behind = listing(con, "behind", "What they rest on", _BEHIND_CLAIMS, {"names": names})
    rests_on = {str(record.pop("stat_id")): record for record in behind.records}
    columns = (*found.columns, *(c for c in behind.columns if c not in found.columns))
    nothing = dict.fromkeys(behind.columns)
    rows = [nothing | rests_on.get(str(one["stat_id"]), {}) | one for one in found.records]
    return of_records(found.name, found.title, columns, rows)


def statistics(
    con: duckdb.DuckDBPyConnection, *, analysis: str | None = None, words: str = "", page: int = 1
) -> Listing:
    """Statistics of an analysis, or those with the words in their name."""
    values = {"analysis": analysis, "words": words}
    return page_of(con, "statistics", "Statistics", _STATISTICS, values, page=page)


def statistic(con: duckdb.DuckDBPyConnection, stat_id: str, page: int = 1) -> tuple[Listing, ...]:
    """A statistic walked back: itself, spec, people, files, rows (a page of them), run.

    Raises
    ------
    UnknownStatisticError
        With the names that look most like the one asked for.
    """
    found = walk(con, stat_id)
    records = [
        ("statistic", "Statistic", found.statistic),
        ("spec", "Spec", found.spec),
        ("run", "Run", found.run),
    ]
    # rows of names and values hide from an export which value is a count of people
    least = smallest_cell(version_of(con))
    parts = [
        Listing(
            name,
            title,
            ("what", "value"),
            tuple((k, v) for k, v in disclosed_record(record, least).items() if v not in (None, "", [])),
        )
        for name, title, record in records
    ]
    rows = [tuple(row.values()) for row in found.rows[PAGE * (page - 1) : PAGE * page]]
    columns = tuple(found.rows[0]) if found.rows else ()
    people = tuple(tuple(row.values()) for row in found.flow)
    files = tuple(tuple(row.values()) for row in found.files)
    return (
        parts[0],
        Listing("flow", "People", tuple(found.flow[0]) if found.flow else (), people),
        Listing("files", "Files and rows", tuple(found.files[0]) if found.files else (), files),
        Listing("rows", "Every row behind it", columns, tuple(rows), n_all=len(found.rows)),
        *parts[1:],
    )
