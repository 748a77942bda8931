"""One question of resistance on an open warehouse: what all of its parts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analytics.resistance.evidence.shelf import SampleShelf
from analytics.resistance.source import ResistanceSource
from analytics.resistance.spec import ResistanceSpec
from analytics.results.gathered import Gathered
from analytics.results.tables import columns_of_table


@dataclass(frozen=True)
class Asked:
    """A question on an open warehouse: cohorts with the awaited ones, patients, gene sets with their genes."""

    source: ResistanceSource
    spec: ResistanceSpec
    gathered: Gathered
    cohorts: tuple[str, ...]
    frame: pd.DataFrame
    gene_sets: Mapping[str, Sequence[str]]

    def shelf_of(self, samples: pd.DataFrame, *, only_genes: bool = False) -> SampleShelf:
        """Evidence of the samples (cohort_id, sample_id). With `only_genes` the calls of the question's genes and no
        more than the allele fractions of the others: hypermutated samples have tens of thousands."""
        genes = sorted({g for genes in self.gene_sets.values() for g in genes})
        return SampleShelf(
            self.source.calls_of(samples, genes if only_genes else None),
            self.source.segments_of(samples),
            self.source.published_purities(self.cohorts),
            self.source.gene_places(genes),
            self.source.allele_fractions_of(samples) if only_genes else None,
        )

    def add_frame(self, table: str, variant: str, rows: pd.DataFrame) -> None:
        """Add the columns that a result table has, for one way of doing it."""
        kept = rows[[column for column in rows.columns if column in columns_of_table(table)]]
        self.gathered.add_frame(table, kept.assign(analysis_id=self.spec.analysis_id, variant=variant))
