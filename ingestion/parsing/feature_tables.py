"""Tables of immune features to rows of ``immune_features``: one row a filled cell of a declared column.

Which aliquot of a sample counts, and what the words of the features mean, is dbt's business.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog.source_files import SourceFile
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.picks import filled, only_matching, pick_column
from ingestion.reading.privacy import guard_for
from ingestion.reading.table_model import ParsedTable, RejectedRow, find_column, require_column
from ingestion.reading.tables import read_table


def parse_features(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a declared table of immune features.

    Raises
    ------
    ParseError : a declared column is not there. Others : see `ingestion.reading.tables.read_table`.
    """
    how = file.features
    if how is None or file.sample_id is None:
        raise ValueError(f"files.{file.id} has no 'features' or no 'sample_id'; the catalogue checks that")
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file), "immune_features")
    table = only_matching(table, file.keep_rows, ref.where)
    samples = pick_column(table, file.sample_id, file.format.missing, ref.where, f"files.{file.id}.sample_id")
    keys: dict[str, pa.ChunkedArray] = {"sample_id": samples}
    if how.aliquot is not None:
        aliquot = require_column(table.columns, how.aliquot, ref.where, f"files.{file.id}.features.aliquot")
        keys["aliquot_raw"] = filled(table.frame.column(aliquot), file.format.missing)
    has_key = pc.is_valid(samples)
    _note_unkeyed(table, has_key, ref, file, out)
    for column, feature in how.columns.items():
        name = find_column(table.columns, column)
        if name is None and file.awaited is not None:
            # Nobody here has seen the file: what it lacks is noted, what it has is read.
            note = RejectedRow(
                None, "absent_column", column, f"the table has no such column for {feature}", column
            )
            out.add_rejected(ref, [note])
            continue
        found = name or require_column(table.columns, column, ref.where, f"files.{file.id}.features.columns")
        values = filled(table.frame.column(found), file.format.missing)
        keep = pc.and_(has_key, pc.is_valid(values))
        out.add(
            "immune_features",
            int(pc.sum(keep).as_py() or 0),
            {
                "cohort_id": ref.cohort_id,
                "source_file_id": ref.source_file_id,
                "source_row": table.frame.column("source_row").filter(keep),
                "column_name": found,
                "feature": feature,
                "value": values.filter(keep),
                "source_label": how.source,
                "decimal": file.format.decimal,
                **{k: v.filter(keep) for k, v in keys.items()},
            },
        )


def _note_unkeyed(
    table: ParsedTable, has_key: pa.ChunkedArray, ref: SourceRef, file: SourceFile, out: RawTables
) -> None:
    rows = table.frame.column("source_row").filter(pc.invert(has_key)).to_pylist()
    notes = [RejectedRow(row, "missing_key", None, "the row has no sample identifier") for row in rows]
    out.add_rejected(ref, notes, guard_for(file))
