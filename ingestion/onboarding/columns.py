"""What each column of an undescribed table probably is: a date, a number or words, of which attribute, and which way an
event is. Guesses with their reasons, for a person to confirm."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from ingestion.catalog.attributes import Attribute
from ingestion.onboarding.units import time_unit, unit_doubt
from ingestion.reading.privacy import is_date_column
from ingestion.vocabulary import is_understood, load_vocabulary
from ingestion.yaml_files import read_mapping

_NAMES_FILE = Path(__file__).parent / "column_names.yaml"
_DATE_FORMATS = (
    "%d.%m.%Y",
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%d.%m.%y",
    "%Y/%m/%d",
    "%d-%b-%Y",
    "%Y%m%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
)
#: Dates of which nearly all are written in one way are written so, and the others are errors.
_NEARLY_ALL = 0.9
#: Words of one column that are shown; a column with more is no vocabulary.
MOST_WORDS = 12
#: Progressors and responders without whom the response says nothing about a status.
LEAST_OF_GROUP = 5


@dataclass(frozen=True)
class ColumnGuess:
    """One column: how many cells are filled, its commonest words, and what it probably is.

    Attributes
    ----------
    holds : date, number or words. date_role : birth, start, progression, death, last_contact or "".
    unknown : words that no vocabulary explains. unit : of a time, by the column's name.
    date_formats : in which nearly all of its dates can be read; one where that is sure.
    question : what has to be asked about it. asked_for : the attribute that it is once that is answered.
    note : what is worth saying without a question.
    """

    column: str
    holds: str
    n_filled: int
    words: tuple[tuple[str, int], ...]
    low: float | None = None
    high: float | None = None
    attribute: str | None = None
    date_role: str = ""
    date_formats: tuple[str, ...] = ()
    unit: str = ""
    unknown: tuple[str, ...] = ()
    why: str = ""
    question: str = ""
    asked_for: str = ""
    note: str = ""


@cache
def _names() -> dict[str, dict[str, list[str]]]:
    found = read_mapping(_NAMES_FILE, "patient_id: [...]")
    return {
        "keys": {name: found[name] for name in ("patient_id", "sample_id")},
        "attributes": found["attributes"],
        "dates": found["dates"],
    }


def named(group: str, column: str) -> str | None:
    """Which entry of ``column_names.yaml`` a column's name fits: group keys, attributes or dates."""
    plain = re.sub(r"[\s._()]+", "", column).lower()
    for name, patterns in _names()[group].items():
        if any(re.fullmatch(pattern, plain) for pattern in patterns):
            return name
    return None


def guess_column(
    column: str,
    cells: Sequence[str],
    decimal: str,
    attributes: Mapping[str, Attribute],
    automatic: Mapping[str, str],
) -> ColumnGuess:
    """What one column is, by its name and its filled cells (without the words for missing).

    Parameters
    ----------
    automatic : column in capitals -> attribute, as studies of the portal map by themselves.
    """
    counts = tuple(Counter(cells).most_common(MOST_WORDS))
    if cells and is_date_column(cells, column):
        return _guess_dates(column, cells)
    attribute = automatic.get(column.upper().replace(" ", "_")) or named("attributes", column)
    numbers = [_number(cell, decimal) for cell in cells]
    real = [number for number in numbers if number is not None]
    is_number = bool(cells) and len(real) == len(cells)
    if attribute == "OS_STATUS" and len(set(real)) > 2 and column.strip().upper() == "OS":
        attribute = "OS_TIME"  # a bare OS is a status in some tables and a time in others
    by = "its name"
    if attribute is None and not is_number:
        attribute, by = _by_words(cells, attributes), "its words"
    low, high = (min(real), max(real)) if real else (None, None)
    why = f"by {by}" if attribute else ""
    holds = "number" if is_number else "words"
    if attribute is None:
        return ColumnGuess(column, holds, len(cells), counts, low, high)
    kind = attributes[attribute].type
    question, is_left_out = "", False
    if kind in ("number", "time") and not is_number:
        why += f"; {len(cells) - len(real)} cells are no numbers"
        question, is_left_out = _no_numbers(column, attribute, cells, numbers)
    if not is_left_out and (doubt := unit_doubt(column, attribute, attributes[attribute], real)) is not None:
        question, is_left_out = " ".join((question, doubt.question)).strip(), doubt.is_left_out
    if is_left_out:
        return ColumnGuess(
            column, holds, len(cells), counts, low, high, why="asked", question=question, asked_for=attribute
        )
    unknown = (
        tuple(w for w in dict.fromkeys(cells) if not is_understood(attribute, w)) if kind == "word" else ()
    )
    return ColumnGuess(
        column, holds, len(cells), counts, low, high, attribute, unknown=unknown, why=why, question=question,
        unit=time_unit(column) if kind == "time" else "",
    )  # fmt: skip


def _guess_dates(column: str, cells: Sequence[str]) -> ColumnGuess:
    """A column of dates. What is shown of them are shapes (99.99.9999): a date identifies people."""
    fits = {fmt: [cell for cell in cells if _is_written(cell, fmt)] for fmt in _DATE_FORMATS}
    formats = tuple(fmt for fmt, fitting in fits.items() if len(fitting) >= _NEARLY_ALL * len(cells))
    note = why = ""
    if len(formats) == 1:
        others = Counter(cells) - Counter(fits[formats[0]])
        if others:
            note = (
                f"{column}: {others.total()} of {len(cells)} cells are no date written as {formats[0]} and are not "
                f"read ({_shapes(list(others.elements()))})"
            )
    elif formats:
        why = f"{' and '.join(formats)} both fit"
    else:
        why = f"No format fits nearly all of them, which look like {_shapes(cells)}"
    role = named("dates", column) or ""
    return ColumnGuess(
        column, "date", len(cells), (), date_role=role, date_formats=formats, why=why, note=note
    )


def _shapes(cells: Sequence[str]) -> str:
    """The commonest shapes of some cells, every digit as a 9."""
    shapes = Counter(re.sub(r"\d", "9", cell) for cell in cells)
    return ", ".join(shape for shape, _ in shapes.most_common(5))


def _no_numbers(
    column: str, attribute: str, cells: Sequence[str], numbers: Sequence[float | None]
) -> tuple[str, bool]:
    """The question about cells of a number that are none, and whether they are so many that it may be no number."""
    others = Counter(cell for cell, number in zip(cells, numbers, strict=True) if number is None)
    shown = ", ".join(word for word, _ in others.most_common(5))
    question = f"{others.total()} of {len(cells)} cells of {column} ({attribute}) are no numbers: {shown}."
    return question + " What do they mean?", 2 * others.total() > len(cells)


def event_direction(
    status: Sequence[str], response: Sequence[str], words: Mapping[str, str]
) -> tuple[dict[str, str], str] | None:
    """Which of the two words of a status is an event: the one that is commoner in progression than in response.

    Parameters
    ----------
    status, response : cell by cell of the same rows. words : response word in lower case -> CR, PR, SD or PD.

    Returns
    -------
    word -> event or censored, and the counts that say so; None where there are not two words, a group is small, or both
    are as common.
    """
    pairs = [(s, words.get(r.lower())) for s, r in zip(status, response, strict=True) if s]
    both = sorted({s for s, _ in pairs})
    if len(both) != 2:
        return None
    share = {}
    for group, meant in (("PD", ("PD",)), ("CR or PR", ("CR", "PR"))):
        of_group = [s for s, r in pairs if r in meant]
        if len(of_group) < LEAST_OF_GROUP:
            return None
        share[group] = (sum(s == both[1] for s in of_group), len(of_group))
    (n_pd, of_pd), (n_cr, of_cr) = share["PD"], share["CR or PR"]
    if n_pd * of_cr == n_cr * of_pd:
        return None
    event = both[1] if n_pd * of_cr > n_cr * of_pd else both[0]
    other = both[0] if event == both[1] else both[1]
    said = f"'{both[1]}' in {n_pd} of {of_pd} progressors, {n_cr} of {of_cr} responders"
    return {event: "event", other: "censored"}, said


def _by_words(cells: Sequence[str], attributes: Mapping[str, Attribute]) -> str | None:
    """The attribute whose vocabulary has most of the words; two words at least, and no mere yes, no, 0 and 1."""
    distinct = {cell.lower() for cell in cells} - {
        "yes",
        "no",
        "y",
        "n",
        "0",
        "1",
        "true",
        "false",
        "ja",
        "nein",
    }
    if not 2 <= len(distinct) <= 4 * MOST_WORDS:
        return None
    shares = {
        name: sum(word in known for word in distinct) / len(distinct)
        for name, known in load_vocabulary().items()
        if name in attributes
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= 0.8 else None


def _number(cell: str, decimal: str) -> float | None:
    text = cell.replace(decimal, ".") if decimal != "." else cell
    return float(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text) else None


def _is_written(cell: str, fmt: str) -> bool:
    try:
        datetime.strptime(cell, fmt)
    except ValueError:
        return False
    return True
