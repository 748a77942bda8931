"""cBioPortal's small ``key: value`` files (meta files, case lists), and the samples that a MAF's head names.

What a study's files mean together is ``study_profiling``'s business; gene panels are read by ``panels``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.fetching.archives import check_kind, open_gzip
from ingestion.fetching.store import storage_errors
from ingestion.parsing.profiled_samples import Statement, add_statements
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.delimited import physical_lines

SEQUENCED_CATEGORY = "all_cases_with_mutation_data"
#: What else is on these lists was sequenced too; they count where a study has no list of sequenced samples.
_ALSO_SEQUENCED_CATEGORIES = (
    "all_cases_with_mutation_and_cna_data",
    "all_cases_with_mutation_and_cna_and_mrna_data",
)
_ALSO_SEQUENCED_SUFFIXES = ("_cnaseq", "_3way_complete")
#: Values of case_list_category (cBioPortal File-Formats, "Case list categories").
CATEGORIES = frozenset(
    (
        "all_cases_in_study",
        SEQUENCED_CATEGORY,
        "all_cases_with_cna_data",
        "all_cases_with_log2_cna_data",
        "all_cases_with_methylation_data",
        "all_cases_with_mrna_array_data",
        "all_cases_with_mrna_rnaseq_data",
        "all_cases_with_rppa_data",
        "all_cases_with_microrna_data",
        *_ALSO_SEQUENCED_CATEGORIES,
        "all_cases_with_gsva_data",
        "all_cases_with_sv_data",
        "other",
    )
)
_MAF_HEAD = re.compile(rb"#+\s*sequenced_samples\s*:(.*)", re.IGNORECASE | re.DOTALL)
_GZIP = b"\x1f\x8b"
_LIST_COLUMNS = ("sample_id", "case_list_ids")


@dataclass(frozen=True)
class KeyValues:
    """The entries of a ``key: value`` file, and the 1-based line of each."""

    values: dict[str, str]
    lines: dict[str, int]

    def get(self, key: str) -> str:
        return self.values.get(key, "")


@dataclass(frozen=True)
class CaseList:
    """One case list: the portal's stable id and category, its samples in order, the line they stand on."""

    list_id: str
    category: str
    samples: tuple[str, ...]
    line: int
    study_id: str = ""

    @property
    def is_sequenced(self) -> bool:
        """Whether it lists who was sequenced: by its name or, which is the other way to say so, by its category."""
        return self.category == SEQUENCED_CATEGORY or self.list_id.endswith("_sequenced")

    @property
    def implies_sequenced(self) -> bool:
        """Whether its samples were sequenced among other things (sequenced and copy number)."""
        return self.category in _ALSO_SEQUENCED_CATEGORIES or self.list_id.endswith(_ALSO_SEQUENCED_SUFFIXES)


def read_bytes(content: Path | bytes) -> bytes:
    """The bytes of a small file."""
    if isinstance(content, bytes):
        return content
    with storage_errors(content.parent):
        return content.read_bytes()


def read_key_values(content: Path | bytes, where: str) -> KeyValues:
    """Read a ``key: value`` file; a repeated key keeps its first value."""
    check_kind(content, "text", source=where)
    lines, _ = physical_lines(read_bytes(content), "utf-8", where)
    values: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        key, colon, value = line.partition(":")
        if colon and key.strip() not in values:
            values[key.strip()] = value.strip()
            numbers[key.strip()] = number
    return KeyValues(values, numbers)


def read_case_list(content: Path | bytes, where: str) -> CaseList:
    """Read one case list.

    Raises
    ------
    ParseError : it has no ``stable_id`` or no ``case_list_ids``.
    """
    found = read_key_values(content, where)
    for key in ("stable_id", "case_list_ids"):
        if key not in found.values:
            raise ParseError(
                f"it is no case list, it has no '{key}:' line", file=where, remedy="correct the address"
            )
    samples = tuple(dict.fromkeys(found.values["case_list_ids"].split()))
    return CaseList(
        found.values["stable_id"],
        found.get("case_list_category"),
        samples,
        found.lines["case_list_ids"],
        found.get("cancer_study_identifier"),
    )


def read_maf_head(content: Path | bytes, where: str) -> tuple[int, tuple[str, ...]] | None:
    """Line and samples of ``#sequenced_samples: ...`` above a MAF's header; None when nothing says so there."""
    text = read_bytes(content)
    if text.startswith(_GZIP):
        with open_gzip(content, source=where) as stream:
            text = stream.read()
    start = 0
    for number in range(1, len(text) + 1):
        end = text.find(b"\n", start)
        line = text[start:] if end < 0 else text[start:end]
        if line.strip() and not line.lstrip(b"\xef\xbb\xbf").startswith(b"#"):
            return None
        found = _MAF_HEAD.match(line.lstrip(b"\xef\xbb\xbf"))
        if found is not None:
            names = re.split(r"[\s,;]+", found.group(1).decode("utf-8", errors="replace").strip())
            return number, tuple(dict.fromkeys(name for name in names if name))
        if end < 0:
            return None
        start = end + 1
    return None


def add_case_list(
    listed: CaseList, ref: SourceRef, out: RawTables, samples: Sequence[str] | None = None
) -> None:
    """Add a list to ``case_lists``; ``samples`` replaces its identifiers where the catalogue has a rule."""
    names = listed.samples if samples is None else samples
    out.add(
        "case_lists",
        len(names),
        {
            "cohort_id": ref.cohort_id,
            "source_file_id": ref.source_file_id,
            "source_row": [listed.line] * len(names),
            "list_id": listed.list_id,
            "list_category": listed.category or None,
            "sample_id": list(names),
        },
    )


def parse_case_list(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a declared case list; with ``lists_profiled`` its samples count as sequenced.

    ``sample_id``, ``patient_id`` and ``columns`` of the catalogue apply to the listed identifiers (``sample_id``, or
    ``case_list_ids`` as the file calls them).
    """
    listed = read_case_list(content, ref.where)
    for key in ("sample_id", "patient_id"):
        pick = getattr(file, key)
        if pick is not None and not set(pick.columns) & set(_LIST_COLUMNS):
            raise ParseError(
                f"files.{file.id}.{key} reads column '{pick.columns[0]}', a case list only has 'sample_id'",
                file=ref.where,
                remedy="write 'column: sample_id' in the cohort file",
            )
    kept = _statements(listed.line, listed.samples, file)
    add_case_list(listed, ref, out, [statement.sample for statement in kept])
    _add_identifier_values(listed, ref, file, out)
    if file.lists_profiled:
        add_statements(out, ref, "declared", f"case list {listed.list_id}", kept)


def add_maf_head(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """The samples that a declared mutation table names above its header are sequenced, whoever has a call."""
    head = read_maf_head(content, ref.where) if file.format.type == "delimited" else None
    if head is not None:
        add_statements(out, ref, "maf_head", "#sequenced_samples of the MAF", _statements(*head, file))


def _statements(line: int, names: Sequence[str], file: SourceFile) -> list[Statement]:
    """The names as the entry's rules for identifiers read them; without a rule for the patient he or she is unknown."""
    read = [(file.sample_id.read(name) if file.sample_id else name, name) for name in names]
    return [
        Statement(line, sample, patient=file.patient_id.read(name) if file.patient_id else None)
        for sample, name in read
        if sample is not None
    ]


def _add_identifier_values(listed: CaseList, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Attributes that an identifier carries, such as the sample type in a TCGA barcode: each listed name is a value."""
    for column in (column for column in _LIST_COLUMNS if column in file.columns):
        out.add(
            "clinical_values",
            len(listed.samples),
            {
                "cohort_id": ref.cohort_id,
                "file_id": file.id,
                "source_file_id": ref.source_file_id,
                "source_row": [listed.line] * len(listed.samples),
                "level": "sample",
                "patient_id": [file.patient_id.read(n) if file.patient_id else None for n in listed.samples],
                "sample_id": [file.sample_id.read(n) if file.sample_id else n for n in listed.samples],
                "column_name": column,
                "value_raw": list(listed.samples),
                "value": list(listed.samples),
            },
        )
