"""The catalogue against the real files: that words, units, polarity, people and samples are what it says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from catalog_on_mirror import (
    ROOT,
    columns_of,
    file_of,
    harmonised,
    kaplan_meier_median,
    parsed,
    path_of,
    read_all,
    wide,
)

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog
from ingestion.fetching.addresses import mirror_path

pytestmark = pytest.mark.mirror

#: (cohort, attribute, word) that stays unknown, and why.
UNKNOWN_WORDS = {
    ("tcga_pancan", "STAGE", "X"): "the stage could not be assessed",
    ("tcga_pancan", "STAGE", "I/II NOS"): "stage I or II, nothing says which",
}
#: (cohort, attribute, text) that is no number, and why.
NOT_NUMBERS = {
    ("snyder_2014", "PRIOR_LINES", "YES"): "treated before, how often is not given",
    ("tmb_mskcc_2018", "TUMOR_PURITY", "default"): "the pipeline's word for not estimated",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT / "catalog")


@pytest.fixture(scope="module")
def cells(catalog: Catalog, mirror: Path) -> dict[str, pd.DataFrame]:
    kinds = ("clinical", "cbioportal_study")
    return {
        c.cohort_id: harmonised(
            catalog, c, parsed(catalog, mirror, c, "clinical_values", only=kinds)["clinical_values"]
        )
        for c in catalog.cohorts
        if not c.is_awaited  # of those no bytes are in the mirror
    }


@pytest.fixture(scope="module")
def patients(cells: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: wide(found) for name, found in cells.items()}


def test_every_address_of_the_catalogue_is_on_the_mirror(catalog: Catalog, mirror: Path) -> None:
    files = [f for owner in catalog.owners() for f in owner.files if f.awaited is None and not f.is_own]
    addresses = [a for f in files for a in f.addresses()]
    assert not [a for a in addresses if not mirror_path(mirror, a).is_file()]


def test_every_word_has_a_meaning_or_a_reason(cells: dict[str, pd.DataFrame]) -> None:
    unknown = {
        (name, r.attribute, r.text)
        for name, found in cells.items()
        for r in found[(found.type == "word") & found.word.isna()].itertuples()
    }
    assert unknown == set(UNKNOWN_WORDS)


def test_every_number_is_one_or_has_a_reason_and_no_time_is_negative(cells: dict[str, pd.DataFrame]) -> None:
    odd = set()
    for name, found in cells.items():
        numeric = found[found.type.isin(["number", "time"])]
        odd |= {(name, r.attribute, r.text) for r in numeric[numeric.number.isna()].itertuples()}
        assert not (numeric[numeric.type == "time"].number < 0).any(), name
    assert odd == set(NOT_NUMBERS)


# ---- which way an event is


@pytest.mark.parametrize(
    ("cohort_id", "endpoint", "margin"),
    [
        ("snyder_2014", "OS", 0.5), ("van_allen_2015", "OS", 0.5), ("van_allen_2015", "PFS", 0.3),
        ("hugo_2016", "OS", 0.2), ("riaz_2017", "OS", 0.4), ("riaz_2017", "PFS", 0.5), ("roh_2017", "OS", 0.4),
        ("liu_2019", "OS", 0.5), ("liu_2019", "PFS", 0.5), ("miao_2018", "OS", 0.4), ("miao_2018", "PFS", 0.3),
        ("oak_2018", "OS", 0.3), ("oak_2018", "PFS", 0.1), ("poplar_2018", "OS", 0.3), ("poplar_2018", "PFS", 0.05),
        ("tmb_mskcc_2018", "OS", 0.5), ("tmb_mskcc_2018", "PFS", 0.3), ("luad_mskcc_2015", "PFS", 0.5),
        ("checkmate_010", "OS", 0.3), ("checkmate_010", "PFS", 0.2), ("checkmate_025", "OS", 0.4),
        ("checkmate_025", "PFS", 0.2), ("imvigor210_2018", "OS", 0.7),
    ],
)  # fmt: skip
def test_events_are_fewer_among_responders_than_among_progressors(
    patients: dict[str, pd.DataFrame], cohort_id: str, endpoint: str, margin: float
) -> None:
    table = patients[cohort_id].dropna(subset=["BEST_RESPONSE", f"{endpoint}_STATUS"])
    event = table[f"{endpoint}_STATUS"] == "event"
    responders = table.BEST_RESPONSE.isin(["CR", "PR"])
    progressors = table.BEST_RESPONSE == "PD"
    assert responders.sum() >= 8 and progressors.sum() >= 8
    assert event[responders].mean() + margin <= event[progressors].mean()


def test_in_the_lung_study_without_responses_benefit_takes_its_place(
    patients: dict[str, pd.DataFrame],
) -> None:
    table = patients["nsclc_pd1_msk_2018"]
    event = table.PFS_STATUS == "event"
    benefit = table.DURABLE_CLINICAL_BENEFIT
    assert event[benefit == "no"].all() and event[benefit == "yes"].mean() < 0.6
    assert (table.PFS_TIME[benefit == "yes"] > 6).all() and (table.PFS_TIME[benefit == "no"] < 6).all()


def test_tcga_s_events_agree_with_its_vital_status(
    catalog: Catalog, mirror: Path, patients: dict[str, pd.DataFrame]
) -> None:
    clinical = file_of(catalog.cohort("tcga_pancan"), "clinical")
    vital = columns_of(mirror, clinical, "bcr_patient_barcode", "vital_status").set_index(
        "bcr_patient_barcode"
    )
    table = patients["tcga_pancan"].join(vital)
    dead = table[table.vital_status == "Dead"].OS_STATUS.dropna()
    alive = table[table.vital_status == "Alive"].OS_STATUS.dropna()
    assert (dead == "event").mean() > 0.99 and (alive == "censored").mean() > 0.999
    assert not ((table.DSS_STATUS == "event") & (table.OS_STATUS == "censored")).any()


# ---- units


@pytest.mark.parametrize(
    ("cohort_id", "low", "high"),
    [
        ("tmb_mskcc_2018", 17, 19), ("snyder_2014", 24, 42), ("van_allen_2015", 7, 11), ("hugo_2016", 24, 36),
        ("riaz_2017", 20, 27), ("roh_2017", 28, 45), ("liu_2019", 22, 34), ("miao_2018", 17, 24),
        ("checkmate_009", 30, 36), ("checkmate_010", 20, 27), ("checkmate_025", 20, 26), ("imvigor210_2018", 8, 10),
    ],
)  # fmt: skip
def test_median_survival_is_that_of_months(
    patients: dict[str, pd.DataFrame], cohort_id: str, low: float, high: float
) -> None:
    """A unit that is off by 7, 12 or 30 leaves every one of these windows."""
    table = patients[cohort_id].dropna(subset=["OS_TIME", "OS_STATUS"])
    assert low < kaplan_meier_median(table.OS_TIME, table.OS_STATUS == "event") < high


@pytest.mark.parametrize(
    ("cohort_id", "drug", "published"),
    [
        ("oak_2018", "MPDL3280A", 13.8), ("oak_2018", "Docetaxel", 9.6),
        ("poplar_2018", "MPDL3280A", 12.6), ("poplar_2018", "Docetaxel", 9.7),
    ],
)  # fmt: skip
def test_the_trials_arms_have_their_published_median_survival(
    patients: dict[str, pd.DataFrame], cohort_id: str, drug: str, published: float
) -> None:
    table = patients[cohort_id]
    arm = table[table.DRUG_NAME.eq(drug)]
    assert round(kaplan_meier_median(arm.OS_TIME, arm.OS_STATUS == "event"), 1) == published


def test_van_allen_s_days_are_the_days_between_its_dates(catalog: Catalog, mirror: Path) -> None:
    file = file_of(catalog.cohort("van_allen_2015"), "clinical")
    pairs = {"overall_survival": ("date_death", 110), "progression_free": ("date_progression", 109)}
    for days, (end, n_equal) in pairs.items():
        table = columns_of(mirror, file, days, "therapy_start", end)
        dates = {c: pd.to_datetime(table[c], format="%d/%m/%Y") for c in ("therapy_start", end)}
        assert ((dates[end] - dates["therapy_start"]).dt.days == table[days].astype(int)).sum() == n_equal


def test_no_date_of_van_allen_reaches_the_raw_tables(catalog: Catalog, mirror: Path) -> None:
    cohort = catalog.cohort("van_allen_2015")
    values = parsed(catalog, mirror, cohort, "clinical_values", only=("clinical",))["clinical_values"]
    assert not values.value_raw.dropna().str.contains(r"\d\d/\d\d/\d{4}").any()
    assert "interval:TREATMENT_DURATION" in set(values.column_name)


def test_riaz_s_two_tables_agree_on_time_and_death(
    catalog: Catalog, mirror: Path, patients: dict[str, pd.DataFrame]
) -> None:
    names = ("Patient", "Dead/Alive (Dead = True)", "Time to Death (weeks)")
    other = columns_of(mirror, file_of(catalog.cohort("riaz_2017"), "supplement"), *names).set_index(
        "Patient"
    )
    table = patients["riaz_2017"].join(other, how="inner").dropna(subset=["OS_TIME"])
    assert len(table) == 73
    weeks = table[names[2]].astype(float)
    assert (table.OS_TIME.astype(float) * 30.4375 / 7 - weeks).abs().max() < 0.06
    assert ((table.OS_STATUS == "event") == (table[names[1]] == "VRAI")).all()


@pytest.mark.parametrize(
    "cohort_id",
    [
        "liu_2019", "riaz_2017", "miao_2018", "oak_2018", "poplar_2018", "checkmate_009", "checkmate_010",
        "checkmate_025",
    ],
)  # fmt: skip
def test_progression_never_comes_after_the_end_of_survival(
    patients: dict[str, pd.DataFrame], cohort_id: str
) -> None:
    table = patients[cohort_id].dropna(subset=["OS_TIME", "PFS_TIME"])
    assert not (table.PFS_TIME.astype(float) > table.OS_TIME.astype(float) + 1e-6).any()


def test_msk_s_progression_times_run_from_the_start_of_its_survival(
    patients: dict[str, pd.DataFrame],
) -> None:
    """The evidence for the origin of PFS in both MSK cohorts; survival is in whole months."""
    survival = patients["tmb_mskcc_2018"].OS_TIME.astype(float)
    own = (patients["tmb_mskcc_2018"].PFS_TIME.astype(float) - survival).dropna()
    lung = (patients["nsclc_pd1_msk_2018"].PFS_TIME.astype(float) - survival).dropna()
    assert (len(own), (own > 1).sum()) == (302, 9)
    assert (len(lung), (lung > 1).sum()) == (211, 0)


# ---- people and samples


def person_keys(catalog: Catalog, cohort_id: str, ids: list[str]) -> dict[str, str]:
    """Patient -> person key, by the rules in the order in which the warehouse applies them."""
    keys = {patient: f"{cohort_id}:{patient}" for patient in ids}
    for rule in sorted(catalog.cohort(cohort_id).person_rules, key=lambda r: r.rule_id, reverse=True):
        found = pd.Series(ids).str.extract(rule.pattern or "", expand=False)
        for patient, identifier in zip(ids, found, strict=True):
            if isinstance(identifier, str) and identifier:
                keys[patient] = f"{rule.namespace}:{rule.corrections.get(identifier, identifier)}"
    return keys


def test_the_overlaps_between_cohorts_are_those_declared_and_no_others(
    catalog: Catalog, cells: dict[str, pd.DataFrame]
) -> None:
    people = {
        name: set(person_keys(catalog, name, sorted(found.patient_id.dropna().unique())).values())
        for name, found in cells.items()
    }
    names = sorted(people)
    overlaps = {
        (a, b): len(people[a] & people[b])
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if people[a] & people[b]
    }
    assert overlaps == {
        ("miao_2018", "snyder_2014"): 46,
        ("miao_2018", "van_allen_2015"): 91,
        ("luad_mskcc_2015", "miao_2018"): 28,
        ("nsclc_pd1_msk_2018", "tmb_mskcc_2018"): 211,
        ("msk_chord_lung_2024", "tmb_mskcc_2018"): 354,
        ("msk_chord_lung_2024", "nsclc_pd1_msk_2018"): 230,
    }
    with_calls = people["tmb_mskcc_2018"] | people["nsclc_pd1_msk_2018"]
    assert len(people["msk_chord_lung_2024"] & with_calls) == 380, "204 are in all three"
    assert not any(name.startswith("loris_") for pair in overlaps for name in pair), "it names nobody"
    assert len(people["luad_mskcc_2015"]) == 34, "R7495 and R7495_2 are one person"
    assert (len(people["snyder_2014"]), len(people["miao_2018"])) == (64, 249)


def test_sex_and_response_agree_where_miao_re_uses_people(
    catalog: Catalog, patients: dict[str, pd.DataFrame]
) -> None:
    theirs = person_keys(catalog, "miao_2018", list(patients["miao_2018"].index))
    for cohort_id, n in (("snyder_2014", 46), ("van_allen_2015", 91)):
        own = person_keys(catalog, cohort_id, list(patients[cohort_id].index))
        by_key = {key: patient for patient, key in own.items()}
        pairs = [(patient, by_key[key]) for patient, key in theirs.items() if key in by_key]
        assert len(pairs) == n
        for column in ("SEX", "BEST_RESPONSE"):
            left = patients["miao_2018"].loc[[p for p, _ in pairs], column].to_numpy()
            right = patients[cohort_id].loc[[p for _, p in pairs], column].to_numpy()
            assert (left == right).all(), (cohort_id, column)


def test_the_portal_says_the_same_of_who_is_who_between_miao_and_rizvi(
    catalog: Catalog, mirror: Path
) -> None:
    pick = file_of(catalog.cohort("miao_2018"), "samples").patient_id
    assert pick is not None
    rule = catalog.cohort("luad_mskcc_2015").person_rules[0]
    assert len(pick.corrections) == 28
    assert all(rule.corrections[theirs] == sample for theirs, sample in pick.corrections.items())


@pytest.mark.parametrize(
    ("cohort_id", "expected"),
    [
        ("hugo_2016", {"pre": 34, "on": 4}),
        ("liu_2019", {"pre": 139, "on": 5}),
        ("snyder_2014", {"pre": 34, "post": 30}),
        ("roh_2017", {"pre": 19, "on": 3, "between": 14, "on_second": 11, "post": 6}),
    ],
)
def test_samples_taken_late_are_told_from_those_before_treatment(
    cells: dict[str, pd.DataFrame], cohort_id: str, expected: dict[str, int]
) -> None:
    samples = wide(cells[cohort_id], "sample")
    assert samples.BIOPSY_TIME.dropna().value_counts().to_dict() == expected


def test_roh_s_letters_are_the_times_that_its_expression_table_names(catalog: Catalog, mirror: Path) -> None:
    letters = file_of(catalog.cohort("roh_2017"), "sample_times").columns["Sample"].words
    stated = {
        "preCTLA4": "pre", "onCTLA4": "on", "postCTLA4_prePD1": "between", "onPD1": "on_second", "postPD1": "post",
    }  # fmt: skip
    calls = file_of(catalog.cohort("roh_2017"), "mutations")
    expression = path_of(mirror, calls).with_name("EXPR.txt.gz")
    table = pd.read_csv(expression, sep="\t", usecols=["sample", "time"], dtype=str)
    letter = table["sample"].str.extract(r"^\d+([A-E])", expand=False)
    assert len(table) == 54 and (letter.map(letters) == table.time.map(stated)).all()


def test_tcga_s_calls_and_case_lists_meet_in_one_sample_name(catalog: Catalog, mirror: Path) -> None:
    cohort = catalog.cohort("tcga_pancan")
    lists = parsed(catalog, mirror, cohort, "profiled_samples", only=("case_list",))["profiled_samples"]
    assert (lists.sample_id.nunique(), lists.patient_id.nunique()) == (10443, 10433)
    calls = file_of(cohort, "mutations")
    barcodes = columns_of(mirror, calls, "Tumor_Sample_Barcode").Tumor_Sample_Barcode.drop_duplicates()
    samples = read_all(calls.sample_id, barcodes)
    listed = samples.isin(set(lists.sample_id))
    short = barcodes.str.len() == 12
    assert (short.sum(), (short & listed).sum()) == (2130, 2054)
    assert ((~short).sum(), (~short & listed).sum()) == (7304, 7149)
    unlisted = samples[short & ~listed].str[:12]
    assert not unlisted.isin(set(lists.patient_id)).any(), "no bare barcode belongs to another listed sample"
