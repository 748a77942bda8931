"""Which member of a cBioPortal study is what: meta files first, standard names where no meta file speaks.

Only names and meta files are looked at here; the data files are read by ``cbioportal``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from ingestion.errors import ParseError
from ingestion.fetching.archives import iter_members
from ingestion.parsing.sample_lists import KeyValues, read_key_values

Role = Literal[
    "patient",
    "sample",
    "mutations",
    "copy_number",
    "segments",
    "structural_variants",
    "timeline",
    "gene_matrix",
    "gene_panel",
    "case_list",
]

#: datatype of a copy-number table with one call a row; the other, DISCRETE, has a column a sample.
LONG_COPY_NUMBER = "DISCRETE_LONG"
_ROLES: dict[tuple[str, str], Role] = {
    ("CLINICAL", "PATIENT_ATTRIBUTES"): "patient",
    ("CLINICAL", "SAMPLE_ATTRIBUTES"): "sample",
    ("CLINICAL", "MIXED_ATTRIBUTES"): "sample",
    ("MUTATION_EXTENDED", "MAF"): "mutations",
    ("COPY_NUMBER_ALTERATION", "DISCRETE"): "copy_number",
    ("COPY_NUMBER_ALTERATION", LONG_COPY_NUMBER): "copy_number",
    ("COPY_NUMBER_ALTERATION", "SEG"): "segments",
    ("STRUCTURAL_VARIANT", "SV"): "structural_variants",
    ("FUSION", "FUSION"): "structural_variants",
    ("CLINICAL", "TIMELINE"): "timeline",
    ("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX"): "gene_matrix",
}
_STANDARD_NAMES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("patient", re.compile(r"data_(bcr_)?clinical_(data_)?patient\.txt")),
    # data_clinical.txt: studies of before 2016 have patients and samples in one table
    ("sample", re.compile(r"data_(bcr_)?clinical_(data_)?sample\.txt|data_clinical(_data)?\.txt")),
    ("mutations", re.compile(r"data_mutations(_extended|_mskcc)?\.(txt|maf)")),
    ("copy_number", re.compile(r"data_cna\.txt", re.IGNORECASE)),
    ("segments", re.compile(r".*\.seg")),
    # one first: a study that has both has the same variants twice
    ("structural_variants", re.compile(r"data_(sv|structural_variants)\.txt", re.IGNORECASE)),
    ("structural_variants", re.compile(r"data_fusions?\.txt", re.IGNORECASE)),
    ("timeline", re.compile(r"data_timeline[\w.-]*\.txt")),
    ("gene_matrix", re.compile(r"data_gene_(panel_)?matrix\.txt")),
)
#: The portal takes every file with "meta" as a word of its name for a meta file.
_META = re.compile(r"(?:\b|_)meta(?:\b|[_0-9]).*\.txt$", re.IGNORECASE)
_PANEL = re.compile(r"data_gene_panel_(?!matrix).*\.txt|gene_panel_(?!matrix).*\.txt")


#: What the meta files of unread data call it, in words; "" stands for every datatype.
_UNREAD: dict[tuple[str, str], str] = {
    ("COPY_NUMBER_ALTERATION", "CONTINUOUS"): "continuous copy number",
    ("COPY_NUMBER_ALTERATION", "LOG2-VALUE"): "log2 copy number",
    ("MRNA_EXPRESSION", ""): "expression",
    ("METHYLATION", ""): "methylation",
    ("PROTEIN_LEVEL", ""): "protein levels",
    ("GISTIC_GENES_AMP", ""): "GISTIC amplifications",
    ("GISTIC_GENES_DEL", ""): "GISTIC deletions",
    ("MUTSIG", ""): "MutSig",
    ("GENESET_SCORE", ""): "gene set scores",
    ("GENERIC_ASSAY", ""): "generic assay",
    ("WSI", ""): "whole slide images",
}


@dataclass(frozen=True)
class StudyFile:
    """One data file of a study: its member name, its role, and the meta file that names it, if any."""

    member: str
    role: Role
    meta: KeyValues | None = None
    meta_member: str = ""


@dataclass(frozen=True)
class AbsentFile:
    """A data file that a meta file names and the study does not hold."""

    name: str
    role: Role
    meta_member: str
    line: int


@dataclass(frozen=True)
class UnreadFile:
    """A data file of a study that is not read: its member name and what it holds, in words."""

    member: str
    holds: str


@dataclass(frozen=True)
class StudyLayout:
    """The data files of a study, its meta files, and what is absent.

    ``root`` is the study's folder inside the archive, "" or ending in "/". ``states_id`` says that ``study_id`` is the
    study's own statement and not its folder's name. ``reference_genome`` is what meta_study.txt says, such as hg38.
    """

    study_id: str
    root: str
    files: tuple[StudyFile, ...]
    metas: tuple[str, ...]
    absent: tuple[AbsentFile, ...]
    unread: tuple[UnreadFile, ...] = ()
    states_id: bool = False
    reference_genome: str = ""

    def of_role(self, role: Role) -> list[StudyFile]:
        return [file for file in self.files if file.role == role]


def load_study(content: Path, source: str) -> dict[str, bytes]:
    """Member name -> bytes of what is read of a study: an archive (safely, see ``archives``) or a folder.

    Expression and other large tables stay unread. Raises as `ingestion.fetching.archives.iter_members`.
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
        if "/" not in name and _is_meta(name) and members[inside[name]]
    }
    files, absent, unread = _by_meta(metas, inside, root)
    spoken_for = {file.role for file in files}
    # What a meta file names is what it says there: log2 values in data_CNA.txt are no discrete calls.
    named = {file.member for file in files} | {file.member for file in unread}
    for role, pattern in _STANDARD_NAMES:
        if role not in spoken_for:
            by_name = [n for n in sorted(inside) if pattern.fullmatch(n) and inside[n] not in named]
            if (
                role != "timeline"
            ):  # of which there is one an event; of two others one is usually an older form
                by_name = by_name[:1]
            files += [StudyFile(inside[name], role) for name in by_name]
            if role == "structural_variants" and by_name:
                spoken_for.add(role)
    files += [StudyFile(inside[n], "gene_panel") for n in sorted(inside) if _PANEL.fullmatch(n)]
    files += [StudyFile(inside[n], "case_list") for n in sorted(inside) if _is_case_list(n)]
    if not metas and not files:
        raise ParseError(
            "this is no cBioPortal study, it holds neither meta files nor data files with the portal's names",
            file=where,
            remedy="correct the address",
        )
    named |= {file.member for file in files}
    unread += [
        UnreadFile(inside[n], "no meta file says what it is")
        for n in sorted(inside)
        if re.fullmatch(r"data_[^/]*", n) and inside[n] not in named
    ]
    study_id = _stated_id(metas)
    return StudyLayout(
        study_id or root.rstrip("/").rpartition("/")[2] or where,
        root,
        tuple(files),
        tuple(inside[name] for name in metas),
        tuple(absent),
        tuple(unread),
        bool(study_id),
        metas["meta_study.txt"].get("reference_genome") if "meta_study.txt" in metas else "",
    )


def _by_meta(
    metas: Mapping[str, KeyValues], inside: Mapping[str, str], root: str
) -> tuple[list[StudyFile], list[AbsentFile], list[UnreadFile]]:
    """What the meta files name: what is read, what is not there, and what is not read."""
    files: list[StudyFile] = []
    absent: list[AbsentFile] = []
    unread: list[UnreadFile] = []
    for meta_name, meta in metas.items():
        role, data_name = _role(meta), meta.get("data_filename")
        if not data_name:
            continue
        member = _data_member(data_name, inside)
        if role is None:
            if holds := _holds(meta):
                unread.append(UnreadFile(member or root + data_name, holds))
        elif member is None:
            absent.append(AbsentFile(data_name, role, inside[meta_name], meta.lines["data_filename"]))
        elif all(file.member != member for file in files):
            files.append(StudyFile(member, role, meta, inside[meta_name]))
    return files, absent, unread


def unread_files(members: Mapping[str, bytes], where: str) -> tuple[UnreadFile, ...]:
    """What a study holds beside what is read, from its meta files (and files named ``data_*`` that none names).

    Raises as `study_layout`.
    """
    return study_layout(members, where).unread


def _stated_id(metas: Mapping[str, KeyValues]) -> str:
    """The study's identifier: of meta_study.txt, else the one that most meta files name; "" when none does."""
    key = "cancer_study_identifier"
    if "meta_study.txt" in metas:
        return metas["meta_study.txt"].get(key)
    counted = Counter(meta.get(key) for meta in metas.values() if meta.get(key))
    return counted.most_common(1)[0][0] if counted else ""


def _data_member(data_name: str, inside: Mapping[str, str]) -> str | None:
    """The member that ``data_filename`` means: at that path, else the only file of that name in any folder."""
    plain = PurePosixPath(data_name.replace("\\", "/")).as_posix()
    if plain in inside:
        return inside[plain]
    base = plain.rpartition("/")[2]
    alike = [member for name, member in inside.items() if name.rpartition("/")[2] == base]
    return alike[0] if len(alike) == 1 else None


def _is_meta(base: str) -> bool:
    return _META.search(base) is not None


def _is_case_list(name: str) -> bool:
    return name.startswith("case_lists/") and not name.endswith(("~", "/"))


def _holds(meta: KeyValues) -> str:
    """What the data file of a meta file is that is not read; "" for what is no data of people."""
    if "uncalled" in meta.get("stable_id"):
        return "mutations below the caller's threshold"
    kind, datatype = meta.get("genetic_alteration_type").upper(), meta.get("datatype").upper()
    if kind == "CANCER_TYPE":
        return ""
    words = _UNREAD.get((kind, datatype)) or _UNREAD.get((kind, "")) or ""
    other = meta.get("resource_type") and f"resources ({meta.get('resource_type').lower()})"
    return words or other or " ".join(f"{kind} {datatype}".split()) or "its meta file does not say what it is"


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
    return _is_meta(base) or is_standard or _PANEL.fullmatch(base) is not None


def _is_usual(name: str) -> bool:
    if _is_hidden(name):
        return False
    folder, _, base = name.rpartition("/")
    return _is_usual_base(base) or folder.rpartition("/")[2] == "case_lists"


def _wanted(names: Iterable[str], read: Callable[[str], bytes]) -> list[str]:
    """The names with a usual name, and those that a meta file of a known kind names."""
    listed = [name for name in names if not _is_hidden(name)]
    wanted = {name for name in listed if _is_usual(name)}
    for name in (name for name in listed if _is_meta(name.rpartition("/")[2])):
        meta = read_key_values(read(name), name)
        if _role(meta) is not None and meta.get("data_filename"):
            folder, slash, _ = name.rpartition("/")
            inside = {n.removeprefix(folder + slash): n for n in listed if n.startswith(folder + slash)}
            wanted.add(_data_member(meta.get("data_filename"), inside) or "")
    return sorted(wanted & set(listed))
