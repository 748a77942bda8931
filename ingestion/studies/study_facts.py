"""What a cBioPortal study says of itself beyond its columns: its licence and its assay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingestion.catalog.columns import TableFormat
from ingestion.reading.tables import read_table
from ingestion.studies.study_files import StudyLayout

NOT_STATED = "not stated"
_LICENCE_FILE = re.compile(r"(^|/)(licen[cs]e|copying)(\.(txt|md))?$", re.IGNORECASE)
_LICENCE_KEYS = ("license", "licence")
#: Licences that studies name in a sentence of their own -> what the field calls them.
_KNOWN_LICENCES = (
    (re.compile(r"open database licen[cs]e|\bodbl\b", re.IGNORECASE), "ODbL 1.0"),
    (re.compile(r"\bCC0\b|creativecommons\.org/publicdomain/zero", re.IGNORECASE), "CC0-1.0"),
)
_CREATIVE_COMMONS = re.compile(r"\bCC[- ]?(BY(?:-NC)?(?:-SA|-ND)?)[- ]?(\d\.\d)?", re.IGNORECASE)
_LONGEST_WORDS = 120

_EXOME = re.compile(r"w?(hole)?[-_ ]?(exome|es|xs)([-_ ]?seq(uencing)?)?", re.IGNORECASE)
_SPEAKS_OF_A_PANEL = re.compile(
    r"panel|target(ed)?[ -](seq|exome|re-?seq|gene)|\bimpact\b|foundation", re.IGNORECASE
)
#: In the matrix of panels: sequenced, but on no panel, which File-Formats reads as a whole exome.
_NO_PANEL = ("", "NA", "N/A")


def licence_of(members: Mapping[str, bytes], meta: Mapping[str, str]) -> str:
    """The licence as the study states it: its meta file, or its licence file; ``not stated`` when neither does."""
    for key in _LICENCE_KEYS:
        if meta.get(key):
            return meta[key]
    for name, content in members.items():
        text = (
            " ".join(content.decode("utf-8", errors="replace").split()) if _LICENCE_FILE.search(name) else ""
        )
        if not text:
            continue
        known = next((licence for pattern, licence in _KNOWN_LICENCES if pattern.search(text)), None)
        if known is None and (found := _CREATIVE_COMMONS.search(text)):
            known = "-".join(part for part in ("CC", found[1].upper(), found[2]) if part)
        where = name.rsplit("/", 1)[-1]
        return f"{known or _shortened(text)} ({where} of the study)"
    return NOT_STATED


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_WORDS else f"{text[: _LONGEST_WORDS - 4].rstrip()} ..."


@dataclass(frozen=True)
class StudyAssay:
    """entry : the cohort file's ``assay``. stated_by : where the study says so; empty when it says nothing.
    note : what a person must still say, if anything."""

    entry: dict[str, str]
    stated_by: str
    note: str = ""


def assay_of(
    members: Mapping[str, bytes], layout: StudyLayout, cells: Mapping[str, Sequence[str]], where: str
) -> StudyAssay:
    """Exome or panel, from the matrix of panels, the meta file of the mutations, or the samples' GENE_PANEL column, in
    this order. Samples of no panel are whole exomes by cBioPortal's File-Formats, unless the study's own words on its
    profile speak of a panel: then somebody has to say which."""
    for stated_by, words in (
        ("the matrix of gene panels", _of_matrix(members, layout, where)),
        (
            "the meta file of the mutations",
            [m.meta.get("gene_panel") for m in layout.of_role("mutations") if m.meta],
        ),
        ("the column GENE_PANEL of the samples", list(cells.get("GENE_PANEL", []))),
    ):
        said = Counter(word for word in words if word)
        if said:
            return _entry(said, stated_by)
    if not layout.of_role("mutations"):
        return StudyAssay({"name": "none", "kind": "none"}, "the study, which has no mutation table")
    told = next(
        (text for m in layout.of_role("mutations") if m.meta and (text := _description(m.meta.values))), ""
    )
    hint = f" (its profile is described as '{_shortened(told).rstrip('.')}')" if told else ""
    if _SPEAKS_OF_A_PANEL.search(told):
        return StudyAssay(
            {"name": NOT_STATED, "kind": "none"},
            "",
            f"Which panel? No file names it{hint}: until 'assay' does, the cohort is left out.",
        )
    return StudyAssay(
        {"name": "exome", "kind": "exome"},
        "cBioPortal's File-Formats, which take samples of no panel for whole exomes",
        f"No file names a panel{hint}, so the samples count as whole exomes: if they are not, say kind and panel_id.",
    )


def _of_matrix(members: Mapping[str, bytes], layout: StudyLayout, where: str) -> list[str]:
    """The word of every sequenced sample in the column of the mutations; WES where it has no panel."""
    format_ = TableFormat()
    words: list[str] = []
    for entry in layout.of_role("gene_matrix"):
        content, name = members[entry.member], f"{where} ({entry.member})"
        table = read_table(content, format_.model_copy(update={"comment": "#"}), name)
        for column in table.columns:
            if column.lower().startswith("mutation"):
                cells = [(cell or "").strip() for cell in table.cells(column)]
                words += ["WES" if cell.upper() in _NO_PANEL else cell for cell in cells]
    return words


def _description(values: Mapping[str, str]) -> str:
    return values.get("profile_description", "")


def _entry(said: Counter[str], stated_by: str) -> StudyAssay:
    panels = [word for word, _ in said.most_common() if not _EXOME.fullmatch(word)]
    if not panels:
        return StudyAssay({"name": "exome", "kind": "exome"}, stated_by)
    entry = {"name": ", ".join(panels[:3]) + (", ..." if len(panels) > 3 else ""), "kind": "panel"}
    if len(panels) == 1:
        entry["panel_id"] = panels[0]
    n_exomes = sum(n for word, n in said.items() if _EXOME.fullmatch(word))
    if not n_exomes:
        return StudyAssay(entry, stated_by)
    entry.pop("panel_id", None)  # not that of every sample without one of its own
    note = f"{n_exomes} samples are exomes beside {said.total() - n_exomes} on panels: is the assay rightly a panel?"
    return StudyAssay(entry, stated_by, note)
