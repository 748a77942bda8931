"""What kinds of analyses ask of a warehouse (``analytics/<kind>/source.py``), answered by an open file."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import duckdb
import pandas as pd

from analytics.comparison.source import ListedSet, MeasureValues
from analytics.comparison.spec import Measure
from analytics.immune.gene_sets import GeneSet
from analytics.landscape.spec import Protein
from analytics.questions.source import AskedPeople
from warehouse import protein_domains
from warehouse.biomarker_people import asked_people
from warehouse.frames import calls, expression, measures, patients


@dataclass(frozen=True)
class WarehouseSource:
    """An open warehouse as the kinds see it."""

    con: duckdb.DuckDBPyConnection

    def analysis_frame(
        self, gene: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> pd.DataFrame:
        return patients.analysis_frame(self.con, gene, endpoint, cohort_ids, other_genes)

    def calls_of_gene(self, gene: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return calls.calls_of_gene(self.con, gene, cohort_ids)

    def calls_of_other_genes(self, gene: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return calls.calls_of_other_genes(self.con, gene, cohort_ids)

    def expression_matrix(self, cohort_id: str) -> pd.DataFrame:
        return expression.expression_matrix(self.con, cohort_id)

    def gene_sets(self, names: Sequence[str], collection: str | None) -> list[GeneSet]:
        return expression.gene_sets(self.con, names, collection)

    def known_missing(self, cohort_ids: Sequence[str]) -> dict[str, str]:
        return calls.known_missing(self.con, cohort_ids)

    def listed_sets(self, names: Sequence[str], collection: str | None) -> list[ListedSet]:
        return expression.listed_sets(self.con, names, collection)

    def measure_values(
        self, name: str, measure: Measure, gene: str, cohort_ids: Sequence[str]
    ) -> MeasureValues:
        return measures.measure_values(self.con, name, measure, gene, cohort_ids)

    def panel_genes(self, panel_ids: Sequence[str]) -> dict[str, AbstractSet[str]]:
        return calls.panel_genes(self.con, panel_ids)

    def people(
        self, biomarker: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> AskedPeople:
        return asked_people(self.con, biomarker, endpoint, cohort_ids, other_genes)

    def patient_frame(self, endpoint: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return patients.patient_frame(self.con, endpoint, cohort_ids)

    def protein(self, gene: str) -> Protein | None:
        return protein_domains.load_protein(protein_domains.DOMAINS, gene)

    def undetermined_genes(
        self, cohort_ids: Sequence[str], genes: Sequence[str] | None = None
    ) -> pd.DataFrame:
        return patients.undetermined_genes(self.con, cohort_ids, genes)
