"""96-channel spectra of single-base substitutions, from mutations and a genome or from a published table.

A channel is a substitution of a pyrimidine with its two neighbours, written A[C>A]T as COSMIC does;
mutations of a purine are read from the other strand (Alexandrov et al. 2013).
What does NOT belong here: signatures and exposures (`signatures`), files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.engine.arrays import IntArray
from analytics.errors import InvalidColumnError, MissingColumnError, NoRowsError
from analytics.signatures.reference_genome import ReferenceGenome, WrongGenomeError, require_genome

BASES: Final = "ACGT"
SUBSTITUTIONS: Final = ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
CHANNELS: Final = tuple(f"{five}[{sub}]{three}" for sub in SUBSTITUTIONS for five in BASES for three in BASES)
COLUMNS: Final = ("sample_id", "chromosome", "position", "ref", "alt")
# Calls against another build disagree with the genome at three of four positions; stray errors at few.
MAX_MISMATCH_SHARE: Final = 0.05
# Bases between two mutations that are read together.
MAX_GAP: Final = 10_000
_CODE: Final = np.full(256, -1, dtype=np.int64)
for _i, _base in enumerate(BASES):
    _CODE[ord(_base)] = _CODE[ord(_base.lower())] = _i


@dataclass(frozen=True)
class Spectra:
    """Counts [sample, channel] with what was not counted and why.

    `left_out` has columns reason and n. `genome` describes the reference, None for a published table.
    """

    counts: pd.DataFrame
    left_out: pd.DataFrame
    genome: str | None
    warnings: tuple[str, ...]

    @property
    def n_mutations(self) -> pd.Series:
        """Substitutions per sample."""
        return self.counts.sum(axis=1).rename("n_mutations")


def count_spectra(mutations: pd.DataFrame, genome: ReferenceGenome | None) -> Spectra:
    """Count the 96 channels of every sample.

    `mutations` has columns sample_id, chromosome (chr1 or 1), position (1-based, of the base itself), ref,
    alt; silent mutations belong in it. Not counted, with reason and number: anything but a change of one
    base, exact repeats within a sample, unknown contigs, positions without both neighbours, N, and
    reference bases that disagree with the genome.

    Raises MissingGenomeError, MissingColumnError, NoRowsError, InvalidColumnError (a position that is not a
    whole number), WrongGenomeError when over 5 % of the reference bases disagree or no contig is known.
    """
    require_genome(genome)
    assert genome is not None
    missing = [name for name in COLUMNS if name not in mutations.columns]
    if missing:
        raise MissingColumnError(
            f"Column '{missing[0]}' is not in the mutation table: give {', '.join(COLUMNS)}."
        )
    if mutations.empty:
        raise NoRowsError("The mutation table is empty: there is nothing to count.")
    samples = list(dict.fromkeys(mutations["sample_id"]))
    left_out: dict[str, int] = {}
    snv = _substitutions(mutations, left_out)
    channel = _channels(snv, genome, left_out)
    counted = snv[channel >= 0]
    table = _tabulate(counted["sample_id"], channel[channel >= 0], samples)
    reasons = pd.DataFrame(list(left_out.items()), columns=["reason", "n"])
    warnings = tuple(f"{n} mutations not counted: {reason}." for reason, n in left_out.items() if n)
    return Spectra(table, reasons[reasons["n"] > 0].reset_index(drop=True), genome.description, warnings)


def _substitutions(mutations: pd.DataFrame, left_out: dict[str, int]) -> pd.DataFrame:
    table = mutations[list(COLUMNS)].copy()
    position = pd.to_numeric(table["position"], errors="coerce")
    if position.isna().any() or (position != np.floor(position)).any():
        raise InvalidColumnError(
            "A position is missing or not a whole number: drop or repair those mutations."
        )
    table["position"] = position.astype(np.int64)
    ref, alt = table["ref"].astype(str).str.upper(), table["alt"].astype(str).str.upper()
    single = ref.isin(list(BASES)) & alt.isin(list(BASES)) & (ref != alt)
    table = table.assign(ref=ref, alt=alt)[single]
    repeated = table.duplicated()
    left_out["not a substitution of one base"] = int((~single).sum())
    left_out["exact repeat within the sample"] = int(repeated.sum())
    return table[~repeated]


def _channels(snv: pd.DataFrame, genome: ReferenceGenome, left_out: dict[str, int]) -> IntArray:
    """Channel number of each substitution, -1 where it cannot be counted."""
    ref, alt = (_codes("".join(snv[name])) for name in ("ref", "alt"))
    before, here, after = _contexts(snv, genome)
    unknown = here == -2
    edge = ~unknown & ((before < 0) | (after < 0) | (here < 0))
    mismatch = ~unknown & ~edge & (here != ref)
    left_out["contig not in the reference genome"] = int(unknown.sum())
    left_out["N or contig end beside the base"] = int(edge.sum())
    left_out["reference base disagrees with the genome"] = int(mismatch.sum())
    _refuse_wrong_genome(snv, genome, unknown, mismatch)
    purine = (ref == 0) | (ref == 2)
    five = np.where(purine, 3 - after, before)
    three = np.where(purine, 3 - before, after)
    old, new = np.where(purine, 3 - ref, ref), np.where(purine, 3 - alt, alt)
    # Order of new bases in SUBSTITUTIONS: C>A, C>G, C>T, then T>A, T>C, T>G.
    change = np.where(old == 1, np.array([0, -1, 1, 2])[new], 3 + np.array([0, 1, 2, -1])[new])
    channel: IntArray = np.where(unknown | edge | mismatch, -1, change * 16 + five * 4 + three)
    return channel


def _refuse_wrong_genome(
    snv: pd.DataFrame,
    genome: ReferenceGenome,
    unknown: npt.NDArray[np.bool_],
    mismatch: npt.NDArray[np.bool_],
) -> None:
    if len(snv) and unknown.all():
        raise WrongGenomeError(
            f"No chromosome of the mutations (such as '{snv['chromosome'].iloc[0]}') is in the genome "
            f"{genome.description}: configure the genome of the mutations' build."
        )
    known = int((~unknown).sum())
    if known and mismatch.sum() > MAX_MISMATCH_SHARE * known:
        raise WrongGenomeError(
            f"{mismatch.sum()} of {known} reference bases disagree with the genome {genome.description}: "
            "configure the genome of the mutations' build (GRCh37 and GRCh38 are not interchangeable)."
        )


def _contexts(snv: pd.DataFrame, genome: ReferenceGenome) -> tuple[IntArray, IntArray, IntArray]:
    """Codes of the base before, at and after each position: 0 to 3, -1 for N or beyond, -2 unknown contig."""
    result = np.full((3, len(snv)), -2, dtype=np.int64)
    position = snv["position"].to_numpy()
    codes, chromosomes = pd.factorize(snv["chromosome"].astype(str))
    for code, chromosome in enumerate(chromosomes):
        contig = genome.name(str(chromosome))
        if contig is None:
            continue
        rows = np.flatnonzero(codes == code)
        place = position[rows] - 1
        inside = (place >= 0) & (place < genome.length(contig))
        result[:, rows] = -1
        for block in _blocks(place[inside]):
            at = rows[inside][block]
            here = position[at] - 1
            low, high = max(0, int(here.min()) - 1), min(genome.length(contig), int(here.max()) + 2)
            bases = np.concatenate([[-1], _codes(genome.fetch(contig, low, high)), [-1]])
            for row, shift in enumerate((-1, 0, 1)):
                result[row, at] = bases[here - low + 1 + shift]
    return result[0], result[1], result[2]


def _blocks(place: IntArray) -> list[IntArray]:
    """Numbers of positions that one read of the genome serves: neighbours are less than MAX_GAP apart.

    A read per mutation takes 20 microseconds, 40 s for MC3; a read per chromosome, 2 GB of codes for the first.
    """
    if not len(place):
        return []
    order = np.argsort(place, kind="stable")
    return list(np.split(order, np.flatnonzero(np.diff(place[order]) > MAX_GAP) + 1))


def _codes(text: str) -> IntArray:
    codes: IntArray = _CODE[np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)]
    return codes


def _tabulate(sample: pd.Series, channel: IntArray, samples: list[object]) -> pd.DataFrame:
    place = pd.Index(samples).get_indexer(pd.Index(sample))
    flat = np.bincount(place * len(CHANNELS) + channel, minlength=len(samples) * len(CHANNELS))
    return pd.DataFrame(
        flat.reshape(len(samples), len(CHANNELS)),
        index=pd.Index(samples, name="sample_id"),
        columns=pd.Index(CHANNELS, name="channel"),
    )
