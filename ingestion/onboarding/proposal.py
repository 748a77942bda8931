"""Tables that nobody has described to a cohort file, with a question for everything that the tables do not say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.columns import TableFormat
from ingestion.onboarding.calls import add_calls, is_calls
from ingestion.onboarding.columns import ColumnGuess, event_direction, guess_column, named
from ingestion.onboarding.draft import Draft, file_entry, filled
from ingestion.onboarding.intervals import intervals_of
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
    read = {path: None if path.suffix.lower() == ".bed" else _read(path) for path in tables}
    calls = {path for path, found in read.items() if found is not None and is_calls(found[1])}
    for path, found in sorted(read.items(), key=lambda item: item[0] in calls):
        if found is None:
            _add_panel(draft, path, tables[path])
        elif path in calls:
            add_calls(draft, path, tables[path], *found)
        else:
            _add_clinical(draft, path, tables[path], *found, catalog)
    if not calls:
        draft.questions.append("There is no table of calls: every gene is not profiled.")
    return Proposal(_text(cohort_id, draft, is_icb), tuple(draft.columns), tuple(draft.questions))


def _read(path: Path) -> tuple[TableFormat, ParsedTable]:
    fmt = guess_format(path)
    table = read_table(path, fmt, str(path))
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
    draft: Draft, path: Path, address: str, fmt: TableFormat, table: ParsedTable, catalog: Catalog
) -> None:
    automatic = {name: column.attribute for name, column in catalog.automatic_columns().items()}
    key = _patient_column(table, fmt)
    draft.patients |= set(filled(table, key, fmt))
    guesses = [
        guess_column(c, filled(table, c, fmt), fmt.decimal, catalog.attributes, automatic)
        for c in table.columns
        if c != key
    ]
    draft.questions += [guess.question for guess in guesses if guess.question]
    draft.comments += [guess.note for guess in guesses if guess.note]
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
    found = file_entry(path, address, "clinical", fmt) | {"patient_id": key, "columns": columns}
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


def _is_flag(guess: ColumnGuess) -> bool:
    """A column under the symbol of a gene, whose cells say mutated or wild-type, or hold 0 and 1."""
    words = {word.lower() for word, _ in guess.words}
    is_symbol = re.fullmatch(r"[A-Z][A-Z0-9]{2,7}(-[A-Z0-9]+)?", guess.column) is not None
    return guess.attribute is None and is_symbol and len(words) < 6 and bool(words & _FLAG_WORDS)


def _patient_column(table: ParsedTable, fmt: TableFormat) -> str:
    """The column named like one, else the first whose cells are all filled and all different."""
    by_name = [c for c in table.columns if named("keys", c) == "patient_id"]
    distinct = [c for c in table.columns if len(set(filled(table, c, fmt))) == table.frame.num_rows]
    return (by_name or distinct or list(table.columns))[0]


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
