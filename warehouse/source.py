"""What kinds of analyses ask of a warehouse (``analytics/<kind>/source.py``), answered by an open file."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.comparison.source import ListedSet, MeasureValues
from analytics.comparison.spec import Measure
from analytics.immune.gene_sets import GeneSet
from analytics.landscape.spec import Protein
from analytics.questions.source import AskedPeople
from analytics.resistance.evidence.samples import Place
from analytics.signatures.reference_genome import ReferenceGenome
from analytics.signatures.spectra import Spectra
from warehouse.catalog import protein_domains
from warehouse.frames import calls, expression, measures, patients, resistance, spectra
from warehouse.frames.biomarker_people import asked_people

if TYPE_CHECKING:
    from analytics.comparison.source import ComparisonSource
    from analytics.comutation.source import ComutationSource
    from analytics.enrichment.source import EnrichmentSource
    from analytics.landscape.source import LandscapeSource
    from analytics.resistance.source import ResistanceSource
    from analytics.signatures.source import SignatureSource


@dataclass(frozen=True)
class WarehouseSource:
    """An open warehouse as the kinds see it."""

    con: duckdb.DuckDBPyConnection

    def allele_fractions_of(self, samples: pd.DataFrame) -> dict[tuple[str, str], npt.NDArray[np.float64]]:
        return resistance.allele_fractions_of(self.con, samples)

    def analysis_frame(
        self, gene: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> pd.DataFrame:
        return patients.analysis_frame(self.con, gene, endpoint, cohort_ids, other_genes)

    def calls_of_gene(self, gene: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return calls.calls_of_gene(self.con, gene, cohort_ids)

    def calls_of_other_genes(self, gene: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return calls.calls_of_other_genes(self.con, gene, cohort_ids)

    def covered_panels(self, genes: Sequence[str]) -> set[str]:
        return resistance.covered_panels(self.con, genes)

    def declared_gene_set(self, gene_set_id: str) -> list[str]:
        return resistance.declared_gene_set(self.con, gene_set_id)

    def expression_matrix(self, cohort_id: str) -> pd.DataFrame:
        return expression.expression_matrix(self.con, cohort_id)

    def expression_pairs(
        self, cohort_ids: Sequence[str], genes: Sequence[str], roles: Sequence[str]
    ) -> pd.DataFrame:
        return resistance.expression_pairs(self.con, cohort_ids, genes, roles)

    def gene_places(self, genes: Sequence[str]) -> dict[str, Place]:
        return resistance.gene_places(self.con, genes)

    def gene_sets(self, names: Sequence[str], collection: str | None) -> list[GeneSet]:
        return expression.gene_sets(self.con, names, collection)

    def known_missing(self, cohort_ids: Sequence[str]) -> dict[str, list[str]]:
        return calls.known_missing(self.con, cohort_ids)

    def listed_sets(self, names: Sequence[str], collection: str | None) -> list[ListedSet]:
        return expression.listed_sets(self.con, names, collection)

    def measure_values(
        self, name: str, measure: Measure, gene: str, cohort_ids: Sequence[str]
    ) -> MeasureValues:
        return measures.measure_values(self.con, name, measure, gene, cohort_ids)

    def panel_genes(self, panel_ids: Sequence[str]) -> dict[str, AbstractSet[str]]:
        return calls.panel_genes(self.con, panel_ids)

    def patient_frame(self, endpoint: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return patients.patient_frame(self.con, endpoint, cohort_ids)

    def people(
        self, biomarker: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> AskedPeople:
        return asked_people(self.con, biomarker, endpoint, cohort_ids, other_genes)

    def calls_of(self, samples: pd.DataFrame, genes: Sequence[str] | None = None) -> pd.DataFrame:
        return resistance.calls_of(self.con, samples, genes)

    def protein(self, gene: str) -> Protein | None:
        return protein_domains.load_protein(protein_domains.DOMAINS, gene)

    def published_exposures(self, cohort_ids: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        return spectra.published_exposures(self.con, cohort_ids)

    def published_purities(self, cohort_ids: Sequence[str]) -> dict[tuple[str, str], float]:
        return resistance.published_purities(self.con, cohort_ids)

    def samples_to_judge(self, cohort_ids: Sequence[str], genes: Sequence[str]) -> pd.DataFrame:
        return resistance.samples_to_judge(self.con, cohort_ids, genes)

    def segments_of(self, samples: pd.DataFrame) -> pd.DataFrame:
        return resistance.segments_of(self.con, samples)

    def sequenced_pairs(self, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return resistance.sequenced_pairs(self.con, cohort_ids)

    def signature_profiles(self) -> pd.DataFrame:
        return spectra.signature_profiles(self.con)

    def spectra_of_calls(
        self, cohort_ids: Sequence[str], sample_keys: Sequence[str], genome: ReferenceGenome, ncbi_build: str
    ) -> tuple[Spectra, pd.Series]:
        return spectra.spectra_of_calls(self.con, cohort_ids, sample_keys, genome, ncbi_build)

    def spectra_of_tables(self, cohort_ids: Sequence[str]) -> Spectra | None:
        return spectra.spectra_of_tables(self.con, cohort_ids)

    def undetermined_genes(
        self, cohort_ids: Sequence[str], genes: Sequence[str] | None = None
    ) -> pd.DataFrame:
        return patients.undetermined_genes(self.con, cohort_ids, genes)

    def without_frameshifts(self, cohort_ids: Sequence[str]) -> list[str]:
        return resistance.without_frameshifts(self.con, cohort_ids)


if TYPE_CHECKING:

    def answers_every_kind(source: WarehouseSource) -> tuple[
        ComparisonSource, ComutationSource, EnrichmentSource, LandscapeSource, ResistanceSource, SignatureSource
    ]:  # fmt: skip
        """As the source of each kind: what is asked otherwise than it is answered is a fault of types, not of a run."""
        return source, source, source, source, source, source
