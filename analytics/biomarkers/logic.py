"""Kleene's three truth values for an array of samples: true, false and unknown, of which there are two kinds.

*Undetermined* was looked at and cannot be judged, *not profiled* was not looked at. Both follow Kleene's strong logic:
what is unknown counts only where it could turn the answer, so that ``A & B`` is false where A is wild-type, whatever B
is. Of an unknown answer, not profiled is said before undetermined.

An answer that is known although a part was not looked at keeps that part's reason in ``unseen``. In which group such a
sample is, is known; but with that part unseen it could have come into this group only (``A | B`` on a panel without B
has carriers of A and no others), so that comparisons leave it out: rates and outcomes would say who was looked at.
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
    """One value a sample, and why it is neither true nor false (None where it is).

    Attributes
    ----------
    unseen : which part was not looked at where the value is known nevertheless; None elsewhere, and as a whole where
        the question has no parts.
    """

    value: IntArray
    reason: Reasons
    unseen: Reasons | None = None

    @classmethod
    def of(cls, value: npt.ArrayLike, reason: Reasons | None = None) -> Truth:
        """From values; without reasons where every value is known."""
        values = np.asarray(value, dtype=np.int8)
        return cls(values, np.full(len(values), None, dtype=object) if reason is None else reason)

    @property
    def not_looked_at(self) -> Reasons:
        """Which part was not looked at, whatever the value is; None where every part was."""
        own = _only(self.value == NOT_PROFILED, self.reason)
        return own if self.unseen is None else np.where(self.value == NOT_PROFILED, own, self.unseen)


def _only(is_kept: npt.NDArray[np.bool_], reasons: Reasons) -> Reasons:
    """The reasons of some samples, None of the others."""
    kept = reasons.copy()
    kept[~is_kept] = None
    return kept


def negation(part: Truth) -> Truth:
    """True becomes false and false true."""
    known = part.value >= FALSE
    return Truth(np.where(known, TRUE - part.value, part.value).astype(np.int8), part.reason, part.unseen)


def where_all_were_looked_at(part: Truth) -> Truth:
    """The same, not profiled where a part was not looked at, also where the others decide."""
    unseen = part.not_looked_at
    is_unseen = np.array([one is not None for one in unseen], dtype=bool)
    return Truth(
        np.where(is_unseen, NOT_PROFILED, part.value).astype(np.int8),
        np.where(is_unseen, unseen, part.reason),
    )


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
    most = fewest + (values < FALSE).sum(axis=0)
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
    """Say which kind of unknown an answer is, and the first reason of each sample, with how many more there are."""
    values = np.vstack([part.value for part in parts])
    is_unseen = (values == NOT_PROFILED).any(axis=0) & (found < FALSE)
    result = np.where(is_unseen, NOT_PROFILED, found).astype(np.int8)
    of_result = [_only(part.value == result, part.reason) for part in parts]
    reason = _only(result < FALSE, _first_of(of_result, names))
    unseen = _first_of([part.not_looked_at for part in parts], names)
    return Truth(result, reason, _only(result >= FALSE, unseen))


def _first_of(reasons: Sequence[Reasons], names: Sequence[str]) -> Reasons:
    """The first reason of each sample after the name of its part, with how many parts more have one."""
    first: Reasons = np.full(reasons[0].shape, None, dtype=object)
    n_alike = np.zeros(reasons[0].shape, dtype=np.int64)
    for why, name in zip(reasons, names, strict=True):
        has_one = np.array([one is not None for one in why], dtype=bool)
        is_first = has_one & (n_alike == 0)
        first[is_first] = [f"{name}: {one}" for one in why[is_first]]
        n_alike += has_one
    several = n_alike > 1
    first[several] = [
        f"{why} (and {n - 1} more of {len(reasons)})"
        for why, n in zip(first[several], n_alike[several], strict=True)
    ]
    return first
