"""What a variant may change about time, against R's survival on people who enter late."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.questions.clock import CustomEndpoint, TimeRules, first_of, immortal_groups, with_time_rules
from analytics.questions.selection import select_members
from analytics.questions.specs import AnalysisSpec, Variant
from analytics.survival.curves.kaplan_meier import kaplan_meier
from analytics.survival.regression.cox import cox_regression

REFERENCE = Path(__file__).parents[3] / "reference" / "survival"
EXPECTED: dict[str, Any] = json.loads((REFERENCE / "time_rules.json").read_text())
CHORD = (
    "raw.githubusercontent.com/clinical-data-mining/msk-chord-figures-public/"
    "6463b36a2de2f7355f616d155c8791052cb98efd/data/nsclc_dx_1st_seq_OS.csv"
)
DAYS_PER_MONTH = 30.4375


def as_people(**columns: Any) -> pd.DataFrame:
    """An analysis frame around time, event, entry and group; everybody in one cohort from diagnosis."""
    n = len(columns["time_months"])
    return pd.DataFrame(
        {
            "cohort_id": "late", "patient_id": [f"P{i}" for i in range(n)], "person_id": [f"p{i}" for i in range(n)],
            "sample_id": [f"S{i}" for i in range(n)], "precedence": 1, "status_reason": None, "n_mutations": 0,
            "n_calls": 5, "is_baseline": True, "origin": "diagnosis", "clock_family": "diagnosis",
            "is_icb_treated": True,
        }
    ).assign(**columns)  # fmt: skip


def late() -> pd.DataFrame:
    data = pd.read_csv(REFERENCE / "late.csv")
    return as_people(
        time_months=data["time"].astype(float), event=data["event"] == 1, entry_months=data["entry"].astype(float),
        status=data["x"].map({1: "mutated", 0: "wild_type"}),
    )  # fmt: skip


def fitted(frame: pd.DataFrame, rules: TimeRules) -> dict[str, float]:
    members = select_members(frame, Variant(description="d"), {}, time_rules=rules).members
    found = cox_regression(members, ["in_group"])
    term = found.term("in_group")
    return {"coef": term.coef, "se": term.se, "n": found.n, "events": found.n_events}


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("entry_used", TimeRules()),
        ("entry_ignored", TimeRules(ignore_entry=True)),
        ("start_at_entry", TimeRules(start="entry")),
        ("landmark_6", TimeRules(landmark_months=6)),
        ("censored_12", TimeRules(censor_after_months=12)),
    ],
)
def test_each_rule_gives_what_r_gives_of_the_same_rows(name: str, rules: TimeRules) -> None:
    found, expected = fitted(late(), rules), EXPECTED[name]
    assert (found["n"], found["events"]) == (expected["n"], expected["events"])
    assert found["coef"] == pytest.approx(expected["coef"], abs=1e-8)
    assert found["se"] == pytest.approx(expected["se"], abs=1e-8)


def test_who_did_not_reach_the_landmark_is_counted_with_the_reason() -> None:
    selection = select_members(late(), Variant(description="d"), {}, time_rules=TimeRules(landmark_months=6))
    step = selection.flow.set_index("step").loc["followed beyond 6 months"]
    assert step["n_left_out"] == int((pd.read_csv(REFERENCE / "late.csv")["time"] <= 6).sum())
    assert step["reason"] == "had the event or left before the landmark"
    assert set(selection.members["origin"]) == {"6 months after diagnosis"}
    assert any("landmark at 6 months" in sentence for sentence in selection.warnings)


def test_a_moved_clock_is_not_pooled_with_the_clock_it_came_from() -> None:
    moved = with_time_rules(late(), TimeRules(start="entry"))
    assert set(moved["clock_family"]) == {"entry under observation"}
    assert set(with_time_rules(late(), TimeRules(censor_after_months=24))["clock_family"]) == {"diagnosis"}


def test_an_event_at_the_cut_counts_and_one_after_it_does_not() -> None:
    frame = as_people(
        time_months=[12.0, 12.5], event=[True, True], entry_months=[0.0, 0.0], status="wild_type"
    )
    cut = with_time_rules(frame, TimeRules(censor_after_months=12))
    assert list(cut["event"]) == [True, False] and list(cut["time_months"]) == [12.0, 12.0]


def test_the_first_of_several_endpoints_takes_the_earliest_event_and_else_the_shortest_follow_up() -> None:
    pfs = as_people(
        time_months=[3.0, 5.0, 9.0, None],
        event=[True, False, False, True],
        entry_months=[0.0] * 4,
        status="wild_type",
    )
    os = pfs.assign(time_months=[8.0, 7.0, 11.0, 4.0], event=[True, True, False, True])
    made = first_of({"PFS": pfs, "OS": os})
    assert list(made["time_months"][:3]) == [3.0, 7.0, 9.0]
    assert list(made["event"][:3]) == [True, True, False]
    assert math.isnan(made["time_months"][3])


def test_endpoints_on_unlike_clocks_have_no_first_event() -> None:
    pfs = as_people(time_months=[3.0], event=[True], entry_months=[0.0], status="wild_type")
    os = pfs.assign(clock_family="treatment")
    assert first_of({"PFS": pfs, "OS": os})["time_months"].isna().all()


def test_groups_by_response_without_a_landmark_are_said_to_flatter() -> None:
    (said,) = immortal_groups("OBJECTIVE_RESPONSE = yes", TimeRules())
    assert "too good" in said and "landmark_months" in said
    (said,) = immortal_groups("DURABLE_BENEFIT = yes", TimeRules(landmark_months=6))
    assert "taken as known at the landmark" in said
    assert immortal_groups("ALK", TimeRules()) == ()


def spec(**changes: Any) -> dict[str, Any]:
    return {
        "analysis_id": "x", "title": "x", "question": "x", "biomarker": "ALK", "cohorts": ["a"], "registered_on": "",
        "variants": {"default": {"description": "d", "time": {"landmark_months": 3}}},
    } | changes  # fmt: skip


def test_endpoints_and_time_are_declared_in_the_file_of_an_analysis() -> None:
    read = AnalysisSpec.model_validate(
        spec(endpoints=["OS", "EFS"], custom_endpoints={"EFS": {"first_of": ["PFS", "OS"]}})
    )
    assert read.custom_endpoints["EFS"] == CustomEndpoint(first_of=("PFS", "OS"))
    assert read.variants["default"].time == TimeRules(landmark_months=3)
    assert read.endpoint_key("EFS") == "efs"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"endpoints": ["EFS"]}, "unknown endpoint 'EFS'"),
        ({"custom_endpoints": {"OS": {"first_of": ["PFS", "OS"]}}}, "OS is an endpoint of the sources"),
        ({"custom_endpoints": {"EFS": {"first_of": ["OS", "OS"]}}}, "names an endpoint twice"),
        ({"variants": {"v": {"description": "d", "time": {"landmark_months": 0}}}}, "greater than 0"),
        (
            {"variants": {"v": {"description": "d", "time": {"ignore_entry": True, "start": "entry"}}}},
            "exclude each",
        ),
    ],
)
def test_time_that_cannot_be_is_refused_with_a_sentence(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AnalysisSpec.model_validate(spec(**changes))


@pytest.mark.mirror
def test_lung_cancer_from_diagnosis_with_entry_at_sequencing_agrees_with_r(mirror: Path) -> None:
    """MSK-CHORD, 7,809 people. Ignoring late entry adds 18 months to a median of 37."""
    data = pd.read_csv(mirror / CHORD).drop_duplicates("PATIENT_ID").reset_index(drop=True)
    people = as_people(
        time_months=data["stop"] / DAYS_PER_MONTH, event=data["dead"] == 1,
        entry_months=data["entry"] / DAYS_PER_MONTH, status=None,
    )  # fmt: skip
    for words, rules in (("used", TimeRules()), ("ignored", TimeRules(ignore_entry=True))):
        for gene in ("TP53", "KRAS"):
            status = data[gene].map({1: "mutated", 0: "wild_type"})
            found, expected = fitted(people.assign(status=status), rules), EXPECTED[f"chord_{gene}_{words}"]
            assert (found["n"], found["events"]) == (expected["n"], expected["events"])
            assert found["coef"] == pytest.approx(expected["coef"], abs=1e-8)
            assert found["se"] == pytest.approx(expected["se"], abs=1e-8)
        (curve,) = kaplan_meier(with_time_rules(people, rules), group=None).curves
        assert curve.median.months == pytest.approx(EXPECTED[f"chord_median_{words}"], abs=1e-6)
