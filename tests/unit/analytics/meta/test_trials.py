"""What treatment does in a trial: R's answers on the trial of its survival package, and planted effects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.biomarkers.groups import Contrast
from analytics.errors import AnalysisError
from analytics.meta.pooling import interaction_statistics
from analytics.meta.trials import _curves_of_arms, _months, months_interaction, treatment_statistics
from analytics.results.statistic import InteractionStatistic, Scope

REFERENCE = Path(__file__).parents[3] / "reference"
SCOPE, GENE = Scope("x", "default", "OS"), Contrast.of_gene("G")
Z = 1.959963984540054


@pytest.fixture(scope="module")
def r() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "meta" / "trial.csv").set_index("name")


def veteran() -> pd.DataFrame:
    d = pd.read_csv(REFERENCE / "survival" / "veteran.csv")
    return pd.DataFrame(
        {
            "cohort_id": "veteran",
            "celltype": d["celltype"],
            "time_months": d["time"].astype(float),
            "event": d["event"].astype(bool),
            "entry_months": 0.0,
            "is_icb_treated": d["trt"] == 2,
            "in_group": d["prior"] == 10,
        }
    )


def assert_is(row: InteractionStatistic, wanted: pd.Series) -> None:
    assert row.estimate is not None and row.ci_low is not None and row.ci_high is not None
    assert np.log(row.estimate) == pytest.approx(wanted["estimate"], abs=1e-8)
    half = (np.log(row.ci_high) - np.log(row.ci_low)) / 2
    assert half == pytest.approx(Z * wanted["se"], abs=1e-7)


def test_the_effect_of_treatment_is_coxphs(r: pd.DataFrame) -> None:
    rows = treatment_statistics(SCOPE, ["veteran"], "os", veteran())
    assert len(rows) == 1
    assert_is(rows[0], r.loc["treatment"])
    assert rows[0].counts.n == 137 and rows[0].counts.n_in_group == 68


def test_over_several_trials_it_is_stratified_and_each_has_its_own_row(r: pd.DataFrame) -> None:
    frame = veteran().assign(cohort_id=lambda d: d["celltype"])
    trials = sorted(frame["cohort_id"].unique())
    rows = treatment_statistics(SCOPE, trials, "os", frame)
    assert_is(rows[0], r.loc["treatment_stratified"])
    assert [row.cohort_id for row in rows] == [None, *trials]
    assert sum(row.counts.n or 0 for row in rows[1:]) == 137


def test_within_the_groups_and_between_them_it_is_that_of_coxphs_product(r: pd.DataFrame) -> None:
    rows = {row.key: row for row in interaction_statistics(SCOPE, ["veteran"], "os", veteran(), GENE)}
    assert_is(rows["os.arm_x_gene"], r.loc["interaction"])
    assert_is(rows["os.treatment_in_group"], r.loc["treatment_in_group"])
    assert_is(rows["os.treatment_in_reference"], r.loc["treatment_in_reference"])


def test_the_interaction_in_months_is_that_of_survfits_restricted_means(r: pd.DataFrame) -> None:
    estimate, variance = _months(_curves_of_arms(veteran()), 300.0)
    assert estimate == pytest.approx(r.loc["months", "estimate"], abs=1e-8)
    assert np.sqrt(variance) == pytest.approx(r.loc["months", "se"], abs=1e-8)


def test_several_trials_are_weighted_by_inverse_variance_up_to_the_shortest_follow_up() -> None:
    frame = veteran().assign(
        cohort_id=lambda d: np.where(d["celltype"].isin(["squamous", "large"]), "a", "b")
    )
    found = months_interaction(frame)
    parts = [_months(_curves_of_arms(rows), found.tau_months) for _, rows in frame.groupby("cohort_id")]
    values, weights = np.array([p[0] for p in parts]), np.array([1 / p[1] for p in parts])
    assert found.estimate == pytest.approx(weights @ values / weights.sum())
    assert found.se == pytest.approx(weights.sum() ** -0.5)
    ends = frame.groupby(["cohort_id", "is_icb_treated", "in_group"])["time_months"].max()
    assert found.tau_months == ends.min()


def test_an_empty_cell_is_a_sentence_and_a_row_with_it() -> None:
    frame = veteran()
    frame = frame[~(frame["is_icb_treated"] & frame["in_group"])]
    with pytest.raises(AnalysisError):
        months_interaction(frame)
    none = treatment_statistics(SCOPE, ["veteran"], "os", frame[frame["is_icb_treated"]])
    assert none[0].estimate is None and none[0].warnings
