"""A question has one text, whichever way it was asked, and the text is the question again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.biomarkers.errors import BiomarkerError
from analytics.questions.asked import (
    RESPONSES,
    WHERE_COLUMNS,
    AskedQuestionError,
    as_spec,
    asked,
    read_question,
)


def test_a_biomarker_alone_is_a_question_about_overall_survival() -> None:
    assert asked("alk").text == "ALK; endpoint OS"
    assert read_question("alk") == asked("ALK", endpoint="os")


def test_order_case_and_repeats_make_no_other_question() -> None:
    one = asked(
        "KRAS:gly12cys and STK11:trunc",
        endpoint="pfs",
        cohorts=["poplar_2018", "oak_2018", "oak_2018"],
        where="line=2,cancer_type=Melanoma|Bladder Cancer",
        adjust="sex,age_group",
        landmark=3,
    )
    other = asked(
        "STK11:truncating & KRAS:G12C",
        endpoint="PFS",
        cohorts=["oak_2018,poplar_2018"],
        where={"cancer_type": ["Bladder Cancer", "Melanoma"], "line_of_treatment": ["2"]},
        adjust=["age_group", "sex"],
        landmark=3.0,
    )
    assert one == other
    assert one.text == (
        "KRAS:G12C & STK11:truncating; endpoint PFS; cohort oak_2018,poplar_2018; "
        "where cancer_type=Bladder Cancer|Melanoma,line_of_treatment=2; adjust age_group,sex; landmark 3"
    )


def test_two_biomarkers_that_interact_are_a_joint_biomarker() -> None:
    assert asked("STK11", interaction="KRAS:G12C") == asked("STK11 x KRAS:G12C")
    assert asked("STK11 | KEAP1", interaction="KRAS").biomarker == "(KEAP1 | STK11) x KRAS"
    assert asked("STK11", interaction="KRAS").is_joint


WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=12).map(str.strip)


@given(
    st.dictionaries(
        st.sampled_from(sorted(WHERE_COLUMNS)), st.lists(WORDS.filter(bool), min_size=1, max_size=3)
    ),
    st.lists(st.sampled_from(["sex", "age_years", "TP53_mutated"])),
    st.sampled_from(["OS", "PFS", "orr", "durable_benefit"]),
)
def test_the_text_of_a_question_is_the_question_again(
    where: dict[str, list[str]], adjust: list[str], endpoint: str
) -> None:
    if endpoint in RESPONSES:  # an odds ratio is adjusted for nothing
        adjust = []
    question = asked("STK11 x KRAS:G12C", where=where, adjust=adjust, endpoint=endpoint, cohorts=["b", "a"])
    assert read_question(question.text) == question
    assert read_question(read_question(question.text).text).text == question.text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("ALK; on OS", "'on OS' is no part of a question"),
        ("ALK; endpoint OS; endpoint PFS", "stands twice"),
        ("ALK; landmark soon", "no number of months"),
        ("ALK; landmark -1", "cannot be"),
        ("ALK; where Melanoma", "column=value"),
        ("ALK; where cancer_typ=Melanoma", "is it cancer_type"),
        ('ALK; where cancer_type="Melanoma', "not closed"),
        ("ALK; cut searched", "looks for the cut of a number"),
        ("TMB; cut best", "there is searched"),
        ("TMB per doubling; endpoint orr", "give it a cut"),
        ("expr(CD274) per sd; endpoint durable_benefit", "compared between groups"),
        ("ALK; landmark 1e9", "below 1,200"),
        ("ALK; landmark inf", "below 1,200"),
        ("ALK; where ", "'where' has no value"),
        ("ALK; endpoint orr; adjust sex", "is adjusted for nothing"),
        ("TMB per doubling; adjust burden", "mutation burden itself"),
    ],
)
def test_what_is_no_question_is_said_in_one_sentence(text: str, part: str) -> None:
    with pytest.raises(AskedQuestionError) as error:
        read_question(text)
    assert part in str(error.value) and "\n" not in str(error.value)


def test_a_name_of_a_list_may_stand_between_blanks_and_a_covariate_in_any_case() -> None:
    question = asked("ALK", cohorts=[" b , a"], adjust="tp53_Mutated, Sex")
    assert question.cohorts == ("a", "b") and question.adjust == ("TP53_mutated", "sex")
    assert question.text == asked("ALK", cohorts=["a", "b"], adjust="sex,TP53_mutated").text


def test_a_text_without_a_biomarker_is_no_question() -> None:
    with pytest.raises(BiomarkerError):
        read_question("")


def test_a_question_as_an_analysis_keeps_its_text_people_and_covariates() -> None:
    question = asked("ALK", where="cancer_type=Melanoma", adjust="sex,cancer_type")
    spec = as_spec(question, ["a", "b"], analysis_id="x", title="t", registered_on="2026-01-01")
    assert spec.question == question.text and spec.where == {"cancer_type": ("Melanoma",)}
    default = spec.variants["default"]
    assert default.strata == ("cohort_id",) and "cox_adjusted" in default.estimators and default.robust
