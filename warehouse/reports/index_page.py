"""The index of a version's reports, and the page of what changed since the version before: ``reports/index.html`` and
``reports/changes.html`` of the version's folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import islice

import duckdb

from analytics.report.render import style_sheet
from analytics.report.spec import ReportSpec
from ingestion.errors import IngestionError
from warehouse.diff.changes import (
    CLAIM_COLUMNS,
    COHORT_COLUMNS,
    SOURCE_COLUMNS,
    claim_differences,
    rows_by_cohort,
    source_differences,
)
from warehouse.diff.statistics import STATISTIC_COLUMNS, statistic_differences
from warehouse.diff.tables import AFTER, BEFORE, DEFAULT_TOLERANCE, Row, both_open, columns_of, place_of
from warehouse.export.readable import readable
from warehouse.versions.durable import write_document
from warehouse.versions.layout import Version
from warehouse.versions.manifest import private_cohorts_of

#: Pages beside the reports of the catalogue.
INDEX, CHANGES = "index", "changes"
#: Rows of one table on the page; `icb diff` has them all.
_MOST = 500
_TABLE_COLUMNS = ("table", "rows_before", "rows_after", "columns_added", "columns_removed")


def write_pages(
    draft: Version, last: Version | None, specs: Sequence[ReportSpec], private: Iterable[str]
) -> None:
    """Write both pages into the folder of a draft.

    Parameters
    ----------
    last : the version to compare with; None for the first.
    private : private cohorts of the draft. Against a version with another one nothing is compared, for its rows and
        addresses are no business of this one's readers.
    """
    links = [
        (f"{spec.report_id}.html", spec.title, spec.question)
        for spec in specs
        if (draft.reports / f"{spec.report_id}.html").exists()
    ]
    if last is not None and set(private_cohorts_of(last)) <= set(private):
        write_document(_changes(last, draft), draft.reports / f"{CHANGES}.html")
        links.append((f"{CHANGES}.html", "What changed", f"Against version {last.name}."))
    items = "".join(
        f'<li><a href="{escape(file)}">{escape(title)}</a><br>{escape(said)}</li>'
        for file, title, said in links
    )
    write_document(
        _page(f"Reports of version {draft.name}", f"<ul>{items}</ul>"), draft.reports / f"{INDEX}.html"
    )


def _changes(last: Version, draft: Version) -> str:
    """Tables, cohorts, sources, estimates and verdicts that differ."""
    asked = (
        ("Tables", _TABLE_COLUMNS, _table_lines),
        ("Rows by cohort", COHORT_COLUMNS, rows_by_cohort),
        ("Sources", SOURCE_COLUMNS, source_differences),
        (
            f"Estimates and verdicts that moved by more than {DEFAULT_TOLERANCE:g} of their size",
            STATISTIC_COLUMNS,
            lambda con: statistic_differences(con, DEFAULT_TOLERANCE),
        ),
        ("Claims with another verdict", CLAIM_COLUMNS, claim_differences),
    )
    parts = [
        f"<p>All of it, also as CSV: <code>icb diff {escape(last.name)} {escape(draft.name)}</code>.</p>"
    ]
    for title, columns, rows_of in asked:
        with both_open(last.file, draft.file) as con:
            try:
                found = list(islice(rows_of(con), _MOST + 1))
            except (
                IngestionError,
                duckdb.Error,
            ) as exc:  # an older version has other tables, which is no fault
                parts.append(
                    f"<h2>{escape(title)}</h2><p>Not compared: {escape(str(exc).splitlines()[0])}</p>"
                )
                continue
        parts.append(f"<h2>{escape(title)}</h2>{_table(found, columns)}")
    return _page(f"From version {last.name} to {draft.name}", "".join(parts))


def _table_lines(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Tables with another number of rows, or with other columns; which rows, `icb diff --table` tells."""
    sides = {side: columns_of(con, side) for side in (BEFORE, AFTER)}
    for table in sorted(sides[BEFORE].keys() | sides[AFTER].keys()):
        counts = {
            side: con.execute(f"select count(*) from {place_of(side, table)}").fetchone()
            for side in sides
            if table in sides[side]
        }
        rows = {side: int(counted[0]) for side, counted in counts.items() if counted}
        before, after = (sides[side].get(table, {}).keys() for side in (BEFORE, AFTER))
        if rows.get(BEFORE) != rows.get(AFTER) or before != after:
            yield {
                "table": table,
                "rows_before": rows.get(BEFORE),
                "rows_after": rows.get(AFTER),
                "columns_added": ", ".join(sorted(after - before)) if before else "",
                "columns_removed": ", ".join(sorted(before - after)) if after else "",
            }


def _table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    if not rows:
        return "<p>Nothing differs.</p>"
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(readable(row.get(name)))}</td>" for name in columns) + "</tr>"
        for row in rows[:_MOST]
    )
    more = f"<p>The first {_MOST:,}.</p>" if len(rows) > _MOST else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style_sheet()}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    )
