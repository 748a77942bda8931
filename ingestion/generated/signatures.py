"""Spectra, published exposures and reference signatures of demo_control_2018, in the shapes of PCAWG's and COSMIC's.

Signatures are drawn, none is real (hence their numbers above 900). Which sample has which is decided by its tumour
type, but for one signature that is planted beside ALK mutations in every type: a comparison must find that one and
must not be fooled by the others. The calls of the cohort know nothing of these spectra.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from ingestion.generated.built import Built
from ingestion.generated.control import CODES
from ingestion.generated.formats import SYNTHETIC, quoted, tsv
from ingestion.generated.truth import ExposureTruth, PatientTruth

FloatArray = npt.NDArray[np.float64]

SPECTRA = "demo_control_2018_96_SYNTHETIC.csv"
EXPOSURES = "demo_control_2018_exposures_SYNTHETIC.csv"
GENOME_PROFILES = "demo_signatures_genome_SYNTHETIC.txt"
EXOME_PROFILES = "demo_signatures_exome_SYNTHETIC.txt"

#: In every tumour; takes what the others leave.
EVERYWHERE = "SBS901"
#: signature -> tumour type -> share of tumours that have it (any type that is not named: "")
BY_TYPE = {
    "SBS902": {"Melanoma": 0.85, "": 0.03},
    "SBS903": {"Non-Small Cell Lung Cancer": 0.70, "": 0.03},
    "SBS904": {"Bladder Cancer": 0.60, "Colorectal Cancer": 0.50, "": 0.05},
    "SBS907": {"": 0.10},
}
#: Beside the mutation of this gene, whatever the tumour type: share among carriers and among the others.
OF_THE_GENE = "SBS905"
GENE = "ALK"
SHARE_MUTATED, SHARE_WILD_TYPE = 0.60, 0.12
#: In no tumour: whoever finds it is wrong.
NOWHERE = ("SBS906", "SBS908")
SIGNATURES = tuple(sorted((EVERYWHERE, *BY_TYPE, OF_THE_GENE, *NOWHERE)))

_CHANNELS = tuple(
    (change, five + change[0] + three)
    for change in ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
    for five, three in product("ACGT", repeat=2)
)
#: Median substitutions of an exome and sigma of its logarithm: about one sample in eight is below 50.
_MEDIAN, _SIGMA = 150.0, 0.95
#: In the spectra only, and in no other file.
_UNKNOWN_SAMPLES = (
    f"{SYNTHETIC}::DEMO-SK-9998-01A-11D-A000-08",
    f"{SYNTHETIC}::DEMO-SK-9999-06A-11D-A000-08",
)


def build(patients: list[PatientTruth], rng: np.random.Generator) -> Built:
    """The four tables; ``patients`` are those of the control cohort, of whom the sequenced have a spectrum."""
    built = Built()
    genome, exome = _profiles(rng)
    sequenced = [patient for patient in patients if patient.is_profiled]
    truth = np.stack([_exposures(patient, rng) for patient in sequenced])
    counts = rng.poisson(truth @ exome.T)
    names = [f"{CODES[p.cancer_type]}::{p.patient_id}-01A-11D-A000-08" for p in sequenced]
    built.files[GENOME_PROFILES] = _profile_table(genome)
    built.files[EXOME_PROFILES] = _profile_table(exome)
    built.files[SPECTRA] = _spectrum_table(names, counts)
    built.files[EXPOSURES] = _exposure_table(names, truth, counts, exome)
    built.plant(SPECTRA, "unknown_sample", len(_UNKNOWN_SAMPLES), "samples that no other file names")
    built.exposures += [
        ExposureTruth(patient.cohort_id, patient.sample_id, name, round(float(truth[i, j]), 3))
        for i, patient in enumerate(sequenced)
        for j, name in enumerate(SIGNATURES)
        if truth[i, j] > 0
    ]
    return built


def _profiles(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Channel x signature over the genome, and over an exome whose trinucleotides are otherwise frequent."""
    genome = rng.dirichlet(np.full(len(_CHANNELS), 0.25), len(SIGNATURES)).T
    exome = genome * np.exp(rng.normal(0.0, 0.5, len(_CHANNELS)))[:, None]
    return genome, exome / exome.sum(axis=0)


def _exposures(patient: PatientTruth, rng: np.random.Generator) -> FloatArray:
    """Expected substitutions of one sample by signature."""
    total = rng.lognormal(np.log(_MEDIAN), _SIGMA)
    found = {
        name: rng.random() < shares.get(patient.cancer_type, shares[""]) for name, shares in BY_TYPE.items()
    }
    found[OF_THE_GENE] = rng.random() < (SHARE_MUTATED if GENE in patient.mutated else SHARE_WILD_TYPE)
    weights = np.array(
        [
            rng.gamma(6.0) * (1.5 if name == EVERYWHERE or found.get(name, False) else 0.0)
            for name in SIGNATURES
        ]
    )
    return np.asarray(total * weights / weights.sum())


def _profile_table(profiles: FloatArray) -> bytes:
    rows = [
        [f"{three[0]}[{change}]{three[2]}", *(f"{value:.9f}" for value in profiles[i])]
        for i, (change, three) in enumerate(_CHANNELS)
    ]
    return tsv(("Type", *SIGNATURES, SYNTHETIC), [[*row, SYNTHETIC] for row in rows]).encode()


def _spectrum_table(names: list[str], counts: npt.NDArray[np.int64]) -> bytes:
    header = ("Mutation type", "Trinucleotide", *names, *_UNKNOWN_SAMPLES)
    rows = [
        [change, three, *(str(n) for n in counts[:, i]), "1", "2"]
        for i, (change, three) in enumerate(_CHANNELS)
    ]
    return quoted(header, rows).encode()


def _exposure_table(
    names: list[str], truth: FloatArray, counts: npt.NDArray[np.int64], profiles: FloatArray
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
    return quoted((f"Cancer Types ({SYNTHETIC})", "Sample Names", "Accuracy", *SIGNATURES), rows).encode()
