"""Rows of results under regular names, and which members each was computed on.

A statistic's name is ``analysis/variant[@cohort]/key``. Its *row set* names the members behind it ("members",
"mutated", "members with known sex", ...), so that every number can be walked back to exactly the rows that made it.
What is estimated, and how, does not belong here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

#: Between the row sets of one member.
ROW_SET_SEPARATOR = "; "


@dataclass
class _Decided:
    """A named row set so far: labels on which it has been decided, and those of them that are in it."""

    decided: pd.Index
    kept: pd.Index


@dataclass
class ResultRows:
    """Rows for ``stats.survival_stats`` and ``stats.response_stats``, gathered under one analysis and variant."""

    analysis_id: str
    variant: str
    survival: list[dict[str, Any]] = field(default_factory=list)
    response: list[dict[str, Any]] = field(default_factory=list)
    _row_sets: dict[str, _Decided] = field(default_factory=dict)

    def stat_id(self, key: str, cohort_id: str | None) -> str:
        """Name of a statistic."""
        scope = f"@{cohort_id}" if cohort_id else ""
        return f"{self.analysis_id}/{self.variant}{scope}/{key}"

    def add(
        self, rows: list[dict[str, Any]], key: str, cohort_id: str | None, values: dict[str, Any]
    ) -> None:
        """Add one row to ``rows`` (``self.survival`` or ``self.response``). A number that is not finite becomes None:
        a median that is not reached, an interval without an end, an estimate that does not exist."""
        rows.append(
            {
                "stat_id": self.stat_id(key, cohort_id),
                "analysis_id": self.analysis_id,
                "variant": self.variant,
                "cohort_id": cohort_id,
                "estimate_key": key,
                **{name: _finite_or_none(value) for name, value in values.items()},
            }
        )

    def row_set(self, name: str, kept: pd.Index, among: pd.Index, cohort_id: str | None = None) -> str:
        """Remember that ``kept`` of the members ``among`` form the row set ``name``; returns the name to use.

        A name means one set of members whatever the cohort it is asked for. Where a cohort by itself keeps other
        rows than the pool did (delayed entry in the pool only), the cohort's set gets a name of its own.
        """
        known = self._row_sets.get(name)
        if known is None:
            self._row_sets[name] = _Decided(among, kept)
            return name
        both = known.decided.intersection(among)
        if set(known.kept.intersection(both)) != set(kept.intersection(both)):
            return self.row_set(f"{name} ({cohort_id or 'pooled'} by itself)", kept, among)
        known.decided = known.decided.union(among)
        known.kept = known.kept.union(kept)
        return name

    def row_sets_of(self, index: pd.Index) -> pd.Series:
        """The row sets of each label of ``index``, joined by ``ROW_SET_SEPARATOR``; null for one in no set."""
        names = np.full(len(index), "", dtype=object)
        for name, found in self._row_sets.items():
            names = names + np.where(index.isin(found.kept), ROW_SET_SEPARATOR + name, "").astype(object)
        joined = pd.Series(names, index=index, dtype="string").str.removeprefix(ROW_SET_SEPARATOR)
        return joined.mask(joined == "", None)


def _finite_or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
