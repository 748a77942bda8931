"""demo_melanoma_a (CSV, years, 'Alive' instead of 'dead') and demo_positions_2017, a re-reading of a third of it.

The second cohort prints the same people without prefix and leading zeros, and its calls name no gene.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ingestion.generated.built import DAYS_PER_MONTH, Built
from ingestion.generated.calls import Call
from ingestion.generated.formats import NOTICE, SYNTHETIC, gzipped, number, quoted, tsv
from ingestion.generated.people import Person
from ingestion.generated.truth import Overlap, PatientTruth

MELANOMA_A, POSITIONS = "demo_melanoma_a", "demo_positions_2017"
CLINICAL = "demo_melanoma_a_clinical_SYNTHETIC.csv"
MUTATIONS = "demo_melanoma_a_mutations_SYNTHETIC.tsv.gz"
POSITIONS_CLINICAL = "demo_positions_2017_clinical_SYNTHETIC.tsv"
POSITIONS_CALLS = "demo_positions_2017_calls_SYNTHETIC.tsv.gz"

_WORDS = {
    "CR": "Complete Response",
    "PR": "Partial Response",
    "SD": "Stable Disease",
    "PD": "Progressive Disease",
    "NE": "not available",
}
_STRAY = "@stray@"
_TYPO_AT, _TYPO_RIGHT, _TYPO_WRONG = 30, 11217, 12117


def number_of(i: int) -> int:
    """The hospital number of the i-th patient (from 0) without its leading zeros."""
    return _TYPO_RIGHT if i == _TYPO_AT else 1209 + 331 * i


def build(people: list[Person], rng: np.random.Generator) -> Built:
    """Both cohorts; ``people`` are group melanoma_a."""
    built = Built()
    built.files[CLINICAL] = _clinical(people, rng)
    rows = []
    for i, person in enumerate(people):
        shown = _TYPO_WRONG if i == _TYPO_AT else number_of(i)
        rows += [_call_row(str(shown), call) for call in person.nonsynonymous]
    header = (
        "sample",
        "Gene",
        "chr",
        "position",
        "ref",
        "alt",
        "Variant_Classification",
        "effect",
        "coverage",
        "taf",
    )
    built.files[MUTATIONS] = gzipped(tsv((*header, SYNTHETIC), rows).encode())
    for i, person in enumerate(people):
        truth = person.truth(MELANOMA_A, str(number_of(i)), str(number_of(i)), has_pfs=False)
        built.patients.append(_as_printed(truth))
    built.plant(CLINICAL, "footer_or_blank", 3, "one blank row and two remarks below the table")
    _add_positions(built, people)
    return built


def _as_printed(truth: PatientTruth) -> PatientTruth:
    """The truth without a response that the file does not print."""
    return replace(truth, best_response=None) if truth.best_response == "NE" else truth


def _clinical(people: list[Person], rng: np.random.Generator) -> bytes:
    """BOM, a title above the header, a header cell of two lines, a stray quote, a blank row and two footers."""
    header = (
        "Study ID", "Age", "Gender", "Primary Melanoma type", "M stage", "Ipi dosing (mg/kg x #)", "Best irRECIST",
        "Response\nduration (weeks)", "LDH (normal <246)", "Mutation load", "OS", "Alive", "Biopsy pre or post ipi",
    )  # fmt: skip
    sites = ("cutaneous", "acral", "mucosal", "unknown, occult primary", f"scalp 2{_STRAY} margin")
    stages = ("IIIc", "M1a", "M1b", "M1c", "M1c")
    rows = []
    for i, person in enumerate(people):
        prefix = "CR" if person.best_response in ("CR", "PR", "SD") else "PR"
        weeks = number(person.pfs_months * DAYS_PER_MONTH / 7, 0)
        rows.append(
            (
                f"{prefix}{number_of(i):05d}",
                "unk" if i % 41 == 7 else str(person.age),
                person.sex[0],
                sites[4] if i == 5 else sites[int(rng.integers(0, 4))],
                stages[int(rng.integers(0, 5))],
                ("3x4", "10x4", "3x4, then 10x4")[i % 3],
                _WORDS[person.best_response],
                weeks,
                "not available" if i % 4 == 0 else str(int(rng.integers(120, 900))),
                str(len(person.nonsynonymous)),
                number(person.os_months / 12, 1),
                "0" if person.os_event else "1",
                "post" if i % 5 == 3 else "pre",
            )
        )
    blank = "," * (len(header) - 1)
    footers = ("* OS is in years", f"Alive: 1 = alive at last contact; {SYNTHETIC}")
    tail = "\n".join([blank, *(footer + blank for footer in footers)]) + "\n"
    text = f"{NOTICE}{blank}\n" + quoted(header, rows).replace(_STRAY, '"') + tail
    return b"\xef\xbb\xbf" + text.encode()


def _call_row(sample: str, call: Call) -> tuple[str, ...]:
    return (
        sample, call.gene.symbol, f"chr{call.gene.chromosome}", str(call.start), call.ref, call.alt, call.maf_class,
        call.hgvsp, str(call.depth), number(100 * call.vaf, 1), "yes",
    )  # fmt: skip


def _add_positions(built: Built, people: list[Person]) -> None:
    """Every third patient again: bare numbers, days, Dead/Alive, calls that give a place but no gene."""
    chosen = [(i, person) for i, person in enumerate(people) if i % 3 == 0]
    rows = [
        (
            str(number_of(i)),
            str(person.age),
            str(round(person.os_months * DAYS_PER_MONTH)),
            "Dead" if person.os_event else "Alive",
            "yes",
        )
        for i, person in chosen
    ]
    header = ("Patient", "Age", "Survival (days)", "Vital Status", SYNTHETIC)
    built.files[POSITIONS_CLINICAL] = f"# {NOTICE}\n".encode() + tsv(header, rows).encode()
    calls = [
        (str(number_of(i)), call.gene.chromosome, str(call.start), call.ref, call.alt, call.hgvsp, "yes")
        for i, person in chosen
        for call in person.nonsynonymous
    ]
    call_header = ("sample", "chr", "pos", "ref", "alt", "effect", SYNTHETIC)
    built.files[POSITIONS_CALLS] = gzipped(tsv(call_header, calls).encode())
    for i, person in chosen:
        patient_id = str(number_of(i))
        # No gene is named, so nobody's gene status is known from this cohort.
        truth = person.unprofiled().truth(POSITIONS, patient_id, patient_id, has_pfs=False)
        built.patients.append(replace(truth, best_response=None))
        built.overlaps.append(Overlap(MELANOMA_A, patient_id, POSITIONS, patient_id, "declared rule"))
