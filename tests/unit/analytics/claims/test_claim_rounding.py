"""What a printed number stands for."""

import math

import pytest
from scipy import stats

from analytics.claims.rounding import (
    Range,
    counts_behind,
    p_range,
    printed_range,
    two_sided_z,
    units_apart,
)
from analytics.engine.numbers import p_value


def test_a_printed_number_stands_for_everything_that_rounds_to_it() -> None:
    behind = printed_range(0.35, 2)
    assert behind.contains(0.345) and behind.contains(0.3549) and behind.contains(0.355)
    assert not behind.contains(0.3449) and not behind.contains(0.3551)


def test_a_p_below_a_bound_stands_for_everything_below() -> None:
    assert p_range(0.001, 3, "<") == Range(0.0, 0.001)


def test_a_printed_p_never_leaves_zero_to_one() -> None:
    assert p_range(0.0, 2, "=") == Range(0.0, 0.005)
    assert p_range(1.0, 2, "=") == Range(0.995, 1.0)


@pytest.mark.parametrize("p", [1e-12, 0.016, 0.5, 1.0])
def test_two_sided_z_gives_back_its_p(p: float) -> None:
    assert 2 * stats.norm.sf(two_sided_z(p)) == pytest.approx(p, rel=1e-9)


def test_a_p_of_zero_is_an_infinite_z() -> None:
    assert two_sided_z(0.0) == math.inf


def test_counts_behind_a_percentage_are_found_by_trying_all() -> None:
    for denominator in (1, 7, 72, 285, 1406):
        for percent, decimals in ((35.0, 0), (53.0, 0), (44.56, 2), (0.0, 1), (100.0, 0)):
            behind = printed_range(percent, decimals)
            tried = [k for k in range(denominator + 1) if behind.contains(100 * k / denominator)]
            assert list(counts_behind(behind, denominator)) == tried


def test_fifty_three_percent_of_seventy_two_is_thirty_eight() -> None:
    assert list(counts_behind(printed_range(53, 0), 72)) == [38]


def test_the_gap_between_touching_intervals_is_zero() -> None:
    assert Range(0.0, 0.3).gap_to(Range(0.1 + 0.2, 1.0)) == 0.0
    assert Range(3.3, math.inf).gap_to(Range(1.0, 2.0)) == pytest.approx(1.3)


def test_no_interval_of_a_printed_number_holds_infinity() -> None:
    assert not printed_range(268.5, 1).contains(math.inf)
    assert Range(math.inf, math.inf).contains(math.inf)


def test_units_apart_counts_in_the_last_printed_digit() -> None:
    assert units_apart(0.362, 0.35, 2) == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0250, "0.025"), (0.00098, "0.00098"), (0.38, "0.38"), (1e-6, "1.0e-06"), (1.0, "1.00")],
)
def test_p_is_written_with_two_significant_digits(p: float, text: str) -> None:
    assert p_value(p) == text
