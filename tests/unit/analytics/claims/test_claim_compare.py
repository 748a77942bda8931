"""One claim beside one statistic: what exact, within rounding and different mean."""

import math

import pytest
from claim_builders import hazard_ratio, number, p_claim

from analytics.claims.check import check_claim
from analytics.claims.compare import compare_number, compare_p
from analytics.claims.model import DIFFERENT, EXACT, NO_NUMBER_PRINTED, NOT_YET_COMPUTED, WITHIN_ROUNDING
from analytics.claims.statistics import ComputedStatistic


@pytest.mark.parametrize(
    ("computed", "verdict"),
    [
        (0.338, EXACT), (0.335, EXACT), (0.345, EXACT), (0.3349, WITHIN_ROUNDING), (0.33, WITHIN_ROUNDING),
        (0.35, WITHIN_ROUNDING), (0.3299, DIFFERENT), (0.3501, DIFFERENT),
    ],
)  # fmt: skip
def test_a_printed_034_is_exact_within_half_and_within_rounding_up_to_one_last_digit(
    computed: float, verdict: str
) -> None:
    assert compare_number(0.34, 2, "=", computed) == verdict


def test_half_way_values_count_either_way() -> None:
    # 0.25 is printed 0.2 by rounding to even and 0.3 by rounding up
    assert compare_number(0.2, 1, "=", 0.25) == EXACT
    assert compare_number(0.3, 1, "=", 0.25) == EXACT


def test_whole_numbers_have_no_rounding() -> None:
    assert compare_number(125, 0, "=", 125.0, whole=True) == EXACT
    assert compare_number(125, 0, "=", 124.0, whole=True) == DIFFERENT


@pytest.mark.parametrize(
    ("computed", "verdict"),
    [
        (0.00099, EXACT),
        (0.0, EXACT),
        (0.001, WITHIN_ROUNDING),
        (0.0014, WITHIN_ROUNDING),
        (0.0016, DIFFERENT),
    ],
)
def test_a_p_below_a_bound_is_exact_below_it_and_within_rounding_where_it_rounds_to_it(
    computed: float, verdict: str
) -> None:
    assert compare_p(0.001, 3, "<", computed) == verdict


@pytest.mark.parametrize(
    ("computed", "verdict"),
    [
        (0.0077, EXACT),
        (0.0149, EXACT),
        (0.0049, WITHIN_ROUNDING),
        (0.0199, WITHIN_ROUNDING),
        (0.0201, DIFFERENT),
    ],
)
def test_a_p_of_001_is_compared_at_its_two_decimals(computed: float, verdict: str) -> None:
    assert compare_p(0.01, 2, "=", computed) == verdict


def cox(estimate: float, low: float, high: float, p: float | None, **more: object) -> ComputedStatistic:
    values = {
        "stat_id": "s1",
        "estimator": "cox",
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "p": p,
    }
    return ComputedStatistic(**(values | more))  # type: ignore[arg-type]


A6 = hazard_ratio("0.34 0.12 0.92", "=0.025", claim_id="A6.os_hr", p_estimate_key="os.log_rank")


def test_the_msk_hazard_ratio_is_exact_with_the_values_known_to_reproduce() -> None:
    check = check_claim(
        A6, cox(0.338, 0.124, 0.916, 0.0250, n=320, n_in_group=22, group_label="IGF1R mutated")
    )
    assert check.verdict == EXACT
    assert {part.part for part in check.differences} == {"estimate", "ci_low", "ci_high", "p"}
    assert (
        "0.338 (0.124-0.916) by cox, P 0.025, n 320, 22 IGF1R mutated: every printed digit agrees"
        in check.sentence
    )


def test_the_adjusted_msk_hazard_ratio_is_exact_with_the_values_known_to_reproduce() -> None:
    a7 = hazard_ratio("0.35 0.13 0.95", "=0.039", claim_id="A7.os_hr_adjusted")
    assert check_claim(a7, cox(0.347, 0.127, 0.947, 0.0388)).verdict == EXACT


def test_the_alk_validation_is_exact_by_observed_over_expected_and_different_by_cox() -> None:
    c3 = hazard_ratio("0.62 0.47 0.83", claim_id="C3.os_hr")
    assert check_claim(c3, cox(0.622, 0.467, 0.828, None)).verdict == EXACT
    by_cox = check_claim(c3, cox(0.617, 0.433, 0.880, None))
    assert by_cox.verdict == DIFFERENT
    assert [part.part for part in by_cox.differences if part.verdict == DIFFERENT] == ["ci_low", "ci_high"]
    assert "ci_low 0.433 against 0.47" in by_cox.sentence


def test_the_worst_part_decides() -> None:
    assert check_claim(A6, cox(0.338, 0.124, 0.929, 0.0250)).verdict == WITHIN_ROUNDING
    assert check_claim(A6, cox(0.338, 0.124, 0.929, 0.2)).verdict == DIFFERENT


def test_a_part_without_a_result_keeps_a_claim_from_being_exact() -> None:
    check = check_claim(A6, cox(0.338, 0.124, 0.916, None))
    assert check.verdict == NOT_YET_COMPUTED
    assert "without a result so far: p" in check.sentence
    assert check_claim(A6, cox(0.6, 0.124, 0.916, None)).verdict == DIFFERENT


def test_without_a_statistic_the_sentence_names_what_is_awaited() -> None:
    check = check_claim(A6, None)
    assert check.verdict == NOT_YET_COMPUTED
    assert "analysis x named os.cox_univariable" in check.sentence


def test_a_computed_fraction_is_compared_with_a_printed_percentage() -> None:
    claim = number("A4.orr", "55.56", "proportion")
    exact = check_claim(claim, ComputedStatistic("s", estimate=10 / 18, n=18))
    assert exact.verdict == EXACT and "55.556 %" in exact.sentence
    assert check_claim(claim, ComputedStatistic("s", estimate=0.5557)).verdict == WITHIN_ROUNDING
    assert check_claim(claim, ComputedStatistic("s", estimate=55.56)).verdict == DIFFERENT


def test_a_share_printed_as_a_bound_is_exact_below_it() -> None:
    claim = number("B1.share", "8", "proportion", estimate_operator="<")
    assert check_claim(claim, ComputedStatistic("s", estimate=0.05)).verdict == EXACT
    assert check_claim(claim, ComputedStatistic("s", estimate=0.084)).verdict == WITHIN_ROUNDING
    assert check_claim(claim, ComputedStatistic("s", estimate=0.09)).verdict == DIFFERENT


def test_a_median_not_reached_is_exact_only_when_the_computed_one_is_not_reached() -> None:
    claim = number("A2.m", "0", "median_months", estimate=None, estimate_operator="not_reached")
    assert check_claim(claim, ComputedStatistic("s", estimate=None)).verdict == EXACT
    assert check_claim(claim, ComputedStatistic("s", estimate=math.inf)).verdict == EXACT
    assert check_claim(claim, ComputedStatistic("s", estimate=61.0)).verdict == DIFFERENT


def test_a_printed_median_differs_from_one_not_reached() -> None:
    check = check_claim(number("A8.m", "268.5", "median_months"), ComputedStatistic("s", estimate=None))
    assert check.verdict == DIFFERENT and "not reached" in check.sentence


def test_a_count_with_a_denominator_needs_both() -> None:
    claim = number("D2.n", "1", "count", numerator=1, denominator=23)
    assert check_claim(claim, ComputedStatistic("s", estimate=1, n=23)).verdict == EXACT
    assert check_claim(claim, ComputedStatistic("s", estimate=1, n=24)).verdict == DIFFERENT
    assert check_claim(claim, ComputedStatistic("s", estimate=1)).verdict == NOT_YET_COMPUTED


@pytest.mark.parametrize(("estimate", "verdict"), [(2.1, EXACT), (0.0, DIFFERENT), (-2.1, DIFFERENT)])
def test_a_direction_is_compared_by_its_sign(estimate: float, verdict: str) -> None:
    claim = number("A9.tmb", "0", "direction", direction="higher")
    assert check_claim(claim, ComputedStatistic("s", estimate=estimate)).verdict == verdict


def test_a_figure_whose_numbers_are_not_on_record_has_nothing_to_compare() -> None:
    claim = number("A13.t", "0", "not_transcribed")
    check = check_claim(claim, ComputedStatistic("q/default/figure", estimate=1.0))
    assert check.verdict == NO_NUMBER_PRINTED and "q/default/figure" in check.sentence
    assert check_claim(claim, None).verdict == NOT_YET_COMPUTED


def test_a_p_alone_is_compared_alone() -> None:
    check = check_claim(p_claim("A4.p", "=0.042"), ComputedStatistic("s", "fisher", estimate=2.5, p=0.0727))
    assert check.verdict == DIFFERENT
    assert [part.part for part in check.differences] == ["p"]
    assert "30.7 units" in check.sentence
