"""Time as analyses declare it, on the generated cohorts: late entry side by side, landmark, composite endpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from graph_runs import Run
from lifelines import CoxPHFitter


def members(demo: Run, analysis_id: str, variant: str, endpoint: str) -> pd.DataFrame:
    """Who is counted, with the follow-up of the marts and not that of the analysis."""
    return demo.query(
        "select m.cohort_id, m.patient_id, m.status, s.time_months, s.is_event, s.entry_months "
        "from stats.analysis_members as m inner join marts.survival_outcomes as s using (cohort_id, patient_id) "
        f"where m.is_member and m.analysis_id = '{analysis_id}' and m.variant = '{variant}' "
        f"and m.endpoint = '{endpoint}' and s.endpoint = 'OS' order by m.cohort_id, m.patient_id"
    )


def published(demo: Run, analysis_id: str, variant: str, key: str) -> pd.Series:
    rows = demo.query(
        "select estimate, n, events, warnings from stats.survival_stats "
        f"where analysis_id = '{analysis_id}' and variant = '{variant}' and estimate_key = '{key}' "
        "and cohort_id is null"
    )
    assert len(rows) == 1
    return rows.iloc[0]


def lifelines_ratio(rows: pd.DataFrame, mutated: str, entry: bool, strata: list[str] | None = None) -> float:
    columns = ["time_months", "is_event", "x", *(strata or []), *(["entry_months"] if entry else [])]
    data = rows.assign(x=(rows["status"] == mutated).astype(float), is_event=rows["is_event"].astype(int))[
        columns
    ]
    fit = CoxPHFitter().fit(
        data, "time_months", "is_event", entry_col="entry_months" if entry else None, strata=strata,
        fit_options={"precision": 1e-9},
    )  # fmt: skip
    return float(np.exp(fit.params_["x"]))


def test_late_entry_used_and_ignored_stand_side_by_side_and_agree_with_lifelines(demo: Run) -> None:
    used = published(demo, "demo_late_entry", "default", "os.cox_univariable")
    ignored = published(demo, "demo_late_entry", "entry_ignored", "os.cox_univariable")
    rows = members(demo, "demo_late_entry", "default", "OS")
    assert used["n"] == ignored["n"] == len(rows)
    assert used["estimate"] == pytest.approx(lifelines_ratio(rows, "mutated", entry=True), rel=1e-5)
    assert ignored["estimate"] == pytest.approx(lifelines_ratio(rows, "mutated", entry=False), rel=1e-5)
    assert any("Delayed entry is ignored" in sentence for sentence in ignored["warnings"])


def test_ignoring_late_entry_adds_the_time_in_which_nobody_could_be_seen_to_die(demo: Run) -> None:
    for group in ("mutated", "wild_type"):
        key = f"os.median.{group}"
        gained = (
            published(demo, "demo_late_entry", "entry_ignored", key)["estimate"]
            - published(demo, "demo_late_entry", "default", key)["estimate"]
        )
        assert gained > 2.0


def test_a_landmark_counts_those_still_followed_and_moves_time_zero(demo: Run) -> None:
    found = published(demo, "demo_landmark", "landmark_3_months", "os.cox_univariable")
    everybody = members(demo, "demo_landmark", "from_start", "OS")
    later = everybody[everybody["time_months"] > 3].assign(time_months=lambda d: d["time_months"] - 3)
    assert found["n"] == len(later)
    expected = lifelines_ratio(later, "objective_response_yes", entry=False, strata=["cohort_id"])
    assert found["estimate"] == pytest.approx(expected, rel=1e-5)


def test_responders_from_the_start_are_said_to_be_flattered(demo: Run) -> None:
    start = published(demo, "demo_landmark", "from_start", "os.cox_univariable")
    assert any("the estimate is too good" in sentence for sentence in start["warnings"])
    landmark = published(demo, "demo_landmark", "landmark_3_months", "os.cox_univariable")
    assert start["estimate"] < landmark["estimate"] < 1


def test_a_composite_endpoint_walks_back_to_both_of_its_endpoints(demo: Run) -> None:
    files = demo.query(
        "select distinct l.source_file_id, l.source_row, l.patient_id from stats.lineage as l "
        "inner join stats.every_stat as e using (stat_id) where e.analysis_id = 'demo_landmark' "
        "and e.variant = 'from_start' and e.endpoint = 'EFS' and l.role = 'time'"
    )
    of_marts = demo.query(
        "select distinct s.source_file_id, s.source_row, s.patient_id from marts.survival_outcomes as s "
        "inner join stats.analysis_members as m using (cohort_id, patient_id) where m.is_member "
        "and m.analysis_id = 'demo_landmark' and m.variant = 'from_start' and m.endpoint = 'EFS' "
        "and s.endpoint in ('OS', 'PFS')"
    )
    key = ["source_file_id", "source_row", "patient_id"]
    assert set(map(tuple, files[key].to_numpy())) == set(map(tuple, of_marts[key].to_numpy()))
    assert len(files)
    assert published(demo, "demo_landmark", "from_start", "efs.cox_univariable")["events"] >= 1
