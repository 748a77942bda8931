"""demo_pairs_2016: biopsies before treatment and at relapse, with planted ways of escaping the immune system.

Read counts and segments are drawn from purity, copy number and clonality, so that a mutation with loss of the
other allele looks like one. Its patients were chosen for relapse: it has no overall survival, on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingestion.generated.built import DAYS_PER_MONTH, Built
from ingestion.generated.calls import Call, class_word, make_call
from ingestion.generated.effects import TRUTH_GENES
from ingestion.generated.formats import NOTICE, SYNTHETIC, comma, gzipped, tsv
from ingestion.generated.genes import EXOME, Gene, all_genes, size_mb
from ingestion.generated.people import Person
from ingestion.generated.truth import PairMutationTruth, ResistanceTruth

PAIRS = "demo_pairs_2016"
CLINICAL = "demo_pairs_2016_samples_SYNTHETIC.tsv"
MUTATIONS = "demo_pairs_2016_mutations_SYNTHETIC.tsv.gz"
SEGMENTS = "demo_pairs_2016_segments_SYNTHETIC.tsv.gz"

_RESISTANCE_GENES = ("JAK1", "JAK2", "B2M")
_N_RELAPSED = 14
_DEPTH, _SHALLOW_DEPTH = 130, 8
_SHALLOW_AT = 8
_FEWEST_READS = 3
_ARM_BASES = 50_000_000  # within chromosome 15, the shortest of the genes' chromosomes
_LOST_BASES = 8_000_000

#: patient index, gene, class ("" for no mutation), loss, first seen at, what the case is for
_EVENTS = (
    (0, "JAK1", "Nonsense_Mutation", "deletion", "relapse", "truncated, other allele deleted"),
    (
        1,
        "JAK2",
        "Splice_Site",
        "copy_neutral",
        "relapse",
        "truncated, other allele replaced: seen in read counts only",
    ),
    (2, "B2M", "Frame_Shift_Del", "deletion", "relapse", "truncated, other allele deleted"),
    (3, "JAK2", "Frame_Shift_Ins", "deletion", "relapse", "truncated, other allele deleted"),
    (
        4,
        "B2M",
        "Nonsense_Mutation",
        "deletion",
        "baseline",
        "there before treatment: intrinsic, not acquired",
    ),
    (5, "JAK1", "Nonsense_Mutation", "none", "relapse", "truncated, other allele intact: one hit"),
    (6, "JAK1", "Missense_Mutation", "deletion", "relapse", "missense of unknown effect with loss: no proof"),
    (7, "JAK2", "", "deletion", "relapse", "loss of one allele without a mutation: one hit"),
    (8, "B2M", "Frame_Shift_Del", "deletion", "relapse", "baseline is too shallow to say that it was absent"),
)


@dataclass(frozen=True)
class _Sample:
    patient: int
    letter: str
    purity: float
    depth: int
    calls: tuple[Call, ...]

    @property
    def sample_id(self) -> str:
        return f"{self.patient + 1}{self.letter}"


def build(people: list[Person], rng: np.random.Generator) -> Built:
    """The cohort; ``people`` are group pairs. The first 14 responded and relapsed, the others never responded."""
    built = Built()
    chosen = [_chosen(i, person) for i, person in enumerate(people)]
    samples = [sample for i, person in enumerate(chosen) for sample in _samples(i, person, rng)]
    built.files[CLINICAL] = _clinical(chosen, samples)
    built.files[MUTATIONS] = gzipped(_mutations(samples).encode())
    built.files[SEGMENTS] = gzipped(_segments(samples, rng).encode())
    for i, person in enumerate(chosen):
        truth = person.truth(PAIRS, str(i + 1), f"{i + 1}A", has_os=False)
        planted = {
            gene
            for at, gene, maf_class, _, when, _ in _EVENTS
            if at == i and maf_class and when == "baseline"
        }
        mutated = tuple(symbol for symbol in TRUTH_GENES if symbol in planted | set(truth.mutated))
        built.patients.append(replace(truth, mutated=mutated))
    built.pair_mutations += [row for i in range(len(chosen)) for row in _presence(i, samples, chosen[i])]
    for i, gene, maf_class, loss, present_at, note in _EVENTS:
        is_biallelic = maf_class not in ("", "Missense_Mutation") and loss != "none"
        built.resistance_events.append(
            ResistanceTruth(
                PAIRS,
                str(i + 1),
                gene,
                maf_class,
                loss,
                present_at,
                is_biallelic,
                present_at == "relapse",
                note,
            )
        )
    return built


def _chosen(i: int, person: Person) -> Person:
    """Responders that relapsed after at least seven months, then patients that never responded."""
    calls = tuple(c for c in person.calls if c.gene.symbol not in _RESISTANCE_GENES)
    tmb = sum(c.is_nonsynonymous for c in calls) / size_mb(EXOME)
    if i < _N_RELAPSED:
        outcome = {"best_response": "CR" if i % 4 == 0 else "PR", "pfs_months": 7.0 + 1.5 * i}
    else:
        outcome = {"best_response": "PD", "pfs_months": 2.0 + 0.3 * (i - _N_RELAPSED)}
    return replace(person, calls=calls, tmb=tmb, pfs_event=True, **outcome)  # type: ignore[arg-type]


def _samples(i: int, person: Person, rng: np.random.Generator) -> list[_Sample]:
    baseline_depth = _SHALLOW_DEPTH if i == _SHALLOW_AT else _DEPTH
    baseline_purity, relapse_purity = person.purity, round(float(rng.uniform(0.70, 0.85)), 2)
    found = person.nonsynonymous
    lost = {c.start for c in found if c.gene.symbol not in TRUTH_GENES and rng.random() < 0.06}
    clonal = {c.start: bool(rng.random() < 0.75) for c in found}
    selected = {start: is_clonal or bool(rng.random() < 0.5) for start, is_clonal in clonal.items()}
    n_private = int(rng.binomial(len(found), 0.05))
    private = [_private_call(found, rng) for _ in range(n_private)]
    before = [_resampled(c, baseline_purity, clonal[c.start], baseline_depth, rng) for c in found]
    after = [
        _resampled(c, relapse_purity, selected[c.start], _DEPTH, rng) for c in found if c.start not in lost
    ]
    after += [_resampled(c, relapse_purity, False, _DEPTH, rng) for c in private]
    for at, gene, maf_class, loss, present_at, _ in _EVENTS:
        if at == i and maf_class:
            after.append(_event_call(all_genes()[gene], maf_class, loss, relapse_purity, _DEPTH, rng))
            if present_at == "baseline":
                before.append(
                    _event_call(all_genes()[gene], maf_class, loss, baseline_purity, baseline_depth, rng)
                )
    if i == _SHALLOW_AT:
        # A caller asks for reads; the genes whose status the truth states keep their calls.
        before = [c for c in before if c.alt_count >= _FEWEST_READS or c.gene.symbol in TRUTH_GENES]
    samples = [_Sample(i, "A", baseline_purity, baseline_depth, tuple(before))]
    if i % 5 == 3:
        early = [_resampled(c, baseline_purity, clonal[c.start], _DEPTH, rng) for c in found]
        samples.append(_Sample(i, "B", baseline_purity, _DEPTH, tuple(early)))
    samples.append(_Sample(i, "E", relapse_purity, _DEPTH, tuple(after)))
    return samples


def _presence(i: int, samples: list[_Sample], person: Person) -> list[PairMutationTruth]:
    """In which tumours each mutation of patient ``i`` is. What the person had at first is in the baseline tumour,
    and in the relapse unless it was lost, which leaves no call there (deep samples call everything)."""
    first = {c.start: c for s in samples if s.patient == i and s.letter == "A" for c in s.calls}
    second = {c.start: c for s in samples if s.patient == i and s.letter == "E" for c in s.calls}
    before = {c.start: c for c in person.nonsynonymous} | first
    rows = []
    for start, call in sorted((before | second).items()):
        presence = "shared" if start in before and start in second else "private_to_second"
        if start not in second:
            presence = "private_to_first"
        gene = call.gene.symbol
        rows.append(PairMutationTruth(PAIRS, str(i + 1), gene, start, presence, start in first))
    return rows


def _private_call(found: Sequence[Call], rng: np.random.Generator) -> Call:
    genes = [g for g in all_genes().values() if g.symbol not in TRUTH_GENES and g.residues > 500]
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


def _event_call(
    gene: Gene, maf_class: str, loss: str, purity: float, mean_depth: int, rng: np.random.Generator
) -> Call:
    """A clonal event. Expected allele fraction: p/2 with both alleles, p/(2-p) after a deletion, p when replaced."""
    fraction = {"none": purity / 2, "deletion": purity / (2 - purity), "copy_neutral": purity}[loss]
    call = make_call(gene, maf_class, gene.residues // 3, 5, mean_depth, 1)
    return _with_reads(call, fraction, mean_depth, rng)


def _with_reads(call: Call, fraction: float, mean_depth: int, rng: np.random.Generator) -> Call:
    depth = max(4, int(rng.poisson(mean_depth)))
    return call._replace(depth=depth, alt_count=max(2, int(rng.binomial(depth, fraction))))


def _clinical(people: list[Person], samples: list[_Sample]) -> bytes:
    times = {"A": "pre-treatment", "B": "on-treatment", "E": "relapse"}
    header = (
        "sample", "patient", "time", "days_from_start", "sex", "age", "best_response", "pfs_days", "Progressed (Y/N)",
        "tumor_purity", "mean_depth", SYNTHETIC,
    )  # fmt: skip
    rows = []
    for sample in samples:
        person = people[sample.patient]
        progression = round(person.pfs_months * DAYS_PER_MONTH)
        days = {"A": -14, "B": 60, "E": progression + 10}[sample.letter]
        rows.append(
            (
                sample.sample_id,
                str(sample.patient + 1),
                times[sample.letter],
                str(days),
                person.sex[0],
                str(person.age),
                person.best_response,
                str(progression),
                "Y" if person.pfs_event else "N",
                comma(sample.purity),
                str(sample.depth),
                "yes",
            )
        )
    return f"# {NOTICE}\n".encode() + tsv(header, rows).encode()


def _mutations(samples: list[_Sample]) -> str:
    """ANNOVAR's words and decimal commas."""
    header = (
        "Sample", "Hugo_Symbol", "Entrez_Gene_ID", "chrom", "start", "end", "ref_allele", "alt_allele",
        "ExonicFunc", "t_ref_count", "t_alt_count", "Variant_Allele_Frequency", "aaannotation", SYNTHETIC,
    )  # fmt: skip
    rows = [
        (
            s.sample_id, c.gene.symbol, str(c.gene.entrez), c.gene.chromosome, str(c.start), str(c.end), c.ref, c.alt,
            class_word(c, "annovar"), str(c.depth - c.alt_count), str(c.alt_count), comma(c.vaf, 6),
            c.hgvsp, "yes",
        )
        for s in samples
        for c in s.calls
    ]  # fmt: skip
    return tsv(header, rows)


def _segments(samples: list[_Sample], rng: np.random.Generator) -> str:
    """log2 ratios of the chromosomes that carry the resistance genes; a deletion takes 8 Mb around its gene."""
    rows = []
    for sample in samples:
        for symbol in _RESISTANCE_GENES:
            gene = all_genes()[symbol]
            is_deleted = any(
                at == sample.patient and name == symbol and loss == "deletion"
                and (sample.letter == "E" or present_at == "baseline")
                for at, name, _, loss, present_at, _ in _EVENTS
            )  # fmt: skip
            first = max(1, gene.start - _LOST_BASES // 2)
            last = gene.start + _LOST_BASES // 2
            level = float(np.log2((sample.purity + 2 * (1 - sample.purity)) / 2)) if is_deleted else 0.0
            edges = ((1, first - 1, 0.0), (first, last, level), (last + 1, last + _ARM_BASES, 0.0))
            for start, end, mean in edges:
                if end > start:
                    value = comma(mean + float(rng.normal(0, 0.02)), 6)
                    n_probes = str(max(10, (end - start) // 20_000))
                    rows.append((sample.sample_id, gene.chromosome, str(start), str(end), n_probes, value))
    return f"# {NOTICE}\n" + tsv(("sample", "chrom", "loc.start", "loc.end", "num.mark", "seg.mean"), rows)
