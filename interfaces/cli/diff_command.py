"""``icb diff``: what differs between two published versions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

import duckdb
import typer

from ingestion.errors import IngestionError
from interfaces.cli.tables_out import Format, FormatOption, say, show
from warehouse.diff.changes import (
    CLAIM_COLUMNS,
    COHORT_COLUMNS,
    SOURCE_COLUMNS,
    claim_differences,
    rows_by_cohort,
    source_differences,
)
from warehouse.diff.named import both_named
from warehouse.diff.statistics import STATISTIC_COLUMNS, statistic_differences
from warehouse.diff.tables import (
    AFTER,
    BEFORE,
    DEFAULT_TOLERANCE,
    Row,
    TableDifference,
    both_open,
    columns_of,
    comparison_of,
    row_differences,
    table_differences,
)
from warehouse.export.readable import readable
from warehouse.published_file import first_line
from warehouse.settings import Settings
from warehouse.versions.layout import Version
from warehouse.versions.manifest import cell_of, private_cohorts_of

_LINE_COLUMNS = ("table", "state", "rows_before", "rows_after", "added", "removed", "changed", "columns")
#: Rows that a terminal shows; a file takes all of them.
_SHOWN = 200


def diff(
    before: Annotated[
        str | None,
        typer.Argument(help="A version, or the path of a file; without it the last two are compared."),
    ] = None,
    after: Annotated[
        str | None, typer.Argument(help="What to compare with it; the version in force without.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", help="The rows of this table that differ, each value old and new."),
    ] = None,
    statistics: Annotated[
        bool,
        typer.Option("--statistics", help="Every estimate whose value, interval, p or verdict moved."),
    ] = False,
    sources: Annotated[bool, typer.Option("--sources", help="Files whose content has changed.")] = False,
    claims: Annotated[bool, typer.Option("--claims", help="Printed numbers with another verdict.")] = False,
    cohorts: Annotated[bool, typer.Option("--cohorts", help="Rows by table and cohort.")] = False,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, help="Share by which two equal numbers may differ.")
    ] = DEFAULT_TOLERANCE,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="Rows to print; 200 in a terminal's table, else all. 0 is all."),
    ] = None,
    style: FormatOption = Format.table,
) -> None:
    """What differs between two published versions: a line a table, with sources and claims that changed below; or one
    table's rows, the estimates that moved, sources, claims, or rows by cohort.

    Rows are matched by the key of their table (a statistic by its stat_id); where a table has none, a changed row is
    one removed and one added. The run's own marks (run_id, times of day, stats.runs) are left out. As with diff, the
    exit code is 0 when nothing differs, 1 when something does and 2 when the files cannot be compared.

    A version is named by its name or the beginning of one (see icb versions); current is the one in force, draft the
    one that a run has made and not published.

    Examples: icb diff; icb diff 20261129T1425 --statistics --format csv; icb diff /elsewhere/icb.duckdb current
    """
    options = {"--statistics": statistics, "--sources": sources, "--claims": claims, "--cohorts": cohorts}
    option = _the_one_asked({"--table": table is not None} | options)
    most = _SHOWN if limit is None and style is Format.table else limit or None
    with _incomparable_is_2():
        settings = Settings.from_environment()
        files = both_named(before, after, settings.published)
        with both_open(*files) as con:
            columns, found = _answer(con, _Question(option, table, tolerance, style))
            rows = list(islice(found, most))
            n_more = sum(1 for _ in found)
            beside = _beside(con) if not option and style is Format.table else []
    least = max(cell_of(settings, private_cohorts_of(Version(file.parent))) for file in files)
    differs = any(row.get("state") != "same" for row in rows)
    if rows or style is not Format.table:
        show(rows, columns, style, least=least)
    for title, names, of_title in beside:
        print()
        show(of_title, names, style, title=title, least=least)
    if n_more:
        print(f"... and {n_more:,} more; --limit 0 prints all of them", file=sys.stderr)
    if not differs:
        print("Nothing differs.", file=sys.stderr)
    raise typer.Exit(1 if differs else 0)


def _the_one_asked(options: dict[str, bool]) -> str:
    asked = [option for option, is_asked in options.items() if is_asked]
    if len(asked) > 1:
        raise typer.BadParameter(f"{' and '.join(asked)} are several questions; ask one")
    return asked[0] if asked else ""


@contextmanager
def _incomparable_is_2() -> Iterator[None]:
    """Where the files cannot be compared, say why and end with exit code 2."""
    try:
        yield
    except IngestionError as exc:
        say(f"icb: {exc}", is_aside=True)
        raise typer.Exit(2) from exc
    except duckdb.Error as exc:
        say(
            f"icb: the two files cannot be compared ({first_line(exc)}); ask each with icb sql.",
            is_aside=True,
        )
        raise typer.Exit(2) from exc


@dataclass(frozen=True)
class _Question:
    """What is asked of two open files, and how the answer will be printed."""

    option: str
    table: str | None
    tolerance: float
    style: Format


def _answer(con: duckdb.DuckDBPyConnection, asked: _Question) -> tuple[Sequence[str], Iterator[Row]]:
    """Column names, and the rows as they come."""
    if asked.table is not None:
        return row_differences(con, comparison_of(con, asked.table), asked.tolerance)
    if asked.option == "--sources":
        return SOURCE_COLUMNS, source_differences(con)
    if asked.option == "--claims":
        return CLAIM_COLUMNS, claim_differences(con)
    if asked.option == "--cohorts":
        return COHORT_COLUMNS, rows_by_cohort(con)
    if asked.option == "--statistics":
        moved = statistic_differences(con, asked.tolerance)
        if asked.style is Format.table:
            return ("table", "stat_id", "change", "estimate", "interval", "p", "verdict"), map(
                _as_arrows, moved
            )
        return STATISTIC_COLUMNS, moved
    lines = [_line(found) for found in table_differences(con, asked.tolerance)]
    return _LINE_COLUMNS, iter(sorted(lines, key=lambda line: line["state"] == "same"))


def _beside(con: duckdb.DuckDBPyConnection) -> list[tuple[str, Sequence[str], list[Row]]]:
    """Title, columns and rows of what stands below the tables: sources and claims, where both files have them."""
    there = columns_of(con, BEFORE).keys() & columns_of(con, AFTER).keys()
    found: list[tuple[str, Sequence[str], list[Row]]] = []
    if "marts.source_files" in there:
        shown = ("change", "address", "member", "cohorts")
        found.append(("Sources that changed", shown, list(islice(source_differences(con), _SHOWN))))
    if "stats.claim_checks" in there:
        shown = ("claim_id", "verdict_before", "verdict_after", "sentence")
        found.append(("Claims with another verdict", shown, list(islice(claim_differences(con), _SHOWN))))
    return [part for part in found if part[2]]


def _line(found: TableDifference) -> Row:
    columns = [f"{c} ({n:,})" for c, n in found.columns_changed]
    columns += [f"+{c}" for c in found.columns_added] + [f"-{c}" for c in found.columns_removed]
    return {
        "table": found.table,
        "state": found.state,
        "rows_before": found.rows_before,
        "rows_after": found.rows_after,
        "added": found.rows_added,
        "removed": found.rows_removed,
        "changed": found.rows_changed,
        "columns": ", ".join(columns),
    }


def _as_arrows(row: Row) -> Row:
    """A statistic for a terminal: old → new where it moved, once where it stayed."""
    intervals = {side: _interval(row, side) for side in (BEFORE, AFTER)}
    return {
        "table": row["table"],
        "stat_id": row["stat_id"],
        "change": row["change"],
        "interval": _arrow(intervals[BEFORE], intervals[AFTER]),
        **{
            name: _arrow(readable(row[f"{name}_{BEFORE}"]), readable(row[f"{name}_{AFTER}"]))
            for name in ("estimate", "p", "verdict")
        },
    }


def _interval(row: Row, side: str) -> str:
    low, high = (readable(row[f"{end}_{side}"]) for end in ("ci_low", "ci_high"))
    return f"{low} to {high}" if low or high else ""


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old or 'none'} → {new or 'none'}"
