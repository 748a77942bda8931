"""cBioPortal studies: any of the portal's studies can be added by its id alone.

A study is a mapping of member name to bytes. Which member is what says ``study_files``; tables are read by
the same readers as supplements; who was sequenced says ``study_profiling``; here stands the study's order of reading
and its automatic clinical columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingestion.catalog.cohorts import Catalog, Cohort
from ingestion.catalog.columns import Pick, TableFormat
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.parsing.clinical import PANEL_ATTRIBUTE, add_clinical
from ingestion.parsing.copy_number_tables import parse_copy_number, parse_segments
from ingestion.parsing.mutation_tables import parse_mutations
from ingestion.parsing.panels import add_panel_file
from ingestion.parsing.profiled_samples import Statement
from ingestion.parsing.structural_variants import parse_structural_variants
from ingestion.parsing.timelines import parse_timeline
from ingestion.raw_rows import RawTables
from ingestion.reading.picks import pick_column
from ingestion.reading.table_model import ParsedTable, RejectedRow, find_column, normal_name, require_column
from ingestion.reading.tables import read_table
from ingestion.studies.structural_profile import add_structural_profile
from ingestion.studies.study import PATIENT_KEY, SAMPLE_KEY, Study
from ingestion.studies.study_checks import check_patients, check_samples
from ingestion.studies.study_files import (
    LONG_COPY_NUMBER,
    AbsentFile,
    Role,
    StudyFile,
    StudyLayout,
    load_study,
    study_layout,
    unread_files,
)
from ingestion.studies.study_profiling import add_profiled

__all__ = ["MappingReport", "load_study", "mapping_report", "parse_study", "study_layout", "unread_files"]

#: Role of a clinical file -> its tables, each with its member.
_Clinical = Mapping[str, list[tuple[str, ParsedTable]]]


@dataclass(frozen=True)
class MappedColumn:
    """A clinical column of a study: its level, name, the attribute it becomes (None: unmapped) and how many
    cells are filled."""

    level: str
    column: str
    attribute: str | None
    n_filled: int


@dataclass(frozen=True)
class MappingReport:
    """What of a study's clinical columns the catalogue knows by itself, in the files' order."""

    study_id: str
    mapped: tuple[MappedColumn, ...]
    unmapped: tuple[MappedColumn, ...]


def parse_study(
    members: Mapping[str, bytes],
    cohort: Cohort,
    file: SourceFile,
    address: str,
    catalog: Catalog,
    out: RawTables,
) -> list[str]:
    """Read a study into ``out`` and return the members that were read.

    Parameters
    ----------
    members : member name -> bytes, see `load_study`.
    address : the study's address, for ``source_file_id`` and errors.

    Raises
    ------
    ParseError : no study, no sample file, a patient file that is named and absent, or a column that the catalogue names
        is in neither. NothingMeetsError : the identifiers of its files do not meet.
    Others : see `ingestion.reading.tables.read_table`.
    """
    layout = study_layout(members, address)
    study = Study(members, layout, cohort, file, address, out)
    _note_absent(study)
    clinical = {role: _read_clinical(study, role) for role in ("patient", "sample")}
    _check_declared(study, clinical)
    study.clinical_samples = _identifiers(study, clinical["sample"], "sample")
    check_patients(
        study,
        _identifiers(study, clinical["sample"], "patient"),
        _identifiers(study, clinical["patient"], "patient"),
    )
    for role, tables in clinical.items():
        for member, table in tables:
            part = _clinical_part(study, role, table, clinical, catalog)
            add_clinical(table, study.ref(member), part, out, canonical=lambda name: name.upper())
    for entry in layout.of_role("mutations"):
        parse_mutations(members[entry.member], study.ref(entry.member), study.mutation_part(), out)
    for entry in layout.of_role("copy_number"):
        is_long = entry.meta.get("datatype").upper() == LONG_COPY_NUMBER if entry.meta else None
        ref = study.ref(entry.member)
        parse_copy_number(members[entry.member], ref, study.table_part(), out, is_long=is_long)
    for entry in layout.of_role("segments"):
        parse_segments(members[entry.member], study.ref(entry.member), study.table_part(), out)
    for entry in layout.of_role("structural_variants"):
        ref = study.ref(entry.member)
        parse_structural_variants(members[entry.member], ref, study.table_part(), study.sample_rule, out)
    for entry in layout.of_role("timeline"):
        rule = file.patient_id or Pick(columns=(PATIENT_KEY,))
        rule = rule.model_copy(update={"columns": tuple(dict.fromkeys((*rule.columns, PATIENT_KEY)))})
        parse_timeline(members[entry.member], study.ref(entry.member), study.table_part(), rule, out)
    for entry in layout.of_role("gene_panel"):
        add_panel_file(members[entry.member], study.ref(entry.member), out)
    sequenced = add_profiled(study, _own_panels(study, clinical["sample"], catalog))
    add_structural_profile(study)
    check_samples(study, sequenced)
    return sorted({*layout.metas, *(entry.member for entry in layout.files)})


def mapping_report(members: Mapping[str, bytes], catalog: Catalog, where: str = "study") -> MappingReport:
    """Which clinical columns of a study map to attributes by themselves, and which do not.

    Raises
    ------
    ParseError : as `parse_study`, for an absent patient or sample file.
    """
    layout = study_layout(members, where)
    automatic = catalog.automatic_columns()
    columns: list[MappedColumn] = []
    format_ = TableFormat()
    for role in ("patient", "sample"):
        for entry in _clinical_entries(layout, role, where):
            table = read_table(
                members[entry.member],
                format_.model_copy(update={"comment": "#"}),
                f"{where} ({entry.member})",
            )
            for column in table.columns:
                if column.upper() in (PATIENT_KEY, SAMPLE_KEY):
                    continue
                filled = sum((cell or "").strip() not in format_.missing for cell in table.cells(column))
                known = automatic.get(column.upper())
                columns.append(MappedColumn(role, column, known.attribute if known else None, filled))
    return MappingReport(
        layout.study_id,
        tuple(c for c in columns if c.attribute is not None),
        tuple(c for c in columns if c.attribute is None),
    )


def _clinical_entries(layout: StudyLayout, role: Role | str, where: str) -> list[StudyFile]:
    """The clinical files of a role. The sample file is required, the patient file is not (cBioPortal File-Formats)."""
    entries = [entry for entry in layout.files if entry.role == role]
    named = [absent.name for absent in layout.absent if absent.role == role]
    if not named and (entries or role == "patient"):
        return entries
    name = named[0] if named else f"data_clinical_{role}.txt"
    why = ", which its meta file names" if named else ""
    raise ParseError(
        f"study '{layout.study_id}' holds no clinical {role} file {name}{why}",
        file=where,
        remedy=f"fetch the study again, or put {name} into it: without it there are no {role}s",
    )


def _read_clinical(study: Study, role: Role | str) -> list[tuple[str, ParsedTable]]:
    entries = _clinical_entries(study.layout, role, study.address)
    format_ = study.table_part().format
    return [
        (entry.member, read_table(study.members[entry.member], format_, study.ref(entry.member).where))
        for entry in entries
    ]


def _identifiers(study: Study, tables: list[tuple[str, ParsedTable]], role: str) -> frozenset[str]:
    """Every identifier of patients or samples in the tables, as the catalogue's rule reads them."""
    found: set[str] = set()
    for member, table in tables:
        pick, where = study.clinical_pick(table, role), study.ref(member).where
        key = f"files.{study.file.id}.{role}_id"
        column = pick_column(table, pick, study.file.format.missing, where, key)
        found.update(value for value in column.unique().to_pylist() if value is not None)
    return frozenset(found)


def _clinical_part(
    study: Study, role: str, table: ParsedTable, clinical: _Clinical, catalog: Catalog
) -> SourceFile:
    """The study's entry in the catalogue as if it had been written for this one clinical file."""
    file = study.file
    here = {name for name in _declared_columns(file) if find_column(table.columns, name) is not None}
    intervals = tuple(i for i in file.intervals if i.start in here or i.end in here)
    # Without a patient file what holds for every patient is said of the sample file's rows.
    levels = (role,) if clinical["patient"] else ("patient", "sample")
    return study.table_part().model_copy(
        update={
            "kind": "clinical",
            "level": role,
            "patient_id": study.clinical_pick(table, "patient"),
            "sample_id": study.clinical_pick(table, "sample") if role == "sample" else None,
            # Joined by names in capitals, as in column_maps: the portal demands capitals.
            "columns": {name.upper(): mapping for name, mapping in file.columns.items() if name in here},
            "private": tuple(name for name in file.private if name in here),
            "intervals": intervals,
            "keep_rows": {name: values for name, values in file.keep_rows.items() if name in here},
            "constants": {n: v for n, v in file.constants.items() if catalog.attributes[n].level in levels},
        }
    )


def _declared_columns(file: SourceFile) -> list[str]:
    ends = [name for interval in file.intervals for name in interval.columns]
    return [*file.columns, *file.private, *ends, *file.keep_rows]


def _check_declared(study: Study, clinical: _Clinical) -> None:
    """Every column that the catalogue names stands in some clinical file of the study.

    Nobody here has seen an awaited study: an attribute's column that it lacks is noted, and the rest is read. What
    keeps rows out, or dates from being stored, must be there in any case.
    """
    present = list(
        dict.fromkeys(c for tables in clinical.values() for _, table in tables for c in table.columns)
    )
    member = next(member for tables in clinical.values() for member, _ in tables)
    for name in _declared_columns(study.file):
        is_attribute = name in study.file.columns and study.file.awaited is not None
        if is_attribute and find_column(present, name) is None:
            attribute = study.file.columns[name].attribute
            note = RejectedRow(
                None, "absent_column", name, f"the study has no such column for {attribute}", name
            )
            study.out.add_rejected(study.ref(member), [note])
            continue
        require_column(present, name, study.where, f"files.{study.file.id}")


def _note_absent(study: Study) -> None:
    for absent in study.layout.absent:
        if absent.role not in ("patient", "sample"):
            study.out.add_rejected(study.ref(absent.meta_member), [_absent_row(absent)])


def _absent_row(absent: AbsentFile) -> RejectedRow:
    message = f"the meta file names {absent.name}, which the study does not hold"
    return RejectedRow(absent.line, "absent_file", absent.name, message, "data_filename")


def _own_panels(
    study: Study, tables: list[tuple[str, ParsedTable]], catalog: Catalog
) -> list[tuple[str, list[Statement]]]:
    """Each sample file's own statements of panels: its column GENE_PANEL, else the constant of the cohort file."""
    maps = catalog.automatic_columns()
    maps |= {normal_name(name).upper(): column for name, column in study.file.columns.items()}
    constant = study.file.constants.get(PANEL_ATTRIBUTE)
    missing = study.file.format.missing
    found = []
    for member, table in tables:
        columns = [c for c in table.columns if (m := maps.get(c.upper())) and m.attribute == PANEL_ATTRIBUTE]
        if not columns and constant is None:
            continue
        where = study.ref(member).where
        samples = pick_column(table, study.clinical_pick(table, "sample"), missing, where, "sample_id")
        panels = table.cells(columns[0]) if columns else [constant] * table.frame.num_rows
        named = zip(table.rows(), samples.to_pylist(), panels, strict=True)
        statements = [
            Statement(row, sample, panel.strip())
            for row, sample, panel in named
            if sample and panel and panel.strip() not in ("", *missing)
        ]
        found.append((member, statements))
    return found


def parse_study_file(
    content: Path, cohort: Cohort, file: SourceFile, address: str, catalog: Catalog, out: RawTables
) -> dict[str, bytes]:
    """Load and read a study (archive or folder); returns the members that were read, with their bytes."""
    members = load_study(content, address)
    read = parse_study(members, cohort, file, address, catalog, out)
    return {name: members[name] for name in read}
