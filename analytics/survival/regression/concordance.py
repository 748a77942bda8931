"""Concordance between a risk score and survival, with strata, delayed entry and ties.

Belongs here: Harrell's C as R's `concordance` counts it.
Does not belong here: other measures of discrimination or calibration.
"""

from __future__ import annotations

import math

import numpy as np

from analytics.engine.arrays import FloatArray
from analytics.survival.data import SurvivalData


def concordance(data: SurvivalData, risk: FloatArray) -> float:
    """Share of comparable pairs in which the person with the higher `risk` (n,) has the event first.

    A pair is comparable when one has the event while the other is at risk and outlives that moment, within
    one stratum; two events at one time are not comparable, and a tie in risk counts one half. NaN without
    pairs. Source: Therneau & Atkinson, The concordance statistic (vignette of R's survival).
    """
    favourable, comparable = 0.0, 0.0
    for code in np.unique(data.strata[data.event]):
        rows = np.flatnonzero(data.strata == code)
        time, event, entry, score = data.time[rows], data.event[rows], data.entry[rows], risk[rows]
        for i in np.flatnonzero(event):
            outlives = (time > time[i]) | ((time == time[i]) & ~event)
            others = score[outlives & (entry < time[i])]
            comparable += others.size
            favourable += float((others < score[i]).sum()) + 0.5 * float((others == score[i]).sum())
    return favourable / comparable if comparable else math.nan
