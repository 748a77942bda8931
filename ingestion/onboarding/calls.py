"""Tables of calls: how they are known among others, which MAF columns theirs are, and which column names the sample."""

from __future__ import annotations

import re
from pathlib import Path

from ingestion.catalog.columns import TableFormat
from ingestion.onboarding.columns import named
from ingestion.onboarding.draft import Draft, file_entry, filled
from ingestion.parsing.mutation_tables import MAF_SYNONYMS
from ingestion.reading.table_model import ParsedTable

#: Columns of calls that are not MAF (ANNOVAR, VEP, supplements), blanks, points and underscores taken out -> MAF's.
_CALL_COLUMNS = {
    "hugo_symbol": ("generefgene", "genesymbol", "genename", "symbol", "gene", "gen", "hugo"),
    "chromosome": ("chr", "chrom"),
    "start_position": ("start", "pos", "position"),
    "end_position": ("end", "stop"),
    "variant_classification": ("exonicfuncrefgene", "consequence", "effect", "mutationtype", "variantclass"),
    "reference_allele": ("ref", "reference"),
    "tumor_seq_allele2": ("alt", "alternate", "alternative"),
    "hgvsp_short": ("aachange", "proteinchange", "aminoacidchange", "hgvsp", "proteinänderung"),
}
#: Beside a gene each of these says what changed, so that a row is a call; an effect may be a treatment's.
_WHAT_CHANGED = {"variant_classification", "hgvsp_short"}
_OTHER_MEANING = {"effect"}


def plain_name(column: str) -> str:
    """A column's name in small letters and digits alone."""
    return re.sub(r"[\W_]+", "", column).lower()


def is_calls(table: ParsedTable) -> bool:
    """Whether a row is a call: it has a gene, and what changed in it, or where."""
    there = {plain_name(column) for column in table.columns} - _OTHER_MEANING
    found = {
        maf
        for maf, own in MAF_SYNONYMS.items()
        if there & {*(plain_name(name) for name in own), *_CALL_COLUMNS.get(maf, ())}
    }
    # a clinical table may have a column Gene, and one that is called Start
    n_where = len(found & {"chromosome", "start_position"}) + ("tumorsamplebarcode" in there)
    return "hugo_symbol" in found and (bool(found & _WHAT_CHANGED) or n_where > 1)


def _call_columns(table: ParsedTable) -> dict[str, str]:
    """MAF column -> the table's, where it has another name."""
    by_plain = {plain_name(column): column for column in reversed(table.columns)}
    return {
        maf: next(by_plain[name] for name in names if name in by_plain)
        for maf, names in _CALL_COLUMNS.items()
        if not any(plain_name(own) in by_plain for own in MAF_SYNONYMS[maf])
        and any(name in by_plain for name in names)
    }


def add_calls(draft: Draft, path: Path, address: str, fmt: TableFormat, table: ParsedTable) -> None:
    """Add a table of calls, whose samples are those of the clinical tables before it."""
    entry = file_entry(path, address, "mutations", fmt)
    column = next((c for c in table.columns if plain_name(c) == "tumorsamplebarcode"), None)
    column = column or next(
        (
            c
            for c in table.columns
            if named("keys", c) or plain_name(c) in ("sample", "tumorsample", "specimen")
        ),
        table.columns[0],
    )
    barcodes = set(filled(table, column, fmt))
    if others := _call_columns(table):
        entry["mutation_columns"] = others
    pattern = _pattern_to_patients(barcodes, draft.patients)
    entry["sample_id"] = column if pattern is None else {"column": column, "pattern": pattern}
    known = {
        found.group(1) for b in barcodes if (found := re.search(pattern or "^(.+)$", b))
    } & draft.patients
    n_without = len(draft.patients) - len(known)
    draft.comments.append(f"{path.name}: {len(barcodes)} samples with a call, of {len(known)} patients")
    draft.questions.append(
        f"Who was sequenced? {n_without} of {len(draft.patients)} patients have no call in {path.name}. If every "
        "patient was, write 'lists_profiled: true' to the clinical table; if every sequenced sample has a call, to "
        "that of calls; else name the column that says it under 'profiled_if'."
    )
    draft.files.append(entry)


def _pattern_to_patients(barcodes: set[str], patients: set[str]) -> str | None:
    """The pattern that makes sample names into patients' (MUC-0001-T1 to MUC-0001), where they are not the same."""
    if len(barcodes & patients) * 2 > len(barcodes) or not patients:
        return None
    shapes = {re.sub(r"\d+", r"\\d+", re.sub(r"[^\w\d-]", ".", patient)) for patient in patients}
    if len(shapes) != 1:
        return None
    pattern = f"^({shapes.pop()})"
    hits = sum((found := re.search(pattern, b)) is not None and found.group(1) in patients for b in barcodes)
    return pattern if hits * 2 > len(barcodes) else None
