"""What a question of resistance asks: the typed form of a file of ``kind: resistance``.

Reading YAML and tables does not belong here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analytics.questions.specs import PeopleVariant, Question

Part = Literal["pairs", "acquired", "intrinsic", "time_points"]


class GeneSet(BaseModel):
    """A declared gene set. With ``gene_set_id`` the set of marts.gene_sets is used when it is there, less the genes of
    ``without`` (inhibitors of a pathway, whose loss does not silence it)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    genes: tuple[str, ...]
    citation: str
    gene_set_id: str | None = None
    without: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_genes(self) -> GeneSet:
        if not self.genes:
            raise ValueError("a gene set needs at least one gene")
        return self


class TimePoints(BaseModel):
    """Expression at two times: single genes, and sets whose mean z-score is one measure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    genes: tuple[str, ...] = ()
    programmes: tuple[str, ...] = Field(default=(), description="names of gene_sets scored as one measure")
    roles: tuple[str, ...] = ("baseline to on_treatment",)
    unit: str | None = Field(default=None, description="unit of marts.expression that is used")


class ResistanceVariant(PeopleVariant):
    """One way of doing it."""

    min_response_months: float = Field(default=6.0, ge=0, description="how long a response must have lasted")
    months_to_response: float = Field(
        default=0.0, ge=0, description="start of treatment to the assessment that first shows a response"
    )
    uses_power: bool = Field(default=True, description="absent only where it could have been seen")
    min_power: float = Field(default=0.8, gt=0, le=1)
    min_alt_reads: int = Field(default=3, ge=1)
    intrinsic_baseline_only: bool = Field(
        default=True, description="intrinsic loss in samples before treatment"
    )
    low_burden_percentile: float = Field(default=50.0, gt=0, lt=100)


class ResistanceSpec(Question):
    """Pairs of samples, acquired and intrinsic loss, and expression over time, in one or more cohorts."""

    kind: Literal["resistance"]
    parts: tuple[Part, ...] = ("pairs", "acquired", "intrinsic", "time_points")
    gene_sets: dict[str, GeneSet]
    pair_roles: tuple[str, ...] = Field(
        default=("baseline to progression",), description="pairs that the headline numbers count"
    )
    intrinsic_sets: tuple[str, ...] = Field(
        default=(), description="names of gene_sets; the first is that of intrinsic_loss.n.<cancer>"
    )
    cancer_labels: dict[str, str] = Field(
        default_factory=dict, description="what a cancer type is called in estimate keys"
    )
    time_points: TimePoints = TimePoints()
    variants: dict[str, ResistanceVariant]

    @model_validator(mode="after")
    def _names_are_known(self) -> ResistanceSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        asked = {*self.intrinsic_sets, *self.time_points.programmes}
        unknown = sorted(asked - set(self.gene_sets))
        if unknown:
            raise ValueError(f"unknown gene sets {unknown}; declared: {', '.join(self.gene_sets)}")
        if "intrinsic" in self.parts and not self.intrinsic_sets:
            raise ValueError("part 'intrinsic' needs intrinsic_sets")
        return self

    def loss_sets(self) -> tuple[str, ...]:
        """Gene sets in which losses are looked for: all but those that only score a programme of expression."""
        only_scored = set(self.time_points.programmes) - set(self.intrinsic_sets)
        return tuple(name for name in self.gene_sets if name not in only_scored)

    def draws(self, variant: str) -> bool:
        """Figures are drawn for the default alone: the other ways differ in numbers that a picture does not show."""
        return variant == "default" or "default" not in self.variants
