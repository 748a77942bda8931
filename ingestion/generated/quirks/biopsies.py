"""Biopsies before treatment and at relapse, with planted ways of escaping the immune system (demo_pairs_2016).

Read counts and segments are drawn from purity, copy number and clonality, so that a mutation with loss of the
other allele looks like one. The planted events stand in the cohort's file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ingestion.generated.calls import Call, make_call
from ingestion.generated.effects import effects
from ingestion.generated.formats import comma
from ingestion.generated.genes import EXOME, Gene, all_genes, size_mb
from ingestion.generated.people import Person
from ingestion.generated.rosters import Patient, Roster
from ingestion.generated.spec import ResistanceEvent
from ingestion.generated.truth import DAYS_PER_MONTH, Built, PairMutationTruth, ResistanceTruth

_RESISTANCE_GENES = ("JAK1", "JAK2", "B2M")
_N_RELAPSED = 14
_DEPTH, _SHALLOW_DEPTH = 130, 8
_SHALLOW_AT = 8
_FEWEST_READS = 3
_ARM_BASES = 50_000_000  # within chromosome 15, the shortest of the genes' chromosomes
_LOST_BASES = 8_000_000
_TIMES = {"A": "pre-treatment", "B": "on-treatment", "E": "relapse"}


def biopsies(roster: Roster, rng: np.random.Generator) -> Roster:
    """The first 14 responded and relapsed, the others never responded; each has two samples or three."""
    events = roster.spec.resistance_events
    patients, samples = [], []
    for i, patient in enumerate(roster.patients):
        person = _chosen(i, patient.person)
        mine = [event for event in events if event.patient == i]
        planted = tuple(e.gene for e in mine if e.maf_class and e.present_at == "baseline")
        fields = {**patient.fields, "events": mine}
        patient = replace(patient, person=person, also_mutated=planted, fields=fields)
        found = _samples(patient, mine, rng)
        samples += found
        patients.append(replace(patient, sample_id=found[0].sample_id))
    return replace(roster, patients=tuple(patients), samples=tuple(samples))


def add_events(roster: Roster, built: Built) -> None:
    """Write down the planted events, and in which tumours each mutation is."""
    spec = roster.spec
    for event in spec.resistance_events:
        is_acquired = event.present_at == "relapse"
        built.resistance_events.append(
            ResistanceTruth(
                spec.cohort_id, roster.patients[event.patient].patient_id, event.gene, event.maf_class, event.loss,
                event.present_at, event.is_biallelic, is_acquired, event.note,
            )
        )  # fmt: skip
    if spec.resistance_events:
        for patient in roster.patients:
            samples = [sample for sample in roster.samples if sample.row == patient.row]
            built.pair_mutations += _presence(spec.cohort_id, patient, samples)


def _chosen(i: int, person: Person) -> Person:
    """Responders that relapsed after at least seven months, then patients that never responded."""
    calls = tuple(c for c in person.calls if c.gene.symbol not in _RESISTANCE_GENES)
    tmb = sum(c.is_nonsynonymous for c in calls) / size_mb(EXOME)
    if i < _N_RELAPSED:
        outcome = {"best_response": "CR" if i % 4 == 0 else "PR", "pfs_months": 7.0 + 1.5 * i}
    else:
        outcome = {"best_response": "PD", "pfs_months": 2.0 + 0.3 * (i - _N_RELAPSED)}
    return replace(person, calls=calls, tmb=tmb, pfs_event=True, **outcome)  # type: ignore[arg-type]


def _samples(patient: Patient, events: Sequence[ResistanceEvent], rng: np.random.Generator) -> list[Patient]:
    """Baseline, for some one on treatment, and relapse: mutations are lost, selected and won between them."""
    i, person = patient.row, patient.person
    baseline_depth = _SHALLOW_DEPTH if i == _SHALLOW_AT else _DEPTH
    baseline_purity, relapse_purity = person.purity, round(float(rng.uniform(0.70, 0.85)), 2)
    found, truth = person.nonsynonymous, effects().truth_genes
    lost = {c.start for c in found if c.gene.symbol not in truth and rng.random() < 0.06}
    clonal = {c.start: bool(rng.random() < 0.75) for c in found}
    selected = {start: is_clonal or bool(rng.random() < 0.5) for start, is_clonal in clonal.items()}
    n_private = int(rng.binomial(len(found), 0.05))
    private = [_private_call(found, rng) for _ in range(n_private)]
    before = [_resampled(c, baseline_purity, clonal[c.start], baseline_depth, rng) for c in found]
    after = [
        _resampled(c, relapse_purity, selected[c.start], _DEPTH, rng) for c in found if c.start not in lost
    ]
    after += [_resampled(c, relapse_purity, False, _DEPTH, rng) for c in private]
    for event in events:
        if event.maf_class:
            after.append(_event_call(event, relapse_purity, _DEPTH, rng))
            if event.present_at == "baseline":
                before.append(_event_call(event, baseline_purity, baseline_depth, rng))
    if i == _SHALLOW_AT:
        # A caller asks for reads; the genes whose status the truth states keep their calls.
        before = [c for c in before if c.alt_count >= _FEWEST_READS or c.gene.symbol in truth]
    samples = [_sample(patient, "A", -14, baseline_purity, baseline_depth, before)]
    if i % 5 == 3:
        early = [_resampled(c, baseline_purity, clonal[c.start], _DEPTH, rng) for c in found]
        samples.append(_sample(patient, "B", 60, baseline_purity, _DEPTH, early))
    relapse = round(person.pfs_months * DAYS_PER_MONTH) + 10
    return [*samples, _sample(patient, "E", relapse, relapse_purity, _DEPTH, after)]


def _sample(
    patient: Patient, letter: str, day: int, purity: float, depth: int, calls: Sequence[Call]
) -> Patient:
    sample = {"letter": letter, "time": _TIMES[letter], "day": day, "purity": purity, "mean_depth": depth}
    sample_id = f"{patient.patient_id}{letter}"
    return replace(patient, sample_id=sample_id, calls=tuple(calls), fields={**patient.fields, **sample})


def _presence(cohort_id: str, patient: Patient, samples: Sequence[Patient]) -> list[PairMutationTruth]:
    """In which tumours each mutation is. What the person had at first is in the baseline tumour, and in the relapse
    unless it was lost, which leaves no call there (deep samples call everything)."""
    first = {c.start: c for s in samples if s.fields["letter"] == "A" for c in s.calls}
    second = {c.start: c for s in samples if s.fields["letter"] == "E" for c in s.calls}
    before = {c.start: c for c in patient.person.nonsynonymous} | first
    rows = []
    for start, call in sorted((before | second).items()):
        presence = "shared" if start in before and start in second else "private_to_second"
        if start not in second:
            presence = "private_to_first"
        gene = call.gene.symbol
        rows.append(PairMutationTruth(cohort_id, patient.patient_id, gene, start, presence, start in first))
    return rows


def _private_call(found: Sequence[Call], rng: np.random.Generator) -> Call:
    genes = [g for g in all_genes().values() if g.symbol not in effects().truth_genes and g.residues > 500]
    taken = {c.start for c in found}
    while True:
        gene = genes[int(rng.integers(0, len(genes)))]
        residue = int(rng.integers(2, gene.residues - 2))
        call = make_call(gene, "Missense_Mutation", residue, int(rng.integers(0, 1000)), _DEPTH, 10)
        if call.start not in taken:
            return call


def _resampled(call: Call, purity: float, is_clonal: bool, mean_depth: int, rng: np.random.Generator) -> Call:
    """The same call with reads of another sample; a subclone makes up 40 % of the tumour cells."""
    return _with_reads(call, purity / 2 * (1.0 if is_clonal else 0.4), mean_depth, rng)


def _event_call(event: ResistanceEvent, purity: float, mean_depth: int, rng: np.random.Generator) -> Call:
    """A clonal event. Expected allele fraction: p/2 with both alleles, p/(2-p) after a deletion, p when replaced."""
    fraction = {"none": purity / 2, "deletion": purity / (2 - purity), "copy_neutral": purity}[event.loss]
    gene: Gene = all_genes()[event.gene]
    call = make_call(gene, event.maf_class, gene.residues // 3, 5, mean_depth, 1)
    return _with_reads(call, fraction, mean_depth, rng)


def _with_reads(call: Call, fraction: float, mean_depth: int, rng: np.random.Generator) -> Call:
    depth = max(4, int(rng.poisson(mean_depth)))
    return call._replace(depth=depth, alt_count=max(2, int(rng.binomial(depth, fraction))))


def segments(samples: Sequence[Patient], rng: np.random.Generator) -> tuple[list[Any], list[list[Any]]]:
    """log2 ratios of the chromosomes that carry the resistance genes; a deletion takes 8 Mb around its gene."""
    rows = []
    for sample in samples:
        purity, is_relapse = sample.fields["purity"], sample.fields["letter"] == "E"
        for symbol in _RESISTANCE_GENES:
            gene = all_genes()[symbol]
            is_deleted = any(
                event.gene == symbol
                and event.loss == "deletion"
                and (is_relapse or event.present_at == "baseline")
                for event in sample.fields["events"]
            )
            first = max(1, gene.start - _LOST_BASES // 2)
            last = gene.start + _LOST_BASES // 2
            level = float(np.log2((purity + 2 * (1 - purity)) / 2)) if is_deleted else 0.0
            edges = ((1, first - 1, 0.0), (first, last, level), (last + 1, last + _ARM_BASES, 0.0))
            for start, end, mean in edges:
                if end > start:
                    value = comma(mean + float(rng.normal(0, 0.02)), 6)
                    n_probes = max(10, (end - start) // 20_000)
                    rows.append([sample.sample_id, gene.chromosome, start, end, n_probes, value])
    return ["sample", "chrom", "loc.start", "loc.end", "num.mark", "seg.mean"], rows
