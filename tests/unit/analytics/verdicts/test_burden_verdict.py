"""The word on burden, decided from intervals, in both directions of confounding."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest

from analytics.results.estimator import Scale
from analytics.results.verdict_words import BurdenWord
from analytics.verdicts import (
    BurdenEvidence,
    BurdenNull,
    Effect,
    Family,
    burden_verdict,
    power_of_hazard_ratio,
)
from analytics.verdicts.burden import burden_word

POWER = power_of_hazard_ratio(n=1000, carriers=200, events=500)


def effect(estimate: float, spread: float = 1.2) -> Effect:
    """An interval from estimate / spread to estimate * spread."""
    return Effect(estimate=estimate, ci_low=estimate / spread, ci_high=estimate * spread)


def drawn(p: float, z: float = 3.0) -> BurdenNull:
    return BurdenNull(z=z, mean_z=0.0, p=p, draws=5000)


def change(estimate: float, spread: float = 1.05) -> Effect:
    return Effect(
        estimate=estimate,
        ci_low=estimate / spread,
        ci_high=estimate * spread,
        scale=Scale.RATIO_OF_HAZARD_RATIOS,
    )


HARMFUL = BurdenEvidence(
    biomarker="STK11", power=POWER, crude=effect(1.5), beside=effect(1.5), null=drawn(0.0004)
)


def test_a_single_question_whose_null_and_model_exclude_no_effect_is_nominally_beyond_and_says_family_of_one() -> (
    None
):
    verdict = burden_verdict(HARMFUL)
    assert verdict.word == "nominally beyond burden"
    assert "family of one" in verdict.sentence and "1.50" in verdict.sentence


@pytest.mark.parametrize("crude", [effect(1.1), effect(0.95), effect(0.7)])
def test_an_effect_that_burden_hid_is_masked_whether_the_crude_one_holds_1_or_points_the_other_way(
    crude: Effect,
) -> None:
    verdict = burden_verdict(replace(HARMFUL, crude=crude))
    assert verdict.word == "nominally beyond burden, masked by burden"
    assert "burden hid it" in verdict.sentence


def test_in_a_family_beyond_takes_both_false_discovery_rates() -> None:
    among = replace(HARMFUL, family=Family(size=11_733), null_q=0.01, beside_q=0.01)
    assert burden_verdict(among).word == "beyond burden"
    lost = burden_verdict(replace(among, beside_q=0.4))
    assert lost.word == "nominally beyond burden"
    assert "11,733" in lost.against and "0.40" in lost.against


def test_the_null_and_the_model_must_point_the_same_way() -> None:
    assert burden_word(replace(HARMFUL, null=drawn(0.0004, z=-3.0))) == "burden not excluded"


def test_a_shadow_whose_change_is_shown_is_compatible_with_burden_alone() -> None:
    shadow = replace(HARMFUL, crude=effect(0.7), beside=effect(0.98), null=drawn(0.4), change=change(1.4))
    verdict = burden_verdict(shadow)
    assert verdict.word == "compatible with burden alone"
    assert "1.40" in verdict.sentence


@pytest.mark.parametrize("shift", [None, change(1.1, spread=1.2), change(0.8)])
def test_without_a_shown_change_towards_no_effect_burden_is_not_excluded_and_the_events_to_settle_it_are_said(
    shift: Effect | None,
) -> None:
    verdict = burden_verdict(
        replace(HARMFUL, crude=effect(0.7), beside=effect(0.85), null=drawn(0.4), change=shift)
    )
    assert verdict.word == "burden not excluded"
    assert "events" in verdict.would_settle and "80 %" in verdict.would_settle


def test_where_nothing_excludes_1_the_smallest_effect_that_could_have_been_shown_is_said() -> None:
    """exp(2.8016 / sqrt(500 * 0.2 * 0.8)) = 1.368."""
    verdict = burden_verdict(replace(HARMFUL, crude=effect(1.05), beside=effect(1.1), null=drawn(0.3)))
    assert verdict.word == "no association shown"
    assert "1.37" in verdict.sentence and "no evidence of no effect" in verdict.against


@pytest.mark.parametrize("power", [power_of_hazard_ratio(1000, 4, 500), power_of_hazard_ratio(1000, 200, 4)])
def test_fewer_than_five_carriers_or_events_are_too_few_whatever_the_estimate(power) -> None:  # type: ignore[no-untyped-def]
    assert burden_word(replace(HARMFUL, power=power)) == "too few to say"


def test_nothing_shown_where_only_a_ratio_beyond_3_could_have_been_is_too_few_to_say() -> None:
    weak = power_of_hazard_ratio(n=100, carriers=8, events=50)
    assert weak.smallest > 3
    unshown = replace(HARMFUL, power=weak, crude=effect(1.05), beside=effect(1.1), null=drawn(0.3))
    assert burden_word(unshown) == "too few to say"
    shown = burden_verdict(replace(HARMFUL, power=weak))
    assert shown.word == "nominally beyond burden" and "too large" in shown.against


def test_an_effect_whose_burden_is_not_known_is_not_excluded_from_burden() -> None:
    verdict = burden_verdict(replace(HARMFUL, beside=None, null=None))
    assert verdict.word == "burden not excluded" and "not held against it" in verdict.against


def test_every_combination_of_estimates_has_one_word_and_full_sentences() -> None:
    """Brute force over what can be shown, in which direction, or be missing."""
    effects = [None, effect(0.5), effect(0.95), effect(1.05), effect(2.0)]
    nulls = [None, drawn(0.001), drawn(0.001, -3.0), drawn(0.5)]
    changes = [None, change(0.6), change(1.0), change(1.6)]
    families = [(Family(), None, None), (Family(size=100), 0.001, 0.001), (Family(size=100), 0.5, 0.001)]
    powers = [POWER, power_of_hazard_ratio(1000, 3, 500), power_of_hazard_ratio(100, 8, 50)]
    seen = set()
    for crude, beside, null, shift, (family, null_q, beside_q), power in itertools.product(
        effects, effects, nulls, changes, families, powers
    ):
        verdict = burden_verdict(
            BurdenEvidence(
                biomarker="X", power=power, crude=crude, beside=beside, null=null, change=shift, family=family,
                null_q=null_q, beside_q=beside_q,
            )
        )  # fmt: skip
        seen.add(verdict.word)
        for words in (verdict.sentence, verdict.against, verdict.would_settle):
            assert words.endswith(".") and "nan" not in words and "None" not in words and ".." not in words
            assert words[0].isupper() or words[0].isdigit()
        assert verdict.sentence.startswith(f"X: {verdict.word}. ")
    assert seen == set(BurdenWord)


@pytest.mark.parametrize("flip", [1.0, -1.0])
def test_protective_and_harmful_effects_get_the_same_word(flip: float) -> None:
    """The rule knows no preferred direction of confounding."""
    for crude, beside, z, p in [
        (1.5, 1.5, 3, 0.001),
        (1.1, 1.5, 3, 0.001),
        (1.5, 1.05, 1, 0.3),
        (1.02, 1.05, 1, 0.3),
    ]:
        evidence = BurdenEvidence(
            biomarker="X",
            power=POWER,
            crude=effect(math.exp(flip * math.log(crude))),
            beside=effect(math.exp(flip * math.log(beside))),
            null=drawn(p, flip * z),
            change=change(math.exp(flip * (math.log(beside) - math.log(crude)))),
        )
        expected = {
            (1.5, 1.5): "nominally beyond burden",
            (1.1, 1.5): "nominally beyond burden, masked by burden",
            (1.5, 1.05): "compatible with burden alone",
            (1.02, 1.05): "no association shown",
        }
        assert burden_word(evidence) == expected[crude, beside]


def test_people_who_could_have_shown_one_and_a_half_are_asked_for_what_was_found() -> None:
    nothing = replace(HARMFUL, crude=effect(1.15), beside=effect(1.1), null=drawn(0.6))
    needed = POWER.events_needed(1.5)
    assert needed < POWER.events, "500 events show 1.5"
    said = burden_verdict(nothing).would_settle
    assert "1.15, as it was found" in said and "(now 500)" in said
    assert f"{math.ceil(POWER.events_needed(1.15)):,} events" in said
    tiny = replace(nothing, crude=effect(1.01))
    assert "smaller than that" in burden_verdict(tiny).would_settle


def test_people_who_had_the_power_for_what_is_left_beside_burden_are_not_asked_for_fewer_events() -> None:
    left = replace(HARMFUL, beside=Effect(estimate=1.5, ci_low=0.98, ci_high=2.3), null=drawn(0.4))
    settle = burden_verdict(left).would_settle
    assert settle.startswith(
        "The same in another cohort: these people, with 500 events, had 80 % power for 1.50 beside burden ("
    )
    assert POWER.events_needed(1.5) < POWER.events


def test_the_share_of_draws_is_said_in_per_cent() -> None:
    crude_only = replace(HARMFUL, beside=effect(1.1), null=drawn(0.07))
    assert "in 7.0 % of the draws" in burden_verdict(crude_only).against


SEARCHED = replace(HARMFUL, searched_p=0.36)


def test_a_cut_that_was_searched_and_does_not_pay_for_the_search_claims_nothing_whatever_its_interval() -> (
    None
):
    verdict = burden_verdict(SEARCHED)
    assert verdict.word == "no association shown"
    assert "p = 0.36 pays" in verdict.sentence and "36 %" in verdict.against
    few = replace(SEARCHED, power=power_of_hazard_ratio(n=126, carriers=113, events=20))
    assert burden_verdict(few).word == "too few to say" and "36 %" in burden_verdict(few).against


def test_no_shadow_is_made_of_an_effect_that_the_search_does_not_pay_for() -> None:
    shadow = replace(SEARCHED, crude=effect(0.7), beside=effect(0.98), null=drawn(0.4), change=change(1.4))
    assert burden_word(shadow) == "no association shown"


def test_a_cut_that_pays_for_its_search_keeps_the_word_and_the_search_is_what_speaks_against_it() -> None:
    verdict = burden_verdict(replace(SEARCHED, searched_p=0.001))
    assert verdict.word == "nominally beyond burden" and "searched in the same people" in verdict.against


def test_where_burden_is_known_of_some_people_the_sentence_says_whose_numbers_it_has() -> None:
    assert (
        "Burden is known of 760 of the 1,000 people" in burden_verdict(replace(HARMFUL, n_known=760)).sentence
    )
    assert "is known of" not in burden_verdict(HARMFUL).sentence
