"""The receipt of a cohort, as ``marts.cohort_receipts`` has it: for the terminal, Dagster's UI and docs/cohorts.md.

What a line counts is decided in the model; here it is only asked for and laid out.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.errors import CatalogError
from warehouse.export.readable import readable
from warehouse.published_file import published
from warehouse.settings import PROJECT
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import private_cohorts_of

DOCUMENT = PROJECT / "docs" / "cohorts.md"
COLUMNS = ("section", "item", "n", "value", "words")
_BEGIN = "<!-- receipts: written by `make receipts` from the published file -->"
_END = "<!-- end of receipts -->"
#: Lines of a section that docs/cohorts.md shows; `icb cohort receipt` shows all.
_MOST_LINES = 4

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
        known = con.execute("select distinct cohort_id from marts.cohort_receipts order by 1").fetchall()
        raise CatalogError(
            f"the published version has no cohort '{cohort_id}'",
            remedy=f"it has {', '.join(str(row[0]) for row in known)}",
        )
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def receipts_as_markdown(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Cohort -> its receipt as one Markdown table, sections of many lines cut short."""
    ids = con.execute("select distinct cohort_id from marts.cohort_receipts order by 1").fetchall()
    private = private_cohorts_of(version_of(con))
    return {str(row[0]): _table(receipt(con, str(row[0]))) for row in ids if row[0] not in private}


def _table(lines: list[Line]) -> str:
    sections: dict[str, list[Line]] = {}
    for line in lines:
        sections.setdefault(str(line["section"]), []).append(line)
    rows = ["| | |", "|---|---|"]
    for section, of_section in sections.items():
        shown = "; ".join(_words(line) for line in of_section[:_MOST_LINES])
        more = len(of_section) - _MOST_LINES
        rows.append(f"| {section} | {shown}{f'; and {more} more' if more > 0 else ''} |")
    return "\n".join(rows)


def _words(line: Line) -> str:
    value = "" if line["value"] is None else f" ({readable(line['value'])})"
    words = str(line["words"] or "")
    of_range = f": {words}" if line["section"] == "ranges" else ""
    return f"{str(line['item']).replace('|', '/')} {line['n']:,}{value}{of_range}"


def write_document(con: duckdb.DuckDBPyConnection, document: Path = DOCUMENT) -> None:
    """Put the receipts between the two marks of the page; what stands around them is written by hand."""
    text = document.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    parts = [f"### `{cohort}`\n\n{table}\n" for cohort, table in receipts_as_markdown(con).items()]
    document.write_text(f"{before}{_BEGIN}\n\n" + "\n".join(parts) + f"\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    with published() as connection:
        write_document(connection)
