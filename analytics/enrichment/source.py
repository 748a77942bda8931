"""What an enrichment asks of a warehouse: people, expression, gene sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

from analytics.immune.gene_sets import GeneSet
from analytics.questions.source import PeopleSource


class EnrichmentSource(PeopleSource, Protocol):
    """People, expression and gene sets."""

    def expression_matrix(self, cohort_id: str) -> pd.DataFrame:
        """[sample, gene] of one cohort on its logarithmic scale, by the sample whose gene status counts; without a row
        where the cohort has no expression."""

    def gene_sets(self, names: Sequence[str], collection: str | None) -> list[GeneSet]:
        """Gene sets by name, or all of a collection."""
