"""What a scan asks: the typed form of a file under ``catalog/scans``. Reading YAML and querying do not belong here."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from analytics.specs import COVARIATES, Endpoint

Definition = Literal["nonsynonymous", "truncating"]


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
    endpoint: Endpoint = "OS"
    definition: Definition = "nonsynonymous"
    strata: tuple[str, ...] = ("cohort_id", "cancer_type")
    null_strata: tuple[str, ...] = ("cohort_id", "cancer_type", "panel_id")
    covariates: tuple[str, ...] = ()
    min_carriers: int = Field(default=5, ge=1)
    null_draws: int = Field(default=5000, ge=0)
    prespecified: date | None = None
    registered_on: str

    @field_validator("strata", "null_strata", "covariates")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(names) - set(COVARIATES))
        if unknown:
            raise ValueError(f"unknown columns {unknown}; known: {', '.join(COVARIATES)}")
        return names
