"""demo_luad_2015: a small exome study with progression-free survival only, and words instead of numbers.

Belongs here: its patients' numbers, its one tarball and that file's quirks.
"""

from __future__ import annotations

import numpy as np

from ingestion.generated.built import Built
from ingestion.generated.formats import SYNTHETIC, number, tarball
from ingestion.generated.msk import durable_benefit
from ingestion.generated.people import Person
from ingestion.generated.studies import case_list, clinical_file, maf, mutation_meta, study_members

LUAD = "demo_luad_2015"

_BENEFIT = {
    "YES": "Durable clinical benefit beyond 6 months",
    "NO": "No durable benefit",
    "NR": "Not reached 6 months follow-up",
}
_PDL1 = ("Weak(1-49% membraneous staining)", "Strong(>or =50% membraneous staining)", "Negative", "Unknown")


def patient_id(i: int) -> str:
    """Number of the i-th patient (from 0) of the group."""
    return f"LD-{i + 1:04d}"


def build(people: list[Person], rng: np.random.Generator) -> Built:
    """The study as one tarball; ``people`` are group luad."""
    built = Built()
    samples = [f"SD{1000 + 17 * i}" for i in range(len(people))]
    members = study_members(LUAD, "lung adenocarcinoma", "Exomes before pembrolizumab.")
    members["data_clinical_patient.txt"] = clinical_file(
        (
            ("PATIENT_ID", "Patient Identifier", "STRING"),
            ("HISTOLOGY", "Histology", "STRING"),
            ("AGE", "Age", "NUMBER"),
            ("SEX", "Sex", "STRING"),
            ("SMOKING_HISTORY", "Smoking History", "STRING"),
            ("PDL1_EXPRESSION", "Pdl1 Expression", "STRING"),
            ("AGENT", "Agent", "STRING"),
            ("PFS_MONTHS", "Progress Free Survival (Months)", "NUMBER"),
            ("EVENT_TYPE", "Event Type", "STRING"),
            ("TREATMENT_BEST_RESPONSE", "Treatment Best Response", "STRING"),
            ("DURABLE_CLINICAL_BENEFIT", "Durable Clinical Benefit", "STRING"),
            ("NONSYNONYMOUS_MUTATION_BURDEN", "Nonsynonymous Mutation Burden", "NUMBER"),
        ),
        (_row(i, person, rng) for i, person in enumerate(people)),
    )
    members["data_clinical_sample.txt"] = clinical_file(
        (
            ("PATIENT_ID", "Patient Identifier", "STRING"),
            ("SAMPLE_ID", "Sample Identifier", "STRING"),
            ("ONCOTREE_CODE", "Oncotree Code", "STRING"),
            ("CANCER_TYPE", "Cancer Type", "STRING"),
            ("SOMATIC_STATUS", "Somatic Status", "STRING"),
        ),
        (
            (patient_id(i), samples[i], "LUAD", person.cancer_type, "Matched")
            for i, person in enumerate(people)
        ),
    )
    members["meta_mutations_extended.txt"] = mutation_meta(LUAD, "data_mutations_extended.txt")
    calls = [(samples[i], call) for i, person in enumerate(people) for call in person.nonsynonymous]
    members["data_mutations_extended.txt"] = f"#version 2.4\n#{SYNTHETIC}\n" + maf(calls, "37")
    for kind in ("all", "sequenced"):
        members[f"case_lists/cases_{kind}.txt"] = case_list(LUAD, kind, samples)
    built.files[f"{LUAD}.tar.gz"] = tarball(LUAD, members)
    built.patients += [
        person.truth(LUAD, patient_id(i), samples[i], has_os=False) for i, person in enumerate(people)
    ]
    return built


def _row(i: int, person: Person, rng: np.random.Generator) -> tuple[str, ...]:
    response = "POD" if person.best_response == "PD" else person.best_response
    smoking = ("Former", "Current")[i % 2] if person.ever_smoker else "Never"
    return (
        patient_id(i),
        "Adenocarcinoma" if i % 6 else "NSCLC NOS",
        str(person.age),
        person.sex,
        smoking,
        _PDL1[int(rng.integers(0, len(_PDL1)))],
        "Pembrolizumab (Dose 10 mg/kg)",
        number(person.pfs_months, 1),
        "1:Event" if person.pfs_event else "0:Censored",
        response,
        _BENEFIT[durable_benefit(person)],
        str(len(person.nonsynonymous)),
    )
