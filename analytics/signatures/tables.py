"""Result tables of mutational signatures: columns, SQL types and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analytics.results.schema import ResultTable, column
from analytics.results.statistic import SurvivalStatistic


@dataclass(frozen=True, kw_only=True)
class SignatureSurvivalStatistic(SurvivalStatistic):
    """Survival of people with a signature against people without; ``feature`` is the signature."""

    TABLE: ClassVar[str] = "signature_survival_stats"
    MEANING: ClassVar[str] = "Survival by presence of a mutational signature."

    family: str | None = column(
        "Tests whose p are adjusted together: signatures of one endpoint and estimator"
    )
    q: float | None = column("Benjamini-Hochberg over the family")


TABLES = (
    ResultTable(
        "signature_exposures",
        "The exposure of one sample to one mutational signature.",
        {
            "analysis_id": ("string", "See analysis_specs"),
            "variant": ("string", "See analysis_specs"),
            "cohort_id": ("string", "Cohort"),
            "patient_id": ("string", "Patient as the source names him or her"),
            "person_id": ("string", "Person across cohorts"),
            "sample_id": (
                "string",
                "Sample; its spectrum is in marts.mutation_spectra or counted from marts.mutations",
            ),
            "signature": (
                "string",
                "Signature with an exposure above 0; the others are 0. Null on the one row of a refused sample",
            ),
            "exposure": ("double", "Substitutions attributed to the signature"),
            "exposure_ci_low": ("double", "95 % bootstrap interval, low end; null where none was drawn"),
            "exposure_ci_high": ("double", "95 % bootstrap interval, high end"),
            "share": ("double", "Exposure over the sample's sum of exposures"),
            "share_ci_low": ("double", "95 % bootstrap interval, low end"),
            "share_ci_high": ("double", "95 % bootstrap interval, high end"),
            "share_of_resamples": ("double", "Share of the resamples in which the signature is chosen"),
            "is_present": (
                "boolean",
                "Share and exposure reach the variant's minimum; null for a refused sample",
            ),
            "n_snvs": ("bigint", "Single-base substitutions of the sample"),
            "reconstruction_cosine": (
                "double",
                "Similarity of the spectrum and what the exposures make of it",
            ),
            "spectrum_source": (
                "string",
                "table (published spectrum), calls (counted here) or published (exposures)",
            ),
            "reference_genome": ("string", "File that calls were counted with"),
            "ncbi_build": ("string", "Build of the reference genome that calls were counted with"),
            "reference_id": ("string", "Reference signatures, see marts.signature_profiles"),
            "reference_sha256": ("string", "Checksum of the profiles used, independent of their order"),
            "cosmic_version": ("string", "COSMIC release"),
            "target": ("string", "Opportunities of the profiles: genome or exome"),
            "n_resamples": ("bigint", "Resamples behind the interval"),
            "seed": ("bigint", "Their seed"),
            "reason": ("string", "Why a sample was refused; null where it was fitted"),
        },
        {"spectrum_source": ("table", "calls", "published"), "target": ("genome", "exome")},
    ),
    ResultTable.of(SignatureSurvivalStatistic),
)
