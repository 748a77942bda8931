"""Predictive or prognostic, decided from intervals of a difference, never from "shown here and not there"."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest

from analytics.results.estimator import Scale
from analytics.verdicts import Effect, Family, PredictiveEvidence, PredictiveWord, predictive_verdict
from analytics.verdicts.predictive import no_difference_of_a_step, predictive_word


def hazard(estimate: float, low: float, high: float) -> Effect:
    return Effect(estimate=estimate, ci_low=low, ci_high=high)


def difference(estimate: float, low: float, high: float) -> Effect:
    return Effect(estimate=estimate, ci_low=low, ci_high=high, scale=Scale.RATIO_OF_HAZARD_RATIOS)


ICB, NONE = hazard(0.6, 0.5, 0.72), hazard(1.02, 0.9, 1.15)


def test_a_randomised_interaction_that_excludes_1_is_predictive() -> None:
    verdict = predictive_verdict(
        PredictiveEvidence(
            biomarker="X", under_icb=ICB, control_arm=NONE, randomised=difference(0.6, 0.4, 0.9)
        )
    )
    assert verdict.word == "predictive" and "0.60 (0.40\u20130.90)" in verdict.sentence


@pytest.mark.parametrize("trial", [None, difference(0.8, 0.5, 1.28)])
def test_an_external_ratio_that_excludes_1_is_consistent_with_predictive_without_a_trial_against_it(
    trial: Effect | None,
) -> None:
    evidence = PredictiveEvidence(
        biomarker="X", under_icb=ICB, without_icb=NONE, external=difference(0.6, 0.45, 0.8), randomised=trial
    )
    assert predictive_word(evidence) == "consistent with predictive"


def test_alk_a_ratio_of_0_69_against_an_interaction_of_1_14_is_conflicting_and_not_called_not_shown_to_differ() -> (
    None
):
    """The numbers of the field: outside trials 0.693 (0.484 to 0.993), in trials 1.14 (0.50 to 2.59)."""
    verdict = predictive_verdict(
        PredictiveEvidence(
            biomarker="ALK", under_icb=hazard(0.71, 0.55, 0.92), without_icb=hazard(1.02, 0.8, 1.3),
            external=difference(0.693, 0.484, 0.993), randomised=difference(1.14, 0.50, 2.59),
        )
    )  # fmt: skip
    assert verdict.word == "conflicting"
    assert "not shown to differ" not in verdict.sentence
    assert "0.69 (0.48\u20130.99)" in verdict.sentence and "1.14 (0.50\u20132.59)" in verdict.sentence
    assert "too small to contradict" in verdict.against


def test_two_intervals_without_a_common_value_conflict() -> None:
    evidence = PredictiveEvidence(
        biomarker="X", external=difference(0.5, 0.4, 0.62), randomised=difference(0.98, 0.85, 1.13)
    )
    assert predictive_word(evidence) == "conflicting"


def test_two_estimates_on_both_sides_of_1_that_show_nothing_do_not_conflict() -> None:
    evidence = PredictiveEvidence(
        biomarker="X", external=difference(0.95, 0.7, 1.3), randomised=difference(1.05, 0.6, 1.8)
    )
    assert predictive_word(evidence) == "undetermined"


def test_prognostic_takes_an_effect_without_icb_and_an_interaction_within_two_thirds_and_one_and_a_half() -> (
    None
):
    shown = PredictiveEvidence(
        biomarker="TP53", under_icb=hazard(1.6, 1.4, 1.8), without_icb=hazard(1.55, 1.3, 1.85),
        external=difference(1.03, 0.82, 1.29),
    )  # fmt: skip
    assert predictive_verdict(shown).word == "prognostic"
    wide = PredictiveEvidence(
        biomarker="TP53",
        under_icb=shown.under_icb,
        without_icb=shown.without_icb,
        external=difference(1.03, 0.6, 1.7),
    )
    verdict = predictive_verdict(wide)
    assert verdict.word == "undetermined" and "below 0.67 and above 1.5" in verdict.sentence


def test_shown_under_checkpoint_blockade_and_not_without_it_is_not_a_finding() -> None:
    evidence = PredictiveEvidence(
        biomarker="X", under_icb=hazard(0.7, 0.5, 0.98), without_icb=hazard(0.8, 0.5, 1.28),
        external=difference(0.88, 0.49, 1.55),
    )  # fmt: skip
    verdict = predictive_verdict(evidence)
    assert verdict.word == "undetermined"
    assert "no evidence of no difference" in verdict.against


def test_in_a_family_a_difference_must_hold_there() -> None:
    alone = PredictiveEvidence(
        biomarker="X", under_icb=ICB, without_icb=NONE, external=difference(0.6, 0.45, 0.8),
        family=Family(size=500), external_q=0.2,
    )  # fmt: skip
    verdict = predictive_verdict(alone)
    assert verdict.word == "undetermined" and "not when the family is counted" in verdict.sentence


def test_nothing_to_compare_with_is_undetermined_and_says_why() -> None:
    verdict = predictive_verdict(
        PredictiveEvidence(biomarker="X", under_icb=ICB, why_no_external="nobody without it was profiled")
    )
    assert verdict.word == "undetermined" and "nobody without it was profiled" in verdict.sentence


def test_every_combination_of_estimates_has_one_word_and_full_sentences() -> None:
    differences = [
        None, difference(0.5, 0.4, 0.62), difference(0.8, 0.55, 1.2), difference(1.0, 0.8, 1.25),
        difference(1.1, 0.5, 2.5), difference(1.8, 1.3, 2.5),
    ]  # fmt: skip
    effects = [None, ICB, NONE]
    months = [None, Effect(estimate=2.0, ci_low=-1.0, ci_high=5.0, scale=Scale.DIFFERENCE_IN_MONTHS)]
    seen = set()
    for trial, external, icb, without, control, gain in itertools.product(
        differences, differences, effects, effects, effects, months
    ):
        verdict = predictive_verdict(
            PredictiveEvidence(
                biomarker="X", under_icb=icb, without_icb=without, control_arm=control, randomised=trial,
                randomised_months=gain, external=external,
            )
        )  # fmt: skip
        seen.add(verdict.word)
        for words in (verdict.sentence, verdict.against, verdict.would_settle):
            assert words.endswith(".") and "nan" not in words and "None" not in words and ".." not in words
            assert words[0].isupper()
    assert seen == set(PredictiveWord)


def test_what_does_not_matter_of_one_step_of_a_number_is_narrower_than_between_two_groups() -> None:
    """Two halves lie two standard deviations of their indicator apart: sqrt(0.67) to sqrt(1.5) for one of a number."""
    assert no_difference_of_a_step(1.0) == pytest.approx((math.sqrt(0.67), math.sqrt(1.5)))
    assert no_difference_of_a_step(0.5) == pytest.approx((0.67, 1.5)), "the halves themselves, as 0 and 1"
    assert no_difference_of_a_step(0.0) == (1.0, 1.0)
    of_groups = PredictiveEvidence(
        biomarker="X", control_arm=hazard(1.3, 1.1, 1.5), randomised=difference(0.9, 0.75, 1.08)
    )
    of_number = replace(of_groups, no_difference=no_difference_of_a_step(1.0))
    assert predictive_verdict(of_groups).word == "prognostic"
    assert predictive_verdict(of_number).word == "undetermined"
