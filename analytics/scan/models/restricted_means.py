"""What carriers gain in months, for the genes whose hazards are not proportional.

The estimator of `analytics.survival.curves.restricted_mean` on arrays: everybody is sorted once, a gene costs its
carriers and one pass over the distinct times. What does not belong here: single genes with their curves.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from analytics.engine.arrays import FloatArray, IntArray
from analytics.scan.models import reasons
from analytics.scan.models.survival import Group, unavailable


class _Counts(NamedTuple):
    """By distinct time (K,): deaths, people who leave, and people who enter at or after it (and not before)."""

    deaths: FloatArray
    leaving: FloatArray
    late: FloatArray

    def at_risk(self) -> FloatArray:
        staying = np.cumsum(self.leaving[::-1])[::-1]
        return np.asarray(staying - np.cumsum(self.late[::-1])[::-1])

    def without(self, other: "_Counts") -> "_Counts":
        return _Counts(*(mine - its for mine, its in zip(self, other, strict=True)))


def restricted_mean_block(group: Group, univariable: pd.DataFrame) -> pd.DataFrame:
    """Difference of restricted mean survival (months, carriers minus the others, without strata) up to the shorter of
    the two groups' follow-ups, for genes whose test of proportional hazards is below settings.alpha.

    Area under Kaplan-Meier with delayed entry; Greenwood's variance (Klein & Moeschberger 2003, section 4.5).
    """
    n_genes = len(group.genes)
    if group.is_weighted:
        return unavailable(n_genes, "rmst", reasons.WEIGHTED)
    fails = (univariable["ph_p"] < group.settings.alpha).to_numpy()
    untested = univariable["ph_p"].isna().to_numpy()
    words = reasons.word_where(~fails, reasons.PROPORTIONAL)
    words[untested] = univariable["ph_reason"].to_numpy(dtype=object)[untested]
    words = reasons.first_said(univariable["reason"].to_numpy(dtype=object), words)
    block = unavailable(n_genes, "rmst", words)
    numbers = np.full((n_genes, 5), np.nan)
    times, place, late = _places(group)
    everyone = np.flatnonzero(group.evaluable)
    total = _counts(group, everyone, place, late, len(times))
    z = float(special.ndtri(0.5 + group.settings.confidence / 2.0))
    for gene in np.flatnonzero(fails):
        carriers = group.data.carriers(int(group.genes[gene]))
        own = _counts(group, carriers[group.evaluable[carriers]], place, late, len(times))
        horizon = float(min(_last(times, own), _last(times, total.without(own))))
        mean, variance = _area(times, own, horizon)
        other_mean, other_variance = _area(times, total.without(own), horizon)
        gain, error = mean - other_mean, math.sqrt(variance + other_variance)
        if error == 0:  # nobody of either group dies before the horizon
            block.loc[gene, "reason"] = reasons.NO_EVENTS
            continue
        p = float(2.0 * special.ndtr(-abs(gain) / error))
        numbers[gene] = (gain, gain - z * error, gain + z * error, p, horizon)
    block[list(block.columns[:-1])] = numbers
    return block


def _places(group: Group) -> tuple[FloatArray, IntArray, IntArray]:
    """Distinct times (K,), and for each patient the place of the own time and the last place before being at risk."""
    frame = group.frame
    times = np.unique(frame.time_months[group.evaluable])
    place = np.searchsorted(times, frame.time_months)
    late = np.searchsorted(times, frame.entry_months, side="right") - 1
    return times, np.asarray(place, dtype=np.int64), np.asarray(late, dtype=np.int64)


def _counts(group: Group, patients: IntArray, place: IntArray, late: IntArray, n_times: int) -> _Counts:
    own, entered = place[patients], late[patients]
    return _Counts(
        deaths=np.bincount(own[group.frame.event[patients]], minlength=n_times).astype(np.float64),
        leaving=np.bincount(own, minlength=n_times).astype(np.float64),
        late=np.bincount(entered[entered >= 0], minlength=n_times).astype(np.float64),
    )


def _last(times: FloatArray, counts: _Counts) -> float:
    return float(times[np.flatnonzero(counts.leaving)[-1]])


def _area(times: FloatArray, counts: _Counts, horizon: float) -> tuple[float, float]:
    """Area under the curve up to the horizon and its variance, months and months squared."""
    inside = times <= horizon
    deaths, at_risk = counts.deaths[inside], counts.at_risk()[inside]
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(np.where(deaths > 0, 1.0 - deaths / at_risk, 1.0))
        hazard_variance = np.where(
            (deaths > 0) & (at_risk > deaths), deaths / (at_risk * (at_risk - deaths)), 0.0
        )
    steps = np.diff(np.concatenate([[0.0], times[inside], [horizon]])) * np.concatenate([[1.0], survival])
    remaining = np.cumsum(steps[1:][::-1])[::-1]
    return float(steps.sum()), float(remaining**2 @ hazard_variance)
