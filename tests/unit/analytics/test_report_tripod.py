"""The TRIPOD checklist of a nomogram: the items of the guideline, each answered from the rows, or "not done"."""

from __future__ import annotations

import pandas as pd
from test_report_document import SPEC, material

from analytics.report.blocks import ChecklistItem
from analytics.report.chapters.tripod import NOT_DONE, tripod_checklists
from analytics.report.document import build_report
from analytics.report.material import Material
from analytics.report.render import render
from analytics.results.records import SpecRecord

#: Collins et al., Ann Intern Med 2015;162:55, Table 1, with D: making, V: trying, or both.
ITEMS = [
    "1", "2", "3a", "3b", "4a", "4b", "5a", "5b", "5c", "6a", "6b", "7a", "7b", "8", "9", "10a", "10b", "10c", "10d",
    "10e",
    "11", "12", "13a", "13b", "13c", "14a", "14b", "15a", "15b", "16", "17", "18", "19a", "19b", "20", "21", "22",
]  # fmt: skip
OF_TRYING = {"10c", "10e", "12", "13c", "17", "19a"}


def index(key: str, estimate: float, **values: object) -> dict[str, object]:
    row = {
        "ci_low": None,
        "ci_high": None,
        "n": 200,
        "events": 90,
        "p": None,
        "n_draws": 1000,
        "warnings": [],
    }
    return (
        {"analysis_id": "score", "variant": "default", "estimate_key": key, "estimate": estimate}
        | row
        | values
    )


def with_nomogram(*, tried: bool = True) -> Material:
    made = [
        index("flow.n.discovery", 250), index("flow.n_complete.discovery", 200),
        index("flow.n_missing.sex.discovery", 50),
        index("os.c_index.corrected", 0.61, ci_low=0.57, ci_high=0.66),
    ]  # fmt: skip
    others = [
        index("flow.n.validation", 120), index("flow.n_complete.validation", 110, n=110, events=40),
        index("flow.n_no_level.drug_class.validation", 10),
        index("os.c_index.validation", 0.58, ci_low=0.50, ci_high=0.65),
    ]  # fmt: skip
    axes = [index(f"os.nomogram.coefficient.{name}", 1.2) for name in ("sex.male", "age", "ALK_mutated")]
    own = material()
    spec = SpecRecord(
        analysis_id="score", variant="default", kind="nomogram", title="A score", question="Does it predict?",
        genes=("ALK",), endpoints=("OS",), cohorts=("a_2020", "b_2021"), covariates=("sex", "age_years"),
    )  # fmt: skip
    tables = {
        "prediction_stats": pd.DataFrame([*made, *(others if tried else [])]),
        "nomograms": pd.DataFrame(axes),
        "calibrations": pd.DataFrame(
            [index("os.calibration_12.discovery.group_1", 0.5, horizon_months=12.0)]
        ),
    }
    return Material(**{**vars(own), "specs": [*own.specs, spec], "tables": {**own.tables, **tables}})


def items(found: Material) -> dict[str, ChecklistItem]:
    (checklist,) = tripod_checklists(found)
    assert [item.number for item in checklist.items] == ITEMS
    assert all(item.answer for item in checklist.items)
    return {item.number: item for item in checklist.items}


def test_a_report_without_a_nomogram_has_no_tripod_checklist() -> None:
    assert tripod_checklists(material()) == ()
    assert "TRIPOD" not in render(build_report(SPEC, material()))


def test_items_on_size_missing_data_and_performance_have_the_numbers_of_the_rows() -> None:
    found = items(with_nomogram())
    assert "90 events, 30 for each of 3 parameters" in found["8"].answer  # 90 / 3
    assert "200 of 250 with every predictor (50 without sex)" in found["9"].answer
    assert "110 of 120 with every predictor (10 without drug class)" in found["9"].answer
    assert "0.61 (0.57 to 0.66)" in found["16"].answer and "0.58 (0.50 to 0.65)" in found["16"].answer


def test_what_was_not_done_is_said_so() -> None:
    found = items(with_nomogram())
    assert {number for number, item in found.items() if item.state == NOT_DONE} == {
        "10e",
        "11",
        "14b",
        "17",
        "19b",
    }


def test_every_item_on_trying_is_not_done_where_the_model_was_tried_in_nobody_else() -> None:
    found = items(with_nomogram(tried=False))
    assert {
        number for number in ITEMS if found[number].answer == "The nomogram was tried in no other people."
    } == OF_TRYING
    assert all(found[number].state == NOT_DONE for number in OF_TRYING)
