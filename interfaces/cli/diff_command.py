"""``icb diff``: what differs between two published files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from ingestion.errors import IngestionError
from interfaces.cli.tables_out import Format, FormatOption, show
from warehouse.diff.statistics import STATISTIC_COLUMNS, statistic_differences
from warehouse.diff.tables import (
    AFTER,
    BEFORE,
    DEFAULT_TOLERANCE,
    Row,
    TableDifference,
    both_open,
    comparison_of,
    row_differences,
    table_differences,
)
from warehouse.readable import readable
from warehouse.settings import Settings

_LINE_COLUMNS = ("table", "state", "rows_before", "rows_after", "added", "removed", "changed", "columns")
#: Rows that a terminal shows; a file takes all of them.
_SHOWN = 200


def diff(
    before: Annotated[Path, typer.Argument(help="A published file, or the folder it is in.")],
    after: Annotated[
        Path | None, typer.Argument(help="The file to compare with it; the published one without.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", help="The rows of this table that differ, each value old and new."),
    ] = None,
    statistics: Annotated[
        bool,
        typer.Option("--statistics", help="Every estimate whose value, interval, p or verdict moved."),
    ] = False,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, help="Share by which two equal numbers may differ.")
    ] = DEFAULT_TOLERANCE,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="Rows to print; 200 in a terminal's table, else all. 0 is all."),
    ] = None,
    style: FormatOption = Format.table,
) -> None:
    """What differs between two published files: a line a table, or one table's rows, or the estimates that moved.

    Rows are matched by the key of their table (a statistic by its stat_id); where a table has none, a changed row is
    one removed and one added. The run's own marks (run_id, times of day, stats.runs) are left out. As with diff, the
    exit code is 0 when nothing differs, 1 when something does and 2 when the files cannot be compared.

    Example: icb diff data/published.old/icb.duckdb data/published/icb.duckdb --statistics --format csv
    """
    if table is not None and statistics:
        raise typer.BadParameter("--table and --statistics are two questions; ask one")
    question = _Question(table, statistics, tolerance, style)
    try:
        with both_open(before, after or Settings.from_environment().published_file) as con:
            columns, found = _answer(con, question)
            most = _SHOWN if limit is None and style is Format.table else limit or None
            rows = list(islice(found, most))
            n_more = sum(1 for _ in found)
    except IngestionError as exc:
        print(f"icb: {exc}", file=sys.stderr)
        raise typer.Exit(2) from exc
    differs = any(row.get("state") != "same" for row in rows)
    if rows or style is not Format.table:
        show(rows, columns, style)
    if n_more:
        print(f"... and {n_more:,} more; --limit 0 prints all of them", file=sys.stderr)
    if not differs:
        print("Nothing differs.", file=sys.stderr)
    raise typer.Exit(1 if differs else 0)


@dataclass(frozen=True)
class _Question:
    """What is asked of two open files, and how the answer will be printed."""

    table: str | None
    statistics: bool
    tolerance: float
    style: Format


def _answer(con: duckdb.DuckDBPyConnection, asked: _Question) -> tuple[Sequence[str], Iterator[Row]]:
    """Column names, and the rows as they come."""
    if asked.table is not None:
        return row_differences(con, comparison_of(con, asked.table), asked.tolerance)
    if asked.statistics:
        moved = statistic_differences(con, asked.tolerance)
        if asked.style is Format.table:
            return ("table", "stat_id", "change", "estimate", "interval", "p", "verdict"), map(
                _as_arrows, moved
            )
        return STATISTIC_COLUMNS, moved
    lines = [_line(found) for found in table_differences(con, asked.tolerance)]
    return _LINE_COLUMNS, iter(sorted(lines, key=lambda line: line["state"] == "same"))


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
