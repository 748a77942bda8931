"""Paired change of a measure against R's wilcox.test, and expression features."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.resistance.time_points.paired_change import paired_change, signed_rank_distribution
from analytics.resistance.time_points.programmes import expression_features

REFERENCE = json.loads(
    (Path(__file__).parents[3] / "reference" / "resistance" / "reference.json").read_text(encoding="utf-8")
)["paired"]


@pytest.mark.parametrize("name", ["exact", "ties", "large"])
def test_statistic_and_p_are_those_of_r(name):
    case = REFERENCE[name]
    change = paired_change(case["first"], case["second"])
    assert change.statistic == pytest.approx(case["statistic"][0], rel=1e-12)
    assert change.p == pytest.approx(case["p"][0], rel=1e-10)


def test_change_and_interval_of_the_exact_case_are_those_of_r():
    change = paired_change(REFERENCE["exact"]["first"], REFERENCE["exact"]["second"])
    found = [change.change, change.ci_low, change.ci_high]
    assert found == pytest.approx(REFERENCE["exact"]["estimate_low_high"], rel=1e-12)


def test_the_distribution_of_the_signed_rank_is_that_of_every_sign():
    signs = np.array(np.meshgrid(*[[0, 1]] * 8)).reshape(8, -1)
    sums = (signs * np.arange(1, 9)[:, None]).sum(axis=0)
    assert signed_rank_distribution(8) == pytest.approx(np.bincount(sums) / 256)


def test_too_few_pairs_and_nothing_that_changes_have_a_reason_instead_of_a_test():
    few = paired_change([1, 2, 3, np.nan], [2, 3, 4, 5])
    same = paired_change(np.arange(10), np.arange(10))
    assert few.n == 3 and "at least 6" in str(few.reason) and np.isnan(few.p) and few.change == 1
    assert "nothing changes" in str(same.reason) and np.isnan(same.p)


def pairs(gene, unit, first, second):
    n = len(first)
    return pd.DataFrame(
        {"cohort_id": "c", "patient_id": [str(i) for i in range(n)], "hugo_symbol": gene, "unit": unit,
         "first": first, "second": second}
    )  # fmt: skip


def test_linear_units_are_logged_and_log_units_are_left():
    rows = pd.concat([pairs("A", "FPKM", [3.0], [7.0]), pairs("B", "log2 count", [3.0], [7.0])])
    found, _ = expression_features(rows, ["A", "B"], {})
    table = found.set_index("feature")
    assert (table.loc["A", "first"], table.loc["A", "second"]) == (2.0, 3.0)
    assert (table.loc["B", "first"], table.loc["B", "second"]) == (3.0, 7.0)
    assert table.loc["A", "unit"] == "log2(FPKM + 1)"


def test_a_programme_is_the_mean_z_score_of_its_genes_or_is_left_out_with_a_reason():
    rng = np.random.default_rng(2)
    rows = pd.concat([pairs(g, "log2 x", rng.normal(5, 2, 30), rng.normal(6, 2, 30)) for g in "ABCDE"])
    found, left_out = expression_features(rows, [], {"full": list("ABCDE"), "thin": list("ABCDEFG")})
    score = found[found["feature"] == "full"]
    pooled = np.r_[score["first"], score["second"]]
    assert pooled.mean() == pytest.approx(0, abs=1e-12)
    one = rows[rows["hugo_symbol"] == "A"]
    z = (one["first"].iloc[0] - np.r_[one["first"], one["second"]].mean()) / np.r_[
        one["first"], one["second"]
    ].std(ddof=1)
    alone, _ = expression_features(one, [], {"alone": ["A"]})
    assert alone["first"].iloc[0] == pytest.approx(z)
    assert "5 of 7" in left_out[("c", "thin")] and "thin" not in set(found["feature"])
