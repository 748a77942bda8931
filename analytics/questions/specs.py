"""What an analysis asks: the typed form of one file under ``catalog/analyses``.

A spec says which gene, which people and what is asked of them, in one or more *variants*: ``as_published``
repeats what a paper did, ``default`` is the honest way (one person once, gene status earned, stratified).
Here stand what all kinds of analyses share and the survival kind; the other kinds have theirs in their rooms
(``<room>/spec.py``). Reading YAML and querying tables do not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from analytics.biomarkers.errors import BiomarkerError
from analytics.biomarkers.language.model import Continuous, Mutation, measures_burden
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.text import canonical
from analytics.questions.clock import CustomEndpoint, KnownEndpoint, TimeRules

#: Covariates that the analysis frame carries; a spec may adjust for or stratify by these.
COVARIATES = (
    "age_years",
    "age_group",
    "sex",
    "cancer_type",
    "sample_type",
    "sample_site",
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
    "cox_missing_as_level",
    "cox_imputed",
    "cox_burden_adjusted",
    "restricted_mean",
    "cumulative_incidence",
    "schoenfeld",
]
Endpoint = KnownEndpoint
Response = Literal["orr", "dcr", "durable_benefit", "predictior", "iatlas"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PeopleVariant(_Strict):
    """Who is counted in one way of doing an analysis; see ``selection.select_members``."""

    description: str
    one_person_once: bool = True
    unprofiled: Literal["left_out", "wild_type"] = "left_out"
    require_any_mutation: bool = Field(
        default=False,
        description="leave out sequenced people without a single mutation row (as some papers did)",
    )
    baseline_only: bool = False
    allow_mixed_origins: bool = Field(
        default=False, description="pool endpoints with unlike time zero; only to repeat what was published"
    )


class Variant(PeopleVariant):
    """One way of doing a survival analysis."""

    strata: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    robust: bool = False
    estimators: tuple[SurvivalEstimator, ...] = ("kaplan_meier", "log_rank", "cox_univariable")
    responses: tuple[Response, ...] = ()
    time: TimeRules = TimeRules()

    @model_validator(mode="after")
    def _known_columns(self) -> Variant:
        unknown = sorted((set(self.strata) | set(self.covariates)) - set(COVARIATES))
        unknown = [name for name in unknown if not name.endswith("_mutated")]
        if unknown:
            raise ValueError(
                f"unknown covariates or strata {unknown}; known: {', '.join(COVARIATES)}, <gene>_mutated"
            )
        adjusting = ("cox_adjusted", "cox_missing_as_level", "cox_imputed")
        asked = [name for name in adjusting if name in self.estimators]
        if asked and not self.covariates:
            raise ValueError(f"{asked[0]} needs covariates")
        return self


def _day(text: str) -> str:
    if text:
        try:
            date.fromisoformat(text)
        except ValueError as exc:
            raise ValueError(f"'{text}' is no day; it is written as 2026-11-21") from exc
    return text


#: The day on which a question was written down; empty for one that is only asked.
DayText = Annotated[str, AfterValidator(_day)]


class Question(_Strict):
    """What every kind of analysis declares. ``where`` keeps rows by column value; a kind adds ``kind`` and
    ``variants``, a mapping of names to its own :class:`PeopleVariant`."""

    analysis_id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    question: str
    paper_id: str | None = None
    biomarker: str | None = Field(
        default=None,
        description="what is asked about, in the language of docs/biomarkers.md; a gene is the shortest",
    )
    cohorts: tuple[str, ...]
    awaited_cohorts: tuple[str, ...] = Field(
        default=(),
        description="not public here; each is counted as soon as the catalogue has a cohort of this name",
    )
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    icb_only: bool = True
    prespecified: bool = False
    registered_on: DayText

    @field_validator("biomarker")
    @classmethod
    def _is_a_biomarker(cls, text: str | None) -> str | None:
        try:
            return None if text is None else canonical(parse(text))
        except BiomarkerError as exc:
            raise ValueError(str(exc)) from exc

    @property
    def gene(self) -> str | None:
        """The gene, where its mutation is what is asked about."""
        asked = None if self.biomarker is None else parse(self.biomarker)
        return asked.gene if isinstance(asked, Mutation) and asked.what == "any" else None


class GeneQuestion(Question):
    """A question that can be asked of one gene's mutation only: where it is mutated, and what with."""

    biomarker: str

    @model_validator(mode="after")
    def _asks_a_gene(self) -> GeneQuestion:
        if self.gene is None:
            raise ValueError(f"this kind of analysis asks one gene, not '{self.biomarker}'; write a symbol")
        return self

    @property
    def gene(self) -> str:
        """The gene."""
        asked = parse(self.biomarker)
        return asked.gene if isinstance(asked, Mutation) else ""


def _is_declared(name: str, info: ValidationInfo) -> str:
    """An endpoint of the sources or one of ``custom_endpoints``, which is read before it."""
    known = (*get_args(KnownEndpoint), *info.data.get("custom_endpoints", {}))
    if name not in known:
        raise ValueError(
            f"unknown endpoint '{name}'; known: {', '.join(known)}; declare others in custom_endpoints"
        )
    return name


_DeclaredEndpoint = Annotated[str, AfterValidator(_is_declared)]


def cannot_be_estimated(biomarker: str, *, responses: Sequence[str], covariates: Sequence[str]) -> str | None:
    """Why a biomarker cannot be asked about in this way, in a sentence; none if it can."""
    asked = parse(biomarker)
    if "burden" in covariates and measures_burden(asked):
        return f"'{biomarker}' is mutation burden itself and cannot be adjusted for it: leave burden out"
    if responses and isinstance(asked, Continuous):
        return (
            f"A response is compared between groups, and '{biomarker}' is a number: give it a cut, "
            "such as '>= 10' or 'top 20%', or ask of OS or PFS"
        )
    return None


def filter_words(where: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Which rows are asked for, 'column: value' each."""
    return tuple(f"{column}: {value}" for column, values in where.items() for value in values)


class AnalysisSpec(Question):
    """Survival and response by the groups of a biomarker, or by its value."""

    kind: Literal["survival"] = "survival"
    biomarker: str
    custom_endpoints: dict[str, CustomEndpoint] = Field(
        default_factory=dict, description="endpoints made of others: EFS: {first_of: [PFS, OS]}"
    )
    endpoints: tuple[_DeclaredEndpoint, ...] = ("OS",)
    cohort_groups: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="a name for several cohorts counted as one, as a paper did"
    )
    endpoint_names: dict[_DeclaredEndpoint, str] = Field(
        default_factory=dict, description="what the paper calls an endpoint, e.g. DFI: dfs"
    )
    origin: str | None = None
    trials: tuple[str, ...] = Field(
        default=(),
        description="randomised cohorts among those of the analysis, for the arm x gene interaction",
    )
    control_analysis: str | None = Field(
        default=None, description="the same question without checkpoint blockade: predictive or prognostic?"
    )
    variants: dict[str, Variant]

    @model_validator(mode="after")
    def _has_variants(self) -> AnalysisSpec:
        if not self.variants:
            raise ValueError("an analysis needs at least one variant")
        return self

    @model_validator(mode="after")
    def _can_be_estimated(self) -> AnalysisSpec:
        for name, variant in self.variants.items():
            reason = cannot_be_estimated(
                self.biomarker, responses=variant.responses, covariates=variant.covariates
            )
            if reason is not None:
                raise ValueError(f"variant '{name}': {reason}")
        return self

    @field_validator("custom_endpoints")
    @classmethod
    def _names_of_its_own(cls, custom: dict[str, CustomEndpoint]) -> dict[str, CustomEndpoint]:
        taken = sorted(set(custom) & set(get_args(KnownEndpoint)))
        if taken:
            raise ValueError(f"{', '.join(taken)} is an endpoint of the sources: choose another name")
        return custom

    def endpoint_parts(self) -> tuple[str, ...]:
        """'EFS: PFS', 'EFS: OS': the endpoints of the sources behind those that the analysis makes."""
        return tuple(
            f"{name}: {part}" for name, made in self.custom_endpoints.items() for part in made.first_of
        )

    def endpoint_key(self, endpoint: str) -> str:
        """The endpoint in estimate keys, as the paper calls it."""
        return self.endpoint_names.get(endpoint, endpoint.lower())

    def other_genes(self) -> tuple[str, ...]:
        """Genes whose status enters as a covariate, e.g. TP53 for ``TP53_mutated``."""
        named = {
            c for v in self.variants.values() for c in (*v.covariates, *v.strata) if c.endswith("_mutated")
        }
        return tuple(sorted(name.removesuffix("_mutated") for name in named))
