"""Files that contradict themselves, lack halves or hold other units: what becomes of them in the marts."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from marts_of_files import cohort, marts

Ask = Callable[[str], list[tuple[Any, ...]]]

# Times in two columns of which the declared first one is later in the alphabet; ages in days; drugs in combinations.
TABLE = """\
patient\tlast_contact\tdeath\tdead\tborn\ttreated\tdrug\tpfs
A\t301\t501\t1\t01.01.1950\t01.01.2010\tNivolumab/Ipilimumab\t90
B\t300\t\t0\t01.01.1850\t01.01.2010\tABC-123\t
C\t302\t\t0\t01.07.1960\t01.01.2010\tXY-9 + nivolumab\t
"""
# 40 months and dead is one row's pair, 10 months and dead is none's; E is twice there with other values.
PATIENTS = """\
#a\tb\tc\td\te
#a\tb\tc\td\te
#STRING\tNUMBER\tSTRING\tSTRING\tSTRING
#1\t1\t1\t1\t1
PATIENT_ID\tOS_MONTHS\tOS_STATUS\tPFS_MONTHS\tPFS_STATUS\tETHNICITY\tRACE\tAGE\tDIAGNOSIS_AGE
D\t10\tNA\t3\t0:NO PROGRESSION\tNot Hispanic\tWhite\t61\t70
D\t40\t1:DECEASED\t3\t0:NO PROGRESSION\tNot Hispanic\tWhite\t61\t61
E\t2\t0:LIVING\t2\t1:Whatever\tNot Hispanic\tWhite\t>89\tNA
E\t30\t1:DECEASED\t2\t1:Whatever\tNot Hispanic\tWhite\t>89\tNA
F\t9\t0:DECEASED\tNA\t1:Progressed\tNot Hispanic\tWhite\t32485\tNA
"""
SAMPLES = """\
#a\tb\tc\td\te
#a\tb\tc\td\te
#STRING\tSTRING\tNUMBER\tNUMBER\tSTRING
#1\t1\t1\t1\t1
PATIENT_ID\tSAMPLE_ID\tTMB_NONSYNONYMOUS\tMUTATION_RATE\tCANCER_TYPE
F\tS1\t5\t0.5\tMelanoma
D\tS3\t5\t0.5\tMelanoma
D\tS1\t5\t0.5\tBladder Cancer
E\tS2\t-1\t0.5\tMelanoma
"""


def tarball() -> bytes:
    unpacked = io.BytesIO()
    members = {
        "meta_study.txt": "cancer_study_identifier: syn_study\nname: SYNTHETIC\n",
        "data_clinical_patient.txt": PATIENTS,
        "data_clinical_sample.txt": SAMPLES,
    }
    with tarfile.open(fileobj=unpacked, mode="w:gz") as archive:
        for name, text in members.items():
            entry = tarfile.TarInfo(f"syn_study/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return unpacked.getvalue()


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    dates = {"date_format": "%d.%m.%Y", "start": "born", "end": "treated"}
    table = cohort(
        "syn_table",
        {
            "id": "clinical",
            "patient_id": "patient",
            "columns": {
                "death": {"attribute": "OS_TIME", "unit": "days"},
                "last_contact": {"attribute": "OS_TIME", "unit": "days"},
                "dead": {"attribute": "OS_STATUS", "words": {"1": "event", "0": "censored"}},
                "drug": "DRUG_NAME",
                "pfs": {"attribute": "PFS_TIME", "unit": "days"},
            },
            "intervals": [{"attribute": "AGE", **dates}],
        },
        drug_classes={"abc-123": "CTLA-4"},
    )
    study = cohort("syn_study", {"id": "study", "kind": "cbioportal_study"}, precedence=2)
    database = marts(
        tmp_path_factory.mktemp("contradictions"),
        [study, table],
        {("syn_table", "clinical"): TABLE.encode(), ("syn_study", "study"): tarball()},
        "contradictions", "rejected_rows", "treatments", "patients", "survival_outcomes", "burdens",
        "clinical_values", "unread_columns",
        checks=("every_value_that_does_not_count_is_explained",),
    )  # fmt: skip
    with duckdb.connect(str(database), read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


def test_the_declared_first_column_counts_and_the_other_is_a_contradiction(ask: Ask) -> None:
    times = ask("select patient_id, time_raw, is_event from marts.survival_outcomes "
                "where cohort_id = 'syn_table' order by all")  # fmt: skip
    assert times == [("A", "501", True), ("B", "300", False), ("C", "302", False)]
    found = ask("select patient_id, attribute, value_kept, value_other, rule from marts.contradictions "
                "where cohort_id = 'syn_table'")  # fmt: skip
    assert found == [("A", "OS_TIME", "501 days", "301 days", "declared_column")]


def test_time_and_status_are_one_row_s_and_a_prefix_needs_no_vocabulary(ask: Ask) -> None:
    outcomes = ask("select patient_id, endpoint, time_months, is_event from marts.survival_outcomes "
                   "where cohort_id = 'syn_study' order by all")  # fmt: skip
    assert outcomes == [
        ("D", "OS", 40.0, True),
        ("D", "PFS", 3.0, False),
        ("E", "OS", 2.0, False),
        ("E", "PFS", 2.0, True),
    ]


def test_halves_repeats_and_two_patients_of_a_sample_are_contradictions(ask: Ask) -> None:
    found = ask("select patient_id, sample_id, attribute, value_kept, value_other, rule from marts.contradictions "
                "where cohort_id = 'syn_study' order by all")  # fmt: skip
    assert found == [
        ("D", None, "AGE", "61", "70", "own_name"),
        ("D", None, "OS_TIME", "40 months", "10 months", "complete_row"),
        ("E", None, "OS_STATUS", "0:LIVING", "1:DECEASED", "first_row"),
        ("E", None, "OS_TIME", "2 months", "30 months", "first_row"),
        ("F", "S1", "CANCER_TYPE", "Melanoma", "Bladder Cancer", "first_row"),
        ("F", "S1", "PATIENT_ID", "F", "D", "first_patient"),
        ("F", None, "OS_STATUS", None, "0:DECEASED", "prefix_against_word"),
    ]


def test_ages_are_years_races_are_no_ethnicities_and_rates_no_burdens(ask: Ask) -> None:
    ages = ask("select patient_id, round(age_years, 1), race from marts.patients order by all")
    assert ages == [
        ("A", 60.0, None),
        ("B", None, None),
        ("C", 49.5, None),
        ("D", 61.0, "White"),
        ("E", None, "White"),
        ("F", None, "White"),
    ]
    rates = ask(
        "select sample_id, tmb_mut_per_mb from marts.burdens where numerator_rule like 'rate%' order by 1"
    )
    assert rates == [("S1", 5.0), ("S3", 5.0)]


def test_what_is_not_understood_or_lacks_its_other_half_is_a_rejected_row(ask: Ask) -> None:
    rejected = ask(
        "select cohort_id, rule_id, column_name, value from marts.rejected_rows "
        "where column_name is not null order by all"
    )
    assert rejected == [
        ("syn_study", "not_a_number", "AGE", ">89"),
        ("syn_study", "not_a_number", "AGE", ">89"),
        ("syn_study", "out_of_range", "AGE", "32485"),
        ("syn_study", "out_of_range", "TMB_NONSYNONYMOUS", "-1"),
        ("syn_study", "prefix_against_word", "OS_STATUS", "0:DECEASED"),
        ("syn_study", "status_without_time", "PFS_STATUS", "1:Progressed"),
        ("syn_study", "time_without_status", "OS_MONTHS", "9"),
        ("syn_table", "out_of_range", "interval:AGE", "58439"),
        ("syn_table", "time_without_status", "pfs", "90"),
        ("syn_table", "unknown_drug", "drug", "XY-9 + nivolumab"),
    ]
    messages = ask("select message from marts.rejected_rows where value = '32485'")
    assert "days?" in messages[0][0]


def test_a_combination_is_its_parts_and_a_cohort_may_name_its_own_drugs(ask: Ask) -> None:
    drugs = ask("select patient_id, drug_class, is_icb from marts.treatments order by all")
    assert drugs == [("A", "Combination", True), ("B", "CTLA-4", True), ("C", None, True)]


def test_every_filled_cell_is_understood_or_rejected_or_counted_as_unread(ask: Ask) -> None:
    # The table: patient 3, times 3 + 1, status 3, drug 3, PFS 1, and an age for each. The study: five patient rows of
    # nine columns, four sample rows of five; NA is a filled cell.
    assert ask("select cohort_id, count(*) from raw.clinical_values group by 1 order by 1") == [
        ("syn_study", 5 * 9 + 4 * 5),
        ("syn_table", 3 + 4 + 3 + 3 + 1 + 3),
    ]
    fates = ask(
        "select fate, count(*) from marts.clinical_values where cohort_id = 'syn_study' group by 1 order by 1"
    )
    assert dict(fates)["another value counts"] == 5  # an age, two times, a status, a cancer type
    assert dict(fates)["half of an endpoint"] == 2  # F's time without a status, and F's status without a time
    unread = ask(
        "select column_name, reason, sum(n_rows) from marts.unread_columns where cohort_id = 'syn_study' "
        "group by all order by all"
    )
    assert unread == [
        ("DIAGNOSIS_AGE", "word for missing", 3),
        ("ETHNICITY", "no attribute", 5),
        ("MUTATION_RATE", "no attribute", 4),
        ("OS_STATUS", "word for missing", 1),
        ("PATIENT_ID", "identifier", 9),
        ("PFS_MONTHS", "word for missing", 1),
        ("SAMPLE_ID", "identifier", 4),
    ]
    counted = ask("""
        select
            (select count(*) from raw.clinical_values)
            - (select count(*) from marts.clinical_values)
            - (select sum(n_rows) from marts.unread_columns)
            - (select sum(n_rows) from marts.rejected_rows where is_lost and raw_table = 'clinical_values')
    """)
    assert counted == [(0,)]
