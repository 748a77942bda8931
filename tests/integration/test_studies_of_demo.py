"""Timelines and structural variants of the demo's studies: courses, laboratory values and fused genes as planted."""

from __future__ import annotations

from graph_runs import Run

from analytics.biomarkers.evaluate import evaluate
from warehouse.frames.biomarker_inputs import WarehouseInputs

LUAD = "demo_luad_2015"
#: Rows 3, 19 and 35 of fifty: every sixteenth from the fourth on.
FUSED = 3


def test_a_course_of_the_timeline_has_its_days_on_the_clock_of_the_cohort_file(demo: Run) -> None:
    courses = demo.query(f"select * from marts.treatments where cohort_id = '{LUAD}'")
    assert (
        len(courses) == 50
        and set(courses["start_days"]) == {0}
        and set(courses["days_from"]) == {"icb_start"}
    )
    # planted: the course ends with progression-free time
    pfs = demo.query(
        f"select patient_id, time_months * 30.4375 as days from marts.survival_outcomes where cohort_id = '{LUAD}' "
        "and endpoint = 'PFS'"
    ).merge(courses, on="patient_id")
    assert (
        pfs["days"] - pfs["stop_days"]
    ).abs().max() < 2.1  # months are written with one decimal: 1.52 days


def test_every_event_is_kept_with_its_kind_and_the_class_of_its_drug(demo: Run) -> None:
    said = demo.query(
        "select event_type, drug_class, is_icb, count(*) as n, count(test) as tests from marts.timeline_events "
        f"where cohort_id = '{LUAD}' group by all order by n desc"
    )
    assert said["n"].tolist() == [50, 17, 10] and said["tests"].tolist() == [0, 0, 10]
    assert said["drug_class"].astype(object).fillna("").tolist() == ["PD-1/PD-L1", "Chemotherapy", ""]
    # who had a chemotherapy before has one drug that counts: the checkpoint inhibitor
    assert demo.value(f"select count(*) from marts.treatments where cohort_id = '{LUAD}' and not is_icb") == 0


def test_a_fused_gene_is_rearranged_and_not_mutated_by_that(demo: Run) -> None:
    fused = demo.query("select sample_id, site1_gene, site2_gene, is_somatic from marts.structural_variants")
    assert fused[["site1_gene", "site2_gene"]].drop_duplicates().to_numpy().tolist() == [["EML4", "ALK"]]
    assert len(fused) == FUSED and fused["is_somatic"].all()
    with demo.connect() as con:
        inputs = WarehouseInputs(con, (LUAD, "demo_msk_2018"))
        rearranged, mutated = evaluate("ALK:rearranged", inputs), evaluate("ALK", inputs)
    counts = rearranged.rows[rearranged.rows["cohort_id"] == LUAD]["group"].value_counts().to_dict()
    assert counts == {"alk_rearranged": FUSED, "not_alk_rearranged": 50 - FUSED}
    # a study that says nothing of rearrangements says of nobody that there is none
    others = rearranged.rows[rearranged.rows["cohort_id"] == "demo_msk_2018"]
    assert set(others["status"]) == {"not_profiled"}
    calls = demo.query(
        f"select distinct sample_id from marts.mutations where cohort_id = '{LUAD}' and hugo_symbol = 'ALK' "
        "and is_counted"
    )
    rows = mutated.rows[mutated.rows["cohort_id"] == LUAD]
    carriers = set(rows.loc[rows["group"] == "mutated", "sample_id"])
    assert carriers == set(calls["sample_id"]) and carriers != set(fused["sample_id"])
