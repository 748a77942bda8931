"""Planted pairs through the whole graph: every planted event is called as planted, and false calls are counted."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from graph_runs import Run


@pytest.fixture(scope="module")
def events(demo: Run) -> pd.DataFrame:
    return demo.query(
        "select * from stats.resistance_events where analysis_id = 'demo_resistance' and variant = 'default' "
        "and role = 'baseline to progression'"
    )


@pytest.fixture(scope="module")
def judged(demo: Run, truth: dict[str, Any]) -> pd.DataFrame:
    """Planted mutations of the baseline-relapse pairs with what was found of them."""
    found = demo.query(
        "select patient_id, hugo_symbol as gene, cast(split_part(variant_key, ':', 2) as bigint) as start_position, "
        "presence as found, variant from stats.pair_mutations where analysis_id = 'demo_resistance' "
        "and pair_id like '%A>%E'"
    )
    return pd.DataFrame(truth["pair_mutations"]).merge(
        found, on=["patient_id", "gene", "start_position"], how="left"
    )


def test_every_sample_pair_has_its_role_times_and_therapy(demo: Run) -> None:
    pairs = demo.query("select * from marts.sample_pairs where cohort_id = 'demo_pairs_2016'")
    relapse = pairs[pairs["role"] == "baseline to progression"]
    assert len(relapse) == 18 and relapse["patient_id"].nunique() == 18
    assert (relapse["intervening_therapy"] == "PD-1/PD-L1").all()
    assert (relapse["progression_evidence"] == "the source calls the sample relapse").all()
    assert relapse["is_both_sequenced"].all() and (relapse["months_between"] > 2).all()
    assert set(pairs["role"]) == {
        "baseline to progression", "baseline to on_treatment", "on_treatment to progression",
    }  # fmt: skip


def test_all_nine_planted_events_have_the_planted_verdict_and_there_is_no_tenth(
    events: pd.DataFrame, truth: dict[str, Any]
) -> None:
    planted = {(e["patient_id"], e["gene"]): e for e in truth["resistance_events"]}
    assert len(planted) == 9
    assert set(zip(events["patient_id"], events["hugo_symbol"], strict=True)) == set(planted)
    for event in events.itertuples():
        expected = planted[event.patient_id, event.hugo_symbol]
        assert (event.biallelic == "biallelic") == expected["is_biallelic"], expected["note"]
        if expected["is_biallelic"] and "shallow" not in expected["note"]:
            assert event.timing == ("acquired" if expected["is_acquired"] else "intrinsic"), expected["note"]


def test_behind_a_shallow_baseline_nothing_is_acquired(events: pd.DataFrame) -> None:
    event = events[events["patient_id"] == "9"].iloc[0]
    assert (event["presence"], event["timing"]) == ("too_shallow_to_say", "cannot say when")
    assert event["power"] < 0.8 and any("too shallow" in words for words in event["evidence"])


def test_a_replaced_allele_is_seen_in_the_reads_and_the_confidence_says_so(events: pd.DataFrame) -> None:
    of = events.set_index("patient_id")["confidence"]
    assert of["1"] == of["3"] == of["4"] == "high", "segment and reads agree"
    assert of["2"] == "moderate", "copy-neutral: the reads alone"


def test_no_shared_mutation_is_called_private_and_most_private_ones_are_found(judged: pd.DataFrame) -> None:
    default = judged[judged["variant"] == "default"]
    shared, hidden = default[default["presence"] == "shared"], default[~default["is_called_first"]]
    assert len(default) > 400
    assert not shared["found"].isin(["private_to_first", "private_to_second"]).any(), "no false private call"
    decoys = hidden[hidden["presence"] == "shared"]
    assert len(decoys) >= 5 and (decoys["found"] == "too_shallow_to_say").all(), (
        "in the tumour, not in the calls"
    )
    private = default[default["presence"] != "shared"]
    right = (private["found"] == private["presence"]).sum()
    wrong = len(private) - right - (private["found"] == "too_shallow_to_say").sum()
    assert wrong == 0 and right / len(private) > 0.7, f"{right} of {len(private)}"


def test_taken_as_published_the_decoys_are_false_private_mutations(judged: pd.DataFrame) -> None:
    published = judged[judged["variant"] == "as_published"]
    decoys = published[~published["is_called_first"] & (published["presence"] == "shared")]
    assert (decoys["found"] == "private_to_second").all()


def test_responders_that_relapsed_acquired_resistance_and_the_others_had_it(demo: Run) -> None:
    words = demo.query(
        "select outcome, count(*) as n from stats.resistance_outcomes where analysis_id = 'demo_resistance' "
        "and variant = 'default' group by outcome"
    )
    assert dict(zip(words["outcome"], words["n"], strict=True)) == {
        "acquired resistance": 14, "primary resistance": 4,
    }  # fmt: skip


def test_an_event_walks_back_to_the_line_of_its_call(demo: Run, events: pd.DataFrame) -> None:
    called = events[events["mutation"].map(len) > 0]
    assert called["source_file_id"].notna().all()
    behind = demo.query(
        "select distinct patient_id, source_row from stats.lineage where role = 'resistance event' "
        "and stat_id = 'demo_resistance/default/pathway.n'"
    )
    assert set(zip(called["patient_id"], called["source_row"], strict=True)) <= set(
        zip(behind["patient_id"], behind["source_row"], strict=True)
    )
