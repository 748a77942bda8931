"""Who of a cBioPortal study was looked at for structural variants, and on which panel.

As for mutations (``study_profiling``): the list of samples with such data (``_sv``, category all_cases_with_sv_data),
the gene panel matrix's column of the profile, and ``gene_panel`` of its meta file. A study without these says of nobody
that a gene is not rearranged.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.parsing.sample_lists import read_case_list
from ingestion.reading.table_model import find_column
from ingestion.reading.tables import read_table
from ingestion.studies.study import SAMPLE_KEY, Study

SV_LIST = "all_cases_with_sv_data"
_NO_PANEL = ("", "NA", "N/A")
#: Row of the source (None: a whole file), sample, panel.
_Said = tuple[int | None, str, str | None]


def add_structural_profile(study: Study) -> None:
    """Add the statements about structural variants; nothing for a study without such a table.

    Raises
    ------
    ParseError : a case list is none. Others : see `ingestion.reading.tables.read_table`.
    """
    entries = study.layout.of_role("structural_variants")
    if not entries:
        return
    listed: set[str] = set()
    for entry in study.layout.of_role("case_list"):
        found = read_case_list(study.members[entry.member], study.ref(entry.member).where)
        is_own = not (found.study_id and study.layout.states_id) or found.study_id == study.layout.study_id
        if is_own and (found.category == SV_LIST or (not found.category and found.list_id.endswith("_sv"))):
            samples = list(
                dict.fromkeys(s for n in found.samples if (s := study.sample_rule.read(n)) is not None)
            )
            said: list[_Said] = [(found.line, sample, None) for sample in samples]
            _add(study, entry.member, "sv_list", f"case list {found.list_id}", said)
            listed |= set(samples)
    for entry in study.layout.of_role("gene_matrix"):
        rows = _matrix(study, entry.member)
        _add(study, entry.member, "matrix", "gene panel matrix", rows)
        listed |= {sample for _, sample, panel in rows if panel is not None}
    for entry in entries:
        panel = entry.meta.get("gene_panel") if entry.meta else ""
        if entry.meta is not None and panel.upper() not in _NO_PANEL:
            line = entry.meta.lines["gene_panel"]
            of_all: list[_Said] = [(line, sample, panel) for sample in sorted(listed)]
            _add(study, entry.meta_member, "meta", "gene_panel of the meta file", of_all)


def _matrix(study: Study, member: str) -> list[_Said]:
    """Row, sample and panel of the matrix's column of structural variants; nothing without such a column."""
    ref = study.ref(member)
    table = read_table(study.members[member], study.table_part().format, ref.where)
    stable_ids = [e.meta.get("stable_id") for e in study.layout.of_role("structural_variants") if e.meta]
    names = (*stable_ids, "structural_variants", "sv", "fusion")
    column = next((c for n in names if n and (c := find_column(table.columns, n)) is not None), None)
    samples = find_column(table.columns, SAMPLE_KEY)
    if column is None or samples is None:
        return []
    cells = zip(table.rows(), table.cells(samples), table.cells(column), strict=True)
    return [
        (row, sample, None if (panel or "").strip().upper() in _NO_PANEL else (panel or "").strip())
        for row, name, panel in cells
        if name and name.strip() and (sample := study.sample_rule.read(name.strip())) is not None
    ]


def _add(study: Study, member: str, stated_by: str, rule: str, said: Sequence[_Said]) -> None:
    ref = study.ref(member)
    study.out.add(
        "structural_variant_samples",
        len(said),
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": [row for row, _, _ in said],
            "sample_id": [sample for _, sample, _ in said],
            "panel_id": [panel for _, _, panel in said],
            "stated_by": stated_by,
            "rule": rule,
        },
    )
