"""Smallest ratio and events needed: the field's formula, R's answer, and a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analytics.verdicts import events_needed, power_of_hazard_ratio, power_of_odds_ratio, smallest_ratio


def test_the_smallest_ratio_is_schoenfelds() -> None:
    """exp((1.96 + 0.84) / sqrt(300 * 0.25 * 0.75)) = 1.4526 by hand, to the three digits that 1.96 and 0.84 have."""
    assert smallest_ratio(300, 0.25 * 0.75) == pytest.approx(math.exp(2.80 / math.sqrt(56.25)), abs=5e-4)
    assert smallest_ratio(300, 0.25 * 0.75, r2=0.3) == pytest.approx(
        math.exp(2.80 / math.sqrt(39.375)), abs=5e-4
    )


def test_events_needed_are_those_of_the_textbooks() -> None:
    """Hazard ratio 0.57, equal groups, 90 % power: 4 (1.96 + 1.28)^2 / log(0.57)^2 = 133 (Collett, Modelling Survival
    Data in Medical Research, chapter on sample size); 2 at 80 %: 4 (1.96 + 0.84)^2 / log(2)^2 = 65.3."""
    assert events_needed(0.57, 0.5 * 0.5, power=0.9) == pytest.approx(133, abs=1.0)
    assert events_needed(2.0, 0.5 * 0.5) == pytest.approx(65.3, abs=0.1)


def test_the_two_are_inverse_and_symmetric_in_the_ratio() -> None:
    for share in (0.03, 0.2, 0.5):
        variance = share * (1 - share)
        assert smallest_ratio(events_needed(1.7, variance, 0.2), variance, 0.2) == pytest.approx(1.7)
        assert events_needed(1.7, variance) == pytest.approx(events_needed(1 / 1.7, variance))


def test_a_log_rank_test_shows_the_smallest_ratio_in_four_of_five_trials() -> None:
    """Simulation, no censoring: 400 people, 30 % carriers, exponential; score test at each draw."""
    rng = np.random.default_rng(11)
    power = power_of_hazard_ratio(n=400, carriers=120, events=400)
    group = np.zeros(400)
    group[:120] = 1.0
    hits = 0
    for _ in range(1000):
        time = rng.exponential(1.0, 400) / np.where(group == 1, power.smallest, 1.0)
        ordered = group[np.argsort(time)]
        at_risk = np.arange(400, 0, -1)
        share = np.cumsum(ordered[::-1])[::-1] / at_risk
        z = (ordered - share).sum() / math.sqrt((share * (1 - share)).sum())
        hits += abs(z) > stats.norm.isf(0.025)
    assert hits / 1000 == pytest.approx(0.8, abs=0.04)


def test_of_a_response_n_r_1_minus_r_stands_in_the_place_of_the_events() -> None:
    """A Wald test of a logistic model with one binary term has this variance at no effect: by hand."""
    power = power_of_odds_ratio(n=200, carriers=50, responders=60)
    variance = 1 / (50 * 0.3 * 0.7) + 1 / (150 * 0.3 * 0.7)
    assert math.log(power.smallest) == pytest.approx(2.8016 * math.sqrt(variance), rel=1e-4)
    assert power.events_needed(power.smallest) == pytest.approx(60)


def test_nothing_to_compare_could_have_shown_nothing() -> None:
    assert smallest_ratio(0, 0.5) == math.inf and smallest_ratio(100, 0.0) == math.inf
    assert events_needed(1.0, 0.5) == math.inf
    assert power_of_hazard_ratio(0, 0, 0).smallest == math.inf
