"""What a co-mutation audit asks of a warehouse: people, calls of the other genes, what panels cover."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

import pandas as pd

from analytics.questions.source import PeopleSource


class ComutationSource(PeopleSource, Protocol):
    """People, calls and coverage."""

    def calls_of_other_genes(self, gene: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        """cohort_id, sample_id, gene, n_calls: counted non-synonymous calls of every gene but ``gene``, one row a
        sample and gene."""

    def panel_genes(self, panel_ids: Sequence[str]) -> dict[str, AbstractSet[str]]:
        """Panel -> the genes that it covers."""
