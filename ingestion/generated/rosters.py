"""Who stands in the tables of a generated cohort: its people under their numbers, and what is true of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import floor
from typing import Any

import numpy as np

from ingestion.generated.calls import Call, class_word
from ingestion.generated.cells import Row, named
from ingestion.generated.effects import effects
from ingestion.generated.formats import NOTICE, SYNTHETIC
from ingestion.generated.people import Person
from ingestion.generated.spec import CohortSpec, Reused, Selection, Words
from ingestion.generated.truth import DAYS_PER_MONTH, Built, Overlap, PatientTruth

CONSTANTS = {"notice": NOTICE, "synthetic": SYNTHETIC}


@dataclass(frozen=True)
class Patient:
    """A patient, or one of a patient's samples, as a cohort shows it.

    drawn : the person behind it; ``person`` the same as the cohort knows it (never sequenced, shorter follow-up).
    extra_calls : calls that the truth knows nothing of. also_mutated: genes with a planted mutation beside the calls.
    """

    row: int
    drawn: Person
    person: Person
    calls: tuple[Call, ...]
    patient_id: str = ""
    sample_id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    extra_calls: tuple[Call, ...] = ()
    also_mutated: tuple[str, ...] = ()

    @cached_property
    def all_fields(self) -> dict[str, Any]:
        """What a cell of this patient's rows can use; to be copied, not changed."""
        ids = {"patient_id": self.patient_id, "sample_id": self.sample_id}
        place = {"row": self.row, "place": self.row + 1}
        return CONSTANTS | person_fields(self.person) | ids | dict(self.fields) | place


@dataclass(frozen=True)
class Roster:
    """The patients of a cohort, and the rows of its tables: the same, or several samples of some.

    overlaps : who of them is a patient of another cohort.
    """

    spec: CohortSpec
    patients: tuple[Patient, ...]
    samples: tuple[Patient, ...]
    overlaps: tuple[Overlap, ...] = ()


def person_fields(person: Person) -> dict[str, Any]:
    """Fields of a person: those of `Person` and some made of them. Times are counted from the group's origin."""
    os_days, pfs_days = person.os_months * DAYS_PER_MONTH, person.pfs_months * DAYS_PER_MONTH
    return vars(person) | {
        **effects().cancer_types[person.cancer_type].names,
        "purity_percent": round(person.purity * 100),
        "carries_predictive_gene": person.carries(effects().predictive_gene),
        "n_mutations": len(person.nonsynonymous),
        "os_whole_months": floor(person.os_months),
        "os_days": round(os_days),
        "os_weeks": os_days / 7,
        "os_years": person.os_months / 12,
        "pfs_days": round(pfs_days),
        "pfs_exact_days": pfs_days,
        "pfs_weeks": pfs_days / 7,
        "progressed_alive": person.pfs_event and round(pfs_days) < round(os_days),
        # not reached: followed for less than the six months that a durable benefit takes
        "durable_benefit": "YES" if person.pfs_months >= 6 else "NO" if person.pfs_event else "NR",
        "entry_days": round(person.entry_months * DAYS_PER_MONTH),
        "is_sampled_late": person.entry_months > 0,
        "responds": person.best_response in ("CR", "PR"),
    }


def call_fields(call: Call) -> dict[str, Any]:
    """Fields of a mutation call: those of `Call` and some made of them."""
    return call._asdict() | {
        "gene": call.gene.symbol,
        "old_symbol": call.gene.old_symbol,
        "entrez": call.gene.entrez,
        "chromosome": call.gene.chromosome,
        **{dialect: class_word(call, dialect) for dialect in ("vep", "snpeff", "annovar")},
        "variant_type": call.variant_type,
        "hgvsc": call.hgvsc,
        "hgvsp_long": call.hgvsp_long,
        "ref_count": call.depth - call.alt_count,
        "vaf": call.vaf,
        "vaf_percent": 100 * call.vaf,
    }


def chosen(selection: Selection, rows: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> list[int]:
    """Positions of those rows that a selection means, in order; ``row`` is each row's own number."""
    found = [i for i, fields in enumerate(rows) if meets(selection.where, selection.unless, fields)]
    found = [
        i
        for i in found
        if (selection.rows is None or rows[i]["row"] in selection.rows)
        and rows[i]["row"] % selection.every == selection.offset
    ]
    if selection.drawn is not None:
        found = sorted(rng.choice(found, selection.drawn, replace=False).tolist())
    return found[: selection.first]


def meets(where: Words, unless: Words, fields: Mapping[str, Any]) -> bool:
    """Whether a row has the words that it must have, and none that it must not have."""
    return all(named("field", name, fields) in words for name, words in where.items()) and not any(
        named("field", name, fields) in words for name, words in unless.items()
    )


def marked(
    marks: Mapping[str, Selection], rows: Sequence[dict[str, Any]], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """The rows with the fields of every mark: true or false, and the place among those that have it."""
    for name, selection in marks.items():
        places = {i: place for place, i in enumerate(chosen(selection, rows, rng))}
        rows = [row | {name: i in places, f"{name}_row": places.get(i)} for i, row in enumerate(rows)]
    return list(rows)


def build_roster(
    spec: CohortSpec,
    people: Mapping[str, list[Person]],
    known: Mapping[str, Roster],
    rng: np.random.Generator,
) -> Roster:
    """The patients of one cohort.

    people : by group. known : cohorts that were built before, by cohort_id.
    """
    patients: list[Patient] = []
    overlaps: list[Overlap] = []
    for part in spec.reused:
        for first, again in _reused(part, named("cohort", part.cohort, known), rng):
            patients.append(again)
            overlaps.append(
                Overlap(part.cohort, first.patient_id, spec.cohort_id, again.patient_id, part.found_by)
            )
    if spec.people is not None:
        patients += _own(spec, named("group", spec.people, people), rng)
    if spec.shuffled:
        patients = [patients[i] for i in rng.permutation(len(patients)).tolist()]
    patients = [replace(patient, row=i) for i, patient in enumerate(patients)]
    return Roster(spec, tuple(patients), tuple(patients), tuple(overlaps))


def _own(spec: CohortSpec, people: list[Person], rng: np.random.Generator) -> list[Patient]:
    """The group's people with marks, fields and numbers."""
    numbers = range(1, len(people) + 1)
    if spec.numbers_drawn is not None:
        numbers = np.cumsum(rng.integers(*spec.numbers_drawn, len(people))).tolist()
    rows = [
        CONSTANTS | person_fields(person) | {"row": i, "place": i + 1, "number": number}
        for i, (person, number) in enumerate(zip(people, numbers, strict=True))
    ]
    known = {*rows[0], "patient_id"} - {"number"}
    rows = marked(spec.marks, rows, rng)
    lost = set(chosen(spec.not_sequenced, rows, rng)) if spec.not_sequenced else set()
    patients = []
    for i, person in enumerate(people):
        shown = person.unprofiled() if i in lost else person
        row = Row(rows[i] | person_fields(shown), rng)
        for name, cell in spec.fields.items():
            row.fields[name] = cell(row)
        row.fields["patient_id"] = patient_id = cell_text(spec.patient_id(row))
        sample_id = cell_text(spec.sample_id(row))
        kept = {name: value for name, value in row.fields.items() if name not in known}
        patients.append(Patient(i, person, shown, shown.calls, patient_id, sample_id, kept))
    return patients


def cell_text(value: Any) -> str:
    """What a text file shows of a cell."""
    return "" if value is None else str(value)


def _reused(part: Reused, other: Roster, rng: np.random.Generator) -> list[tuple[Patient, Patient]]:
    """Patients of another cohort as they are there, and under other names."""
    candidates = other.patients
    at = chosen(part.only, [patient.all_fields for patient in candidates], rng)
    if part.richest is not None:
        at = sorted(sorted(at, key=lambda i: (-len(candidates[i].drawn.nonsynonymous), i))[: part.richest])
    pairs = []
    for row, i in enumerate(at):
        first = candidates[i]
        place = {"row": row}
        person = first.person
        if part.other_status and chosen(part.other_status, [place], rng):
            person = replace(person, os_event=not person.os_event)
        if part.cut_follow_up and chosen(part.cut_follow_up, [place], rng):
            person = _cut(person, part.cut_to)
        calls = person.calls
        if part.kept_share is not None:
            truth = effects().truth_genes
            calls = tuple(
                c for c in person.nonsynonymous if c.gene.symbol in truth or rng.random() < part.kept_share
            )
        fields = Row(first.all_fields | place | {"place": row + 1}, rng)
        fields.fields["patient_id"] = patient_id = cell_text(part.patient_id(fields))
        sample_id = cell_text(part.sample_id(fields))
        again = Patient(row, first.drawn, person, calls, patient_id, sample_id, first.fields)
        pairs.append((first, again))
    return pairs


def _cut(person: Person, share: float) -> Person:
    """The person with a shorter follow-up."""
    months = person.os_months * share
    return replace(
        person,
        os_months=months,
        os_event=False,
        pfs_months=min(months, person.pfs_months),
        pfs_event=person.pfs_event and person.pfs_months <= months,
    )


def add_truth(roster: Roster, built: Built, rng: np.random.Generator) -> None:
    """Write down what is true of a cohort's patients, and of whom they share with other cohorts."""
    spec = roster.spec
    if spec.is_in_truth:
        built.patients += [patient_truth(spec, patient, rng) for patient in roster.patients]
    built.overlaps += roster.overlaps
    if spec.false_friends is not None:
        friends = spec.false_friends
        built.false_friends += [
            Overlap(friends.cohort, p.patient_id, spec.cohort_id, p.patient_id, friends.note)
            for p in roster.patients[: friends.first]
        ]


def patient_truth(spec: CohortSpec, patient: Patient, rng: np.random.Generator) -> PatientTruth:
    """What is true of one patient."""
    person = patient.person.unprofiled() if spec.genes_unknown else patient.person
    genes = (
        symbol for symbol in effects().truth_genes if person.carries(symbol) or symbol in patient.also_mutated
    )
    truth = PatientTruth(
        spec.cohort_id, patient.patient_id, person.person_id, patient.sample_id, person.cancer_type, person.arm,
        person.panel_id, person.is_profiled, tuple(genes), person.tmb if person.is_profiled else None,
        person.os_months, person.os_event, person.pfs_months, person.pfs_event, person.entry_months,
        None if person.arm == "none" else person.best_response,
    )  # fmt: skip
    row = Row(dict(patient.all_fields), rng)
    return replace(truth, **{name: cell(row) for name, cell in spec.truth.items()})
