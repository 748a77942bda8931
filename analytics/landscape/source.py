"""What a landscape asks of a warehouse: people, calls of one gene, its protein, and what cohorts lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from analytics.landscape.spec import Protein
from analytics.questions.source import PeopleSource


class LandscapeSource(PeopleSource, Protocol):
    """People, calls and proteins."""

    def calls_of_gene(self, gene: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        """cohort_id, sample_id, variant_classification, hgvsp_short: one row a counted non-synonymous call."""

    def known_missing(self, cohort_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Cohort -> what its file says is missing ('...; ...'), of those that say so."""

    def protein(self, gene: str) -> Protein | None:
        """The protein of a gene; None where it is not declared."""
