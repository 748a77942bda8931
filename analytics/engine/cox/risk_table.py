"""Who is at risk at which event: the sorted layout of rows that every compiled kernel walks.

Rows are sorted by stratum and by the last event time at which they are still at risk, deaths before censored
rows. Patients who are never at risk at an event contribute nothing to a partial likelihood and have no row.
What does not belong here: covariates, or any statistic.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray

# Two times closer than this (relative) are one time: 1/3 month computed in two ways must tie, as in R's timefix.
TIE_TOLERANCE = 1e-9


class FollowUp(Protocol):
    """n people: time, event, entry (-inf: observed from the origin of time), stratum codes, case weight."""

    @property
    def time_months(self) -> FloatArray: ...
    @property
    def event(self) -> BoolArray: ...
    @property
    def entry_months(self) -> FloatArray: ...
    @property
    def stratum(self) -> IntArray: ...
    @property
    def weight(self) -> FloatArray: ...


class RiskArrays(NamedTuple):
    """What the compiled kernels read. T event times over all strata, m rows, D deaths.

    group_start (T+1): rows of event e are group_start[e]..group_start[e+1], the n_deaths[e] deaths first.
    death_start (T+1): running count of deaths, the index of Efron's steps.
    is_last_in_stratum (T): where sums over time start anew. stratum_start (T): first event of that event's stratum.
    mean_weight (T): mean case weight of the deaths at e.
    leave_start (T+1), leave_row: rows that enter after event e and before event e+1 (delayed entry).
    row_event, row_first_event (m): a row is at risk at events row_first_event..row_event.
    is_death (m), weight (m).
    """

    group_start: IntArray
    n_deaths: IntArray
    death_start: IntArray
    is_last_in_stratum: BoolArray
    stratum_start: IntArray
    mean_weight: FloatArray
    leave_start: IntArray
    leave_row: IntArray
    row_event: IntArray
    row_first_event: IntArray
    is_death: BoolArray
    weight: FloatArray


@dataclass(frozen=True)
class RiskTable:
    """The risk sets of one set of patients.

    patient_of_row (m): index into the FollowUp. row_of_patient (n): its inverse, -1 for no row.
    n_patients counts everyone in the set, with or without a row; is_patient (n) says who they are.
    """

    arrays: RiskArrays
    patient_of_row: IntArray
    row_of_patient: IntArray
    is_patient: BoolArray
    n_patients: int
    n_events: int
    n_strata: int
    is_weighted: bool


def one_stratum(event: BoolArray, start: IntArray) -> RiskArrays:
    """The layout of people sorted by time, of weight 1, all observed from the origin: rows of distinct time g are
    start[g]:start[g+1], deaths first. Times at which nobody dies stay in it."""
    n, n_times = len(event), len(start) - 1
    group = np.repeat(np.arange(n_times), np.diff(start))
    return _risk_arrays(np.zeros(n_times, np.int64), group, np.zeros(n, np.int64), event, np.ones(n))


def _time_ranks(frame: FollowUp) -> tuple[IntArray, IntArray]:
    """Whole-number ranks of exit and entry times on one common scale; no entry is rank 0."""
    entry = frame.entry_months
    values = np.unique(np.concatenate([frame.time_months, entry[np.isfinite(entry)]]))
    gaps = np.diff(values) > TIE_TOLERANCE * np.maximum(np.abs(values[1:]), 1.0)
    rank_of_value = 1 + np.concatenate([[0], np.cumsum(gaps)]).astype(np.int64)
    exit_rank = rank_of_value[np.searchsorted(values, frame.time_months)]
    entry_rank = np.zeros(len(entry), dtype=np.int64)
    delayed = np.isfinite(entry)
    entry_rank[delayed] = rank_of_value[np.searchsorted(values, entry[delayed])]
    return exit_rank, entry_rank


def build_risk_table(frame: FollowUp, is_patient: BoolArray) -> RiskTable:
    """Risk sets of the patients in `is_patient` (n,), within the frame's strata.

    A patient is at risk at event times t with entry < t <= exit (Andersen & Gill 1982; R's (start, stop]).
    """
    exit_rank, entry_rank = _time_ranks(frame)
    patients = np.flatnonzero(is_patient)
    _, stratum = np.unique(frame.stratum[patients], return_inverse=True)
    width = int(exit_rank.max(initial=0)) + 2
    floor = stratum.astype(np.int64) * width
    exit_key = floor + exit_rank[patients]
    is_event = frame.event[patients]
    event_key = np.unique(exit_key[is_event])
    row_event = np.searchsorted(event_key, exit_key, side="right") - 1
    row_first = np.searchsorted(event_key, floor + entry_rank[patients], side="right")
    kept = np.flatnonzero(row_event >= row_first)
    kept = kept[np.lexsort((patients[kept], ~is_event[kept], row_event[kept]))]
    arrays = _risk_arrays(
        event_key // width, row_event[kept], row_first[kept], is_event[kept], frame.weight[patients[kept]]
    )
    patient_of_row = patients[kept]
    row_of_patient = np.full(len(frame.time_months), -1, dtype=np.int64)
    row_of_patient[patient_of_row] = np.arange(len(kept))
    return RiskTable(
        arrays=arrays,
        patient_of_row=patient_of_row,
        row_of_patient=row_of_patient,
        is_patient=is_patient,
        n_patients=len(patients),
        n_events=int(is_event.sum()),
        n_strata=len(np.unique(stratum)),
        is_weighted=bool(np.any(frame.weight[patients] != 1.0)),
    )


def _risk_arrays(
    event_stratum: IntArray,
    row_event: IntArray,
    row_first: IntArray,
    is_death: BoolArray,
    weight: FloatArray,
) -> RiskArrays:
    n_times = len(event_stratum)
    changes = np.flatnonzero(np.diff(event_stratum))
    is_last = np.zeros(n_times, dtype=np.bool_)
    if n_times:
        is_last[np.concatenate([changes, [n_times - 1]])] = True
    stratum_start = np.searchsorted(event_stratum, event_stratum).astype(np.int64)
    n_deaths = np.bincount(row_event[is_death], minlength=n_times).astype(np.int64)
    weight_of_deaths = np.bincount(row_event[is_death], weights=weight[is_death], minlength=n_times)
    late = np.flatnonzero(row_first > stratum_start[row_first]) if n_times else np.zeros(0, dtype=np.int64)
    late = late[np.argsort(row_first[late], kind="stable")]
    return RiskArrays(
        group_start=np.searchsorted(row_event, np.arange(n_times + 1)).astype(np.int64),
        n_deaths=n_deaths,
        death_start=np.concatenate([[0], np.cumsum(n_deaths)]).astype(np.int64),
        is_last_in_stratum=is_last,
        stratum_start=stratum_start,
        mean_weight=weight_of_deaths / np.maximum(n_deaths, 1),
        leave_start=np.searchsorted(row_first[late], np.arange(n_times + 1) + 1).astype(np.int64),
        leave_row=late.astype(np.int64),
        row_event=row_event.astype(np.int64),
        row_first_event=row_first.astype(np.int64),
        is_death=is_death,
        weight=np.ascontiguousarray(weight, dtype=np.float64),
    )
