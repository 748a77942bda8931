"""What an analysis asks: the typed form of one file under ``catalog/analyses``.

A spec says which gene, which endpoint, which people, adjusted for what and estimated how, in one or
more *variants*: ``as_published`` repeats what a paper did, ``default`` is the honest way (one person
once, tri-state gene status, stratified). Reading YAML and querying tables do not belong here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: Covariates that the analysis frame carries; a spec may adjust for or stratify by these.
COVARIATES = (
    "age_years",
    "age_group",
    "sex",
    "cancer_type",
    "sample_type",
    "primary_site",
    "drug_class",
    "stage",
    "smoking_history",
    "ecog",
    "line_of_treatment",
    "burden",
    "cohort_id",
    "panel_id",
)

SurvivalEstimator = Literal[
    "kaplan_meier",
    "log_rank",
    "log_rank_oe",
    "cox_univariable",
    "cox_adjusted",
    "cox_burden_adjusted",
    "restricted_mean",
    "schoenfeld",
]
Endpoint = Literal["OS", "PFS", "DSS", "DFI", "PFI"]
Response = Literal["orr", "dcr", "durable_benefit", "predictior", "iatlas"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Variant(_Strict):
    """One way of doing an analysis."""

    description: str
    one_person_once: bool = True
    unprofiled: Literal["left_out", "wild_type"] = "left_out"
    require_any_mutation: bool = Field(
        default=False,
        description="leave out sequenced people without a single mutation row (as some papers did)",
    )
    baseline_only: bool = False
    strata: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    robust: bool = False
    estimators: tuple[SurvivalEstimator, ...] = ("kaplan_meier", "log_rank", "cox_univariable")
    responses: tuple[Response, ...] = ()
    allow_mixed_origins: bool = Field(
        default=False, description="pool endpoints with unlike time zero; only to repeat what was published"
    )

    @model_validator(mode="after")
    def _known_columns(self) -> Variant:
        unknown = sorted((set(self.strata) | set(self.covariates)) - set(COVARIATES))
        unknown = [name for name in unknown if not name.endswith("_mutated")]
        if unknown:
            raise ValueError(
                f"unknown covariates or strata {unknown}; known: {', '.join(COVARIATES)}, <gene>_mutated"
            )
        if "cox_adjusted" in self.estimators and not self.covariates:
            raise ValueError("cox_adjusted needs covariates")
        return self


class AnalysisSpec(_Strict):
    """One question. ``where`` keeps rows by column value;"""

    analysis_id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    question: str
    paper_id: str | None = None
    gene: str
    endpoints: tuple[Endpoint, ...] = ("OS",)
    cohorts: tuple[str, ...]
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    cohort_groups: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="a name for several cohorts counted as one, as a paper did"
    )
    endpoint_names: dict[Endpoint, str] = Field(
        default_factory=dict, description="what the paper calls an endpoint, e.g. DFI: dfs"
    )
    icb_only: bool = True
    origin: str | None = None
    trials: tuple[str, ...] = Field(
        default=(),
        description="randomised cohorts among those of the analysis, for the arm x gene interaction",
    )
    control_analysis: str | None = Field(
        default=None, description="the same question without checkpoint blockade: predictive or prognostic?"
    )
    prespecified: bool = False
    registered_on: str
    variants: dict[str, Variant]

    @model_validator(mode="after")
    def _has_variants(self) -> AnalysisSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        return self

    def other_genes(self) -> tuple[str, ...]:
        """Genes whose status enters as a covariate, e.g. TP53 for ``TP53_mutated``."""
        named = {
            c for v in self.variants.values() for c in (*v.covariates, *v.strata) if c.endswith("_mutated")
        }
        return tuple(sorted(name.removesuffix("_mutated") for name in named))
