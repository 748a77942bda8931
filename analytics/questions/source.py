"""What every kind of analysis asks of a warehouse. A kind that needs more says so in its own folder; ``warehouse``
answers all of them, and a notebook or a test may answer with frames of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

#: Marts that people are read from.
PEOPLE_MARTS = (
    "cohorts", "patients", "persons", "person_aliases", "treatments", "samples", "profiling", "gene_panels",
    "mutations", "undetermined_genes", "survival_outcomes", "response_outcomes", "burdens",
)  # fmt: skip


class PeopleSource(Protocol):
    """People with gene status, endpoint, response and covariates."""

    def analysis_frame(
        self, gene: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> pd.DataFrame:
        """One row a patient; see :data:`analytics.questions.selection.FRAME_COLUMNS`."""

    def patient_frame(self, endpoint: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        """The same without the status of any gene."""

    def undetermined_genes(
        self, cohort_ids: Sequence[str], genes: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """One row a sample and gene that a row of the sample could be and that is not understood: cohort_id,
        sample_id, gene, status_reason."""
