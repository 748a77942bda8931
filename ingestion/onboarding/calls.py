"""Tables of calls: how they are known among others, which MAF columns theirs are, and which column names the sample."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
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
_SAMPLE = ("sample", "tumorsample", "specimen", "tumorsamplebarcode")


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


def named_sample_column(table: ParsedTable) -> str | None:
    """The column of a table of calls that is called like a sample's name, else like a patient's."""
    of_sample = [c for c in table.columns if named("keys", c) == "sample_id" or plain_name(c) in _SAMPLE]
    of_sample.sort(key=lambda c: plain_name(c) != "tumorsamplebarcode")
    of_patient = [c for c in table.columns if named("keys", c) == "patient_id"]
    return next(iter([*of_sample, *of_patient]), None)


def _sample_column(draft: Draft, path: Path, fmt: TableFormat, table: ParsedTable) -> str:
    """The column that names the sample: by its name, else by what it holds, which is asked about."""
    if (column := named_sample_column(table)) is not None:
        return column
    known = draft.patients | set(draft.samples)
    column = max(table.columns, key=lambda c: len(known & set(filled(table, c, fmt))))
    draft.questions.append(
        f"Which column of {path.name} names the sample? None is called so, and {column} is written under sample_id."
    )
    return column


def add_calls(draft: Draft, path: Path, address: str, fmt: TableFormat, table: ParsedTable) -> None:
    """Add a table of calls, whose samples are those of the clinical tables before it."""
    entry = file_entry(path, address, "mutations", fmt)
    column = _sample_column(draft, path, fmt, table)
    barcodes = set(filled(table, column, fmt))
    if others := _call_columns(table):
        entry["mutation_columns"] = others
    # a pattern may make two samples into one: it is for tables whose samples no clinical table names
    of_samples = barcodes & set(draft.samples)
    pattern = None if of_samples else _pattern_to_patients(barcodes, draft.patients)
    entry["sample_id"] = column if pattern is None else {"column": column, "pattern": pattern}
    cut = {b: found.group(1) for b in barcodes if (found := re.search(pattern or "^(.+)$", b))}
    known = {draft.samples.get(b, name) for b, name in cut.items()} & draft.patients
    _ask_about_samples(draft, path, barcodes, cut)
    n_without = len(draft.patients) - len(known)
    draft.comments.append(f"{path.name}: {len(barcodes)} samples with a call, of {len(known)} patients")
    draft.questions.append(
        f"Who was sequenced? {n_without} of {len(draft.patients)} patients have no call in {path.name}. If every "
        "patient was, write 'lists_profiled: true' to the clinical table; if every sequenced sample has a call, to "
        "that of calls; else name the column that says it under 'profiled_if'."
    )
    draft.files.append(entry)


def _ask_about_samples(draft: Draft, path: Path, barcodes: set[str], cut: Mapping[str, str]) -> None:
    """Ask about samples that a pattern makes into one, and about those that no clinical table knows."""
    folded = {name: n for name, n in Counter(cut.values()).items() if n > 1}
    if folded:
        draft.questions.append(
            f"{path.name} has several samples of {len(folded)} of {len(set(cut.values()))} patients ({min(folded)}), "
            "and the pattern makes them into one: were all taken before treatment? Else give a clinical table with the "
            "samples' names."
        )
    nobodys = sorted(b for b in barcodes if b not in draft.samples and cut.get(b) not in draft.patients)
    if nobodys and draft.patients:
        draft.questions.append(
            f"Whose are {len(nobodys)} of {len(barcodes)} samples of {path.name} ({', '.join(nobodys[:3])})? No "
            "clinical table names them."
        )


def sample_column_of_patients(
    draft: Draft, path: Path, fmt: TableFormat, table: ParsedTable, key: str, barcodes: set[str]
) -> str | None:
    """The column of a clinical table that holds the names which the calls give to their samples, where the patients'
    column ``key`` does not. A column that is merely called so is asked about."""
    held = {column: set(filled(table, column, fmt)) for column in table.columns}
    hits = {column: held[column] & barcodes for column in held}
    found = [
        column
        for column, cells in held.items()
        if len(hits[column]) > len(hits[key]) and 2 * len(hits[column]) > min(len(cells), len(barcodes))
    ]
    best = max(found, key=lambda column: len(hits[column]), default=None)
    if further := [c for c in found if best is not None and hits[c] - hits[best]]:
        draft.questions.append(
            f"{best} and {', '.join(further)} of {path.name} hold names of samples, and a row has one: {best} is read. "
            "Give the table with a row for each sample."
        )
    unused = [c for c in table.columns if named("keys", c) == "sample_id" and c not in (best, key, *further)]
    if best is None and unused:
        draft.questions.append(
            f"Does {unused[0]} of {path.name} name samples? No table of calls has its names; if so write it under "
            "sample_id."
        )
    return best


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
