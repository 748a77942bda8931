"""Two-stage pooling, the arm x gene interaction and the verdict: which rows they get and the rows they become."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.pooling import interaction_rows, meta_rows, verdict_row
from analytics.questions.specs import AnalysisSpec, Variant

SPEC = AnalysisSpec(
    analysis_id="x",
    title="t",
    question="q",
    gene="G",
    cohorts=("a", "b", "c"),
    trials=("t1",),
    control_analysis="without",
    registered_on="2026-01-01",
    variants={"default": Variant(description="d")},
)


def estimates(**changes: list[object]) -> pd.DataFrame:
    rows: dict[str, list[object]] = {
        "analysis_id": ["x", "x", "x", "x", "without"],
        "variant": ["default"] * 5,
        "endpoint": ["OS"] * 5,
        "cohort_id": ["a", "b", "c", None, None],
        "estimate_key": ["os.cox_univariable"] * 5,
        "estimate": [0.5, 0.5, 0.5, 0.5, 1.0],
        "standard_error": [0.2, 0.2, 0.2, 0.115, 0.1],
        "events_mutated": [9, 9, 9, 27, 40],
    }
    return pd.DataFrame(rows | changes)


def test_equal_studies_pool_to_their_common_ratio_with_the_fixed_effect_error() -> None:
    whole = meta_rows(SPEC, "default", "OS", estimates())[0]
    assert whole["stat_id"] == "x/default/os.random_effects"
    assert whole["estimate"] == pytest.approx(0.5)
    assert whole["tau2"] == pytest.approx(0.0, abs=1e-9)
    # t quantile on 2 degrees of freedom times 0.2 / sqrt(3): the guard does not scale the variance down to zero
    half = 4.302652729749464 * 0.2 / np.sqrt(3)
    assert np.log(whole["ci_high"]) == pytest.approx(np.log(0.5) + half)


def test_each_cohort_is_left_out_once_when_there_are_three() -> None:
    rows = meta_rows(SPEC, "default", "OS", estimates())
    assert [row["left_out"] for row in rows] == [None, "a", "b", "c"]
    assert all(row["n_cohorts"] == 2 for row in rows[1:])


def test_a_cohort_without_an_estimate_is_named_not_pooled() -> None:
    whole = meta_rows(SPEC, "default", "OS", estimates(events_mutated=[0, 9, 9, 27, 40]))[0]
    assert whole["cohorts"] == "b, c" and "No estimate from a." in whole["warnings"]


def test_one_cohort_gives_no_row() -> None:
    assert meta_rows(SPEC, "default", "OS", estimates().iloc[[0, 3]]) == []


def trial(seed: int = 3, n: int = 4000) -> pd.DataFrame:
    """Both arms; the gene halves the hazard under treatment only."""
    random = np.random.default_rng(seed)
    treated, mutated = random.random(n) < 0.5, random.random(n) < 0.3
    hazard = 0.05 * np.where(treated & mutated, 0.5, 1.0)
    time = random.exponential(1 / hazard)
    return pd.DataFrame(
        {
            "cohort_id": "t1",
            "time_months": np.minimum(time, 40),
            "event": time < 40,
            "is_icb_treated": treated,
            "is_mutated": mutated,
        }
    )


def test_a_planted_interaction_is_found_within_its_interval() -> None:
    rows = {row["estimate_key"]: row for row in interaction_rows(SPEC, "default", "OS", trial())}
    assert rows["os.arm_x_gene"]["ci_low"] < 0.5 < rows["os.arm_x_gene"]["ci_high"] < 1
    assert rows["os.gene_in_control_arm"]["ci_low"] < 1 < rows["os.gene_in_control_arm"]["ci_high"]


def test_a_trial_without_people_becomes_a_row_with_the_reason() -> None:
    rows = interaction_rows(SPEC, "default", "OS", trial().iloc[:0])
    assert len(rows) == 1 and rows[0]["warnings"] and "estimate" not in rows[0]


def test_the_ratio_of_hazard_ratios_is_that_of_altman_and_bland() -> None:
    row = verdict_row(SPEC, "default", "OS", estimates(), pd.DataFrame())
    assert row is not None
    error = np.hypot(0.115, 0.1)
    assert row["estimate"] == pytest.approx(0.5)
    assert row["ci_high"] == pytest.approx(0.5 * np.exp(1.959963984540054 * error))
    assert row["verdict"] == "predictive" and "ratio of hazard ratios" in row["reason"]


def test_a_null_interaction_in_a_trial_outweighs_the_comparison_with_other_people() -> None:
    null = pd.DataFrame(
        {"analysis_id": ["x"], "variant": ["default"], "estimate_key": ["os.arm_x_gene"],
         "estimate": [1.0], "ci_low": [0.7], "ci_high": [1.43]}
    )  # fmt: skip
    row = verdict_row(SPEC, "default", "OS", estimates(), null)
    assert row is not None and row["verdict"] == "associated in ICB only"


def test_without_a_control_analysis_there_is_no_verdict() -> None:
    alone = SPEC.model_copy(update={"control_analysis": None})
    assert verdict_row(alone, "default", "OS", estimates(), pd.DataFrame()) is None
