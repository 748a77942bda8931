"""Result table of enrichments."""

from __future__ import annotations

from analytics.results.columns import STATISTIC_COLUMNS, Columns

ENRICHMENT_TABLES: dict[str, Columns] = {
    "enrichment_stats": {
        **STATISTIC_COLUMNS,
        "collection": ("string", "Collection of the set; the FDR runs over its tested sets"),
        "gene_set_sha256": ("string", "sha256 over the sorted symbols of the set, see marts.gene_sets"),
        "n_genes": ("bigint", "Genes of the set"),
        "n_found": ("bigint", "of these in the ranking"),
        "coverage": ("double", "n_found over n_genes"),
        "enrichment_score": ("double", "Running sum at its largest distance from 0"),
        "q": ("double", "False discovery rate (Subramanian 2005) over the sets tested together"),
        "fwer_p": ("double", "Family-wise error rate"),
        "leading_edge": ("string", "Genes before the peak of the running sum, comma-separated"),
        "n_ranked": ("bigint", "Genes in the ranking"),
        "permutations": ("bigint", "Permutations of the gene labels"),
        "seed": ("bigint", "Seed of the permutations"),
        "ranking": ("string", "How the genes were ranked"),
    },
}
