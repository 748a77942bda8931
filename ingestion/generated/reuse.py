"""demo_reuse_2018: a collection that shows patients of other cohorts again, under other names.

Some overlaps can be declared as a rule over identifiers, ten can only be found by their mutations, and a few
re-used patients have another vital status or a shorter follow-up than in their first publication.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ingestion.generated import luad, melanoma_a
from ingestion.generated.built import DAYS_PER_MONTH, Built
from ingestion.generated.calls import Call
from ingestion.generated.effects import TRUTH_GENES
from ingestion.generated.formats import NOTICE, SYNTHETIC, gzipped, tsv
from ingestion.generated.people import Person
from ingestion.generated.truth import Overlap

REUSE, MELANOMA_B = "demo_reuse_2018", "demo_melanoma_b"
CLINICAL = "demo_reuse_2018_clinical_SYNTHETIC.csv"
MUTATIONS = "demo_reuse_2018_mutations_SYNTHETIC.tsv.gz"

_N_FROM_B, _N_FROM_LUAD, _N_FROM_A = 60, 40, 10
_N_OTHER_STATUS, _N_SHORTER = 6, 8
_TYPO_AT = 16  # Pat017 of melanoma B stands here as Pat710
_KEPT_SHARE = 0.93  # of the calls of a re-used sample: the second calling lost some

_CANCERS = {"Melanoma": "Melanoma", "Non-Small Cell Lung Cancer": "Lung", "Bladder Cancer": "Bladder"}
_DRUGS = {
    "PD-1/PDL-1": "anti-PD-1/anti-PD-L1",
    "CTLA4": "anti-CTLA-4",
    "Combo": "anti-CTLA-4 + anti-PD-1/PD-L1",
}


@dataclass(frozen=True)
class _Patient:
    patient_id: str
    person: Person
    calls: tuple[Call, ...]


def build(
    new: list[Person],
    from_b: list[Person],
    from_luad: list[Person],
    from_a: list[Person],
    rng: np.random.Generator,
) -> Built:
    """The cohort. ``new`` are group reuse; the others are whole groups, of which the first people are shown again."""
    built = Built()
    patients: list[_Patient] = []
    for i, person in enumerate(from_b[:_N_FROM_B]):
        shown = 710 if i == _TYPO_AT else i + 1
        patients.append(_reused(f"DEMO-DFCI_Pat{shown}", _changed(i, person), rng))
        built.overlaps.append(
            Overlap(MELANOMA_B, f"Pat{i + 1:03d}", REUSE, f"DEMO-DFCI_Pat{shown}", "declared rule")
        )
    for i, person in enumerate(from_luad[:_N_FROM_LUAD]):
        patients.append(_reused(f"{luad.patient_id(i)}_T_N", person, rng))
        built.overlaps.append(
            Overlap(luad.LUAD, luad.patient_id(i), REUSE, f"{luad.patient_id(i)}_T_N", "declared rule")
        )
    # Heavily mutated ones: a fingerprint needs mutations.
    rich = sorted(range(len(from_a)), key=lambda i: (-len(from_a[i].nonsynonymous), i))[:_N_FROM_A]
    for n, i in enumerate(sorted(rich)):
        patients.append(_reused(f"RX-{n + 1:03d}", from_a[i], rng))
        first = str(melanoma_a.number_of(i))
        built.overlaps.append(
            Overlap(melanoma_a.MELANOMA_A, first, REUSE, f"RX-{n + 1:03d}", "mutation fingerprint")
        )
    patients += [_Patient(f"RN-{i + 1:03d}", person, person.nonsynonymous) for i, person in enumerate(new)]
    order = rng.permutation(len(patients)).tolist()
    patients = [patients[i] for i in order]
    built.files[CLINICAL] = _clinical(patients)
    built.files[MUTATIONS] = gzipped(_mutations(patients).encode())
    built.patients += [p.person.truth(REUSE, p.patient_id, p.patient_id) for p in patients]
    return built


def _changed(i: int, person: Person) -> Person:
    """Another vital status for some, a shorter follow-up for some others."""
    if i < _N_OTHER_STATUS:
        return replace(person, os_event=not person.os_event)
    if i < _N_OTHER_STATUS + _N_SHORTER:
        months = person.os_months * 0.6
        pfs_event = person.pfs_event and person.pfs_months <= months
        return replace(
            person,
            os_months=months,
            os_event=False,
            pfs_months=min(months, person.pfs_months),
            pfs_event=pfs_event,
        )
    return person


def _reused(patient_id: str, person: Person, rng: np.random.Generator) -> _Patient:
    calls = tuple(
        c for c in person.nonsynonymous if c.gene.symbol in TRUTH_GENES or rng.random() < _KEPT_SHARE
    )
    return _Patient(patient_id, person, calls)


def _clinical(patients: list[_Patient]) -> bytes:
    """Semicolons; survival in days; a column CENSORED that holds LIVING and DECEASED."""
    header = (
        "pair_id", "patient_id", "cancer_type", "age_start_io", "sex", "RECIST", "os_days", "CENSORED", "pfs_days",
        "pfs_censor", "smoker", "drug_type", SYNTHETIC,
    )  # fmt: skip
    rows = []
    for i, p in enumerate(patients):
        person = p.person
        rows.append(
            (
                f"{p.patient_id}-pair",
                p.patient_id,
                _CANCERS[person.cancer_type],
                "NA" if i % 37 == 5 else str(person.age),
                person.sex.upper(),
                person.best_response,
                str(round(person.os_months * DAYS_PER_MONTH)),
                "DECEASED" if person.os_event else "LIVING",
                str(round(person.pfs_months * DAYS_PER_MONTH)),
                "0" if person.pfs_event else "1",
                ("Current", "Former")[i % 2] if person.ever_smoker else "Never",
                _DRUGS[person.drug_class],
                "yes",
            )
        )
    return (f"# {NOTICE}\n".replace(";", ",") + tsv(header, rows).replace("\t", ";")).encode()


def _mutations(patients: list[_Patient]) -> str:
    header = (
        "Tumor_Sample_Barcode", "Hugo_Symbol", "NCBI_Build", "Chromosome", "Start_Position", "End_Position",
        "Variant_Classification", "Variant_Type", "Reference_Allele", "Tumor_Seq_Allele2", "Protein_Change",
        "t_ref_count", "t_alt_count", SYNTHETIC,
    )  # fmt: skip
    rows = [
        (
            p.patient_id, c.gene.symbol, "GRCh37", c.gene.chromosome, str(c.start), str(c.end), c.maf_class,
            c.variant_type, c.ref, c.alt, c.hgvsp, str(c.depth - c.alt_count), str(c.alt_count), "yes",
        )
        for p in patients
        for c in p.calls
    ]  # fmt: skip
    return tsv(header, rows)
