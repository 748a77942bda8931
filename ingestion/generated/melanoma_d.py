"""demo_melanoma_d: several samples a patient, some taken on treatment, in Latin-1 text with stray quotes.

Its calls carry most of what goes wrong with mutation tables: chr prefixes, VEP's words, exact duplicates, genes
that a spreadsheet turned into dates, the header once more in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from ingestion.generated.built import DAYS_PER_MONTH, Built
from ingestion.generated.calls import Call, class_word, make_call
from ingestion.generated.effects import TRUTH_GENES
from ingestion.generated.formats import SYNTHETIC, gzipped, tsv
from ingestion.generated.genes import SPREADSHEET_DATES, all_genes
from ingestion.generated.people import Person
from ingestion.generated.truth import Overlap

MELANOMA_C, MELANOMA_D = "demo_melanoma_c", "demo_melanoma_d"
CLINICAL = "demo_melanoma_d_clinical_SYNTHETIC.txt.gz"
MUTATIONS = "demo_melanoma_d_mutations_SYNTHETIC.txt.gz"

_HEADER = (
    "Sample", "Patient", "Timepoint", "Gender (Male=1)", "Age", "BR", "OS", "censOS", "PFS", "censPFS", "Histology",
    "ECOG", "LDH", "Comment", "last_contact", SYNTHETIC,
)  # fmt: skip
_CALL_HEADER = (
    "Sample", "Gene", "Chr", "Pos", "End", "Ref", "Alt", "Consequence", "HGVSp", "Depth", "AltReads", "Build",
    SYNTHETIC,
)  # fmt: skip
_N_ONLY_ON_TREATMENT = 6
_N_BOTH = 25
_N_DUPLICATES = 25
_NEGATIVE_AT = 40
_N_FALSE_FRIENDS = 27


@dataclass(frozen=True)
class _Sample:
    person_index: int
    sample_id: str
    timepoint: str
    calls: tuple[Call, ...]


def build(people: list[Person], rng: np.random.Generator) -> Built:
    """The cohort; ``people`` are group melanoma_d."""
    built = Built()
    samples = _samples(people, rng)
    built.files[CLINICAL] = gzipped(_clinical(people, samples, rng).encode("latin-1"))
    calls = _call_rows(samples, rng)
    built.files[MUTATIONS] = gzipped(tsv(_CALL_HEADER, calls).encode("latin-1"))
    first: dict[int, str] = {}
    for sample in samples:
        first.setdefault(sample.person_index, sample.sample_id)
    for i, person in enumerate(people):
        truth = person.truth(MELANOMA_D, f"Pt{i + 1}", first[i])
        word = _response_word(i, person.best_response)
        truth = replace(truth, best_response="NE" if word == "X" else word)
        built.patients.append(replace(truth, os_months=None, os_event=None) if i == _NEGATIVE_AT else truth)
    built.false_friends += [
        Overlap(MELANOMA_C, f"Pt{i}", MELANOMA_D, f"Pt{i}", "same number, another person")
        for i in range(1, _N_FALSE_FRIENDS + 1)
    ]
    n_negative = sum(sample.person_index == _NEGATIVE_AT for sample in samples)
    built.plant(CLINICAL, "negative_time", n_negative, "an overall survival of -4 days")
    built.plant(CLINICAL, "private_date", 1, "column last_contact holds dates and is not declared private")
    n_stray = sum(sample.person_index % 7 == 2 for sample in samples)
    built.plant(CLINICAL, "stray_quote", n_stray, "a quote that opens a comment and never closes it")
    n_dates = sum(row[1] in SPREADSHEET_DATES.values() for row in calls)
    built.plant(MUTATIONS, "gene_became_date", n_dates, "14-sept, 01-mars, 6-Sep")
    built.plant(MUTATIONS, "repeated_header", 1, "the header again in the middle of the table")
    return built


def _samples(people: list[Person], rng: np.random.Generator) -> list[_Sample]:
    """A first sample of everybody (on treatment for a few) and a second, on treatment, of others."""
    samples = []
    for i, person in enumerate(people):
        is_late = i >= len(people) - _N_ONLY_ON_TREATMENT
        first = tuple(person.calls) + tuple(_date_calls() if i in (3, 4) else ())
        word, suffix = ("on-treatment", "on") if is_late else ("pre-treatment", "pre")
        samples.append(_Sample(i, f"Pt{i + 1}_{suffix}", word, first))
        if not is_late and i % 3 == 1 and i // 3 < _N_BOTH:
            kept = tuple(c for c in person.calls if c.gene.symbol in TRUTH_GENES or rng.random() < 0.85)
            samples.append(_Sample(i, f"Pt{i + 1}_on", "on-treatment", kept))
    return samples


def _date_calls() -> list[Call]:
    # Silent, so that the burden of these patients stays what was planted.
    return [make_call(all_genes()[symbol], "Silent", 101, 7, 90, 31) for symbol in SPREADSHEET_DATES]


def _clinical(people: list[Person], samples: list[_Sample], rng: np.random.Generator) -> str:
    rows = []
    for sample in samples:
        i, person = sample.person_index, people[sample.person_index]
        days = -4 if i == _NEGATIVE_AT else round(person.os_months * DAYS_PER_MONTH)
        contact = date(2016, 3, 1) + timedelta(days=(i * 37) % 700)
        rows.append(
            (
                sample.sample_id,
                f"Pt{i + 1}",
                sample.timepoint,
                "1" if person.sex == "Male" else "0",
                str(person.age),
                _response_word(i, person.best_response),
                str(days),
                str(int(person.os_event)),
                str(round(person.pfs_months * DAYS_PER_MONTH)),
                str(int(person.pfs_event)),
                ("nodulär", "superficial spreading", "acral", "x")[i % 4],
                ("0", "1", "-", "2")[i % 4],
                "unk" if i % 5 == 0 else str(int(rng.integers(130, 800))),
                '"left arm' if i % 7 == 2 else "",
                f"{contact:%Y-%m-%d}",
                "yes",
            )
        )
    return tsv(_HEADER, rows)


def _response_word(i: int, response: str) -> str:
    if response == "NE":
        return "X"
    if response == "SD" and i % 4 == 1:
        return "MR"
    return response


def _call_rows(samples: list[_Sample], rng: np.random.Generator) -> list[tuple[str, ...]]:
    """All rows below the header: calls, some of them twice, one on the mitochondrion, the header once more."""
    rows = [_call_row(sample.sample_id, call) for sample in samples for call in sample.calls]
    repeatable = [at for at, row in enumerate(rows) if row[1] not in SPREADSHEET_DATES.values()]
    for at in sorted(rng.choice(repeatable, _N_DUPLICATES, replace=False).tolist(), reverse=True):
        rows.insert(at, rows[at])
    first = samples[0].sample_id
    position = ("chrM", "6500", "6500", "G", "A")
    rows.append((first, "MT-CO1", *position, "synonymous_variant", "", "900", "40", "hg19", "yes"))
    rows.insert(len(rows) // 2, _CALL_HEADER)
    return rows


def _call_row(sample: str, call: Call) -> tuple[str, ...]:
    gene = SPREADSHEET_DATES.get(call.gene.symbol, call.gene.symbol)
    return (
        sample, gene, f"chr{call.gene.chromosome}", str(call.start), str(call.end), call.ref, call.alt,
        class_word(call, "vep"),        call.hgvsp, str(call.depth), str(call.alt_count), "hg19", "yes",
    )  # fmt: skip
