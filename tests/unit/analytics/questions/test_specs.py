"""What a file under catalog/analyses may say, and how it is told that it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from analytics.questions.specs import COVARIATES, AnalysisSpec, Variant

SPEC: dict[str, Any] = {
    "analysis_id": "igf1r",
    "title": "t",
    "question": "q",
    "biomarker": "IGF1R",
    "cohorts": ["a"],
    "registered_on": "2026-01-01",
    "variants": {"default": {"description": "d"}},
}


def said(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        AnalysisSpec.model_validate(SPEC | changes)
    error = caught.value.errors()[0]
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def test_the_honest_way_is_the_default() -> None:
    variant = AnalysisSpec.model_validate(SPEC).variants["default"]
    assert variant.one_person_once and variant.unprofiled == "left_out"
    assert not variant.allow_mixed_origins and not variant.require_any_mutation


def test_an_unknown_key_is_refused_by_name() -> None:
    assert said(colour="red") == "colour: Extra inputs are not permitted"
    assert said(variants={"default": {"description": "d", "robsut": True}}).startswith(
        "variants.default.robsut"
    )


def test_an_unknown_covariate_or_stratum_is_refused_with_the_known_ones() -> None:
    message = said(variants={"default": {"description": "d", "covariates": ["shoe_size"]}})
    assert "unknown covariates or strata ['shoe_size']" in message
    assert all(name in message for name in COVARIATES)
    assert "['shoe_size']" in said(variants={"default": {"description": "d", "strata": ["shoe_size"]}})


def test_the_status_of_another_gene_may_be_adjusted_for() -> None:
    spec = AnalysisSpec.model_validate(
        SPEC
        | {
            "variants": {
                "one": {"description": "d", "covariates": ["TP53_mutated", "sex"]},
                "other": {"description": "d", "strata": ["KRAS_mutated"], "covariates": ["TP53_mutated"]},
            }
        }
    )
    assert spec.other_genes() == ("KRAS", "TP53")


def test_an_adjusted_model_without_covariates_is_refused() -> None:
    with pytest.raises(ValidationError, match="cox_adjusted needs covariates"):
        Variant(description="d", estimators=("cox_adjusted",))


def test_an_unknown_estimator_endpoint_or_response_is_refused() -> None:
    assert said(endpoints=["OSS"]).startswith("endpoints.0")
    assert said(variants={"default": {"description": "d", "estimators": ["cox"]}}).startswith(
        "variants.default.est"
    )
    assert said(variants={"default": {"description": "d", "responses": ["crr"]}}).startswith(
        "variants.default.resp"
    )


def test_an_analysis_needs_a_variant_and_a_name_that_can_be_a_file_s() -> None:
    assert "at least one variant" in said(variants={})
    assert said(analysis_id="IGF1R/2").startswith("analysis_id")


def test_a_spec_cannot_be_changed_after_it_was_read() -> None:
    spec = AnalysisSpec.model_validate(SPEC)
    with pytest.raises(ValidationError, match="frozen"):
        spec.gene = "ALK"


@pytest.mark.parametrize("text", ["yesterday", "21.11.2026", "2026-13-01"])
def test_a_registration_that_is_no_day_is_refused(text: str) -> None:
    assert f"'{text}' is no day; it is written as 2026-11-21" in said(registered_on=text)


def test_responses_by_a_number_without_a_cut_are_refused_and_not_left_out_in_silence() -> None:
    asking_responses = {"default": {"description": "d", "responses": ["orr"]}}
    message = said(biomarker="TMB", variants=asking_responses)
    assert "variant 'default': A response is compared between groups, and 'TMB' is a number" in message
    assert AnalysisSpec.model_validate(SPEC | {"biomarker": "TMB >= 10", "variants": asking_responses})


def test_burden_is_not_adjusted_for_itself() -> None:
    adjusted = {"default": {"description": "d", "covariates": ["sex", "burden"]}}
    assert "cannot be adjusted for it" in said(biomarker="TMB >= 10", variants=adjusted)
    assert AnalysisSpec.model_validate(SPEC | {"variants": adjusted})
