"""What stands in one cell of a generated file, said as data. A cell is one of

``"{os_days}"``
    a template; ``{name:format}`` as in Python, and ``{tmb:.3f,}`` prints a decimal comma. A template that is one bare
    field keeps the field's own type, which a workbook shows.
``12``, ``true``, ``null``
    itself.
``[M1a, M1b]``
    cells in turn, row by row.
``{os_event: {true: Dead, false: Alive}}``
    looked up by the value of a field; ``else`` for the rest, without it the row is an error. A key ``5-9`` holds
    for the whole numbers 5 to 9; ``row % 41`` is the remainder of a field.
``{draw: [120, 900]}``
    a whole number, 120 to 899; ``{one_of: [a, b]}`` one of the words, ``{chance: 0.8}`` true or false,
    ``{log_normal: [1.2, 0.7]}`` the exponential of a normal number.
``{count: [1000, 17]}``
    1000 in the first row, and 17 more in every other.
``{number: "{vaf:.4f}"}``
    the text as a number.
``{hook: birth}``
    a function of ``quirks.values``.

Cells are compiled when the file is read, and filled row by row in the order of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import PlainValidator

from ingestion.errors import CatalogError
from ingestion.generated.quirks.values import VALUES

_REMAINDER = re.compile(r"(\w+) % (\d+)")
_RANGE = re.compile(r"(\d+)-(\d+)")


@dataclass
class Row:
    """What the cells of one row can see: fields by name, and the random stream of the file."""

    fields: dict[str, Any]
    rng: np.random.Generator

    def value(self, name: str) -> Any:
        return named("field", name, self.fields)


Named = TypeVar("Named")


def named(kind: str, name: str, things: Mapping[str, Named]) -> Named:
    """The thing of that name.

    Raises
    ------
    ValueError
        There is none; names near it are given.
    """
    if name not in things:
        near = get_close_matches(name, things) or sorted(things)
        raise ValueError(f"there is no {kind} '{name}'; near it: {', '.join(near)}")
    return things[name]


@contextmanager
def blame(what: str) -> Iterator[None]:
    """Says of which file or cohort a cell could not be filled.

    Raises
    ------
    CatalogError
        In place of the cell's own error.
    """
    try:
        yield
    except ValueError as exc:
        raise CatalogError(str(exc), where=what, remedy="correct the cell in its file in 'cohorts'") from exc


#: A cell that is ready to be filled: from a row to text, a number, true, false or None.
Fill = Callable[[Row], Any]


def compile_cell(raw: Any) -> Fill:
    """A cell as it stands in the file, ready to be filled.

    Raises
    ------
    ValueError : it is none of the forms above.
    """
    if isinstance(raw, str):
        return _template(raw)
    if isinstance(raw, list):
        cells = [compile_cell(part) for part in raw]
        return lambda row: cells[row.value("row") % len(cells)](row)
    if not isinstance(raw, dict):
        return lambda row: raw
    if len(raw) != 1:
        raise ValueError(f"{raw} is no cell: it must hold one key, a field or one of {', '.join(_KINDS)}")
    [(key, value)] = raw.items()
    if key in _KINDS:
        return _KINDS[key](value)
    if not isinstance(value, dict):
        raise ValueError(f"'{key}' must hold words by value, or be one of {', '.join(_KINDS)}")
    return _lookup(str(key), value)


Cell = Annotated[Fill, PlainValidator(compile_cell)]


def _template(text: str) -> Fill:
    parts = [(before, name, spec or "") for before, name, spec, _ in Formatter().parse(text)]
    if all(name is None for _, name, _ in parts):
        return lambda row: text
    before, name, spec = parts[0]
    if len(parts) == 1 and not before and not spec:
        return lambda row: row.value(str(name))
    return lambda row: "".join(
        before + ("" if name is None else _formatted(row.value(name), spec)) for before, name, spec in parts
    )


def _formatted(value: Any, spec: str) -> str:
    if spec.endswith("f,"):
        return format(value, spec[:-1]).replace(".", ",")
    return format(value, spec)


def _lookup(key: str, words: dict[Any, Any]) -> Fill:
    remainder = _REMAINDER.fullmatch(key)
    name, modulus = (remainder[1], int(remainder[2])) if remainder else (key, None)
    cells: dict[Any, Fill] = {}
    for word, raw in words.items():
        span = _RANGE.fullmatch(word) if isinstance(word, str) else None
        cell = compile_cell(raw)
        cells |= {number: cell for number in range(int(span[1]), int(span[2]) + 1)} if span else {word: cell}
    rest = cells.pop("else", None)

    def fill(row: Row) -> Any:
        value = row.value(name) if modulus is None else row.value(name) % modulus
        cell = cells.get(value, rest)
        if cell is None:
            raise ValueError(f"'{key}' is {value!r}, for which there is no word; add it or 'else'")
        return cell(row)

    return fill


def _draw(limits: list[int]) -> Fill:
    low, high = limits
    return lambda row: int(row.rng.integers(low, high))


def _one_of(words: list[Any]) -> Fill:
    cells = [compile_cell(word) for word in words]
    return lambda row: cells[int(row.rng.integers(0, len(cells)))](row)


def _log_normal(parameters: list[float]) -> Fill:
    mean, sigma = parameters
    return lambda row: float(np.exp(row.rng.normal(mean, sigma)))


def _count(parameters: list[int]) -> Fill:
    first, step = parameters
    return lambda row: first + step * int(row.value("row"))


def _number(text: str) -> Fill:
    cell = compile_cell(text)
    return lambda row: float(cell(row))


def _hook(name: str) -> Fill:
    return named("hook", name, VALUES)


_KINDS: dict[str, Callable[[Any], Fill]] = {
    "draw": _draw,
    "one_of": _one_of,
    "chance": lambda share: lambda row: bool(row.rng.random() < share),
    "log_normal": _log_normal,
    "count": _count,
    "number": _number,
    "hook": _hook,
}
