"""Of a number every cohort has a row, and those whose clock starts elsewhere are not in the pool."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.answers.estimates import compare_number
from analytics.questions.asked import as_spec, read_question
from analytics.questions.selection import Selection
from analytics.results.statistic import Scope
from analytics.survival.regression.cox import cox_regression


def people(cohort: str, origin: str, seed: int, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    value = rng.normal(size=n)
    death, censored = rng.exponential(12.0 / np.exp(0.4 * value)), rng.uniform(5, 40, n)
    return pd.DataFrame(
        {
            "cohort_id": cohort, "cancer_type": "Melanoma", "person_id": [f"{cohort}{i}" for i in range(n)],
            "time_months": np.minimum(death, censored), "event": death <= censored, "entry_months": 0.0,
            "origin": origin, "value": value, "in_group": False,
        }
    )  # fmt: skip


def test_a_cohort_with_another_clock_has_its_row_and_is_not_pooled() -> None:
    inside = pd.concat([people("a", "icb_start", 1), people("b", "icb_start", 2)], ignore_index=True)
    outside = people("c", "diagnosis", 3).set_axis(range(240, 360))
    everyone = pd.concat([inside, outside])
    selection = Selection(inside, everyone, pd.DataFrame(), (), outside, "icb_start")
    question = read_question("expr(CD274) per sd")
    spec = as_spec(question, ("a", "b", "c"), analysis_id="asked", title="t", registered_on="2026-01-01")
    found = compare_number(spec, Scope("asked", "default", "OS"), selection, "CD274 expression, per step")
    assert [row.cohort_id for row in found.by_cohort] == ["a", "b", "c"]
    own = cox_regression(outside, ["value"], cluster="person_id").term("value")
    assert found.by_cohort[2].estimate == pytest.approx(own.hr, rel=1e-12)
    assert found.by_cohort[2].warnings == ("Not in the pooled estimate: clock diagnosis.",)
    pooled = cox_regression(inside, ["value"], strata=["cohort_id", "cancer_type"], cluster="person_id").term(
        "value"
    )
    assert found.pooled.estimate == pytest.approx(pooled.hr, rel=1e-12)
    assert found.pooled.counts.n == len(inside)
    random_effects = next(row for row in found.others if "random_effects" in row.key)
    assert random_effects.counts.n == len(inside)
