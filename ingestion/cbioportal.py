"""cBioPortal studies: any of the portal's studies can be added by its id alone.

A study is a mapping of member name to bytes. Which member is what says ``study_files``; tables are read by
the same readers as supplements; here stands what only studies have: automatic columns, case lists, the gene
panel matrix, and who was profiled with which panel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingestion.catalog import Catalog, Cohort, SourceFile
from ingestion.catalog_columns import Pick
from ingestion.clinical import add_clinical
from ingestion.copy_number_tables import parse_copy_number, parse_segments
from ingestion.errors import ParseError
from ingestion.mutation_tables import parse_mutations
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.sample_lists import CaseList, add_case_list, add_panel_file, read_case_list
from ingestion.study_files import AbsentFile, Role, StudyFile, StudyLayout, load_study, study_layout
from ingestion.table_model import ParsedTable, RejectedRow, find_column, normal_name, require_column
from ingestion.tables import read_table

__all__ = ["MappingReport", "load_study", "mapping_report", "parse_study", "study_layout"]

_PATIENT_KEY, _SAMPLE_KEY = "PATIENT_ID", "SAMPLE_ID"
_NOT_PROFILED = ("", "NA", "N/A")


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


@dataclass
class _Study:
    """One study while it is read."""

    members: Mapping[str, bytes]
    layout: StudyLayout
    cohort: Cohort
    file: SourceFile
    address: str
    out: RawTables

    def ref(self, member: str) -> SourceRef:
        return SourceRef(self.cohort.cohort_id, self.file.id, self.address, member)

    @property
    def where(self) -> str:
        return f"{self.address} (study {self.layout.study_id})"


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
    ParseError : no study, no patient or sample file, or a column that the catalogue names is in neither.
    Others : see `ingestion.tables.read_table`.
    """
    layout = study_layout(members, address)
    study = _Study(members, layout, cohort, file, address, out)
    _note_absent(study)
    clinical = {role: _read_clinical(study, role) for role in ("patient", "sample")}
    _check_declared(study, clinical)
    for role, tables in clinical.items():
        for member, table in tables:
            part = _clinical_part(study, role, table, catalog)
            add_clinical(table, study.ref(member), part, out, canonical=lambda name: name.upper())
    for entry in layout.of_role("mutations"):
        parse_mutations(members[entry.member], study.ref(entry.member), _table_part(file), None, out)
    for entry in layout.of_role("copy_number"):
        parse_copy_number(members[entry.member], study.ref(entry.member), _table_part(file), out)
    for entry in layout.of_role("segments"):
        parse_segments(members[entry.member], study.ref(entry.member), _table_part(file), out)
    for entry in layout.of_role("gene_panel"):
        add_panel_file(members[entry.member], study.ref(entry.member), out)
    lists = [(e.member, read_case_list(members[e.member], study.ref(e.member).where))
             for e in layout.of_role("case_list")]  # fmt: skip
    for member, listed in lists:
        add_case_list(listed, study.ref(member), out)
    _add_profiled(study, lists, clinical["sample"], catalog)
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
    format_ = SourceFile(id="study", address=where, kind="cbioportal_study").format
    for role in ("patient", "sample"):
        for entry in _clinical_entries(layout, role, where):
            table = read_table(
                members[entry.member],
                format_.model_copy(update={"comment": "#"}),
                f"{where} ({entry.member})",
            )
            for column in table.columns:
                if column.upper() in (_PATIENT_KEY, _SAMPLE_KEY):
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
    entries = [entry for entry in layout.files if entry.role == role]
    named = [absent.name for absent in layout.absent if absent.role == role]
    if entries and not named:
        return entries
    name = named[0] if named else f"data_clinical_{role}.txt"
    why = ", which its meta file names" if named else ""
    raise ParseError(
        f"study '{layout.study_id}' holds no clinical {role} file {name}{why}",
        file=where,
        remedy=f"fetch the study again, or put {name} into it: without it there are no {role}s",
    )


def _read_clinical(study: _Study, role: Role | str) -> list[tuple[str, ParsedTable]]:
    entries = _clinical_entries(study.layout, role, study.address)
    format_ = _table_part(study.file).format
    return [
        (entry.member, read_table(study.members[entry.member], format_, study.ref(entry.member).where))
        for entry in entries
    ]


def _table_part(file: SourceFile) -> SourceFile:
    """The study's entry as one of its tables other than the clinical ones.

    # lines are comments in every table of a study; rules for clinical columns do not apply to the others.
    """
    format_ = file.format.model_copy(update={"comment": file.format.comment or "#"})
    clinical_only = {"keep_rows": {}, "lists_profiled": False, "patient_id": None, "sample_id": None}
    return file.model_copy(update={"format": format_, **clinical_only})


def _clinical_part(study: _Study, role: str, table: ParsedTable, catalog: Catalog) -> SourceFile:
    """The study's entry in the catalogue as if it had been written for this one clinical file."""
    file = study.file
    here = {name for name in _declared_columns(file) if find_column(table.columns, name) is not None}
    patient = file.patient_id or Pick(columns=(_PATIENT_KEY,))
    sample = file.sample_id or Pick(columns=(_SAMPLE_KEY,))
    intervals = tuple(i for i in file.intervals if i.start in here or i.end in here)
    return _table_part(file).model_copy(
        update={
            "kind": "clinical",
            "level": role,
            "patient_id": patient,
            "sample_id": sample if role == "sample" else None,
            # Joined by names in capitals, as in column_maps: the portal demands capitals.
            "columns": {},
            "private": tuple(name for name in file.private if name in here),
            "intervals": intervals,
            "keep_rows": {name: values for name, values in file.keep_rows.items() if name in here},
            "constants": {n: v for n, v in file.constants.items() if catalog.attributes[n].level == role},
        }
    )


def _declared_columns(file: SourceFile) -> list[str]:
    ends = [name for interval in file.intervals for name in (interval.start, interval.end)]
    return [*file.columns, *file.private, *ends, *file.keep_rows]


def _check_declared(study: _Study, clinical: Mapping[str, list[tuple[str, ParsedTable]]]) -> None:
    """Every column that the catalogue names stands in some clinical file of the study."""
    present = [c for tables in clinical.values() for _, table in tables for c in table.columns]
    for name in _declared_columns(study.file):
        require_column(list(dict.fromkeys(present)), name, study.where, f"files.{study.file.id}")


def _note_absent(study: _Study) -> None:
    for absent in study.layout.absent:
        if absent.role not in ("patient", "sample"):
            study.out.add_rejected(study.ref(absent.meta_member), [_absent_row(absent)])


def _absent_row(absent: AbsentFile) -> RejectedRow:
    message = f"the meta file names {absent.name}, which the study does not hold"
    return RejectedRow(absent.line, "absent_file", absent.name, message, "data_filename")


def _add_profiled(
    study: _Study, lists: list[tuple[str, CaseList]], samples: list[tuple[str, ParsedTable]], catalog: Catalog
) -> None:
    """Who was sequenced: the gene panel matrix says so, else the case list of sequenced samples.

    Somebody on the MAF but on neither is not added: an incomplete list is the study's own statement.
    """
    matrices = study.layout.of_role("gene_matrix")
    for entry in matrices:
        _add_from_matrix(study, entry)
    if matrices:
        return
    sequenced = [(member, listed) for member, listed in lists if listed.is_sequenced]
    if not sequenced:
        if study.layout.of_role("mutations"):
            _note_nobody_profiled(study)
        return
    panels = _panels_by_sample(study, samples, catalog)
    metas = [entry.meta for entry in study.layout.of_role("mutations") if entry.meta]
    by_meta = next((panel for meta in metas if (panel := meta.get("gene_panel"))), "")
    for member, listed in sequenced:
        _add_from_list(study, member, listed, panels, by_meta)


def _add_from_list(
    study: _Study, member: str, listed: CaseList, panels: Mapping[str, str], by_meta: str
) -> None:
    ref = study.ref(member)
    rule = f"case list {listed.list_id}"
    by_cohort = study.cohort.assay.panel_id

    def panel(sample: str) -> tuple[str | None, str]:
        if by_meta:
            return by_meta, f"{rule}; panel from the meta file"
        if sample in panels:
            return panels[sample], f"{rule}; panel from GENE_PANEL"
        return by_cohort, f"{rule}; panel from the cohort's assay" if by_cohort else rule

    chosen = [panel(sample) for sample in listed.samples]
    study.out.add(
        "profiled_samples",
        len(chosen),
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": [listed.line] * len(chosen),
            "sample_id": list(listed.samples),
            "panel_id": [name for name, _ in chosen],
            "rule": [why for _, why in chosen],
        },
    )


def _add_from_matrix(study: _Study, entry: StudyFile) -> None:
    """A sample is profiled where the matrix names a panel in the mutation profile's column."""
    ref = study.ref(entry.member)
    table = read_table(study.members[entry.member], _table_part(study.file).format, ref.where)
    study.out.add_rejected(ref, table.rejected)
    stable_ids = [e.meta.get("stable_id") for e in study.layout.of_role("mutations") if e.meta]
    candidates = (find_column(table.columns, n) for n in (*stable_ids, "mutations", "mutations_extended"))
    profile = next((column for column in candidates if column is not None), None)
    if profile is None:
        raise ParseError(
            f"the gene panel matrix has no column for mutations; it has: {', '.join(table.columns)}",
            file=ref.where,
            remedy="correct the matrix, or remove it so that the case lists count",
        )
    sample_column = require_column(table.columns, _SAMPLE_KEY, ref.where, "the gene panel matrix")
    cells = zip(table.rows(), table.cells(sample_column), table.cells(profile), strict=True)
    rows = [
        (row, sample.strip(), panel.strip())
        for row, sample, panel in cells
        if sample and panel and panel.strip() not in _NOT_PROFILED
    ]
    study.out.add(
        "profiled_samples",
        len(rows),
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": [row for row, _, _ in rows],
            "sample_id": [sample for _, sample, _ in rows],
            "panel_id": [panel for _, _, panel in rows],
            "rule": "gene panel matrix",
        },
    )


def _panels_by_sample(
    study: _Study, samples: list[tuple[str, ParsedTable]], catalog: Catalog
) -> dict[str, str]:
    maps = catalog.automatic_columns()
    maps |= {normal_name(name).upper(): column for name, column in study.file.columns.items()}
    found: dict[str, str] = {}
    for _, table in samples:
        columns = [c for c in table.columns if (m := maps.get(c.upper())) and m.attribute == "GENE_PANEL"]
        key = find_column(table.columns, _SAMPLE_KEY)
        if not columns or key is None:
            continue
        for sample, panel in zip(table.cells(key), table.cells(columns[0]), strict=True):
            if sample and panel and panel.strip() not in study.file.format.missing:
                found.setdefault(sample.strip(), panel.strip())
    return found


def _note_nobody_profiled(study: _Study) -> None:
    message = (
        "the study has mutations but neither a gene panel matrix nor a case list of sequenced samples: "
        "nobody counts as profiled"
    )
    member = study.layout.of_role("mutations")[0].member
    row = RejectedRow(None, "absent_file", "case_lists/cases_sequenced.txt", message)
    study.out.add_rejected(study.ref(member), [row])


def parse_study_file(
    content: Path, cohort: Cohort, file: SourceFile, address: str, catalog: Catalog, out: RawTables
) -> dict[str, bytes]:
    """Load and read a study (archive or folder); returns the members that were read, with their bytes."""
    members = load_study(content, address)
    read = parse_study(members, cohort, file, address, catalog, out)
    return {name: members[name] for name in read}
