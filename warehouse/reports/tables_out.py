"""The tables of a report for a manuscript: each as CSV, and those that a paper prints as one Word document.

Words and numbers are those of the report, as they are rounded there; unrounded values are in the published file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from analytics.report.blocks import Report as Document
from analytics.report.blocks import Row, Table
from ingestion.errors import IngestionError
from warehouse.export.readable import csv_cell

WORD_FILE = "tables.docx"


class TablesError(IngestionError):
    """The tables cannot be written where they were asked for."""


def write_tables(report: Document, folder: Path) -> list[Path]:
    """Write ``table-01-<caption>.csv`` and so on, and ``tables.docx``; gives the files.

    Raises
    ------
    TablesError
        The folder is there and not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TablesError("it is there already", where=str(folder), remedy="name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in sorted(chain(printed_tables(report), _unfolded(report)), key=lambda table: table.number):
        path = folder / f"table-{table.number:02d}-{_slug(table.caption)}.csv"
        _write_csv(table, path)
        written.append(path)
    return [_write_word(report, folder / WORD_FILE), *written]


def printed_tables(report: Document) -> Iterator[Table]:
    """Who is counted ("Table 1"), the main numbers of each analysis, and printed numbers with their verdicts."""
    yield from (block for block in report.people if isinstance(block, Table))
    for section in report.sections:
        for analysis in section.analyses:
            yield from (block for block in analysis.blocks if isinstance(block, Table))
    if report.claims is not None:
        yield report.claims


def _unfolded(report: Document) -> Iterator[Table]:
    for section in report.sections:
        for analysis in section.analyses:
            yield from (block for block in analysis.more if isinstance(block, Table))


def _write_csv(table: Table, path: Path) -> None:
    has_groups = any(group.label for group in table.groups)
    heads = [*(["Group"] if has_groups else []), *(column.label for column in table.columns)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(csv_cell, heads))
        for group in table.groups:
            for row in group.rows:
                writer.writerow(
                    csv_cell(cell) for cell in [*([group.label] if has_groups else []), *_texts(row)]
                )


def _write_word(report: Document, path: Path) -> Path:
    import docx  # 0.3 s, for this command only
    from docx.shared import Pt

    document = docx.Document()
    document.core_properties.title = report.title
    document.styles["Normal"].font.size = Pt(9)
    document.add_heading(report.title, level=1)
    if report.is_synthetic:
        document.add_paragraph(
            "SYNTHETIC: generated cohorts with planted effects. No number is about a patient."
        )
    for lead in report.leads:
        verdicts = f" ({'; '.join(lead.verdicts)})" if lead.verdicts else ""
        document.add_paragraph(f"{lead.title}{verdicts}. {' '.join(one.text for one in lead.sentences)}")
    for table in printed_tables(report):
        caption = document.add_paragraph()
        caption.add_run(f"Table {table.number}. ").bold = True
        caption.add_run(table.caption)
        caption.paragraph_format.keep_with_next = True
        labels = [column.label for column in table.columns]
        lines = [labels]
        for group in table.groups:
            lines += [[group.label, *[""] * (len(labels) - 1)]] if group.label else []
            lines += [_marked(row) for row in group.rows]
        made = document.add_table(rows=len(lines), cols=len(labels), style="Light List")
        cells = made._cells  # looked up once: each look counts the cells anew
        for at, text in enumerate(chain.from_iterable(lines)):
            cells[at].text = text
        for note in table.notes:
            document.add_paragraph(f"{note.mark} {note.text}")
        if table.more:
            document.add_paragraph(table.more)
    for name, value in report.made_from:
        document.add_paragraph(f"{name}: {value}")
    document.save(str(path))
    return path


def _texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells]


def _marked(row: Row) -> list[str]:
    """Texts with the letters of their notes."""
    return [f"{cell.text} [{', '.join(cell.marks)}]" if cell.marks else cell.text for cell in row.cells]


def _slug(caption: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", caption.lower()).strip("-")[:48].rstrip("-")
