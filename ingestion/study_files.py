"""Which member of a cBioPortal study is what: meta files first, standard names where no meta file speaks.

Only names and meta files are looked at here; the data files are read by ``cbioportal``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from ingestion.archives import iter_members
from ingestion.errors import ParseError
from ingestion.sample_lists import KeyValues, read_key_values

Role = Literal[
    "patient", "sample", "mutations", "copy_number", "segments", "gene_matrix", "gene_panel", "case_list"
]

_ROLES: dict[tuple[str, str], Role] = {
    ("CLINICAL", "PATIENT_ATTRIBUTES"): "patient",
    ("CLINICAL", "SAMPLE_ATTRIBUTES"): "sample",
    ("CLINICAL", "MIXED_ATTRIBUTES"): "sample",
    ("MUTATION_EXTENDED", "MAF"): "mutations",
    ("COPY_NUMBER_ALTERATION", "DISCRETE"): "copy_number",
    ("COPY_NUMBER_ALTERATION", "DISCRETE_LONG"): "copy_number",
    ("COPY_NUMBER_ALTERATION", "SEG"): "segments",
    ("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX"): "gene_matrix",
}
_STANDARD_NAMES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("patient", re.compile(r"data_(bcr_)?clinical_(data_)?patient\.txt")),
    ("sample", re.compile(r"data_(bcr_)?clinical_(data_)?sample\.txt")),
    ("mutations", re.compile(r"data_mutations(_extended|_mskcc)?\.(txt|maf)")),
    ("copy_number", re.compile(r"data_cna\.txt", re.IGNORECASE)),
    ("segments", re.compile(r".*\.seg")),
    ("gene_matrix", re.compile(r"data_gene_(panel_)?matrix\.txt")),
)
_PANEL = re.compile(r"data_gene_panel_(?!matrix).*\.txt|gene_panel_(?!matrix).*\.txt")


@dataclass(frozen=True)
class StudyFile:
    """One data file of a study: its member name, its role, and the meta file that names it, if any."""

    member: str
    role: Role
    meta: KeyValues | None = None


@dataclass(frozen=True)
class AbsentFile:
    """A data file that a meta file names and the study does not hold."""

    name: str
    role: Role
    meta_member: str
    line: int


@dataclass(frozen=True)
class StudyLayout:
    """The data files of a study, its meta files, and what is absent.

    ``root`` is the study's folder inside the archive, "" or ending in "/".
    """

    study_id: str
    root: str
    files: tuple[StudyFile, ...]
    metas: tuple[str, ...]
    absent: tuple[AbsentFile, ...]

    def of_role(self, role: Role) -> list[StudyFile]:
        return [file for file in self.files if file.role == role]


def load_study(content: Path, source: str) -> dict[str, bytes]:
    """Member name -> bytes of what is read of a study: an archive (safely, see ``archives``) or a folder.

    Expression and other large tables stay unread. Raises as `ingestion.archives.iter_members`.
    """
    if content.is_dir():
        names = sorted(str(path.relative_to(content)) for path in content.rglob("*") if path.is_file())
        chosen = _wanted(names, lambda n: (content / n).read_bytes())
        return {name: (content / name).read_bytes() for name in chosen}
    seen: list[str] = []

    def is_small(name: str) -> bool:
        seen.append(name)
        return _is_usual(name)

    members = dict(iter_members(content, source=source, wanted=is_small))
    further = set(_wanted(seen, lambda n: members[n])) - set(members)
    if further:  # a meta file names a data file in an unusual way
        members |= dict(iter_members(content, source=source, wanted=further.__contains__))
    return members


def study_layout(members: Mapping[str, bytes], where: str) -> StudyLayout:
    """What each member is.

    Raises
    ------
    ParseError : the members are no study: neither meta files nor clinical files with standard names.
    """
    names = [name for name in members if not _is_hidden(name)]
    root = _root(names)
    inside = {name.removeprefix(root): name for name in names if name.startswith(root)}
    metas = {
        name: read_key_values(members[inside[name]], f"{where} ({inside[name]})")
        for name in sorted(inside)
        if "/" not in name and name.startswith("meta_") and members[inside[name]]
    }
    files: list[StudyFile] = []
    absent: list[AbsentFile] = []
    for meta_name, meta in metas.items():
        role = _role(meta)
        data_name = meta.get("data_filename")
        if role is None or not data_name or any(f.member == inside.get(data_name) for f in files):
            continue
        if data_name in inside:
            files.append(StudyFile(inside[data_name], role, meta))
        else:
            absent.append(AbsentFile(data_name, role, inside[meta_name], meta.lines["data_filename"]))
    spoken_for = {file.role for file in files}
    for role, pattern in _STANDARD_NAMES:
        if role not in spoken_for:
            # Of two mutation files without a meta file one is usually the older form of the other.
            by_name = [name for name in sorted(inside) if pattern.fullmatch(name)][:1]
            files += [StudyFile(inside[name], role) for name in by_name]
    files += [StudyFile(inside[n], "gene_panel") for n in sorted(inside) if _PANEL.fullmatch(n)]
    files += [StudyFile(inside[n], "case_list") for n in sorted(inside) if n.startswith("case_lists/")]
    if not metas and not files:
        raise ParseError(
            "this is no cBioPortal study, it holds neither meta files nor data files with the portal's names",
            file=where,
            remedy="correct the address",
        )
    study_id = metas["meta_study.txt"].get("cancer_study_identifier") if "meta_study.txt" in metas else ""
    named = study_id or root.rstrip("/").rpartition("/")[2] or where
    return StudyLayout(named, root, tuple(files), tuple(inside[name] for name in metas), tuple(absent))


def _role(meta: KeyValues) -> Role | None:
    if "uncalled" in meta.get("stable_id"):  # read support below the caller's threshold, not mutations
        return None
    return _ROLES.get((meta.get("genetic_alteration_type").upper(), meta.get("datatype").upper()))


def _root(names: Iterable[str]) -> str:
    """The folder of meta_study.txt, else the highest folder that holds a file with a usual name."""
    folders = [name.rpartition("/") for name in names]
    heads = [folder + slash for folder, slash, base in folders if base == "meta_study.txt"]
    heads = heads or [folder + slash for folder, slash, base in folders if _is_usual_base(base)]
    return min(heads, key=lambda head: (head.count("/"), head)) if heads else ""


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _is_usual_base(base: str) -> bool:
    is_standard = any(pattern.fullmatch(base) for _, pattern in _STANDARD_NAMES)
    return base.startswith("meta_") or is_standard or _PANEL.fullmatch(base) is not None


def _is_usual(name: str) -> bool:
    if _is_hidden(name):
        return False
    folder, _, base = name.rpartition("/")
    return _is_usual_base(base) or folder.rpartition("/")[2] == "case_lists"


def _wanted(names: Iterable[str], read: Callable[[str], bytes]) -> list[str]:
    """The names with a usual name, and those that a meta file of a known kind names."""
    listed = [name for name in names if not _is_hidden(name)]
    metas = [name for name in listed if name.rpartition("/")[2].startswith("meta_")]
    wanted = {name for name in listed if _is_usual(name)}
    for name in metas:
        meta = read_key_values(read(name), name)
        if _role(meta) is not None and meta.get("data_filename"):
            folder, slash, _ = name.rpartition("/")
            wanted.add(folder + slash + meta.get("data_filename"))
    return sorted(wanted & set(listed))
