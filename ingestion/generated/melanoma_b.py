"""demo_melanoma_b: tab-separated with CRLF, days, censoring flags that are 1 for alive, and dates of birth.

Also silent, intronic and intergenic calls, and an expression table that calls itself FPKM and holds counts.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from ingestion.generated.built import DAYS_PER_MONTH, Built
from ingestion.generated.calls import Call
from ingestion.generated.formats import NOTICE, SYNTHETIC, comma, gzipped, number, tsv
from ingestion.generated.people import Person

MELANOMA_B = "demo_melanoma_b"
CLINICAL = "demo_melanoma_b_clinical_SYNTHETIC.txt"
MUTATIONS = "demo_melanoma_b_mutations_SYNTHETIC.txt.gz"
EXPRESSION = "demo_melanoma_b_expression_FPKM_SYNTHETIC.txt.gz"

_HEADER = (
    "patient", "age_start", "RECIST", "overall_survival", "os_censor", "progression_free", "pfs_censor",
    "Response.coded", "primary", "M", "gender", "date_birth", "LDH", "tmb_per_mb", "nonsynonymous", "therapy_start",
    "therapy_end", "date_death", SYNTHETIC,
)  # fmt: skip
_N_MISCODED = 6
_N_EXPRESSION = 40
_UNREADABLE_AT = 11
_ODD_BYTE_AT = 17
_ODD_BYTE = "\udcff"  # becomes a Latin-1 byte in a file that is declared UTF-8

#: Ensembl numbers, with a version as in many expression tables
ENSEMBL_NUMBERS = {
    "ENSG00000166710.17": "B2M", "ENSG00000162434.7": "JAK1", "ENSG00000096968.8": "JAK2",
    "ENSG00000120217.9": "CD274", "ENSG00000153563.11": "CD8A", "ENSG00000188389.6": "PDCD1",
    "ENSG00000111537.4": "IFNG", "ENSG00000145649.7": "GZMA", "ENSG00000180644.6": "PRF1",
    "ENSG00000138755.5": "CXCL9", "ENSG00000169245.4": "CXCL10", "ENSG00000206503.7": "HLA-A",
    "ENSG00000234745.5": "HLA-B", "ENSG00000204525.10": "HLA-C", "ENSG00000115415.14": "STAT1",
    "ENSG00000089692.4": "LAG3", "ENSG00000135077.4": "HAVCR2", "ENSG00000163599.10": "CTLA4",
    "ENSG00000131203.8": "IDO1", "ENSG00000100453.8": "GZMB", "ENSG00000171094.11": "ALK",
    "ENSG00000140443.9": "IGF1R", "ENSG00000141510.11": "TP53",
}  # fmt: skip
IMMUNE_GENES = frozenset({"CD8A", "PDCD1", "IFNG", "GZMA", "PRF1", "CXCL9", "CXCL10", "LAG3", "IDO1", "GZMB"})


def patient_id(i: int) -> str:
    """Number of the i-th patient (from 0) of the group."""
    return f"Pat{i + 1:03d}"


def build(people: list[Person], rng: np.random.Generator) -> Built:
    """The cohort; ``people`` are group melanoma_b."""
    built = Built()
    built.files[CLINICAL] = _clinical(people, rng)
    built.files[MUTATIONS] = gzipped(_mutations(people, rng).encode())
    built.files[EXPRESSION] = gzipped(_expression(people[:_N_EXPRESSION], rng).encode())
    built.patients += [
        person.truth(MELANOMA_B, patient_id(i), patient_id(i)) for i, person in enumerate(people)
    ]
    built.plant(CLINICAL, "wrong_number_of_cells", 1, "a row with one cell too many, of nobody else")
    built.plant(CLINICAL, "undecodable_bytes", 1, "a Latin-1 byte in a UTF-8 file; the row counts")
    built.plant(MUTATIONS, "unknown_sample", 1, "a call of Pat998, whom no clinical table knows")
    return built


def _clinical(people: list[Person], rng: np.random.Generator) -> bytes:
    miscoded = set(rng.choice(len(people), _N_MISCODED, replace=False).tolist())
    rows = [_clinical_row(i, person, i in miscoded, rng) for i, person in enumerate(people)]
    rows.insert(_UNREADABLE_AT, ("Pat999", *("NA" for _ in _HEADER[1:]), "one cell too many"))
    text = tsv((f"# {NOTICE}",), []) + tsv(_HEADER, rows)
    content = text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")
    return content.replace(b"\xff", "é".encode("latin-1"))


def _clinical_row(i: int, person: Person, is_miscoded: bool, rng: np.random.Generator) -> tuple[str, ...]:
    survival = round(person.os_months * DAYS_PER_MONTH)
    free = min(survival, round(person.pfs_months * DAYS_PER_MONTH))
    start = date(2011, 1, 10) + timedelta(days=int(rng.integers(0, 900)))
    birth = start - timedelta(days=round(person.age * 365.25) + int(rng.integers(1, 300)))
    treated = max(1, min(free, int(rng.integers(30, 400))))
    response = "PD " if person.best_response == "PD" and i % 3 == 0 else person.best_response
    responds = person.best_response in ("CR", "PR")
    shown = number(person.tmb, 3) if i % 9 == 4 else comma(person.tmb, 3)
    primary = f"muqueuse g{_ODD_BYTE}nitale" if i == _ODD_BYTE_AT else ("skin", "occult", "mucosa")[i % 3]
    return (
        patient_id(i),
        str(person.age),
        response,
        str(survival),
        "0" if person.os_event else "1",
        str(free),
        "0" if person.pfs_event else "1",
        "r" if responds != is_miscoded else "nr",
        primary,
        ("M1a", "M1b", "M1c", "M1c")[i % 4],
        person.sex.lower(),
        f"{birth:%d/%m/%Y}",
        (".", "0", "1")[i % 3],
        shown,
        str(len(person.nonsynonymous)),
        f"{start:%d/%m/%Y}",
        f"{start + timedelta(days=treated):%d/%m/%Y}",
        f"{start + timedelta(days=survival):%d/%m/%Y}" if person.os_event else "NA",
        "yes",
    )


def _mutations(people: list[Person], rng: np.random.Generator) -> str:
    header = (
        "patient", "Hugo_Symbol", "Entrez_Gene_Id", "Chromosome", "Variant_Classification", "Variant_Type",
        "Start_position", "End_position", "Protein_Change", "Reference_Allele", "Tumor_Seq_Allele2", "i_tumor_f",
        "t_count", SYNTHETIC,
    )  # fmt: skip
    rows = []
    for i, person in enumerate(people):
        rows += [_call_row(patient_id(i), call) for call in person.calls]
        place = 20_000_000 + int(rng.integers(0, 10**6))
        rows.append(_bare_row(patient_id(i), "abParts", "14", "Intron", place))
        if i % 10 == 0:
            rows.append(_bare_row(patient_id(i), "Unknown", "GL000192.1", "IGR", 9_000 + i))
            rows.append(_bare_row(patient_id(i), "MT-ND1", "MT", "Silent", 3_400 + i))
    rows.append(_bare_row("Pat998", "TTN", "2", "Missense_Mutation", 179_500_123))
    return tsv(header, rows)


def _call_row(patient: str, call: Call) -> tuple[str, ...]:
    return (
        patient, call.gene.symbol, str(call.gene.entrez), call.gene.chromosome, call.maf_class, call.variant_type,
        str(call.start), str(call.end), call.hgvsp, call.ref, call.alt, number(call.vaf, 6), str(call.depth), "yes",
    )  # fmt: skip


def _bare_row(patient: str, gene: str, chromosome: str, maf_class: str, place: int) -> tuple[str, ...]:
    position = str(place)
    return (
        patient, gene, "?", chromosome, maf_class, "SNP", position, position, "", "C", "T", "0.063492", "126", "yes",
    )  # fmt: skip


def _expression(people: list[Person], rng: np.random.Generator) -> str:
    """Whole numbers under the name FPKM. Inflamed tumours (a latent score) express the immune genes together."""
    inflamed = rng.standard_normal(len(people))
    rows = []
    for gene_id, symbol in ENSEMBL_NUMBERS.items():
        base = rng.normal(6.5, 0.8)
        log_counts = (
            base + (0.8 * inflamed if symbol in IMMUNE_GENES else 0.0) + rng.normal(0, 0.5, len(people))
        )
        rows.append((gene_id, *(str(int(value)) for value in np.exp(log_counts))))
    return f"# {NOTICE}\n" + tsv(("GeneID", *(patient_id(i) for i in range(len(people)))), rows)
