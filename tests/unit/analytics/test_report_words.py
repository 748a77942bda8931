"""Numbers and names as a reader wants them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analytics.engine.numbers import estimate_text, fixed, number, p_relation, p_value, ratio, with_ends
from analytics.report.chapters.methods import methods_of
from analytics.report.render import breakable, together
from analytics.report.words import key_words, shown_scale, slug


@pytest.mark.parametrize(
    ("p", "shown"),
    [(0.00004, "4.0e-05"), (0.00042, "0.00042"), (0.001, "0.0010"), (0.0250, "0.025"), (0.09949, "0.099"),
     (0.0996, "0.10"), (0.5, "0.50"), (1.0, "1.00"), (0.0, "<1e-300"), (None, ""), (math.nan, ""), (pd.NA, "")],
)  # fmt: skip
def test_p_keeps_two_significant_digits_however_small(p: float | None, shown: str) -> None:
    assert p_value(p) == shown


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0499, "0.0499"), (0.05, "0.050"), (0.05004, "0.05004"), (0.051, "0.051")]
)
def test_p_never_hides_on_which_side_of_a_twentieth_it_is(p: float, shown: str) -> None:
    assert p_value(p) == shown


def test_a_permutation_p_that_nothing_reached_says_what_could_be_seen() -> None:
    assert p_value(1 / 10_001, 1 / 10_000) == "<0.0001"
    assert p_relation(1 / 1_001, 1 / 1_000) == "< 0.001"
    assert p_relation(2 / 1_001, 1 / 1_000) == "= 0.0020"
    assert p_relation(None) == "not known"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0004, "0.00040"),
        (0.34, "0.34"),
        (12.346, "12.35"),
        (250.0, "250"),
        (1234.5, "1,234"),
        (math.inf, "\u221e"),
    ],
)
def test_a_ratio_never_reads_zero_and_needs_no_decimals_from_a_hundred_on(value: float, shown: str) -> None:
    assert ratio(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.3375, "0.34"), (0.0049, "0.0049"), (0.999, "1.00"), (1234.5, "1,234.50"), (0.0, "0.00"),
     (-0.5, "\u22120.50")],
)  # fmt: skip
def test_a_ratio_has_two_decimals_and_never_reads_zero_point_zero_zero(value: float, shown: str) -> None:
    assert fixed(value, 2) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456, "0.123"),
        (12345.6, "12,346"),
        (0.0000123, "1.2e\u221205"),
        (-3.5, "\u22123.50"),
        (0, "0"),
        (None, ""),
    ],
)
def test_a_plain_number_has_three_significant_digits(value: float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("scale", "unit", "shown"),
    [
        ("count", "", "count"),
        ("share", "", "percent"),
        ("difference of shares", "", "points"),
        ("months", "", "months"),
        ("difference in months", "", "months"),
        ("hazard ratio", "", "ratio"),
        ("odds ratio", "", "ratio"),
        ("ratio of hazard ratios", "", "ratio"),
        ("difference of values", "", "plain"),
        ("value", "months", "months"),
        (None, "", "plain"),
    ],
)
def test_how_a_number_is_written_follows_from_its_scale(scale: str | None, unit: str, shown: str) -> None:
    assert shown_scale(scale, unit) == shown


def test_an_interval_that_may_be_negative_is_written_with_to() -> None:
    assert with_ends(-0.033, -0.087, 0.026, "points") == ("\u22123.3 (\u22128.7 to 2.6)")


def test_no_month_has_a_sign_of_its_own() -> None:
    assert with_ends(-0.04, -0.13, 0.03, "months") == "0.0 (\u22120.1 to 0.0)"


def test_an_end_that_is_not_reached_is_said_so() -> None:
    assert with_ends(94.8, 48.6, None, "months") == "94.8 (48.6\u2013not reached)"
    assert estimate_text(None, "months") == ""


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("os.cox_burden_adjusted", "Hazard ratio, Cox, adjusted for burden"),
        ("orr_itt.rate.wild_type", "Objective response, by intention to treat, wild-type, %"),
        ("os.random_effects.without.liu_2019", "The same without liu_2019"),
        ("something.new_here", "Something, new here"),
    ],
)
def test_keys_are_read_as_words(key: str, words: str) -> None:
    assert key_words(key) == words


def test_names_break_after_their_separators_and_numbers_keep_their_units() -> None:
    assert breakable("a/b_<c>") == "a/<wbr>b_<wbr>&lt;c&gt;"
    assert together("24 % of them, P = 0.03") == "24\u00a0% of them, P\u00a0=\u00a00.03"


def test_a_fragment_is_safe_whatever_the_name_holds() -> None:
    assert slug("a/b@c d'\"<x>") == "a-b-c-d-x"


def test_each_estimator_has_its_paragraph_once_and_an_unknown_one_is_an_error() -> None:
    headings = dict(methods_of(["cox", "log_rank", "log_rank_oe", "kaplan_meier", "cox"], with_scan=False))
    assert list(headings) == [
        "Kaplan-Meier",
        "Log-rank test",
        "Log-rank O/E hazard ratio",
        "Cox proportional hazards",
    ]
    with pytest.raises(KeyError, match="thing_x"):
        methods_of(["thing_x"], with_scan=False)
