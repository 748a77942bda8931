"""Two-stage pooling, the arm x gene interaction and the verdict: which rows they get and the rows they become."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.biomarkers.groups import Contrast
from analytics.meta.pooling import (
    PREDICTION_COVERAGE,
    interaction_statistics,
    meta_statistics,
    name_arm_sets,
)
from analytics.meta.predictive import verdict_statistic, with_trial_verdict
from analytics.meta.random_effects import fit_random_effects_many
from analytics.questions.specs import AnalysisSpec, Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import (
    Counts,
    InteractionStatistic,
    MetaStatistic,
    Scope,
    SurvivalStatistic,
)

SPEC = AnalysisSpec(
    analysis_id="x",
    title="t",
    question="q",
    biomarker="G",
    cohorts=("a", "b", "c"),
    trials=("t1",),
    control_analysis="without",
    registered_on="2026-01-01",
    variants={"default": Variant(description="d")},
)


OS = Scope("x", "default", "OS")
GENE = Contrast.of_gene("G")


def cox(
    cohort_id: str | None, estimate: float, error: float, events: int, analysis_id: str = "x"
) -> SurvivalStatistic:
    return SurvivalStatistic(
        name=Scope(analysis_id, "default", "OS", cohort_id).name("os.cox_univariable"),
        estimate=estimate,
        standard_error=error,
        counts=Counts(n=100, n_in_group=20, events=50, events_in_group=events),
    )


def estimates(events_of_a: int = 9) -> list[SurvivalStatistic]:
    return [
        cox("a", 0.5, 0.2, events_of_a),
        cox("b", 0.5, 0.2, 9),
        cox("c", 0.5, 0.2, 9),
        cox(None, 0.5, 0.115, 27),
        cox(None, 1.0, 0.1, 40, "without"),
    ]


def pooled(rows: list[SurvivalStatistic]) -> list[MetaStatistic]:
    return meta_statistics(OS, "os", rows, GENE)


def interactions(frame: pd.DataFrame) -> list[InteractionStatistic]:
    return interaction_statistics(OS, ["t1"], "os", frame, GENE)


def test_an_arm_in_which_fewer_than_five_of_a_group_had_the_event_has_no_interaction() -> None:
    """Every second person had it; of eight carriers in each arm four, of ten five."""

    def found(carriers: int) -> list[InteractionStatistic]:
        n = 40
        rows = pd.DataFrame(
            {
                "cohort_id": "t1",
                "is_icb_treated": [True] * n + [False] * n,
                "in_group": ([True] * carriers + [False] * (n - carriers)) * 2,
                "event": [True, False] * n,
                "time_months": np.random.default_rng(3).permutation(2 * n) + 1.0,
                "entry_months": 0.0,
                "person_id": [f"p{i}" for i in range(2 * n)],
            }
        )
        return interactions(rows)

    (row,) = found(8)
    assert row.estimate is None
    assert row.warnings == (
        "A group has 4 events in one arm, fewer than 5: the interaction cannot be judged.",
    )
    assert found(10)[0].estimate is not None


def test_equal_studies_pool_to_their_common_ratio_with_the_fixed_effect_error() -> None:
    whole = pooled(estimates())[0]
    assert whole.name.stat_id == "x/default/os.random_effects"
    assert whole.estimate == pytest.approx(0.5)
    assert whole.tau2 == pytest.approx(0.0, abs=1e-9)
    # t quantile on 2 degrees of freedom times 0.2 / sqrt(3): the guard does not scale the variance down to zero
    half = 4.302652729749464 * 0.2 / np.sqrt(3)
    assert np.log(whole.ci_high) == pytest.approx(np.log(0.5) + half)


def test_each_cohort_is_left_out_once_when_there_are_three() -> None:
    rows = pooled(estimates())
    assert [row.left_out for row in rows] == [None, "a", "b", "c"]
    assert all(row.n_cohorts == 2 for row in rows[1:])


def test_a_cohort_without_an_estimate_is_named_not_pooled() -> None:
    whole = pooled(estimates(events_of_a=0))[0]
    assert whole.cohorts == ("b", "c") and "No estimate from a (no event in a group)." in whole.warnings


def test_a_cohort_with_few_events_enters_by_firths_estimate_and_says_so() -> None:
    """Inverse variances by hand: (log 0.13 / 0.9^2 + 2 log 0.5 / 0.2^2) / (1 / 0.9^2 + 2 / 0.2^2), tau2 0 by design."""
    sparse = SurvivalStatistic(
        name=OS.of_cohort("a").name("os.firth_univariable"),
        estimate=0.13,
        standard_error=0.9,
        counts=Counts(n=40),
    )
    whole = pooled([*estimates(events_of_a=0), sparse])[0]
    assert whole.cohorts == ("a", "b", "c")
    assert "Firth's estimate, for few events, of a." in whole.warnings
    assert whole.tau2 == pytest.approx(0.0, abs=1e-6)
    weights = np.array([0.9, 0.2, 0.2]) ** -2
    assert np.log(whole.estimate) == pytest.approx(
        weights @ np.log([0.13, 0.5, 0.5]) / weights.sum(), abs=1e-6
    )


def test_several_cohorts_of_which_one_has_an_estimate_give_a_row_that_says_so() -> None:
    rows = pooled([cox("a", 0.5, 0.2, 0), cox("b", 0.5, 0.2, 9)])
    assert len(rows) == 1 and rows[0].estimate is None
    assert "two cohorts" in rows[0].warnings[0] and "No estimate from a" in " ".join(rows[0].warnings)


def test_a_prediction_interval_takes_three_cohorts_and_its_measured_coverage_is_said() -> None:
    rows = pooled(estimates())
    assert rows[0].prediction_low is not None
    assert any("95 of 100 cases (measured" in words for words in rows[0].warnings)
    assert all(row.prediction_low is None and row.prediction_high is None for row in rows[1:])


@pytest.mark.parametrize("k", sorted(PREDICTION_COVERAGE))
def test_the_coverage_that_is_said_is_that_of_simulated_cohorts(k: int) -> None:
    """As benchmarks/meta/prediction_interval.py, fewer sets: standard error of the share 0.7 points."""
    rng = np.random.default_rng(k)
    se = np.exp(rng.uniform(np.log(0.12), np.log(0.5), (2000, k)))
    effect = rng.normal(0.0, 0.3, (2000, k)) + rng.normal(0.0, se)
    found = fit_random_effects_many(effect, se, guard=True)
    new = rng.normal(0.0, 0.3, 2000)
    held = ((found["prediction_low"] < new) & (new < found["prediction_high"])).mean()
    assert 100 * held == pytest.approx(PREDICTION_COVERAGE[k], abs=2.5)


def test_one_cohort_gives_no_row() -> None:
    assert pooled([estimates()[0], estimates()[3]]) == []


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
            "in_group": mutated,
        }
    )


def test_a_planted_interaction_is_found_within_its_interval() -> None:
    rows = {row.key: row for row in interactions(trial())}
    low, high = _interval(rows["os.arm_x_gene"])
    assert low < 0.5 < high < 1
    low, high = _interval(rows["os.gene_in_control_arm"])
    assert low < 1 < high


def _interval(row: InteractionStatistic) -> tuple[float, float]:
    assert row.ci_low is not None and row.ci_high is not None
    return row.ci_low, row.ci_high


def test_a_trial_without_people_becomes_a_row_with_the_reason() -> None:
    rows = interactions(trial().iloc[:0])
    assert len(rows) == 1 and rows[0].warnings and rows[0].estimate is None


def test_the_arms_rows_count_the_arm_and_the_groups_rows_count_the_group() -> None:
    frame = trial()
    rows = {row.key: row for row in interactions(frame)}
    arm = frame[frame["is_icb_treated"]]
    counts = rows["os.gene_in_icb_arm"].counts
    assert (counts.n, counts.n_in_group) == (len(arm), int(arm["in_group"].sum()))
    group = frame[frame["in_group"]]
    counts = rows["os.treatment_in_group"].counts
    assert (counts.n, counts.n_in_group) == (len(group), int(group["is_icb_treated"].sum()))
    assert counts.events_in_group == int(group.loc[group["is_icb_treated"], "event"].sum())
    assert counts.reference_label == "control arm"


def test_each_row_of_a_trial_names_a_set_of_exactly_the_people_that_it_counts() -> None:
    frame, sets = trial(), RowSets()
    name_arm_sets(sets, frame, GENE)
    for row in interactions(frame):
        assert sets.holds(row.row_set, frame.index).sum() == row.counts.n, row.key
    rows = {row.key: row for row in interactions(frame)}
    in_group = sets.holds(rows["os.treatment_in_group"].row_set, frame.index)
    assert (in_group == frame["in_group"]).all()
    treated = sets.holds(rows["os.gene_in_icb_arm"].row_set, frame.index)
    assert (treated == frame["is_icb_treated"]).all()


def test_treatment_acts_in_the_group_only_as_planted() -> None:
    rows = {row.key: row for row in interactions(trial())}
    low, high = _interval(rows["os.treatment_in_group"])
    assert low < 0.5 < high < 1
    low, high = _interval(rows["os.treatment_in_reference"])
    assert low < 1 < high


def test_without_a_control_analysis_the_interaction_of_the_trials_carries_the_verdict() -> None:
    alone = SPEC.model_copy(update={"control_analysis": None})
    rows = interactions(trial())
    judged = [with_trial_verdict(alone, row, rows) for row in rows]
    assert [row.verdict for row in judged] == ["predictive", *[None] * (len(rows) - 1)]
    assert all(with_trial_verdict(SPEC, row, rows) == row for row in rows)


def test_the_ratio_of_hazard_ratios_is_that_of_altman_and_bland() -> None:
    row = verdict_statistic(SPEC, OS, estimates(), [])
    assert row is not None
    error = np.hypot(0.115, 0.1)
    assert row.estimate == pytest.approx(0.5)
    assert row.ci_high == pytest.approx(0.5 * np.exp(1.959963984540054 * error))
    assert row.verdict == "consistent with predictive" and "0.50" in str(row.reason)


def test_an_interaction_in_a_trial_that_excludes_the_comparison_with_other_people_conflicts() -> None:
    null = InteractionStatistic(name=OS.name("os.arm_x_gene"), estimate=1.02, ci_low=0.8, ci_high=1.3)
    row = verdict_statistic(SPEC, OS, estimates(), [null])
    assert row is not None and row.verdict == "conflicting"


def test_without_a_control_analysis_there_is_no_verdict() -> None:
    alone = SPEC.model_copy(update={"control_analysis": None})
    assert verdict_statistic(alone, OS, estimates(), []) is None


def test_without_leave_one_out_the_pooled_row_is_the_same_and_stands_alone() -> None:
    rows = [cox("a", 0.8, 0.2, 9), cox("b", 1.1, 0.3, 9), cox("c", 0.9, 0.1, 9)]
    assert len(meta_statistics(OS, "os", rows, GENE)) == 4
    assert (
        meta_statistics(OS, "os", rows, GENE, leave_one_out=False)
        == meta_statistics(OS, "os", rows, GENE)[:1]
    )
