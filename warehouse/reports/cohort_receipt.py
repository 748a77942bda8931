"""The receipt of a cohort, as ``marts.cohort_receipts`` has it: for the terminal, Dagster's UI and docs/cohorts/.

What a line counts is decided in the model; here it is only asked for and laid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from analytics.biomarkers.errors import near_names
from ingestion.errors import CatalogError
from warehouse.export.disclosure import OLDEST_SHOWN
from warehouse.export.readable import readable
from warehouse.settings import PROJECT
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import private_cohorts_of

DOCUMENT = PROJECT / "docs" / "cohorts.md"
COLUMNS = ("section", "item", "n", "value", "words")
_BEGIN = "<!-- pages: written by `make receipts` from the published file -->"
_END = "<!-- end of pages -->"
#: Lines of a section that Dagster's UI shows; `icb cohort receipt` shows all.
_MOST_LINES = 4

#: The line of a receipt that has two people's ages.
_AGE = "age in years"

Line = dict[str, str | int | float | None]


def receipt(con: duckdb.DuckDBPyConnection, cohort_id: str) -> list[Line]:
    """Lines of a cohort's receipt in their order, under `COLUMNS`.

    Raises
    ------
    CatalogError
        The published version has no such cohort; names those there are.
    """
    rows = con.execute(
        "select section, item, n, value, words from marts.cohort_receipts where cohort_id = ? order by line_number",
        [cohort_id],
    ).fetchall()
    if not rows:
        rows = con.execute("select distinct cohort_id from marts.cohort_receipts order by 1").fetchall()
        known = [str(row[0]) for row in rows]
        near = near_names(cohort_id, known)
        raise CatalogError(
            f"the published version has no cohort '{cohort_id}'",
            remedy=(f"is it {' or '.join(near)}? " if near else "") + f"it has {', '.join(known)}",
        )
    lines = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return [line | {"words": _top_coded(line["words"])} if line["item"] == _AGE else line for line in lines]


def _top_coded(words: str) -> str:
    """The lowest and the highest age of a cohort, as they may leave: the range is text, which no rule for a column of
    numbers meets."""
    lowest, _, highest = words.partition(" to ")
    return f"{lowest} to 90 or over" if float(highest) > OLDEST_SHOWN else words


def receipts_as_markdown(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Cohort -> its receipt as one Markdown table, sections of many lines cut short."""
    ids = con.execute("select distinct cohort_id from marts.cohort_receipts order by 1").fetchall()
    private = private_cohorts_of(version_of(con))
    return {str(row[0]): receipt_table(con, str(row[0])) for row in ids if row[0] not in private}


def receipt_table(con: duckdb.DuckDBPyConnection, cohort_id: str, most_lines: int = _MOST_LINES) -> str:
    """The receipt of a cohort as one Markdown table, of each section the first lines."""
    return _table(receipt(con, cohort_id), most_lines)


def _table(lines: list[Line], most_lines: int) -> str:
    sections: dict[str, list[Line]] = {}
    for line in lines:
        sections.setdefault(str(line["section"]), []).append(line)
    rows = ["| | |", "|---|---|"]
    for section, of_section in sections.items():
        shown = "; ".join(_words(line) for line in of_section[:most_lines])
        more = len(of_section) - most_lines
        rows.append(f"| {section} | {shown}{f'; and {more} more' if more > 0 else ''} |")
    return "\n".join(rows)


def _words(line: Line) -> str:
    value = "" if line["value"] is None else f" ({readable(line['value'])})"
    words = str(line["words"] or "")
    of_range = f": {words}" if line["section"] == "ranges" else ""
    return f"{str(line['item']).replace('|', '/')} {line['n']:,}{value}{of_range}"


def write_document(titles: Sequence[tuple[str, str]], document: Path = DOCUMENT) -> None:
    """Put a link to each cohort's own page between the two marks; what stands around them is written by hand."""
    text = document.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    links = "\n".join(f"- [`{cohort}`](cohorts/{cohort}.md): {title}" for cohort, title in titles)
    document.write_text(f"{before}{_BEGIN}\n\n{links}\n\n{_END}{after}", encoding="utf-8")
