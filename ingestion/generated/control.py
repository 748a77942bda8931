"""demo_control_2018: patients without a checkpoint inhibitor, in the shape of TCGA's resources.

Survival from diagnosis, many tumours sampled later (delayed entry), a MAF with a FILTER column, and case lists
that alone say who was sequenced.
"""

from __future__ import annotations

import numpy as np

from ingestion.generated.built import DAYS_PER_MONTH, Built
from ingestion.generated.calls import Call, make_call
from ingestion.generated.formats import NOTICE, SYNTHETIC, gzipped, tsv, workbook
from ingestion.generated.genes import all_genes
from ingestion.generated.people import Person
from ingestion.generated.studies import case_list

CONTROL = "demo_control_2018"
CLINICAL = "demo_control_2018_clinical_SYNTHETIC.xlsx"
SHEET = "SYNTHETIC-CDR"
MUTATIONS = "demo_control_2018_SYNTHETIC.maf.gz"

#: cancer type -> the code that clinical table, barcodes and case lists use
CODES = {
    "Melanoma": "SKCM",
    "Non-Small Cell Lung Cancer": "LUAD",
    "Bladder Cancer": "BLCA",
    "Renal Cell Carcinoma": "KIRC",
    "Colorectal Cancer": "COAD",
    "Leukemia": "LAML",
}
_HEADER = (
    "bcr_patient_barcode", "type", "cancer_type", "age_at_initial_pathologic_diagnosis", "gender",
    "ajcc_pathologic_tumor_stage", "sample_type", "days_to_sample", "OS_STATUS", "OS.time", "DSS", "DSS.time", "DFI",
    "DFI.time", "PFI", "PFI.time",
)  # fmt: skip
_MAF_HEADER = (
    "Hugo_Symbol", "Chromosome", "Start_Position", "End_Position", "Variant_Classification", "Variant_Type",
    "Reference_Allele", "Tumor_Seq_Allele2", "Tumor_Sample_Barcode", "HGVSp_Short", "t_ref_count", "t_alt_count",
    "FILTER", "CENTERS", SYNTHETIC,
)  # fmt: skip
_N_NOT_SEQUENCED = 12
_N_ARTEFACTS = 20
_ARTEFACT_FILTERS = ("oxog", "common_in_exac", "nonpreferredpair,oxog", "StrandBias")


def build(people: list[Person], rng: np.random.Generator) -> Built:
    """The cohort; ``people`` are group control."""
    built = Built()
    lost = set(rng.choice(len(people), _N_NOT_SEQUENCED, replace=False).tolist())
    shown = [person.unprofiled() if i in lost else person for i, person in enumerate(people)]
    names = patient_names(shown)
    rows: list[tuple[object, ...]] = [(NOTICE,), _HEADER]
    rows += [_clinical_row(i, name, p, rng) for i, (name, p) in enumerate(zip(names, shown, strict=True))]
    built.files[CLINICAL] = workbook({SHEET: rows})
    built.files[MUTATIONS] = gzipped(_maf(names, shown).encode())
    for code in CODES.values():
        study = f"{code.lower()}_demo_2018"
        sequenced = [
            f"{name}-{sample_code(p)}"
            for name, p in zip(names, shown, strict=True)
            if p.is_profiled and CODES[p.cancer_type] == code
        ]
        path = f"demo_control_2018_SYNTHETIC/{study}/case_lists/cases_sequenced.txt"
        built.files[path] = case_list(study, "sequenced", sequenced).encode()
    built.patients += [
        p.truth(CONTROL, name, name, has_pfs=False) for name, p in zip(names, shown, strict=True)
    ]
    return built


def patient_names(people: list[Person]) -> list[str]:
    """Barcodes of the group's patients, in its order."""
    return [f"DEMO-{CODES[person.cancer_type][:2]}-{i + 1:04d}" for i, person in enumerate(people)]


def sample_code(person: Person) -> str:
    """Type of the sample as in a barcode: 01 primary, 03 blood, 06 metastasis."""
    if person.cancer_type == "Leukemia":
        return "03"
    return "06" if person.entry_months > 0 else "01"


def _clinical_row(i: int, name: str, person: Person, rng: np.random.Generator) -> tuple[object, ...]:
    days = round(person.os_months * DAYS_PER_MONTH)
    free = round(person.pfs_months * DAYS_PER_MONTH)
    entry = round(person.entry_months * DAYS_PER_MONTH)
    of_disease = person.os_event and rng.random() < 0.8
    has_interval = i % 2 == 0
    return (
        name,
        CODES[person.cancer_type],
        person.cancer_type,
        person.age if i % 53 else "[Not Available]",
        person.sex.upper(),
        ("Stage I", "Stage II", "Stage III", "Stage IV", "[Not Applicable]")[i % 5],
        "Metastatic" if person.entry_months > 0 else "Primary",
        max(0, min(entry, free - 1)),
        "1:DECEASED" if person.os_event else "0:LIVING",
        days,
        int(of_disease) if i % 31 else "#N/A",
        days,
        int(person.pfs_event and free < days) if has_interval else "#N/A",
        free if has_interval else "#N/A",
        int(person.pfs_event),
        free,
    )


def _barcode(name: str, person: Person) -> str:
    """A full aliquot barcode; bladder cancers only have the patient's twelve characters."""
    if person.cancer_type == "Bladder Cancer":
        return name
    return f"{name}-{sample_code(person)}A-11D-A000-08"


def _maf(names: list[str], people: list[Person]) -> str:
    """All calls, plus artefacts in IGF1R of wild-type patients, which only FILTER gives away."""
    gene = all_genes()["IGF1R"]
    rows, n_artefacts = [], 0
    for i, (name, person) in enumerate(zip(names, people, strict=True)):
        barcode = _barcode(name, person)
        for n, call in enumerate(person.calls):
            rows.append(_maf_row(barcode, call, *_filter(person, n)))
        wild = person.is_profiled and not person.carries("IGF1R") and person.cancer_type != "Leukemia"
        if wild and n_artefacts < _N_ARTEFACTS and i % 3 == 0:
            artefact = make_call(gene, "Missense_Mutation", 40 + i, i, 60, 4)
            rows.append(_maf_row(barcode, artefact, _ARTEFACT_FILTERS[n_artefacts % 4], "MC3"))
            n_artefacts += 1
    return tsv(_MAF_HEADER, rows)


def _filter(person: Person, n: int) -> tuple[str, str]:
    """FILTER and call set. Leukaemias are whole-genome amplified; some lung calls have no filter history."""
    if person.cancer_type == "Leukemia":
        return ("wga", "native_wga_mix", "native_wga_mix,wga")[n % 3], "MC3"
    if person.cancer_type == "Non-Small Cell Lung Cancer" and n % 4 == 0:
        return "", "FIREHOSE"
    return "PASS", "MC3"


def _maf_row(barcode: str, call: Call, filter_value: str, centers: str) -> tuple[str, ...]:
    return (
        call.gene.symbol, call.gene.chromosome, str(call.start), str(call.end), call.maf_class, call.variant_type,
        call.ref, call.alt, barcode, call.hgvsp, str(call.depth - call.alt_count), str(call.alt_count), filter_value,
        centers, "yes",
    )  # fmt: skip
