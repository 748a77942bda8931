"""What is coarser in an export than in the published file, by a rule that is stated in docs/operations.md.

- An age over 89 is 90, which reads "90 or over" (HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i)(C)).
- A count of people below the smallest cell is ``<5``. Public cohorts have a smallest cell of 1, for their counts are
  published; a version with a private cohort has one of 5; ``ICB_SMALLEST_CELL`` says another.

Rules go by the name of a column, in the words of the tables; a query that renames a column answers for it. A column
whose name says that it counts is one of people, unless it is known to count something else. A row that names an
attribute ("AGE", "age in years") has the age in a column of another name, and it is this that is coarsened there.

Everything that leaves goes through here, rows of a table by :func:`disclosed_row` and records within records by
:func:`disclosed_record`; numbers within sentences and pictures by ``analytics.engine.smallest_count``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from numbers import Real
from typing import Any

OLDEST_SHOWN = 89
TOP_CODE = 90
TOP_WORDS = "90 or over"
_SIDE = "(?:_before|_after)?"  # of a difference between two versions
_FUNCTION = r"(?:max|min|median|mode|any_value|first|last|arg_max|arg_min|quantile\w*|list)"
_AGE = re.compile(
    rf"(?:\w+_)?age(?:_years|_at_\w+)?{_SIDE}|{_FUNCTION}\((?:\w+\.)?(?:\w+_)?age(?:_years|_at_\w+)?\b.*\)",
    re.IGNORECASE,
)
#: What a column ``n_...`` counts that is no person.
_THINGS = (
    "aliquots|bootstrap|calls|cohorts|counted|draws|events_needed|failed|files|found|frameshift|genes|hypotheses|"
    "mutations|nonsynonymous|own_mutations|packages|probes|ranked|resamples|silent|snvs|tables|truncating|"
    "with_alleles"
)
_PEOPLE = "carriers|events|members|people|persons|responders"
_COUNT = re.compile(
    r"(?!(?:\w+_)?(?:share|rate|median|mean)_)(?:\w+_)?"
    rf"(?:n(?:_(?!(?:{_THINGS})(?:_|$))\w+)?|(?:{_PEOPLE})(?:_(?!needed)\w+)?|numerator|denominator)"
    r"|(?:logrank|mh)_observed|rows_(?:before|after)|count(?:_star)?\(.*\)",
    re.IGNORECASE,
)
#: Columns that name the attribute of a row, and those that then have its value.
_NAMING = ("attribute", "axis", "column", "column_name", "covariate", "feature", "item", "variable", "what")
_VALUE = re.compile(
    r"value|value_\w+|\w+_value|example|words|before|after|(?:median|q1|q3|mean)_\w+", re.IGNORECASE
)
_SAYS_AGE = re.compile(r"(?:^|[^a-z])age(?:[^a-z]|$)", re.IGNORECASE)
#: A number within a text, but that of "90 or over": what was coarsened stays as it is.
_NUMBER = re.compile(rf"\d+(?:\.\d+)?(?!\d|{TOP_WORDS.removeprefix(str(TOP_CODE))})")
#: Above it an age is one in months, above the next in days.
_MOST_YEARS, _MOST_MONTHS = 130, 1600


def is_coarsened(column: str, smallest_cell: int) -> bool:
    """Whether numbers of a column of this name may leave as something else."""
    return bool(_AGE.fullmatch(column) or (smallest_cell > 1 and _COUNT.fullmatch(column)))


def disclosed(column: str, value: Any, smallest_cell: int) -> Any:
    """A value as it may leave, by the name of its column.

    Parameters
    ----------
    smallest_cell : smallest count of people that is shown, 1 for every count.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return value
    if float(value) > OLDEST_SHOWN and _AGE.fullmatch(column):
        return TOP_CODE
    if 0 < float(value) < smallest_cell and _COUNT.fullmatch(column):
        return f"<{smallest_cell}"
    return value


def coarsened_columns(columns: Sequence[str], smallest_cell: int) -> tuple[int, ...]:
    """Where in a row a value may leave as something else, by place; empty for a table that leaves as it is."""
    return _places(tuple(columns), smallest_cell)[0]


@lru_cache(maxsize=1024)
def _places(columns: tuple[str, ...], smallest_cell: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Places of values that may leave as something else, and of those that name an attribute."""
    naming = tuple(at for at, name in enumerate(columns) if name in _NAMING)
    coarsened = (
        at
        for at, name in enumerate(columns)
        if is_coarsened(name, smallest_cell) or (naming and _VALUE.fullmatch(name))
    )
    return tuple(coarsened), naming


def disclosed_row(columns: Sequence[str], row: Sequence[Any], smallest_cell: int) -> tuple[Any, ...]:
    """The values of a row as they may leave, in the order of its columns."""
    coarsened, naming = _places(tuple(columns), smallest_cell)
    if not coarsened:
        return tuple(row)
    cells = list(row)
    attribute = next((str(row[at]) for at in naming if row[at]), None)  # what the values of the row are of
    for at in coarsened:
        cells[at] = disclosed(columns[at], cells[at], smallest_cell)
        if attribute is not None and _VALUE.fullmatch(columns[at]):
            cells[at] = _disclosed_of(attribute, cells[at], smallest_cell)
    return tuple(cells)


def disclosed_record(value: Any, smallest_cell: int) -> Any:
    """As :func:`disclosed_row`, of every number in records within records and lists; keys are the names."""
    if isinstance(value, Mapping):
        items = [disclosed_record(item, smallest_cell) for item in value.values()]
        return dict(zip(value, disclosed_row([str(key) for key in value], items, smallest_cell), strict=True))
    if isinstance(value, list | tuple):
        return [disclosed_record(item, smallest_cell) for item in value]
    return value


def _disclosed_of(attribute: str, value: Any, smallest_cell: int) -> Any:
    """A value as it may leave, of an attribute that its row names; numbers may stand in a text."""
    is_text = isinstance(value, str)
    if _says_age(attribute):
        if is_text:
            return _NUMBER.sub(lambda found: TOP_WORDS if _is_old(float(found[0])) else found[0], value)
        return disclosed("age", value, smallest_cell)
    is_count = is_text and _NUMBER.fullmatch(value) is not None and _COUNT.fullmatch(attribute) is not None
    if is_count and 0 < float(value) < smallest_cell:
        return f"<{smallest_cell}"
    return value if is_text else disclosed(attribute, value, smallest_cell)


@lru_cache(maxsize=4096)
def _says_age(text: str) -> bool:
    return _SAYS_AGE.search(text.replace("_", " ")) is not None


def _is_old(number: float) -> bool:
    """Over 89 years, in years, months or days by its size."""
    in_a_year = 1 if number <= _MOST_YEARS else 12 if number <= _MOST_MONTHS else 365.25
    return number / in_a_year > OLDEST_SHOWN
