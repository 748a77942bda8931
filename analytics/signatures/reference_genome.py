"""The reference genome that the user configures, behind one small interface: FASTA or 2bit.

`open_genome` is the only function of this package that touches a file, and only the one it is given.
What does NOT belong here: mutations, channels, downloading.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, Protocol

import py2bit
import pyfaidx

from analytics.errors import AnalysisError

REMEDY: Final = "set the reference genome to a FASTA (.fa, .fasta) or 2bit (.2bit) file of the right build"
#: A contig that is a slice of a chromosome, as `samtools faidx` names regions: chr2:29415640-30144477, 1-based.
_SLICE: Final = re.compile(r"^(?P<chromosome>[^:]+):(?P<first>\d+)-(?P<last>\d+)$")
_MITOCHONDRIA: Final = ("M", "MT", "chrM", "chrMT")


class MissingGenomeError(AnalysisError):
    """No reference genome is configured, or its file cannot be read."""


class WrongGenomeError(AnalysisError):
    """The reference genome does not fit the mutations: another build, or other contigs."""


class ReferenceGenome(Protocol):
    """Bases by contig. `name` finds a contig under the spelling of the genome; None if it has none."""

    description: str

    def name(self, chromosome: str) -> str | None: ...

    def length(self, contig: str) -> int: ...

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Upper-case bases of the 0-based half-open range."""
        ...


class FastaGenome:
    """A FASTA file opened by pyfaidx."""

    def __init__(self, fasta: pyfaidx.Fasta, description: str = "FASTA") -> None:
        self._fasta = fasta
        self.description = description

    def name(self, chromosome: str) -> str | None:
        return _find(chromosome, self._fasta.keys())

    def length(self, contig: str) -> int:
        return len(self._fasta[contig])

    def fetch(self, contig: str, start: int, end: int) -> str:
        return str(self._fasta[contig][start:end]).upper()


class SlicedGenome:
    """A FASTA whose contigs are slices of chromosomes, e.g. an exome's targets; N between and beyond them.

    Positions are those of the chromosome. Slices may touch and must not overlap.
    """

    def __init__(self, fasta: pyfaidx.Fasta, description: str = "FASTA of slices") -> None:
        self._fasta = fasta
        self.description = description
        self._slices: dict[str, list[tuple[int, int, str]]] = {}
        for contig in tuple(fasta.keys()):
            found = _SLICE.match(contig)
            if found is None:
                raise ValueError(f"contig {contig} is no slice although others are")
            first, last = int(found["first"]) - 1, int(found["last"])
            if len(fasta[contig]) != last - first:
                raise ValueError(f"contig {contig} holds {len(fasta[contig])} bases")
            self._slices.setdefault(found["chromosome"], []).append((first, last, contig))
        for chromosome, slices in self._slices.items():
            slices.sort()
            if any(one[1] > other[0] for one, other in pairwise(slices)):
                raise ValueError(f"slices of chromosome {chromosome} overlap")

    def name(self, chromosome: str) -> str | None:
        return _find(chromosome, self._slices)

    def length(self, contig: str) -> int:
        return self._slices[contig][-1][1]

    def fetch(self, contig: str, start: int, end: int) -> str:
        slices = self._slices[contig]
        parts, at = [], start
        for first, last, name in slices[max(0, bisect_right(slices, (start, 0, "")) - 1) :]:
            if first >= end:
                break
            if last <= at:
                continue
            parts.append("N" * max(0, first - at))
            at = max(at, first)
            until = min(last, end)
            parts.append(str(self._fasta[name][at - first : until - first]))
            at = until
        parts.append("N" * (end - at))
        return "".join(parts).upper()


class TwoBitGenome:
    """A 2bit file opened by py2bit."""

    def __init__(self, twobit: py2bit.TwoBit, description: str = "2bit") -> None:
        self._twobit = twobit
        self._lengths: dict[str, int] = dict(twobit.chroms())
        self.description = description

    def name(self, chromosome: str) -> str | None:
        return _find(chromosome, self._lengths.keys())

    def length(self, contig: str) -> int:
        return self._lengths[contig]

    def fetch(self, contig: str, start: int, end: int) -> str:
        return str(self._twobit.sequence(contig, start, end)).upper()


def open_genome(location: str | os.PathLike[str] | None) -> ReferenceGenome:
    """Open the user's genome file. Raises MissingGenomeError, one sentence, when it cannot be used."""
    if location is None or not str(location).strip():
        raise MissingGenomeError(
            f"No reference genome is configured, so there are no trinucleotides: {REMEDY}."
        )
    text = os.fspath(location)
    if not os.path.isfile(text):
        raise MissingGenomeError(f"The reference genome '{text}' is not a file: {REMEDY}.")
    try:
        if text.endswith(".2bit"):
            return TwoBitGenome(py2bit.open(text), os.path.basename(text))
        fasta = pyfaidx.Fasta(text, as_raw=True, rebuild=False)
        sliced = any(map(_SLICE.match, fasta.keys()))
        return (SlicedGenome if sliced else FastaGenome)(fasta, os.path.basename(text))
    except (OSError, RuntimeError, ValueError, pyfaidx.FetchError, pyfaidx.FastaIndexingError) as problem:
        raise MissingGenomeError(
            f"The reference genome '{text}' cannot be read ({problem}): {REMEDY}."
        ) from problem


def require_genome(genome: ReferenceGenome | None) -> ReferenceGenome:
    """The genome, or MissingGenomeError."""
    if genome is None:
        raise MissingGenomeError(
            f"No reference genome is configured, so there are no trinucleotides: {REMEDY}."
        )
    return genome


def _find(chromosome: str, contigs: Iterable[str]) -> str | None:
    known = set(contigs)
    bare = chromosome.removeprefix("chr")
    tries = _MITOCHONDRIA if bare in ("M", "MT") else (chromosome, bare, f"chr{bare}")
    return next((name for name in tries if name in known), None)
