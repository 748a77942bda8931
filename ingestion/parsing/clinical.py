"""Clinical tables to rows of ``clinical_values`` and ``profiled_samples``: one row a filled cell.

Used for declared supplement tables and for the patient and sample files of cBioPortal studies. Words and
numbers stay as the source has them (casting and vocabulary are dbt's); what must not be stored never gets
into a row: private columns, dates, and the columns that intervals are computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingestion.catalog.columns import Interval, IntervalEvent, Pick
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.parsing.profiled_samples import Statement, add_statements
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.picks import only_matching, pick_column, pick_columns, rows_that_match
from ingestion.reading.privacy import WITHHELD, guard_for, holds_date, is_date_column
from ingestion.reading.table_model import Cell, ParsedTable, RejectedRow, normal_name, require_column
from ingestion.reading.tables import read_table

CONSTANT_PREFIX = "constant:"
INTERVAL_PREFIX = "interval:"
#: The attribute whose column names each sample's panel.
PANEL_ATTRIBUTE = "GENE_PANEL"


@dataclass(frozen=True)
class _Values:
    """Cells on their way into ``clinical_values``: index of the table's row, the raw cell, and its value."""

    index: list[int]
    raw: list[str]
    value: list[Cell]


def parse_clinical(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a declared clinical table into ``out``.

    Raises
    ------
    ParseError : a column that the catalogue names is not there. Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where)
    add_clinical(table, ref, file, out)
    add_profiled(table, ref, file, out)


def add_clinical(
    table: ParsedTable,
    ref: SourceRef,
    file: SourceFile,
    out: RawTables,
    canonical: Callable[[str], str] = str,
) -> None:
    """Add the filled cells of a table that has been read.

    ``canonical`` makes the ``column_name`` of a column that the catalogue does not declare, so that it can be
    joined to ``column_maps``. Raises ParseError as `parse_clinical`.
    """
    out.add_rejected(ref, table.rejected, guard_for(file), "clinical_values")
    table = only_matching(table, file.keep_rows, ref.where)
    patients = _ids(table, file, "patient_id", ref)
    samples = _ids(table, file, "sample_id", ref)
    keyed, notes = _keyed_rows(table, file, patients, samples)
    private = _private_columns(table, file, ref.where)
    identifiers = _identifier_columns(table, file)
    columns = {
        require_column(table.columns, name, ref.where, f"files.{file.id}.columns"): name
        for name in file.columns
    }
    declared = {column: normal_name(name) for column, name in columns.items()}
    maps = {column: file.columns[name].named(declared[column]) for column, name in columns.items()}
    found: list[tuple[str, _Values]] = []
    for column in table.columns:
        if column in private:
            continue
        for place, (name, mapping) in enumerate(maps.get(column, {canonical(column): None}).items()):
            missing = (*file.format.missing, *(mapping.missing if mapping is not None else ()))
            values = _cell_values(table.cells(column), keyed, missing)
            if column not in identifiers:
                values, withheld = _without_dates(values, column, table.rows())
                notes += withheld if place == 0 else []
            found.append((name, values))
    for interval in file.intervals:
        days, failed = _interval(table, interval, keyed, file, ref.where)
        found.append((f"{INTERVAL_PREFIX}{interval.attribute}", days))
        if interval.event is not None:
            ended = _events(table, interval.event, days.index, file, ref.where)
            found.append((f"{INTERVAL_PREFIX}{interval.event.attribute}", ended))
        notes += failed
    for attribute, constant in file.constants.items():
        everyone = [constant] * len(keyed)
        found.append((f"{CONSTANT_PREFIX}{attribute}", _Values(keyed, everyone, list(everyone))))
    for name, values in found:
        _add_values(out, ref, file.level, name, values, table.rows(), patients, samples)
    out.add_rejected(ref, notes, guard_for(file), "clinical_values")


def add_profiled(table: ParsedTable, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Add to ``profiled_samples`` the rows that ``lists_profiled`` or ``profiled_if`` say were sequenced, and the panel
    of every row for which a column (or a constant) of attribute GENE_PANEL names one.
    """
    table = only_matching(table, file.keep_rows, ref.where)
    panels = _own_panels(table, file, ref.where)
    if not (file.lists_profiled or file.profiled_if or any(panels)):
        return
    patients = _ids(table, file, "patient_id", ref)
    # without a rule for the sample the source has one identifier for both: one sample a patient
    samples = _ids(table, file, "sample_id", ref) if file.sample_id is not None else patients
    sequenced = [file.lists_profiled] * len(samples)
    rule = "lists_profiled"
    if file.profiled_if and not file.lists_profiled:
        sequenced = rows_that_match(table, file.profiled_if, ref.where, "profiled_if").to_pylist()
        rule = "profiled_if " + "; ".join(f"{c}={'|'.join(v)}" for c, v in file.profiled_if.items())
    declared, columns = [], []
    for i, (row, sample) in enumerate(zip(table.rows(), samples, strict=True)):
        if sample is None:
            continue
        statement = Statement(row, sample, panels[i], patients[i])
        if sequenced[i]:
            declared.append(statement)
        elif panels[i] is not None:
            columns.append(statement)
    add_statements(out, ref, "declared", rule, declared)
    add_statements(out, ref, "column", f"column {PANEL_ATTRIBUTE}", columns)


def _own_panels(table: ParsedTable, file: SourceFile, where: str) -> list[Cell]:
    """The panel that each row names: of the column of attribute GENE_PANEL, else the constant of that name."""
    named = [(column, m) for column, m in file.columns.items() if m.attribute == PANEL_ATTRIBUTE]
    if not named:
        return [file.constants.get(PANEL_ATTRIBUTE)] * table.frame.num_rows
    column, mapping = named[0]
    pick = Pick(columns=(column,), pattern=mapping.pattern)
    values: list[Cell] = pick_column(table, pick, file.format.missing, where, f"columns.{column}").to_pylist()
    return values


def _ids(table: ParsedTable, file: SourceFile, key: str, ref: SourceRef) -> list[Cell]:
    pick = file.patient_id if key == "patient_id" else file.sample_id
    if pick is None:
        return [None] * table.frame.num_rows
    column = pick_column(table, pick, file.format.missing, ref.where, f"files.{file.id}.{key}")
    values: list[Cell] = column.to_pylist()
    return values


def _keyed_rows(
    table: ParsedTable, file: SourceFile, patients: list[Cell], samples: list[Cell]
) -> tuple[list[int], list[RejectedRow]]:
    """Indices of the rows that have the identifiers their level needs, and a note on each other row."""
    keyed, notes = [], []
    # Only identifier cells are shown: a row that names nobody may still hold private values.
    shown = [table.cells(column) for column in sorted(_identifier_columns(table, file))]
    for i, row in enumerate(table.rows()):
        lacking = "patient" if patients[i] is None else "sample"
        if patients[i] is not None and (file.level == "patient" or samples[i] is not None):
            keyed.append(i)
            continue
        text = "\t".join(cells[i] or "" for cells in shown).strip()
        notes.append(RejectedRow(row, "missing_key", text, f"the row has no {lacking} identifier"))
    return keyed, notes


def _identifier_columns(table: ParsedTable, file: SourceFile) -> set[str]:
    picks = [pick for pick in (file.patient_id, file.sample_id) if pick is not None]
    return {column for pick in picks for column in pick_columns(table.columns, pick)}


def _private_columns(table: ParsedTable, file: SourceFile, where: str) -> set[str]:
    """Declared private columns and the ends of intervals.

    A private column that is not there is an error: it may have been renamed, and would then be stored.
    """
    private = {require_column(table.columns, name, where, "private") for name in file.private}
    for interval in file.intervals:
        for name in interval.columns:
            private.add(require_column(table.columns, name, where, f"intervals.{interval.attribute}"))
    return private


def _cell_values(cells: list[Cell], keyed: list[int], missing: Sequence[str]) -> _Values:
    values = _Values([], [], [])
    absent = set(missing)
    for i in keyed:
        cell = cells[i]
        if cell is None or not (text := cell.strip()):
            continue
        values.index.append(i)
        values.raw.append(cell)
        values.value.append(None if text in absent else text)
    return values


def _without_dates(values: _Values, column: str, rows: list[int]) -> tuple[_Values, list[RejectedRow]]:
    """The cells without calendar dates: a column that is mostly dates goes as a whole, else single cells."""
    if is_date_column((value for value in values.value if value is not None), column):
        message = f"{len(values.index)} cells of a column that holds calendar dates are not stored"
        return _Values([], [], []), [RejectedRow(None, "private_date", WITHHELD, message, column)]
    kept, notes = _Values([], [], []), []
    for i, raw, value in zip(values.index, values.raw, values.value, strict=True):
        if holds_date(raw):
            message = "the cell holds a calendar date and is not stored"
            notes.append(RejectedRow(rows[i], "private_date", WITHHELD, message, column))
            continue
        kept.index.append(i)
        kept.raw.append(raw)
        kept.value.append(value)
    return kept, notes


def _interval(
    table: ParsedTable, interval: Interval, keyed: list[int], file: SourceFile, where: str
) -> tuple[_Values, list[RejectedRow]]:
    """Days from one date column to the earliest date of others. A date that cannot be read is noted, never shown."""
    key = f"intervals.{interval.attribute}"
    if not interval.date_format.strip():
        raise ParseError(
            f"nothing says how the dates of {interval.start} and {' or '.join(interval.end)} are written",
            file=where,
            remedy=f"write date_format of {key} in the cohort file, such as '%d.%m.%Y' for 31.12.2020",
        )
    starts = table.cells(require_column(table.columns, interval.start, where, key))
    ends = [table.cells(require_column(table.columns, name, where, key)) for name in interval.end]
    absent = {"", *file.format.missing}
    last = " or ".join(interval.end)
    values, notes = _Values([], [], []), []
    rows = table.rows()
    for i in keyed:
        first = (starts[i] or "").strip()
        lasts = [text for cells in ends if (text := (cells[i] or "").strip()) not in absent]
        if first in absent or not lasts:
            continue
        try:
            start = datetime.strptime(first, interval.date_format)
            end = min(datetime.strptime(text, interval.date_format) for text in lasts)
        except ValueError:
            message = f"{interval.start} or {last} is not written as {interval.date_format}"
            notes.append(RejectedRow(rows[i], "unreadable_date", WITHHELD, message, interval.attribute))
            continue
        days = str((end - start).days)
        values.index.append(i)
        values.raw.append(days)
        values.value.append(days)
    if notes and not values.index:
        raise ParseError(
            f"no date of {interval.start} and {last} is written as {interval.date_format}",
            file=where,
            remedy=f"correct date_format of intervals.{interval.attribute} in the cohort file",
        )
    return values, notes


def _events(
    table: ParsedTable, event: IntervalEvent, known: list[int], file: SourceFile, where: str
) -> _Values:
    """``event`` or ``censored`` of every row whose interval is known."""
    key, absent = f"intervals.{event.attribute}", {"", *file.format.missing}
    dates = [table.cells(require_column(table.columns, name, where, key)) for name in event.if_filled]
    words = [
        (table.cells(require_column(table.columns, name, where, key)), {word.lower() for word in meant})
        for name, meant in event.if_word.items()
    ]
    ended = [
        any((cells[i] or "").strip() not in absent for cells in dates)
        or any((cells[i] or "").strip().lower() in meant for cells, meant in words)
        for i in known
    ]
    said = ["event" if is_event else "censored" for is_event in ended]
    return _Values(list(known), said, list(said))


def _add_values(
    out: RawTables,
    ref: SourceRef,
    level: str,
    name: str,
    values: _Values,
    rows: list[int],
    patients: list[Cell],
    samples: list[Cell],
) -> None:
    out.add(
        "clinical_values",
        len(values.index),
        {
            "cohort_id": ref.cohort_id,
            "file_id": ref.file_id,
            "source_file_id": ref.source_file_id,
            "source_row": [rows[i] for i in values.index],
            "level": level,
            "patient_id": [patients[i] for i in values.index],
            "sample_id": [samples[i] for i in values.index],
            "column_name": name,
            "value_raw": values.raw,
            "value": values.value,
        },
    )
