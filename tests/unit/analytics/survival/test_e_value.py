"""The E-value: the values that its paper prints, and the bound that defines it."""

from __future__ import annotations

import pytest

from analytics.survival.e_value import e_value


def test_it_is_that_of_vanderweele_and_ding() -> None:
    """Their example: risk ratio 3.9 (1.8 to 8.7) has the E-values 7.2 and 3.0."""
    found = e_value(3.9, 1.8, 8.7, event_share=0.01)
    assert found.of_estimate == pytest.approx(7.26, abs=0.005)
    assert found.of_interval == pytest.approx(3.0, abs=0.005)


@pytest.mark.parametrize("ratio", [1.2, 2.0, 5.0])
def test_a_confounder_of_that_strength_makes_just_this_ratio(ratio: float) -> None:
    """Ding and VanderWeele 2016: the largest bias of a confounder is RR_EU RR_UD / (RR_EU + RR_UD - 1)."""
    strength = e_value(ratio, ratio / 1.1, ratio * 1.1, event_share=0.01).of_estimate
    assert strength * strength / (2 * strength - 1) == pytest.approx(ratio)


def test_a_protective_ratio_has_the_e_value_of_its_inverse_and_an_interval_with_1_has_1() -> None:
    harm, good = e_value(2.0, 1.5, 2.7, 0.6), e_value(1 / 2.0, 1 / 2.7, 1 / 1.5, 0.6)
    assert good.of_estimate == pytest.approx(harm.of_estimate)
    assert good.of_interval == pytest.approx(harm.of_interval)
    assert e_value(1.2, 0.9, 1.6, 0.6).of_interval == 1.0


def test_a_common_outcome_is_turned_into_a_risk_ratio() -> None:
    """By hand: (1 - 0.5^sqrt(2)) / (1 - 0.5^sqrt(0.5)) = 0.62479 / 0.38746 = 1.6125; 1.6125 + sqrt(1.6125 * 0.6125)."""
    assert e_value(2.0, 1.5, 2.7, event_share=0.6).of_estimate == pytest.approx(2.606, abs=2e-3)
    assert e_value(2.0, 1.5, 2.7, event_share=0.1).of_estimate == pytest.approx(3.414, abs=1e-3)
