"""The reference genome that the user configures, behind one small interface: FASTA or 2bit.

`open_genome` is the only function of this package that touches a file, and only the one it is given.
What does NOT belong here: mutations, channels, downloading.
"""

from __future__ import annotations

import os
from typing import Final, Protocol

import py2bit
import pyfaidx

from analytics.errors import AnalysisError

REMEDY: Final = "set the reference genome to a FASTA (.fa, .fasta) or 2bit (.2bit) file of the right build"
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
        return FastaGenome(pyfaidx.Fasta(text, as_raw=True, rebuild=False), os.path.basename(text))
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


def _find(chromosome: str, contigs: object) -> str | None:
    known = set(contigs)  # type: ignore[call-overload]
    bare = chromosome.removeprefix("chr")
    tries = _MITOCHONDRIA if bare in ("M", "MT") else (chromosome, bare, f"chr{bare}")
    return next((name for name in tries if name in known), None)
