"""Timelines of a cBioPortal study (``data_timeline_*``) to rows of ``timeline_events``, one a row of the file.

cBioPortal File-Formats, "Timeline Data": PATIENT_ID, START_DATE, STOP_DATE and EVENT_TYPE, days counted from a day that
the study chooses; further columns depend on the event (treatment: AGENT, laboratory: TEST and RESULT, status: STATUS).
What has no column of its own stands in ``details``. Which day is zero, and what a drug is, is not said here.
"""

from __future__ import annotations

from ingestion.catalog.columns import Pick
from ingestion.catalog.source_files import SourceFile
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.picks import pick_column
from ingestion.reading.privacy import WITHHELD, guard_for, holds_date
from ingestion.reading.table_model import Cell, ParsedTable, RejectedRow, find_column, require_column
from ingestion.reading.tables import read_table

#: Column of ``timeline_events`` -> names under which timelines carry it, best first.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "event_type": ("EVENT_TYPE",),
    "start_day": ("START_DATE",),
    "stop_day": ("STOP_DATE",),
    "treatment_type": ("TREATMENT_TYPE",),
    "agent": ("AGENT", "DRUG", "TREATMENT"),
    "test": ("TEST",),
    "result": ("RESULT", "VALUE"),
    "status": ("STATUS",),
}
_REQUIRED = ("event_type", "start_day")


def parse_timeline(
    content: bytes, ref: SourceRef, file: SourceFile, patient_id: Pick, out: RawTables
) -> None:
    """Read one timeline into ``out``.

    Parameters
    ----------
    patient_id : as the study's clinical files are read.

    Raises
    ------
    ParseError : no column PATIENT_ID, START_DATE or EVENT_TYPE. Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where)
    out.add_rejected(ref, table.rejected, guard_for(file))
    patients: list[Cell] = pick_column(
        table, patient_id, file.format.missing, ref.where, "PATIENT_ID"
    ).to_pylist()
    named = {name: _column(table, name, ref) for name in _COLUMNS}
    keys = set(patient_id.columns) | {"PATIENT_ID"}
    others = [c for c in table.columns if c not in named.values() and c not in keys]
    absent = {"", *file.format.missing}
    notes: list[RejectedRow] = []
    kept = [i for i, patient in enumerate(patients) if patient is not None]
    rows = table.rows()
    for i, patient in enumerate(patients):
        if patient is None:
            notes.append(RejectedRow(rows[i], "missing_key", None, "the row has no patient identifier"))
    cells = {column: table.cells(column) for column in (*filter(None, named.values()), *others)}

    def value(column: str, i: int) -> Cell:
        """The filled cell, without a calendar date: a timeline counts days, and a date would say who it is."""
        text = (cells[column][i] or "").strip()
        if text in absent:
            return None
        if holds_date(text):
            message = "the cell holds a calendar date and is not stored"
            notes.append(RejectedRow(rows[i], "private_date", WITHHELD, message, column))
            return None
        return text

    columns = {name: [value(column, i) if column else None for i in kept] for name, column in named.items()}
    details = [
        "; ".join(f"{column}={text}" for column in others if (text := value(column, i)) is not None) or None
        for i in kept
    ]
    out.add(
        "timeline_events",
        len(kept),
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": [rows[i] for i in kept],
            "patient_id": [patients[i] for i in kept],
            **columns,
            "details": details,
        },
    )
    out.add_rejected(ref, notes, guard_for(file), "timeline_events")


def _column(table: ParsedTable, name: str, ref: SourceRef) -> str | None:
    found = next((c for n in _COLUMNS[name] if (c := find_column(table.columns, n)) is not None), None)
    if found is None and name in _REQUIRED:
        return require_column(table.columns, _COLUMNS[name][0], ref.where, "the timeline")
    return found
