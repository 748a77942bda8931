"""One file of a cohort or a reference: its address, its kind, and how its table is read."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ingestion.catalog.columns import (
    ColumnMap,
    Interval,
    Pattern,
    Pick,
    SignatureRelease,
    Strict,
    TableFormat,
)
from ingestion.catalog.measurements import (
    FILE_SCHEME,
    MEASUREMENT_KEYS,
    OWN_SCHEME,
    CallContexts,
    ExpressionTable,
    FeatureTable,
    GeneFlagTable,
    GeneIdentifierColumns,
    GeneSetTable,
    check_measurements,
)
from ingestion.catalog.panels import GenePanelTable
from ingestion.errors import InvalidAddressError
from ingestion.fetching.addresses import parse_address

FileKind = Literal[
    "cbioportal_study",
    "clinical",
    "mutations",
    "gene_flags",
    "copy_number",
    "copy_number_segments",
    "case_list",
    "gene_panels",
    "expression",
    "mutation_spectra",
    "published_exposures",
    "signature_profiles",
    "immune_features",
    "gene_sets",
    "gene_identifiers",
]

#: MAF columns that a mutation table may fill; the names are MAF's, in lower case.
MUTATION_COLUMNS = (
    "hugo_symbol",
    "entrez_gene_id",
    "ncbi_build",
    "chromosome",
    "start_position",
    "end_position",
    "variant_classification",
    "variant_type",
    "reference_allele",
    "tumor_seq_allele1",
    "tumor_seq_allele2",
    "hgvsp_short",
    "hgvsc",
    "t_ref_count",
    "t_alt_count",
    "t_depth",
    "variant_allele_fraction",
    "cancer_cell_fraction",
    "filter",
    "mutation_status",
    "center",
)


class SourceFile(Strict):
    """One file of a cohort, or one table inside it."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    address: str
    for_each: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="one placeholder of the address and the values it takes"
    )
    kind: FileKind
    level: Literal["patient", "sample"] = "patient"
    format: TableFormat = TableFormat()
    patient_id: Pick | None = None
    sample_id: Pick | None = None
    sample_in_address: Pattern = Field(
        default=None, description="of several files of calls, one a sample: where the address names it"
    )
    columns: dict[str, ColumnMap] = Field(default_factory=dict)
    constants: dict[str, str] = Field(
        default_factory=dict, description="attributes that hold for every row: a fact of the study"
    )
    mutation_columns: dict[str, Pick] = Field(default_factory=dict)
    mutation_constants: dict[str, str] = Field(default_factory=dict)
    keep_rows: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="column: values; other rows belong to another cohort or arm"
    )
    private: tuple[str, ...] = Field(default=(), description="columns with dates or names: never stored")
    intervals: tuple[Interval, ...] = ()
    lists_profiled: bool = Field(default=False, description="its samples are those that were sequenced")
    profiled_if: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="column: values; such rows were sequenced"
    )
    unit: str | None = Field(default=None, description="unit of an expression table, e.g. FPKM")
    awaited: str | None = Field(
        default=None,
        description="why the file may not be there; the run goes on without it, and reads it once it is there",
    )
    signatures: SignatureRelease | None = Field(
        default=None, description="which release a signature table is"
    )
    panel: GenePanelTable | None = Field(
        default=None, description="how a gene_panels file is read that has not one of the portal's two forms"
    )
    expression: ExpressionTable | None = None
    features: FeatureTable | None = None
    gene_sets: GeneSetTable | None = None
    gene_identifiers: GeneIdentifierColumns | None = None
    gene_flags: GeneFlagTable | None = None
    contexts: CallContexts | None = Field(
        default=None,
        description="of a mutation_spectra file: it is a table of calls with the sequence around each",
    )

    @field_validator("address")
    @classmethod
    def _can_be_read(cls, address: str) -> str:
        if address.startswith((OWN_SCHEME, FILE_SCHEME)):
            scheme, _, path = address.partition(":")
            if path.startswith("/"):
                raise ValueError(
                    f"'{address}' is not a path below a folder of this catalogue; write {scheme}:export/clinic.csv "
                    "without a slash after the colon, or the public https address of the file"
                )
        else:
            try:
                parse_address(address)
            except InvalidAddressError as exc:
                raise ValueError(f"'{address}' is {exc.what}; {exc.remedy}") from exc
        return address

    @model_validator(mode="after")
    def _complete(self) -> SourceFile:
        unknown = set(self.mutation_columns) - set(MUTATION_COLUMNS)
        if unknown:
            raise ValueError(f"mutation_columns has unknown MAF columns {sorted(unknown)}")
        if self.kind == "clinical" and self.patient_id is None:
            raise ValueError("a clinical table needs patient_id")
        if self.kind == "clinical" and self.level == "sample" and self.sample_id is None:
            raise ValueError("a clinical table of level sample needs sample_id")
        needs_sample = ("mutations", "gene_flags", "mutation_spectra", "published_exposures")
        if self.kind in needs_sample and self.sample_id is None and self.sample_in_address is None:
            raise ValueError(f"a {self.kind} table needs sample_id")
        if self.sample_in_address is not None:
            self._check_sample_in_address()
        if self.contexts is not None and self.kind != "mutation_spectra":
            raise ValueError(
                f"key 'contexts' belongs to kind mutation_spectra, this file is of kind {self.kind}"
            )
        if self.kind == "gene_flags" and "variant_classification" not in self.mutation_constants:
            raise ValueError(
                "a gene_flags table needs mutation_constants with the variant_classification of a flag"
            )
        if (self.kind == "signature_profiles") != (self.signatures is not None):
            raise ValueError("a signature_profiles table, and no other, needs 'signatures'")
        if self.panel is not None and self.kind != "gene_panels":
            raise ValueError(f"key 'panel' belongs to kind gene_panels, this file is of kind {self.kind}")
        how = {name: getattr(self, name) for name in MEASUREMENT_KEYS.values()}
        check_measurements(
            self.kind, how, has_sample=self.sample_id is not None, has_unit=self.unit is not None
        )
        if len(self.for_each) > 1:
            raise ValueError("for_each takes one placeholder")
        for name in self.for_each:
            if "{" + name + "}" not in self.address:
                raise ValueError(f"the address has no {{{name}}} for for_each to fill")
        return self

    def _check_sample_in_address(self) -> None:
        if self.kind != "mutations" or self.sample_id is not None:
            raise ValueError("sample_in_address belongs to a mutations table without sample_id")
        for address in self.addresses():
            if re.search(str(self.sample_in_address), address) is None:
                raise ValueError(f"sample_in_address finds no sample in '{address}'")

    @property
    def holds_private(self) -> bool:
        """Whether it has columns that must not be stored, or dates of which only intervals may."""
        return bool(self.private or self.intervals)

    @property
    def is_own(self) -> bool:
        """Whether it is a file of the project's own catalogue."""
        return self.address.startswith(OWN_SCHEME)

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this site, under its folder of files."""
        return self.address.startswith(FILE_SCHEME)

    def addresses(self) -> list[str]:
        """Every address this entry stands for, ``for_each`` filled in."""
        if not self.for_each:
            return [self.address]
        name, values = next(iter(self.for_each.items()))
        return [self.address.replace("{" + name + "}", value) for value in values]
