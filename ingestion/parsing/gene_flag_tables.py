"""Tables with a column a gene (mutated or not) to rows of ``mutations``, ``profiled_samples`` and ``gene_panels``.

Such a table has no calls: what a flag means, and for which genes its absence means wild-type, the cohort file says.
"""

from __future__ import annotations

from pathlib import Path

from ingestion.catalog.source_files import SourceFile
from ingestion.parsing.profiled_samples import Statement, add_statements
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.picks import only_matching, pick_column
from ingestion.reading.privacy import guard_for
from ingestion.reading.table_model import RejectedRow, require_column
from ingestion.reading.tables import read_table


def parse_gene_flags(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """A row of ``mutations`` for each sample in which the gene is flagged, its class from ``mutation_constants``.

    A line flags several genes, so each gene's column is a source of its own: ``ref.member`` is the gene. With the first
    gene every sample becomes a row of ``profiled_samples`` on the file's own panel, which covers the named genes.
    A cell that is in neither list of words becomes a row without a class: the gene is undetermined for that sample.

    Raises
    ------
    ParseError : a column that the catalogue names is not there. Others : see `ingestion.reading.tables.read_table`.
    """
    how = file.gene_flags
    if how is None or file.sample_id is None:
        raise ValueError(f"files.{file.id} is no table of gene flags")
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file), "mutations")
    table = only_matching(table, file.keep_rows, ref.where)
    samples = pick_column(
        table, file.sample_id, file.format.missing, ref.where, f"files.{file.id}.sample_id"
    ).to_pylist()
    rows = table.rows()
    nobody = [row for row, sample in zip(rows, samples, strict=True) if sample is None]
    message = "the row has no sample identifier"
    out.add_rejected(ref, [RejectedRow(row, "missing_key", "", message) for row in nobody])
    gene = ref.member
    column = require_column(table.columns, gene, ref.where, f"files.{file.id}.gene_flags.genes")
    cells = [(cell or "").strip() for cell in table.cells(column)]
    keyed = [(r, s, c) for r, s, c in zip(rows, samples, cells, strict=True) if s and c not in how.wild_type]
    _add_calls(gene, [(row, sample, cell in how.mutated) for row, sample, cell in keyed], ref, file, out)
    if gene != how.genes[0]:
        return
    statements = {s: Statement(row, s, how.panel_id) for row, s in zip(rows, samples, strict=True) if s}
    add_statements(out, ref, "declared", "table of gene flags", list(statements.values()))
    out.add(
        "gene_panels",
        len(how.genes),
        {
            "source_file_id": ref.source_file_id,
            "source_row": [file.format.header_row] * len(how.genes),
            "panel_id": how.panel_id,
            "hugo_symbol": list(how.genes),
        },
    )


def _add_calls(
    gene: str, called: list[tuple[int, str, bool]], ref: SourceRef, file: SourceFile, out: RawTables
) -> None:
    """Rows of one gene: line, sample, and whether the cell says mutated (else nobody knows what it says)."""
    constants = dict(file.mutation_constants)
    stated = constants.pop("variant_classification")
    out.add(
        "mutations",
        len(called),
        {
            "cohort_id": ref.cohort_id,
            "file_id": ref.file_id,
            "source_file_id": ref.source_file_id,
            "source_row": [row for row, _, _ in called],
            "sample_id": [sample for _, sample, _ in called],
            "hugo_symbol": gene,
            "variant_classification": [stated if is_mutated else None for _, _, is_mutated in called],
            **constants,
        },
    )
