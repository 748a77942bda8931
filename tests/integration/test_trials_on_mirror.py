"""Kidney cancer in CheckMate 009, 010 and 025, IMvigor210 and Jung 2019: the right values, from the real files.

Expected numbers were made from the raw files with pandas and lifelines, beside the product.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from catalog_on_mirror import (
    ROOT,
    columns_of,
    current_symbol,
    file_of,
    harmonised,
    is_nonsynonymous,
    kaplan_meier_median,
    parsed,
    wide,
)
from lifelines import CoxPHFitter

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog

pytestmark = pytest.mark.mirror

CHECKMATE = ("checkmate_009", "checkmate_010", "checkmate_025")
COHORTS = (*CHECKMATE, "imvigor210_2018", "jung_2019")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT / "catalog")


@pytest.fixture(scope="module")
def tables(catalog: Catalog, mirror: Path) -> dict[str, dict[str, pd.DataFrame]]:
    names = ("clinical_values", "profiled_samples", "mutations")
    return {
        c: parsed(catalog, mirror, catalog.cohort(c), *names, only=("clinical", "mutations")) for c in COHORTS
    }


@pytest.fixture(scope="module")
def patients(catalog: Catalog, tables: dict[str, dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    return {
        c: wide(harmonised(catalog, catalog.cohort(c), found["clinical_values"]))
        for c, found in tables.items()
    }


def carriers(found: dict[str, pd.DataFrame], gene: str) -> set[str]:
    """Sequenced samples with a non-silent call in the gene."""
    calls = found["mutations"]
    hits = calls[(current_symbol(calls.hugo_symbol) == gene) & is_nonsynonymous(calls.variant_classification)]
    return set(hits.sample_id) & set(found["profiled_samples"].sample_id)


def hazard_ratio(table: pd.DataFrame, group: pd.Series, endpoint: str = "OS") -> tuple[float, float, float]:
    rows = pd.DataFrame(
        {
            "months": table[f"{endpoint}_TIME"].astype(float),
            "event": table[f"{endpoint}_STATUS"] == "event",
            "group": group.astype(int),
        }
    ).dropna()
    row = CoxPHFitter().fit(rows, "months", "event").summary.iloc[0]
    return tuple(round(float(row[f"exp(coef){end}"]), 3) for end in ("", " lower 95%", " upper 95%"))  # type: ignore[return-value]


def test_nivolumab_against_everolimus_has_the_hazard_ratio_of_the_trial(
    patients: dict[str, pd.DataFrame],
) -> None:
    table = patients["checkmate_025"]
    nivolumab = table.DRUG_NAME == "NIVOLUMAB"
    assert (len(table), nivolumab.sum(), (table.OS_STATUS == "event").sum()) == (803, 406, 597)
    assert hazard_ratio(table, nivolumab) == (0.750, 0.639, 0.881)
    medians = {
        drug: kaplan_meier_median(arm.OS_TIME, arm.OS_STATUS == "event")
        for drug, arm in table.groupby("DRUG_NAME")
    }
    assert {drug: round(months, 1) for drug, months in medians.items()} == {
        "NIVOLUMAB": 26.0,
        "EVEROLIMUS": 19.7,
    }


@pytest.mark.parametrize(
    ("cohort_id", "gene", "n_mutated", "n_sequenced"),
    [
        ("checkmate_009", "PBRM1", 20, 35), ("checkmate_010", "PBRM1", 13, 37), ("checkmate_025", "PBRM1", 118, 382),
        ("imvigor210_2018", "TP53", 143, 279), ("jung_2019", "TP53", 34, 60), ("jung_2019", "EGFR", 7, 60),
    ],
)  # fmt: skip
def test_the_genes_are_mutated_in_as_many_as_the_call_tables_say(
    tables: dict[str, dict[str, pd.DataFrame]], cohort_id: str, gene: str, n_mutated: int, n_sequenced: int
) -> None:
    found = tables[cohort_id]
    assert found["profiled_samples"].sample_id.nunique() == n_sequenced
    assert len(carriers(found, gene)) == n_mutated


@pytest.mark.parametrize("cohort_id", CHECKMATE)
def test_every_exome_of_the_trials_has_calls_and_every_call_an_exome(
    tables: dict[str, dict[str, pd.DataFrame]], cohort_id: str
) -> None:
    found = tables[cohort_id]
    assert set(found["profiled_samples"].sample_id) == set(found["mutations"].sample_id)


@pytest.mark.parametrize("cohort_id", CHECKMATE)
def test_the_paper_s_own_column_of_pbrm1_names_no_tumour_that_the_calls_do_not(
    catalog: Catalog, mirror: Path, tables: dict[str, dict[str, pd.DataFrame]], cohort_id: str
) -> None:
    """It counts fewer (130 of 151): missense and in-frame changes are left out there, but for two missense ones."""
    clinical = file_of(catalog.cohort(cohort_id), "clinical")
    table = columns_of(mirror, clinical, "MAF_Tumor_ID", "PBRM1")
    stated = set(table.MAF_Tumor_ID[table.PBRM1 == "MUT"])
    assert stated & set(tables[cohort_id]["profiled_samples"].sample_id) <= carriers(
        tables[cohort_id], "PBRM1"
    )


@pytest.mark.parametrize("cohort_id", CHECKMATE)
def test_the_stated_burden_is_exactly_the_non_silent_calls(
    catalog: Catalog, tables: dict[str, dict[str, pd.DataFrame]], cohort_id: str
) -> None:
    found = tables[cohort_id]
    stated = wide(harmonised(catalog, catalog.cohort(cohort_id), found["clinical_values"]), "sample")
    calls = found["mutations"][is_nonsynonymous(found["mutations"].variant_classification)]
    counted = calls.groupby("sample_id").size()
    assert stated.MUTATION_COUNT.dropna().astype(int).to_dict() == counted.to_dict()


def test_imvigor210_answers_by_recist_and_by_tp53(
    patients: dict[str, pd.DataFrame], tables: dict[str, dict[str, pd.DataFrame]]
) -> None:
    table = patients["imvigor210_2018"]
    table = table[table.OS_TIME.notna()]
    evaluable = table.BEST_RESPONSE.isin(["CR", "PR", "SD", "PD"])
    assert (table.BEST_RESPONSE.isin(["CR", "PR"]).sum(), evaluable.sum(), len(table)) == (68, 298, 347)
    found = tables["imvigor210_2018"]
    sequenced = table[table.index.isin(set(found["profiled_samples"].sample_id))]
    mutated = pd.Series(sequenced.index.isin(carriers(found, "TP53")), sequenced.index)
    assert (len(sequenced), mutated.sum()) == (260, 138)
    assert hazard_ratio(sequenced, mutated) == (0.897, 0.661, 1.219)


def test_each_change_of_imvigor210_has_a_class_and_a_tert_promoter_is_none_of_the_protein(
    tables: dict[str, dict[str, pd.DataFrame]],
) -> None:
    """The table has no column of classes: the words of the change tell. Without a class none would count."""
    calls = tables["imvigor210_2018"]["mutations"]
    assert len(calls) == 1249 and calls.hugo_symbol.notna().all()
    known = is_nonsynonymous(calls.variant_classification)
    assert known.notna().all()
    promoter = calls.hgvsc.str.startswith("c.-")
    assert promoter.sum() == 186 and not known[promoter].any() and known[~promoter].all()
    stops = calls.hgvsp_short.str.endswith("*", na=False)
    assert set(calls.variant_classification[stops]) == {"Nonsense_Mutation"} and stops.sum() == 337


def test_jung_s_months_have_thirty_days(
    catalog: Catalog, mirror: Path, patients: dict[str, pd.DataFrame]
) -> None:
    """The expression series gives days for 27 of the 60, in a table on its side."""
    path = mirror / file_of(catalog.cohort("jung_2019"), "clinical").address.removeprefix("https://")
    turned = pd.read_csv(path.with_name("CLIN_Sample.txt"), sep="\t", header=None, dtype=str).T.iloc[1:]
    days = turned[6].str.extract(r"(\d+)$", expand=False).astype(int)
    days.index = turned[0].str.removeprefix("NSCLC ")
    months = patients["jung_2019"].PFS_TIME.astype(float)
    assert len(days) == 27 and (months[days.index] * 30.4375 - days).abs().max() < 1e-5


def test_benefit_and_progression_agree_in_jung(patients: dict[str, pd.DataFrame]) -> None:
    table = patients["jung_2019"].dropna(subset=["DURABLE_CLINICAL_BENEFIT", "PFS_STATUS"])
    benefit = table.DURABLE_CLINICAL_BENEFIT == "yes"
    assert (benefit.sum(), (~benefit).sum()) == (14, 44)
    assert (table.PFS_STATUS[~benefit] == "event").all() and (table.PFS_STATUS[benefit] == "event").sum() == 5
    assert (table.PFS_TIME[~benefit].astype(float) < 6).all()


def test_all_arms_of_the_trials_have_their_drug(patients: dict[str, pd.DataFrame]) -> None:
    counts = {c: patients[c].DRUG_NAME.str.lower().value_counts().to_dict() for c in CHECKMATE}
    assert counts == {
        "checkmate_009": {"nivolumab": 35},
        "checkmate_010": {"nivolumab": 168},
        "checkmate_025": {"nivolumab": 406, "everolimus": 397},
    }
