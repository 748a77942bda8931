"""Expression, immune features and gene sets of the public files, held against what the files themselves say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from catalog_on_mirror import ROOT, file_of, path_of
from graph_runs import Run
from scipy import stats

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT / "catalog")


def table(catalog: Catalog, mirror: Path, cohort_id: str, file_id: str, **options: object) -> pd.DataFrame:
    path = path_of(mirror, file_of(catalog.cohort(cohort_id), file_id))
    return pd.read_csv(path, sep="\t", **options)  # type: ignore[call-overload,no-any-return]


def test_the_file_called_fpkm_holds_whole_numbers(catalog: Catalog, mirror: Path) -> None:
    riaz = table(catalog, mirror, "riaz_2017", "expression", index_col=0)
    assert all(np.issubdtype(kind, np.integer) for kind in riaz.dtypes)
    assert riaz.sum().between(27e6, 64e6).all()


def test_tpm_adds_to_a_million(catalog: Catalog, mirror: Path) -> None:
    van_allen = table(catalog, mirror, "van_allen_2015", "expression", index_col=0)
    assert np.allclose(van_allen.sum(), 1e6, atol=1)


def test_the_twenty_nameless_tcga_columns_are_the_tumours_that_the_catalogue_says(
    catalog: Catalog, mirror: Path
) -> None:
    """The interferon and macrophage scores that Thorsson 2018 prints for every barcode rank the columns alike; the
    best partner of each column among all 9,129 samples, by the genes' mean, is the declared one."""
    names = file_of(catalog.cohort("tcga_pancan"), "expression").sample_id
    assert names is not None
    expression = np.log2(table(catalog, mirror, "tcga_pancan", "expression", index_col=0) + 1)
    scores = table(catalog, mirror, "tcga_pancan", "signature_scores").set_index("SampleBarcode")
    scores.index = scores.index.str[:15]
    published = scores.loc[[names.corrections[column] for column in expression.columns]]
    interferon = [
        "IFI44", "IFI44L", "DDX58", "IFI6", "IFI27", "IFIT2", "IFIT1", "IFIT3", "CXCL10", "MX1", "OAS1", "OAS2", "OAS3",
        "HERC5", "SAMD9", "HERC6", "DDX60", "RTP4", "IFIH1", "STAT1", "TAP1", "OASL", "RSAD2", "ISG15",
    ]  # fmt: skip
    mine = expression.loc[interferon].mean()
    assert np.corrcoef(mine, published["Module3_IFN_score"])[0, 1] > 0.999
    assert len(set(names.corrections.values())) == 20


def test_two_files_of_one_feature_agree(real: Run) -> None:
    """Features of the bladder cancers stand in two tables of Thorsson 2018 each, under other barcodes. Four leukocyte
    fractions of 128 differ, three of them of samples with three aliquots."""
    both = real.query(
        "select a.feature, a.value as one, b.value as other from marts.immune_features as a "
        "inner join marts.immune_features as b "
        "on a.sample_id = b.sample_id and a.feature = b.feature and a.source < b.source "
        "where a.cohort_id = 'tcga_pancan'"
    )
    fractions = both[both["feature"] == "leukocyte_fraction"]
    assert (len(fractions), int(((fractions["one"] - fractions["other"]).abs() > 1e-3).sum())) == (128, 4)
    for feature, pairs in both[both["feature"] != "leukocyte_fraction"].groupby("feature"):
        assert len(pairs) >= 125 and pairs["one"].corr(pairs["other"]) > 0.99999, feature


def test_samples_and_genes_are_those_that_the_docs_state(real: Run) -> None:
    counted = real.query(
        "select cohort_id, count(distinct sample_id) as samples, count(distinct patient_id) as patients, "
        "count(distinct gene_raw) as genes, "
        "count(distinct case when hugo_symbol is not null then gene_raw end) as resolved "
        "from marts.expression group by cohort_id"
    ).set_index("cohort_id")
    expected = {
        "hugo_2016": [27, 27, 25268, 25268],
        "jung_2019": [
            27,
            27,
            57820,
            25632,
        ],  # 25,504 by HGNC's Ensembl numbers, 128 by a call table with both
        # by Entrez number, 21,005 by HGNC's; numbers that only mutation tables name count where 9 in 10 rows agree
        "riaz_2017": [108, 65, 22187, 21457],
        "roh_2017": [54, 31, 791, 791],
        "tcga_pancan": [20, 20, 20531, 20507],
        "van_allen_2015": [42, 42, 57820, 25632],
    }
    assert {cohort: row.tolist() for cohort, row in counted.iterrows()} == expected
    unknown = real.query(
        "select cohort_id, raw_table, count(*) as n, sum(n_rows) as n_rows from marts.rejected_rows "
        "where rule_id = 'unknown_sample' and raw_table in ('expression', 'immune_features') group by all"
    )
    # one line a file and sample: 24 columns of 13,975 genes; 178 samples in two files or one, 500 cells
    assert set(unknown.itertuples(index=False, name=None)) == {
        ("snyder_2014", "expression", 24, 335400), ("tcga_pancan", "immune_features", 262, 500),
    }  # fmt: skip


def test_sets_count_what_their_files_say(real: Run) -> None:
    sizes = real.query("select distinct gene_set_id, collection, n_genes from marts.gene_sets")
    n_sets = sizes.groupby("collection").size()
    assert (n_sets["hallmark"], n_sets["immune_signatures"], n_sets["ddr_pathways"]) == (50, 29, 6)
    of = sizes.set_index("gene_set_id")["n_genes"]
    assert (of["mhc"], of["mhc_class_1"], of["receptors"]) == (16, 5, 18), "as printed"
    assert (of["mhc_class_2"], of["chemokines"], of["immune_stimulators"], of["co_stimulators"]) == (
        11,
        41,
        46,
        22,
    )
    assert (of["dna_repair"], of["oxidative_phosphorylation"]) == (150, 200)
    repaired = real.query(
        "select gene_raw, hugo_symbol, gene_set_id from marts.gene_sets where gene_raw = '6-Sep'"
    )
    assert repaired.values.tolist() == [["6-Sep", "SEPTIN6", "til"]]


# --- what is compared ---------------------------------------------------------------------------------------------


def test_the_leukocyte_fraction_by_alk_status_is_scipy_s_answer_on_the_same_rows(real: Run) -> None:
    rows = real.query(
        # as published: whoever has a call is mutated, whoever has none is wild-type
        "select f.value, g.n_mutations > 0 as mutated from marts.immune_features as f "
        "inner join marts.samples as s on f.cohort_id = s.cohort_id and f.sample_id = s.sample_id and s.is_index "
        "inner join marts.gene_status('ALK') as g on g.cohort_id = s.cohort_id and g.sample_id = s.sample_id "
        "where f.cohort_id = 'tcga_pancan' and f.feature = 'leukocyte_fraction' and f.source like '%methylation%'"
    )
    mutated = rows["mutated"].to_numpy(dtype=bool)
    test = stats.mannwhitneyu(rows["value"][mutated], rows["value"][~mutated])
    found = real.query(
        "select * from stats.comparison_stats "
        "where stat_id = 'alk_immune_features/as_published/features.leukocyte_fraction.wilcoxon'"
    ).iloc[0]
    assert (found["n"], found["n_in_group"]) == (len(rows), int(mutated.sum()))
    assert found["p"] == pytest.approx(test.pvalue, rel=1e-9)
    delta = 2 * test.statistic / (mutated.sum() * (~mutated).sum()) - 1
    assert found["cliffs_delta"] == pytest.approx(delta, abs=1e-12)


def test_twenty_tcga_samples_with_expression_are_never_more_than_that(real: Run) -> None:
    rows = real.query(
        "select n, n_in_group, p, warnings from stats.comparison_stats where analysis_id = 'alk_expression' "
        "and variant = 'default' and stratum is null and n > 0"
    )
    assert len(rows) > 50 and rows["p"].isna().all() and set(rows["n"]) == {20}
    # 10,433 sequenced patients less the 1,292 whose exome has no call
    assert rows["warnings"].map(" ".join).str.contains("20 of 9,141 members have a value").all()


def test_lists_are_counted_as_their_files_have_them_not_as_the_paper_prints(real: Run) -> None:
    found = real.query(
        "select claim_id, verdict, computed_estimate from stats.claim_checks where claim_id similar to "
        "'(C14.n_|C16.n_|C17.n_).*'"
    ).set_index("claim_id")
    expected = {
        "C14.n_mhc": 16, "C14.n_mhc_class_1": 5, "C14.n_mhc_class_2": 11, "C14.n_mhc_other": 0,
        "C14.n_co_stimulators": 22,
        "C16.n_signatures": 29, "C17.n_chemokines": 41, "C17.n_receptors": 18, "C17.n_immune_stimulators": 46,
    }  # fmt: skip
    assert found["computed_estimate"].to_dict() == expected
    exact = set(found.index[found["verdict"] == "exact"])
    assert exact == {"C14.n_mhc", "C14.n_mhc_class_1", "C16.n_signatures", "C17.n_receptors"}
