"""demo_msk_2018 and demo_nsclc_2018: two panel studies of one hospital that share most lung cancer patients.

Belongs here: their patient numbers, their files and those files' quirks. Parts common to all studies are in
``studies``, the third study in ``luad``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import floor

import numpy as np

from ingestion.generated.built import Built
from ingestion.generated.effects import BEST_RESPONSES
from ingestion.generated.formats import NOTICE, SYNTHETIC, comma, number, tarball, tsv
from ingestion.generated.genes import PANEL_341, PANEL_410, PANEL_468, PANELS, old_symbol, territory
from ingestion.generated.groups import LUNG
from ingestion.generated.people import Person
from ingestion.generated.studies import (
    CANCER_DETAILS,
    MAF_COLUMNS,
    case_list,
    clinical_file,
    maf,
    meta_file,
    mutation_meta,
    study_members,
)
from ingestion.generated.truth import Overlap

MSK, NSCLC = "demo_msk_2018", "demo_nsclc_2018"
RESPONSE_FILE = "demo_msk_2018_response_SYNTHETIC.tsv"
PANEL_FILE = "demo_gene_panels_SYNTHETIC.json"

_SUFFIXES = {PANEL_341: "IM3", PANEL_410: "IM5", PANEL_468: "IM6"}
_N_SHARED = 130
_N_SECOND_SAMPLE = 6
_N_WRONG_SUFFIX = 12
_N_NOT_SEQUENCED = 8
_N_MATRIX_NA = 3
_N_WITH_RESPONSE = 260
_N_MISCODED = 9


@dataclass(frozen=True)
class _Patient:
    person: Person
    patient_id: str
    sample_id: str


def build(people: list[Person], lung_only: list[Person], rng: np.random.Generator) -> Built:
    """Both studies, the response table of the first, and the gene panels.

    people : group msk. lung_only : group nsclc, the patients that only the second study has.
    """
    built = Built()
    first = _register(people, rng)
    shared = [
        patient for patient in first if patient.person.cancer_type == LUNG and patient.person.is_profiled
    ]
    shared = shared[:_N_SHARED]
    second = _second_study(shared, lung_only)
    answered = [patient for patient in first if patient.person.best_response != "NE"][:_N_WITH_RESPONSE]
    built.files[f"{MSK}.tar.gz"] = _msk_study(first)
    built.files[f"{NSCLC}.tar.gz"] = _nsclc_study(second, rng)
    built.files[RESPONSE_FILE] = _response_table(answered, rng)
    built.files[PANEL_FILE] = gene_panels()
    with_pfs = {patient.patient_id for patient in answered}
    with_word = {patient.patient_id for i, patient in enumerate(answered) if _has_word(i)}
    for p in first:
        truth = p.person.truth(MSK, p.patient_id, p.sample_id, has_pfs=p.patient_id in with_pfs)
        word = truth.best_response if p.patient_id in with_word else None
        built.patients.append(replace(truth, best_response=word))
    for p in second:
        truth = p.person.truth(NSCLC, p.patient_id, p.sample_id, has_os=False)
        built.patients.append(replace(truth, best_response=None))
    built.overlaps += [Overlap(MSK, p.patient_id, NSCLC, p.patient_id, "patient number") for p in shared]
    built.plant(f"{MSK}.tar.gz", "absent_file", 1, "meta_CNA.txt names data_CNA.txt, which is not there")
    return built


def _register(people: list[Person], rng: np.random.Generator) -> list[_Patient]:
    """Patient and sample numbers; a few samples get a suffix that disagrees with their panel."""
    numbers = np.cumsum(rng.integers(2, 40, len(people)))
    wrong = set(rng.choice(len(people), _N_WRONG_SUFFIX, replace=False).tolist())
    others = [i for i, person in enumerate(people) if person.cancer_type != LUNG]
    not_sequenced = set(rng.choice(others, _N_NOT_SEQUENCED, replace=False).tolist())
    patients = []
    for i, person in enumerate(people):
        patient_id = f"P-{numbers[i]:07d}"
        suffix = _SUFFIXES[person.panel_id]
        if i in wrong:
            suffix = "IM5" if suffix == "IM3" else "IM3"
        kept = person.unprofiled() if i in not_sequenced else person
        patients.append(_Patient(kept, patient_id, f"{patient_id}-T01-{suffix}"))
    return patients


def _second_study(shared: list[_Patient], lung_only: list[Person]) -> list[_Patient]:
    """The shared patients (a few with another sample) and those that the first study does not have."""
    kept = [
        _Patient(
            p.person,
            p.patient_id,
            p.sample_id.replace("-T01-", "-T02-") if i < _N_SECOND_SAMPLE else p.sample_id,
        )
        for i, p in enumerate(shared)
    ]
    for i, person in enumerate(lung_only):
        patient_id = f"P-{90001 + 13 * i:07d}"
        final = person.unprofiled() if i < _N_MATRIX_NA else person
        kept.append(_Patient(final, patient_id, f"{patient_id}-T01-{_SUFFIXES[person.panel_id]}"))
    return kept


def _age_group(age: int) -> str:
    for limit, word in ((31, "<30"), (51, "31-50"), (61, "50-60"), (71, "61-70")):
        if age < limit:
            return word
    return ">71"


def _msk_study(patients: list[_Patient]) -> bytes:
    members = study_members(MSK, "TMB and immunotherapy", "Panel sequencing of several cancer types.")
    members["data_clinical_patient.txt"] = clinical_file(
        (
            ("PATIENT_ID", "Patient Identifier", "STRING"),
            ("TMB_SCORE", "TMB Score", "NUMBER"),
            ("SEX", "Sex", "STRING"),
            ("OS_MONTHS", "Overall Survival (Months)", "NUMBER"),
            ("OS_STATUS", "Overall Survival Status", "STRING"),
            ("AGE_GROUP", "Age Group at Diagnosis in Years", "STRING"),
            ("DRUG_TYPE", "Drug Type", "STRING"),
        ),
        (
            (
                p.patient_id,
                number(p.person.tmb, 9) if p.person.is_profiled else "NA",
                p.person.sex,
                str(floor(p.person.os_months)),
                "DECEASED" if p.person.os_event else "LIVING",
                _age_group(p.person.age),
                p.person.drug_class,
            )
            for p in patients
        ),
        final_newline=False,
    )
    members["data_clinical_sample.txt"] = clinical_file(
        (
            ("PATIENT_ID", "Patient Identifier", "STRING"),
            ("SAMPLE_ID", "Sample Identifier", "STRING"),
            ("CANCER_TYPE", "Cancer Type", "STRING"),
            ("SAMPLE_TYPE", "Sample Type", "STRING"),
            ("METASTATIC_SITE", "Metastatic Site", "STRING"),
            ("PRIMARY_SITE", "Primary Tumor Site", "STRING"),
            ("CANCER_TYPE_DETAILED", "Cancer Type Detailed", "STRING"),
            ("GENE_PANEL", "Gene Panel", "STRING"),
            ("TUMOR_PURITY", "Tumor Purity", "STRING"),
            ("ONCOTREE_CODE", "Oncotree Code", "STRING"),
            ("SOMATIC_STATUS", "Somatic Status", "STRING"),
            ("AGE_AT_SEQ_REPORT", "Age at Which Sequencing was Reported (Days)", "NUMBER"),
        ),
        (_msk_sample_row(p) for p in patients),
    )
    members["meta_mutations_extended.txt"] = mutation_meta(MSK, "data_mutations_extended.txt")
    members["data_mutations_extended.txt"] = maf(
        ((p.sample_id, call) for p in patients for call in p.person.nonsynonymous), "GRCh37"
    )
    members["meta_CNA.txt"] = _copy_number_meta(MSK, "data_CNA.txt")
    members["case_lists/cases_all.txt"] = case_list(MSK, "all", [p.sample_id for p in patients])
    sequenced = [p.sample_id for p in patients if p.person.is_profiled]
    members["case_lists/cases_sequenced.txt"] = case_list(MSK, "sequenced", sequenced)
    return tarball(MSK, members)


def _msk_sample_row(patient: _Patient) -> tuple[str, ...]:
    person = patient.person
    detailed, code, site = CANCER_DETAILS[person.cancer_type]
    return (
        patient.patient_id,
        patient.sample_id,
        person.cancer_type,
        "Metastasis" if person.is_metastasis else "Primary",
        "Lymph Node" if person.is_metastasis else "Not Applicable",
        site,
        detailed,
        person.panel_id if person.is_profiled else "NA",
        str(round(person.purity * 100)),
        code,
        "Matched",
        str(person.age),
    )


def _has_word(i: int) -> bool:
    """Whether the i-th row of the response table says how the patient responded."""
    return i % 29 != 0


def _response_table(patients: list[_Patient], rng: np.random.Generator) -> bytes:
    """Response and PFS: decimal commas, no name above the sample column, a recoding that is wrong in places."""
    miscoded = set(rng.choice(len(patients), _N_MISCODED, replace=False).tolist())
    rows = []
    for i, p in enumerate(patients):
        responds = p.person.best_response in BEST_RESPONSES[:2]
        coded = "R" if responds != (i in miscoded) else "NR"
        word = p.person.best_response if _has_word(i) else ""
        months = comma(p.person.pfs_months, 6)
        rows.append((p.sample_id, str(int(p.person.pfs_event)), months, word, coded, SYNTHETIC))
    header = ("", "PFS_events", "PFS_months", "Response to IO", "responses.coded", SYNTHETIC)
    return tsv(header, rows).encode()


def _nsclc_study(patients: list[_Patient], rng: np.random.Generator) -> bytes:
    members = study_members(NSCLC, "non-small cell lung cancer", "Panel sequencing before anti-PD-(L)1.")
    members["data_clinical_patient.txt"] = clinical_file(
        (
            ("SEX", "Sex", "STRING"),
            ("PFS_MONTHS", "Progress Free Survival (Months)", "NUMBER"),
            ("PFS_STATUS", "Progress Free Survival Status", "STRING"),
            ("PATIENT_ID", "Patient Identifier", "STRING"),
            ("AGE", "Age", "NUMBER"),
            ("SMOKER", "Smoker", "STRING"),
            ("LINES_OF_TX", "Lines Of Tx", "NUMBER"),
            ("TREATMENT_TYPE", "Treatment Type", "STRING"),
            ("DURABLE_CLINICAL_BENEFIT", "Durable Clinical Benefit", "STRING"),
        ),
        (
            (
                p.person.sex,
                number(p.person.pfs_months),
                "Progressed" if p.person.pfs_event else "Not Progressed",
                p.patient_id,
                str(p.person.age),
                "Ever" if p.person.ever_smoker else "Never",
                str(1 + i % 4),
                "Combination" if p.person.drug_class == "Combo" else "Monotherapy",
                durable_benefit(p.person),
            )
            for i, p in enumerate(patients)
        ),
    )
    members["data_clinical_sample.txt"] = clinical_file(
        (
            ("SAMPLE_ID", "Sample Identifier", "STRING"),
            ("ONCOTREE_CODE", "Oncotree Code", "STRING"),
            ("MUTATION_RATE", "Mutation Rate", "NUMBER"),
            ("CANCER_TYPE", "Cancer Type", "STRING"),
            ("PATIENT_ID", "Patient Identifier", "STRING"),
            ("PDL1_SCORE", "PD-L1 Score (%)", "NUMBER"),
        ),
        (
            (
                p.sample_id,
                "LUAD",
                number(p.person.tmb, 1) if p.person.is_profiled else "",
                p.person.cancer_type,
                p.patient_id,
                str(int(rng.integers(0, 101))) if i % 3 else "",
            )
            for i, p in enumerate(patients)
        ),
    )
    members["meta_mutations.txt"] = mutation_meta(NSCLC, "data_mutations.txt")
    calls = [(p.sample_id, call) for p in patients for call in p.person.nonsynonymous]
    members["data_mutations.txt"] = maf(calls, "GRCh37", tuple(reversed(MAF_COLUMNS)))
    members |= _matrices(patients, rng)
    members["case_lists/cases_all.txt"] = case_list(NSCLC, "all", [p.sample_id for p in patients])
    return tarball(NSCLC, members)


def durable_benefit(person: Person) -> str:
    """YES: no progression within 6 months; NR (not reached): followed for less; NO otherwise."""
    if person.pfs_months >= 6:
        return "YES"
    return "NO" if person.pfs_event else "NR"


def _matrices(patients: list[_Patient], rng: np.random.Generator) -> dict[str, str]:
    """Gene matrix (sample to panel) and discrete copy number."""
    matrix, cna = "data_gene_matrix_SYNTHETIC.txt", "data_CNA_SYNTHETIC.txt"
    panels = [p.person.panel_id if p.person.is_profiled else "NA" for p in patients]
    genes = ("CDKN2A", "STK11", "EGFR", "MET", "CCND1", "PTEN", "ERBB2", "MDM2")
    values = rng.choice([-2, 0, 2], size=(len(genes), len(patients)), p=[0.03, 0.92, 0.05])
    return {
        "meta_gene_matrix.txt": meta_file(
            NSCLC,
            {
                "genetic_alteration_type": "GENE_PANEL_MATRIX",
                "datatype": "GENE_PANEL_MATRIX",
                "profile_description": NOTICE,
                "data_filename": matrix,
            },
        ),
        matrix: tsv(
            ("SAMPLE_ID", "mutations", "cna"),
            ((p.sample_id, panel, panel) for p, panel in zip(patients, panels, strict=True)),
        ),
        "meta_CNA.txt": _copy_number_meta(NSCLC, cna),
        cna: tsv(
            ("Hugo_Symbol", *(p.sample_id for p in patients)),
            ((gene, *map(str, row)) for gene, row in zip(genes, values.tolist(), strict=True)),
        ),
    }


def _copy_number_meta(study_id: str, file_name: str) -> str:
    return meta_file(
        study_id,
        {
            "genetic_alteration_type": "COPY_NUMBER_ALTERATION",
            "datatype": "DISCRETE",
            "stable_id": "cna",
            "profile_description": NOTICE,
            "data_filename": file_name,
        },
    )


def gene_panels() -> bytes:
    """All panels in the portal's JSON. Old symbols where there are any; one description miscounts its genes."""
    panels = []
    for panel_id in PANELS:
        genes = [
            {"entrezGeneId": g.entrez, "hugoGeneSymbol": old_symbol(g.symbol)} for g in territory(panel_id)
        ]
        claimed = len(genes) - 1 if panel_id == PANEL_468 else len(genes)
        description = f"{SYNTHETIC} targeted panel ({claimed} genes)."
        panels.append({"description": description, "genes": genes, "genePanelId": panel_id})
    return (json.dumps(panels, indent=1) + "\n").encode()
