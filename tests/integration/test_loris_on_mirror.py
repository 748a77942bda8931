"""LORIS on the mirror: how many of its people are in tmb_mskcc_2018, and which columns hold no measurements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from catalog_on_mirror import ROOT, columns_of, file_of, harmonised, parsed, wide

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT / "catalog")


def people(catalog: Catalog, mirror: Path, cohort_id: str) -> pd.DataFrame:
    """One row a patient: cancer, sex, burden, months of survival, whether dead."""
    cohort = catalog.cohort(cohort_id)
    cells = parsed(catalog, mirror, cohort, "clinical_values", only=("clinical", "cbioportal_study"))
    found = harmonised(catalog, cohort, cells["clinical_values"])
    keep = found[found.attribute.isin(["CANCER_TYPE", "SEX", "TMB_NONSYNONYMOUS", "OS_TIME", "OS_STATUS"])]
    return wide(keep)


def matched(left: pd.DataFrame, right: pd.DataFrame) -> int:
    """Of the dead on the left those with a dead person on the right of the same cancer, sex, burden and month."""
    n = 0
    for (cancer, sex), group in left.groupby(["CANCER_TYPE", "SEX"]):
        others = right[(cancer == right.CANCER_TYPE) & (sex == right.SEX)]
        burden = np.abs(
            np.subtract.outer(
                group.TMB_NONSYNONYMOUS.to_numpy(float), others.TMB_NONSYNONYMOUS.to_numpy(float)
            )
        )
        months = np.abs(np.subtract.outer(group.OS_TIME.to_numpy(float), others.OS_TIME.to_numpy(float)))
        n += int(((burden < 0.06) & (months <= 0.51)).any(axis=1).sum())
    return n


@pytest.mark.parametrize(
    ("cohort_id", "overlaps"),
    [("loris_chowell_train", True), ("loris_msk1", True), ("loris_chowell_test", False)],
)
def test_an_overlap_that_is_declared_is_more_than_chance(
    catalog: Catalog, mirror: Path, cohort_id: str, overlaps: bool
) -> None:
    theirs, ours = (people(catalog, mirror, name) for name in (cohort_id, "tmb_mskcc_2018"))
    theirs, ours = theirs[theirs.OS_STATUS == "event"], ours[ours.OS_STATUS == "event"]
    rng = np.random.default_rng(1)
    by_chance = []
    for _ in range(20):
        shuffled = theirs.assign(
            TMB_NONSYNONYMOUS=theirs.groupby("CANCER_TYPE").TMB_NONSYNONYMOUS.transform(
                lambda values: rng.permutation(values.to_numpy())
            )
        )
        by_chance.append(matched(shuffled, ours))
    assert (matched(theirs, ours) > 2 * max(by_chance)) == overlaps
    unlinkable = catalog.cohort(cohort_id).unlinkable
    assert unlinkable is not None and ("tmb_mskcc_2018" in unlinkable.may_overlap) == overlaps


@pytest.mark.parametrize("cohort_id", ["loris_kato_pancancer", "loris_ravi_nsclc"])
def test_blood_values_that_are_the_same_for_everybody_are_not_read(
    catalog: Catalog, mirror: Path, cohort_id: str
) -> None:
    file = file_of(catalog.cohort(cohort_id), "clinical")
    table = columns_of(mirror, file, "Albumin", "NLR")
    assert {name: set(table[name]) for name in table} == {"Albumin": {"3.8"}, "NLR": {"6.2"}}
    assert not {"Albumin", "NLR"} & set(file.columns)
