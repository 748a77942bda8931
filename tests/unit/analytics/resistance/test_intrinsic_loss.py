"""Loss before treatment: the four words of status, rates and tests."""

import json
from pathlib import Path

import pandas as pd
import pytest
from resistance_builders import call, calls, no_segments, segment, tumour

from analytics.resistance.intrinsic import (
    burden_stratum,
    intrinsic_losses,
    loss_by_response,
    loss_by_response_within,
    loss_rate,
    loss_reason,
    loss_status,
)
from analytics.resistance.intrinsic_rates import intrinsic_rows
from analytics.resistance.samples import Place, SampleEvidence
from analytics.results.rows import ResultRows

REFERENCE = json.loads(
    (Path(__file__).parents[3] / "reference" / "resistance" / "reference.json").read_text(encoding="utf-8")
)
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
    assert (found["n_mutated"], found["n"]) == (4, 4), "neither is in a denominator"


def test_rates_and_intervals_are_those_of_r():
    for n_yes, n, rate, low, high in REFERENCE["rates"]:
        status = pd.Series(["mutated"] * int(n_yes) + ["wild_type"] * int(n - n_yes) + ["not_profiled"] * 5)
        found = loss_rate(status)
        assert (found["n_mutated"], found["n"]) == (n_yes, n)
        assert [found["estimate"], found["ci_low"], found["ci_high"]] == pytest.approx(
            [rate, low, high], rel=1e-9
        )


def test_nobody_profiled_is_a_reason_and_no_rate():
    found = loss_rate(pd.Series(["not_profiled"] * 3))
    assert found["estimate"] is None and "Nobody can be judged" in found["warnings"]


def test_loss_against_response_is_fishers_test_of_r():
    lost_r, lost_n, left_r, left_n = (int(v) for v in REFERENCE["fisher_cells_by_row"])
    status = pd.Series(
        ["mutated"] * (lost_r + lost_n) + ["wild_type"] * (left_r + left_n) + ["not_profiled", "mutated"]
    )
    responds = [True] * lost_r + [False] * lost_n + [True] * left_r + [False] * left_n + [True, None]
    found = loss_by_response(status, pd.Series(responds, dtype="boolean"))
    assert found["cells"] == [[lost_r, lost_n], [left_r, left_n]]
    assert found["p"] == pytest.approx(REFERENCE["fisher_p"][0], rel=1e-9)


def test_without_a_loss_there_is_no_test_but_a_sentence():
    found = loss_by_response(
        pd.Series(["wild_type"] * 4), pd.Series([True, False, True, False], dtype="boolean")
    )
    assert found["p"] is None and "there is no test" in found["warnings"]


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
    rows = intrinsic_rows(
        ResultRows("a", "default"), frame, status, "jak", {"Colorectal Cancer": "colon"}, is_primary=True
    )
    by_key = {r["estimate_key"]: r for r in rows}
    assert by_key["intrinsic_loss.n.melanoma"]["estimate"] == 2.0
    assert by_key["intrinsic_loss.n.colon"]["estimate"] == 0.0
    assert (
        by_key["intrinsic_loss.truncating.jak.rate.all"]["n_mutated"],
        by_key["intrinsic_loss.truncating.jak.rate.all"]["n"],
    ) == (4, 30)
    assert by_key["intrinsic_loss.biallelic.jak.rate.all"]["n"] == 29
    assert "1 are left out" in by_key["intrinsic_loss.biallelic.jak.rate.all"]["warnings"]
    assert by_key["intrinsic_loss.truncating.jak.rate.melanoma.responders"]["n"] == 10
    frame["burden_stratum"] = ["high_burden", "low_burden"] * 15
    rows = intrinsic_rows(ResultRows("a", "default"), frame, status, "jak", {}, is_primary=True)
    [test] = [r for r in rows if r["estimate_key"] == "intrinsic_loss.truncating.jak.fisher.all"]
    assert "Not adjusted for mutation burden: 2 of 4 losses are in the high-burden half." in test["warnings"]


def test_at_like_burden_a_link_that_burden_alone_makes_is_gone_and_a_real_one_stays():
    # (burden half, lost, responds, people): both are common where burden is high, and unrelated within each half
    cells = [("high_burden", True, True, 32), ("high_burden", True, False, 8), ("high_burden", False, True, 8),
             ("high_burden", False, False, 2), ("low_burden", True, True, 2), ("low_burden", True, False, 8),
             ("low_burden", False, True, 8), ("low_burden", False, False, 32)]  # fmt: skip
    flat = [(half, lost, responds) for half, lost, responds, n in cells for _ in range(n)]
    half, lost, responds = (pd.Series(column) for column in zip(*flat, strict=True))
    status, responds = lost.map({True: "mutated", False: "wild_type"}), responds.astype("boolean")
    assert loss_by_response(status, responds)["p"] < 0.001
    found = loss_by_response_within(status, responds, half)
    assert (found["estimate"], found["p"], found["n_informative"]) == (
        pytest.approx(1.0),
        pytest.approx(1.0),
        2,
    )
    real = loss_by_response_within(status, lost.astype("boolean"), half)
    assert real["p"] < 1e-6 and real["estimate"] is None and "in responders alone" in real["warnings"]


def test_whose_burden_is_not_known_is_in_no_stratum_and_without_one_there_is_a_sentence():
    frame = people(40)
    frame["orr"] = [True, False] * 20
    frame["n_nonsynonymous"] = None
    frame["burden_stratum"] = burden_stratum(frame, 50)
    status = {d: loss_status(frame, losses_of(SHELF), d) for d in ("truncating", "biallelic")}
    rows = intrinsic_rows(ResultRows("a", "default"), frame, status, "jak", {}, is_primary=True)
    [test] = [r for r in rows if r["estimate_key"] == "intrinsic_loss.truncating.jak.mantel_haenszel.all"]
    assert test["n"] == 0 and test["p"] is None and "there is no test" in test["warnings"]


def test_a_site_has_its_rate_when_ten_samples_were_taken_there():
    frame = people(40)
    frame["sample_site"] = ["lymph node"] * 24 + ["liver"] * 9 + [None] * 7
    losses = losses_of(SHELF)
    status = {d: loss_status(frame, losses, d) for d in ("truncating", "biallelic")}
    rows = intrinsic_rows(ResultRows("a", "default"), frame, status, "jak", {}, is_primary=True)
    at = {
        r["estimate_key"].rpartition(".")[2]: r
        for r in rows
        if ".truncating.jak.rate.all.site_" in r["estimate_key"]
    }
    in_nodes = frame.loc[frame["sample_site"] == "lymph node", "sample_id"]
    assert set(at) == {"site_lymph_node"}
    assert (at["site_lymph_node"]["n"], at["site_lymph_node"]["n_mutated"]) == (
        24,
        losses["sample_id"].isin(in_nodes).sum(),
    )
