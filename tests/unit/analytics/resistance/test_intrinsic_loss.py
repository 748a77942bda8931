"""Loss before treatment: the four words of status, rates and tests."""

import json
from itertools import product
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from resistance_builders import call, calls, no_segments, segment, tumour
from statsmodels.stats.contingency_tables import StratifiedTable

from analytics.resistance.evidence.samples import Place, SampleEvidence
from analytics.resistance.intrinsic.estimate import LossRows, intrinsic_statistics
from analytics.resistance.intrinsic.losses import (
    burden_stratum,
    intrinsic_losses,
    loss_by_response,
    loss_by_response_within,
    loss_rate,
    loss_reason,
    loss_status,
)
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

REFERENCE = json.loads(
    (Path(__file__).parents[3] / "reference" / "resistance" / "reference.json").read_text(encoding="utf-8")
)


def statistics(members, status, labels=None):
    """The statistics of the set ``jak`` by their keys."""
    rows = LossRows(Scope("a", "default", "intrinsic, jak"), RowSets(), "jak")
    return {
        row.key: row for row in intrinsic_statistics(rows, members, status, labels or {}, is_primary=True)
    }


JAK1 = {"hugo_symbol": "JAK1", "is_truncating": True, "variant_classification": "Nonsense_Mutation"}


def people(n):
    return pd.DataFrame(
        {
            "cohort_id": "c", "patient_id": [str(i) for i in range(n)], "sample_id": [f"s{i}" for i in range(n)],
            "is_covered": True, "doubt": None, "cancer_type": "Melanoma", "orr": None, "burden_stratum": None,
        }
    )  # fmt: skip


def evidence(*rows, log2_ratio=None):
    segments = no_segments() if log2_ratio is None else segment(log2_ratio)
    return SampleEvidence(calls(*tumour(1, 60, 0.8, 130), *rows), segments, {"JAK1": Place("1", 1000)})


def losses_of(shelf):
    samples = pd.DataFrame([("c", s[1:], s) for s in shelf], columns=["cohort_id", "patient_id", "sample_id"])
    return intrinsic_losses(samples, lambda _, sample: shelf.get(sample), ["JAK1", "JAK2"])


SHELF = {
    "s0": evidence(call("a", 90, 130, **JAK1)),  # other allele gone by the reads
    "s1": evidence(call("a", 50, 130, **JAK1)),  # one hit
    "s2": evidence(call("a", None, None, **JAK1)),  # no reads
    "s3": evidence(log2_ratio=-2.2),  # homozygous deletion
    "s4": evidence(call("a", 90, 130, **{**JAK1, "is_truncating": False})),  # missense
}


def test_each_loss_has_its_word_and_a_missense_mutation_is_none():
    found = losses_of(SHELF).set_index("sample_id")["word"].to_dict()
    assert found == {"s0": "biallelic", "s1": "monoallelic", "s2": "cannot say", "s3": "biallelic"}


def test_status_has_four_words_and_what_nobody_can_say_is_undetermined():
    frame = people(7)
    frame.loc[6, "is_covered"] = False
    losses = losses_of(SHELF)
    by_class = loss_status(frame, losses, "truncating")
    both = loss_status(frame, losses, "biallelic")
    assert by_class.tolist() == ["mutated"] * 4 + ["wild_type"] * 2 + ["not_profiled"]
    assert both.tolist() == [
        "mutated", "wild_type", "undetermined", "mutated", "wild_type", "wild_type", "not_profiled",
    ]  # fmt: skip


def test_a_carrier_on_a_panel_that_lacks_a_gene_of_the_set_is_not_profiled_like_everybody_on_it():
    frame = people(7).assign(is_covered=False)
    for definition in ("truncating", "biallelic"):
        assert set(loss_status(frame, losses_of(SHELF), definition)) == {"not_profiled"}


def test_a_loss_counts_beside_a_row_that_is_not_understood_and_no_loss_does_not():
    frame = people(7)
    frame["doubt"] = "JAK2: a class that is in no vocabulary"
    frame.loc[6, ["is_covered", "doubt"]] = [False, None]
    status = loss_status(frame, losses_of(SHELF), "truncating")
    assert status.tolist() == ["mutated"] * 4 + ["undetermined"] * 2 + ["not_profiled"]
    reasons = loss_reason(frame, status)
    assert reasons[:4].isna().all() and set(reasons[4:6]) == {"JAK2: a class that is in no vocabulary"}
    assert "panel" in reasons[6]
    found = loss_rate(status)
    assert (found.numerator, found.denominator) == (4, 4), "neither is in a denominator"


def test_rates_and_intervals_are_those_of_r():
    for n_yes, n, rate, low, high in REFERENCE["rates"]:
        status = pd.Series(["mutated"] * int(n_yes) + ["wild_type"] * int(n - n_yes) + ["not_profiled"] * 5)
        found = loss_rate(status)
        assert (found.numerator, found.denominator) == (n_yes, n)
        assert [found.estimate, found.ci_low, found.ci_high] == pytest.approx([rate, low, high], rel=1e-9)


def test_nobody_profiled_is_a_reason_and_no_rate():
    found = loss_rate(pd.Series(["not_profiled"] * 3))
    assert found.estimate is None and found.warnings == ("Nobody can be judged for the genes of the set.",)


def test_loss_against_response_is_fishers_test_of_r():
    lost_r, lost_n, left_r, left_n = (int(v) for v in REFERENCE["fisher_cells_by_row"])
    status = pd.Series(
        ["mutated"] * (lost_r + lost_n) + ["wild_type"] * (left_r + left_n) + ["not_profiled", "mutated"]
    )
    responds = [True] * lost_r + [False] * lost_n + [True] * left_r + [False] * left_n + [True, None]
    found = loss_by_response(status, pd.Series(responds, dtype="boolean"))
    assert found.cells == ((lost_r, lost_n), (left_r, left_n))
    assert found.p == pytest.approx(REFERENCE["fisher_p"][0], rel=1e-9)


def test_without_a_loss_there_is_no_test_but_a_sentence():
    found = loss_by_response(
        pd.Series(["wild_type"] * 4), pd.Series([True, False, True, False], dtype="boolean")
    )
    assert found.p is None and "there is no test" in found.reason


def test_burden_is_cut_within_cohort_and_cancer_type():
    frame = pd.DataFrame(
        {
            "cohort_id": ["a"] * 4 + ["b"] * 4,
            "cancer_type": "Melanoma",
            "n_nonsynonymous": [1, 2, 3, 4, 100, 200, 300, None],
        }
    )
    found = burden_stratum(frame, 50)
    assert found[:4].tolist() == ["low_burden", "low_burden", "high_burden", "high_burden"]
    assert found[4:7].tolist() == ["low_burden", "high_burden", "high_burden"] and found.isna()[7]


def test_rows_name_cancers_as_declared_and_count_in_the_profiled_only():
    frame = people(30)
    frame.loc[20:, "cancer_type"] = "Colorectal Cancer"
    frame["orr"] = [True, False] * 15
    losses = losses_of(SHELF)
    status = {d: loss_status(frame, losses, d) for d in ("truncating", "biallelic")}
    by_key = statistics(frame, status, {"Colorectal Cancer": "colon"})
    assert by_key["intrinsic_loss.n.melanoma"].estimate == 2.0
    assert by_key["intrinsic_loss.n.colon"].estimate == 0.0
    every = by_key["intrinsic_loss.truncating.jak.rate.all"]
    assert (every.numerator, every.denominator, every.n) == (4, 30, 30)
    assert by_key["intrinsic_loss.biallelic.jak.rate.all"].n == 29
    assert "1 are left out" in " ".join(by_key["intrinsic_loss.biallelic.jak.rate.all"].warnings)
    assert by_key["intrinsic_loss.truncating.jak.rate.melanoma.responders"].n == 10
    frame["burden_stratum"] = ["high_burden", "low_burden"] * 15
    test = statistics(frame, status)["intrinsic_loss.truncating.jak.fisher.all"]
    assert "Not adjusted for mutation burden: 2 of 4 losses are in the high-burden half." in " ".join(
        test.warnings
    )
    lost = test.counts
    assert (lost.group_label, lost.n, lost.n_in_group, lost.events, lost.events_in_group) == (
        "all, lost",
        30,
        4,
        15,
        2,
    )


def test_at_like_burden_a_link_that_burden_alone_makes_is_gone_and_a_real_one_stays():
    # (burden half, lost, responds, people): both are common where burden is high, and unrelated within each half
    cells = [("high_burden", True, True, 32), ("high_burden", True, False, 8), ("high_burden", False, True, 8),
             ("high_burden", False, False, 2), ("low_burden", True, True, 2), ("low_burden", True, False, 8),
             ("low_burden", False, True, 8), ("low_burden", False, False, 32)]  # fmt: skip
    flat = [(half, lost, responds) for half, lost, responds, n in cells for _ in range(n)]
    half, lost, responds = (pd.Series(column) for column in zip(*flat, strict=True))
    status, responds = lost.map({True: "mutated", False: "wild_type"}), responds.astype("boolean")
    assert loss_by_response(status, responds).p < 0.001
    found = loss_by_response_within(status, responds, half)
    assert (found.odds_ratio, found.p_exact, found.n_informative) == (
        pytest.approx(1.0),
        pytest.approx(1.0),
        2,
    )
    real = loss_by_response_within(status, lost.astype("boolean"), half)
    assert real.p_exact < 1e-6 and "in responders alone" in real.reason
    assert real.odds_ratio is None and real.p is None


def test_the_odds_ratio_within_strata_carries_its_own_p_and_the_exact_one_has_a_row():
    frame = people(60).assign(
        orr=[True, False, False] * 20, burden_stratum=["low_burden", "high_burden"] * 30
    )
    lost = pd.Series([(i % 3 == 0 and i % 5 != 0) or i % 7 == 0 for i in range(60)])
    status = lost.map({True: "mutated", False: "wild_type"})
    rows = statistics(frame, {"truncating": status, "biallelic": status})
    tables = []
    for stratum in ("low_burden", "high_burden"):
        inside, responds = frame["burden_stratum"] == stratum, frame["orr"].astype(bool)
        tables.append(
            [
                [(a & b & inside).sum() for b in (responds, ~responds)]
                for a in (lost, ~lost)
            ]
        )  # fmt: skip
    theirs = StratifiedTable([np.array(table, dtype=float) for table in tables])
    held = rows["intrinsic_loss.truncating.jak.mantel_haenszel.all"]
    assert held.estimate == pytest.approx(theirs.oddsratio_pooled)
    assert (held.ci_low, held.ci_high) == pytest.approx(theirs.oddsratio_pooled_confint())
    assert held.p == pytest.approx(theirs.test_null_odds(correction=False).pvalue)
    exact = rows["intrinsic_loss.truncating.jak.exact_conditional.all"]
    assert (exact.estimate, exact.ci_low, exact.p) == (None, None, pytest.approx(by_every_table(tables)))


def by_every_table(tables):
    """Exact p: every outcome of the first cell of each stratum, weighed by its number of arrangements."""
    ways = []
    for (a, b), (c, d) in np.array(tables, dtype=int).tolist():
        first, second, n = a + b, a + c, a + b + c + d
        lowest, highest = max(0, first + second - n), min(first, second)
        ways.append({k: comb(second, k) * comb(n - second, first - k) for k in range(lowest, highest + 1)})
    sums = {}
    for k, m in product(*ways):
        sums[k + m] = sums.get(k + m, 0) + ways[0][k] * ways[1][m]
    observed = sums[sum(table[0][0] for table in tables)]
    return sum(w for w in sums.values() if w <= observed) / sum(sums.values())


def test_whose_burden_is_not_known_is_in_no_stratum_and_without_one_there_is_a_sentence():
    frame = people(40)
    frame["orr"] = [True, False] * 20
    frame["n_nonsynonymous"] = None
    frame["burden_stratum"] = burden_stratum(frame, 50)
    status = {d: loss_status(frame, losses_of(SHELF), d) for d in ("truncating", "biallelic")}
    test = statistics(frame, status)["intrinsic_loss.truncating.jak.mantel_haenszel.all"]
    assert test.n == 0 and test.p is None and "there is no test" in " ".join(test.warnings)


def test_a_site_has_its_rate_when_ten_samples_were_taken_there():
    frame = people(40)
    frame["sample_site"] = ["lymph node"] * 24 + ["liver"] * 9 + [None] * 7
    losses = losses_of(SHELF)
    status = {d: loss_status(frame, losses, d) for d in ("truncating", "biallelic")}
    at = {
        key.rpartition(".")[2]: row
        for key, row in statistics(frame, status).items()
        if ".truncating.jak.rate.all.site_" in key
    }
    in_nodes = frame.loc[frame["sample_site"] == "lymph node", "sample_id"]
    assert set(at) == {"site_lymph_node"}
    assert (at["site_lymph_node"].n, at["site_lymph_node"].numerator) == (
        24,
        losses["sample_id"].isin(in_nodes).sum(),
    )
