"""Who of a cBioPortal study was sequenced, and on which panel: its lists, the head of its MAF, matrix and meta files.

Every place gives statements (``profiled_samples``); cBioPortal's File-Formats say which counts, and ``int_profiling``
holds that rule. Here is read what stands where, and noted what cannot be right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ingestion.catalog.panels import assay_of_word
from ingestion.parsing.profiled_samples import StatedBy, Statement, add_statements
from ingestion.parsing.sample_lists import CATEGORIES, CaseList, add_case_list, read_case_list, read_maf_head
from ingestion.reading.table_model import Cell, RejectedRow, find_column, require_column
from ingestion.reading.tables import read_table
from ingestion.studies.study import SAMPLE_KEY, Study
from ingestion.studies.study_files import StudyFile

_NO_PANEL = ("", "NA", "N/A")


@dataclass(frozen=True)
class _Place:
    """The statements of one place of the study: which kind it is, the member, and what a person reads as the rule."""

    stated_by: StatedBy
    member: str
    rule: str
    statements: tuple[Statement, ...]

    def only(self, samples: Collection[str]) -> _Place:
        """The place with its statements about these samples alone."""
        return replace(self, statements=tuple(s for s in self.statements if s.sample in samples))

    @property
    def samples(self) -> set[str]:
        return {statement.sample for statement in self.statements}


def add_profiled(study: Study, columns: Sequence[tuple[str, Sequence[Statement]]]) -> Collection[str]:
    """Add case lists and statements, and return the samples that were sequenced.

    Parameters
    ----------
    columns : member and statements of each sample file's own column of panels.

    Raises
    ------
    ParseError : a case list or the matrix is none. Others : see `ingestion.reading.tables.read_table`.
    """
    lists = _case_lists(study)
    if not _has_calls(study):
        _note_nobody(study, lists, "the study holds no mutation table")
        return ()
    places = [*_sequenced_lists(lists), *_heads(study)]
    listed = set[str]().union(*(place.samples for place in places))
    matrices = [place for entry in study.layout.of_role("gene_matrix") if (place := _matrix(study, entry))]
    sequenced = listed | {s.sample for place in matrices for s in place.statements if s.panel is not None}
    if not sequenced:
        _note_nobody(study, lists, "neither a gene panel matrix nor a list says who was sequenced")
        return ()
    # NA in the matrix, or a panel in a column, of a sample that nobody calls sequenced says nothing about calls.
    own = [_Place("column", member, "column GENE_PANEL", tuple(found)) for member, found in columns]
    own, told = ([place.only(sequenced) for place in group] for group in (own, matrices))
    metas = _meta_panels(study, sequenced)
    for place in (*places, *told, *metas, *own):
        add_statements(study.out, study.ref(place.member), place.stated_by, place.rule, place.statements)
    _note_disagreements(study, listed, matrices)
    _note_other_panels(study, [*told, *metas], own)
    return sequenced


def _has_calls(study: Study) -> bool:
    """Whether the cohort has mutations at all: in the study, or in another file of its entry in the catalogue."""
    return bool(study.layout.of_role("mutations")) or any(f.kind == "mutations" for f in study.cohort.files)


def _case_lists(study: Study) -> list[tuple[str, CaseList]]:
    """The study's own lists, all of them added; a list of another study is noted and left."""
    found = []
    for entry in study.layout.of_role("case_list"):
        ref = study.ref(entry.member)
        listed = read_case_list(study.members[entry.member], ref.where)
        if listed.study_id and study.layout.states_id and listed.study_id != study.layout.study_id:
            message = f"the list is one of study {listed.study_id}, this is {study.layout.study_id}"
            row = RejectedRow(
                listed.line, "foreign_list", listed.study_id, message, "cancer_study_identifier"
            )
            study.out.add_rejected(ref, [row])
            continue
        if listed.category and listed.category not in CATEGORIES:
            message = "the portal knows no such category; the list's name decides"
            row = RejectedRow(None, "unknown_word", listed.category, message, "case_list_category")
            study.out.add_rejected(ref, [row])
        rule = study.sample_rule
        read = {name: rule.read(name) for name in listed.samples}
        unread = [name for name, sample in read.items() if sample is None]
        message = "the identifier is not as sample_id of the cohort file says"
        study.out.add_rejected(ref, [RejectedRow(listed.line, "missing_key", n, message) for n in unread])
        kept = tuple(dict.fromkeys(sample for sample in read.values() if sample is not None))
        add_case_list(listed, ref, study.out, kept)
        found.append((entry.member, CaseList(listed.list_id, listed.category, kept, listed.line)))
    return found


def _sequenced_lists(lists: list[tuple[str, CaseList]]) -> list[_Place]:
    """The lists of sequenced samples; without one, the lists of samples that were sequenced among other things."""
    chosen = [pair for pair in lists if pair[1].is_sequenced] or [p for p in lists if p[1].implies_sequenced]
    return [
        _Place(
            "sequenced_list",
            member,
            f"case list {listed.list_id}",
            tuple(Statement(listed.line, sample) for sample in listed.samples),
        )
        for member, listed in chosen
    ]


def _heads(study: Study) -> list[_Place]:
    """``#sequenced_samples`` of the study's mutation tables."""
    found = []
    for entry in study.layout.of_role("mutations"):
        head = read_maf_head(study.members[entry.member], study.ref(entry.member).where)
        if head is not None:
            line, names = head
            samples = dict.fromkeys(s for name in names if (s := study.sample_rule.read(name)) is not None)
            statements = tuple(Statement(line, sample) for sample in samples)
            found.append(_Place("maf_head", entry.member, "#sequenced_samples of the MAF", statements))
    return found


def _meta_panels(study: Study, sequenced: Collection[str]) -> list[_Place]:
    """``gene_panel`` of the mutation profile's meta file holds for every sample of its data file; with one such file,
    for everybody who was sequenced."""
    entries = study.layout.of_role("mutations")
    found = []
    for entry in entries:
        panel = entry.meta.get("gene_panel") if entry.meta else ""
        if entry.meta is None or panel.upper() in _NO_PANEL:
            continue
        samples = sequenced if len(entries) == 1 else _called_in(study, entry)
        line = entry.meta.lines["gene_panel"]
        statements = tuple(Statement(line, sample, panel) for sample in sorted(samples))
        found.append(_Place("meta", entry.meta_member, "gene_panel of the meta file", statements))
    return found


def _called_in(study: Study, entry: StudyFile) -> set[str]:
    calls = study.out.tables(["mutations"])["mutations"]
    source = study.ref(entry.member).source_file_id
    pairs = zip(
        calls.column("source_file_id").to_pylist(), calls.column("sample_id").to_pylist(), strict=True
    )
    return {sample for file_id, sample in pairs if file_id == source}


def _matrix(study: Study, entry: StudyFile) -> _Place | None:
    """One statement a row of the gene panel matrix: the panel in the mutation profile's column, None for NA.

    None when the matrix has no such column: then it is about other profiles, and the meta file may name the panel.
    """
    ref = study.ref(entry.member)
    format_ = study.table_part().format
    table = read_table(study.members[entry.member], format_, ref.where)
    study.out.add_rejected(ref, table.rejected)
    stable_ids = [e.meta.get("stable_id") for e in study.layout.of_role("mutations") if e.meta]
    names = (*stable_ids, "mutations", "mutations_extended", f"{study.layout.study_id}_mutations")
    profile = next((found for n in names if n and (found := find_column(table.columns, n)) is not None), None)
    if profile is None:
        message = "the gene panel matrix has no column for mutations; lists and meta file count"
        study.out.add_rejected(ref, [RejectedRow(None, "absent_column", "mutations", message)])
        return None
    sample_column = require_column(table.columns, SAMPLE_KEY, ref.where, "the gene panel matrix")
    no_panel = {*_NO_PANEL, *(word.upper() for word in format_.missing)}
    cells = zip(table.rows(), table.cells(sample_column), table.cells(profile), strict=True)
    statements = []
    for row, name, panel in cells:
        sample = study.sample_rule.read(name.strip()) if name and name.strip() else None
        if sample is None:
            message = "the row has no sample identifier"
            study.out.add_rejected(ref, [RejectedRow(row, "missing_key", name, message)])
            continue
        statements.append(Statement(row, sample, _panel(panel, no_panel)))
    return _Place("matrix", entry.member, "gene panel matrix", tuple(statements))


def _panel(cell: Cell, no_panel: Collection[str]) -> str | None:
    text = (cell or "").strip()
    return None if text.upper() in no_panel else text


def _note_disagreements(study: Study, listed: Collection[str], matrices: Sequence[_Place]) -> None:
    """Rows of the matrix that name a panel for a sample on no list, listed samples without a row, repeated rows."""
    if not matrices:
        return
    for place in matrices:
        seen: dict[str, Cell] = {}
        notes = []
        for s in place.statements:
            if s.panel is not None and listed and s.sample not in listed:
                message = "the matrix names a panel for a sample that is on no list of sequenced samples"
                notes.append(RejectedRow(s.row, "lists_disagree", s.sample, message, SAMPLE_KEY))
            if s.sample in seen:
                rule = "repeated_sample" if seen[s.sample] == s.panel else "panels_disagree"
                message = "the sample is in the matrix a second time"
                notes.append(RejectedRow(s.row, rule, s.sample, message, SAMPLE_KEY))
            seen.setdefault(s.sample, s.panel)
        study.out.add_rejected(study.ref(place.member), notes)
    absent = sorted(set(listed) - set[str]().union(*(place.samples for place in matrices)))
    message = "a sample of the list of sequenced samples is not in the gene panel matrix"
    rows = [RejectedRow(None, "lists_disagree", sample, message, SAMPLE_KEY) for sample in absent]
    study.out.add_rejected(study.ref(matrices[0].member), rows)


def _note_other_panels(study: Study, first: Sequence[_Place], own: Sequence[_Place]) -> None:
    """One note a pair of unlike names: what matrix or meta file say, and what the sample's own column says."""
    counts = {s.sample: s.panel or "WES" for place in reversed(first) for s in place.statements}
    for place in own:
        unlike: Counter[tuple[str, str]] = Counter()
        rows: dict[tuple[str, str], int] = {}
        for s in place.statements:
            counted = counts.get(s.sample)
            if counted and s.panel and _plain(counted) != _plain(s.panel):
                unlike[counted, s.panel] += 1
                rows.setdefault((counted, s.panel), s.row)
        study.out.add_rejected(
            study.ref(place.member),
            [
                RejectedRow(
                    rows[pair], "panels_disagree", f"{pair[1]} for {pair[0]}, {n} samples", "unlike panels"
                )
                for pair, n in unlike.items()
            ],
        )


def _plain(panel: str) -> str:
    return "exome" if assay_of_word(panel) else panel.lower()


def _note_nobody(study: Study, lists: list[tuple[str, CaseList]], why: str) -> None:
    absent = [a for a in study.layout.absent if a.role == "mutations"]
    row = RejectedRow(
        None, "nobody_profiled", absent[0].name if absent else None, f"{why}: nobody counts as profiled"
    )
    study.out.add_rejected(study.ref(_speaker(study, lists)), [row])


def _speaker(study: Study, lists: list[tuple[str, CaseList]]) -> str:
    """The member that a note about nobody is put to: the meta file or table of mutations, else the list, else any."""
    candidates = [
        *(absent.meta_member for absent in study.layout.absent if absent.role == "mutations"),
        *(entry.member for entry in study.layout.of_role("mutations")),
        *(member for member, listed in lists if listed.is_sequenced),
        *study.layout.metas,
        *(entry.member for entry in study.layout.files),
    ]
    return candidates[0]
