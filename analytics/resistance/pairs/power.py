"""Could a mutation have been seen in a sample that has no call of it? Power of a call from depth and allele fraction.

Belongs here: the binomial power of detection and the typical depth it is computed with.
Does not belong here: which mutations are compared (`pairs`).

Source: a site of depth n shows at least k alternative reads with probability 1 - F(k - 1; n, f), F the binomial
distribution (Cibulskis et al. 2013, Nat Biotechnol 31:213, supplementary section on detection power).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analytics.engine.arrays import FloatArray

#: Below this many shared sites, the ratio of two samples is taken from their medians instead.
MIN_SHARED_FOR_RATIO: Final = 5


def detection_power(
    depth: npt.ArrayLike, fraction: npt.ArrayLike, min_alt_reads: int = 3, min_fraction: float = 0.0
) -> FloatArray:
    """Probability of a call at `depth` reads when `fraction` (0-1) of the reads carry the mutation.

    A call needs `min_alt_reads` reads and an allele fraction of `min_fraction`, whichever asks for more. NaN where
    depth or fraction is unknown. `depth` and `fraction` broadcast; the answer has their common shape.
    """
    depths, fractions = np.broadcast_arrays(np.asarray(depth, float), np.asarray(fraction, float))
    whole = np.floor(depths)
    needed = needed_reads(depths, min_alt_reads, min_fraction)
    power = stats.binom.sf(needed - 1.0, whole, np.clip(fractions, 0.0, 1.0))
    return np.where(np.isnan(depths) | np.isnan(fractions), np.nan, power).astype(np.float64)


def calling_floor(fractions: pd.Series) -> float:
    """The lowest allele fraction that a sample's callers have reported (its 1 % quantile), 0 when none is known.

    Callers filter what they find; a fraction below all that they report would not have been reported either.
    """
    known = fractions.dropna()
    return float(known.quantile(0.01)) if len(known) else 0.0


def expected_depth(
    carrier_depth: pd.Series, carrier_typical: float, other_typical: float, shared_ratio: float | None
) -> pd.Series:
    """Depth to expect in the other sample at the sites of the carrier's mutations, shape of `carrier_depth`.

    Capture makes the same sites deep in every sample (the depths of shared sites of one patient correlate at 0.8 to
    0.9 in Roh 2017), so the carrier's depth is scaled by the ratio of the two samples: `shared_ratio` (other over
    carrier, median over shared sites) where there are enough of them, else the ratio of the medians. Where the
    carrier's own depth is unknown, the other sample's typical depth; NaN when that is unknown too.
    """
    ratio = shared_ratio if shared_ratio is not None else other_typical / carrier_typical
    scaled = carrier_depth.astype(float) * ratio
    return scaled.fillna(other_typical)


def shared_reads_factor(
    carrier_reads: npt.ArrayLike, other_reads: npt.ArrayLike, needed_reads: npt.ArrayLike
) -> float:
    """By how much the shared sites overstate the reads of the other sample, from 0 to 1 (1: not at all).

    Shared sites are those that reached `needed_reads` in the other sample, so in a shallow or impure sample they are
    its deepest and purest. Alternative reads there are taken as Poisson with a mean proportional to the carrier's, and
    cut off below `needed_reads`; the answer is the proportion that fits with the cut-off over the one without (the
    score equation of the truncated Poisson: observed reads = expected reads given that the site is called). Arrays have
    shape [n shared]; fewer than five sites give 1.
    """
    a, b, k = (np.asarray(v, dtype=np.float64) for v in (carrier_reads, other_reads, needed_reads))
    known = np.isfinite(a) & np.isfinite(b) & np.isfinite(k) & (a > 0)
    a, b, k = a[known], b[known], k[known]
    if len(a) < MIN_SHARED_FOR_RATIO:
        return 1.0
    plain = b.sum() / a.sum()
    low, high = 0.02, 1.0
    for _ in range(30):
        middle = (low + high) / 2.0
        mean = middle * plain * a
        given_called = (
            mean * stats.poisson.sf(k - 2.0, mean) / np.maximum(stats.poisson.sf(k - 1.0, mean), 1e-300)
        )
        if given_called.sum() > b.sum():
            high = middle
        else:
            low = middle
    return float((low + high) / 2.0)


def needed_reads(depth: npt.ArrayLike, min_alt_reads: int, min_fraction: float) -> FloatArray:
    """Alternative reads that a call needs at `depth`, as in :func:`detection_power`."""
    whole = np.floor(np.asarray(depth, dtype=np.float64))
    return np.maximum(float(min_alt_reads), np.ceil(min_fraction * whole - 1e-9))
