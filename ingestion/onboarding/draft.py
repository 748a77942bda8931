"""A cohort file in the making: what has been proposed so far, what has to be asked, and what the tables say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.catalog.columns import TableFormat
from ingestion.onboarding.columns import ColumnGuess
from ingestion.reading.table_model import ParsedTable


@dataclass
class Draft:
    """Collects the parts of a proposal.

    ``patients`` : identifiers of the clinical tables. ``samples`` : name -> its patient.
    ``endpoints`` : name -> origin of its clock.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    columns: list[ColumnGuess] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    patients: set[str] = field(default_factory=set)
    samples: dict[str, str] = field(default_factory=dict)
    panel: str | None = None
    endpoints: dict[str, str] = field(default_factory=dict)


def file_entry(path: Path, address: str, kind: str, fmt: TableFormat) -> dict[str, Any]:
    """The beginning of a file's entry: what it is called, where it lies, and how it is written."""
    entry: dict[str, Any] = {
        "id": re.sub(r"[^a-z0-9]+", "_", path.name.split(".")[0].lower()).strip("_") or kind,
        "address": address,
        "kind": kind,
    }
    written = fmt.model_dump(exclude_defaults=True)
    if written:
        entry["format"] = {k: list(v) if isinstance(v, tuple) else v for k, v in written.items()}
    return entry


def filled(table: ParsedTable, column: str, fmt: TableFormat) -> list[str]:
    """The cells of a column that say something."""
    absent = {"", *fmt.missing}
    return [text for cell in table.cells(column) if (text := (cell or "").strip()) not in absent]
