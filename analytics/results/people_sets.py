"""The people behind each statistic of one analysis, by number: every set of people is kept once, however many
statistics were computed on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics.errors import AnalysisError
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

#: A number is a checksum of the analysis (30 bits) and a count within it (22 bits): the same in every run, and below
#: 2^53, so that clients that know only doubles (R, JSON) hold it exactly.
_COUNT_BITS = 22
_CHECKSUM_BITS = 30


class _Question(NamedTuple):
    """Whom a statistic asks about: way and endpoint, row set, its cohort, and the cohorts that are pooled."""

    variant: str
    endpoint: str
    row_set: str | None
    cohort_id: str | None
    cohorts: tuple[str, ...] | None


@dataclass(frozen=True)
class _People:
    """Everyone of one way and endpoint. ``members`` has cohort_id, is_member, under the labels that ``sets`` knows."""

    members: pd.DataFrame
    numbers: np.ndarray
    sets: RowSets

    def behind(self, question: _Question) -> np.ndarray:
        """Numbers of the people of one statistic, ascending.

        Of a cohort by itself whoever of it is in the row set: also who is in no pool, because the cohort's clock is
        another; of all cohorts the members only.
        """
        inside = self.sets.holds(question.row_set, self.members.index)
        if question.cohort_id is None:
            inside = inside & self.members["is_member"].to_numpy(dtype=bool)
        else:
            inside = inside & (self.members["cohort_id"] == question.cohort_id).to_numpy(dtype=bool)
        if question.cohorts is not None:
            inside = inside & self.members["cohort_id"].isin(question.cohorts).to_numpy(dtype=bool)
        return self.numbers[inside]


@dataclass
class PeopleSets:
    """Numbers the people of one analysis, and the sets of them."""

    analysis_id: str
    _n_people: int = 0
    _by_scope: dict[tuple[str, str], list[_People]] = field(default_factory=dict)

    def numbered(self, scope: Scope, members: pd.DataFrame, sets: RowSets) -> np.ndarray:
        """Numbers of the rows of ``members``, shape (len(members),).

        Raises
        ------
        AnalysisError
            The analysis has more rows than there are numbers (four million).
        """
        numbers = self._numbers(self._n_people, len(members))
        self._n_people += len(members)
        people = _People(members[["cohort_id", "is_member"]], numbers, sets)
        self._by_scope.setdefault((scope.variant, scope.endpoint), []).append(people)
        return numbers

    def tables(self, tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """``stat_sets`` (stat_id, set_id) and ``set_members`` (set_id, member_id) of the statistics in ``tables``.
        People who are the same in two statistics are one set; a statistic of nobody has none."""
        sets: dict[bytes, tuple[int, np.ndarray]] = {}
        by_question: dict[_Question, int | None] = {}
        rows: list[tuple[str, int]] = []
        for table in tables.values():
            if not {"stat_id", "row_set"} <= set(table.columns):
                continue
            for stat_id, question in _asked(table):
                if question not in by_question:
                    by_question[question] = self._set_of(sets, question)
                found = by_question[question]
                if found is not None:
                    rows.append((stat_id, found))
        known = list(sets.values())
        numbers = self._numbers(0, len(known))
        stat_sets = pd.DataFrame(
            {"stat_id": [stat_id for stat_id, _ in rows], "set_id": numbers[[place for _, place in rows]]}
        )
        set_members = pd.DataFrame(
            {
                "set_id": np.repeat(numbers, [len(people) for _, people in known]),
                "member_id": np.concatenate([people for _, people in known] or [np.empty(0, dtype=np.int64)]),
            }
        )
        return stat_sets, set_members

    def _set_of(self, sets: dict[bytes, tuple[int, np.ndarray]], question: _Question) -> int | None:
        asked = self._by_scope.get((question.variant, question.endpoint), [])
        found = [people.behind(question) for people in asked]
        numbers = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
        if not len(numbers):
            return None
        place, _ = sets.setdefault(numbers.tobytes(), (len(sets), numbers))
        return place

    def _numbers(self, first: int, n: int) -> np.ndarray:
        if first + n >= 1 << _COUNT_BITS:
            raise AnalysisError(
                f"{self.analysis_id} has more than {1 << _COUNT_BITS:,} rows of people: split it into several analyses."
            )
        checksum = hashlib.sha256(self.analysis_id.encode()).digest()
        base = (int.from_bytes(checksum[:4], "big") >> (32 - _CHECKSUM_BITS)) << _COUNT_BITS
        return base + np.arange(first, first + n, dtype=np.int64)


def _asked(table: pd.DataFrame) -> list[tuple[str, _Question]]:
    """stat_id of each statistic and whom it asks about; None for what is null."""
    columns = table[["variant", "endpoint", "row_set", "cohort_id"]].astype(object)
    plain = columns.where(columns.notna(), None).itertuples(index=False, name=None)
    no_pool: list[tuple[str, ...] | None] = [None] * len(table)
    pooled = [tuple(names) for names in table["cohorts"]] if "cohorts" in table.columns else no_pool
    return [
        (stat_id, _Question(row[0], row[1], row[2], row[3], cohorts))
        for stat_id, row, cohorts in zip(table["stat_id"], plain, pooled, strict=True)
    ]
