"""Cumulative incidence where people can also die of something else: the share that has had the event by a month.

Belongs here: Aalen and Johansen's estimate, at risk on (entry, time], and the difference between two groups at a month.
Does not belong here: who died of what (``marts.survival_outcomes.is_competing_death``), and rates (a Cox model of the
event, with competing deaths censored, is of the rate among those still at risk).

Sources: Aalen and Johansen 1978, Scand J Stat 5:141; the variance is that of Marubini and Valsecchi 1995, Analysing
Survival Data from Clinical Trials, section 10.3, which without censoring is the binomial one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.inference import normal_quantile, two_sided_p
from analytics.errors import EmptyGroupError, InvalidColumnError, TooFewError
from analytics.results.estimator import Estimator, Scale
from analytics.survival.curves.kaplan_meier import number_at_risk, survival_interval
from analytics.survival.data import SurvivalData, survival_data, yes_no_column

#: Months at which a difference is read, the longest first.
HORIZONS_MONTHS = (60.0, 24.0, 12.0)
#: People of each group that must still be at risk there.
MIN_AT_RISK = 10
COMPETING = "is_competing_death"
INCIDENCE = Estimator(
    key="cumulative_incidence",
    label="Cumulative incidence, Aalen-Johansen",
    scale=Scale.SHARE,
    heading="Cumulative incidence",
    methods="Share of a group that has had the event by 60, 24 or 12 months, the longest at which ten people of each "
    "group are at risk; who died of something else can have it no more (the complement of Kaplan-Meier counts them as "
    "if they could).",
    source="Aalen and Johansen 1978, Scand J Stat 5:141; Marubini and Valsecchi 1995, section 10.3",
    applies="DSS, DFI and PFI where deaths of other causes are known",
)
INCIDENCE_DIFFERENCE = Estimator(
    key="cumulative_incidence_difference",
    label="Difference of cumulative incidence",
    scale=Scale.DIFFERENCE_OF_SHARES,
    heading="Difference of cumulative incidence",
    methods="Between groups: the difference at that month with its normal interval. The hazard ratio beside is of the "
    "rate among those still at risk; where a group dies of other causes more, the two can differ.",
    source="Marubini and Valsecchi 1995, section 10.3",
    applies="two groups, DSS, DFI and PFI where deaths of other causes are known",
)


@dataclass(frozen=True)
class Incidence:
    """Of one group: share with the event by ``months``, its standard error, and the share dead of something else."""

    n: int
    n_events: int
    n_competing: int
    months: float
    share: float
    se: float
    competing_share: float

    def interval(self, conf_level: float = 0.95) -> tuple[float, float]:
        """Between 0 and 1, by the log(-log) transform; NaN where nobody or everybody had the event."""
        share = np.array([self.share])
        log_se = np.divide(self.se, share, out=np.full(1, np.nan), where=share > 0)
        low, high = survival_interval(share, log_se, "log-log", normal_quantile(conf_level))
        return float(low[0]), float(high[0])


@dataclass(frozen=True)
class IncidenceDifference:
    """Second group less first, in shares, with its normal interval and p."""

    in_group: Incidence
    reference: Incidence
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float


def cumulative_incidence(
    frame: pd.DataFrame, months: float | None = None
) -> tuple[Incidence, tuple[str, ...]]:
    """Everybody of an analysis frame (time_months, event, entry_months, is_competing_death), and what is doubtful.

    Parameters
    ----------
    months : where the share is read; without it the longest of :data:`HORIZONS_MONTHS` with enough people at risk.

    Raises
    ------
    TooFewError
        Nobody of the frame can die of anything else, or too few are at risk at any horizon.
    InvalidColumnError
        Somebody had the event and died of something else.
    """
    data = _checked(frame, ())
    everybody = np.ones(data.n, dtype=bool)
    at = _horizon(data, (everybody,)) if months is None else months
    return _incidence(data, everybody, at), data.warnings


def difference_of_incidence(
    frame: pd.DataFrame, group: str = "in_group", conf_level: float = 0.95
) -> tuple[IncidenceDifference, tuple[str, ...]]:
    """The difference between the two groups at one month, and what is doubtful; errors of `cumulative_incidence`, and
    EmptyGroupError where a group has nobody."""
    data = _checked(frame, (group,))
    members = data.frame[group].to_numpy() == 1.0
    if members.all() or not members.any():
        raise EmptyGroupError("Cumulative incidence needs people of both groups: there is one group only.")
    at = _horizon(data, (members, ~members))
    one, other = _incidence(data, members, at), _incidence(data, ~members, at)
    estimate, se = one.share - other.share, math.hypot(one.se, other.se)
    if se == 0.0:
        raise TooFewError(f"Neither group had the event by {at:g} months.")
    z = normal_quantile(conf_level)
    found = IncidenceDifference(
        one, other, estimate, se, estimate - z * se, estimate + z * se, two_sided_p(estimate / se)
    )
    return found, data.warnings


def _checked(frame: pd.DataFrame, yes_no: tuple[str, ...]) -> SurvivalData:
    if COMPETING not in frame.columns or frame[COMPETING].isna().all():
        raise TooFewError("No cause of death is known that would compete with this endpoint.")
    data = survival_data(frame, yes_no=yes_no, complete=(COMPETING,))
    if bool((data.event & (yes_no_column(data.frame, COMPETING) == 1.0)).any()):
        raise InvalidColumnError(f"Somebody had the event and has '{COMPETING}': it is the one or the other.")
    return data


def _horizon(data: SurvivalData, groups: tuple[BoolArray, ...]) -> float:
    for months in HORIZONS_MONTHS:
        at_risk = (data.entry < months) & (data.time >= months)
        if min(int((at_risk & rows).sum()) for rows in groups) >= MIN_AT_RISK:
            return months
    raise TooFewError(
        f"Fewer than {MIN_AT_RISK} people of a group are at risk at {HORIZONS_MONTHS[-1]:g} months: "
        "no cumulative incidence is read."
    )


def _incidence(data: SurvivalData, rows: BoolArray, months: float) -> Incidence:
    time, event, entry = data.time[rows], data.event[rows], data.entry[rows]
    competing = data.frame[COMPETING].to_numpy(dtype=bool)[rows]
    times = np.unique(time[(event | competing) & (time <= months)])
    at_risk = number_at_risk(times, time, entry)
    own, other = _counts(time[event], times), _counts(time[competing], times)
    survival = np.cumprod(1.0 - (own + other) / at_risk)
    before = np.append(1.0, survival)[:-1]
    share = np.cumsum(before * own / at_risk)
    of_others = np.cumsum(before * other / at_risk)
    return Incidence(
        n=int(rows.sum()),
        n_events=int(event.sum()),
        n_competing=int(competing.sum()),
        months=months,
        share=float(share[-1]) if times.size else 0.0,
        se=_standard_error(share, before, own, own + other, at_risk.astype(float)),
        competing_share=float(of_others[-1]) if times.size else 0.0,
    )


def _counts(events: FloatArray, times: FloatArray) -> FloatArray:
    """Events at each of the sorted times; later ones are not counted."""
    inside = events[np.isin(events, times)]
    return np.bincount(np.searchsorted(times, inside), minlength=times.size).astype(float)


def _standard_error(
    share: FloatArray, before: FloatArray, own: FloatArray, leaving: FloatArray, at_risk: FloatArray
) -> float:
    """Three sums over the times of events (Marubini and Valsecchi, 10.12)."""
    if not share.size:
        return 0.0
    to_come, left = share[-1] - share, at_risk - leaving
    of_all = np.divide(leaving, at_risk * left, out=np.zeros(share.size), where=left > 0)
    variance = to_come**2 @ of_all
    variance += before**2 @ (own * (at_risk - own) / at_risk**3)
    variance -= 2.0 * (to_come * before) @ (own / at_risk**2)
    return math.sqrt(max(float(variance), 0.0))
