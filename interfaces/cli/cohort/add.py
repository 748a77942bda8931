"""``icb cohort add``: a catalogue file for any cBioPortal study from its identifier or its folder, and a report of what
somebody still has to say: words without a meaning, endpoints without an origin, patients who may be in other cohorts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from analytics.keys import slug
from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.columns import TableFormat
from ingestion.catalog.loading import load_catalog, load_cohort
from ingestion.errors import CatalogError
from ingestion.fetching.archives import iter_members
from ingestion.fetching.fetch import Fetcher
from ingestion.fetching.own_files import local_address, packed
from ingestion.fetching.progress import RichProgress
from ingestion.fetching.store import ContentStore
from ingestion.reading.tables import read_table
from ingestion.studies.cbioportal import MappingReport, mapping_report, study_layout, unread_files
from ingestion.studies.study_facts import NOT_STATED, assay_of, licence_of
from ingestion.vocabulary import is_understood
from warehouse.settings import Settings
from warehouse.versions.durable import write_document

#: Puts a question with the answers yes and no.
Ask = Callable[[str], bool]
STUDY_ADDRESS = "https://datahub.assets.cbioportal.org/{study_id}.tar.gz"
_ENDPOINTS = ("OS", "PFS", "DSS", "DFI")
_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
#: Words of one column that are shown; a column with more is no vocabulary.
_MOST_WORDS = 12


@dataclass(frozen=True)
class AddedCohort:
    """The file written and what became of the study's columns.

    Attributes
    ----------
    columns : ``level``, ``column``, ``attribute`` (None: no attribute is known for it) and ``n_filled``.
    words : ``column``, ``attribute``, ``word`` and ``n`` of words that no vocabulary explains: such a value is rejected
        until the cohort file says what it means.
    notes : sentences on what else is missing.
    licence, assay : as the study states them. not_read : data files of the study that nothing is made of.
    """

    path: Path
    columns: list[dict[str, Any]]
    words: list[dict[str, Any]]
    notes: list[str]
    licence: str = NOT_STATED
    assay: dict[str, str] = field(default_factory=dict)
    not_read: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StudySource:
    """A cBioPortal study: its identifier, and the folder or archive that it is, if it is one of this machine."""

    study_id: str
    path: Path | None = None


def study_of(sources: Sequence[str], cohort_id: str = "") -> StudySource | None:
    """The study that is meant: an identifier has neither point nor slash (``./study`` is a folder), a path is a folder
    or an archive. None if tables are meant."""
    if len(sources) > 1:
        return None
    (source,) = sources
    path = Path(source)
    if re.search(r"[./\\]", source) is None:
        return StudySource(source)
    name = path.resolve().name
    ending = next((ending for ending in _ARCHIVES if name.endswith(ending)), "")
    if path.is_dir() or ending:
        return StudySource(cohort_id or slug(name.removesuffix(ending)), path)
    return None


def new_cohort_file(cohort_id: str, settings: Settings, *, is_icb: bool | None, overwrite: bool) -> Path:
    """Where the file of a new cohort will be.

    Raises
    ------
    CatalogError
        That is no identifier; nobody says whether the cohort is under checkpoint blockade, which is never assumed; or
        there is such a file already and ``overwrite`` is false.
    """
    if re.fullmatch(r"[a-z0-9_]+", cohort_id) is None:
        raise CatalogError(
            f"'{cohort_id}' is no identifier of a cohort",
            remedy="give lower-case letters, digits and _: a study as in the address of its page, e.g. tmb_mskcc_2018; "
            "tables of your own with --id",
        )
    if is_icb is None:
        raise CatalogError(
            f"whether the patients of {cohort_id} got a checkpoint inhibitor is not assumed",
            remedy="give --icb, or --not-icb if they did not",
        )
    path = settings.own_catalog() / "cohorts" / f"{cohort_id}.yaml"
    if path.exists() and not overwrite:
        raise CatalogError(
            "there is a cohort file already", where=str(path), remedy="edit it, or give --overwrite"
        )
    return path


def add_cohort(
    study: StudySource, settings: Settings, *, is_icb: bool | None, overwrite: bool, ask: Ask | None = None
) -> AddedCohort:
    """Read a study, look at its attributes, and write ``catalog/cohorts/<study_id>.yaml``.

    Parameters
    ----------
    is_icb : whether its patients got a checkpoint inhibitor; None when nobody has said so.
    ask : puts a question to the person at the terminal; None when there is none.

    Raises
    ------
    CatalogError
        As `new_cohort_file`, or the study's folder does not lie under the folder of files.
    IngestionError
        The study cannot be fetched or is no study: one sentence. Nothing is written.
    """
    study_id = study.study_id
    if is_icb is None and ask is not None:
        is_icb = ask(f"Did the patients of {study_id} get a checkpoint inhibitor?")
    path = new_cohort_file(study_id, settings, is_icb=is_icb, overwrite=overwrite)
    catalog = load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)
    address, archive = _fetched(study, settings)
    members = dict(iter_members(archive, source=address))
    report = mapping_report(members, catalog, address)
    cells = _clinical_cells(members, address)
    words = _unknown_words(report, cells, catalog)
    layout, meta = study_layout(members, address), _meta(members)
    assay, licence = assay_of(members, layout, cells, address), licence_of(members, meta)
    notes = [assay.note] if assay.note else []
    if licence == NOT_STATED:
        notes.append("Under which licence is it? The study does not say.")
    added = AddedCohort(
        path=path,
        columns=[vars(column) for column in (*report.mapped, *report.unmapped)],
        words=words,
        notes=[*notes, *_notes(study_id, report, cells, members, catalog)],
        licence=licence,
        assay=assay.entry,
        not_read=[f"{f.member.rpartition('/')[2]} ({f.holds})" for f in unread_files(members, study_id)],
    )
    write_cohort(path, _cohort_file(study_id, address, meta, added, assay.stated_by, is_icb=bool(is_icb)))
    return added


def _fetched(study: StudySource, settings: Settings) -> tuple[str, Path | bytes]:
    """The address that the cohort file will name, and the archive. Of this machine's own nothing is copied: whether it
    is private nobody has said yet."""
    if study.path is not None:
        address = local_address(study.path, settings.files)
        return address, b"".join(packed(study.path)) if study.path.is_dir() else study.path
    address = STUDY_ADDRESS.format(study_id=study.study_id)
    with (
        RichProgress() as progress,
        Fetcher(ContentStore(settings.data), settings.mirror, settings.lock(), progress=progress) as fetcher,
    ):
        return address, fetcher.fetch(address, licence=NOT_STATED, expected="gzip").path


def write_cohort(path: Path, content: str) -> None:
    """Write the file, and take it back if the catalogue would refuse it."""
    previous = path.read_text(encoding="utf-8") if path.exists() else None
    write_document(content, path)
    try:
        load_cohort(path)
    except CatalogError:
        path.unlink() if previous is None else path.write_text(previous, encoding="utf-8")
        raise


def _clinical_cells(members: Mapping[str, bytes], where: str) -> dict[str, list[str]]:
    """Column in capitals -> its filled cells."""
    layout = study_layout(members, where)
    format_ = TableFormat()
    found: dict[str, list[str]] = {}
    for entry in (*layout.of_role("patient"), *layout.of_role("sample")):
        name = f"{where} ({entry.member})"
        table = read_table(members[entry.member], format_.model_copy(update={"comment": "#"}), name)
        for column in table.columns:
            cells = [(cell or "").strip() for cell in table.cells(column)]
            found.setdefault(column.upper(), [cell for cell in cells if cell not in format_.missing])
    return found


def _unknown_words(
    report: MappingReport, cells: dict[str, list[str]], catalog: Catalog
) -> list[dict[str, Any]]:
    unknown: list[dict[str, Any]] = []
    for column in report.mapped:
        if column.attribute is None or catalog.attributes[column.attribute].type != "word":
            continue
        counts = Counter(
            cell for cell in cells[column.column.upper()] if not is_understood(column.attribute, cell)
        )
        unknown += [
            {"column": column.column, "attribute": column.attribute, "word": word, "n": n}
            for word, n in counts.most_common(_MOST_WORDS)
        ]
    return unknown


def _notes(
    study_id: str,
    report: MappingReport,
    cells: dict[str, list[str]],
    members: Mapping[str, bytes],
    catalog: Catalog,
) -> list[str]:
    attributes = {column.attribute for column in report.mapped}
    notes = []
    for endpoint in _ENDPOINTS:
        has_time, has_status = f"{endpoint}_TIME" in attributes, f"{endpoint}_STATUS" in attributes
        if has_time and has_status:
            notes.append(
                f"When does the clock of {endpoint} start? Its origin is unknown until the file says so."
            )
        elif has_time or has_status:
            lacking = "status" if has_time else "time"
            notes.append(f"{endpoint} has no {lacking} and is no endpoint.")
    if not any(f"{endpoint}_TIME" in attributes for endpoint in _ENDPOINTS):
        notes.append("The study has no survival times.")
    if not study_layout(members, study_id).of_role("mutations"):
        notes.append("The study has no mutation table: every gene is not profiled.")
    patients = set(cells.get("PATIENT_ID", []))
    for cohort in catalog.cohorts:
        for rule in cohort.person_rules:
            pattern = rule.pattern or ""
            # a rule that takes any identifier says nothing about this study's
            if cohort.cohort_id == study_id or pattern in ("", "^(.+)$"):
                continue
            n = sum(re.search(pattern, patient) is not None for patient in patients)
            if n:
                notes.append(
                    f"{n} patients are named as in {cohort.cohort_id}: if they can be the same people, "
                    f"copy its person rule '{rule.rule_id}'."
                )
    return notes


def _cohort_file(
    study_id: str, address: str, meta: dict[str, str], added: AddedCohort, assay_by: str, *, is_icb: bool
) -> str:
    attributes = {column["attribute"] for column in added.columns}
    content: dict[str, Any] = {
        "cohort_id": study_id,
        "title": meta.get("name", study_id),
        "citation": meta.get("citation", "not stated by the study"),
        **({"pmid": meta["pmid"].split(",")[0].strip()} if meta.get("pmid") else {}),
        "licence": added.licence,
        "is_icb": is_icb,
        "precedence": 100,
        "assay": added.assay,
        "endpoints": {
            endpoint: {"origin": "unknown", "evidence": "Not stated by the study: find it in the paper."}
            for endpoint in _ENDPOINTS
            if {f"{endpoint}_TIME", f"{endpoint}_STATUS"} <= attributes
        },
        "files": [{"id": "study", "address": address, "kind": "cbioportal_study"}],
    }
    to_do = [f"# - {note}" for note in added.notes]
    head = [
        f"# Written by `icb cohort add {study_id}`. What remains to be said by a person:",
        "# - Which row of somebody in several cohorts counts? Set precedence: the lowest first.",
        *to_do,
    ]
    if assay_by:
        head.append(f"# The assay is as stated by {assay_by}.")
    if added.not_read:
        head.append(f"# Of the study's files these are not read: {', '.join(added.not_read)}.")
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    return "\n".join(head) + "\n" + text + _words_to_explain(added.words)


def _words_to_explain(words: list[dict[str, Any]]) -> str:
    """The lines that a person completes and takes the # off, under the last key of the file."""
    if not words:
        return ""
    lines = [
        "  # what do these words mean? Put the vocabulary's word for each ? and take the # off",
        "  # columns:",
    ]
    for column in dict.fromkeys(word["column"] for word in words):
        of_column = [word for word in words if word["column"] == column]
        meanings = ", ".join(f"{yaml_word(word['word'])}: ?" for word in of_column)
        lines.append(f"  #   {column}: {{attribute: {of_column[0]['attribute']}, words: {{{meanings}}}}}")
    return "\n".join(lines) + "\n"


def yaml_word(word: str) -> str:
    """A word as a YAML key, quoted."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _meta(members: Mapping[str, bytes]) -> dict[str, str]:
    for name, content in members.items():
        if name.rsplit("/", 1)[-1] == "meta_study.txt":
            lines = content.decode("utf-8", errors="replace").splitlines()
            return {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines) if v.strip()}
    return {}
