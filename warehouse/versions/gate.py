"""The gate: what must hold before a version may be opened by anybody.

Against the last version of the same catalogue: no table empties or shrinks by more than a stated share, no cohort
vanishes. That can be meant, and is then let through with a reason. In the version itself: every receipt holds, and its
figures and reports are its own and complete. That is never meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from analytics.report.spec import ReportSpec
from warehouse.diff.tables import AFTER, BEFORE, both_open, columns_of, place_of, quoted, text
from warehouse.reports.documents import NothingToReportError, as_possible, cohorts_in
from warehouse.reports.index_page import CHANGES, INDEX
from warehouse.versions.layout import Version, VersionError
from warehouse.versions.manifest import Accepted, private_cohorts_of

#: Tables that hold faults, of which fewer is better, and the runs themselves.
MAY_SHRINK = frozenset(
    {
        "marts.contradictions",
        "marts.rejected_rows",
        "marts.undetermined_genes",
        "stats.left_out_cohorts",
        "stats.runs",
    }
)
#: What a figure consists of.
_FIGURE_FILES = ("csv", "png", "svg")


class GateError(VersionError):
    """The new version is held back; the last one stays."""


@dataclass(frozen=True)
class Finding:
    """What speaks against publishing. ``may_be_meant`` : a reason can let it through."""

    sentence: str
    may_be_meant: bool = False


@dataclass(frozen=True)
class Promised:
    """What the catalogue and the project promise of every version: tables as schema.table, and reports."""

    tables: frozenset[str]
    reports: tuple[ReportSpec, ...]


def findings_of(
    draft: Version, last: Version | None, promised: Promised, max_shrink: float
) -> tuple[Finding, ...]:
    """Everything that speaks against publishing a draft.

    Parameters
    ----------
    last : the version to compare with; None for the first of its catalogue.
    max_shrink : share of its rows that a table may lose, 0 to 1.
    """
    found: list[Finding] = []
    if last is not None:
        with both_open(last.file, draft.file) as con:
            private = set(private_cohorts_of(last))  # asked for by name then, and not of course now
            found += _against_the_last(con, last.name, promised.tables, max_shrink, private)
    with duckdb.connect(str(draft.file), read_only=True) as con:
        found += map(
            Finding, (*_receipts(con), *_figures(con, draft), *_reports(con, draft, promised.reports))
        )
    return tuple(found)


def let_through(findings: Sequence[Finding], reason: str | None, draft: Version) -> Accepted | None:
    """What goes into the manifest when the version may be published.

    Raises
    ------
    GateError
        One sentence: the first finding that nothing lets through, and how many others there are.
    """
    barring = [finding for finding in findings if reason is None or not finding.may_be_meant]
    if not barring:
        return (
            None if reason is None else Accepted(reason=reason, findings=tuple(f.sentence for f in findings))
        )
    more = f" (and {len(barring) - 1} more)" if len(barring) > 1 else ""
    remedy = "'icb diff current draft' shows what differs"
    if all(finding.may_be_meant for finding in barring):
        remedy += '; if that is meant, run again with --accept "<reason>"'
    raise GateError(f"not published: {barring[0].sentence}{more}", where=str(draft.folder), remedy=remedy)


def _against_the_last(
    con: duckdb.DuckDBPyConnection,
    last: str,
    promised: Collection[str],
    max_shrink: float,
    private: set[str],
) -> Iterator[Finding]:
    sides = (BEFORE, AFTER)
    cohorts = {side: _names(con, f"select cohort_id from {side}.marts.cohorts") for side in sides}
    left_out = _names(con, f"select cohort_id from {AFTER}.stats.left_out_cohorts")
    left_out |= private - cohorts[AFTER]
    for cohort in sorted(cohorts[BEFORE] - cohorts[AFTER] - left_out):
        yield Finding(f"cohort {cohort} of version {last} has vanished", may_be_meant=True)
    columns = {side: columns_of(con, side) for side in sides}
    apart = _left_out_by_name(con, left_out)
    for table in sorted((promised & columns[BEFORE].keys() & columns[AFTER].keys()) - MAY_SHRINK):
        shared = columns[BEFORE][table].keys() & columns[AFTER][table].keys()
        where = _without(apart, shared)
        before, after = (_count(con, f"{place_of(side, table)} where {where}") for side in sides)
        can_be_counted = not left_out or bool(apart.keys() & shared)
        if before and not after:
            yield Finding(f"{table} has no row, and has {before:,} in version {last}", may_be_meant=True)
        elif can_be_counted and after < before * (1 - max_shrink):
            lost = f"{1 - after / before:.0%} fewer than in version {last}, and {max_shrink:.0%} may be lost"
            yield Finding(f"{table} has {after:,} rows, {lost}", may_be_meant=True)
        elif table.startswith("marts.") and "cohort_id" in shared:
            there = {
                side: _names(con, f"select distinct cohort_id from {place_of(side, table)}") for side in sides
            }
            for cohort in sorted((there[BEFORE] - there[AFTER]) & cohorts[AFTER]):
                yield Finding(f"{table} has no row of cohort {cohort} any more", may_be_meant=True)


def _left_out_by_name(con: duckdb.DuckDBPyConnection, left_out: set[str]) -> dict[str, set[str]]:
    """Column -> its values that are not compared: cohorts that the new version is without by name, and the analyses and
    scans that ask of one of them."""
    if not left_out:
        return {}
    asking: dict[str, set[str]] = {"analysis_specs": set(), "scan_specs": set()}
    for side in (BEFORE, AFTER):
        for table, names in (
            ("analysis_specs", "analysis_id, cohorts"),
            ("scan_specs", "scan_id, cohorts, control"),
        ):
            for name, *of_cohorts in con.execute(
                f"select distinct {names} from {side}.stats.{table}"
            ).fetchall():
                if left_out & {cohort for cell in of_cohorts for cohort in cohorts_in(cell)}:
                    asking[table].add(str(name))
    scans = asking["scan_specs"]
    figures_of_scans = {f"scan_{scan}" for scan in scans}
    return {
        "cohort_id": left_out,
        "analysis_id": asking["analysis_specs"] | figures_of_scans,
        "scan_id": scans,
    }


def _without(apart: dict[str, set[str]], columns: Collection[str]) -> str:
    """SQL: the rows that are compared."""
    parts = [
        f"({quoted(column)} is null or {quoted(column)} not in ({', '.join(map(text, sorted(names)))}))"
        for column, names in apart.items()
        if column in columns and names
    ]
    return " and ".join(parts) or "true"


def _receipts(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A cohort without a receipt, or whose receipt has a failure."""
    rows = con.execute(
        "select cohorts.cohort_id, lines.item from marts.cohorts as cohorts "
        "left join marts.cohort_receipts as lines on cohorts.cohort_id = lines.cohort_id "
        "where lines.cohort_id is null or lines.is_failure order by all"
    ).fetchall()
    for cohort, item in rows:
        yield f"the receipt of cohort {cohort} does not hold: {item or 'there is none'}"


def _figures(con: duckdb.DuckDBPyConnection, draft: Version) -> Iterator[str]:
    """A figure of the tables that lies nowhere, or one that lies there and that no table knows."""
    named = con.execute("select distinct analysis_id, figure from stats.figures").fetchall()
    expected = {f"{of}/{figure}.{kind}" for of, figure in named for kind in _FIGURE_FILES}
    there = {str(p.relative_to(draft.figures)) for p in draft.figures.rglob("*") if p.is_file()}
    for name in sorted(expected - there):
        yield f"figure {name} is missing"
    for name in sorted(there - expected):
        yield f"figure {name} is of another version: no table of this one knows it"


def _reports(con: duckdb.DuckDBPyConnection, draft: Version, specs: Sequence[ReportSpec]) -> Iterator[str]:
    """A report of the catalogue that was not made, or one that no spec asks for."""
    # the index and the page of changes are there when an earlier publication of this draft was cut short
    there = {path.stem for path in draft.reports.iterdir()} - {INDEX, CHANGES}
    expected = {spec.report_id for spec in specs if spec.report_id in there or _can_be_made(con, spec)}
    for name in sorted(expected - there):
        yield f"report {name} is missing"
    for name in sorted(there - expected):
        yield f"report {name} is of another version: the catalogue has no such report"


def _can_be_made(con: duckdb.DuckDBPyConnection, spec: ReportSpec) -> bool:
    """Whether the report has anything to tell, or every analysis that leads it was skipped for want of a cohort."""
    try:
        as_possible(con, spec)
    except NothingToReportError:
        return False
    return True


def _names(con: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {str(row[0]) for row in con.execute(query).fetchall() if row[0] is not None}


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    counted = con.execute(f"select count(*) from {rows}").fetchone()
    return int(counted[0]) if counted else 0
