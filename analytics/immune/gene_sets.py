"""Gene sets as frozen, hashed, versioned objects, and how much of a set an expression table covers.

What does NOT belong here: files (a GMT file comes in as text), alias resolution (the warehouse has done
it), and scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from analytics.errors import InvalidColumnError, InvalidSettingError, NoRowsError

MIN_COVERAGE: Final = 0.80
# A spreadsheet turns SEPT6 and MARCH1 into 6-Sep, 1-Mar, Sep-06 or, in French, 1-mars.

# Parts of the names of gene sets that are symbols, not words; "reponse" is how the published list spells it.
_SYMBOLS: Final = {
    **{word: word.upper() for word in (
        "akt", "apc", "atp", "b", "ccr", "cd8", "dna", "e2f", "g2m", "hla", "i", "ifn", "ii", "il2", "il6", "jak",
        "jak3", "kras", "mhc", "mtor", "mtorc1", "myc", "nfkb", "nk", "p53", "pi3k", "rna", "ros", "stat1", "stat3",
        "stat5", "t", "tgf", "til", "tnf", "tnfa", "uv", "v1", "v2", "wnt",
    )},
    "adcs": "aDCs", "dcs": "DCs", "idcs": "iDCs", "pdcs": "pDCs", "tfh": "Tfh", "th1": "Th1", "th2": "Th2",
    "treg": "Treg", "pos": "positive", "reponse": "response",
}  # fmt: skip


def set_words(name: str) -> str:
    """The name of a gene set for a figure: HALLMARK_DNA_REPAIR and dna_repair are 'DNA repair'."""
    parts = name.lower().removeprefix("hallmark_").replace("_", " ").split()
    words = " ".join(_SYMBOLS.get(part, part) for part in parts)
    return words if parts[0] in _SYMBOLS else words[:1].upper() + words[1:]


@dataclass(frozen=True)
class GeneSet:
    """A named list of gene symbols with where it comes from.

    `genes` are unique and keep their order. `sha256` is over the sorted symbols alone, one per line, so
    that the same genes have the same hash under any name.
    """

    name: str
    genes: tuple[str, ...]
    source: str
    version: str
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InvalidColumnError("A gene set has no name: give each set a name of its own.")
        unique = tuple(dict.fromkeys(gene.strip() for gene in self.genes if gene.strip()))
        if not unique:
            raise NoRowsError(f"Gene set '{self.name}' holds no gene: list its symbols or leave it out.")
        object.__setattr__(self, "genes", unique)
        digest = hashlib.sha256("\n".join(sorted(unique)).encode()).hexdigest()
        object.__setattr__(self, "sha256", digest)


def check_coverage(
    gene_sets: Sequence[GeneSet], available: Iterable[str], *, min_coverage: float = MIN_COVERAGE
) -> pd.DataFrame:
    """One row per set: name, source, version, sha256, n_genes, n_found, coverage, missing, is_scored, reason.

    `reason` is None for a set that is covered, else a sentence with what is missing. A set that covers
    every gene of the table is refused too: nothing is left to rank it against.

    Raises InvalidSettingError when min_coverage is outside 0 to 1, InvalidColumnError for a repeated name.
    """
    if not 0.0 <= min_coverage <= 1.0:
        raise InvalidSettingError(f"min_coverage {min_coverage} is not between 0 and 1: use 0.8 for 80 %.")
    names = [gene_set.name for gene_set in gene_sets]
    if len(set(names)) < len(names):
        again = next(name for name in names if names.count(name) > 1)
        raise InvalidColumnError(f"Two gene sets are called '{again}': give each set a name of its own.")
    here = frozenset(available)
    return pd.DataFrame([_coverage_row(gene_set, here, min_coverage) for gene_set in gene_sets])


def _coverage_row(gene_set: GeneSet, here: frozenset[str], min_coverage: float) -> dict[str, object]:
    missing = [gene for gene in gene_set.genes if gene not in here]
    found = len(gene_set.genes) - len(missing)
    coverage = found / len(gene_set.genes)
    reason = None
    if found == 0 or coverage < min_coverage:
        listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        reason = (
            f"only {found} of {len(gene_set.genes)} genes are measured ({coverage:.0%}, at least "
            f"{min_coverage:.0%} is needed); missing: {listed}"
        )
    elif found == len(here):
        reason = f"the set holds all {found} measured genes, so there is nothing to rank it against"
    return {
        "gene_set": gene_set.name,
        "source": gene_set.source,
        "version": gene_set.version,
        "sha256": gene_set.sha256,
        "n_genes": len(gene_set.genes),
        "n_found": found,
        "coverage": coverage,
        "missing": ",".join(missing),
        "is_scored": reason is None,
        "reason": reason,
    }
