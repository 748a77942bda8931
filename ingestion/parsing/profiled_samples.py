"""Statements about who was sequenced and on which panel, as rows of ``profiled_samples``.

Each place that speaks of a sample gives a row of its own; which of them counts is dbt's (``int_profiling``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingestion.raw_rows import RawTables, SourceRef

#: Where a statement stands: a list of sequenced samples, ``#sequenced_samples`` of a MAF, the gene panel matrix, a meta
#: file's ``gene_panel``, a clinical column, or a file that the catalogue declares as a list (it may name a panel too).
StatedBy = Literal["sequenced_list", "maf_head", "matrix", "meta", "column", "declared"]


@dataclass(frozen=True)
class Statement:
    """One sample, the 1-based line or sheet row that speaks of it, and the panel that it names (None: no panel)."""

    row: int
    sample: str
    panel: str | None = None
    patient: str | None = None


def add_statements(
    out: RawTables, ref: SourceRef, stated_by: StatedBy, rule: str, statements: Sequence[Statement]
) -> None:
    """Append the statements of one place; ``rule`` is what a person reads in ``marts.profiling``."""
    out.add(
        "profiled_samples",
        len(statements),
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": [s.row for s in statements],
            "patient_id": [s.patient for s in statements],
            "sample_id": [s.sample for s in statements],
            "panel_id": [s.panel for s in statements],
            "stated_by": stated_by,
            "rule": rule,
        },
    )
