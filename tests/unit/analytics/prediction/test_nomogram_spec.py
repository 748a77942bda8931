"""What a nomogram's file may say, and how it is told that it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from analytics.prediction.spec import NomogramSpec

SPEC: dict[str, Any] = {
    "kind": "nomogram",
    "analysis_id": "score",
    "title": "t",
    "question": "q",
    "gene": "ALK",
    "cohorts": ["a"],
    "registered_on": "2026-01-01",
    "axes": {"sex": {"label": "Sex", "levels": {"female": ["Female"], "male": ["Male"]}}},
    "variants": {"default": {"description": "d", "covariates": ["sex"]}},
}


def said(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        NomogramSpec.model_validate(SPEC | changes)
    return str(caught.value.errors()[0]["msg"])


def test_the_honest_way_is_the_default() -> None:
    spec = NomogramSpec.model_validate(SPEC)
    variant = spec.variants["default"]
    assert variant.one_person_once and not variant.allow_mixed_origins
    assert spec.n_bootstrap >= 500 and spec.horizons_months == (12.0, 24.0) and spec.endpoints == ("OS",)


def test_a_covariate_needs_an_axis_and_must_be_known() -> None:
    variants = {"default": {"description": "d", "covariates": ["sex", "stage"]}}
    assert "each with an axis; without: ['stage']" in said(variants=variants)
    axes = SPEC["axes"] | {"shoe_size": {"label": "Shoe"}}
    variants = {"default": {"description": "d", "covariates": ["shoe_size"]}}
    assert "unknown covariates or strata ['shoe_size']" in said(axes=axes, variants=variants)


def test_a_cohort_cannot_be_discovery_and_validation_at_once() -> None:
    assert "a cannot be discovery and validation at once" in said(validation_cohorts=["a", "b"])


def test_a_value_belongs_to_one_level_and_one_level_is_no_axis() -> None:
    assert "stands in two levels" in said(axes={"sex": {"label": "Sex", "levels": {"f": ["F"], "m": ["F"]}}})
    assert "one level cannot predict" in said(axes={"sex": {"label": "Sex", "levels": {"f": ["F"]}}})


def test_too_few_bootstrap_samples_are_refused() -> None:
    assert "greater than or equal to 500" in said(n_bootstrap=100)
