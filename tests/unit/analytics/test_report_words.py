"""Numbers and names as a reader wants them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analytics.engine.numbers import estimate_text, fixed, number, p_relation, p_value, ratio, with_interval
from analytics.report.methods import methods_of
from analytics.report.render import breakable, together
from analytics.report.words import key_words, scale_of, sentences, slug


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
    ("key", "estimator", "scale"),
    [
        ("flow.n_mutated", "count", "count"),
        ("orr.rate.mutated", "clopper_pearson", "percent"),
        ("orr.difference", "newcombe", "points"),
        ("os.median.mutated", "kaplan_meier", "months"),
        ("os.restricted_mean_difference", "restricted_mean", "months"),
        ("os.cox_adjusted", "cox", "ratio"),
        ("orr.fisher", "fisher_exact", "ratio"),
        ("os.random_effects", "random effects, REML, Hartung-Knapp", "ratio"),
        ("tmb.wilcoxon", "wilcoxon", "plain"),
    ],
)
def test_the_kind_of_number_follows_from_key_and_estimator(key: str, estimator: str, scale: str) -> None:
    assert scale_of(key, estimator) == scale


def test_an_interval_that_may_be_negative_is_written_with_to() -> None:
    assert with_interval({"estimate": -0.033, "ci_low": -0.087, "ci_high": 0.026}, "points") == (
        "\u22123.3 (\u22128.7 to 2.6)"
    )


def test_an_end_that_is_not_reached_is_said_so() -> None:
    assert (
        with_interval({"estimate": 94.8, "ci_low": 48.6, "ci_high": None}, "months")
        == "94.8 (48.6\u2013not reached)"
    )
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


def test_a_paragraph_of_warnings_is_told_sentence_by_sentence() -> None:
    assert sentences("Few events. 3 rows left out. drug_class was dropped.") == [
        "Few events.", "3 rows left out. drug_class was dropped.",
    ]  # fmt: skip


def test_each_estimator_has_its_paragraph_once_and_an_unknown_one_is_named() -> None:
    headings = dict(
        methods_of(
            ["cox", "cox_adjusted", "log_rank", "log_rank_oe", "kaplan_meier", "thing_x"], with_scan=False
        )
    )
    assert set(headings) == {
        "Kaplan-Meier",
        "Log-rank O/E hazard ratio",
        "Log-rank test",
        "Cox proportional hazards",
        "Others",
    }
    assert "Thing x" in headings["Others"]
