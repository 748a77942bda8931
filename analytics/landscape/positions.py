"""Mutations along a protein: the residue of a protein change, hotspots, shares by domain.

What counts as a mutation, and whose, does not belong here.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy import stats

from analytics.engine.multiplicity import benjamini_hochberg
from analytics.errors import MissingColumnError
from analytics.landscape.spec import Protein

#: p.R401*, p.Arg401Ter, p.(R401H), p.Y479Tfs*28, p.F1271_M1273delinsL, p.X1172_splice: the first residue named.
_RESIDUE = re.compile(r"^(?:p\.)?\(?(?:[A-Z*]|[A-Z][a-z]{2})(\d+)")
NOT_GIVEN = "no protein change in the source"
NOT_UNDERSTOOD = "protein change not understood"
BEYOND = "beyond the protein's end: another transcript"
#: variant class -> MAF classes, the four of claim C8; whatever is in none is 'other'.
CLASSES: dict[str, tuple[str, ...]] = {
    "missense": ("Missense_Mutation",),
    "truncating": (
        "Nonsense_Mutation", "Frame_Shift_Del", "Frame_Shift_Ins", "Frame_Shift_Indel", "Nonstop_Mutation",
    ),
    "splice": ("Splice_Site", "Splice_Region"),
    "in_frame": ("In_Frame_Del", "In_Frame_Ins", "In_Frame_Indel"),
}  # fmt: skip
OTHER = "other"
#: Classes whose residue says which amino acid is altered; a splice site only says where the exon ends.
HOTSPOT_CLASSES = ("missense", "truncating", "in_frame", OTHER)


def variant_class(maf_class: str) -> str:
    """'Nonsense_Mutation' -> 'truncating'."""
    return next((name for name, words in CLASSES.items() if maf_class in words), OTHER)


def residue(protein_change: object) -> int | None:
    """First residue that a protein change names; None where it names none."""
    found = _RESIDUE.match(protein_change.strip()) if isinstance(protein_change, str) else None
    return int(found.group(1)) if found else None


def place(calls: pd.DataFrame, length: int) -> pd.DataFrame:
    """Add ``variant_class``, ``residue`` and ``unplaced``: why a call has no residue on this protein, else null.

    Parameters
    ----------
    calls : one row a mutation with ``variant_classification`` and ``hgvsp_short``.
    length : residues of the protein; a residue beyond it was counted on another transcript.
    """
    missing = {"variant_classification", "hgvsp_short"} - set(calls.columns)
    if missing:
        raise MissingColumnError(f"The calls lack the column(s) {', '.join(sorted(missing))}.")
    residues = [residue(change) for change in calls["hgvsp_short"]]
    given = calls["hgvsp_short"].notna().to_numpy()
    reasons = [
        (NOT_UNDERSTOOD if is_given else NOT_GIVEN) if found is None else BEYOND if found > length else None
        for found, is_given in zip(residues, given, strict=True)
    ]
    placed = [found if reason is None else None for found, reason in zip(residues, reasons, strict=True)]
    return calls.assign(
        variant_class=[variant_class(word) for word in calls["variant_classification"]],
        residue=pd.array(placed, dtype="Int64"),
        unplaced=pd.array(reasons, dtype="string"),
    )


def hotspots(placed: pd.DataFrame, length: int) -> pd.DataFrame:
    """Residues hit in more people than chance allows: ``residue``, ``n_people``, ``p``, ``q``, most hit first.

    A person counts once a residue. Of N such person-residue hits, a residue expects N / length: p is the binomial
    upper tail, q Benjamini-Hochberg over all ``length`` residues, those never hit included. Splice sites are not
    counted. The chance is taken as equal along the protein, without base composition.
    """
    counted = placed[placed["residue"].notna() & placed["variant_class"].isin(HOTSPOT_CLASSES)]
    hits = counted.drop_duplicates(["cohort_id", "patient_id", "residue"])
    counts = hits["residue"].astype(int).value_counts().sort_index()
    table = pd.DataFrame({"residue": counts.index.to_numpy(int), "n_people": counts.to_numpy(int)})
    table["p"] = stats.binom.sf(table["n_people"].to_numpy() - 1, len(hits), 1.0 / length)
    family = np.ones(length)
    family[: len(table)] = table["p"]
    table["q"] = benjamini_hochberg(family)[: len(table)]
    return table.sort_values(["n_people", "residue"], ascending=[False, True], ignore_index=True)


def domain_counts(placed: pd.DataFrame, protein: Protein) -> pd.DataFrame:
    """Mutations in each domain beside its share of the length: ``key, start, end, numerator, denominator, p``.

    p is the two-sided binomial test of the share of mutations against the share of residues.
    """
    residues = placed["residue"].dropna().astype(int)
    rows = []
    for domain in protein.domains:
        inside = int(residues.between(domain.start, domain.end).sum())
        share = (domain.end - domain.start + 1) / protein.length
        p = float(stats.binomtest(inside, len(residues), share).pvalue) if len(residues) else float("nan")
        rows.append(
            {
                "key": domain.key, "start": domain.start, "end": domain.end, "numerator": inside,
                "denominator": len(residues), "expected_share": share, "p": p,
            }
        )  # fmt: skip
    return pd.DataFrame(
        rows, columns=["key", "start", "end", "numerator", "denominator", "expected_share", "p"]
    )
