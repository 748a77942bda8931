"""Expression matrices to rows of ``expression``: one row a gene and sample, values and names as the file has them.

Genes are resolved and values cast by dbt; nothing is normalised anywhere. A wide matrix is turned column by column, so
that two million values take little more memory than the file.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog.columns import Pick
from ingestion.catalog.measurements import ExpressionTable
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.parsing.clinical import add_clinical
from ingestion.raw_rows import ColumnInput, RawTables, SourceRef
from ingestion.reading.picks import filled, pick_column
from ingestion.reading.privacy import guard_for
from ingestion.reading.table_model import ParsedTable, RejectedRow, find_column, require_column
from ingestion.reading.tables import read_table


def parse_expression(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a declared expression matrix.

    ``file.sample_id`` is applied to the names of the samples (of the columns, or the values of its column where the
    samples are rows). Of several columns of one sample the first is kept, the others are noted.

    Raises
    ------
    ParseError : a declared column is not there, or no sample is left. Others : see
        `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file), "expression")
    if file.expression is None or file.sample_id is None:
        raise ValueError(f"files.{file.id} has no 'expression' or no 'sample_id'; the catalogue checks that")
    if file.expression.samples_in == "columns":
        _add_columns(table, file.expression, file.sample_id, file, ref, out)
    else:
        _add_rows(table, file.expression, file.sample_id, file, ref, out)


def _add_columns(
    table: ParsedTable, how: ExpressionTable, pick: Pick, file: SourceFile, ref: SourceRef, out: RawTables
) -> None:
    gene = require_column(table.columns, how.gene or "", ref.where, f"files.{file.id}.expression.gene")
    others = {gene, *_declared(table, how.not_samples, ref, f"files.{file.id}.expression.not_samples")}
    names = [name for name in table.columns if name not in others]
    kept: dict[str, str] = {}
    notes: list[RejectedRow] = []
    n_rows = table.frame.num_rows
    for name in names:
        sample = pick.read(name)
        if sample is None:
            message = "the column's name holds no sample"
            notes.append(RejectedRow(None, "missing_key", name, message, name, n_rows))
        elif sample in kept:
            message = f"{kept[sample]} is kept"
            notes.append(RejectedRow(None, "repeated_sample", name, message, name, n_rows))
        else:
            kept[sample] = name
    if not kept:
        raise ParseError(
            f"no column is a sample; the file has: {', '.join(table.columns[:10])}",
            file=ref.where,
            remedy=f"correct files.{file.id}.sample_id in the cohort file",
        )
    out.add_rejected(ref, notes, guard_for(file))
    table = _first_of_each_gene(table, gene, len(kept), ref, file, out)
    genes = filled(table.frame.column(gene), ())
    rows = table.frame.column("source_row")
    for sample, name in kept.items():
        values = table.frame.column(name)
        _add(out, ref, file, how, {"source_row": rows, "gene": genes, "value": values}, sample, name)


def _add_rows(
    table: ParsedTable, how: ExpressionTable, pick: Pick, file: SourceFile, ref: SourceRef, out: RawTables
) -> None:
    samples = pick_column(table, pick, file.format.missing, ref.where, f"files.{file.id}.sample_id")
    _add_sample_rows(table, how, file, ref, out)
    others = set(_declared(table, how.not_genes, ref, f"files.{file.id}.expression.not_genes"))
    others |= {found for name in pick.columns if (found := find_column(table.columns, name)) is not None}
    first = pa.array(_first_of_each(samples.to_pylist()))
    _note_rows(table, samples, first, ref, file, out)
    rows = table.frame.column("source_row").take(first)
    kept = samples.take(first)
    for gene in (name for name in table.columns if name not in others):
        values = table.frame.column(gene).take(first)
        columns: dict[str, ColumnInput] = {"source_row": rows, "gene": gene, "value": values}
        _add(out, ref, file, how, columns, kept, None)


def _add_sample_rows(
    table: ParsedTable, how: ExpressionTable, file: SourceFile, ref: SourceRef, out: RawTables
) -> None:
    """Where the entry has a patient, its samples become known: some have RNA and nothing else."""
    if file.patient_id is None or file.sample_id is None:
        return
    named = {*file.patient_id.columns, *file.sample_id.columns, *how.not_genes}
    kept = [name for name in table.columns if any(find_column(table.columns, n) == name for n in named)]
    part = ParsedTable(tuple(kept), table.frame.select([*kept, "source_row"]))
    add_clinical(part, ref, file, out)


def _add(
    out: RawTables,
    ref: SourceRef,
    file: SourceFile,
    how: ExpressionTable,
    columns: dict[str, ColumnInput],
    sample: str | pa.ChunkedArray,
    sample_raw: str | None,
) -> None:
    """The values that are there, numbers or not; a missing value is no row."""
    columns["sample_id"] = sample
    values = columns["value"]
    if not isinstance(values, pa.ChunkedArray):
        raise TypeError("the values of an expression table are an Arrow column")
    values = columns["value"] = filled(values, ())
    is_there = pc.is_valid(values)
    if values.null_count:
        columns = {k: v if isinstance(v, str) else v.filter(is_there) for k, v in columns.items()}  # type: ignore[union-attr]
    n_rows = len(values) - values.null_count
    out.add(
        "expression",
        n_rows,
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "sample_raw": sample_raw if sample_raw is not None else columns["sample_id"],
            "unit": file.unit,
            "pipeline": how.pipeline,
            "decimal": file.format.decimal,
            **columns,
        },
    )


def _first_of_each_gene(
    table: ParsedTable, gene: str, n_samples: int, ref: SourceRef, file: SourceFile, out: RawTables
) -> ParsedTable:
    """The table without later rows of a gene, which are rejected by name: nothing says which one would be right."""
    first: dict[str, int] = {}
    notes, kept = [], []
    for index, (row, name) in enumerate(zip(table.rows(), table.cells(gene), strict=True)):
        if name is not None and (earlier := first.setdefault(name.strip(), row)) != row:
            message = f"row {earlier} is kept"
            notes.append(RejectedRow(row, "repeated_gene", name, message, gene, n_samples, is_lost=True))
            continue
        kept.append(index)
    if not notes:
        return table
    out.add_rejected(ref, notes, guard_for(file))
    return ParsedTable(table.columns, table.frame.take(pa.array(kept)))


def _declared(table: ParsedTable, names: tuple[str, ...], ref: SourceRef, key: str) -> list[str]:
    return [require_column(table.columns, name, ref.where, key) for name in names]


def _first_of_each(samples: list[str | None]) -> list[int]:
    first: dict[str, int] = {}
    for index, sample in enumerate(samples):
        if sample is not None:
            first.setdefault(sample, index)
    return list(first.values())


def _note_rows(
    table: ParsedTable,
    samples: pa.ChunkedArray,
    first: pa.Array,
    ref: SourceRef,
    file: SourceFile,
    out: RawTables,
) -> None:
    kept = set(first.to_pylist())
    notes = []
    for index, (row, sample) in enumerate(zip(table.rows(), samples.to_pylist(), strict=True)):
        if sample is None:
            notes.append(RejectedRow(row, "missing_key", None, "the row has no sample identifier"))
        elif index not in kept:
            notes.append(RejectedRow(row, "repeated_sample", sample, "an earlier row of the sample is kept"))
    out.add_rejected(ref, notes, guard_for(file))
