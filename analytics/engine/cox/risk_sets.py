"""Who is at risk at each death time: the bookkeeping under Cox, log-rank and permutation tests.

Belongs here: index structures and sums over risk sets, for right-censored and delayed-entry data, with
strata. Does not belong here: likelihoods or tests.

Sums over risk sets are cumulative sums within a stratum: those who leave at or after a death time, minus
those who enter at or after it. Binning rows by death time is a sparse product, so n rows and k death times
cost O(n + k).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from analytics.engine.arrays import BoolArray, FloatArray, IntArray

CANCELLATION = 1e-5


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Death times numbered by stratum, then time; a row is at risk where entry < death time <= time.

    A row is at risk at the death times first[i] <= k < last[i]. `leaves` and `deaths` (n_times x n rows,
    0/1) put a row at the last death time at which it is at risk, and at its own death time; `enters` puts a
    row with late entry at the last death time that it misses. `death_time[e]` is the death time of the e-th
    death and `tied_rank[e]` its place 0..d-1 among the d tied there.
    """

    event: BoolArray
    times: FloatArray
    stratum_of_time: IntArray
    n_deaths: IntArray
    death_time: IntArray
    tied_rank: IntArray
    first: IntArray
    last: IntArray
    leaves: sparse.csr_matrix
    enters: sparse.csr_matrix | None
    deaths: sparse.csr_matrix
    stratum_slices: tuple[slice, ...]

    @property
    def n_times(self) -> int:
        return int(self.times.shape[0])

    @cached_property
    def _of_row(self) -> tuple[IntArray, IntArray | None, IntArray]:
        """Where `leaves`, `enters` and `deaths` put each row (n,): a death time, or -1. A fit reads them a hundred
        times, and looking values up takes a tenth of a product with the transposed matrix."""
        n = self.event.shape[0]

        def place(binned: sparse.csr_matrix) -> IntArray:
            at = np.full(n, -1)
            at[binned.indices] = np.repeat(np.arange(self.n_times), np.diff(binned.indptr))
            return at

        return place(self.leaves), None if self.enters is None else place(self.enters), place(self.deaths)

    @property
    def informative(self) -> BoolArray:
        """Rows that are at risk at one death time at least; the others change no likelihood."""
        return self.last > self.first

    def risk_sums(self, values: FloatArray) -> FloatArray:
        """Sum of `values` (n, or n x q) over the risk set of each death time: (n_times,) or (n_times, q)."""
        sums = self._cumulative(self.leaves @ values, backwards=True)
        if self.enters is not None:
            sums -= self._cumulative(self.enters @ values, backwards=True)
        return sums

    def weighted_risk_sums(self, values: FloatArray) -> FloatArray:
        """`risk_sums` of n x q values whose first column are positive weights, without cancellation.

        With delayed entry a sum is a difference, and where those at risk weigh little beside those yet to
        enter it loses its digits: below a share of 1e-5 it is summed anew, row by row.
        """
        if self.enters is None:
            return self.risk_sums(values)
        staying = self._cumulative(self.leaves @ values, backwards=True)
        sums = staying - self._cumulative(self.enters @ values, backwards=True)
        for k in np.flatnonzero(sums[:, 0] < CANCELLATION * staying[:, 0]):
            sums[k] = values[(self.first <= k) & (self.last > k)].sum(axis=0)
        return sums

    def death_sums(self, values: FloatArray) -> FloatArray:
        """Sum of `values` (n, or n x q) over those who die at each death time."""
        return np.asarray(self.deaths @ values, dtype=float)

    def over_time_at_risk(self, per_time: FloatArray) -> FloatArray:
        """For each row the sum of `per_time` (n_times, or n_times x q) over its time at risk."""
        totals = self._cumulative(per_time, backwards=False)
        leaves, enters, _ = self._of_row
        result = _looked_up(totals, leaves)
        if enters is not None:
            result = result - _looked_up(totals, enters)
        return result

    def at_own_death(self, per_time: FloatArray) -> FloatArray:
        """`per_time` at each row's own death time, 0 for rows without an event."""
        return _looked_up(per_time, self._of_row[2])

    def per_time(self, per_death: FloatArray) -> FloatArray:
        """Sum of a per-death quantity over the deaths tied at each death time."""
        first_death = np.cumsum(self.n_deaths) - self.n_deaths
        return np.asarray(np.add.reduceat(per_death, first_death, axis=0), dtype=float)

    def _cumulative(self, values: FloatArray, *, backwards: bool) -> FloatArray:
        # Restarted in every stratum: a running total across strata would carry the rounding of a stratum
        # with large hazards into all that follow.
        out = np.empty_like(values)
        for piece in self.stratum_slices:
            if backwards:
                out[piece] = np.cumsum(values[piece][::-1], axis=0)[::-1]
            else:
                out[piece] = np.cumsum(values[piece], axis=0)
        return out


def _looked_up(per_time: FloatArray, at: IntArray) -> FloatArray:
    """`per_time` (n_times, or n_times x q) at each row's death time, 0 where that is -1."""
    with_none = np.concatenate([per_time, np.zeros((1, *per_time.shape[1:]))])
    return np.asarray(with_none[at], dtype=float)


def risk_sets(time: FloatArray, event: BoolArray, entry: FloatArray, strata: IntArray) -> RiskSets:
    """Build the risk sets of n rows with at least one event; `entry` is -inf for right-censored rows."""
    n = time.shape[0]
    all_times = np.unique(time)
    # One integer per (stratum, time) makes the search over all strata a single one.
    width = all_times.size + 2
    base = strata * width + 1
    death_keys, n_deaths = np.unique(
        base[event] + np.searchsorted(all_times, time[event]), return_counts=True
    )
    last = np.searchsorted(death_keys, base + np.searchsorted(all_times, time), side="right")
    first = np.searchsorted(death_keys, base + np.searchsorted(all_times, entry, side="right"), side="left")
    stratum_start = np.searchsorted(death_keys, base - 1, side="left")
    stratum_of_time = (death_keys // width).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, stratum_of_time[1:] != stratum_of_time[:-1]])
    ends = np.r_[starts[1:], death_keys.size]
    rows = np.arange(n)

    def binned(at: IntArray, which: BoolArray) -> sparse.csr_matrix:
        ones = np.ones(int(which.sum()))
        return sparse.csr_matrix((ones, (at[which], rows[which])), shape=(death_keys.size, n))

    is_late = (first > stratum_start) & np.isfinite(entry)
    return RiskSets(
        event=event,
        times=all_times[death_keys % width - 1],
        stratum_of_time=stratum_of_time,
        n_deaths=n_deaths.astype(np.int64),
        death_time=np.repeat(np.arange(death_keys.size), n_deaths),
        tied_rank=np.arange(n_deaths.sum()) - np.repeat(np.cumsum(n_deaths) - n_deaths, n_deaths),
        first=first.astype(np.int64),
        last=last.astype(np.int64),
        leaves=binned(last - 1, last > stratum_start),
        enters=binned(first - 1, is_late) if is_late.any() else None,
        deaths=binned(last - 1, event),
        stratum_slices=tuple(slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)),
    )
