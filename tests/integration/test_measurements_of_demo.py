"""Expression, immune features and gene sets of the demo: the marts hold what was planted."""

from __future__ import annotations

from typing import Any

import numpy as np
from graph_runs import Run

from analytics.immune.gene_sets import GeneSet


def test_genes_get_their_symbol_from_symbol_entrez_or_ensembl_number_and_the_rest_stays_without(
    demo: Run,
) -> None:
    counted = demo.query(
        "select cohort_id, unit, count(distinct gene_raw) as genes, count(distinct hugo_symbol) as symbols, "
        "count(distinct sample_id) as samples from marts.expression group by cohort_id, unit"
    ).set_index("cohort_id")
    assert counted.loc["demo_melanoma_b"].tolist() == ["read counts", 23, 23, 40]
    assert counted.loc["demo_melanoma_c"].tolist() == ["FPKM", 331, 330, 90]
    unresolved = "select distinct gene_raw from marts.expression where hugo_symbol is null"
    assert demo.value(unresolved) == "?|100130426"
    assert (
        demo.value("select hugo_symbol from marts.expression where gene_raw = 'ENSG00000171094.11'") == "ALK"
    )


def test_planted_shifts_of_expression_are_in_the_mart(demo: Run, truth: dict[str, Any]) -> None:
    values = demo.query(
        "select e.patient_id, e.hugo_symbol, log2(e.value) as log2, s.status = 'mutated' as mutated "
        "from marts.expression as e inner join marts.gene_status('IGF1R') as s "
        "on e.cohort_id = s.cohort_id and e.sample_id = s.sample_id "
        "where e.cohort_id = 'demo_melanoma_c' and s.status in ('mutated', 'wild_type') and e.hugo_symbol is not null"
    )
    means = values.groupby(["hugo_symbol", "mutated"])["log2"].mean().unstack()
    difference = means[True] - means[False]
    for gene, shift in truth["expression_shift_log2"].items():
        assert abs(difference[gene] - shift) < 0.6, gene
    planted = list(truth["expression_shift_set"])
    others = difference.drop([*planted, *truth["expression_shift_log2"]])
    # 26 genes, 18 carriers of 84, standard deviation 0.7: standard error 0.04
    assert abs(difference[planted].mean() - truth["expression_shift_set_log2"]) < 0.12
    assert abs(others.mean()) < 0.12


def test_the_first_of_two_aliquots_counts(demo: Run) -> None:
    fractions = demo.query(
        "select value, n_aliquots, aliquot_raw from marts.immune_features where feature = 'leukocyte_fraction'"
    )
    assert len(fractions) == 400
    assert (fractions["n_aliquots"] == 2).sum() == 12
    assert fractions["value"].max() < 0.99, "the later portions were planted at 0.999"
    assert fractions["aliquot_raw"].str.contains("-11D-").all()


def test_the_hash_of_a_set_is_the_one_that_analytics_computes(demo: Run) -> None:
    rows = demo.query(
        "select gene_set_id, hugo_symbol, gene_set_sha256, n_genes, gene_raw from marts.gene_sets"
    )
    for set_id, genes in rows.groupby("gene_set_id"):
        found = GeneSet(str(set_id), tuple(genes["hugo_symbol"]), "test", "1")
        assert set(genes["gene_set_sha256"]) == {found.sha256}, set_id
        assert set(genes["n_genes"]) == {len(found.genes)}
    repaired = rows[rows["gene_raw"] == "6-Sep"]
    assert repaired["hugo_symbol"].tolist() == ["SEPTIN6"]


def test_every_value_can_be_walked_back_to_its_file(demo: Run) -> None:
    for mart in ("expression", "immune_features", "gene_sets"):
        lost = demo.value(
            f"select count(*) from marts.{mart} as m left join marts.source_files as f "
            "on m.source_file_id = f.source_file_id where f.address is null or m.source_row is null"
        )
        assert lost == 0, mart
    assert not np.isnan(float(demo.value("select sum(value) from marts.expression")))
