"""One ratio, its interval and its P."""

import math

import pytest
from claim_builders import DECLARED, hazard_ratio, number
from scipy import stats

from analytics.claims.finding import ERROR, NOTE, WARNING
from analytics.claims.interval_rules import check_interval, medians_against_ratio, wald_z_range


def rules(claim):  # type: ignore[no-untyped-def]
    return [(finding.rule_id, finding.severity) for finding in check_interval(claim)]


def test_the_z_behind_an_interval_brackets_the_unrounded_one() -> None:
    log_hr, se = math.log(0.347), 0.508
    z = wald_z_range(hazard_ratio("0.35 0.13 0.94"))
    assert z is not None
    assert z.low < abs(log_hr) / se < z.high


def test_an_interval_around_another_centre_is_found() -> None:
    assert rules(hazard_ratio("1.33 1.00 2.99")) == [("interval_not_centred", ERROR)]


def test_rounding_of_all_three_numbers_is_allowed_before_an_interval_is_off_centre() -> None:
    # sqrt(0.58 * 0.95) = 0.742, and up to 0.747 with the bounds rounded down: 0.745 is still possible.
    assert rules(hazard_ratio("0.75 0.58 0.95")) == []
    # sqrt(0.585 * 0.945) = 0.7435 at most once the upper bound is one digit less.
    assert rules(hazard_ratio("0.75 0.58 0.94", **DECLARED)) == [("interval_not_centred", ERROR)]


@pytest.mark.parametrize("p", ["=0.04", "=0.03", "<0.05"])
def test_an_interval_that_includes_one_beside_a_small_p_is_found(p: str) -> None:
    assert rules(hazard_ratio("1.31 0.97 1.77", p, **DECLARED)) == [("interval_against_significance", ERROR)]


def test_an_interval_that_excludes_one_beside_a_large_p_is_found() -> None:
    assert rules(hazard_ratio("0.75 0.58 0.97", "=0.07", **DECLARED)) == [
        ("interval_against_significance", ERROR)
    ]


def test_a_bound_that_may_round_to_one_decides_nothing() -> None:
    assert rules(hazard_ratio("0.71 0.50 1.00", "=0.049")) == []
    assert rules(hazard_ratio("0.71 0.50 1.00", "=0.05")) == []


def test_a_contradiction_with_a_declared_other_test_names_both_tests() -> None:
    claim = hazard_ratio("1.31 0.97 1.77", "=0.04", p_estimate_key="os.log_rank", **DECLARED)
    (finding,) = check_interval(claim)
    assert finding.severity == ERROR
    assert "os.cox_univariable" in finding.sentence and "os.log_rank" in finding.sentence


def test_a_p_that_is_not_of_the_interval_is_a_warning_while_another_test_could_explain_it() -> None:
    # 0.62 (0.47-0.83) has z near 3.3, P 0.01 has z near 2.6
    claim = hazard_ratio("0.62 0.47 0.83", "=0.01", **DECLARED)
    assert rules(claim) == [("p_not_of_interval", WARNING)]
    (finding,) = check_interval(claim)
    exact = 2 * stats.norm.sf(-math.log(0.62) / (math.log(0.83 / 0.47) / (2 * stats.norm.ppf(0.975))))
    assert 0.00056 < exact < 0.0016
    assert "0.00056 to 0.0016" in finding.sentence


def test_it_is_a_note_where_the_claim_declares_the_other_test() -> None:
    assert rules(hazard_ratio("0.62 0.47 0.83", "=0.01", p_estimate_key="os.log_rank")) == [
        ("p_not_of_interval", NOTE)
    ]


def test_a_p_that_no_test_could_give_is_an_error() -> None:
    assert rules(hazard_ratio("0.62 0.47 0.83", "<0.0000001")) == [("p_not_of_interval", ERROR)]


def test_a_log_rank_p_close_to_the_wald_p_is_no_finding() -> None:
    # A6: Wald 0.033, log-rank 0.0250
    assert rules(hazard_ratio("0.34 0.12 0.92", "=0.025", p_estimate_key="os.log_rank")) == []


@pytest.mark.parametrize(
    ("text", "p"),
    [
        ("0.35 0.15 0.86", "=0.016"), ("0.35 0.14 0.84", "=0.019"), ("0.35 0.13 0.95", "=0.039"),
        ("0.69 0.57 0.83", "<0.001"), ("0.79 0.63 0.98", "=0.03"), ("0.45 0.39 0.52", "<0.001"),
        ("0.72 0.60 0.85", "<0.001"), ("0.87 0.62 1.22", "=0.45"), ("1.01 0.81 1.27", "=0.93"),
        ("1.09 0.91 1.30", "=0.33"), ("0.96 0.80 1.16", "=0.68"), ("0.80 0.68 0.93", "=.004"),
    ],
)  # fmt: skip
def test_consistent_printed_ratios_raise_nothing(text: str, p: str) -> None:
    assert rules(hazard_ratio(text, p)) == []


def test_a_lower_bound_printed_as_zero_raises_nothing() -> None:
    assert rules(hazard_ratio("0.1 0.0 1.1", "=0.06")) == []


def median(group: str, text: str | None):  # type: ignore[no-untyped-def]
    if text is None:
        return number(f"X.{group}", "0", "median_months", endpoint="OS", group_label=group,
                      estimate=None, estimate_operator="not_reached")  # fmt: skip
    return number(f"X.{group}", text, "median_months", endpoint="OS", group_label=group)


@pytest.mark.parametrize(
    ("ratio", "mutated", "wild_type", "found"),
    [
        ("0.35 0.15 0.86", None, "22.7", False),
        ("0.35 0.15 0.86", "30.0", "22.7", False),
        ("0.35 0.15 0.86", "22.7", None, True),
        ("0.35 0.15 0.86", "20.1", "22.7", True),
        ("2.86 1.16 6.67", "30.0", "22.7", True),
        ("0.85 0.55 1.31", "20.1", "22.7", False),  # the interval includes 1: crossing curves do this
        ("0.35 0.15 0.86", "22.7", "22.7", False),
    ],
)
def test_medians_that_contradict_the_direction_of_the_ratio_are_found(
    ratio: str, mutated: str | None, wild_type: str, found: bool
) -> None:
    claims = [hazard_ratio(ratio), median("mutated", mutated), median("wild_type", wild_type)]
    assert bool(medians_against_ratio(claims)) is found
