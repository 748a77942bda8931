"""The rules that judge papers judge the project's own rows: p and interval of a row are of one model."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import pytest

from analytics.claims.own_rows import rows_against_themselves
from analytics.results.statistic import AnyStatistic, Scope


def row(**values: Any) -> AnyStatistic:
    """A Wald row of ln HR -0.5 with standard error 0.2: p is 2 * Phi(-2.5) = 0.0124."""
    z = NormalDist().inv_cdf(0.975)
    made = {
        "scale": "hazard ratio", "estimate": math.exp(-0.5), "ci_low": math.exp(-0.5 - 0.2 * z),
        "ci_high": math.exp(-0.5 + 0.2 * z), "p": 2 * NormalDist().cdf(-2.5), "p_method": "wald",
    }  # fmt: skip
    return AnyStatistic(name=Scope("a", "default", "OS").name("os.cox"), **(made | values))


def test_a_row_of_one_model_has_nothing_against_it() -> None:
    assert rows_against_themselves([row()]) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"p": 0.2}, "interval_against_significance"),
        ({"p": 0.0334}, "p_not_of_interval"),  # the p of another test on the same side of 0.05
        ({"estimate": 0.7}, "interval_not_centred"),
        ({"p": 0.2, "p_method": "penalised likelihood ratio"}, "interval_against_significance"),
        ({"p": 0.2, "p_method": None}, "interval_against_significance"),
        ({"ci_high": 1.2, "p_method": "t, Hartung-Knapp"}, "interval_not_centred"),
    ],
)
def test_a_row_of_two_models_is_found_by_name(change: dict[str, Any], rule: str) -> None:
    found = rows_against_themselves([row(**change)])
    assert rule in {finding.rule_id for finding in found}
    assert {finding.stat_id for finding in found} == {"a/default/os.cox"}


def test_a_profile_interval_need_not_be_centred() -> None:
    assert rows_against_themselves([row(estimate=0.55, p_method="penalised likelihood ratio")]) == []


@pytest.mark.parametrize(
    "test", ["Fisher's exact test", "Fisher, two-sided", "Mantel-Haenszel, no continuity correction"]
)
def test_the_fields_own_pairs_of_test_and_interval_are_excused(test: str) -> None:
    assert rows_against_themselves([row(p=0.2, p_method=test)]) == []


def test_what_is_no_ratio_or_has_no_interval_is_not_asked() -> None:
    assert rows_against_themselves([row(p=0.2, scale="difference in months")]) == []
    assert rows_against_themselves([row(p=None), row(ci_high=None), row(estimate=None)]) == []
