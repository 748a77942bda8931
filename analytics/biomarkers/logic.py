"""Kleene's three truth values for an array of samples, and beside them: not profiled.

True, false and undetermined follow Kleene's strong logic: what is undetermined counts only where it could turn the
answer. *Not profiled* is no truth value: who was not looked at for a part of the question belongs to none of its
groups, whatever the other parts say. Were a carrier of A kept in ``A | B`` where B was not looked at, and a non-carrier
of A left out, a panel without B would give carriers only, and rates and outcomes would say who was looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.biomarkers.language.model import Comparison

TRUE, FALSE, UNDETERMINED, NOT_PROFILED = 1, 0, -1, -2

IntArray = npt.NDArray[np.int8]
CountArray = npt.NDArray[np.int64]
Reasons = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Truth:
    """One value a sample, and why it is neither true nor false (None where it is)."""

    value: IntArray
    reason: Reasons

    @classmethod
    def of(cls, value: npt.ArrayLike, reason: Reasons | None = None) -> Truth:
        """From values; without reasons where every value is known."""
        values = np.asarray(value, dtype=np.int8)
        return cls(values, np.full(len(values), None, dtype=object) if reason is None else reason)


def negation(part: Truth) -> Truth:
    """True becomes false and false true."""
    known = part.value >= FALSE
    return Truth(np.where(known, TRUE - part.value, part.value).astype(np.int8), part.reason)


def conjunction(parts: Sequence[Truth], names: Sequence[str]) -> Truth:
    """True where all are, false where one is false."""
    values = np.vstack([part.value for part in parts])
    found = np.where(
        (values == FALSE).any(axis=0), FALSE, np.where((values == TRUE).all(axis=0), TRUE, UNDETERMINED)
    )
    return _with_reasons(found, parts, names)


def disjunction(parts: Sequence[Truth], names: Sequence[str]) -> Truth:
    """True where one is, false where all are false."""
    values = np.vstack([part.value for part in parts])
    found = np.where(
        (values == TRUE).any(axis=0), TRUE, np.where((values == FALSE).all(axis=0), FALSE, UNDETERMINED)
    )
    return _with_reasons(found, parts, names)


def count(parts: Sequence[Truth], names: Sequence[str], comparison: Comparison, number: int) -> Truth:
    """The number of true parts, compared. Known where every number that is possible gives the same answer."""
    values = np.vstack([part.value for part in parts])
    fewest = (values == TRUE).sum(axis=0)
    most = fewest + (values == UNDETERMINED).sum(axis=0)
    found = _compared(fewest, most, comparison, number)
    return _with_reasons(found, parts, names)


def _compared(fewest: CountArray, most: CountArray, comparison: Comparison, number: int) -> CountArray:
    """Each number between ``fewest`` and ``most`` is possible."""
    match comparison:
        case ">=":
            always, never = fewest >= number, most < number
        case ">":
            always, never = fewest > number, most <= number
        case "<=":
            always, never = most <= number, fewest > number
        case "<":
            always, never = most < number, fewest >= number
        case "=":
            always, never = (fewest == number) & (most == number), (most < number) | (fewest > number)
    return np.where(always, TRUE, np.where(never, FALSE, UNDETERMINED))


def _with_reasons(
    found: npt.NDArray[np.signedinteger], parts: Sequence[Truth], names: Sequence[str]
) -> Truth:
    """Put 'not profiled' above the answer, and give the first reason of each sample, with how many more there are."""
    values = np.vstack([part.value for part in parts])
    result = np.where((values == NOT_PROFILED).any(axis=0), NOT_PROFILED, found).astype(np.int8)
    reason = np.full(result.shape, None, dtype=object)
    n_alike = np.zeros(result.shape, dtype=np.int64)
    for part, name in zip(parts, names, strict=True):
        is_why = (result < FALSE) & (part.value == result)
        is_first = is_why & (n_alike == 0)
        reason[is_first] = [f"{name}: {why}" for why in part.reason[is_first]]
        n_alike += is_why
    several = n_alike > 1
    reason[several] = [
        f"{why} (and {n - 1} more of {len(parts)})"
        for why, n in zip(reason[several], n_alike[several], strict=True)
    ]
    return Truth(result, reason)
