"""Result table of enrichments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analytics.results.schema import ResultTable, column
from analytics.results.statistic import Statistic


@dataclass(frozen=True, kw_only=True)
class EnrichmentStatistic(Statistic):
    """Enrichment of one gene set; ``feature`` is the set, the estimate its normalised enrichment score."""

    TABLE: ClassVar[str] = "enrichment_stats"
    MEANING: ClassVar[str] = (
        "A gene set that is enriched, or not, among genes ranked by their difference in expression."
    )

    collection: str | None = column("Collection of the set; the FDR runs over its tested sets")
    gene_set_sha256: str | None = column("sha256 over the sorted symbols of the set, see marts.gene_sets")
    n_genes: int | None = column("Genes of the set")
    n_found: int | None = column("of these in the ranking")
    coverage: float | None = column("n_found over n_genes")
    enrichment_score: float | None = column("Running sum at its largest distance from 0")
    q: float | None = column("False discovery rate (Subramanian 2005) over the sets tested together")
    fwer_p: float | None = column("Family-wise error rate")
    leading_edge: tuple[str, ...] = column("Genes before the peak of the running sum", default=())
    n_ranked: int | None = column("Genes in the ranking")
    permutations: int | None = column("Permutations of the gene labels")
    seed: int | None = column("Seed of the permutations")
    ranking: str | None = column("How the genes were ranked")


TABLES = (ResultTable.of(EnrichmentStatistic),)
