"""How the catalogue says to read measurements and gene lists: expression, immune features, gene sets.

The models only; the bytes are read by them in ``expression_tables``, ``feature_tables`` and ``gene_set_tables``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from ingestion.catalog.columns import Pattern, Strict

#: Scheme of addresses that are files of the project's own catalogue: ``catalog:gene_sets/mhc.gmt``.
OWN_SCHEME = "catalog:"
#: Scheme of a site's own files, which never leave its machine: ``file:export/clinic.csv`` under its folder of files.
FILE_SCHEME = "file:"


class ExpressionTable(Strict):
    """One expression matrix, values as the source has them.

    ``samples_in`` says where the samples stand: each a column beside the gene (``columns``), or each a row with one
    column a gene (``rows``). ``not_samples`` (``not_genes`` for ``rows``) names columns that are neither.
    """

    pipeline: str = Field(description="how the values were made, as far as the source says")
    gene: str | None = Field(default=None, description="column of the gene; None for samples in rows")
    samples_in: Literal["columns", "rows"] = "columns"
    not_samples: tuple[str, ...] = ()
    not_genes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_the_gene(self) -> ExpressionTable:
        if (self.samples_in == "columns") != (self.gene is not None):
            raise ValueError(
                "expression needs 'gene' where the samples are columns, and none where they are rows"
            )
        return self


class FeatureTable(Strict):
    """One table of immune features: who published it, and which column is which feature of seed ``immune_features``.

    ``aliquot`` names the column with the full barcode, so that several aliquots of one sample can be told apart.
    """

    source: str = Field(description="whose estimate it is, e.g. Thorsson 2018, table S1")
    columns: dict[str, str] = Field(description="source column: feature of the vocabulary")
    aliquot: str | None = None

    @model_validator(mode="after")
    def _has_columns(self) -> FeatureTable:
        if not self.columns:
            raise ValueError("features.columns names no column")
        return self


class GeneSetTable(Strict):
    """Gene sets of one file. A GMT file has a set a line; a list has one set, a gene a line (column ``gene``).

    ``ids`` turns the file's names into gene_set_id (others: lower case, non-letters as ``_``); ``collections`` puts
    single sets into another collection. ``repairs`` mends symbols that a spreadsheet has turned into something else.
    """

    format: Literal["gmt", "list"] = "gmt"
    collection: str = Field(pattern=r"^[a-z0-9_]+$")
    version: str
    citation: str
    gene: str | None = Field(default=None, description="column of the gene in a list with a header")
    set_id: str | None = Field(default=None, description="gene_set_id of a list")
    title: str | None = Field(default=None, description="title of a list")
    name_pattern: Pattern = Field(default=None, description="the part of a GMT name that is kept")
    repairs: dict[str, str] = Field(default_factory=dict)
    left_out: tuple[str, ...] = Field(default=(), description="entries of the lists that are no genes")

    @model_validator(mode="after")
    def _a_list_is_one_set(self) -> GeneSetTable:
        if self.format == "list" and not (self.set_id and self.title):
            raise ValueError("a gene set of format list needs 'set_id' and 'title'")
        return self


class GeneIdentifierColumns(Strict):
    """Columns of a table that names genes by several identifiers."""

    hugo_symbol: str
    entrez_gene_id: str | None = None
    ensembl_gene_id: str | None = None


class CallContexts(Strict):
    """A table of calls that carries the sequence around each, so that its 96-channel spectra need no genome.

    ``context`` is a column with an odd number of bases, the reference base in the middle. Calls that agree in sample,
    alleles and every column of ``same_call`` count once.
    """

    context: str
    reference: str
    alternate: str
    same_call: tuple[str, ...] = ()


class GeneFlagTable(Strict):
    """One table with a column a gene that says whether the sample's gene is mutated, and no calls.

    ``genes`` are the columns, named as the genes; only these count as covered by ``panel_id``, the file's own panel.
    A cell that is in neither list of words makes that gene undetermined for the sample. ``evidence`` says why an
    unflagged gene may be called wild-type.
    """

    panel_id: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    genes: tuple[str, ...] = Field(min_length=1)
    mutated: tuple[str, ...] = ("1",)
    wild_type: tuple[str, ...] = ("0",)
    evidence: str = Field(min_length=1)

    @model_validator(mode="after")
    def _words_differ(self) -> GeneFlagTable:
        both = sorted(set(self.mutated) & set(self.wild_type))
        if both:
            raise ValueError(f"gene_flags has {both} under mutated and under wild_type")
        return self


#: kind of a file -> the key that says how it is read
MEASUREMENT_KEYS = {
    "expression": "expression",
    "immune_features": "features",
    "gene_sets": "gene_sets",
    "gene_identifiers": "gene_identifiers",
    "gene_flags": "gene_flags",
}


def check_measurements(
    kind: str, entries: Mapping[str, Strict | None], *, has_sample: bool, has_unit: bool
) -> None:
    """A table of measurements or gene lists has the entry that says how to read it, and no other kind has it.

    Raises
    ------
    ValueError : an entry is missing or belongs to another kind; an expression table without unit or sample_id, immune
        features without sample_id.
    """
    for needs, key in MEASUREMENT_KEYS.items():
        if kind == needs and entries[key] is None:
            raise ValueError(f"kind {kind} needs the key '{key}'")
        if kind != needs and entries[key] is not None:
            raise ValueError(f"key '{key}' belongs to kind {needs}, this file is of kind {kind}")
    if kind == "expression" and not (has_unit and has_sample):
        raise ValueError("an expression table needs unit and sample_id")
    if kind == "immune_features" and not has_sample:
        raise ValueError("a table of immune features needs sample_id")
