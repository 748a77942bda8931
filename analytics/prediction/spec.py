"""What a nomogram analysis asks: the covariates as axes, in whom it is made, in whom it is tried."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analytics.prediction.model import Covariate, Transform
from analytics.questions.specs import COVARIATES, Endpoint, PeopleVariant, Question

#: Covariate made here: percentile of mutation burden within cohort x panel x cancer type, 0 to 100.
BURDEN_PERCENTILE = "burden_percentile"


class Axis(BaseModel):
    """How a covariate enters: its name in print, and which of the source's words are one level."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    transform: Transform = "identity"
    levels: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="level as printed -> values of the column; the first is the reference. Other values have no level",
    )

    @model_validator(mode="after")
    def _each_value_once(self) -> Axis:
        values = [value for several in self.levels.values() for value in several]
        if len(set(values)) < len(values):
            raise ValueError("a value stands in two levels; name it once")
        if len(self.levels) == 1:
            raise ValueError("one level cannot predict; name at least two")
        return self

    def covariate(self, name: str) -> Covariate:
        """The covariate of the prediction model."""
        return Covariate(name, self.label, self.transform, tuple(self.levels))


class NomogramVariant(PeopleVariant):
    """One way of making and trying the nomogram. ``strata`` are those of the tests of low against high points; the
    model that predicts has one baseline, because a stratum's baseline cannot be carried to new people."""

    covariates: tuple[str, ...]
    strata: tuple[str, ...] = ()
    validation_strata: tuple[str, ...] = ()
    same_cancer_types: bool = Field(
        default=False, description="validate only in cancer types that the nomogram was made in"
    )


class NomogramSpec(Question):
    """A nomogram from the discovery cohorts (``cohorts``, ``where``), tried in those of the validation."""

    kind: Literal["nomogram"] = "nomogram"
    gene: str
    endpoint: Endpoint = "OS"
    validation_cohorts: tuple[str, ...] = ()
    validation_where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    axes: dict[str, Axis]
    horizons_months: tuple[float, ...] = (12.0, 24.0)
    published_cut_points: float | None = Field(
        default=None,
        description="cut-off on the points of a published nomogram, tried on the scale made here",
    )
    n_groups: int = Field(default=5, ge=2, le=20, description="groups of predicted survival in a calibration")
    n_bootstrap: int = Field(default=1000, ge=500)
    n_permutations: int = Field(default=10_000, ge=1000)
    n_refits: int = Field(
        default=1000, ge=500, description="refits on permuted follow-up behind the cut-off's p"
    )
    seed: int = 20261121
    variants: dict[str, NomogramVariant]

    @model_validator(mode="after")
    def _known(self) -> NomogramSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        both = sorted(set(self.cohorts) & set(self.validation_cohorts))
        if both:
            raise ValueError(f"{', '.join(both)} cannot be discovery and validation at once")
        known = {*COVARIATES, BURDEN_PERCENTILE}
        for name, variant in self.variants.items():
            without = sorted(set(variant.covariates) - set(self.axes))
            if without or not variant.covariates:
                raise ValueError(f"variant '{name}' needs covariates, each with an axis; without: {without}")
            asked = {*variant.covariates, *variant.strata, *variant.validation_strata}
            unknown = sorted(c for c in asked - known if not c.endswith("_mutated"))
            if unknown:
                raise ValueError(f"unknown covariates or strata {unknown}; known: {', '.join(sorted(known))}")
        return self

    @property
    def endpoints(self) -> tuple[Endpoint]:
        """The one endpoint, as the other kinds have it."""
        return (self.endpoint,)

    def genes(self) -> tuple[str, ...]:
        """Genes whose status enters as a covariate."""
        named = {c for v in self.variants.values() for c in v.covariates if c.endswith("_mutated")}
        return tuple(sorted(name.removesuffix("_mutated") for name in named))
