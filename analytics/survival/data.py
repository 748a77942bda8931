"""The analysis frame, checked: one row per person with follow-up, event, entry, covariates and strata.

Belongs here: reading columns into arrays, the rules for doubtful rows, and the sentences that report them.
Does not belong here: estimates of any kind, and deciding who belongs in an analysis (the caller's flow does
that).

Rules for doubtful rows, all as in R's survival 3.5 and all reported in `warnings`:

* Entry 0 for everybody is right-censored data. A person with 0 months of follow-up is then kept and is at
  risk at time 0, as with `Surv(time, event)`; lifelines agrees.
* Any entry above 0 turns the frame into counting-process data, at risk on (entry, time]. A row whose entry
  is not before its time is then never at risk and is left out, as `Surv(entry, time, event)` turns it into
  NA; this takes out people with 0 months of follow-up as well. lifelines raises instead.
* Rows that lack time, event, entry, group, covariate or stratum are left out (complete cases, `na.omit`).
* Times closer together than sqrt(machine epsilon) are one time (`timefix`, `aeqSurv`), because months made by
  dividing days differ in their last bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.cox.risk_sets import RiskSets, risk_sets
from analytics.engine.numbers import count
from analytics.errors import InvalidColumnError, MissingColumnError, NoEventsError, NoRowsError

TIME_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True)
class SurvivalData:
    """Rows that can be analysed, in the order of the frame.

    `frame` holds the columns asked for of the kept rows, with a fresh index; `is_kept` says which rows of the frame
    given these are. `entry` is -inf for right-censored data, so that `entry
    < t` holds at time 0. `strata` are codes 0..n_strata-1 whose labels are `stratum_labels`.
    """

    frame: pd.DataFrame
    is_kept: BoolArray
    time: FloatArray
    event: BoolArray
    entry: FloatArray
    strata: IntArray
    stratum_labels: tuple[str, ...]
    has_delayed_entry: bool
    n_left_out: int
    warnings: tuple[str, ...]
    _known: frozenset[str]
    _clock: tuple[str, str, str | None]
    _stratified_by: tuple[str, ...]

    def has(self, columns: Sequence[str], strata: Sequence[str], clock: tuple[str, str, str | None]) -> bool:
        """Whether rows, strata and times are those of a frame that is checked for these columns."""
        return (
            self._known.issuperset(columns) and self._stratified_by == tuple(strata) and self._clock == clock
        )

    @cached_property
    def risk_sets(self) -> RiskSets:
        """Of all rows, within the strata; there is an event."""
        return risk_sets(self.time, self.event, self.entry, self.strata)

    @property
    def n(self) -> int:
        return int(self.time.shape[0])

    @property
    def n_events(self) -> int:
        return int(self.event.sum())


def require_columns(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise MissingColumnError for the first of `columns` that the frame lacks, naming what it has."""
    for column in columns:
        if column not in frame.columns:
            present = ", ".join(sorted(map(str, frame.columns)))
            raise MissingColumnError(
                f"Column '{column}' is not in the analysis frame: choose one of {present}, or add the column."
            )


def count_of(n: int, noun: str) -> str:
    """'1 row', '2 rows': `noun` in the singular, made plural by its number."""
    return f"{count(n)} {noun}" if n == 1 else f"{count(n)} {noun}s"


def numeric_column(frame: pd.DataFrame, column: str) -> FloatArray:
    """The column as float64 with NaN for missing. Raises InvalidColumnError on text that is not a number."""
    try:
        return np.asarray(pd.to_numeric(frame[column]).to_numpy(dtype=float, na_value=np.nan), dtype=float)
    except (TypeError, ValueError) as problem:
        raise InvalidColumnError(
            f"Column '{column}' of the analysis frame is not numeric ({problem}): convert it "
            "before the analysis."
        ) from problem


def yes_no_column(frame: pd.DataFrame, column: str) -> FloatArray:
    """The column as 1.0 / 0.0 / NaN from booleans or 0/1. Raises InvalidColumnError on any other value."""
    values = frame[column]
    if values.dtype == bool or isinstance(values.dtype, pd.BooleanDtype):
        return np.asarray(values.to_numpy(dtype=float, na_value=np.nan), dtype=float)
    known = values[values.notna()]
    allowed = known.isin((0, 1))  # True and False among them
    if not bool(allowed.all()):
        found = sorted({str(value) for value in known[~allowed]})[:3]
        raise InvalidColumnError(
            f"Column '{column}' of the analysis frame holds {', '.join(found)} where only true, "
            "false or missing "
            "are allowed: recode it."
        )
    result = np.full(len(values), np.nan)
    result[values.notna().to_numpy()] = known.astype(float).to_numpy()
    return result


def survival_data(
    people: pd.DataFrame | SurvivalData,
    *,
    yes_no: Sequence[str] = (),
    complete: Sequence[str] = (),
    strata: Sequence[str] = (),
    carried: Sequence[str] = (),
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
    require_events: bool = True,
) -> SurvivalData:
    """Check an analysis frame and turn it into arrays; the frame itself is not changed.

    `yes_no` columns become float 0/1, `complete` columns are only required to be present and not missing;
    rows missing any of them, a stratum or a time are left out and reported; `carried` ones come along where
    they are there, missing or not. `entry=None` ignores delayed entry. People who were checked for all of it come
    back as they are: an estimate asks of the same people a test, a fit and two curves.

    Raises MissingColumnError, InvalidColumnError (negative or infinite time, an event that is not a yes/no),
    NoRowsError, and NoEventsError unless `require_events` is False.
    """
    if isinstance(people, SurvivalData):
        is_known = people.has([*yes_no, *complete, *carried], strata, (time, event, entry))
        if is_known and (people.event.any() or not require_events):
            return people
        people = people.frame
    frame = people
    rows = analysable(
        frame, yes_no=yes_no, complete=complete, strata=strata, time=time, event=event, entry=entry
    )
    keep, columns, stop, start = rows.is_kept, rows.columns, rows.stop, rows.start
    entry_columns = [] if entry is None else [entry]
    # of the 50 columns of a question's frame an estimate needs six, and this is called a hundred times a question
    names = dict.fromkeys((time, event, *entry_columns, *yes_no, *complete, *strata, *carried))
    kept = pd.DataFrame(
        {
            name: (columns[name] if name in yes_no else frame[name].array)[keep]
            for name in names
            if name in frame.columns
        },
        copy=False,
    )
    has_event = columns[event][keep] == 1.0
    if require_events and not has_event.any():
        raise NoEventsError(
            f"Nobody among {count_of(len(kept), 'row')} had the event (column '{event}'): "
            "choose an endpoint or a cohort with events."
        )
    codes, labels = stratum_codes(kept, strata)
    return SurvivalData(
        frame=kept,
        is_kept=keep,
        time=stop[keep],
        event=has_event,
        entry=start[keep],
        strata=codes,
        stratum_labels=labels,
        has_delayed_entry=bool(np.isfinite(start[keep]).any()),
        n_left_out=int((~keep).sum()),
        warnings=rows.warnings,
        _known=frozenset((*yes_no, *complete)),
        _clock=(time, event, entry),
        _stratified_by=tuple(strata),
    )


@dataclass(frozen=True, eq=False)
class AnalysableRows:
    """Which rows of a frame (n,) an estimate can use, its checked columns and times (n,), and what is to be said."""

    is_kept: BoolArray
    columns: dict[str, FloatArray]
    stop: FloatArray
    start: FloatArray
    warnings: tuple[str, ...]


def analysable(
    frame: pd.DataFrame,
    *,
    yes_no: Sequence[str] = (),
    complete: Sequence[str] = (),
    strata: Sequence[str] = (),
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> AnalysableRows:
    """The rules for doubtful rows alone; arguments and errors as `survival_data`, but that nobody needs an event."""
    entry_columns = [] if entry is None else [entry]
    require_columns(frame, [time, event, *entry_columns, *yes_no, *complete, *strata])
    warnings: list[str] = []
    columns = {time: numeric_column(frame, time), event: yes_no_column(frame, event)}
    columns |= {name: numeric_column(frame, name) for name in entry_columns}
    columns |= {name: yes_no_column(frame, name) for name in yes_no}
    keep = np.ones(len(frame), dtype=bool)
    for name, values in columns.items():
        keep &= _report_missing(name, np.isnan(values), keep, warnings)
    for name in [*complete, *strata]:
        keep &= _report_missing(name, frame[name].isna().to_numpy(dtype=bool), keep, warnings)
    entry_values = columns[entry] if entry is not None else np.zeros(len(frame))
    stop, start, keep = _check_times(columns[time], entry_values, keep, (time, str(entry)), warnings)
    if not keep.any():
        raise NoRowsError(
            f"None of the {len(frame)} rows of the analysis frame can be analysed "
            f"({' '.join(warnings) or 'it is empty'}): widen the selection or supply the missing values."
        )
    return AnalysableRows(keep, columns, stop, start, tuple(warnings))


def stratum_codes(frame: pd.DataFrame, strata: Sequence[str]) -> tuple[IntArray, tuple[str, ...]]:
    """Codes and labels of the combinations of the stratum columns; one stratum 'all' when there are none."""
    codes, labels = np.zeros(len(frame), dtype=np.int64), np.array(["all"], dtype=object)
    for at, column in enumerate(strata):
        own, words = pd.factorize(frame[column], use_na_sentinel=False)
        found, codes = np.unique(codes * len(words) + own, return_inverse=True)
        left = [""] if at == 0 else [f"{label} / " for label in labels]
        # Words are joined for the few combinations there are, not for every person.
        codes_of, labels = pd.factorize(
            np.array([f"{left[k // len(words)]}{words[k % len(words)]}" for k in found], dtype=object),
            sort=True,
        )
        codes = codes_of[codes]
    return codes.astype(np.int64), tuple(str(label) for label in labels)


def tied_times(*series: FloatArray) -> tuple[FloatArray, ...]:
    """The given times, those that differ only by rounding made equal (R's `aeqSurv`); -inf stays."""
    stacked = np.concatenate(series)
    values = np.unique(stacked[np.isfinite(stacked)])
    if values.size < 2:
        return series
    gaps = np.diff(values)
    scale = float(np.abs(values).mean())
    is_tied = (gaps <= TIME_TOLERANCE) | (gaps <= TIME_TOLERANCE * scale)
    if not is_tied.any():
        return series
    cuts = values[np.r_[True, ~is_tied]]
    return tuple(
        np.where(np.isfinite(one), cuts[np.maximum(np.searchsorted(cuts, one, side="right") - 1, 0)], one)
        for one in series
    )


def _report_missing(name: str, missing: BoolArray, keep: BoolArray, warnings: list[str]) -> BoolArray:
    n_missing = int((missing & keep).sum())
    if n_missing:
        warnings.append(f"{count_of(n_missing, 'row')} without {name} left out.")
    return ~missing


def _check_times(
    stop: FloatArray, start: FloatArray, keep: BoolArray, names: tuple[str, str], warnings: list[str]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The module's rules for times: refuse the impossible, tie the equal, leave out the never-at-risk."""
    for name, values in zip(names, (stop, start), strict=True):
        bad = keep & ((values < 0) | np.isinf(values))
        if bad.any():
            raise InvalidColumnError(
                f"Column '{name}' of the analysis frame holds "
                f"{count_of(int(bad.sum()), 'negative or infinite value')} "
                f"(first: {values[bad][0]:g}): correct them or leave those rows out."
            )
    if not (start[keep] > 0).any():
        n_zero = int((keep & (stop == 0)).sum())
        if n_zero:
            warnings.append(
                f"{count_of(n_zero, 'row')} with 0 months of follow-up kept, at risk at time 0 only."
            )
        stop = stop.copy()
        stop[keep] = tied_times(stop[keep])[0]
        return stop, np.full_like(start, -np.inf), keep
    stop, start = stop.copy(), start.copy()
    stop[keep], start[keep] = tied_times(stop[keep], start[keep])
    never = keep & (start >= stop)
    if never.any():
        warnings.append(
            f"{count_of(int(never.sum()), 'row')} left out because entry is not before the end of follow-up "
            "(never at risk)."
        )
    return stop, start, keep & ~never
