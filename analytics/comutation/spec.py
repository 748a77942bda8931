"""What a co-mutation audit asks: which genes are mutated together with one gene, and does burden explain it?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from analytics.comparison.spec import Stratum
from analytics.questions.specs import PeopleVariant, Question


class ComutationVariant(PeopleVariant):
    """One way of the audit. Bins of burden are quantiles within ``strata``."""

    strata: tuple[Stratum, ...] = ("cohort_id", "panel_id", "cancer_type")
    burden_bins: int = Field(default=10, ge=1)
    widest_bin: float = Field(
        default=1.25, gt=1, description="the highest burden of a bin is at most so many times the lowest"
    )


class ComutationSpec(Question):
    """Every other gene against the status of one gene."""

    kind: Literal["comutation"]
    gene: str
    endpoint: str = Field(default="comutation", description="word under which members and statistics stand")
    min_carriers: int = Field(default=10, ge=1, description="carriers that another gene needs to be tested")
    companions: tuple[str, ...] = Field(
        default=(), description="genes reported whatever they show, e.g. TP53"
    )
    variants: dict[str, ComutationVariant]

    @model_validator(mode="after")
    def _has_variants(self) -> ComutationSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        return self
