"""SQL of strangers in a process of its own, with limits of time, memory and rows, so that a query can neither stop nor
fill the program that asks for somebody. What a query may do is decided in ``warehouse.closed_sql``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import duckdb

from ingestion.errors import IngestionError
from warehouse.browsing.listing import Listing
from warehouse.closed_sql import closed_file, distinct, one_statement
from warehouse.published_file import first_line
from warehouse.settings import PROJECT

SECONDS = 20
MEMORY = "1GB"
#: Rows of an answer; more are cut off, and the answer says so.
MOST_ROWS = 1000
#: Of all its cells.
_MOST_BYTES = 5_000_000
_FAILED = 3
_REMEDY = "mend it; the page of tables and 'show all tables' list what there is"


class SqlError(IngestionError):
    """The query cannot be answered: it is no SQL, asks for more than it may, or takes too long."""


@dataclass(frozen=True)
class SqlAnswer:
    """The rows of an answer, as plain values of JSON; ``is_cut`` where there are more."""

    listing: Listing
    is_cut: bool

    @property
    def said(self) -> str:
        """How much of the answer this is."""
        n = len(self.listing.rows)
        return (
            f"The first {n:,} rows; there are more." if self.is_cut else f"{n:,} row{'' if n == 1 else 's'}."
        )


def ask_apart(query: str, *, most_rows: int = MOST_ROWS, seconds: float = SECONDS) -> SqlAnswer:
    """The answer to one statement that asks.

    Raises
    ------
    SqlError
        One sentence: what DuckDB says of it, or which limit it met.
    """
    asked = json.dumps({"query": query, "most_rows": max(1, min(most_rows, MOST_ROWS))})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "warehouse.sql_apart"],
            env=os.environ
            | {"PYTHONPATH": str(PROJECT)},  # an installation has the rooms in a folder of its own
            input=asked,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as exc:
        raise SqlError(
            f"it took more than {seconds:g} seconds",
            where="the query",
            remedy="ask for less: filter, group or limit; `icb sql` has no such limit",
        ) from exc
    if done.returncode == _FAILED:
        said = json.loads(done.stdout)
        raise SqlError(said["message"], where="the query", remedy=said["remedy"])
    if done.returncode:
        raise SqlError(
            "its process ended without an answer", where="the query", remedy="ask for less, or use `icb sql`"
        )
    answer = json.loads(done.stdout)
    rows = tuple(tuple(row) for row in answer["rows"])
    return SqlAnswer(Listing("rows", "Answer", tuple(answer["columns"]), rows), answer["is_cut"])


def _answer(query: str, most_rows: int) -> dict[str, Any]:
    limits = {"memory_limit": MEMORY, "threads": "2", "max_temp_directory_size": "1GB"}
    with closed_file(limits=limits) as con:
        cursor = con.execute(one_statement(con, query))
        names = [column[0] for column in cursor.description or []]
        rows: list[list[Any]] = []
        size, is_cut = 0, False
        while (row := cursor.fetchone()) is not None:
            cells = json.loads(json.dumps(row, default=str))
            size += len(json.dumps(cells))
            if len(rows) == most_rows or size > _MOST_BYTES:
                is_cut = True
                break
            rows.append(cells)
    return {"columns": distinct(names), "rows": rows, "is_cut": is_cut}


def _main() -> int:
    asked = json.loads(sys.stdin.read())
    try:
        print(json.dumps(_answer(asked["query"], asked["most_rows"])))
    except duckdb.Error as exc:
        print(json.dumps({"message": first_line(exc), "remedy": _REMEDY}))
        return _FAILED
    except IngestionError as exc:
        print(json.dumps({"message": exc.what, "remedy": exc.remedy or _REMEDY}))
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(_main())
