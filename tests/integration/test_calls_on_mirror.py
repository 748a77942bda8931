"""The catalogue's mutation tables against the real files: classes, symbols, panels, and counts that papers give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from catalog_on_mirror import (
    ROOT,
    columns_of,
    current_symbol,
    file_of,
    is_nonsynonymous,
    parsed,
    path_of,
    read_all,
)

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT / "catalog")


@pytest.fixture(scope="module")
def msk(catalog: Catalog, mirror: Path) -> pd.DataFrame:
    """Calls of tmb_mskcc_2018 with the sample's panel and cancer type."""
    tables = parsed(
        catalog,
        mirror,
        catalog.cohort("tmb_mskcc_2018"),
        "mutations",
        "clinical_values",
        only=("cbioportal_study",),
    )
    values = tables["clinical_values"]
    samples = values[values.sample_id.notna()].pivot(index="sample_id", columns="column_name", values="value")
    calls = tables["mutations"]
    return calls.assign(
        panel=calls.sample_id.map(samples.GENE_PANEL), cancer=calls.sample_id.map(samples.CANCER_TYPE)
    )


def test_every_class_word_of_every_call_table_is_known(catalog: Catalog, mirror: Path) -> None:
    for cohort in (c for c in catalog.cohorts if not c.is_awaited):
        for file in cohort.files:
            if file.kind == "mutations" and path_of(mirror, file).exists():
                pick = file.mutation_columns.get("variant_classification")
                if pick is None:
                    words = pd.Series([file.mutation_constants["variant_classification"]])
                else:
                    table = columns_of(mirror, file, *pick.columns)
                    words = read_all(pick, table.bfill(axis=1).iloc[:, 0].drop_duplicates())
                assert is_nonsynonymous(words).notna().all(), (cohort.cohort_id, words.tolist())
            if file.kind == "cbioportal_study":
                calls = parsed(catalog, mirror, cohort, "mutations", only=("cbioportal_study",))["mutations"]
                assert is_nonsynonymous(calls.variant_classification).notna().all(), cohort.cohort_id


def test_22_of_320_msk_melanomas_have_a_mutated_igf1r(msk: pd.DataFrame) -> None:
    """Row A6 of the IGF1R paper."""
    calls = msk[(msk.cancer == "Melanoma") & (msk.hugo_symbol == "IGF1R")]
    assert calls[is_nonsynonymous(calls.variant_classification)].sample_id.nunique() == 22


def test_a_promoter_mutation_is_not_counted(msk: pd.DataFrame) -> None:
    promoter = msk[(msk.hugo_symbol == "TERT") & (msk.variant_classification == "5'Flank")]
    assert len(promoter) > 500 and not is_nonsynonymous(promoter.variant_classification).any()


def test_every_msk_call_lies_on_its_sample_s_panel_once_symbols_are_current(
    catalog: Catalog, mirror: Path, msk: pd.DataFrame
) -> None:
    (reference,) = [r for r in catalog.references if r.reference_id == "gene_panels"]
    panels = parsed(catalog, mirror, reference, "gene_panels")["gene_panels"]
    assert panels.groupby("panel_id").size()[["IMPACT341", "IMPACT410", "IMPACT468"]].tolist() == [
        341,
        410,
        469,
    ]
    covered = set(zip(panels.panel_id, current_symbol(panels.hugo_symbol), strict=True))
    raw = set(zip(panels.panel_id, panels.hugo_symbol, strict=True))

    def n_off(symbols: pd.Series, on: set[tuple[str, str]]) -> int:
        return sum(pair not in on for pair in zip(msk.panel, symbols, strict=True))

    assert n_off(msk.hugo_symbol, raw) > 400, "without aliases PAK7, PARK2, H3F3A ... look off-panel"
    off = msk[[pair not in covered for pair in zip(msk.panel, current_symbol(msk.hugo_symbol), strict=True)]]
    # 13 of 20,563: a gene of a later panel on an earlier one, and clones that were never on a panel
    assert (len(off), set(off.hugo_symbol)) == (
        13, {"RP11-145E5.5", "RP11-211G3.3", "TIMM8B", "INSRR", "FIP1L1", "HIST1H3A"},
    )  # fmt: skip


def test_liu_s_calls_give_the_published_count_of_every_tumour(catalog: Catalog, mirror: Path) -> None:
    """144 of 144: the definition of a counted class is the paper's too."""
    cohort = catalog.cohort("liu_2019")
    calls = columns_of(mirror, file_of(cohort, "mutations"), "Patient", "Variant_Classification")
    counted = calls[is_nonsynonymous(calls.Variant_Classification)].groupby("Patient").size()
    stated = columns_of(mirror, file_of(cohort, "clinical"), "Sample ID", "nonsyn_muts").set_index(
        "Sample ID"
    )
    assert len(stated) == 144
    assert (counted.reindex(stated.index) == stated.nonsyn_muts.astype(int)).all()


@pytest.mark.parametrize("cohort_id", ["oak_2018", "poplar_2018"])
def test_the_trials_burden_is_the_count_of_calls_that_are_no_drivers(
    catalog: Catalog, mirror: Path, cohort_id: str
) -> None:
    cohort = catalog.cohort(cohort_id)
    clinical = columns_of(mirror, file_of(cohort, "clinical"), "PtID", "BEP", "btmb").set_index("PtID")
    calls = columns_of(mirror, file_of(cohort, "mutations"), "PtID", "omitted_driver_mutation")
    evaluable = clinical[clinical.BEP == "Y"]
    assert set(calls.PtID) & set(clinical.index) == set(evaluable.index), "exactly those with calls"
    kept = calls[calls.omitted_driver_mutation == "no"].groupby("PtID").size()
    assert (kept.reindex(evaluable.index).fillna(0) == evaluable.btmb.astype(int)).all()


def test_snyder_s_table_without_classes_holds_non_silent_changes(catalog: Catalog, mirror: Path) -> None:
    """Of its changes that MC3 or Van Allen 2015 classify, 98.8 % are non-silent."""
    key = ["chromosome", "start", "ref", "alt"]
    snyder = file_of(catalog.cohort("snyder_2014"), "mutations")
    rows = columns_of(mirror, snyder, "Sample", "Chr", "Position", "Ref", "Alt")
    rows.columns = ["sample", *key]
    rows["chromosome"] = rows.chromosome.str.removeprefix("chr")
    assert set(read_all(snyder.sample_id, rows["sample"])) >= {"PR12117"} and "PR11217" in set(rows["sample"])
    classified = []
    for cohort_id, start in (("van_allen_2015", "Start_position"), ("tcga_pancan", "Start_Position")):
        file = file_of(catalog.cohort(cohort_id), "mutations")
        names = ("Chromosome", start, "Reference_Allele", "Tumor_Seq_Allele2", "Variant_Classification")
        table = columns_of(mirror, file, *names)
        table.columns = [*key, "word"]
        near = table[table.start.isin(set(rows.start))]
        classified.append(rows.merge(near.drop_duplicates(key), on=key))
    met = pd.concat(classified).drop_duplicates(["sample", *key])
    assert len(met) > 4000
    assert np.isclose(is_nonsynonymous(met.word).mean(), 0.988, atol=0.001)


def test_hugo_s_alleles_and_counts_are_taken_out_of_the_callers_text(catalog: Catalog, mirror: Path) -> None:
    file = file_of(catalog.cohort("hugo_2016"), "mutations")
    table = columns_of(mirror, file, "NucMut", "MUTECT", "HapCaller", "VarScan2")
    ref = read_all(file.mutation_columns["reference_allele"], table.NucMut)
    alt = read_all(file.mutation_columns["tumor_seq_allele2"], table.NucMut)
    assert ((ref + ">" + alt) == table.NucMut).all()
    callers = table[["MUTECT", "HapCaller", "VarScan2"]].replace("NA", None)
    first = callers.bfill(axis=1).iloc[:, 0]
    n_alt = pd.to_numeric(read_all(file.mutation_columns["t_alt_count"], first))
    assert n_alt.isna().sum() == 2, "the two shifted rows of Pt36"
    assert (n_alt == 0).sum() == 1, "a deletion that one caller sees in the normal sample only"
