"""Spectra, published exposures and reference signatures of demo_control_2018, in the shapes of PCAWG's and COSMIC's.

Signatures are drawn, none is real. Which sample has which is decided by its tumour type, but for one signature that is
planted beside ALK mutations in every type: a comparison must find that one and must not be fooled by the others. The
calls of the cohort know nothing of these spectra. The shares stand in ``cohorts/signatures.yaml``.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from ingestion.generated.effects import effects
from ingestion.generated.formats import SYNTHETIC, plain, quoted
from ingestion.generated.spec import SignatureSpec
from ingestion.generated.truth import Built, ExposureTruth, PatientTruth

FloatArray = npt.NDArray[np.float64]

SPECTRA = "demo_control_2018_96_SYNTHETIC.csv"
EXPOSURES = "demo_control_2018_exposures_SYNTHETIC.csv"
GENOME_PROFILES = "demo_signatures_genome_SYNTHETIC.txt"
EXOME_PROFILES = "demo_signatures_exome_SYNTHETIC.txt"

_CHANNELS = tuple(
    (change, five + change[0] + three)
    for change in ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
    for five, three in product("ACGT", repeat=2)
)


def add_signatures(
    spec: SignatureSpec, patients: list[PatientTruth], rng: np.random.Generator, built: Built
) -> None:
    """The four tables; of ``patients``, those of the spec's cohort, the sequenced have a spectrum."""
    genome, exome = _profiles(spec, rng)
    sequenced = [patient for patient in patients if patient.is_profiled]
    truth = np.stack([_exposures(spec, patient, rng) for patient in sequenced])
    counts = rng.poisson(truth @ exome.T)
    codes = {name: known.names["tcga"] for name, known in effects().cancer_types.items()}
    names = [f"{codes[p.cancer_type]}::{p.patient_id}-01A-11D-A000-08" for p in sequenced]
    built.files[GENOME_PROFILES] = _profile_table(spec, genome)
    built.files[EXOME_PROFILES] = _profile_table(spec, exome)
    built.files[SPECTRA] = _spectrum_table(spec, names, counts)
    built.files[EXPOSURES] = _exposure_table(spec, names, truth, counts, exome)
    built.plant(SPECTRA, "unknown_sample", len(spec.unknown_samples), "samples that no other file names")
    built.exposures += [
        ExposureTruth(patient.cohort_id, patient.sample_id, name, round(float(truth[i, j]), 3))
        for i, patient in enumerate(sequenced)
        for j, name in enumerate(spec.names)
        if truth[i, j] > 0
    ]


def _profiles(spec: SignatureSpec, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Channel x signature over the genome, and over an exome whose trinucleotides are otherwise frequent."""
    genome = rng.dirichlet(np.full(len(_CHANNELS), 0.25), len(spec.names)).T
    exome = genome * np.exp(rng.normal(0.0, 0.5, len(_CHANNELS)))[:, None]
    return genome, exome / exome.sum(axis=0)


def _exposures(spec: SignatureSpec, patient: PatientTruth, rng: np.random.Generator) -> FloatArray:
    """Expected substitutions of one sample by signature."""
    total = rng.lognormal(np.log(spec.median), spec.sigma)
    found = {
        name: rng.random() < shares.get(patient.cancer_type, shares["else"])
        for name, shares in spec.by_type.items()
    }
    share = spec.share_mutated if spec.gene in patient.mutated else spec.share_wild_type
    found |= {spec.everywhere: True, spec.of_the_gene: rng.random() < share}
    weights = np.array([rng.gamma(6.0) * (1.5 if found.get(name, False) else 0.0) for name in spec.names])
    return np.asarray(total * weights / weights.sum())


def _profile_table(spec: SignatureSpec, profiles: FloatArray) -> bytes:
    rows = [
        [f"{three[0]}[{change}]{three[2]}", *(f"{value:.9f}" for value in profiles[i]), SYNTHETIC]
        for i, (change, three) in enumerate(_CHANNELS)
    ]
    return plain([["Type", *spec.names, SYNTHETIC], *rows]).encode()


def _spectrum_table(spec: SignatureSpec, names: list[str], counts: npt.NDArray[np.int64]) -> bytes:
    header = ["Mutation type", "Trinucleotide", *names, *spec.unknown_samples]
    rows = [
        [change, three, *(str(n) for n in counts[:, i]), "1", "2"]
        for i, (change, three) in enumerate(_CHANNELS)
    ]
    return quoted([header, *rows]).encode()


def _exposure_table(
    spec: SignatureSpec,
    names: list[str],
    truth: FloatArray,
    counts: npt.NDArray[np.int64],
    profiles: FloatArray,
) -> bytes:
    """What another group would have published: the planted exposures as whole numbers."""
    whole = np.rint(truth)
    expected = whole @ profiles.T
    lengths = np.sqrt((expected**2).sum(axis=1) * (counts**2).sum(axis=1))
    accuracy = np.divide(
        (expected * counts).sum(axis=1), lengths, out=np.zeros(len(names)), where=lengths > 0
    )
    rows = [
        [*name.split("::"), f"{accuracy[i]:.3f}", *(str(int(value)) for value in whole[i])]
        for i, name in enumerate(names)
    ]
    header = [f"Cancer Types ({SYNTHETIC})", "Sample Names", "Accuracy", *spec.names]
    return quoted([header, *rows]).encode()
