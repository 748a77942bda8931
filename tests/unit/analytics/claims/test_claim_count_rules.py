"""Percentages, the whole numbers behind them, and the P between two."""

import numpy as np
import pytest
from claim_builders import number, p_claim, relation
from scipy import stats

from analytics.claims.consistency import find_inconsistencies
from analytics.claims.count_rules import pearson_p, yates_p


def found(*claims, relations=()):  # type: ignore[no-untyped-def]
    return [finding.rule_id for finding in find_inconsistencies(claims, relations)]


@pytest.mark.parametrize(
    "table", [[[10, 8], [95, 190]], [[1, 22], [15, 1]], [[3, 4], [5, 6]], [[0, 5], [3, 9]]]
)
def test_chi_square_is_that_of_scipy_with_and_without_correction(table: list[list[int]]) -> None:
    observed = np.array(table)
    assert pearson_p(observed) == pytest.approx(
        stats.chi2_contingency(observed, correction=False).pvalue, rel=1e-9
    )
    assert yates_p(observed) == pytest.approx(
        stats.chi2_contingency(observed, correction=True).pvalue, rel=1e-9
    )


def test_a_table_with_an_empty_margin_compares_nothing() -> None:
    assert pearson_p(np.array([[0, 5], [0, 9]])) == 1.0


@pytest.mark.parametrize(
    ("text", "numerator", "denominator"),
    [("8.9", 125, 1406), ("6.0", 91, 1524), ("7.4", 216, 2930), ("2.9", 323, 10953), ("85.2", 328, 385),
     ("9.4", 36, 385), ("4.9", 19, 385), ("0.5", 2, 385), ("55.56", 10, 18)],
)  # fmt: skip
def test_percentages_of_their_counts_raise_nothing(text: str, numerator: int, denominator: int) -> None:
    assert found(number("X.a", text, "proportion", numerator=numerator, denominator=denominator)) == []


@pytest.mark.parametrize(
    ("text", "numerator", "denominator"), [("35", 15, 38), ("9.0", 125, 1406), ("9.3", 36, 385)]
)
def test_a_percentage_that_its_counts_do_not_give_is_found(
    text: str, numerator: int, denominator: int
) -> None:
    claim = number("X.a", text, "proportion", numerator=numerator, denominator=denominator)
    assert found(claim) == ["percentage_not_of_counts"]


def test_a_percentage_that_no_whole_number_gives_is_found() -> None:
    # 1/7 = 14.29, 2/7 = 28.57
    assert found(number("X.a", "20", "proportion", denominator=7)) == ["percentage_not_reachable"]
    assert found(number("X.a", "29", "proportion", denominator=7)) == []


def test_a_bound_below_eight_percent_of_few_patients_is_reached_by_nobody() -> None:
    assert found(number("X.a", "8", "proportion", denominator=4, estimate_operator="<")) == []


def test_a_printed_numerator_must_be_among_the_counts() -> None:
    # 15 is 35 % of 43 only
    assert found(number("X.a", "35", "proportion", numerator=15, n_total=43)) == []
    assert found(number("X.a", "35", "proportion", numerator=15, n_total=42)) == ["percentage_not_reachable"]


def test_percentages_of_the_same_patients_need_one_denominator() -> None:
    # 33.33 needs a multiple of 3, 14.29 a multiple of 7: together 21 or more
    claims = [
        number("X.a", "33.33", "proportion", n_total=20),
        number("X.b", "14.29", "proportion", n_total=20),
    ]
    same = relation("same_denominator", "X.a", ("X.b", "member"))
    assert found(*claims) == []
    assert found(*claims, relations=[same]) == ["percentage_not_reachable"]
    wider = [
        number("X.a", "33.33", "proportion", n_total=21),
        number("X.b", "14.29", "proportion", n_total=21),
    ]
    assert found(*wider, relations=[same]) == []


def test_more_mutated_than_patients_is_found() -> None:
    assert found(number("X.a", "418", n_total=418, n_mutated=419)) == ["part_exceeds_whole"]


def rates(p: str, first: str, second: str, n_total: int | None):  # type: ignore[no-untyped-def]
    return [
        p_claim("X.p", p),
        number("X.a", first, "proportion", n_total=n_total),
        number("X.b", second, "proportion", n_total=n_total),
    ]


COMPARES = relation("compares", "X.p", ("X.a", "group_1"), ("X.b", "group_2"))


def test_a_p_that_some_whole_numbers_reach_raises_nothing() -> None:
    p = stats.fisher_exact([[14, 4], [127, 158]]).pvalue
    assert found(*rates(f"={p:.3f}", "77.78", "44.56", 418), relations=[COMPARES]) == []


def test_a_p_that_no_whole_numbers_reach_is_found() -> None:
    # with at most 20 patients, 10 % against 20 % is never significant
    assert found(*rates("=0.001", "10.0", "20.0", 20), relations=[COMPARES]) == ["p_not_of_counts"]


def test_without_a_printed_number_of_patients_a_p_between_percentages_is_left_alone() -> None:
    assert found(*rates("=0.001", "10.0", "20.0", None), relations=[COMPARES]) == []


def test_when_too_many_whole_numbers_qualify_the_rule_is_silent() -> None:
    assert found(*rates("=0.001", "10", "20", 5_000), relations=[COMPARES]) == []


def test_two_p_values_of_the_same_patients_must_be_reached_together() -> None:
    # 50 % against 25 %: 0.05 needs other numbers of patients than 0.50 does, in the same patients
    claims = [
        *rates("=0.05", "50.0", "25.0", 120),
        p_claim("X.q", "=0.50"),
        number("X.c", "50.0", "proportion", n_total=120),
        number("X.d", "25.0", "proportion", n_total=120),
    ]
    both = [
        COMPARES,
        relation("compares", "X.q", ("X.c", "group_1"), ("X.d", "group_2")),
    ]
    assert found(*claims, relations=both) == []
    same = [
        relation("same_denominator", "X.a", ("X.c", "member")),
        relation("same_denominator", "X.b", ("X.d", "member")),
    ]
    assert found(*claims, relations=[*both, *same]) == ["p_not_of_counts"]
