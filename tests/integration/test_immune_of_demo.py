"""Comparisons of features, expression and signatures, and enrichment, find what was planted and nothing else."""

from __future__ import annotations

from typing import Any

import pandas as pd
from graph_runs import Run


def rows(demo: Run, table: str, analysis_id: str) -> pd.DataFrame:
    found = demo.query(
        f"select * from stats.{table} where analysis_id = ? and cohort_id is null", analysis_id
    )
    return found.set_index("estimate_key")


def test_the_planted_leukocyte_fraction_is_found_and_no_other_feature(
    demo: Run, truth: dict[str, Any]
) -> None:
    found = rows(demo, "comparison_stats", "demo_igf1r_immune")
    planted = found.loc["features.leukocyte_fraction.wilcoxon"]
    assert planted["ci_low"] < truth["leukocyte_shift"] < planted["ci_high"]
    assert planted["q"] < 0.001
    for feature in ("til_regional_fraction", "tcr_richness", "tcr_shannon"):
        assert found.loc[f"features.{feature}.wilcoxon", "q"] > 0.05, feature
    assert "No cohort" in found.loc["features.bcr_richness.wilcoxon", "warnings"][0]
    summary = rows(demo, "frequency_stats", "demo_igf1r_immune").loc["immune_features"]
    assert (summary["numerator"], summary["denominator"]) == (1, 4)


def test_planted_expression_shifts_lie_in_their_intervals(demo: Run, truth: dict[str, Any]) -> None:
    found = rows(demo, "comparison_stats", "demo_igf1r_expression")
    for gene, shift in truth["expression_shift_log2"].items():
        row = found.loc[f"chemokines.{gene.lower()}.wilcoxon"]
        assert row["ci_low"] < shift < row["ci_high"] and row["q"] < 0.01, gene
    assert found.loc["chemokines.ccl5.wilcoxon", "q"] > 0.05


def test_a_signature_below_coverage_is_not_scored_and_says_so(demo: Run) -> None:
    found = rows(demo, "comparison_stats", "demo_igf1r_expression")
    assert "only 1 of 5 genes are measured" in found.loc["ssgsea.neutrophils.wilcoxon", "warnings"][0]
    assert found.loc["ssgsea.inflammation.wilcoxon", "coverage"] == 1.0
    hashed = demo.value("select min(gene_set_sha256) from marts.gene_sets where gene_set_id = 'inflammation'")
    assert found.loc["ssgsea.inflammation.wilcoxon", "gene_set_sha256"] == hashed


def test_the_planted_set_is_enriched_and_the_other_is_not(demo: Run) -> None:
    found = rows(demo, "enrichment_stats", "demo_igf1r_enrichment")
    assert found.loc["gsea.nes.dna_repair", "estimate"] > 2
    assert found.loc["gsea.nes.dna_repair", "q"] < 0.01
    assert found.loc["gsea.nes.oxidative_phosphorylation", "p"] > 0.05


def test_a_gene_s_comparison_can_be_walked_back_to_the_expression_rows(demo: Run) -> None:
    lineage = demo.query(
        "select role, address, source_row from stats.lineage where role = 'expression' "
        "and stat_id = 'demo_igf1r_expression/default/chemokines.cxcl9.wilcoxon'"
    )
    assert len(lineage) == 84
    assert lineage["address"].str.endswith("demo_melanoma_c_expression_SYNTHETIC.txt.gz").all()
