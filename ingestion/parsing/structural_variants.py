"""Structural variants of a cBioPortal study to rows of ``structural_variants``.

Two formats of cBioPortal File-Formats: ``data_sv.txt`` (a row a variant, with a gene at each of two sites) and the
older ``data_fusions.txt`` (a row a gene of a fusion, in MAF's columns). A rearrangement of a gene is no mutation of it:
nothing of these tables goes into ``mutations``. Which gene a name is, and whether the variant counts, says dbt.
"""

from __future__ import annotations

import pyarrow.compute as pc

from ingestion.catalog.columns import Pick
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.raw_rows import ColumnInput, RawTables, SourceRef
from ingestion.reading.picks import filled, pick_column
from ingestion.reading.privacy import guard_for
from ingestion.reading.table_model import RejectedRow, find_column
from ingestion.reading.tables import read_table

_SAMPLES = ("Sample_Id", "Sample_ID", "SampleId", "Tumor_Sample_Barcode")
#: Column of ``structural_variants`` -> names in either format, best first.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "sv_status": ("SV_Status",),
    "site1_hugo_symbol": ("Site1_Hugo_Symbol", "Hugo_Symbol"),
    "site1_entrez_gene_id": ("Site1_Entrez_Gene_Id", "Entrez_Gene_Id"),
    "site1_chromosome": ("Site1_Chromosome",),
    "site1_position": ("Site1_Position",),
    "site2_hugo_symbol": ("Site2_Hugo_Symbol",),
    "site2_entrez_gene_id": ("Site2_Entrez_Gene_Id",),
    "site2_chromosome": ("Site2_Chromosome",),
    "site2_position": ("Site2_Position",),
    "effect_on_frame": ("Site2_Effect_On_Frame", "Frame"),
    "sv_class": ("Class",),
    "event_info": ("Event_Info", "Fusion", "Annotation"),
    "dna_support": ("DNA_Support", "DNA_support"),
    "rna_support": ("RNA_Support", "RNA_support"),
    "ncbi_build": ("NCBI_Build",),
}
_GENES = ("site1_hugo_symbol", "site1_entrez_gene_id", "site2_hugo_symbol", "site2_entrez_gene_id")


def parse_structural_variants(
    content: bytes, ref: SourceRef, file: SourceFile, sample_id: Pick, out: RawTables
) -> None:
    """Read one table of structural variants or fusions into ``out``.

    Parameters
    ----------
    sample_id : the study's rule for identifiers of samples.

    Raises
    ------
    ParseError : no column of samples, or none that names a gene. Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected, guard_for(file))
    found = {name: next((c for n in names if (c := find_column(table.columns, n))), None)
             for name, names in _COLUMNS.items()}  # fmt: skip
    if all(found[name] is None for name in _GENES):
        raise ParseError(
            f"no column names a gene; the file has: {', '.join(table.columns[:25])}",
            file=ref.where,
            remedy="name the genes in Site1_Hugo_Symbol and Site2_Hugo_Symbol (cBioPortal File-Formats)",
        )
    pick = sample_id.model_copy(update={"columns": tuple(dict.fromkeys((*_SAMPLES, *sample_id.columns)))})
    samples = pick_column(table, pick, file.format.missing, ref.where, "the table of structural variants")
    has_sample = pc.is_valid(samples)
    lost = table.frame.column("source_row").filter(pc.invert(has_sample)).to_pylist()
    notes = [RejectedRow(row, "missing_key", None, "the row has no sample identifier") for row in lost]
    out.add_rejected(ref, notes, guard_for(file))
    columns: dict[str, ColumnInput] = {
        name: filled(table.frame.column(column), file.format.missing).filter(has_sample)
        for name, column in found.items()
        if column is not None
    }
    out.add(
        "structural_variants",
        len(samples) - len(lost),
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": table.frame.column("source_row").filter(has_sample),
            "sample_id": samples.filter(has_sample),
            **columns,
        },
    )
