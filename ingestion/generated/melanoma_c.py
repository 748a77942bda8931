"""demo_melanoma_c: a workbook in weeks with VRAI and FAUX, and calls whose lines end with CR alone.

Its patients are called Pt1, Pt2 ... like those of demo_melanoma_d, who are other people.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ingestion.generated.built import DAYS_PER_MONTH, Built
from ingestion.generated.calls import Call, class_word
from ingestion.generated.formats import NOTICE, SYNTHETIC, number, quoted, tsv, workbook
from ingestion.generated.people import Person

MELANOMA_C = "demo_melanoma_c"
CLINICAL = "demo_melanoma_c_clinical_SYNTHETIC.xlsx"
SHEET = "SYNTHETIC CLIN"
GENOMICS = "demo_melanoma_c_genomics_SYNTHETIC.csv"
MUTATIONS = "demo_melanoma_c_mutations_SYNTHETIC.txt"

_HEADER = (
    "Patient", "Cohort", "Response", "Dead/Alive\n(Dead = True)", "Time to Death\n(weeks)", "Age", "M Stage",
    "Mutation Load", "WES", SYNTHETIC,
)  # fmt: skip
_NOT_SEQUENCED = frozenset((8, 21, 34, 47, 60, 73))
_UNKNOWN_WORD_AT, _NOT_A_NUMBER_AT = 13, 26


def build(people: list[Person], rng: np.random.Generator) -> Built:
    """The cohort; ``people`` are group melanoma_c."""
    built = Built()
    shown = [person.unprofiled() if i in _NOT_SEQUENCED else person for i, person in enumerate(people)]
    rows: list[tuple[object, ...]] = [(NOTICE,), (), _HEADER]
    rows += [_clinical_row(i, person) for i, person in enumerate(shown)]
    built.files[CLINICAL] = workbook({"README": [(NOTICE,), ("Sheet 2 has the patients",)], SHEET: rows})
    built.files[GENOMICS] = _genomics(shown, rng)
    built.files[MUTATIONS] = _mutations(shown)
    for i, person in enumerate(shown):
        truth = person.truth(MELANOMA_C, f"Pt{i + 1}", f"Pt{i + 1}")
        # CRPR does not say which of the two: the shared vocabulary counts it as PR.
        word = {"CRPR": "PR", "see letter": None}.get(_response_word(i, person), person.best_response)
        built.patients.append(replace(truth, best_response=word))
    built.plant(CLINICAL, "unknown_word", 1, "a response 'see letter'")
    built.plant(CLINICAL, "not_a_number", 1, "an age 'sixty-two'")
    return built


def _clinical_row(i: int, person: Person) -> tuple[object, ...]:
    return (
        f"Pt{i + 1}",
        "NIV3-PROG" if i % 2 else "NIV3-NAIVE",
        _response_word(i, person),
        "VRAI" if person.os_event else "FAUX",
        round(person.os_months * DAYS_PER_MONTH / 7, 1),
        "sixty-two" if i == _NOT_A_NUMBER_AT else person.age,
        ("M1a", "M1b", "M1c")[i % 3],
        len(person.nonsynonymous) if person.is_profiled else "NA",
        int(person.is_profiled),
        "yes",
    )


def _response_word(i: int, person: Person) -> str:
    if i == _UNKNOWN_WORD_AT:
        return "see letter"
    return "CRPR" if person.best_response in ("CR", "PR") and i % 3 == 0 else person.best_response


def _genomics(people: list[Person], rng: np.random.Generator) -> bytes:
    """Progression (1 = censored) and a second, slightly different count of the same mutations."""
    rows = []
    for i, person in enumerate(people):
        n = len(person.nonsynonymous)
        recount = str(max(0, n - int(rng.integers(0, 1 + n // 8)))) if person.is_profiled else "NA"
        days = number(person.pfs_months * DAYS_PER_MONTH, 0)
        rows.append((f"Pt{i + 1}", days, "0" if person.pfs_event else "1", recount, "yes"))
    return quoted(("PatientID", "PFS", "PFS_SOR", "Mutation Load v2", SYNTHETIC), rows).encode()


def _mutations(people: list[Person]) -> bytes:
    """SnpEff's words, long protein changes, no alleles, every line ended by CR alone."""
    header = (
        "Patient", "Hugo Symbol", "Chromosome", "Start", "End", "Variant Classification", "HGVS_c", "HGVS_p", "Tcov",
        "Tac", "Taf", SYNTHETIC,
    )  # fmt: skip
    rows = [_call_row(f"Pt{i + 1}", call) for i, person in enumerate(people) for call in person.nonsynonymous]
    return tsv(header, rows, newline="\r").encode()


def _call_row(patient: str, call: Call) -> tuple[str, ...]:
    return (
        patient, call.gene.symbol, call.gene.chromosome, str(call.start), str(call.end),
        class_word(call, "snpeff"), call.hgvsc, call.hgvsp_long, str(call.depth), str(call.alt_count),
        number(call.vaf, 6), "yes",
    )  # fmt: skip
