"""What an analysis of kind ``signatures`` asks: which spectra, which reference signatures, what counts as present.

Reading YAML and querying tables do not belong here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analytics.questions.specs import COVARIATES, Endpoint, PeopleVariant, Question
from analytics.signatures.bootstrap import MIN_RESAMPLES
from analytics.signatures.signatures import MAX_COSINE_LOSS, MIN_MUTATIONS

PresenceEstimator = Literal["log_rank_oe", "cox_univariable", "cox_adjusted", "cox_burden_adjusted"]
#: Columns that a signature's presence may be stratified by; TCGA's types are codes, other cohorts' are words.
STRATA = (*COVARIATES, "oncotree_code")


class Bootstrap(BaseModel):
    """Intervals of exposures: how many resamples, from which seed, and for whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resamples: int = Field(default=500, ge=MIN_RESAMPLES)
    seed: int = Field(ge=0)
    samples: Literal["mutated", "all"] = "mutated"


class SignatureVariant(PeopleVariant):
    """One way of saying which signatures a tumour has, and of asking what goes with them.

    ``source`` is our refit, or the exposures that were published for the same samples. A signature is present in a
    sample when its share and its mutations both reach the minimum and it has any exposure at all.
    """

    source: Literal["refit", "published"] = "refit"
    reference: str | None = Field(default=None, description="reference_id of marts.signature_profiles")
    exome_like: str | None = Field(
        default=None,
        description="an exome reference: brings a genome reference to its trinucleotide opportunities",
    )
    excluded: tuple[str, ...] = Field(default=(), description="signatures that are left out, e.g. artefacts")
    candidates: Literal["all", "published_in_type"] = Field(
        default="all",
        description="open to a sample: every signature, or those published for samples of its cancer type",
    )
    min_share_of_type: float = Field(default=0.05, ge=0, lt=1)
    max_cosine_loss: float | None = Field(default=MAX_COSINE_LOSS, ge=0, lt=1)
    min_mutations: int = Field(default=MIN_MUTATIONS, ge=1)
    min_fraction: float = Field(default=0.05, ge=0, lt=1)
    min_exposure: float = Field(default=10.0, ge=0)
    bootstrap: Bootstrap | None = None
    strata: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    estimators: tuple[PresenceEstimator, ...] = ()
    min_carriers: int = Field(default=10, ge=1, description="with fewer, survival is not asked")

    @model_validator(mode="after")
    def _fits_together(self) -> SignatureVariant:
        unknown = sorted((set(self.strata) | set(self.covariates)) - set(STRATA))
        if unknown:
            raise ValueError(f"unknown covariates or strata {unknown}; known: {', '.join(STRATA)}")
        if "cox_adjusted" in self.estimators and not self.covariates:
            raise ValueError("cox_adjusted needs covariates")
        if (self.source == "refit") != (self.reference is not None):
            raise ValueError("a refit, and nothing else, needs 'reference'")
        if self.source == "published" and self.bootstrap is not None:
            raise ValueError("published exposures cannot be drawn again: leave 'bootstrap' out")
        return self


class SignatureSpec(Question):
    """Signatures of the people's index samples, by the status of a gene and beside survival.

    ``spectra`` come from published 96-channel tables, or are counted from the cohorts' own calls, which needs a
    reference genome of ``ncbi_build``.
    """

    kind: Literal["signatures"]
    gene: str
    spectra: Literal["table", "calls"]
    ncbi_build: str = "GRCh37"
    type_column: Literal["oncotree_code", "cancer_type"] = "cancer_type"
    highlighted: tuple[str, ...] = Field(
        default=(), description="signatures whose numbers are asked for; first in figures, always a row"
    )
    endpoints: tuple[Endpoint, ...] = ("OS",)
    origin: str | None = None
    variants: dict[str, SignatureVariant]

    @model_validator(mode="after")
    def _has_variants(self) -> SignatureSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        if self.spectra == "calls" and any(v.source == "published" for v in self.variants.values()):
            raise ValueError("published exposures go with published spectra: use spectra: table")
        return self
