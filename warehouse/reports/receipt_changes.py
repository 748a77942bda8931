"""What the receipts of two versions say of the same thing: whom a cohort counts, and the rows of its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

#: Sections of a receipt that count people, samples, events or calls, of which fewer is news.
_COUNTED = ("people", "endpoints", "genes")
#: The section that counts the rows of raw tables.
RAW_ROWS = "raw rows"


class Counted(NamedTuple):
    """One line of a receipt: how many there are now, and were in the published version; 0 where the line is missing."""

    cohort_id: str
    section: str
    item: str
    now: int
    before: int


def counted(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], int]:
    """Cohort, section and item -> count, of the lines of a build or of a version that can be compared."""
    rows = con.execute(
        "select cohort_id, section, item, n from marts.cohort_receipts where list_contains(?, section)",
        [[*_COUNTED, RAW_ROWS]],
    ).fetchall()
    return {(str(cohort), str(section), str(item)): int(n or 0) for cohort, section, item, n in rows}


def published_counts(published: Path) -> dict[tuple[str, str, str], int]:
    """As :func:`counted`, of the published version; empty when there is none, or one without receipts."""
    if not published.exists():
        return {}
    with duckdb.connect(str(published), read_only=True) as con:
        try:
            return counted(con)
        except duckdb.CatalogException:  # of before there were receipts
            return {}


def compared(
    now: dict[tuple[str, str, str], int], before: dict[tuple[str, str, str], int]
) -> Iterator[Counted]:
    """Every line that is in either; those of cohorts that are not in both have nothing to be compared with."""
    cohorts = {cohort for cohort, *_ in now} & {cohort for cohort, *_ in before}
    for cohort, section, item in sorted(now.keys() | before.keys()):
        if cohort in cohorts:
            key = (cohort, section, item)
            yield Counted(cohort, section, item, now.get(key, 0), before.get(key, 0))
