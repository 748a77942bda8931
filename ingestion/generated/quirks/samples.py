"""Cohorts whose samples are no plain copy of their patients: second biopsies, artefacts.

Each function takes the cohort's roster and the file's random stream, and gives the roster that its tables show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import numpy as np

from ingestion.generated.calls import Call, make_call
from ingestion.generated.effects import effects
from ingestion.generated.genes import SPREADSHEET_DATES, all_genes
from ingestion.generated.quirks.biopsies import biopsies
from ingestion.generated.rosters import Patient, Roster

_N_ONLY_ON_TREATMENT, _N_BOTH = 6, 25
_N_ARTEFACTS = 20
_ARTEFACT_FILTERS = ("oxog", "common_in_exac", "nonpreferredpair,oxog", "StrandBias")


def _on_treatment(roster: Roster, rng: np.random.Generator) -> Roster:
    """A first sample of everybody (on treatment for a few) and a second, on treatment, of others."""
    patients, samples = [], []
    # Silent calls of the genes that become dates, so that the burden of these patients stays what was planted.
    dates = tuple(make_call(all_genes()[symbol], "Silent", 101, 7, 90, 31) for symbol in SPREADSHEET_DATES)
    for i, patient in enumerate(roster.patients):
        is_late = i >= len(roster.patients) - _N_ONLY_ON_TREATMENT
        word, suffix = ("on-treatment", "on") if is_late else ("pre-treatment", "pre")
        calls = patient.calls + (dates if i in (3, 4) else ())
        samples.append(_sample(replace(patient, calls=calls), suffix, word))
        patients.append(replace(patient, sample_id=samples[-1].sample_id))
        if not is_late and i % 3 == 1 and i // 3 < _N_BOTH:
            truth = effects().truth_genes
            kept = tuple(c for c in patient.calls if c.gene.symbol in truth or rng.random() < 0.85)
            samples.append(_sample(replace(patient, calls=kept), "on", "on-treatment"))
    return replace(roster, patients=tuple(patients), samples=tuple(samples))


def _sample(patient: Patient, suffix: str, timepoint: str) -> Patient:
    sample_id = f"{patient.patient_id}_{suffix}"
    return replace(patient, sample_id=sample_id, fields={**patient.fields, "timepoint": timepoint})


def _artefacts(roster: Roster, rng: np.random.Generator) -> Roster:
    """Artefacts in the predictive gene of some wild-type patients, which only FILTER gives away."""
    gene, n = all_genes()[effects().predictive_gene], count()
    samples = []
    for i, patient in enumerate(roster.patients):
        person = patient.person
        is_wild_type = person.is_profiled and not person.carries(gene.symbol)
        number = next(n) if is_wild_type and person.cancer_type != "Leukemia" and i % 3 == 0 else _N_ARTEFACTS
        calls: tuple[Call, ...] = ()
        if number < _N_ARTEFACTS:
            calls = (make_call(gene, "Missense_Mutation", 40 + i, i, 60, 4),)
        fields = {**patient.fields, "artefact_filter": _ARTEFACT_FILTERS[number % 4]}
        samples.append(replace(patient, extra_calls=calls, fields=fields))
    return replace(roster, samples=tuple(samples))


SAMPLES: dict[str, Callable[[Roster, np.random.Generator], Roster]] = {
    "on_treatment": _on_treatment,
    "artefacts": _artefacts,
    "biopsies": biopsies,
}
