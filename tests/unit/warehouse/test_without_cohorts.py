"""What is said beside the numbers of a version that was made without a cohort."""

import pandas as pd

from ingestion.catalog.cohorts import LeftOutCohort
from warehouse.catalog.without_cohorts import say_without

LEFT = (LeftOutCohort(cohort_id="lost_2020", sentence="its file is not there."),)
SHORT = "Made without lost_2020: left out of this version, see stats.left_out_cohorts."


def tables() -> dict[str, pd.DataFrame]:
    flow = pd.DataFrame(
        {"step_number": [0, 1], "step": ["patients of the cohorts", "treated"], "reason": ["", "x"]}
    )
    return {
        "scan_specs": pd.DataFrame({"scan_id": ["s"], "notes": [["A family of one."]]}),
        "survival_stats": pd.DataFrame({"cohort_id": [None, "here"], "warnings": [["few"], []]}),
        "scan_flow": flow.assign(scan_id="s"),
    }


def test_a_scan_its_first_step_and_every_number_over_all_cohorts_say_it_and_no_number_of_one_cohort() -> None:
    made = tables()
    say_without(made, LEFT, flow="scan_flow")
    assert [list(said) for said in made["scan_specs"]["notes"]] == [["A family of one.", SHORT]]
    assert [list(said) for said in made["survival_stats"]["warnings"]] == [["few", SHORT], []]
    first, second = made["scan_flow"]["reason"]
    assert "lost_2020 was left out of this version" in first and second == "x"


def test_nothing_is_said_where_nobody_is_missing() -> None:
    made = tables()
    say_without(made, (), flow="scan_flow")
    assert made["scan_specs"]["notes"].tolist() == [["A family of one."]]
