"""Is delayed entry independent of survival? The assumption under every risk set of left-truncated data.

Belongs here: the conditional Kendall's tau of entry and survival, the Cox regression on entry, and a
sentence to print. Does not belong here: corrections for dependent truncation.

Two people can be compared when they were at risk together and the shorter of the two follow-ups ended in an
event. Sources: Tsai (1990), Biometrika 77:169, for the test; Martin & Betensky (2005), JASA 100:484, for
tau over the comparable pairs; Jones & Crowley (1992), Biometrika 79:571, for entry as a covariate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.inference import two_sided_p
from analytics.engine.numbers import p_value
from analytics.errors import InvalidSettingError, TooFewError
from analytics.survival.data import SurvivalData, survival_data
from analytics.survival.regression.cox import CoxTerm, cox_regression


@dataclass(frozen=True)
class EntryIndependence:
    """Conditional Kendall's tau (-1 to 1) with Tsai's z and p, and Cox's coefficient of entry time.

    tau > 0: those who enter later live longer. `sentence` is the result in words, against 5 %.
    """

    tau: float
    n_comparable_pairs: int
    z: float
    p: float
    cox: CoxTerm
    n: int
    n_events: int
    n_delayed: int
    strata: tuple[str, ...]
    sentence: str
    warnings: tuple[str, ...]


def entry_independence(
    frame: pd.DataFrame,
    *,
    strata: Sequence[str] = (),
    time: str = "time_months",
    event: str = "event",
    entry: str = "entry_months",
) -> EntryIndependence:
    """Test that entry time and survival are independent among those observed, within `strata`.

    Raises the errors of `survival_data`, InvalidSettingError when nobody enters late, TooFewError when no
    two people can be compared.
    """
    data = survival_data(frame, strata=strata, time=time, event=event, entry=entry)
    if not data.has_delayed_entry:
        raise InvalidSettingError(f"Column '{entry}' is 0 for everybody: there is no delayed entry to test.")
    statistic, variance, pairs = tsai_statistic(data)
    if pairs == 0 or variance == 0.0:
        raise TooFewError(
            "No two people with different entry times were at risk together at an event: use fewer strata."
        )
    cox = cox_regression(frame, [entry], strata=strata, time=time, event=event, entry=entry).term(entry)
    z = statistic / math.sqrt(variance)
    p = two_sided_p(z)
    doubtful = min(p, cox.p) < 0.05
    sentence = (
        f"Entry and survival: conditional Kendall's tau {statistic / pairs:+.3f} (p {p_value(p)}), "
        "Cox hazard ratio per month "
        f"of entry {cox.hr:.3f} (p {p_value(cox.p)}); independent entry is "
        f"{'doubtful' if doubtful else 'not contradicted'}."
    )
    return EntryIndependence(
        tau=statistic / pairs,
        n_comparable_pairs=pairs,
        z=z,
        p=p,
        cox=cox,
        n=data.n,
        n_events=data.n_events,
        n_delayed=int((data.entry > 0).sum()),
        strata=tuple(strata),
        sentence=sentence,
        warnings=data.warnings,
    )


def tsai_statistic(data: SurvivalData) -> tuple[float, float, int]:
    """Concordant minus discordant comparable pairs, its variance under independence, and the number of pairs.

    At each death time the entry times of the dead are, under independence, drawn without replacement from
    those of the risk set; the variance is that of such a draw, which also holds with ties in entry and in
    death times. Pairs tied in both death time and status are not comparable; pairs tied in entry count as
    0.
    """
    statistic, variance, pairs = 0.0, 0.0, 0
    for code in np.unique(data.strata[data.event]):
        rows = data.strata == code
        time, event, entry = data.time[rows], data.event[rows], data.entry[rows]
        for t in np.unique(time[event]):
            at_risk = (time >= t) & (entry < t)
            dead = event & (time == t)
            entries = entry[at_risk]
            # Everybody's place among the entries of the risk set: how many entered later minus how many
            # earlier.
            ordered = np.sort(entries)
            later = entries.size - np.searchsorted(ordered, entries, side="right")
            place = (later - np.searchsorted(ordered, entries, side="left")).astype(float)
            n, d = entries.size, int(dead.sum())
            # Places among the dead themselves cancel in their sum, so this counts dead-survivor pairs only.
            statistic += float(place[dead[at_risk]].sum())
            pairs += d * (n - d)
            if n > 1:
                variance += d * (n - d) / (n - 1.0) * float((place**2).mean())
    return statistic, variance, pairs
