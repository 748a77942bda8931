"""Copy-number tables: discrete calls (gene by sample, or long) and segments.

Only calls that are not zero become rows; who was profiled for copy number is on the case lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog import SourceFile
from ingestion.catalog_columns import Pick
from ingestion.errors import ParseError
from ingestion.picks import filled, only_matching, pick_column
from ingestion.privacy import guard_for
from ingestion.raw_rows import ColumnInput, RawTables, SourceRef
from ingestion.table_model import ParsedTable, find_column, require_column
from ingestion.tables import read_table

_GENE_COLUMNS = ("Hugo_Symbol", "Gene Symbol", "Gene")
_ENTREZ_COLUMNS = ("Entrez_Gene_Id", "Locus ID")
_OTHER_COLUMNS = ("Cytoband", "Composite.Element.REF")
_ZERO = ("0", "0.0", "-0", "-0.0", "0.00")
#: Segment columns: cBioPortal's names first, then those of DNAcopy output and of supplements.
_SEGMENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "chromosome": ("chrom", "Chromosome"),
    "start_position": ("loc.start", "Start", "Start_Position"),
    "end_position": ("loc.end", "End", "End_Position"),
    "n_probes": ("num.mark", "Num_Probes", "Number of probes"),
    "segment_mean": ("seg.mean", "Segment_Mean", "Segment mean value"),
}


def parse_copy_number(
    content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables, *, is_long: bool | None = None
) -> None:
    """Read a discrete copy-number table, wide (gene by sample) or long (with Sample_Id and Value).

    ``is_long`` is what a study's meta file says (DISCRETE_LONG or DISCRETE); None: the columns decide.

    Raises
    ------
    ParseError : no gene column, or a long table without Sample_Id or Value. Others : see `ingestion.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file))
    genes = _first(table.columns, _GENE_COLUMNS)
    entrez = _first(table.columns, _ENTREZ_COLUMNS)
    if genes is None and entrez is None:
        raise ParseError(
            f"no column names the gene; the file has: {', '.join(table.columns[:10])}",
            file=ref.where,
            remedy=f"it needs {_GENE_COLUMNS[0]} or {_ENTREZ_COLUMNS[0]}",
        )
    sample_column, value_column = find_column(table.columns, "Sample_Id"), find_column(table.columns, "Value")
    if is_long:
        key = "meta file, datatype DISCRETE_LONG"
        sample_column = require_column(table.columns, "Sample_Id", ref.where, key)
        value_column = require_column(table.columns, "Value", ref.where, key)
    if sample_column and value_column and is_long is not False:
        pairs = [(table.frame.column(sample_column), table.frame.column(value_column))]
    else:
        not_samples = {genes, entrez, *(find_column(table.columns, name) for name in _OTHER_COLUMNS)}
        pairs = [(name, table.frame.column(name)) for name in table.columns if name not in not_samples]
    for sample, values in pairs:
        _add_calls(sample, values, table, genes, entrez, ref, out)


def _add_calls(
    sample: str | pa.ChunkedArray,
    values: pa.ChunkedArray,
    table: ParsedTable,
    genes: str | None,
    entrez: str | None,
    ref: SourceRef,
    out: RawTables,
) -> None:
    text = filled(values, _ZERO)
    at = pa.array(np.flatnonzero(pc.is_valid(text).to_numpy()))
    if not len(at):
        return
    columns: dict[str, ColumnInput] = {
        "cohort_id": ref.cohort_id,
        "source_file_id": ref.source_file_id,
        "source_row": table.frame.column("source_row").take(at),
        "sample_id": sample if isinstance(sample, str) else sample.take(at),
        "value": text.take(at),
    }
    if genes is not None:
        columns["hugo_symbol"] = table.frame.column(genes).take(at)
    if entrez is not None:
        columns["entrez_gene_id"] = table.frame.column(entrez).take(at)
    out.add("copy_number", len(at), columns)


def parse_segments(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read copy-number segments; decimal commas stay as they are.

    Raises
    ------
    ParseError : a column is not there. Others : see `ingestion.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file))
    table = only_matching(table, file.keep_rows, ref.where)
    pick = file.sample_id or Pick(columns=("ID", "Sample", "Sample_Id"))
    columns: dict[str, ColumnInput] = {
        "cohort_id": ref.cohort_id,
        "source_file_id": ref.source_file_id,
        "source_row": table.frame.column("source_row"),
        "sample_id": pick_column(table, pick, file.format.missing, ref.where, f"files.{file.id}.sample_id"),
    }
    for name, synonyms in _SEGMENT_COLUMNS.items():
        found = _first(table.columns, synonyms) or require_column(table.columns, synonyms[0], ref.where, name)
        columns[name] = table.frame.column(found)
    out.add("copy_number_segments", table.frame.num_rows, columns)


def _first(columns: Sequence[str], synonyms: Sequence[str]) -> str | None:
    return next((found for name in synonyms if (found := find_column(columns, name)) is not None), None)
