"""cBioPortal's small ``key: value`` files: meta files, case lists, gene panels; and the portal's panel dump.

What a study's files mean together is ``cbioportal``'s business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.archives import check_kind
from ingestion.catalog import SourceFile
from ingestion.delimited import physical_lines
from ingestion.errors import ParseError
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.store import storage_errors

SEQUENCED_CATEGORY = "all_cases_with_mutation_data"
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

    @property
    def is_sequenced(self) -> bool:
        """Whether it lists who was sequenced; older studies say so by the list's name only."""
        if self.category:
            return self.category == SEQUENCED_CATEGORY
        return self.list_id.endswith("_sequenced")


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
        found.values["stable_id"], found.get("case_list_category"), samples, found.lines["case_list_ids"]
    )


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


def parse_case_list(
    content: Path | bytes, ref: SourceRef, file: SourceFile, panel_id: str | None, out: RawTables
) -> None:
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
    kept = [
        (sample, file.patient_id.read(name) if file.patient_id else None)
        for name in listed.samples
        if (sample := file.sample_id.read(name) if file.sample_id else name) is not None
    ]
    samples = [sample for sample, _ in kept]
    add_case_list(listed, ref, out, samples)
    _add_identifier_values(listed, ref, file, out)
    if file.lists_profiled:
        out.add(
            "profiled_samples",
            len(kept),
            {
                "cohort_id": ref.cohort_id,
                "source_file_id": ref.source_file_id,
                "source_row": [listed.line] * len(kept),
                "patient_id": [patient for _, patient in kept],
                "sample_id": samples,
                "panel_id": panel_id,
                "rule": f"case list {listed.list_id}",
            },
        )


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


def add_panel_file(content: Path | bytes, ref: SourceRef, out: RawTables) -> None:
    """Read a study's ``data_gene_panel_*.txt``.

    Raises
    ------
    ParseError : it has no ``stable_id`` or no ``gene_list``.
    """
    found = read_key_values(content, ref.where)
    panel, genes = found.get("stable_id"), found.get("gene_list").split()
    if not panel or not genes:
        raise ParseError(
            "it is no gene panel, it needs 'stable_id:' and 'gene_list:'",
            file=ref.where,
            remedy="fetch the study again",
        )
    out.add(
        "gene_panels",
        len(genes),
        {
            "source_file_id": ref.source_file_id,
            "source_row": [found.lines["gene_list"]] * len(genes),
            "panel_id": panel,
            "hugo_symbol": genes,
        },
    )


def parse_gene_panels(content: Path | bytes, ref: SourceRef, out: RawTables) -> None:
    """Read the portal's ``gene-panels.json``: a list of ``{genePanelId, genes: [{hugoGeneSymbol, ...}]}``.

    ``source_row`` is the line on which the gene's symbol stands.

    Raises
    ------
    ParseError : it is no JSON, or not of that shape.
    """
    check_kind(content, "text", source=ref.where)
    text = read_bytes(content).decode("utf-8-sig", errors="replace")
    try:
        panels = json.loads(text)
        genes = [(str(p["genePanelId"]), gene) for p in panels for gene in p["genes"]]
        symbols = [str(gene["hugoGeneSymbol"]) for _, gene in genes]
    except json.JSONDecodeError as error:
        raise ParseError(
            f"it is not JSON ({error.msg})", file=ref.where, line=error.lineno, remedy="fetch the file again"
        ) from error
    except (KeyError, TypeError) as error:
        raise ParseError(
            "it is not a list of gene panels with genePanelId and genes",
            file=ref.where,
            remedy="correct the address",
        ) from error
    entrez = [gene.get("entrezGeneId") for _, gene in genes]
    out.add(
        "gene_panels",
        len(genes),
        {
            "source_file_id": ref.source_file_id,
            "source_row": _symbol_lines(text, len(genes)),
            "panel_id": [panel for panel, _ in genes],
            "hugo_symbol": symbols,
            "entrez_gene_id": [None if number is None else str(number) for number in entrez],
        },
    )


def _symbol_lines(text: str, n_genes: int) -> list[int]:
    """Line of each gene, by the order of the key; line 1 when a value holds the key's text too."""
    lines, line, position = [], 1, 0
    for match in re.finditer(r'"hugoGeneSymbol"\s*:', text):
        line += text.count("\n", position, match.start())
        position = match.start()
        lines.append(line)
    return lines if len(lines) == n_genes else [1] * n_genes
