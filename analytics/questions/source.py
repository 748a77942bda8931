"""What every kind of analysis asks of a warehouse. A kind that needs more says so in its own folder; ``warehouse``
answers all of them, and a notebook or a test may answer with frames of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from analytics.biomarkers.groups import Contrast

#: Marts that an analysis reads to know its people and who is mutated; ``gene_status`` is a macro over the last four.
PEOPLE_MARTS = ("cohorts", "analysis_frame", "profiling", "gene_panels", "gene_names", "gene_calls")


@dataclass(frozen=True)
class AskedPeople:
    """People with what a biomarker says of each.

    Attributes
    ----------
    frame : one row a patient; see :data:`analytics.questions.selection.FRAME_COLUMNS`. ``status`` is the key of a
        group, or ``known`` where the biomarker is a number, which stands in ``value``.
    biomarker : its canonical text. label : the same for people.
    contrasts : every group against the reference; empty where the biomarker is a number.
    unit : what one step of a number is.
    is_gene : the groups are mutated and wild-type of one gene.
    genes : genes whose calls, copy number or expression it reads.
    notes : sentences for whoever reads the result.
    """

    frame: pd.DataFrame
    biomarker: str
    label: str
    contrasts: tuple[Contrast, ...]
    unit: str | None
    is_gene: bool
    genes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def trials(self) -> list[str]:
        """Cohorts with people of both arms."""
        arms = self.frame.groupby("cohort_id")["is_icb_treated"].nunique()
        return [str(cohort) for cohort in arms.index[arms > 1]]


class PeopleSource(Protocol):
    """People with a biomarker, endpoint, response and covariates."""

    def people(
        self, biomarker: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> AskedPeople:
        """People of the cohorts by a biomarker; for each of ``other_genes`` a column ``<gene>_mutated``.

        Raises
        ------
        BiomarkerError
            A name that the warehouse does not know, or a question that does not fit its names.
        """

    def analysis_frame(
        self, gene: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> pd.DataFrame:
        """One row a patient by the mutation of one gene."""

    def patient_frame(self, endpoint: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        """The same without the status of any gene."""

    def undetermined_genes(
        self, cohort_ids: Sequence[str], genes: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """One row a sample and gene that a row of the sample could be and that is not understood: cohort_id,
        sample_id, gene, status_reason."""
