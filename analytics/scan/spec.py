"""What a scan asks: the typed form of a file under ``catalog/scans``. Reading YAML and querying do not belong here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from analytics.questions.specs import COVARIATES, DayText, Endpoint, Response

Definition = Literal["nonsynonymous", "truncating", "hotspot", "driver"]
#: What each definition counts, in words.
DEFINITIONS: dict[Definition, str] = {
    "nonsynonymous": "any non-silent call",
    "truncating": "loss of function: nonsense, frame shift, splice site, start or stop lost",
    "hotspot": "a missense or in-frame call at a residue that is hit in many people of the whole warehouse",
    "driver": "any non-silent call in a gene of the declared list",
}


#: The process that made most of a sample's mutations; the burden null may draw within it where spectra are known.
MUTATIONAL_PROCESS = "mutational_process"


def _known_columns(names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"unknown columns {unknown}; known: {', '.join(known)}")
    return names


class ControlSpec(BaseModel):
    """People without checkpoint blockade in whom each gene's effect is estimated too: prognostic or predictive?

    With the cohorts of the scan itself it is the control arm of trials, and the ratio of the two hazard ratios is the
    randomised arm x gene interaction; with others it is a comparison of unlike people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cohorts: tuple[str, ...]
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    strata: tuple[str, ...] = ("cohort_id", "cancer_type")


_NULL_STRATA = ("cohort_id", "cancer_type", "panel_id")
#: Of a scan of one hypothesis, which can wait for the process of every sample: carriers are drawn within these.
NULL_STRATA_OF_ONE = (*_NULL_STRATA, MUTATIONAL_PROCESS)


def scan_covariates(names: Iterable[str]) -> tuple[str, ...]:
    """Of the covariates of a question those that a scan has; burden it looks at by itself."""
    return tuple(name for name in names if name in COVARIATES and name != "burden")


class ScanSpec(BaseModel):
    """Every gene at once: in whom, which endpoint, what counts as mutated, adjusted for what.

    ``prespecified`` is the date on which the family of hypotheses was registered before the data were seen; without
    it the scan is exploratory and says so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scan_id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    question: str
    cohorts: tuple[str, ...]
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    endpoint: Endpoint | Response = "OS"
    definition: Definition = "nonsynonymous"
    hotspot_people: int = Field(
        default=10, ge=2, description="people of the whole warehouse from which a residue counts as recurrent"
    )
    genes: tuple[str, ...] = Field(default=(), description="scan these only")
    gene_set: str | None = Field(
        default=None, description="scan the genes of this set of marts.gene_sets only"
    )
    strata: tuple[str, ...] = ("cohort_id", "cancer_type")
    null_strata: tuple[str, ...] = _NULL_STRATA
    covariates: tuple[str, ...] = ()
    min_carriers: int = Field(default=5, ge=1)
    null_draws: int = Field(default=5000, ge=0)
    control: ControlSpec | None = None
    prespecified: date | None = None
    registered_on: DayText

    @field_validator("strata", "covariates")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _known_columns(names, COVARIATES)

    @field_validator("null_strata")
    @classmethod
    def _known_null_strata(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _known_columns(names, (*COVARIATES, MUTATIONAL_PROCESS))

    @model_validator(mode="after")
    def _fits_together(self) -> ScanSpec:
        if self.genes and self.gene_set:
            raise ValueError("name genes or a gene_set, not both")
        if self.definition == "driver" and not (self.genes or self.gene_set):
            raise ValueError("the definition 'driver' needs its list: genes or a gene_set")
        if self.is_response and self.control is not None:
            raise ValueError("a control is compared on survival, not on response")
        return self

    @property
    def is_response(self) -> bool:
        """Is the endpoint a response rule (orr, dcr, ...) and not a survival time?"""
        return self.endpoint in get_args(Response)
