"""Copy-number tables: discrete calls (gene by sample, or long) and segments.

Calls that are not zero become rows of ``copy_number``. A cell without a level is no zero: it is a row of
``copy_number_no_calls``, and so is a zero of a gene that stands in several rows, which the others may contradict. Who
was profiled for copy number is on the case lists. Which values are levels, and which gene a row is, says dbt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog.columns import Pick
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.raw_rows import ColumnInput, RawTables, SourceRef
from ingestion.reading.picks import filled, map_distinct, only_matching, pick_column
from ingestion.reading.privacy import guard_for
from ingestion.reading.table_model import ParsedTable, RejectedRow, find_column, require_column
from ingestion.reading.tables import read_table

_GENE_COLUMNS = ("Hugo_Symbol", "Gene Symbol", "Gene")
_ENTREZ_COLUMNS = ("Entrez_Gene_Id", "Locus ID")
_OTHER_COLUMNS = ("Cytoband", "Composite.Element.REF", "Description", "Gene Description", "Chromosome")
#: A long table has one call a row: cBioPortal's names first (DISCRETE_LONG), then what others call them.
_SAMPLE_COLUMNS = (
    "Sample_Id",
    "SampleId",
    "Sample",
    "Sample_Name",
    "Tumor_Sample_Barcode",
    "Tumor_Sample_ID",
)
_VALUE_COLUMNS = ("Value", "Copy_Number", "Copy_Number_Level", "CNA", "Level")
#: Zero in any spelling: neutral calls are not kept, so that a matrix of 500 genes is a few rows a sample.
_ZERO = re.compile(r"[+-]?(?:0+\.?0*|\.0+)")
#: cBioPortal's word for a call that could not be made, whatever the cohort file calls missing.
_NO_CALL = ("NA",)
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)$"
#: cBioPortal's discrete levels; -1.5 is a partial loss of both copies.
_LEVELS = frozenset({-2.0, -1.5, -1.0, 0.0, 1.0, 2.0})
#: So many unlike fractions are no slips of the pen.
_FRACTIONS_OF_RATIOS = 3
#: Segment columns: cBioPortal's names first, then those of DNAcopy output and of supplements.
_SEGMENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "chromosome": ("chrom", "Chromosome"),
    "start_position": ("loc.start", "Start", "Start_Position"),
    "end_position": ("loc.end", "End", "End_Position"),
    "n_probes": ("num.mark", "Num_Probes", "Number of probes"),
    "segment_mean": ("seg.mean", "Segment_Mean", "Segment mean value"),
}


@dataclass(frozen=True)
class _Genes:
    """Of each row of a table, how it names its gene, and whether another row (of the sample, in a long table) has the
    same symbol or number."""

    names: Mapping[str, pa.ChunkedArray]
    is_repeated: np.ndarray

    @classmethod
    def of(
        cls, table: ParsedTable, symbols: str | None, numbers: str | None, samples: pa.ChunkedArray | None
    ) -> _Genes:
        columns = {"hugo_symbol": symbols, "entrez_gene_id": numbers}
        names = {
            target: filled(table.frame.column(name), ())
            for target, name in columns.items()
            if name is not None
        }
        repeated = np.zeros(table.frame.num_rows, dtype=bool)
        by = [] if samples is None else ["sample"]
        for values in names.values():
            rows = pa.table(
                {"gene": filled(pc.utf8_lower(values), ("0",)), "row": np.arange(len(values))}
                | ({} if samples is None else {"sample": samples})
            )
            counted = rows.group_by(["gene", *by]).aggregate([("row", "count"), ("row", "list")])
            several = counted.filter(
                pc.and_(pc.greater(counted["row_count"], 1), pc.is_valid(counted["gene"]))
            )
            repeated[pc.list_flatten(several["row_list"]).to_numpy()] = True
        return cls(names, repeated)


def parse_copy_number(
    content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables, *, is_long: bool | None = None
) -> None:
    """Read a discrete copy-number table, wide (gene by sample) or long (a row a gene and sample).

    Parameters
    ----------
    is_long : what a study's meta file says (DISCRETE_LONG or DISCRETE); None lets the header decide.

    Raises
    ------
    ParseError : no gene column, a long table without sample or value, or a wide one with a column that cannot be a
    sample. Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file), "copy_number")
    genes = _first(table.columns, _GENE_COLUMNS)
    entrez = _first(table.columns, _ENTREZ_COLUMNS)
    if genes is None and entrez is None:
        raise ParseError(
            f"no column names the gene; the file has: {', '.join(table.columns[:10])}",
            file=ref.where,
            remedy=f"it needs {_GENE_COLUMNS[0]} or {_ENTREZ_COLUMNS[0]}",
        )
    sample, value = _first(table.columns, _SAMPLE_COLUMNS), _first(table.columns, _VALUE_COLUMNS)
    if is_long or (is_long is None and (sample is not None or value is not None)):
        if sample is None or value is None:
            lacking = "sample" if sample is None else "value"
            raise ParseError(
                f"it is a long copy-number table without a column for the {lacking}; the file has: "
                f"{', '.join(table.columns[:10])}",
                file=ref.where,
                remedy=f"name the columns {_SAMPLE_COLUMNS[0]} and {_VALUE_COLUMNS[0]}",
            )
        samples = filled(table.frame.column(sample), _NO_CALL)
        table = _of_levels_alone(table, [value], ref, out)
        _add_calls(samples, value, table, _Genes.of(table, genes, entrez, samples), ref, out)
        return
    not_samples = {genes, entrez, *(find_column(table.columns, name) for name in _OTHER_COLUMNS)}
    names = [name for name in table.columns if name not in not_samples]
    _check_wide(table, names, ref)
    table = _of_levels_alone(table, names, ref, out)
    of_rows = _Genes.of(table, genes, entrez, None)
    for name in names:
        _add_calls(name, name, table, of_rows, ref, out)


def _check_wide(table: ParsedTable, samples: Sequence[str], ref: SourceRef) -> None:
    """A column that holds words and no number is no sample: then it is a long table under other names."""
    for name in samples:
        distinct = filled(table.frame.column(name), _NO_CALL).unique().drop_null()
        if len(distinct) and not pc.any(pc.match_substring_regex(distinct, _NUMBER)).as_py():
            raise ParseError(
                f"column '{name}' would be a sample of a gene by sample table, but holds no number (see "
                f"'{distinct[0].as_py()}')",
                file=ref.where,
                remedy=f"take the column away; a long table names its columns {_SAMPLE_COLUMNS[0]} and "
                f"{_VALUE_COLUMNS[0]}",
            )


def _of_levels_alone(
    table: ParsedTable, columns: Sequence[str], ref: SourceRef, out: RawTables
) -> ParsedTable:
    """The table, its values taken out where they are on another scale than the levels.

    In a table of copies 2 is normal and 0 is a loss; among ratios a 1 or a 0 is no level but a number that happens to
    be whole. Then no cell says a level, and nobody is neutral by it. Numbers above 2 and none below 0, with more cells
    of 2 than of 0, are copies; three unlike fractions are ratios. A single wrong number among levels concerns its cell
    alone.
    """
    cells: Counter[float] = Counter()
    for name in columns:
        counted = pc.value_counts(filled(table.frame.column(name), _NO_CALL))
        for text, n in zip(
            counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
        ):
            if text is not None and re.fullmatch(_NUMBER, text):
                cells[float(text)] += n
    others = cells.keys() - _LEVELS
    if not others:
        return table
    if max(others) > 2 and min(cells) >= 0 and cells[2.0] > cells[0.0]:
        why = "numbers above 2, none below 0 and more of 2 than of 0, as copies are counted"
    elif sum(number % 1 != 0 for number in others) >= _FRACTIONS_OF_RATIOS:
        why = "fractions, as ratios are written"
    else:
        return table
    shown = ", ".join(f"{number:g}" for number in sorted(others)[-3:])
    message = f"the table holds {why} ({shown}): none of its values counts as a level"
    out.add_rejected(ref, [RejectedRow(None, "not_a_copy_number_level", shown, message, "value")])
    frame = table.frame
    nothing = pa.nulls(frame.num_rows, pa.string())
    for name in columns:
        frame = frame.set_column(frame.column_names.index(name), name, nothing)
    return ParsedTable(table.columns, frame, table.rejected)


def _add_calls(
    sample: str | pa.ChunkedArray,
    value: str,
    table: ParsedTable,
    genes: _Genes,
    ref: SourceRef,
    out: RawTables,
) -> None:
    """The calls of one column that are not zero, and its cells that are no call; a long table's rows without a sample
    are noted."""
    cells = filled(table.frame.column(value), _NO_CALL)
    is_given = pc.is_valid(cells).to_numpy()
    is_neutral = is_given & pc.is_null(_without_zeros(cells)).to_numpy()
    is_call = is_given & ~is_neutral
    samples = None if isinstance(sample, str) else sample
    has_sample = np.ones(len(is_call), dtype=bool)
    if samples is not None:
        has_sample = pc.is_valid(samples).to_numpy()
        unkeyed = table.frame.column("source_row").filter(pa.array(is_call & ~has_sample)).to_pylist()
        notes = [RejectedRow(row, "missing_key", None, "the row has no sample identifier") for row in unkeyed]
        out.add_rejected(ref, notes)
    is_no_call = ~is_given | (is_neutral & genes.is_repeated)
    for name, taken in (
        ("copy_number", is_call & has_sample),
        ("copy_number_no_calls", is_no_call & has_sample),
    ):
        at = pa.array(np.flatnonzero(taken))
        columns: dict[str, ColumnInput] = {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": table.frame.column("source_row").take(at),
            "sample_id": sample if isinstance(sample, str) else sample.take(at),
            "value": cells.take(at),
        }
        columns |= {target: values.take(at) for target, values in genes.names.items()}
        out.add(name, len(at), columns)


def _without_zeros(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    return map_distinct(cells, lambda text: None if _ZERO.fullmatch(text) else text)


def parse_segments(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read copy-number segments; decimal commas stay as they are.

    Raises
    ------
    ParseError : a column is not there. Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file), "copy_number_segments")
    table = only_matching(table, file.keep_rows, ref.where)
    pick = file.sample_id or Pick(columns=("ID", "Sample", "Sample_Id"))
    samples = pick_column(table, pick, file.format.missing, ref.where, f"files.{file.id}.sample_id")
    unkeyed = table.frame.column("source_row").filter(pc.is_null(samples)).to_pylist()
    notes = [RejectedRow(row, "missing_key", None, "the row has no sample identifier") for row in unkeyed]
    out.add_rejected(ref, notes)
    if notes:
        table = ParsedTable(table.columns, table.frame.filter(pc.is_valid(samples)))
    columns: dict[str, ColumnInput] = {
        "cohort_id": ref.cohort_id,
        "source_file_id": ref.source_file_id,
        "source_row": table.frame.column("source_row"),
        "sample_id": samples.drop_null(),
        "decimal": file.format.decimal,
    }
    for name, synonyms in _SEGMENT_COLUMNS.items():
        found = _first(table.columns, synonyms) or require_column(table.columns, synonyms[0], ref.where, name)
        columns[name] = filled(table.frame.column(found), ())
    out.add("copy_number_segments", table.frame.num_rows, columns)


def _first(columns: Sequence[str], synonyms: Sequence[str]) -> str | None:
    return next((found for name in synonyms if (found := find_column(columns, name)) is not None), None)
