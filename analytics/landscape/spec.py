"""What a landscape asks: how often one gene is mutated, how, and where along its protein."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from analytics.questions.specs import PeopleVariant, Question, _Strict


class Domain(_Strict):
    """One domain of a protein, in residues from 1; ``key`` names it in estimate keys."""

    key: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    start: int = Field(ge=1)
    end: int

    @model_validator(mode="after")
    def _runs_forward(self) -> Domain:
        if self.end < self.start:
            raise ValueError(f"domain '{self.key}' ends at {self.end}, before it starts at {self.start}")
        return self


class Protein(_Strict):
    """The protein of a gene, as ``catalog/references/protein_domains.yaml`` declares it."""

    accession: str
    citation: str
    length: int = Field(ge=1)
    domains: tuple[Domain, ...]
    note: str | None = None

    @model_validator(mode="after")
    def _within_the_protein(self) -> Protein:
        beyond = [domain.key for domain in self.domains if domain.end > self.length]
        if beyond:
            raise ValueError(f"domain(s) {', '.join(beyond)} end beyond residue {self.length}")
        return self


class LandscapeSpec(Question):
    """Frequency by group, variant classes, and positions of one gene's mutations."""

    kind: Literal["landscape"]
    gene: str
    endpoint: str = Field(default="landscape", description="word under which members and statistics stand")
    group_by: Literal["cancer_type", "oncotree_code", "cohort_id"] = "cancer_type"
    hotspot_q: float = Field(default=0.05, gt=0, lt=1)
    variants: dict[str, PeopleVariant]

    @model_validator(mode="after")
    def _has_variants(self) -> LandscapeSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        return self
