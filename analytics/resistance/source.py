"""What a question of resistance asks of a warehouse beside people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.questions.source import PeopleSource
from analytics.resistance.evidence.samples import Place


class ResistanceSource(PeopleSource, Protocol):
    """Pairs of samples, calls, segments, gene sets and expression. ``samples`` have cohort_id and sample_id."""

    def allele_fractions_of(self, samples: pd.DataFrame) -> Mapping[tuple[str, str], npt.NDArray[np.float64]]:
        """(cohort, sample) -> allele fractions of its counted calls; no entry without one."""

    def calls_of(self, samples: pd.DataFrame, genes: Sequence[str] | None = None) -> pd.DataFrame:
        """Counted calls of the samples, in all genes or in some."""

    def covered_panels(self, genes: Sequence[str]) -> set[str]:
        """Panels that cover every one of the genes."""

    def declared_gene_set(self, gene_set_id: str) -> list[str]:
        """Genes of a set of marts.gene_sets; empty when the warehouse has no such set."""

    def expression_pairs(
        self, cohort_ids: Sequence[str], genes: Sequence[str], roles: Sequence[str]
    ) -> pd.DataFrame:
        """One row a gene and pair whose two samples were both measured: cohort, patient, pair, gene, unit, first,
        second."""

    def gene_places(self, genes: Sequence[str]) -> Mapping[str, Place]:
        """Where each gene lies on GRCh37."""

    def published_purities(self, cohort_ids: Sequence[str]) -> Mapping[tuple[str, str], float]:
        """(cohort, sample) -> tumour purity from 0 to 1."""

    def samples_to_judge(self, cohort_ids: Sequence[str], genes: Sequence[str]) -> pd.DataFrame:
        """Index samples that may have lost a gene: a truncating mutation in one, or segments to look at."""

    def segments_of(self, samples: pd.DataFrame) -> pd.DataFrame:
        """Copy-number segments of the samples."""

    def sequenced_pairs(self, cohort_ids: Sequence[str]) -> pd.DataFrame:
        """Pairs of which both samples were sequenced, the widest of a patient first."""

    def without_frameshifts(self, cohort_ids: Sequence[str]) -> list[str]:
        """Cohorts with calls but without a single frameshift: their tables hold no insertions or deletions."""
