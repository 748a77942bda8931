"""Mutation tables (MAF and its relatives) to rows of ``mutations``.

MAF's own column names are known in both spellings; a supplement's names come from the catalogue. Two million
rows stay in Arrow columns, and every rule runs on distinct values. Gene aliases, variant classes, duplicates
and filters are dbt's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog.columns import Pick
from ingestion.catalog.source_files import MUTATION_COLUMNS, SourceFile
from ingestion.errors import ParseError
from ingestion.parsing.profiled_samples import Statement, add_statements
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.picks import map_distinct, only_matching, pick_column, pick_columns
from ingestion.reading.privacy import guard_for
from ingestion.reading.table_model import ParsedTable, RejectedRow, require_column
from ingestion.reading.tables import read_table

#: Names under which MAFs carry a column, best first; case, blanks and underscores do not count.
MAF_SYNONYMS: dict[str, tuple[str, ...]] = {
    "hugo_symbol": ("Hugo_Symbol",),
    "entrez_gene_id": ("Entrez_Gene_Id",),
    "ncbi_build": ("NCBI_Build",),
    "chromosome": ("Chromosome",),
    "start_position": ("Start_Position",),
    "end_position": ("End_Position",),
    "variant_classification": ("Variant_Classification",),
    "variant_type": ("Variant_Type",),
    "reference_allele": ("Reference_Allele",),
    "tumor_seq_allele1": ("Tumor_Seq_Allele1",),
    "tumor_seq_allele2": ("Tumor_Seq_Allele2",),
    "hgvsp_short": ("HGVSp_Short", "Amino_Acid_Change", "Protein_Change"),
    "hgvsc": ("HGVSc", "cDNA_Change"),
    "t_ref_count": ("t_ref_count",),
    "t_alt_count": ("t_alt_count",),
    "t_depth": ("t_depth",),
    "variant_allele_fraction": ("i_tumor_f", "tumor_f", "VAF"),
    "cancer_cell_fraction": ("ccf_hat",),
    "filter": ("FILTER",),
    "mutation_status": ("Mutation_Status",),
    "center": ("Center", "CENTERS"),
}
SAMPLE_SYNONYMS = ("Tumor_Sample_Barcode", "Tumor_Sample_ID")
#: What stands for the gene of a line that cannot be read; model ``profiling`` knows it.
UNREADABLE_LINE = "[unreadable line]"
#: VEP's column of Ensembl numbers; elsewhere a column of this name holds symbols.
_ENSEMBL_COLUMN = "Gene"
_ENSEMBL_NUMBER = re.compile(r"ENSG\d{11}")

_MONTHS = (
    "jan|janv|feb|févr|fevr|fév|mar|mars|mär|mrz|märz|maerz|mrt|maart|marzo|março|march|apr|avr|may|mai|jun|juin|jul|juil|"
    "aug|août|aout|sep|sept|set|september|septembre|septiembre|settembre|setembro|oct|okt|ott|out|nov|dec|déc|dez|dic|"
    "december|décembre|dezember|diciembre|dicembre"
)
#: What spreadsheets make of SEPT2, MARCH1, DEC1 and OCT4: 2-Sep, 01-mars, Mar-01, 2006-09-02, 9/6/2006.
_GENE_AS_DATE = re.compile(
    rf"\d{{1,2}}[-/ ](?:{_MONTHS})\.?(?:[-/ ]\d{{2,4}})?"
    rf"|(?:{_MONTHS})\.?[-/ ]\d{{1,4}}"
    r"|\d{4}-\d{2}-\d{2}(?: [\d:]+)?"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}",
    re.IGNORECASE,
)


def is_gene_made_date(symbol: str) -> bool:
    """Whether a gene symbol was turned into a date by a spreadsheet."""
    return _GENE_AS_DATE.fullmatch(symbol.strip()) is not None


def parse_mutations(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a mutation table into ``out``; with ``lists_profiled`` its samples also count as sequenced.

    ``file.sample_id`` may be None for a MAF proper, whose sample column has a standard name.

    Raises
    ------
    ParseError : a column that the catalogue names is not there, or nothing names gene, position or sample.
    Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(
        content,
        file.format,
        ref.where,
        select=lambda columns: _needed(columns, file, ref.where),
        missing_as_null=True,
    )
    out.add_rejected(ref, table.rejected, guard_for(file), "mutations")
    rejected = table.rejected
    table = only_matching(table, file.keep_rows, ref.where)
    missing = file.format.missing
    sample_pick = _sample_pick(table.columns, file)
    if file.sample_in_address is None:
        samples = pick_column(table, sample_pick, missing, ref.where, f"files.{file.id}.sample_id")
    else:
        samples = _sample_of_address(file.sample_in_address, ref, table)
    table, samples = _without_unkeyed(table, samples, ref, file, out)
    patients: pa.ChunkedArray | None = None
    if file.patient_id is not None:
        patients = pick_column(table, file.patient_id, missing, ref.where, f"files.{file.id}.patient_id")
    columns = {
        name: _mutation_column(table, name, file, ref.where)
        for name in MUTATION_COLUMNS
        if name in file.mutation_constants or _pick_for(name, table.columns, file) is not None
    }
    out.add(
        "mutations",
        table.frame.num_rows,
        {
            "cohort_id": ref.cohort_id,
            "file_id": ref.file_id,
            "source_file_id": ref.source_file_id,
            "source_row": table.frame.column("source_row"),
            "patient_id": patients,
            "sample_id": samples,
            **columns,
        },
    )
    _add_unreadable_lines(rejected, samples, sample_pick, ref, file, out)
    if "hugo_symbol" in columns:
        out.add_rejected(ref, _genes_made_dates(columns["hugo_symbol"], table), raw_table="mutations")
    _add_identifiers(table, ref, out)
    if file.lists_profiled:
        _add_profiled(table, samples, patients, ref, out)


def _sample_pick(columns: Sequence[str], file: SourceFile) -> Pick:
    """The declared rule for the sample, else a MAF's own column; the rule of a study names that column besides, which
    may be spelled otherwise in its table."""
    by_name = _matching(columns, SAMPLE_SYNONYMS)
    if file.sample_id is None:
        return Pick(columns=by_name or SAMPLE_SYNONYMS[:1])
    if set(SAMPLE_SYNONYMS).isdisjoint(file.sample_id.columns):
        return file.sample_id
    return file.sample_id.model_copy(
        update={"columns": tuple(dict.fromkeys((*file.sample_id.columns, *by_name)))}
    )


def _sample_of_address(pattern: str, ref: SourceRef, table: ParsedTable) -> pa.ChunkedArray:
    """The sample that the file's address names, a value for each row; the catalogue checks that it names one."""
    found = re.search(pattern, ref.address)
    name = found.group(1) if found is not None else None
    return pa.chunked_array([pa.repeat(pa.scalar(name, pa.string()), table.frame.num_rows)], pa.string())


def _add_unreadable_lines(
    rejected: Sequence[RejectedRow],
    samples: pa.ChunkedArray,
    pick: Pick,
    ref: SourceRef,
    file: SourceFile,
    out: RawTables,
) -> None:
    """A line whose cells cannot be told apart, but which names a sample of the table: a call of it that could be
    any gene, so that nobody takes the sample for wild-type."""
    lines = [row for row in rejected if row.rule_id == "wrong_number_of_cells" and row.source_row is not None]
    if not lines:
        return
    known = set(samples.unique().to_pylist())
    found: list[tuple[int | None, str]] = []
    for row in lines:
        cells = (row.value or "").split(file.format.delimiter if "\t" not in (row.value or "") else "\t")
        named = {name for cell in cells if (name := pick.read(cell.strip().strip('"'))) in known}
        named = known if file.sample_in_address is not None else named
        found += [(row.source_row, str(name)) for name in sorted(named, key=str)]
    out.add(
        "mutations",
        len(found),
        {
            "cohort_id": ref.cohort_id,
            "file_id": ref.file_id,
            "source_file_id": ref.source_file_id,
            "source_row": [row for row, _ in found],
            "sample_id": [sample for _, sample in found],
            "hugo_symbol": UNREADABLE_LINE,
        },
    )


def _add_identifiers(table: ParsedTable, ref: SourceRef, out: RawTables) -> None:
    """Genes that the table names by symbol and by Ensembl number: once each, at the row that does so first."""
    symbols = _matching(table.columns, MAF_SYNONYMS["hugo_symbol"])
    if not symbols or _ENSEMBL_COLUMN not in table.columns:
        return
    first: dict[tuple[str, str], int] = {}
    named = zip(table.cells(symbols[0]), table.cells(_ENSEMBL_COLUMN), table.rows(), strict=True)
    for symbol, number, row in named:
        if symbol and number and _ENSEMBL_NUMBER.fullmatch(number):
            first.setdefault((symbol, number), row)
    out.add(
        "gene_identifiers",
        len(first),
        {
            "source_file_id": ref.source_file_id,
            "source_row": list(first.values()),
            "hugo_symbol": [symbol for symbol, _ in first],
            "ensembl_gene_id": [number for _, number in first],
        },
    )


def _pick_for(name: str, columns: Sequence[str], file: SourceFile) -> Pick | None:
    """The rule for a MAF column: the declared one, else the file's column of that name, else None."""
    if name in file.mutation_columns:
        return file.mutation_columns[name]
    found = _matching(columns, MAF_SYNONYMS[name])
    return Pick(columns=found) if found else None


def _matching(columns: Sequence[str], synonyms: Sequence[str]) -> tuple[str, ...]:
    plain = {_plain(column): column for column in reversed(columns)}
    return tuple(plain[key] for name in synonyms if (key := _plain(name)) in plain)


def _plain(name: str) -> str:
    return re.sub(r"[\s_.]+", "", name).casefold()


def _needed(columns: Sequence[str], file: SourceFile, where: str) -> Collection[str]:
    """The columns that have a place in ``mutations`` or decide about its rows, all of them checked."""
    needed = set(_matching(columns, SAMPLE_SYNONYMS)) | ({_ENSEMBL_COLUMN} & set(columns))
    declared = {f"mutation_columns.{name}": pick for name, pick in file.mutation_columns.items()}
    if file.sample_id is not None:
        declared["sample_id"] = _sample_pick(columns, file)
    if file.patient_id is not None:
        declared["patient_id"] = file.patient_id
    for key, pick in declared.items():
        found = pick_columns(columns, pick)
        needed |= set(found) or {require_column(columns, pick.columns[0], where, f"files.{file.id}.{key}")}
    for name in file.keep_rows:
        needed.add(require_column(columns, name, where, f"files.{file.id}.keep_rows"))
    _require_some_mutation_column(columns, file, where)
    _require_class(columns, file, where)
    known = [_pick_for(name, columns, file) for name in MUTATION_COLUMNS]
    return needed | {found for rule in known if rule is not None for found in pick_columns(columns, rule)}


def _mutation_column(table: ParsedTable, name: str, file: SourceFile, where: str) -> pa.ChunkedArray | str:
    pick = _pick_for(name, table.columns, file)
    if pick is None:
        return file.mutation_constants[name]
    column = pick_column(table, pick, file.format.missing, where, f"mutation_columns.{name}")
    if name in file.mutation_constants:
        column = pc.fill_null(column, file.mutation_constants[name])
    return column


def _require_some_mutation_column(columns: Sequence[str], file: SourceFile, where: str) -> None:
    telling = ("hugo_symbol", "start_position", "hgvsp_short")
    if not any(_pick_for(name, columns, file) for name in telling):
        raise ParseError(
            f"no column names a gene, position or protein change; the file has: {', '.join(columns[:25])}",
            file=where,
            remedy="name them under mutation_columns, or correct the delimiter or header row",
        )


def _require_class(columns: Sequence[str], file: SourceFile, where: str) -> None:
    """Without a class no row could be told from a silent one, and everybody would be wild-type for every gene."""
    name = "variant_classification"
    if name not in file.mutation_constants and _pick_for(name, columns, file) is None:
        raise ParseError(
            f"no column says what class a variant is of; the file has: {', '.join(columns[:25])}",
            file=where,
            remedy=f"name it under mutation_columns.{name}, or, where the source says that it lists non-synonymous "
            f"calls only, write 'mutation_constants: {{{name}: nonsynonymous of unstated class}}'",
        )


def _without_unkeyed(
    table: ParsedTable, samples: pa.ChunkedArray, ref: SourceRef, file: SourceFile, out: RawTables
) -> tuple[ParsedTable, pa.ChunkedArray]:
    if samples.null_count == 0:
        return table, samples
    has_sample = pc.is_valid(samples)
    lost = table.frame.filter(pc.invert(has_sample))
    genes = _matching(table.columns, MAF_SYNONYMS["hugo_symbol"])
    shown = lost.column(genes[0]).to_pylist() if genes else [None] * lost.num_rows
    notes = [
        RejectedRow(row, "missing_key", value, "the row has no sample identifier")
        for row, value in zip(lost.column("source_row").to_pylist(), shown, strict=True)
    ]
    out.add_rejected(ref, notes, guard_for(file))
    return ParsedTable(table.columns, table.frame.filter(has_sample), ()), samples.filter(has_sample)


def _genes_made_dates(genes: pa.ChunkedArray | str, table: ParsedTable) -> list[RejectedRow]:
    """A note on each row whose gene became a date; the row and its symbol stay as they are."""
    if isinstance(genes, str):
        return []
    marked = map_distinct(genes, lambda value: value if is_gene_made_date(value) else None)
    if marked.null_count == len(marked):
        return []
    is_date = pc.is_valid(marked)
    rows = table.frame.column("source_row").filter(is_date).to_pylist()
    message = "a spreadsheet turned the gene's name into a date; the row is kept under that name"
    return [
        RejectedRow(row, "gene_became_date", value, message, "hugo_symbol")
        for row, value in zip(rows, marked.filter(is_date).to_pylist(), strict=True)
    ]


def _add_profiled(
    table: ParsedTable,
    samples: pa.ChunkedArray,
    patients: pa.ChunkedArray | None,
    ref: SourceRef,
    out: RawTables,
) -> None:
    first: dict[str, Statement] = {}
    people = patients.to_pylist() if patients is not None else [None] * len(samples)
    rows = table.frame.column("source_row").to_pylist()
    for sample, person, row in zip(samples.to_pylist(), people, rows, strict=True):
        first.setdefault(sample, Statement(row, sample, patient=person))
    add_statements(out, ref, "declared", "lists_profiled", list(first.values()))
