"""Gene sets (GMT files and plain lists) to rows of ``gene_sets``, and identifier tables to ``gene_identifiers``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ingestion.catalog.measurements import GeneSetTable
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.fetching.archives import check_kind
from ingestion.parsing.mutation_tables import is_gene_made_date
from ingestion.parsing.sample_lists import read_bytes
from ingestion.raw_rows import ColumnInput, RawTables, SourceRef
from ingestion.reading.delimited import physical_lines
from ingestion.reading.privacy import guard_for
from ingestion.reading.table_model import RejectedRow, require_column
from ingestion.reading.tables import read_table

#: (source row, gene_set_id, title, gene as the file has it)
_Member = tuple[int, str, str, str]


def gene_set_id_of(name: str) -> str:
    """A GMT name as an identifier: lower case, runs of other characters as one underscore, + spelt out."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("+", "_pos")).strip("_")


def parse_gene_sets(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read declared gene sets; the catalogue's ``repairs`` are applied, and noted as `gene_became_date`.

    Raises
    ------
    ParseError : a GMT line of fewer than three fields, a repeated name, a list without the gene's column, a repair
        that finds nothing, or no gene at all.
    """
    how = file.gene_sets
    if how is None:
        raise ValueError(f"files.{file.id} has no 'gene_sets'; the catalogue checks that")
    members, notes = _gmt(content, ref, how) if how.format == "gmt" else _list(content, ref, file, how)
    genes = {gene for _, _, _, gene in members}
    absent = sorted(set(how.repairs) - genes)
    if absent:
        raise ParseError(
            f"there is no '{absent[0]}' to be repaired",
            file=ref.where,
            remedy=f"correct files.{file.id}.gene_sets.repairs",
        )
    if not members:
        raise ParseError("it holds no gene", file=ref.where, remedy="check that the file is complete")
    out.add(
        "gene_sets",
        len(members),
        {
            "source_file_id": ref.source_file_id,
            "source_row": [row for row, _, _, _ in members],
            "gene_set_id": [set_id for _, set_id, _, _ in members],
            "collection": how.collection,
            "title": [title for _, _, title, _ in members],
            "citation": how.citation,
            "version": how.version,
            "gene_raw": [gene for _, _, _, gene in members],
            "gene": [how.repairs.get(gene, gene) for _, _, _, gene in members],
        },
    )
    out.add_rejected(ref, [*notes, *_dates(members, how)], guard_for(file), "gene_sets")


def _dates(members: list[_Member], how: GeneSetTable) -> list[RejectedRow]:
    return [
        RejectedRow(row, "gene_became_date", gene, f"{set_id}: read as {how.repairs.get(gene, gene)}", "gene")
        for row, set_id, _, gene in members
        if is_gene_made_date(gene)
    ]


def _gmt(
    content: Path | bytes, ref: SourceRef, how: GeneSetTable
) -> tuple[list[_Member], Sequence[RejectedRow]]:
    check_kind(content, "text", source=ref.where)
    lines, notes = physical_lines(read_bytes(content), "utf-8", ref.where)
    members: list[_Member] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, *rest = (field.strip() for field in line.split("\t"))
        genes = [gene for gene in dict.fromkeys(rest[1:]) if gene and gene not in how.left_out]
        if not name or not genes:
            raise ParseError(
                "a GMT line is a name, a description and at least one gene, separated by tabs",
                file=ref.where,
                line=number,
                remedy="mend that line",
            )
        found = re.search(how.name_pattern, name) if how.name_pattern else None
        title = found.group(1) if found else name
        set_id = gene_set_id_of(title)
        if set_id in seen:
            raise ParseError(
                f"set '{set_id}' stands on line {seen[set_id]} too",
                file=ref.where,
                line=number,
                remedy="give every set its own name",
            )
        seen[set_id] = number
        members += [(number, set_id, title.replace("_", " "), gene) for gene in genes]
    return members, notes


def _list(
    content: Path | bytes, ref: SourceRef, file: SourceFile, how: GeneSetTable
) -> tuple[list[_Member], Sequence[RejectedRow]]:
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    column = table.columns[0]
    if how.gene is not None:
        column = require_column(table.columns, how.gene, ref.where, f"files.{file.id}.gene_sets.gene")
    members: dict[str, _Member] = {}
    for row, gene in zip(table.rows(), table.cells(column), strict=True):
        name = (gene or "").strip()
        if name and name not in how.left_out:
            members.setdefault(name, (row, str(how.set_id), str(how.title), name))
    return list(members.values()), table.rejected


def parse_gene_identifiers(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a table that names genes by symbol and by Entrez or Ensembl number.

    Raises
    ------
    ParseError : a declared column is not there. Others : see `ingestion.reading.tables.read_table`.
    """
    how = file.gene_identifiers
    if how is None:
        raise ValueError(f"files.{file.id} has no 'gene_identifiers'; the catalogue checks that")
    named = {k: v for k, v in how.model_dump().items() if v is not None}
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file), "gene_identifiers")
    columns: dict[str, ColumnInput] = {
        name: table.frame.column(require_column(table.columns, column, ref.where, f"gene_identifiers.{name}"))
        for name, column in named.items()
    }
    out.add(
        "gene_identifiers",
        table.frame.num_rows,
        {"source_file_id": ref.source_file_id, "source_row": table.frame.column("source_row"), **columns},
    )
