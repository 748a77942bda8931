"""Every cohort has its row whatever its clock; only pooling asks for like clocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.biomarkers.groups import Contrast
from analytics.questions.selection import Selection, select_members
from analytics.questions.specs import Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope, SurvivalStatistic
from analytics.survival.estimate import cohort_statistics, pool_warnings, survival_statistics
from analytics.survival.kind import with_unlike_clocks

VARIANT = Variant(description="d", strata=("cohort_id",), estimators=("kaplan_meier", "cox_univariable"))
CLOCKS = {"dosed": ("icb_start", "treatment"), "trial": ("randomisation", "treatment"),
          "old": ("diagnosis", "diagnosis")}  # fmt: skip


def frame(n: int = 240, **changes: Any) -> pd.DataFrame:
    """Three cohorts, a clock each, a third mutated."""
    rng = np.random.default_rng(3)
    cohort = np.array(list(CLOCKS))[np.arange(n) % 3]
    mutated = rng.random(n) < 0.33
    rows = pd.DataFrame(
        {
            "cohort_id": cohort,
            "patient_id": [f"P{i}" for i in range(n)],
            "person_id": [f"p{i}" for i in range(n)],
            "sample_id": [f"S{i}" for i in range(n)],
            "precedence": 1,
            "status": np.where(mutated, "mutated", "wild_type"),
            "status_reason": None,
            "n_mutations": mutated.astype(int),
            "n_calls": 5,
            "is_baseline": True,
            "time_months": rng.exponential(np.where(mutated, 30.0, 15.0)) + 0.1,
            "event": rng.random(n) < 0.8,
            "entry_months": 0.0,
            "origin": [CLOCKS[c][0] for c in cohort],
            "clock_family": [CLOCKS[c][1] for c in cohort],
            "is_icb_treated": True,
        }
    )
    return rows.assign(**changes)


def estimated(
    data: pd.DataFrame, sets: RowSets | None = None
) -> tuple[Selection, dict[str | None, SurvivalStatistic], list[SurvivalStatistic]]:
    """The selection, Cox's row by cohort, and every row."""
    selection = select_members(data, VARIANT, {})
    scope, gene, known = Scope("q", "default", "OS"), Contrast.of_gene("ALK"), sets or RowSets()
    rows = survival_statistics(scope, known, selection.members, VARIANT, "os", gene)
    rows += cohort_statistics(scope, known, selection, VARIANT, "os", gene)
    return selection, {row.cohort_id: row for row in rows if row.key == "os.cox_univariable"}, rows


def test_a_cohort_outside_the_pool_has_the_row_that_it_has_when_it_is_asked_alone() -> None:
    data = frame()
    _, by_cohort, rows = estimated(data)
    assert set(by_cohort) == {None, "dosed", "trial", "old"}
    assert by_cohort[None].n == 160 and by_cohort["old"].n == 80
    _, alone, _ = estimated(data[data["cohort_id"] == "old"])
    assert by_cohort["old"].estimate == pytest.approx(alone[None].estimate, rel=1e-12)
    assert by_cohort["old"].name.stat_id == "q/default@old/os.cox_univariable"
    said = "Not in the pooled estimate: clock diagnosis."
    assert {c for c, row in by_cohort.items() if said in row.warnings} == {"old"}
    medians = [r for r in rows if r.cohort_id == "old" and "median" in r.key]
    assert len(medians) == 2 and all(said in row.warnings for row in medians)


def test_the_pool_says_which_cohort_is_not_in_it_and_that_it_has_a_row_of_its_own() -> None:
    selection, _, _ = estimated(frame())
    assert pool_warnings(selection) == (
        "Not in the pooled estimate, because their clocks start elsewhere: old (80 people, clock diagnosis).",
        "Each of these cohorts has a row of its own.",
    )


def test_its_people_are_in_the_row_sets_of_their_own_statistics_and_no_members() -> None:
    known = RowSets()
    selection, by_cohort, _ = estimated(frame(), known)
    of_old = selection.everyone["cohort_id"] == "old"
    named = known.holds(by_cohort["old"].row_set, selection.everyone.index)
    assert named[of_old].all() and selection.everyone.loc[of_old, "left_at"].notna().all()


def test_a_cohort_of_its_own_clock_is_no_reason_to_pool_nothing() -> None:
    data = frame()
    data = data[data["cohort_id"] != "trial"]
    _, by_cohort, _ = estimated(data)
    assert set(by_cohort) == {None, "dosed", "old"}, "with one cohort in the pool both have rows"


def test_endpoints_that_are_pooled_over_unlike_clocks_say_so_on_each() -> None:
    os = select_members(frame(), VARIANT, {})
    pfs = select_members(frame(origin="diagnosis", clock_family="diagnosis"), VARIANT, {})
    said = with_unlike_clocks({"OS": os, "PFS": pfs})
    for selection in said.values():
        assert selection.warnings[-1].endswith("OS over clocks of treatment, PFS over clocks of diagnosis.")
    assert with_unlike_clocks({"OS": os, "DSS": os})["OS"].warnings == os.warnings
