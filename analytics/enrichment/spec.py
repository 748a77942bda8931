"""What an enrichment asks: are sets of genes expressed more, or less, in tumours with a mutation of one gene?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from analytics.questions.specs import PeopleVariant, Question


class EnrichmentSpec(Question):
    """Preranked enrichment of the sets of one collection. ``shown`` : sets with a running-score figure; all of the
    collection are tested and corrected for."""

    kind: Literal["enrichment"]
    gene: str
    endpoint: str = Field(default="expression", description="word under which members and statistics stand")
    collection: str
    shown: tuple[str, ...] = ()
    permutations: int = Field(default=1000, ge=100)
    seed: int = 20220101
    min_size: int = Field(default=15, ge=2)
    max_size: int = 500
    min_coverage: float = Field(default=0.8, ge=0, le=1)
    variants: dict[str, PeopleVariant]

    @model_validator(mode="after")
    def _has_variants(self) -> EnrichmentSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        return self
