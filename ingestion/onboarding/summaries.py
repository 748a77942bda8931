"""Rows at the end of a table that sum it up and are nobody's: they are asked about, and no guess rests on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingestion.reading.table_model import ParsedTable

#: Rows at the end that are looked at.
_LAST = 10
_NUMBER_AFTER = r"[\s:]*(\(?\s*(n\s*=?)?\s*\d*\s*\)?)?"
_SUMMARY = re.compile(
    r"(sum(me|ma|a|s)?|(sub)?total(e|es|s)?|(ins)?gesamt(zahl|summe)?|mean|average|mittel(wert)?|durchschnitt|median|"
    r"somme|moyenne|m[ée]diane?|media|promedio|anzahl)" + _NUMBER_AFTER,
    re.IGNORECASE,
)
#: Names and responses are written so, too: of these the row has to be nearly empty.
_OF_EMPTY_ROW = re.compile(
    r"(n(\s*=\s*\d+)?|sd|std\.?|min(imum)?|max(imum)?|range|iqr|count)" + _NUMBER_AFTER, re.IGNORECASE
)


def without_summaries(table: ParsedTable) -> tuple[ParsedTable, list[tuple[int, str]]]:
    """The table without the rows that sum it up, and each such row with its first word."""
    columns = [[(cell or "").strip() for cell in table.cells(name)] for name in table.columns]
    n_rows = table.frame.num_rows
    found: dict[int, str] = {}
    for i in range(max(0, n_rows - _LAST), n_rows):
        at = next((c for c, cells in enumerate(columns) if cells[i]), None)
        # a word that stands in several rows of its column is one of the table's own
        if at is None or columns[at].count(columns[at][i]) > 1:
            continue
        if _is_summary(columns[at][i], [cells[i] for c, cells in enumerate(columns) if c != at]):
            found[i] = columns[at][i]
    kept = replace(table, frame=table.frame.take([i for i in range(n_rows) if i not in found]))
    return kept, [(table.rows()[i], word) for i, word in found.items()]


def _is_summary(first: str, others: Sequence[str]) -> bool:
    if _SUMMARY.fullmatch(first):
        return True
    is_nearly_empty = 2 * sum(map(bool, others)) <= len(others)
    return is_nearly_empty and _OF_EMPTY_ROW.fullmatch(first) is not None
