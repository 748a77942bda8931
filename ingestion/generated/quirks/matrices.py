"""Tables whose cells depend on each other: genes by samples, segments along a chromosome.

Each function takes the samples of the table and the file's random stream, and gives header and rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ingestion.generated.effects import effects
from ingestion.generated.formats import comma
from ingestion.generated.genes import all_genes
from ingestion.generated.quirks.biopsies import segments
from ingestion.generated.rosters import Patient

Matrix = tuple[list[Any], list[list[Any]]]


def _copy_number(samples: Sequence[Patient], rng: np.random.Generator) -> Matrix:
    """Discrete copy number."""
    genes = ("CDKN2A", "STK11", "EGFR", "MET", "CCND1", "PTEN", "ERBB2", "MDM2")
    values = rng.choice([-2, 0, 2], size=(len(genes), len(samples)), p=[0.03, 0.92, 0.05])
    header = ["Hugo_Symbol", *(sample.sample_id for sample in samples)]
    return header, [[gene, *row] for gene, row in zip(genes, values.tolist(), strict=True)]


def _expression_counts(samples: Sequence[Patient], rng: np.random.Generator) -> Matrix:
    """Whole numbers under the name FPKM. Inflamed tumours (a latent score) express the immune genes together."""
    n = len(samples)
    inflamed = rng.standard_normal(n)
    immune = effects().gene_lists["immune"]
    rows = []
    for symbol in effects().gene_lists["counted"]:
        base = rng.normal(6.5, 0.8)
        log_counts = base + (0.8 * inflamed if symbol in immune else 0.0) + rng.normal(0, 0.5, n)
        rows.append([all_genes()[symbol].ensembl, *(int(value) for value in np.exp(log_counts))])
    return ["GeneID", *(sample.patient_id for sample in samples)], rows


def _expression_fpkm(samples: Sequence[Patient], rng: np.random.Generator) -> Matrix:
    """FPKM of every gene of the demo exome with the planted shifts; a latent inflammation moves the immune genes
    together. The third patient has a second column, and one column is nobody's."""
    planted, n = effects(), len(samples)
    is_carrier = np.array([sample.drawn.carries(planted.predictive_gene) for sample in samples])
    inflamed = rng.standard_normal(n)
    rows = []
    for gene in all_genes().values():
        log2 = rng.normal(3.0, 1.2) + rng.normal(0, 0.7, n)
        if gene.symbol in planted.gene_lists["immune"]:
            log2 += 0.5 * inflamed
        if gene.symbol in planted.expression_shift_log2:
            log2 += planted.expression_shift_log2[gene.symbol] * is_carrier
        elif gene.symbol in planted.gene_lists["repair"]:
            log2 += planted.expression_shift_set_log2 * is_carrier
        values = [comma(value, 4) for value in np.exp2(log2)]
        rows.append([f"{gene.symbol}|{gene.entrez}", *values, values[2], values[0]])
    rows.append(["?|100130426", *("0" for _ in range(n + 2))])
    names = [f"{sample.patient_id}.baseline" for sample in samples]
    return ["Gene", *names, "Pt3B.baseline", "Pt999.baseline"], rows


TABLES: dict[str, Callable[[Sequence[Patient], np.random.Generator], Matrix]] = {
    "copy_number": _copy_number,
    "expression_counts": _expression_counts,
    "expression_fpkm": _expression_fpkm,
    "segments": segments,
}
