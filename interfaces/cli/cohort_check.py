"""``icb cohort check``: opens every file of a cohort as a run does, says what became of it, and refuses what a run
would refuse.

Nothing is built: each file is fetched (or read from the mirror) and parsed into memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingestion.catalog import (
    Catalog,
    Cohort,
    Reference,
    SourceFile,
    load_attributes,
    load_catalog,
    load_cohort,
)
from ingestion.catalog_attributes import Attribute, check_cohort
from ingestion.catalog_tables import resolved_columns
from ingestion.errors import (
    AbsentColumnError,
    AddressNotFoundError,
    CatalogError,
    IngestionError,
    SourceUnavailableError,
    StorageError,
)
from ingestion.fetch import FetchedFile, Fetcher
from ingestion.own_files import fetch_all
from ingestion.panels import unknown_panels
from ingestion.progress import RichProgress
from ingestion.raw_tables import parse_cohort_file
from ingestion.store import ContentStore
from ingestion.table_model import normal_name
from warehouse.settings import Settings

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
    """One cohort file and its files. faults : a sentence each; without any a run would take the cohort."""

    cohort_id: str
    path: Path
    title: str = ""
    files: list[CheckedFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def check_cohorts(settings: Settings, cohort: str | None, *, open_files: bool) -> list[CheckedCohort]:
    """Check one cohort of the catalogue (or the file of that path), or every one.

    Raises
    ------
    CatalogError
        The catalogue has no cohort file, or its attributes or references are not valid.
    IngestionError
        The data folder cannot be written; a list of gene panels that cohorts share cannot be read.
    """
    if cohort is None:
        catalog = load_catalog(settings.catalog, settings.attributes, strict=False, may_be_empty=True)
        paths = sorted((settings.catalog / "cohorts").glob("*.yaml"))
        if not paths:
            load_catalog(settings.catalog, settings.attributes)  # says that there is none, and how to add one
    else:
        paths = [_path_of(settings, cohort)]
        catalog = _shared(settings)
    found = [_declared(path, settings) for path in paths]
    if open_files and any(declared for _, declared in found):
        with (
            RichProgress() as progress,
            Fetcher(
                ContentStore(settings.data), settings.mirror, settings.lock(), progress=progress
            ) as fetcher,
        ):
            reader = _Reader(settings, catalog, fetcher)
            panels = reader.panels()
            for checked, declared in found:
                if declared is not None:
                    reader.open(checked, declared, panels)
    return [checked for checked, _ in found]


def _path_of(settings: Settings, cohort: str) -> Path:
    is_file = cohort.endswith((".yaml", ".yml"))
    return Path(cohort) if is_file else settings.catalog / "cohorts" / f"{cohort}.yaml"


def _shared(settings: Settings) -> Catalog:
    """The catalogue's attributes and references; a fault in another cohort's file is not this one's."""
    return load_catalog(settings.catalog, settings.attributes, strict=False, may_be_empty=True)


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
        fetched = fetch_all(self.fetcher, owner, file, self.settings.own_sources)
        return parse_cohort_file(owner, file, fetched, self.catalog)

    def _parsed(
        self, cohort: Cohort, file: SourceFile, fetched: Sequence[FetchedFile]
    ) -> tuple[list[str], dict[str, pa.Table] | None]:
        """Every fault of one file, and its tables. After a clinical column that is absent the others are still asked
        for; after another fault there is nothing more to read."""
        faults: list[str] = []
        while True:
            try:
                return faults, parse_cohort_file(cohort, file, fetched, self.catalog)
            except AbsentColumnError as exc:
                faults.append(str(exc))
                columns = {name: m for name, m in file.columns.items() if name != exc.column}
                if len(columns) == len(file.columns):
                    return faults, None
                file = file.model_copy(update={"columns": columns})
            except StorageError:
                raise
            except IngestionError as exc:
                return [*faults, str(exc)], None

    def panels(self) -> list[dict[str, pa.Table]]:
        """The lists of panels that cohorts share."""
        return [
            self.read(reference, file)
            for reference in self.catalog.references
            for file in reference.files
            if file.kind == "gene_panels"
        ]

    def open(self, checked: CheckedCohort, cohort: Cohort, panels: Sequence[dict[str, pa.Table]]) -> None:
        """Read every file of a cohort and put what is found into ``checked``."""
        read = []
        for place, file in enumerate(cohort.files):
            try:
                fetched = fetch_all(self.fetcher, cohort, file, self.settings.own_sources)
            except StorageError:
                raise  # of this machine, not of the cohort
            except IngestionError as exc:
                if file.awaited is not None and isinstance(
                    exc, AddressNotFoundError | SourceUnavailableError
                ):
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
            return
        whole = {name: pa.concat_tables([t[name] for t in tables_of_panels]) for name in _OF_PANELS}
        alone = self.catalog.model_copy(update={"cohorts": (cohort,)})
        unknown = [str(error) for error in unknown_panels(whole, alone).values()]
        checked.faults += unknown or _unknown_assay(checked.path, cohort, whole["gene_panels"])


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
