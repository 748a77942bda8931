"""The catalogue: what a user edits to say which cohorts exist and how their columns and words map.

One YAML file a cohort under ``catalog/cohorts``, the list of harmonised attributes in
``catalog/attributes.yaml``. Everything is validated on load; an error names the file, the key and
the remedy. Reading bytes (``fetch``), parsing them (``tables``, ``cbioportal``) and turning words
into vocabulary (dbt) do not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from ingestion.catalog_attributes import Attribute, check_cohort
from ingestion.catalog_columns import (
    ColumnMap,
    Interval,
    Pattern,
    Pick,
    SignatureRelease,
    Strict,
    TableFormat,
    compiles,
)
from ingestion.catalog_measurements import (
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
from ingestion.catalog_panels import DeclaredPanel, GenePanelTable
from ingestion.errors import CatalogError, InvalidAddressError
from ingestion.fetching.addresses import parse_address
from ingestion.yaml_files import read_mapping

Origin = Literal["icb_start", "diagnosis", "sequencing", "sampling", "randomisation", "stage_iv", "unknown"]
Endpoint = Literal["OS", "PFS", "DSS", "DFI", "PFI"]
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
        if self.kind in needs_sample and self.sample_id is None:
            raise ValueError(f"a {self.kind} table needs sample_id")
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


class EndpointRule(Strict):
    """When the clock of an endpoint starts, and how we know."""

    origin: Origin
    evidence: str
    entry_column: str | None = None


class PersonRule(Strict):
    """A declared rule that turns a patient identifier into a person key. Two patients with the same
    ``namespace`` and key are one person."""

    rule_id: str
    namespace: str
    pattern: Pattern
    corrections: dict[str, str] = Field(default_factory=dict)
    evidence: str


class Filters(Strict):
    """How the source means FILTER. ``passing``: cancer type code or ``*`` -> pattern of the values that pass; any other
    value is a call that the source itself does not believe."""

    passing: dict[str, str]
    evidence: str

    @model_validator(mode="after")
    def _patterns_compile(self) -> Filters:
        for code, pattern in self.passing.items():
            compiles(pattern)
            if not code:
                raise ValueError("passing has an empty key; use '*' for every cancer type")
        if "*" not in self.passing:
            raise ValueError("passing needs '*', the pattern for every other cancer type")
        return self


class ZeroCalls(Strict):
    """What an exome without one call of any class is: ``real`` when the source shows that it had none. Without this it
    is undetermined, because a truncated table looks the same."""

    kind: Literal["real"]
    evidence: str


class Assay(Strict):
    name: str
    kind: Literal["exome", "panel", "none"]
    panel_id: str | None = Field(default=None, description="panel of every sample without one of its own")
    size_mb: float | None = Field(default=None, gt=0, description="coding territory behind TMB, in megabases")
    reports_silent: bool = False
    burden_from_calls: bool = Field(
        default=True, description="false where the table lists not every call: no burden is counted from it"
    )
    zero_calls: ZeroCalls | None = None


class Unlinkable(Strict):
    """People without identifiers of their own (row numbers): nothing can say who of another cohort they are.

    ``may_overlap`` are cohorts that may hold the same people, with what is known of it as ``evidence``. No question
    pools the cohort with one of these, and none takes it in unless it is named.
    """

    may_overlap: tuple[str, ...] = ()
    evidence: str = Field(min_length=1)


class Cohort(Strict):
    """One cohort file. See docs/catalogue.md for every key with an example."""

    cohort_id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    citation: str
    pmid: str | None = None
    doi: str | None = None
    licence: str
    is_icb: bool | Literal["by_patient"] = Field(
        description="whether its patients got a checkpoint inhibitor; by_patient: some did, DRUG_CLASS or "
        "DRUG_NAME says who, and of the others nothing is known"
    )
    is_synthetic: bool = False
    private: bool = Field(
        default=False, description="in no version, report or export unless it is asked for by name"
    )
    precedence: int = Field(description="which row of a person in several cohorts is used: lowest first")
    known_missing: tuple[str, ...] = ()
    assay: Assay
    panels: tuple[DeclaredPanel, ...] = Field(
        default=(), description="panels that no list describes, and what stands for their genes"
    )
    endpoints: dict[Endpoint, EndpointRule] = Field(default_factory=dict)
    files: tuple[SourceFile, ...]
    person_rules: tuple[PersonRule, ...] = ()
    drug_classes: dict[str, str] = Field(
        default_factory=dict,
        description="drug as the cohort writes it: its class; wins over seed drug_classes",
    )
    filters: Filters | None = None
    unlinkable: Unlinkable | None = None

    @property
    def owner_id(self) -> str:
        return self.cohort_id

    @model_validator(mode="after")
    def _file_ids_are_unique(self) -> Cohort:
        ids = [f.id for f in self.files]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise ValueError(f"file ids repeated: {repeated}")
        return self


class Reference(Strict):
    """Something shared by cohorts that is no cohort itself, such as published gene panels."""

    reference_id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    citation: str
    licence: str
    files: tuple[SourceFile, ...]

    @property
    def owner_id(self) -> str:
        return self.reference_id


class LeftOutCohort(Strict):
    """A cohort that is in no table of a version, and the sentence that says why."""

    cohort_id: str
    sentence: str

    def __str__(self) -> str:
        return f"cohort {self.cohort_id} was left out of this version: {self.sentence}"


class Catalog(Strict):
    """left_out: cohorts whose file is not valid. invalid_references: files of references that are not, and why."""

    attributes: dict[str, Attribute]
    cohorts: tuple[Cohort, ...]
    references: tuple[Reference, ...] = ()
    left_out: tuple[LeftOutCohort, ...] = ()
    invalid_references: dict[Path, str] = Field(default_factory=dict)

    def owners(self) -> tuple[Cohort | Reference, ...]:
        """Everything that has files."""
        return (*self.cohorts, *self.references)

    def without(self, left_out: tuple[LeftOutCohort, ...]) -> Catalog:
        """The catalogue without these cohorts, which it names under ``left_out`` beside those it named before."""
        names = {cohort.cohort_id for cohort in left_out}
        kept = tuple(cohort for cohort in self.cohorts if cohort.cohort_id not in names)
        return self.model_copy(update={"cohorts": kept, "left_out": (*self.left_out, *left_out)})

    def cohort(self, cohort_id: str) -> Cohort:
        for cohort in self.cohorts:
            if cohort.cohort_id == cohort_id:
                return cohort
        known = ", ".join(c.cohort_id for c in self.cohorts)
        raise CatalogError(f"Cohort '{cohort_id}' is not in the catalogue; known cohorts: {known}.")

    def automatic_columns(self) -> dict[str, ColumnMap]:
        """Column name in capitals -> map, from the attributes' own names and synonyms, in the order in which
        they are asked: every own name before any synonym, synonyms as ``attributes.yaml`` lists them."""
        found: dict[str, ColumnMap] = {}
        own = [(a.own_column(name), name) for name, a in self.attributes.items()]
        synonyms = [(column, name) for name, a in self.attributes.items() for column in a.synonyms]
        for column, name in (*own, *synonyms):
            if column is not None:
                unit = self.attributes[name].unit
                found.setdefault(column.upper(), ColumnMap(attribute=name, unit=unit))
        return found


def _sentence(path: Path, exc: ValidationError) -> str:
    parts = []
    for error in exc.errors():
        key = ".".join(str(p) for p in error["loc"]) or "(top level)"
        parts.append(f"key '{key}': {error['msg'].removeprefix('Value error, ')}")
    return f"{path}: {'; '.join(parts)}. Correct the key and run 'icb cohort check {path.stem}'."


def load_cohort(path: Path) -> Cohort:
    """Read and validate one cohort file.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy: broken YAML, unknown key, missing key, wrong value.
    """
    content = read_mapping(path, f"cohort_id: {path.stem}")
    try:
        cohort = Cohort.model_validate(content)
    except ValidationError as exc:
        raise CatalogError(_sentence(path, exc)) from exc
    if cohort.cohort_id != path.stem:
        raise CatalogError(
            f"{path}: key 'cohort_id' is '{cohort.cohort_id}' but the file is named '{path.stem}'; "
            "make them equal."
        )
    return cohort


def load_reference(path: Path) -> Reference:
    """Read and validate one file of ``references/``.

    Raises
    ------
    CatalogError
        As :func:`load_cohort`.
    """
    content = read_mapping(path, f"reference_id: {path.stem}")
    try:
        reference = Reference.model_validate(content)
    except ValidationError as exc:
        raise CatalogError(_sentence(path, exc)) from exc
    if reference.reference_id != path.stem:
        raise CatalogError(
            f"{path}: key 'reference_id' is '{reference.reference_id}' but the file is named '{path.stem}'; "
            "make them equal."
        )
    return reference


def load_attributes(path: Path) -> dict[str, Attribute]:
    """Read and validate the list of harmonised attributes.

    Raises
    ------
    CatalogError
        As :func:`load_cohort`.
    """
    content = read_mapping(path, "AGE: {level: patient, type: number, description: ...}")
    try:
        return {name: Attribute.model_validate(value) for name, value in content.items()}
    except ValidationError as exc:
        raise CatalogError(_sentence(path, exc)) from exc


def load_checked_cohort(path: Path, attributes: dict[str, Attribute]) -> Cohort:
    """Read one cohort file and hold it to the attributes and vocabularies.

    Raises
    ------
    CatalogError
        As :func:`load_cohort` and :func:`ingestion.catalog_attributes.check_cohort`.
    """
    cohort = load_cohort(path)
    check_cohort(path, cohort, attributes)
    return cohort


def files_of(folders: Sequence[Path], room: str) -> list[Path]:
    """The YAML files of one room (``cohorts``, ``analyses``) of several catalogues, in order of folder and name.

    Raises
    ------
    CatalogError
        Two folders have a file of one name: nothing says which of them is meant.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted((folder / room).glob("*.yaml")):
            if path.name in found:
                raise CatalogError(
                    f"there is a file of that name in {found[path.name].parent} too",
                    where=str(path),
                    remedy="rename one of them",
                )
            found[path.name] = path
    return list(found.values())


def load_catalog(
    folder: Path | Sequence[Path],
    attributes_path: Path | None = None,
    *,
    strict: bool = True,
    may_be_empty: bool = False,
    tolerant: bool = False,
) -> Catalog:
    """Read the attributes (``attributes.yaml`` of the first folder unless given), every ``cohorts/*.yaml`` and every
    ``references/*.yaml`` that is a :class:`Reference` (has ``reference_id``; gene sets lie there too), of one folder or
    of several.

    Parameters
    ----------
    strict : a cohort file that is not valid is an error; else it is named in ``left_out``, and the others are read.
    may_be_empty : no cohort at all is no error.
    tolerant : a file of a reference that is not valid is named in ``invalid_references``; else it is an error.

    Raises
    ------
    CatalogError
        As :func:`load_checked_cohort`; without ``strict`` only when no cohort file is valid.
    """
    folders = (folder,) if isinstance(folder, Path) else tuple(folder)
    attributes = load_attributes(attributes_path or folders[0] / "attributes.yaml")
    cohorts: list[Cohort] = []
    left_out: list[LeftOutCohort] = []
    for cohort_path in files_of(folders, "cohorts"):
        try:
            cohorts.append(load_checked_cohort(cohort_path, attributes))
        except CatalogError as exc:
            if strict:
                raise
            left_out.append(LeftOutCohort(cohort_id=cohort_path.stem, sentence=str(exc)))
    if not cohorts and not may_be_empty:
        if left_out:
            raise CatalogError(" ".join(cohort.sentence for cohort in left_out))
        raise CatalogError(
            f"{' and '.join(str(f / 'cohorts') for f in folders)} holds no cohort file; add one with 'icb cohort add "
            "<study_id or table>'."
        )
    references: list[Reference] = []
    invalid_references: dict[Path, str] = {}
    for reference_path in files_of(folders, "references"):
        try:
            if "reference_id" in read_mapping(reference_path, f"reference_id: {reference_path.stem}"):
                references.append(load_reference(reference_path))
        except CatalogError as exc:
            if not tolerant:
                raise
            invalid_references[reference_path] = str(exc)
    return Catalog(
        attributes=attributes,
        cohorts=tuple(cohorts),
        references=tuple(references),
        left_out=tuple(left_out),
        invalid_references=invalid_references,
    )
