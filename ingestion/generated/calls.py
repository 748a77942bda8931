"""Mutation calls: drawn by gene length and burden, with drivers; and the words other callers use for a class.

How a call is written into one cohort's file is said in that cohort's file in ``cohorts/``; what it does to survival
in ``people``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingestion.generated.data_files import DATA, read_table
from ingestion.generated.effects import effects
from ingestion.generated.genes import Gene

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_PASSENGER_CLASSES = (
    "Missense_Mutation", "Nonsense_Mutation", "Frame_Shift_Del", "Frame_Shift_Ins", "Splice_Site", "In_Frame_Del",
)  # fmt: skip
_PASSENGER_SHARES = (0.855, 0.06, 0.03, 0.02, 0.03, 0.005)
_TRUNCATING = ("Nonsense_Mutation", "Frame_Shift_Del", "Frame_Shift_Ins", "Splice_Site")
#: Bases of a gene per residue: introns stretch it about twelve-fold.
RESIDUE_STRETCH = 37
#: silent mutations per non-synonymous one
_SILENT_RATIO = 0.30
_RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
_BASES = "ACGT"
_THREE_LETTERS = {
    "A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His", "I": "Ile", "K": "Lys",
    "L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln", "R": "Arg", "S": "Ser", "T": "Thr", "V": "Val",
    "W": "Trp", "Y": "Tyr", "*": "Ter",
}  # fmt: skip


class Call(NamedTuple):
    """One somatic mutation of one sample; positions GRCh37, depth in reads."""

    gene: Gene
    maf_class: str
    residue: int
    start: int
    end: int
    ref: str
    alt: str
    hgvsp: str
    depth: int
    alt_count: int

    @property
    def variant_type(self) -> str:
        if self.alt == "-":
            return "DEL"
        return "INS" if self.ref == "-" else "SNP"

    @property
    def is_nonsynonymous(self) -> bool:
        return self.maf_class not in ("Silent", "Intron", "IGR")

    @property
    def vaf(self) -> float:
        return self.alt_count / self.depth

    @property
    def hgvsc(self) -> str:
        place = self.residue * 3 - 1
        if self.variant_type == "SNP":
            return f"c.{place}{self.ref}>{self.alt}"
        return f"c.{place}del" if self.variant_type == "DEL" else f"c.{place}_{place + 1}ins{self.alt}"

    @property
    def hgvsp_long(self) -> str:
        """The protein change with three-letter residues; as it is where it is no substitution."""
        first, last = self.hgvsp[2], self.hgvsp[-1]
        if last not in _THREE_LETTERS or not self.hgvsp[3:-1].isdigit():
            return self.hgvsp
        return f"p.{_THREE_LETTERS[first]}{self.hgvsp[3:-1]}{_THREE_LETTERS[last]}"


@cache
def _class_words() -> dict[str, dict[str, str]]:
    return {row["maf_class"]: row for row in read_table(DATA / "class_words.tsv")}


def class_word(call: Call, dialect: str) -> str:
    """The class in another caller's word; calls near a splice site get two, in that caller's punctuation.

    dialect : vep, snpeff or annovar.
    """
    word = _class_words()[call.maf_class][dialect]
    joint = {"vep": ",", "snpeff": "&"}.get(dialect)
    if joint and call.maf_class == "Missense_Mutation" and call.residue % 11 == 0:
        word += f"{joint}splice_region_variant"
    return word


def reference_base(position: int) -> str:
    """A base that depends on the position alone, so that two samples never disagree about the reference."""
    return _BASES[(position * 2654435761 >> 7) % 4]


def reference_bases(positions: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """:func:`reference_base` of many positions, as letters."""
    letters = np.frombuffer(_BASES.encode(), dtype=np.uint8)
    found: npt.NDArray[np.uint8] = letters[(positions * 2654435761 >> 7) % 4]
    return found


def make_call(gene: Gene, maf_class: str, residue: int, salt: int, depth: int, alt_count: int) -> Call:
    """Spell one mutation out. ``salt`` (any whole number) chooses among the possible alternatives."""
    start = gene.start + residue * RESIDUE_STRETCH
    ref = reference_base(start)
    alt = _BASES[(_BASES.index(ref) + 1 + salt % 3) % 4]
    wild = _RESIDUES[(residue * 7 + gene.residues) % 20]
    new = _RESIDUES[(_RESIDUES.index(wild) + 1 + salt % 19) % 20]
    end = start
    if maf_class in ("Frame_Shift_Del", "In_Frame_Del"):
        length = 3 if maf_class == "In_Frame_Del" else 1
        end = start + length - 1
        ref, alt = "".join(reference_base(start + i) for i in range(length)), "-"
    elif maf_class == "Frame_Shift_Ins":
        end, ref = start + 1, "-"
    hgvsp = {
        "Missense_Mutation": f"p.{wild}{residue}{new}",
        "Nonsense_Mutation": f"p.{wild}{residue}*",
        "Splice_Site": f"p.X{residue}_splice",
        "In_Frame_Del": f"p.{wild}{residue}del",
        "Silent": f"p.{wild}{residue}{wild}",
        "Intron": "",
    }.get(maf_class, f"p.{wild}{residue}{new}fs*{5 + salt % 40}")
    return Call(gene, maf_class, residue, start, end, ref, alt, hgvsp, depth, alt_count)


def hotspot_call(gene: Gene, depth: int, alt_count: int) -> Call:
    """The gene's one recurrent change, at its real place."""
    at = effects().hotspots[gene.symbol]
    hgvsp = f"p.{at.wild}{at.residue}{at.changed}"
    return Call(
        gene,
        "Missense_Mutation",
        at.residue,
        at.position,
        at.position,
        at.ref,
        at.alt,
        hgvsp,
        depth,
        alt_count,
    )


def draw_calls(
    rng: np.random.Generator,
    burden: FloatArray,
    cancer_types: Sequence[str],
    genes: Sequence[Gene],
    mean_depth: int,
    purity: FloatArray,
    extra_drivers: Mapping[str, float] | None = None,
) -> list[list[Call]]:
    """Calls of each patient. ``burden`` in mutations per Mb and ``purity`` have one value a patient.

    Passengers of a gene are Poisson with mean burden x coding length; a driver comes on top with its cancer
    type's share, or ``extra_drivers``' where that is given. Silent calls are drawn too: the cohort's file
    says whether its tables show them.
    """
    n = len(burden)
    lengths = np.array([gene.coding_mb for gene in genes])
    silent = rng.poisson(burden[:, None] * lengths * _SILENT_RATIO)
    passengers = rng.poisson(burden[:, None] * lengths)
    driver = draw_drivers(rng, cancer_types, genes, extra_drivers or {})
    people, places, kinds = [], [], []
    for kind, counts in (("driver", driver.astype(int)), ("passenger", passengers), ("silent", silent)):
        rows, columns = np.nonzero(counts)
        repeats = counts[rows, columns]
        people.append(np.repeat(rows, repeats))
        places.append(np.repeat(columns, repeats))
        kinds += [kind] * int(repeats.sum())
    person, place = np.concatenate(people), np.concatenate(places)
    m = len(person)
    uniform, salt = rng.random((m, 2)), rng.integers(0, 2**31, m)
    clonality = np.where(rng.random(m) < 0.75, 1.0, rng.uniform(0.25, 0.7, m))
    depth = np.maximum(12, rng.poisson(mean_depth * rng.gamma(12.0, 1 / 12.0, m)))
    alt = np.maximum(3, rng.binomial(depth, np.clip(purity[person] / 2 * clonality, 0.02, 0.98)))
    shares = np.cumsum(_PASSENGER_SHARES)
    calls: list[list[Call]] = [[] for _ in range(n)]
    taken: list[set[int]] = [set() for _ in range(n)]
    for i in range(m):
        gene, who = genes[place[i]], int(person[i])
        maf_class = _class_of(kinds[i], gene, float(uniform[i, 0]), int(salt[i]), shares)
        reads, alternative = int(depth[i]), int(alt[i])
        if kinds[i] == "driver" and gene.symbol in effects().hotspots:
            call = hotspot_call(gene, reads, alternative)
        else:
            residue = 2 + int(uniform[i, 1] * (gene.residues - 4))
            call = make_call(gene, maf_class, residue, int(salt[i]), reads, alternative)
            while call.start in taken[who]:
                residue = residue + 1 if residue < gene.residues - 1 else 2
                call = make_call(gene, maf_class, residue, int(salt[i]), reads, alternative)
        taken[who].add(call.start)
        calls[who].append(call)
    return [sorted(found, key=lambda call: (call.gene.symbol, call.start)) for found in calls]


def draw_drivers(
    rng: np.random.Generator, cancer_types: Sequence[str], genes: Sequence[Gene], extra: Mapping[str, float]
) -> BoolArray:
    """Patients x genes: whether a driver mutation is present."""
    known = effects().cancer_types
    shares = {kind: known[kind].drivers | dict(extra) for kind in set(cancer_types)}
    share = np.array([[shares[kind].get(gene.symbol, 0.0) for gene in genes] for kind in cancer_types])
    found: BoolArray = rng.random(share.shape) < share
    return found


def _class_of(kind: str, gene: Gene, uniform: float, salt: int, shares: FloatArray) -> str:
    if kind == "silent":
        return "Silent"
    if kind == "driver":
        truncates = uniform < effects().truncating_drivers.get(gene.symbol, 0.0)
        return _TRUNCATING[salt % 4] if truncates else "Missense_Mutation"
    return _PASSENGER_CLASSES[min(int(np.searchsorted(shares, uniform)), len(_PASSENGER_CLASSES) - 1)]
