"""Cohorts, references and the whole catalogue: the models of what a user writes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from ingestion.catalog.attributes import Attribute
from ingestion.catalog.columns import ColumnMap, Pattern, Strict, compiles
from ingestion.catalog.panels import DeclaredPanel
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import CatalogError

Origin = Literal["icb_start", "diagnosis", "sequencing", "sampling", "randomisation", "stage_iv", "unknown"]
Endpoint = Literal["OS", "PFS", "DSS", "DFI", "PFI"]


class EndpointRule(Strict):
    """When the clock of an endpoint starts, and how we know."""

    origin: Origin
    evidence: str
    entry_column: str | None = None


class TimelineRule(Strict):
    """What the days of a study's timelines are counted from, and how we know."""

    origin: Origin
    evidence: str


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
    timeline: TimelineRule | None = Field(
        default=None, description="what the days of its timelines are counted from; unknown without it"
    )
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

    @property
    def is_awaited(self) -> bool:
        """Whether none of its files need be there: it is in a version only once one of them has come."""
        return all(file.awaited is not None for file in self.files)

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
