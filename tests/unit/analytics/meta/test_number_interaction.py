"""Arm x number in trials: another library's coefficients, and a sentence where there is nothing to compare."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

from analytics.meta.number_interaction import number_interaction_statistics
from analytics.results.statistic import Scope

SCOPE = Scope("asked", "default", "OS")


def trials(n: int = 400) -> pd.DataFrame:
    """Two trials; the number lowers the hazard by 40 % a step under treatment and by nothing without it."""
    rng = np.random.default_rng(7)
    arm, value = rng.integers(0, 2, n), rng.normal(size=n)
    time = rng.exponential(1.0 / (0.05 * np.exp(-0.5 * arm * value)))
    return pd.DataFrame(
        {
            "person_id": [f"P{k}" for k in range(n)],
            "cohort_id": np.where(np.arange(n) % 2, "one", "two"),
            "is_icb_treated": arm.astype(bool),
            "value": value,
            "time_months": np.minimum(np.ceil(time), 40.0),
            "event": time <= 40.0,
            "entry_months": 0.0,
        }
    )


def test_the_ratio_between_the_arms_and_the_number_in_each_are_those_of_another_library() -> None:
    rows = trials()
    found = number_interaction_statistics(SCOPE, ["one", "two"], "os", rows, "the score")
    arm, value = rows["is_icb_treated"].astype(float), rows["value"]
    model = PHReg(
        rows["time_months"], np.column_stack([arm, value, arm * value]), rows["event"].astype(int),
        strata=rows["cohort_id"], ties="efron",
    ).fit(disp=0)  # fmt: skip
    of = {row.key: row for row in found}
    between = of["os.arm_x_gene"]
    assert between.estimate == pytest.approx(math.exp(model.params[2]), rel=1e-6)
    assert between.ci_high == pytest.approx(
        math.exp(model.params[2] + 1.959963984540054 * model.bse[2]), rel=1e-5
    )
    assert of["os.gene_in_control_arm"].estimate == pytest.approx(math.exp(model.params[1]), rel=1e-6)
    assert of["os.gene_in_icb_arm"].estimate == pytest.approx(
        math.exp(model.params[1] + model.params[2]), rel=1e-6
    )
    assert between.counts.n_in_group is None, "a number has no carriers"


def test_a_planted_difference_between_the_arms_is_found() -> None:
    between = number_interaction_statistics(SCOPE, ["one", "two"], "os", trials(), "the score")[0]
    assert between.ci_low is not None and between.ci_high is not None
    assert between.ci_low < math.exp(-0.5) < between.ci_high < 1


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (lambda rows: rows.assign(value=np.nan), "Nobody in the trials was looked at"),
        (lambda rows: rows[rows["is_icb_treated"]], "Fewer than 5 events in the control arm"),
    ],
    ids=["nobody has the number", "no control arm"],
)
def test_without_one_of_the_arms_there_is_a_sentence(keep, said: str) -> None:  # type: ignore[no-untyped-def]
    (row,) = number_interaction_statistics(SCOPE, ["one", "two"], "os", keep(trials()), "the score")
    assert row.estimate is None and said in row.warnings[0]
