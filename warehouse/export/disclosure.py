"""What is coarser in an export than in the published file, by a rule that is stated in docs/operations.md.

- An age over 89 is 90, which reads "90 or over" (HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i)(C)).
- A count of people below the smallest cell is ``<5``. Public cohorts have a smallest cell of 1, for their counts are
  published; a version with a private cohort has one of 5; ``ICB_SMALLEST_CELL`` says another.

Rules go by the name of a column, in the words of the tables; a query that renames a column answers for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

OLDEST_SHOWN = 89
TOP_CODE = 90
_FUNCTION = r"(?:max|min|median|mode|any_value|first|last|arg_max|arg_min|quantile\w*|list)"
_AGE = re.compile(
    rf"(?:\w+_)?age(?:_years|_at_\w+)?|{_FUNCTION}\((?:\w+\.)?(?:\w+_)?age(?:_years|_at_\w+)?\b.*\)",
    re.IGNORECASE,
)
_OF_WHOM = "in_group|in_reference|mutated|wild_type|carriers|people|patients|persons|samples|left_out|missing|profiled"
_COUNT = re.compile(
    rf"(?:\w+_)?(?:n|events|responders)(?:_(?:{_OF_WHOM}|undetermined|usable|total|both|other|low|high|present))*"
    r"|count(?:_star)?\(.*\)",
    re.IGNORECASE,
)


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


def disclosed_record(value: Any, smallest_cell: int) -> Any:
    """As :func:`disclosed`, of every number in records within records and lists; keys are the names."""
    if isinstance(value, Mapping):
        return {
            key: disclosed(str(key), disclosed_record(item, smallest_cell), smallest_cell)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [disclosed_record(item, smallest_cell) for item in value]
    return value
