"""Rates, differences and 2 x 2 tests reach R and the values printed by their authors."""

import json
import math
from pathlib import Path

import pytest

from analytics.errors import InvalidSettingError
from analytics.response.rates import exact_rate, newcombe_difference, wilson_interval
from analytics.response.two_by_two import fisher_exact_test, pearson_chi_square_test

REFERENCE = Path(__file__).parents[3] / "reference" / "survival"
CASES = json.loads((REFERENCE / "response.json").read_text())


@pytest.fixture(params=CASES, ids=lambda case: str(case["table"]))
def case(request):
    return request.param


def number(value):
    return math.inf if value == "Inf" else value


def test_clopper_pearson_equals_binom_test(case):
    (yes, no), _ = case["table"]
    rate = exact_rate(yes, yes + no)
    assert [rate.ci_low, rate.ci_high] == pytest.approx(case["rate_ci"], abs=1e-10)


def test_wilson_equals_prop_test(case):
    (yes, no), _ = case["table"]
    assert list(wilson_interval(yes, yes + no)) == pytest.approx(case["wilson"], abs=1e-10)


def test_newcombe_equals_the_formula_on_r_s_wilson_intervals(case):
    (a, b), (c, d) = case["table"]
    result = newcombe_difference(a, a + b, c, c + d)
    assert [result.ci_low, result.ci_high] == pytest.approx(case["newcombe"], abs=1e-10)


def test_fisher_odds_ratio_and_interval_solve_the_conditional_likelihood(case):
    result = fisher_exact_test(tuple(map(tuple, case["table"])))
    expected = case["fisher"]
    assert result.odds_ratio == pytest.approx(number(expected["odds_ratio"]), rel=1e-8)
    assert result.ci_low == pytest.approx(number(expected["low"]), rel=1e-8)
    assert result.ci_high == pytest.approx(number(expected["high"]), rel=1e-8)
    assert result.p == pytest.approx(expected["p"], rel=1e-9)


def test_chi_square_with_and_without_yates_equals_chisq_test(case):
    table = tuple(map(tuple, case["table"]))
    assert pearson_chi_square_test(table).statistic == pytest.approx(case["chisq"], rel=1e-10)
    assert pearson_chi_square_test(table, yates=True).statistic == pytest.approx(
        case["chisq_yates"], rel=1e-10, abs=1e-12
    )


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_1998_table_2_method_10(counts, low, high):
    result = newcombe_difference(*counts)
    assert (round(result.ci_low, 4), round(result.ci_high, 4)) == (low, high)


def test_the_lady_tasting_tea():
    # Fisher's own example, 3 of 4 cups: R prints 6.408309 (0.2117329 to 621.9337505). R finds limits with
    # uniroot()'s default tolerance of 1.2e-4, which leaves 0.7 % in an upper limit this far out.
    result = fisher_exact_test(((3, 1), (1, 3)))
    assert result.p == pytest.approx(34 / 70)
    assert result.odds_ratio == pytest.approx(6.408309, rel=1e-5)
    assert result.ci_low == pytest.approx(0.2117329, rel=1e-4)
    assert result.ci_high == pytest.approx(621.9337505, rel=1e-2)


@pytest.mark.parametrize(("n_yes", "low", "high"), [(0, 0.0, 0.3084971), (10, 0.6915029, 1.0)])
def test_rates_of_none_and_all_have_one_sided_limits_at_the_boundary(n_yes, low, high):
    # 1 - 0.025^(1/10) = 0.3084971
    rate = exact_rate(n_yes, 10)
    assert (rate.ci_low, rate.ci_high) == pytest.approx((low, high), abs=1e-7)


def test_a_table_with_an_empty_margin_has_no_odds_ratio_and_no_chi_square():
    result = fisher_exact_test(((0, 5), (0, 9)))
    assert math.isnan(result.odds_ratio)
    assert (result.ci_low, result.ci_high, result.p) == (0.0, math.inf, 1.0)
    assert math.isnan(pearson_chi_square_test(((0, 5), (0, 9))).p)


@pytest.mark.parametrize(
    "table", [((1, 2), (3, -1)), ((0.5, 2), (3, 1)), ((0, 0), (0, 0)), ((1, 2, 3), (3, 1, 2))]
)
def test_impossible_tables_are_refused(table):
    with pytest.raises(InvalidSettingError, match="not four whole numbers of people"):
        fisher_exact_test(table)


@pytest.mark.parametrize(("n_yes", "n"), [(1, 0), (5, 4), (-1, 4)])
def test_impossible_rates_are_refused(n_yes, n):
    with pytest.raises(InvalidSettingError, match="is not a rate"):
        exact_rate(n_yes, n)


def test_a_level_in_percent_is_refused():
    with pytest.raises(InvalidSettingError, match=r"write 95 % as 0\.95"):
        exact_rate(1, 2, conf_level=95)
