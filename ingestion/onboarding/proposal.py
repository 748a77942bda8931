"""Tables that nobody has described to a cohort file, with a question for everything that the tables do not say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.columns import TableFormat
from ingestion.onboarding.calls import add_calls, is_calls, named_sample_column, sample_column_of_patients
from ingestion.onboarding.columns import ColumnGuess, event_direction, guess_column, named
from ingestion.onboarding.draft import Draft, file_entry, filled
from ingestion.onboarding.intervals import intervals_of
from ingestion.onboarding.summaries import without_summaries
from ingestion.onboarding.table_format import guess_encoding, guess_format, with_missing
from ingestion.reading.delimited import physical_lines
from ingestion.reading.table_model import ParsedTable
from ingestion.reading.tables import read_table
from ingestion.vocabulary import load_vocabulary

#: Words of a column that says whether the gene in its name is mutated.
_FLAG_WORDS = {"0", "1", "wt", "mut", "mutated", "mutant", "wildtype", "wild-type", "wild type"}


@dataclass(frozen=True)
class Proposal:
    """A cohort file as text, the guesses behind it, and what a person has to say."""

    text: str
    columns: tuple[ColumnGuess, ...]
    questions: tuple[str, ...]


def propose(cohort_id: str, tables: Mapping[Path, str], catalog: Catalog, *, is_icb: bool) -> Proposal:
    """The cohort file for some tables: clinical ones, calls (MAF or like one), panels (BED).

    Parameters
    ----------
    tables : path -> the address under which the cohort file names it.

    Raises
    ------
    ParseError : a table cannot be read at all.
    """
    draft = Draft()
    read = {path: None if path.suffix.lower() == ".bed" else _read(draft, path) for path in tables}
    calls = {path for path, found in read.items() if found is not None and is_calls(found[1])}
    barcodes = {
        name
        for path, found in read.items()
        if path in calls and found is not None and (column := named_sample_column(found[1])) is not None
        for name in filled(found[1], column, found[0])
    }
    for path, found in sorted(read.items(), key=lambda item: item[0] in calls):
        if found is None:
            _add_panel(draft, path, tables[path])
        elif path in calls:
            add_calls(draft, path, tables[path], *found)
        else:
            _add_clinical(draft, path, tables[path], *found, catalog, barcodes)
    if not calls:
        draft.questions.append("There is no table of calls: every gene is not profiled.")
    return Proposal(_text(cohort_id, draft, is_icb), tuple(draft.columns), tuple(draft.questions))


def _read(draft: Draft, path: Path) -> tuple[TableFormat, ParsedTable]:
    fmt = guess_format(path)
    table, summaries = without_summaries(read_table(path, fmt, str(path)))
    for row, word in summaries:
        draft.questions.append(
            f"Row {row} of {path.name} begins with '{word}' and seems to sum the table up: is it like the others? "
            "It is read as one until you delete it from the table, or write that word under missing of the format."
        )
    cells = [(cell or "").strip() for column in table.columns for cell in table.cells(column)]
    return with_missing(fmt, cells), table


def _add_panel(draft: Draft, path: Path, address: str) -> None:
    draft.panel = re.sub(r"[^A-Za-z0-9]+", "_", path.stem).upper()
    data = path.read_bytes()
    fmt = TableFormat(encoding=guess_encoding(data, path))
    lines = physical_lines(data, fmt.encoding, str(path))[0]
    names = [line.split("\t")[3] for line in lines if line.count("\t") >= 3]
    panel: dict[str, Any] = {"format": "bed", "panel_id": draft.panel}
    if names and sum("_" in name for name in names) * 2 > len(names):
        panel["gene_pattern"] = "^([^_]+)"
    draft.files.append(file_entry(path, address, "gene_panels", fmt) | {"panel": panel})


def _add_clinical(
    draft: Draft,
    path: Path,
    address: str,
    fmt: TableFormat,
    table: ParsedTable,
    catalog: Catalog,
    barcodes: set[str],
) -> None:
    automatic = {name: column.attribute for name, column in catalog.automatic_columns().items()}
    key = _patient_column(draft, path, fmt, table)
    draft.patients |= set(filled(table, key, fmt))
    sample = sample_column_of_patients(draft, path, fmt, table, key, barcodes)
    guesses = [
        guess_column(c, filled(table, c, fmt), fmt.decimal, catalog.attributes, automatic)
        for c in table.columns
        if c not in (key, sample)
    ]
    draft.questions += [guess.question for guess in guesses if guess.question]
    draft.comments += [guess.note for guess in guesses if guess.note]
    columns = _columns(draft, guesses, table, fmt, catalog)
    taken = {entry if isinstance(entry, str) else entry["attribute"] for entry in columns.values()}
    found = file_entry(path, address, "clinical", fmt) | {"patient_id": key}
    if sample is not None:
        found |= _samples(draft, path, fmt, table, (key, sample), has_time="BIOPSY_TIME" in taken)
    found["columns"] = columns
    intervals, private = intervals_of(draft, guesses, columns)
    if private:
        found["private"] = private
    if intervals:
        found["intervals"] = intervals
    flags = [g.column for g in guesses if _is_flag(g)]
    if flags:
        draft.questions.append(
            f"Do {', '.join(flags[:8])} say whether these genes are mutated? Then give {path.name} a second time, with "
            "kind: gene_flags (docs/catalogue.md, Flags instead of calls)."
        )
    if draft.panel or any(g.attribute == "GENE_PANEL" for g in guesses):
        draft.comments.append(
            f"{path.name}: if every patient of it was sequenced, write lists_profiled: true"
        )
    for endpoint in ("OS", "PFS"):
        times = {f"{endpoint}_TIME", f"{endpoint}_STATUS"}
        of_intervals = {i["attribute"] for i in intervals} | {
            i["event"]["attribute"] for i in intervals if "event" in i
        }
        if times <= taken | of_intervals | {g.asked_for for g in guesses}:
            draft.endpoints[endpoint] = "unknown"
    draft.files.append(found)
    draft.columns += guesses


def _columns(
    draft: Draft, guesses: Sequence[ColumnGuess], table: ParsedTable, fmt: TableFormat, catalog: Catalog
) -> dict[str, Any]:
    """The columns that carry an attribute; a second one of the same attribute is a question."""
    taken: set[str] = set()
    columns: dict[str, Any] = {}
    for guess in guesses:
        attribute = guess.attribute
        if attribute is None:
            continue
        if attribute in taken:
            draft.questions.append(
                f"{guess.column} may be {attribute} too, and a column before it is read so: which of them is meant?"
            )
            continue
        taken.add(attribute)
        entry: dict[str, Any] = {"attribute": attribute}
        if catalog.attributes[attribute].type == "time":
            entry["unit"] = guess.unit
        if guess.unknown:
            entry["words"] = _words(draft, guess, table, fmt, guesses)
        columns[guess.column] = attribute if len(entry) == 1 else {k: v for k, v in entry.items() if v}
    return columns


def _samples(
    draft: Draft, path: Path, fmt: TableFormat, table: ParsedTable, keys: tuple[str, str], *, has_time: bool
) -> dict[str, str]:
    """What the entry says of samples, whose names and patients are kept for the tables of calls."""
    absent = {"", *fmt.missing}
    patients, samples = ([(cell or "").strip() for cell in table.cells(key)] for key in keys)
    named_rows = [
        (s, p) for s, p in zip(samples, patients, strict=True) if s not in absent and p not in absent
    ]
    draft.samples |= dict(named_rows)
    n_several = sum(n > 1 for n in Counter(p for _, p in set(named_rows)).values())
    if n_several and not has_time:
        draft.questions.append(
            f"{n_several} patients of {path.name} have several samples: which were taken before treatment? A sample of "
            "which nothing is said counts as taken before; name the column that says it as BIOPSY_TIME."
        )
    # a row without a sample would be lost from a table of samples
    level = {"level": "sample"} if len(named_rows) == len(samples) else {}
    return {"sample_id": keys[1], **level}


def _is_flag(guess: ColumnGuess) -> bool:
    """A column under the symbol of a gene, whose cells say mutated or wild-type, or hold 0 and 1."""
    words = {word.lower() for word, _ in guess.words}
    is_symbol = re.fullmatch(r"[A-Z][A-Z0-9]{2,7}(-[A-Z0-9]+)?", guess.column) is not None
    return guess.attribute is None and is_symbol and len(words) < 6 and bool(words & _FLAG_WORDS)


def _patient_column(draft: Draft, path: Path, fmt: TableFormat, table: ParsedTable) -> str:
    """The column named like one, else the first whose cells are all filled and all different, which is asked about."""
    by_name = [c for c in table.columns if named("keys", c) == "patient_id"]
    if by_name:
        return by_name[0]
    distinct = [c for c in table.columns if len(set(filled(table, c, fmt))) == table.frame.num_rows]
    column = [*distinct, *table.columns][0]
    draft.questions.append(
        f"Which column of {path.name} names the patient? None is called so, and {column} is written under patient_id."
    )
    return column


def _words(
    draft: Draft, guess: ColumnGuess, table: ParsedTable, fmt: TableFormat, guesses: Sequence[ColumnGuess]
) -> dict[str, str]:
    """Words that could be told; the others are a question."""
    told: dict[str, str] = {}
    if (guess.attribute or "").endswith("_STATUS"):
        response = next((g.column for g in guesses if g.attribute == "BEST_RESPONSE"), None)
        absent = {"", *fmt.missing}
        if response is not None:
            cells = [
                ["" if (text := (cell or "").strip()) in absent else text for cell in table.cells(name)]
                for name in (guess.column, response)
            ]
            direction = event_direction(cells[0], cells[1], load_vocabulary()["BEST_RESPONSE"])
            if direction is not None:
                told, said = direction
                draft.comments.append(f"{guess.column}: event by the response, {said}")
    unknown = [word for word in guess.unknown if word not in told]
    if unknown:
        draft.questions.append(
            f"What do these words of {guess.column} ({guess.attribute}) mean? {', '.join(unknown[:8])}. Say it under "
            "'words'."
        )
    return told


def _text(cohort_id: str, draft: Draft, is_icb: bool) -> str:
    for endpoint in draft.endpoints:
        draft.questions.append(
            f"When does the clock of {endpoint} start (icb_start, diagnosis, ...)? How do you know?"
        )
    if draft.panel is None and any(f["kind"] == "mutations" for f in draft.files):
        draft.questions.append(
            "Which assay made the calls? Write kind exome, or panel with a panel_id and its genes."
        )
    assay = {"name": draft.panel or "not stated", "kind": "panel" if draft.panel else "none"}
    content: dict[str, Any] = {
        "cohort_id": cohort_id,
        "title": cohort_id,
        "citation": "not stated",
        "licence": "not stated",
        "is_icb": is_icb,
        "precedence": 1000,
        "assay": assay | ({"panel_id": draft.panel} if draft.panel else {}),
        "endpoints": {
            e: {"origin": o, "evidence": "Not stated: say it."} for e, o in draft.endpoints.items()
        },
        "files": draft.files,
    }
    head = ["# Proposed from the tables. Read it against them; what they do not say:"]
    head += [f"# - {question}" for question in draft.questions]
    if draft.comments:
        head += ["# What the tables say:", *(f"# - {comment}" for comment in draft.comments)]
    return "\n".join(head) + "\n" + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=118)
