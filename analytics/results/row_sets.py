"""Which members each statistic was computed on, by name ("members", "mutated", "members with known sex", ...), so that
every number can be walked back to exactly the rows that made it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass
class _Decided:
    """A named row set so far: labels on which it has been decided, and those of them that are in it."""

    decided: pd.Index
    kept: pd.Index


@dataclass
class RowSets:
    """The row sets of one analysis, way of doing it and endpoint."""

    suffix: str = ""
    _known: dict[str, _Decided] = field(default_factory=dict)

    def within(self, suffix: str) -> RowSets:
        """The same row sets, to which those of some of the members are added: their names end with ``suffix``."""
        return RowSets(suffix, self._known)

    def named(self, name: str, kept: pd.Index, among: pd.Index, cohort_id: str | None = None) -> str:
        """Remember that ``kept`` of the members ``among`` form the row set ``name``; returns the name to use.

        A name means one set of members whatever the cohort it is asked for. Where a cohort by itself keeps other
        rows than the pool did (delayed entry in the pool only), the cohort's set gets a name of its own.
        """
        return self._named(f"{name}{self.suffix}", kept, among, cohort_id)

    def _named(self, name: str, kept: pd.Index, among: pd.Index, cohort_id: str | None = None) -> str:
        known = self._known.get(name)
        if known is None:
            self._known[name] = _Decided(among, kept)
            return name
        both = known.decided.intersection(among)
        if set(known.kept.intersection(both)) != set(kept.intersection(both)):
            return self._named(f"{name} ({cohort_id or 'pooled'} by itself)", kept, among)
        known.decided = known.decided.union(among)
        known.kept = known.kept.union(kept)
        return name

    @classmethod
    def forgotten(cls) -> RowSets:
        """Of estimates that nobody walks back to: names are given, nobody is remembered. To remember whom thirty
        estimates rest on took a thirtieth of the time of an answer."""
        return _Forgotten()

    def holds(self, name: str | None, index: pd.Index) -> np.ndarray:
        """Which labels of ``index`` are in the row set ``name``, shape (len(index),); none where it is not known."""
        found = self._known.get(name) if name is not None else None
        return np.zeros(len(index), dtype=bool) if found is None else np.asarray(index.isin(found.kept))


class _Forgotten(RowSets):
    """See :meth:`RowSets.forgotten`."""

    def _named(self, name: str, kept: pd.Index, among: pd.Index, cohort_id: str | None = None) -> str:
        return name
