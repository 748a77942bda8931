"""What is known of one sample when its genes are judged: mutations, segments, clonal peak and purity.

Belongs here: gathering the evidence of a sample for `loss.judge_gene`.
Does not belong here: pairs (`events`) and rates (`intrinsic`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.resistance.evidence.fractions import ClonalPeak, clonal_peak
from analytics.resistance.evidence.loss import CopyEvidence, Mutation, Verdict, copy_evidence, judge_gene


@dataclass(frozen=True)
class Place:
    """Where a gene lies: chromosome without chr, one position inside it, on the build of the segments."""

    chromosome: str
    position: int


@dataclass
class SampleEvidence:
    """One sample.

    Parameters
    ----------
    mutations : its counted mutations (columns of ``pairs.MUTATION_COLUMNS``).
    segments : its segments (chromosome, start_position, end_position, log2_ratio); empty when there are none.
    published_purity : 0-1; used for the clonal peak only when there are too few mutations for one.
    places : gene -> where it lies.
    fractions : allele fractions of all its mutations, when `mutations` are only those of some genes.
    """

    mutations: pd.DataFrame
    segments: pd.DataFrame
    places: Mapping[str, Place]
    published_purity: float | None = None
    fractions: npt.NDArray[np.float64] | None = None
    peak: ClonalPeak | None = field(init=False)

    def __post_init__(self) -> None:
        own = self.mutations["variant_allele_fraction"].to_numpy(dtype=float, na_value=np.nan)
        fractions = own if self.fractions is None else self.fractions
        self.peak = clonal_peak(fractions, self.published_purity)
        # Places of the rows only: taking out twenty thousand genes of which a few are asked about costs seconds.
        self._rows_of = self.mutations.groupby("hugo_symbol", sort=False).indices
        self._verdicts: dict[str, Verdict] = {}

    @property
    def has_segments(self) -> bool:
        """Copy number of the sample was measured."""
        return len(self.segments) > 0

    def copy_of(self, gene: str) -> CopyEvidence:
        """Evidence of the segment over a gene."""
        purity = self.peak.purity if self.peak is not None else self.published_purity
        place = self.places.get(gene)
        if place is None or not self.has_segments:
            return copy_evidence(None, purity)
        rows = self.segments
        over = rows[
            (rows["chromosome"] == place.chromosome)
            & (rows["start_position"] <= place.position)
            & (rows["end_position"] >= place.position)
        ]
        if not len(over):
            return copy_evidence(None, purity)
        segment = over.iloc[0]
        length_mb = (float(segment["end_position"]) - float(segment["start_position"])) / 1e6
        return copy_evidence(float(segment["log2_ratio"]), purity, length_mb)

    def mutations_of(self, gene: str) -> pd.DataFrame:
        """The gene's non-synonymous mutations, truncating ones first."""
        at = self._rows_of.get(gene)
        if at is None:
            return self.mutations.iloc[:0]
        rows = self.mutations.iloc[at]
        rows = rows[rows["is_nonsynonymous"].astype(bool)]
        return rows.sort_values(["is_truncating", "variant_key"], ascending=[False, True])

    def verdict(self, gene: str) -> Verdict:
        """Both alleles lost, one, or nobody can say."""
        if gene not in self._verdicts:
            self._verdicts[gene] = judge_gene(self._listed(gene), self.copy_of(gene), self.peak)
        return self._verdicts[gene]

    def _listed(self, gene: str) -> list[Mutation]:
        rows = self.mutations_of(gene)
        return [
            Mutation(
                label=mutation_label(row),
                is_truncating=bool(row["is_truncating"]),
                alt_count=_whole(row["t_alt_count"]),
                depth=_whole(row["t_depth"]),
                cancer_cell_fraction=_share(row.get("cancer_cell_fraction")),
            )
            for row in (rows.to_dict("records") if len(rows) else ())
        ]


def mutation_label(row: Mapping[Any, Any]) -> str:
    """Protein change, or the class where there is none."""
    change = row.get("hgvsp_short")
    word = str(row.get("variant_classification")).replace("_", " ")
    return str(change) if isinstance(change, str) and change else word


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _share(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
