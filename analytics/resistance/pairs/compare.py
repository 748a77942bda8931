"""Two samples of one patient: which mutations they share, which are private, and of which nobody can say.

A mutation without a call in the other sample is private only where the other sample was deep and pure enough to show
it. What a mutation does to its gene does not belong here (`loss`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from analytics.engine.multiplicity import benjamini_hochberg
from analytics.errors import MissingColumnError
from analytics.resistance.evidence.fractions import ClonalPeak, clonal_peak, fraction_shift
from analytics.resistance.pairs.power import (
    MIN_SHARED_FOR_RATIO,
    calling_floor,
    detection_power,
    expected_depth,
    needed_reads,
    shared_reads_factor,
)

SHARED, PRIVATE_TO_FIRST, PRIVATE_TO_SECOND, TOO_SHALLOW = (
    "shared", "private_to_first", "private_to_second", "too_shallow_to_say",
)  # fmt: skip
PRESENCE_WORDS: Final = (SHARED, PRIVATE_TO_FIRST, PRIVATE_TO_SECOND, TOO_SHALLOW)
RISING, FALLING, STEADY = "rising", "falling", "no change shown"
SHIFT_WORDS: Final = (RISING, FALLING, STEADY)

#: Columns of the mutation rows that are compared.
MUTATION_COLUMNS: Final = (
    "variant_key", "hugo_symbol", "variant_classification", "hgvsp_short", "is_nonsynonymous", "is_truncating",
    "t_alt_count", "t_depth", "variant_allele_fraction", "source_file_id", "source_row",
)  # fmt: skip


@dataclass(frozen=True)
class PairSettings:
    """What a call needs (`min_alt_reads`), what power makes an absence a finding, and from when two samples are one
    tumour: at least `min_shared` shared mutations (or half of a call set smaller than that) and `min_shared_rate` of
    the smaller call set."""

    min_alt_reads: int = 3
    min_power: float = 0.8
    use_power: bool = True
    min_shared: int = 5
    min_shared_rate: float = 0.10
    max_q: float = 0.05


@dataclass(frozen=True)
class PairComparison:
    """One pair.

    Attributes
    ----------
    mutations : one row a mutation of either sample; see :func:`compare_pair`.
    first_peak, second_peak : clonal peaks, the stand-ins for purity; None when they cannot be estimated.
    purity_ratio : allele fraction to expect in the second sample over that in the first.
    depth_ratio : depth of the second sample over the first, over shared sites; None with fewer than five.
    is_comparable : the samples share enough to be one tumour.
    warnings : plain sentences.
    """

    mutations: pd.DataFrame
    first_peak: ClonalPeak | None
    second_peak: ClonalPeak | None
    purity_ratio: float
    depth_ratio: float | None
    is_comparable: bool
    warnings: tuple[str, ...] = field(default=())


def compare_pair(
    first: pd.DataFrame,
    second: pd.DataFrame,
    settings: PairSettings | None = None,
    first_purity: float | None = None,
    second_purity: float | None = None,
) -> PairComparison:
    """Compare the counted mutations of two samples (columns `MUTATION_COLUMNS`; one row a `variant_key`).

    The answer's `mutations` has for each mutation the columns of the carrier, `presence` (`SHARED` to `TOO_SHALLOW`),
    `first_*` and `second_*` counts and allele fractions, and, where one sample has no call, `expected_fraction`,
    `expected_depth` and `power` of a call there. Shared mutations have `shift` (second less first share of tumour
    cells, 0-1, allele fraction over clonal peak), its 95 % interval, `shift_p`, `shift_q` (Benjamini-Hochberg over the
    pair) and `shift_word` (rising, falling, no change shown).

    Raises MissingColumnError without one of the columns.
    """
    how = settings or PairSettings()
    for frame in (first, second):
        absent = [c for c in MUTATION_COLUMNS if c not in frame.columns]
        if absent:
            raise MissingColumnError(f"The mutations of a sample lack {', '.join(absent)}: add the columns.")
    one = first.drop_duplicates("variant_key").set_index("variant_key")
    other = second.drop_duplicates("variant_key").set_index("variant_key")
    peaks = (
        clonal_peak(one["variant_allele_fraction"].to_numpy(float), first_purity),
        clonal_peak(other["variant_allele_fraction"].to_numpy(float), second_purity),
    )
    shared = one.index.intersection(other.index, sort=False)
    purity_ratio, depth_ratio = _ratios(one.loc[shared], other.loc[shared], peaks)
    parts = [
        _shared(one.loc[shared], other.loc[shared], peaks, purity_ratio, how),
        _private(one.drop(shared), one, other, purity_ratio, depth_ratio, how, "first"),
        _private(
            other.drop(shared), other, one, 1.0 / purity_ratio,
            None if depth_ratio is None else 1.0 / depth_ratio, how, "second",
        ),
    ]  # fmt: skip
    mutations = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    smaller = min(len(one), len(other))
    enough = len(shared) >= how.min_shared or (len(shared) >= 2 and 2 * len(shared) >= smaller)
    is_comparable = enough and len(shared) >= how.min_shared_rate * smaller
    warnings = []
    if not is_comparable:
        warnings.append(
            f"The two samples share {len(shared)} mutations of {smaller} in the smaller: not one tumour, a sample "
            "mixed up, or hardly any tumour in one of them."
        )
    if purity_ratio < 0.5 or purity_ratio > 2.0:
        warnings.append(
            f"Allele fractions of the second sample are {purity_ratio:.2g} times those of the first: unlike purity."
        )
    return PairComparison(mutations, *peaks, purity_ratio, depth_ratio, is_comparable, tuple(warnings))


def _ratios(
    one: pd.DataFrame, other: pd.DataFrame, peaks: tuple[ClonalPeak | None, ClonalPeak | None]
) -> tuple[float, float | None]:
    fractions = (other["variant_allele_fraction"] / one["variant_allele_fraction"]).dropna()
    depths = (other["t_depth"] / one["t_depth"]).dropna()
    if len(fractions) >= MIN_SHARED_FOR_RATIO and np.isfinite(fractions.median()):
        purity_ratio = float(fractions.median())
    elif peaks[0] is not None and peaks[1] is not None:
        purity_ratio = peaks[1].fraction / peaks[0].fraction
    else:
        purity_ratio = 1.0
    depth_ratio = float(depths.median()) if len(depths) >= MIN_SHARED_FOR_RATIO else None
    return purity_ratio if purity_ratio > 0 else 1.0, depth_ratio


_CARRIED = ("hugo_symbol", "variant_classification", "hgvsp_short", "is_nonsynonymous", "is_truncating")
_COUNTS = {
    "t_alt_count": "alt_count", "t_depth": "depth", "variant_allele_fraction": "allele_fraction",
    "source_file_id": "source_file_id", "source_row": "source_row",
}  # fmt: skip


def _columns_of(frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return frame[list(_COUNTS)].rename(columns={k: f"{prefix}_{v}" for k, v in _COUNTS.items()})


def _shared(
    one: pd.DataFrame,
    other: pd.DataFrame,
    peaks: tuple[ClonalPeak | None, ClonalPeak | None],
    purity_ratio: float,
    how: PairSettings,
) -> pd.DataFrame:
    rows = pd.concat([one[list(_CARRIED)], _columns_of(one, "first"), _columns_of(other, "second")], axis=1)
    rows["presence"], rows["absent_in"] = SHARED, None
    # The two scales differ by the purity ratio of the pair, which is better known than either peak.
    scale = 1.0 / peaks[0].fraction if peaks[0] is not None else 1.0
    moved = fraction_shift(
        rows["first_alt_count"].to_numpy(float, na_value=np.nan),
        rows["first_depth"].to_numpy(float, na_value=np.nan),
        rows["second_alt_count"].to_numpy(float, na_value=np.nan),
        rows["second_depth"].to_numpy(float, na_value=np.nan),
        scale_first=scale,
        scale_second=scale / purity_ratio,
    )
    rows["shift"], rows["shift_ci_low"], rows["shift_ci_high"] = moved.difference, moved.ci_low, moved.ci_high
    rows["shift_p"], rows["shift_q"] = moved.p, benjamini_hochberg(moved.p)
    is_moved = rows["shift_q"] < how.max_q
    rows["shift_word"] = np.where(is_moved, np.where(rows["shift"] > 0, RISING, FALLING), STEADY)
    return rows.rename_axis("variant_key").reset_index()


def _private(
    carried: pd.DataFrame,
    carrier: pd.DataFrame,
    other: pd.DataFrame,
    purity_ratio: float,
    depth_ratio: float | None,
    how: PairSettings,
    which: str,
) -> pd.DataFrame:
    """Mutations of one sample without a call in the other; ratios are other over carrier."""
    rows = pd.concat([carried[list(_CARRIED)], _columns_of(carried, which)], axis=1)
    typical = [float(f["t_depth"].astype(float).median()) if len(f) else np.nan for f in (carrier, other)]
    floor = calling_floor(other["variant_allele_fraction"])
    both = carrier.index.intersection(other.index, sort=False)
    overstated = shared_reads_factor(
        carrier.loc[both, "t_alt_count"].to_numpy(float, na_value=np.nan),
        other.loc[both, "t_alt_count"].to_numpy(float, na_value=np.nan),
        needed_reads(other.loc[both, "t_depth"].to_numpy(float, na_value=np.nan), how.min_alt_reads, floor),
    )
    rows["expected_fraction"] = (carried["variant_allele_fraction"].astype(float) * purity_ratio).clip(
        upper=1.0
    )
    rows["expected_depth"] = overstated * expected_depth(
        carried["t_depth"], typical[0], typical[1], depth_ratio
    )
    rows["power"] = detection_power(
        rows["expected_depth"], rows["expected_fraction"], how.min_alt_reads, floor
    )
    private = PRIVATE_TO_FIRST if which == "first" else PRIVATE_TO_SECOND
    is_private = (rows["power"] >= how.min_power) if how.use_power else pd.Series(True, index=rows.index)
    rows["presence"] = np.where(is_private, private, TOO_SHALLOW)
    rows["absent_in"] = "second" if which == "first" else "first"
    return rows.rename_axis("variant_key").reset_index()
