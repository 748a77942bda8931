"""Who is counted, and why others are not."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from analytics.errors import InvalidSettingError
from analytics.questions.burden import add_burden
from analytics.questions.selection import select_members
from analytics.questions.specs import Variant


def frame(**changes: Sequence[object]) -> pd.DataFrame:
    """Six people of two cohorts: one of them in both, one unprofiled, one without follow-up, one control."""
    rows: dict[str, Sequence[object]] = {
        "cohort_id": ["a", "a", "a", "b", "b", "b"],
        "patient_id": ["1", "2", "3", "4", "5", "6"],
        "person_id": ["p1", "p2", "p3", "p1", "p5", "p6"],
        "sample_id": ["s1", "s2", "s3", "s4", "s5", "s6"],
        "precedence": [10, 10, 10, 20, 20, 20],
        "status": ["mutated", "wild_type", "not_profiled", "wild_type", "wild_type", "mutated"],
        "status_reason": [None, None, "on no list of sequenced samples", None, None, None],
        "n_mutations": [1, 0, 0, 0, 0, 2],
        "n_calls": [5, 0, 0, 7, 3, 9],
        "is_baseline": [True, True, True, True, False, True],
        "time_months": [1.0, 2.0, 3.0, 4.0, 5.0, None],
        "event": [True, False, True, True, False, None],
        "entry_months": [0.0] * 6,
        "origin": ["icb_start"] * 6,
        "clock_family": ["treatment"] * 6,
        "is_icb_treated": [True] * 6,
        "cancer_type": ["Melanoma"] * 6,
    }
    return pd.DataFrame(rows | changes)


def kept(variant: Variant, data: pd.DataFrame | None = None, **options: object) -> list[str]:
    selection = select_members(frame() if data is None else data, variant, {}, **options)  # type: ignore[arg-type]
    return list(selection.members["patient_id"])


def test_by_default_a_person_counts_once_in_the_cohort_of_lowest_precedence() -> None:
    assert kept(Variant(description="d")) == ["1", "2", "5"]


def test_of_a_response_a_person_counts_in_a_cohort_that_knows_it_whatever_its_precedence() -> None:
    data = frame(orr=[None, True, True, False, True, True])
    asked = {"requires_endpoint": False, "reports_response": ("orr",)}
    assert kept(Variant(description="d"), data, **asked) == ["2", "4", "5", "6"]
    both_know = frame(orr=[True, True, True, False, True, True])
    assert kept(Variant(description="d"), both_know, **asked) == ["1", "2", "5", "6"]


def test_as_published_a_person_counts_twice_and_a_warning_says_so() -> None:
    selection = select_members(frame(), Variant(description="d", one_person_once=False), {})
    assert list(selection.members["patient_id"]) == ["1", "2", "4", "5"]
    assert selection.warnings == ("1 rows are people who are counted more than once, as published.",)


def test_unprofiled_is_never_wild_type_unless_a_paper_did_so() -> None:
    published = select_members(frame(), Variant(description="d", unprofiled="wild_type"), {})
    assert "3" in list(published.members["patient_id"])
    assert not published.members.set_index("patient_id").loc["3", "in_group"]
    assert "1 people who were never profiled" in published.warnings[0]
    row = published.members.set_index("patient_id").loc["3"]
    assert row["status"] == "wild_type" and "as published" in row["status_reason"]
    assert "not_profiled, on no list of sequenced samples" in row["status_reason"]


#: Person by person: what is known of the gene, in each of the four words.
FOUR = {
    "person_id": ["p1", "p2", "p3", "p4", "p5", "p6"],
    "status": ["mutated", "wild_type", "not_profiled", "undetermined", "undetermined", "undetermined"],
    "status_reason": [None, None, "no sample", "class XYZ", "class XYZ", "calls, but on no list"],
    "n_mutations": [1, 0, 0, 0, 0, 1],
    "time_months": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "event": [True, False, True, True, False, True],
}


def test_the_undetermined_are_a_step_of_their_own_that_counts_each_reason() -> None:
    selection = select_members(frame(**FOUR), Variant(description="d"), {})
    assert list(selection.members["patient_id"]) == ["1", "2"]
    flow = selection.flow.set_index("step")
    assert flow.loc["gene profiled", "n_left_out"] == 1
    step = flow.loc["gene status determined"]
    assert (step["n"], step["n_left_out"]) == (2, 3)
    assert step["reason"].endswith("class XYZ (2), calls, but on no list (1)")
    assert list(flow.index).index("gene status determined") == list(flow.index).index("gene profiled") + 1


def test_as_published_a_counted_call_makes_mutated_and_everybody_else_is_wild_type_and_both_are_counted() -> (
    None
):
    selection = select_members(frame(**FOUR), Variant(description="d", unprofiled="wild_type"), {})
    members = selection.members.set_index("patient_id")
    assert list(members.index[members["in_group"]]) == ["1", "6"]
    assert set(members["status"]) == {"mutated", "wild_type"}
    assert members.loc["6", "status_reason"] == (
        "called mutated as published; undetermined, calls, but on no list"
    )
    assert pd.isna(members.loc["2", "status_reason"])
    assert selection.warnings == (
        "1 people who were never profiled for the gene are called wild-type, as published.",
        "2 people who have an undetermined status of the gene are called wild-type, as published.",
        "1 people who have an undetermined status of the gene are called mutated, as published.",
    )


def test_an_analysis_that_asks_no_gene_gives_nobody_a_status_and_counts_who_was_never_profiled() -> None:
    without = frame().drop(columns=["status", "status_reason", "n_mutations"])
    selection = select_members(without, Variant(description="d"), {}, requires_status=False)
    assert list(selection.members["patient_id"]) == ["1", "2", "3", "5"], "3 was never sequenced"
    assert selection.everyone["status"].isna().all() and selection.everyone["status_reason"].isna().all()
    assert not selection.members["in_group"].any()
    assert not {"gene profiled", "gene status determined"} & set(selection.flow["step"])


def test_sequenced_people_without_a_mutation_can_be_left_out_as_published() -> None:
    assert kept(Variant(description="d", require_any_mutation=True)) == ["1", "5"]


def test_on_treatment_samples_can_be_left_out() -> None:
    assert kept(Variant(description="d", baseline_only=True)) == ["1", "2"]


UNLIKE = {
    "origin": ["icb_start"] * 3 + ["diagnosis"] * 3,
    "clock_family": ["treatment"] * 3 + ["diagnosis"] * 3,
}
ALONE = {"person_id": ["p1", "p2", "p3", "p4", "p5", "p6"]}


def test_unlike_origins_are_not_pooled() -> None:
    data = frame(**UNLIKE, status=["mutated", "wild_type", "wild_type", "wild_type", "wild_type", "mutated"])
    assert kept(Variant(description="d"), data) == ["1", "2", "3"]
    assert kept(Variant(description="d"), data, origin="diagnosis") == ["4", "5"]
    assert kept(Variant(description="d", allow_mixed_origins=True), data) == ["1", "2", "3", "5"]


def test_start_of_treatment_and_randomisation_are_one_family_unless_the_question_names_one_of_them() -> None:
    data = frame(**ALONE, origin=["icb_start"] * 3 + ["randomisation"] * 3)
    selection = select_members(data, Variant(description="d"), {})
    assert list(selection.members["patient_id"]) == ["1", "2", "4", "5"] and selection.clock == "treatment"
    assert "time from icb_start or randomisation" in list(selection.flow["step"])
    assert selection.outside.empty and not selection.warnings
    declared = select_members(data, Variant(description="d"), {}, origin="randomisation")
    assert list(declared.members["patient_id"]) == ["4", "5"]
    assert declared.cohorts_outside() == {"a": "icb_start"}


def test_the_family_that_is_pooled_is_that_of_most_people_whose_status_is_known_not_of_most_rows() -> None:
    unseen = {
        **UNLIKE,
        **ALONE,
        "status": ["mutated", "not_profiled", "undetermined", "wild_type", "wild_type", "mutated"],
    }
    selection = select_members(frame(**unseen), Variant(description="d"), {})
    assert selection.clock == "diagnosis", "two of b are known, one of the three of a"
    assert list(selection.members["patient_id"]) == ["4", "5"]


def test_a_cohort_outside_the_pool_is_named_with_its_clock_and_its_people_stay_at_hand() -> None:
    data = frame(**UNLIKE, status=["mutated", "wild_type", "wild_type", "wild_type", "wild_type", "mutated"])
    selection = select_members(data, Variant(description="d"), {})
    assert list(selection.outside["patient_id"]) == ["4", "5"], "p1 counts once in each family"
    assert selection.cohorts_outside() == {"b": "diagnosis"}
    assert selection.warnings == (
        "Not in the pooled estimate, because their clocks start elsewhere: b (2 people, clock diagnosis).",
    )
    assert set(selection.everyone.loc[selection.outside.index, "left_at"]) == {"time from icb_start"}


def test_control_arms_are_left_out_of_questions_about_checkpoint_blockade() -> None:
    data = frame(is_icb_treated=[False, True, True, True, True, True])
    assert kept(Variant(description="d"), data) == ["2", "4", "5"]
    assert kept(Variant(description="d"), data, icb_only=False) == ["1", "2", "5"]


def test_the_flow_adds_up_and_names_every_step() -> None:
    selection = select_members(frame(), Variant(description="d"), {"cancer_type": ("Melanoma",)})
    flow = selection.flow
    assert list(flow["n"].diff().dropna().astype(int)) == [-n for n in flow["n_left_out"][1:]]
    assert flow["n"].iloc[0] == 6 and flow["n"].iloc[-1] == len(selection.members)
    assert selection.everyone["left_at"].notna().sum() == 6 - len(selection.members)
    assert all(flow.loc[flow["n_left_out"] > 0, "reason"])


def test_response_needs_no_follow_up() -> None:
    assert "6" in kept(Variant(description="d"), requires_endpoint=False)


def test_an_empty_frame_gives_an_empty_selection() -> None:
    selection = select_members(frame().iloc[:0], Variant(description="d"), {})
    assert selection.members.empty and (selection.flow["n"] == 0).all()


def test_burden_leaves_out_the_genes_own_mutations() -> None:
    data = frame(
        n_nonsynonymous=[8, 0, None, 3, 1, 2],
        denominator_mb=[1.0] * 6,
        assay_kind=["panel"] * 6,
        panel_id=["x"] * 6,
    )
    burden = add_burden(data)["burden"]
    assert burden.iloc[0] == pytest.approx(3.0)  # log2(8 - 1 + 1)
    assert burden.iloc[5] == pytest.approx(0.0)  # both its mutations are the gene's own
    assert pd.isna(burden.iloc[2])


def test_burdens_of_unlike_assays_are_percentiles_within_assay() -> None:
    data = frame(
        n_nonsynonymous=[8, 2, 4, 800, 200, 400],
        n_mutations=[0] * 6,
        denominator_mb=[1.0, 1.0, 1.0, None, None, None],
        assay_kind=["panel"] * 3 + ["exome"] * 3,
        panel_id=["x"] * 3 + ["WES"] * 3,
    )
    ranked = add_burden(data)
    assert list(ranked["burden"].iloc[:3]) == list(ranked["burden"].iloc[3:])
    assert "percentile" in ranked["burden_definition"].iloc[0]


def test_a_cohort_that_reports_nobodys_response_has_no_non_responders() -> None:
    data = frame(recist=["CR", None, None, None, None, None])
    selection = select_members(
        data, Variant(description="d"), {}, requires_endpoint=False, reports_response=("recist",)
    )
    assert set(selection.members["cohort_id"]) == {"a"}
    assert "2" in list(selection.members["patient_id"]), "not evaluable, but of a cohort that reports"
    step = selection.flow.set_index("step").loc["response reported by the cohort"]
    assert step["n_left_out"] == 3 and step["reason"] == "the cohort reports nobody's recist"


def test_a_cohort_that_reports_one_of_the_responses_asked_for_stays() -> None:
    data = frame(orr=[True, None, None, None, None, None], durable_benefit=[None] * 3 + [False, None, None])
    for asked, cohorts in (
        (("orr",), {"a"}),
        (("durable_benefit",), {"b"}),
        (("orr", "durable_benefit"), {"a", "b"}),
    ):
        selection = select_members(
            data, Variant(description="d"), {}, requires_endpoint=False, reports_response=asked
        )
        assert set(selection.members["cohort_id"]) == cohorts


def test_the_longer_follow_up_speaks_for_a_person_whom_two_cohorts_of_one_rank_hold() -> None:
    data = frame(precedence=[10] * 6)
    assert kept(Variant(description="d"), data) == ["2", "4", "5"]


def test_a_cohort_that_knows_the_status_speaks_before_one_that_does_not() -> None:
    data = frame(
        precedence=[10] * 6,
        status=["not_profiled", "wild_type", "mutated", "mutated", "wild_type", "mutated"],
    )
    variant = Variant(description="d", unprofiled="wild_type")
    chosen = select_members(data, variant, {}).members.set_index("person_id")
    assert chosen.loc["p1", "patient_id"] == "4" and chosen.loc["p1", "in_group"]


def test_the_question_s_filter_compares_words_and_leaves_out_the_unknown() -> None:
    data = frame(cancer_type=["Melanoma", None, "Glioma", "Melanoma", "Glioma", "Melanoma"])
    selection = select_members(data, Variant(description="d"), {"cancer_type": ("Melanoma", "Uveal")})
    assert list(selection.members["patient_id"]) == ["1"]
    assert selection.flow["reason"].iloc[1] == "cancer_type is not one of: Melanoma, Uveal"


def test_the_frame_that_is_given_is_not_changed() -> None:
    data = frame()
    before = data.copy(deep=True)
    select_members(data, Variant(description="d"), {"cancer_type": ("Melanoma",)})
    pd.testing.assert_frame_equal(data, before)


#: The same six people in groups of another biomarker.
JOINT = FOUR | {
    "status": ["both", "neither", "not_profiled", "stk11_only", "undetermined", "undetermined"],
    "status_reason": [None, None, "STK11: its panel does not list the gene", None, "unclear", "unclear"],
}


def test_people_in_a_group_of_any_biomarker_are_members_and_keep_its_key() -> None:
    selection = select_members(frame(**JOINT), Variant(description="d"), {}, biomarker="STK11 x KRAS:G12C")
    assert dict(zip(selection.members["patient_id"], selection.members["status"], strict=True)) == {
        "1": "both", "2": "neither", "4": "stk11_only",
    }  # fmt: skip
    left = selection.flow.set_index("step")
    measured = left.loc["STK11 x KRAS:G12C measured"]
    assert measured["n_left_out"] == 1
    assert measured["reason"] == "not looked at: STK11: its panel does not list the gene (1)"
    assert left.loc["STK11 x KRAS:G12C determined", "reason"] == "looked at, but in no group: unclear (2)"


def test_a_person_counts_where_the_group_is_known_and_the_clock_is_that_of_those_in_groups() -> None:
    people = frame(
        person_id=["p1", "p1", "p3", "p4", "p5", "p6"],
        precedence=[10, 10, 10, 10, 10, 10],
        status=["undetermined", "tmb_ge_10", "tmb_lt_10", "undetermined", "undetermined", "undetermined"],
        status_reason=["unsized", None, None, "unsized", "unsized", "unsized"],
        clock_family=["sampling", "treatment", "treatment", "sampling", "sampling", "sampling"],
        time_months=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        event=[True] * 6,
    )
    selection = select_members(people, Variant(description="d"), {}, biomarker="TMB >= 10")
    assert list(selection.members["patient_id"]) == ["2", "3"]
    assert selection.clock == "treatment"


def test_the_groups_of_another_biomarker_cannot_be_filled_with_people_whom_nobody_looked_at() -> None:
    variant = Variant(description="d", unprofiled="wild_type")
    with pytest.raises(InvalidSettingError, match="no group of TMB >= 10: set unprofiled to left_out"):
        select_members(frame(**JOINT), variant, {}, biomarker="TMB >= 10")
