"""What an analysis of signatures asks of a warehouse beside people; samples are named ``cohort/sample``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

from analytics.questions.source import PeopleSource
from analytics.signatures.reference_genome import ReferenceGenome
from analytics.signatures.spectra import Spectra


class SignatureSource(PeopleSource, Protocol):
    """Spectra, published exposures and reference signatures."""

    def published_exposures(self, cohort_ids: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Published exposures [sample, signature] with zeros filled in, and ``n_mutations`` and ``cosine_similarity``
        of each sample; empty when the cohorts have none."""

    def signature_profiles(self) -> pd.DataFrame:
        """Every row of marts.signature_profiles."""

    def spectra_of_calls(
        self, cohort_ids: Sequence[str], sample_keys: Sequence[str], genome: ReferenceGenome, ncbi_build: str
    ) -> tuple[Spectra, pd.Series]:
        """Counts [sample, channel] of the cohorts' own calls, and why a sample has none."""

    def spectra_of_tables(self, cohort_ids: Sequence[str]) -> Spectra | None:
        """Counts [sample, channel] of the published 96-channel tables; None when the cohorts have none."""
