"""``icb cohort check``: opens every file of a cohort as a run does, says what became of it, and refuses what a run
would refuse.

Each file is fetched (or read from the mirror) and parsed into memory. For the receipt the cohort's tables are built
alone, in a file of their own that is gone afterwards (`warehouse.build.trial_build`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from ingestion.catalog.attributes import Attribute, check_cohort
from ingestion.catalog.cohorts import Catalog, Cohort, Reference
from ingestion.catalog.loading import files_of, load_attributes, load_catalog, load_cohort
from ingestion.catalog.privacy import private_addresses
from ingestion.catalog.source_files import FileKind, SourceFile
from ingestion.catalog.tables import resolved_columns
from ingestion.errors import (
    AbsentColumnError,
    AddressNotFoundError,
    CatalogError,
    IngestionError,
    SourceUnavailableError,
    StorageError,
)
from ingestion.fetching.fetch import FetchedFile, Fetcher
from ingestion.fetching.own_files import fetch_all
from ingestion.fetching.progress import RichProgress
from ingestion.fetching.store import ContentStore
from ingestion.parsing.panels import unknown_panels
from ingestion.raw_rows import arrow_schema
from ingestion.raw_schema import RAW_TABLES
from ingestion.raw_tables import catalog_tables, parse_cohort_file
from ingestion.reading.table_model import normal_name
from warehouse.build.trial_build import trial_build
from warehouse.reports.cohort_receipt import Line, receipt
from warehouse.settings import Settings

_NOT_THERE = (AddressNotFoundError, SourceUnavailableError)
#: Raw tables that say where rows came from or why they were not read: the others hold the rows.
_ABOUT_ROWS = ("source_files", "rejected_rows")
#: Columns of a study that name the patient and the sample.
_KEYS = ("PATIENT_ID", "SAMPLE_ID")
_OF_PANELS = ("profiled_samples", "gene_panels", "source_files")


@dataclass(frozen=True)
class CheckedFile:
    """What became of one file.

    Attributes
    ----------
    state : ``read``, ``awaited`` (not there, and the run goes on without it), ``refused`` or ``not opened``.
    rows : raw table -> rows. rejected : rule -> rows of ``rejected_rows``.
    columns : clinical columns that become an attribute; not_mapped : those that do not.
    """

    file_id: str
    kind: str
    state: str
    rows: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    not_mapped: tuple[str, ...] = ()
    note: str = ""


@dataclass
class CheckedCohort:
    """One cohort file and its files.

    Attributes
    ----------
    faults : a sentence each; without any a run would take the cohort.
    warnings : checks of its tables that do not pass and leave nobody out.
    receipt : what the files become, as ``marts.cohort_receipts`` has it; empty when it was not asked for, or when there
        are faults without it.
    """

    cohort_id: str
    path: Path
    title: str = ""
    files: list[CheckedFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    receipt: list[Line] = field(default_factory=list)


def check_cohorts(
    settings: Settings, cohort: str | None, *, open_files: bool, build_receipt: bool = False
) -> list[CheckedCohort]:
    """Check one cohort of the catalogue (or the file of that path), or every one.

    Parameters
    ----------
    build_receipt : also build the tables of each cohort without a fault, alone, and read its receipt (half a minute
        each).

    Raises
    ------
    CatalogError
        The catalogue has no cohort file, or its attributes or references are not valid.
    IngestionError
        The data folder cannot be written; a list of gene panels that cohorts share cannot be read.
    """
    if cohort is None:
        catalog = load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)
        paths = files_of(settings.catalogs, "cohorts")
        if not paths:
            load_catalog(
                settings.catalogs, settings.attributes
            )  # says that there is none, and how to add one
    else:
        paths = [_path_of(settings, cohort)]
        catalog = _shared(settings)
    found = [_declared(path, settings) for path in paths]
    if open_files and any(declared for _, declared in found):
        declared_now = tuple(declared for _, declared in found if declared is not None)
        checked_catalog = catalog.model_copy(update={"cohorts": (*catalog.cohorts, *declared_now)})
        with (
            RichProgress() as progress,
            Fetcher(
                ContentStore(settings.data),
                settings.mirror,
                settings.lock(),
                progress=progress,
                private=(ContentStore(settings.data, is_private=True), private_addresses(checked_catalog)),
            ) as fetcher,
        ):
            reader = _Reader(settings, catalog, fetcher)
            panels = reader.references("gene_panels")
            read = [
                (checked, declared, reader.open(checked, declared, panels))
                for checked, declared in found
                if declared is not None
            ]
            known = [*panels, *reader.references("gene_identifiers")] if build_receipt else []
        if build_receipt:
            for checked, declared, tables in read:
                if not checked.faults:
                    _build(
                        checked,
                        catalog.model_copy(update={"cohorts": (declared,)}),
                        [*known, *tables],
                        settings,
                    )
    return [checked for checked, _ in found]


def _path_of(settings: Settings, cohort: str) -> Path:
    is_file = cohort.endswith((".yaml", ".yml"))
    if is_file:
        return Path(cohort)
    paths = {path.stem: path for path in files_of(settings.catalogs, "cohorts")}
    return paths.get(cohort, settings.catalogs[-1] / "cohorts" / f"{cohort}.yaml")


def _shared(settings: Settings) -> Catalog:
    """The catalogue's attributes and references; a fault in another cohort's file is not this one's."""
    return load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)


def _declared(path: Path, settings: Settings) -> tuple[CheckedCohort, Cohort | None]:
    """The cohort file by itself."""
    checked = CheckedCohort(path.stem, path)
    attributes = load_attributes(settings.attributes)
    try:
        declared = load_cohort(path)
    except IngestionError as exc:
        checked.faults.append(str(exc))
        return checked, None
    checked.faults += _faults_of_words(path, declared, attributes)
    checked.title = declared.title
    checked.files = [CheckedFile(file.id, file.kind, "not opened") for file in declared.files]
    return checked, declared


def _faults_of_words(path: Path, declared: Cohort, attributes: Mapping[str, Attribute]) -> list[str]:
    """What the cohort file says about attributes, words and drugs that cannot be: a sentence each. A run stops at the
    first of them; here each part of the file is asked by itself."""
    alone = [declared.model_copy(update={"files": ()})]
    for file in declared.files:
        rest: dict[str, Any] = {"constants": {}, "intervals": ()}
        columns = [{"columns": {name: m}} | rest for name, m in file.columns.items()]
        parts: list[dict[str, Any]] = [*columns, {"columns": {}}]
        for part in parts:
            one = file.model_copy(update=part)
            alone.append(declared.model_copy(update={"files": (one,), "drug_classes": {}}))
    faults: list[str] = []
    for part_of_file in alone:
        try:
            check_cohort(path, part_of_file, attributes)
        except CatalogError as exc:
            faults.append(str(exc))
    return list(dict.fromkeys(faults))


@dataclass(frozen=True)
class _Reader:
    """Fetches and parses, into memory only."""

    settings: Settings
    catalog: Catalog
    fetcher: Fetcher

    def read(self, owner: Reference, file: SourceFile) -> dict[str, pa.Table]:
        fetched = fetch_all(self.fetcher, owner, file, self.settings.own_sources, self.settings.files)
        return parse_cohort_file(owner, file, fetched, self.catalog)

    def _parsed(
        self, cohort: Cohort, file: SourceFile, fetched: Sequence[FetchedFile]
    ) -> tuple[list[str], dict[str, pa.Table] | None]:
        """Every fault of one file, and its tables. After a declared column that is absent the others are still asked
        for; after another fault there is nothing more to read."""
        faults: list[str] = []
        while True:
            try:
                return faults, parse_cohort_file(cohort, file, fetched, self.catalog)
            except AbsentColumnError as exc:
                faults.append(str(exc))
                rest = _without_column(file, exc.column)
                if rest == file:
                    return faults, None
                file = rest
            except StorageError:
                raise
            except IngestionError as exc:
                return [*faults, str(exc)], None

    def references(self, kind: FileKind) -> list[dict[str, pa.Table]]:
        """The lists of one kind that cohorts share; one that is awaited and not there is left out."""
        found = []
        for reference in self.catalog.references:
            for file in reference.files:
                if file.kind != kind:
                    continue
                try:
                    found.append(self.read(reference, file))
                except _NOT_THERE:
                    if file.awaited is None:
                        raise
        return found

    def open(
        self, checked: CheckedCohort, cohort: Cohort, panels: Sequence[dict[str, pa.Table]]
    ) -> list[dict[str, pa.Table]]:
        """Read every file of a cohort, put what is found into ``checked``, and give the tables."""
        read = []
        for place, file in enumerate(cohort.files):
            try:
                fetched = fetch_all(
                    self.fetcher, cohort, file, self.settings.own_sources, self.settings.files
                )
            except StorageError:
                raise  # of this machine, not of the cohort
            except IngestionError as exc:
                if file.awaited is not None and isinstance(exc, _NOT_THERE):
                    checked.files[place] = CheckedFile(file.id, file.kind, "awaited", note=file.awaited)
                else:
                    checked.faults.append(str(exc))
                    checked.files[place] = CheckedFile(file.id, file.kind, "refused", note=str(exc))
                continue
            faults, tables = self._parsed(cohort, file, fetched)
            checked.faults += faults
            if faults:
                checked.files[place] = CheckedFile(file.id, file.kind, "refused", note=" ".join(faults))
            if tables is not None:
                read.append(tables)
                if not faults:
                    checked.files[place] = _receipt(file, tables, self.catalog)
        tables_of_panels = [*panels, *read]
        if not tables_of_panels:
            return read
        whole = {name: pa.concat_tables([t[name] for t in tables_of_panels]) for name in _OF_PANELS}
        alone = self.catalog.model_copy(update={"cohorts": (cohort,)})
        unknown = [str(error) for error in unknown_panels(whole, alone).values()]
        checked.faults += unknown or _unknown_assay(checked.path, cohort, whole["gene_panels"])
        return read


def _build(
    checked: CheckedCohort, alone: Catalog, parsed: Sequence[dict[str, pa.Table]], settings: Settings
) -> None:
    """Build the tables of a cohort alone and put its receipt, and the checks that it fails, into ``checked``.

    Parameters
    ----------
    alone : the catalogue with this cohort only.
    """
    of_catalog = catalog_tables(alone)
    raw = {
        name: of_catalog[name]
        if name in of_catalog
        else pa.concat_tables([arrow_schema(name).empty_table(), *(tables[name] for tables in parsed)])
        for name in RAW_TABLES
    }
    with (
        Console(stderr=True).status(f"Building the tables of {checked.cohort_id} alone: half a minute"),
        trial_build(checked.cohort_id, raw, settings) as built,
    ):
        checked.receipt = receipt(built.con, checked.cohort_id)
        checked.faults += built.faults
        checked.warnings += built.warnings


def _without_column(file: SourceFile, column: str) -> SourceFile:
    """The file as if its entry did not name this column; the same where an identifier or a measurement is read from
    it."""
    return file.model_copy(
        update={
            "columns": {name: m for name, m in file.columns.items() if name != column},
            "private": tuple(name for name in file.private if name != column),
            "intervals": tuple(i for i in file.intervals if column not in (i.start, i.end)),
            "keep_rows": {name: values for name, values in file.keep_rows.items() if name != column},
            "profiled_if": {name: values for name, values in file.profiled_if.items() if name != column},
        }
    )


def _unknown_assay(path: Path, cohort: Cohort, gene_panels: pa.Table) -> list[str]:
    """The panel that the cohort file names for everybody, when no list describes it, whoever is on it."""
    named = cohort.assay.panel_id
    known = {str(name).lower() for name in gene_panels.column("panel_id").unique().to_pylist()}
    known |= {panel.panel_id.lower() for panel in cohort.panels}
    if named is None or named.lower() in known:
        return []
    error = CatalogError(
        f"key 'assay.panel_id': no list describes panel '{named}'",
        where=str(path),
        remedy="correct its name, or add a file of kind gene_panels that lists its genes",
    )
    return [str(error)]


def _receipt(file: SourceFile, tables: dict[str, pa.Table], catalog: Catalog) -> CheckedFile:
    rejected = Counter(tables["rejected_rows"].column("rule_id").to_pylist())
    known = {column.name: column.map for column in resolved_columns(file, catalog)}
    keys = {*_KEYS, *(normal_name(c) for p in (file.patient_id, file.sample_id) if p for c in p.columns)}
    names = dict.fromkeys(tables["clinical_values"].column("column_name").to_pylist())
    return CheckedFile(
        file.id,
        file.kind,
        "read",
        rows={name: t.num_rows for name, t in tables.items() if t.num_rows and name not in _ABOUT_ROWS},
        rejected={str(rule): n for rule, n in sorted(rejected.items())},
        columns=tuple(f"{name}: {known[name].attribute}" for name in names if name in known),
        not_mapped=tuple(str(name) for name in names if name not in known and name not in keys),
    )


def rows_of(checked: Sequence[CheckedCohort]) -> list[dict[str, object]]:
    """A row a file for the terminal."""

    def counted(counts: dict[str, int]) -> str:
        return ", ".join(f"{n:,} {name}" for name, n in counts.items())

    return [
        {
            "cohort_id": cohort.cohort_id,
            "file": file.file_id,
            "kind": file.kind,
            "state": file.state,
            "rows": counted(file.rows),
            "columns mapped": len(file.columns) if file.state == "read" else "",
            "rejected": counted(file.rejected),
        }
        for cohort in checked
        for file in cohort.files
    ]
