"""The reference genome of the generated calls: slices around the demo exome's genes, as ``samtools faidx`` writes
regions, so that spectra can be counted from calls without three gigabytes of a real genome.
"""

from __future__ import annotations

import numpy as np

from ingestion.generated.calls import RESIDUE_STRETCH, reference_bases
from ingestion.generated.effects import effects
from ingestion.generated.formats import SYNTHETIC
from ingestion.generated.genes import all_genes

_FLANK = 20
_LINE = 100


def genome_fasta() -> bytes:
    """FASTA with one contig a slice, named ``chromosome:first-last`` (1-based, both inside)."""
    hotspots = {(all_genes()[s].chromosome, h.position): h.ref for s, h in effects().hotspots.items()}
    parts = []
    for chromosome, first, last in _slices():
        bases = reference_bases(np.arange(first, last + 1))
        for (where, position), base in hotspots.items():
            if where == chromosome and first <= position <= last:
                bases[position - first] = ord(base)
        text = bases.tobytes().decode()
        lines = [text[i : i + _LINE] for i in range(0, len(text), _LINE)]
        parts.append(f">{chromosome}:{first}-{last} {SYNTHETIC}\n" + "\n".join(lines) + "\n")
    return "".join(parts).encode()


def _slices() -> list[tuple[str, int, int]]:
    """Chromosome, first and last base of each stretch that calls may fall in, merged where they touch."""
    wanted = [
        (gene.chromosome, gene.start - _FLANK, gene.start + gene.residues * RESIDUE_STRETCH + _FLANK)
        for gene in all_genes().values()
    ]
    wanted += [
        (all_genes()[symbol].chromosome, hotspot.position - _FLANK, hotspot.position + _FLANK)
        for symbol, hotspot in effects().hotspots.items()
    ]
    merged: list[tuple[str, int, int]] = []
    for chromosome, first, last in sorted(wanted):
        if merged and merged[-1][0] == chromosome and first <= merged[-1][2] + 1:
            merged[-1] = (chromosome, merged[-1][1], max(last, merged[-1][2]))
        else:
            merged.append((chromosome, first, last))
    return merged
