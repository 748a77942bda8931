"""MSK-CHORD lung on the mirror: what its flags mean, where its clock starts, and what delayed entry changes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from catalog_on_mirror import ROOT, columns_of, file_of, is_nonsynonymous, parsed

from analytics.survival.curves.kaplan_meier import kaplan_meier
from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog

pytestmark = pytest.mark.mirror

CHORD = "msk_chord_lung_2024"
OTHERS = ("tmb_mskcc_2018", "nsclc_pd1_msk_2018")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT / "catalog")


@pytest.fixture(scope="module")
def table(catalog: Catalog, mirror: Path) -> pd.DataFrame:
    file = file_of(catalog.cohort(CHORD), "clinical")
    names = ("PATIENT_ID", "SEQUENCING_YEAR", "stop", "dead", "entry", "STAGE 4", "TP53", "KRAS", "ALK")
    found = columns_of(mirror, file, *names).drop_duplicates("PATIENT_ID").set_index("PATIENT_ID")
    numbers = found.columns.drop("STAGE 4")
    return found.assign(**{name: found[name].astype(int) for name in numbers})


@pytest.fixture(scope="module")
def carriers(catalog: Catalog, mirror: Path) -> tuple[set[str], pd.DataFrame]:
    """Patients with calls in the other two MSK studies, and their non-silent calls."""
    seen: set[str] = set()
    calls = []
    for name in OTHERS:
        found = parsed(
            catalog, mirror, catalog.cohort(name), "mutations", "profiled_samples", only=("cbioportal_study",)
        )
        seen |= set(found["profiled_samples"].sample_id.str[:9])
        rows = found["mutations"]
        rows = rows[is_nonsynonymous(rows.variant_classification) == True]  # noqa: E712 - nobody knows of some words
        calls.append(rows.assign(patient=rows.sample_id.str[:9]))
    return seen, pd.concat(calls)


@pytest.mark.parametrize("gene", ["TP53", "KRAS"])
def test_the_flags_that_are_read_agree_with_the_calls_of_the_same_people(
    table: pd.DataFrame, carriers: tuple[set[str], pd.DataFrame], gene: str
) -> None:
    seen, calls = carriers
    both = table[table.index.isin(seen)]
    assert len(both) >= 350
    flagged = set(both.index[both[gene] == 1])
    called = set(calls.patient[calls.hugo_symbol == gene]) & set(both.index)
    assert len(flagged & called) >= 0.97 * len(called)
    assert len(flagged & called) >= 0.97 * len(flagged)


def test_the_flag_of_alk_says_something_else_than_mutated(
    table: pd.DataFrame, carriers: tuple[set[str], pd.DataFrame]
) -> None:
    called = set(carriers[1].patient[carriers[1].hugo_symbol == "ALK"]) & set(table.index)
    assert len(called) >= 15 and not table.loc[sorted(called), "ALK"].any()


def test_stop_counts_from_diagnosis_and_not_from_sequencing(table: pd.DataFrame) -> None:
    assert (table.stop > table.entry).all()
    assert (table.SEQUENCING_YEAR + (table.stop - table.entry) / 365.25).max() < 2024
    assert (table.SEQUENCING_YEAR + table.stop / 365.25).max() > 2040


@pytest.mark.parametrize(
    ("stage_iv", "late", "as_if_from_the_start"),
    # lifelines 0.30 KaplanMeierFitter, with and without entry; months of 30.4375 days
    [(False, 36.96098562628337, 55.39219712525667), (True, 17.57700205338809, 25.88911704312115)],
)
def test_median_survival_with_delayed_entry_is_that_of_another_library(
    table: pd.DataFrame, stage_iv: bool, late: float, as_if_from_the_start: float
) -> None:
    rows = table[table["STAGE 4"] == "True"] if stage_iv else table
    frame = pd.DataFrame(
        {"time": rows.stop / 30.4375, "event": rows.dead == 1, "entry": rows.entry / 30.4375}
    )
    for entry, expected in (("entry", late), (None, as_if_from_the_start)):
        curve = kaplan_meier(frame, None, time="time", event="event", entry=entry).curves[0]
        assert curve.median.months == pytest.approx(expected, abs=1e-9)
