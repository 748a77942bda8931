"""demo_trial_alpha and demo_trial_beta: two randomised trials in one workbook, both arms, a blood panel.

A true treatment x biomarker interaction is planted: IGF1R and burden matter under the checkpoint inhibitor only.
"""

from __future__ import annotations

import numpy as np

from ingestion.generated.built import Built
from ingestion.generated.calls import Call
from ingestion.generated.formats import NOTICE, number, workbook
from ingestion.generated.people import Person

ALPHA, BETA = "demo_trial_alpha", "demo_trial_beta"
WORKBOOK = "demo_trial_SYNTHETIC.xlsx"
CLINICAL_SHEET, VARIANT_SHEET = "SYNTHETIC clinical", "SYNTHETIC variants"

_ARMS = {"icb": ("DEMOLIZUMAB", "A"), "chemotherapy": ("DOCETAXEL", "B")}
_HEADER = (
    "PtID", "STUDY", "TRT01P", "ARM", "BEP", "SEX", "bage", "ECOGGR", "TOBHX", "BCOR", "OS", "OS.CNSR",
    "PFS", "PFS.CNSR", "btmb",
)  # fmt: skip
_VARIANT_HEADER = ("PtID", "STUDY", "GENE", "POS", "CHANGE", "EFFECT", "PROTEIN", "AF")


def build(alpha: list[Person], beta: list[Person], rng: np.random.Generator) -> Built:
    """Both trials; every eleventh patient is outside the biomarker-evaluable population (BEP N)."""
    built = Built()
    clinical: list[tuple[object, ...]] = [(NOTICE,), _HEADER]
    variants: list[tuple[object, ...]] = [(NOTICE,), _VARIANT_HEADER]
    for cohort_id, study, people in ((ALPHA, "ALPHA", alpha), (BETA, "BETA", beta)):
        for i, drawn in enumerate(people):
            person = drawn.unprofiled() if i % 11 == 6 else drawn
            patient_id = f"DT{study[0]}{i + 1:04d}"
            clinical.append(_clinical_row(i, patient_id, study, person, rng))
            variants += [_variant_row(patient_id, study, call) for call in person.nonsynonymous]
            built.patients.append(person.truth(cohort_id, patient_id, patient_id))
    built.files[WORKBOOK] = workbook({CLINICAL_SHEET: clinical, VARIANT_SHEET: variants})
    return built


def _clinical_row(
    i: int, patient_id: str, study: str, person: Person, rng: np.random.Generator
) -> tuple[object, ...]:
    return (
        patient_id,
        study,
        *_ARMS[person.arm],
        "Y" if person.is_profiled else "N",
        person.sex[0],
        person.age,
        "." if i % 23 == 4 else int(rng.integers(0, 2)),
        ("CURRENT", "PREVIOUS")[i % 2] if person.ever_smoker else "NEVER",
        person.best_response,
        number(person.os_months, 6),
        int(not person.os_event),
        number(person.pfs_months, 6),
        int(not person.pfs_event),
        len(person.nonsynonymous) if person.is_profiled else ".",
    )


def _variant_row(patient_id: str, study: str, call: Call) -> tuple[object, ...]:
    place = f"chr{call.gene.chromosome}:{call.start}"
    change = f"{call.ref}>{call.alt}"
    return (
        patient_id,
        study,
        call.gene.symbol,
        place,
        change,
        call.maf_class,
        call.hgvsp,
        round(call.vaf, 4),
    )
