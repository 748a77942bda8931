"""The fixed verdict words: one test per line of the rule."""

import numpy as np
import pytest

from analytics.meta.interaction import ratio_estimate
from analytics.meta.verdict import Evidence, decide_verdict


def hr(ratio, log_se):
    return ratio_estimate(float(np.log(ratio)), log_se)


def evidence(ratio, log_se, events=50):
    return Evidence(hr(ratio, log_se), events)


SHOWN = evidence(0.5, 0.15)
NULL = evidence(1.02, 0.10)
VAGUE = evidence(0.9, 0.40)


def test_an_effect_that_differs_from_the_one_without_icb_is_predictive():
    result = decide_verdict(SHOWN, NULL)
    assert (result.verdict, result.basis) == ("predictive", "ratio of hazard ratios")
    assert result.ratio_of_hazard_ratios.ci_high < 1


def test_not_significant_without_icb_is_not_enough_for_predictive():
    result = decide_verdict(SHOWN, VAGUE)
    assert result.verdict == "associated in ICB only"
    assert "not shown to differ" in result.reason


def test_the_same_effect_without_icb_is_prognostic():
    assert decide_verdict(SHOWN, evidence(0.55, 0.12)).verdict == "prognostic"


def test_an_effect_without_icb_that_icb_does_not_contradict_is_prognostic():
    assert decide_verdict(evidence(0.8, 0.3), evidence(0.55, 0.12)).verdict == "prognostic"


def test_opposite_directions_without_a_shown_difference_are_undetermined():
    assert decide_verdict(evidence(1.1, 0.5), evidence(0.55, 0.12)).verdict == "undetermined"


def test_nothing_shown_anywhere_is_undetermined():
    assert decide_verdict(VAGUE, NULL).verdict == "undetermined"


def test_without_any_comparison_an_effect_under_icb_is_undetermined():
    result = decide_verdict(SHOWN, None)
    assert (result.verdict, result.basis) == ("undetermined", "none")
    assert "prognosis cannot be ruled out" in result.reason


def test_a_randomised_interaction_is_predictive_whatever_the_cohorts_say():
    result = decide_verdict(VAGUE, NULL, hr(0.4, 0.2))
    assert (result.verdict, result.basis) == ("predictive", "randomised interaction")


def test_a_trial_without_interaction_overrules_a_difference_between_cohorts():
    assert decide_verdict(SHOWN, NULL).verdict == "predictive"
    result = decide_verdict(SHOWN, NULL, hr(0.95, 0.2))
    assert (result.verdict, result.basis) == ("associated in ICB only", "randomised interaction")


@pytest.mark.parametrize("few_in", ["icb", "control"])
def test_fewer_than_five_events_among_carriers_settle_nothing(few_in):
    icb = evidence(0.5, 0.15, 4 if few_in == "icb" else 50)
    control = evidence(1.02, 0.10, 4 if few_in == "control" else 50)
    result = decide_verdict(icb, control)
    assert result.verdict == "undetermined"
    assert "only 4 events among carriers" in result.reason
    assert result.ratio_of_hazard_ratios is None
