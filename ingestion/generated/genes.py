"""Genes and panels of the generated cohorts, read from ``data/genes.tsv``.

Symbols, NCBI and Ensembl numbers and chromosomes are real; positions (megabases on GRCh37) and protein lengths are
rounded, since here they only decide how often a gene is hit and where. The demo exome is these genes and no others:
those of the panels, then genes on no panel (the long ones that any heavily mutated tumour hits, antigen presentation,
interferon response). B2M is on the two larger panels only: a gene that nobody on the small one can be called
wild-type for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from ingestion.generated.data_files import DATA, read_table
from ingestion.generated.formats import SYNTHETIC

EXOME = "exome"
PANEL_468, PANEL_BLOOD = "DEMO_IMPACT468", "DEMO_BTMB"
PANELS = ("DEMO_IMPACT341", "DEMO_IMPACT410", PANEL_468, PANEL_BLOOD)

#: current symbol -> the date that a spreadsheet made of its old symbol
SPREADSHEET_DATES = {"SEPTIN14": "14-sept", "MARCHF1": "01-mars", "SEPTIN6": "6-Sep"}


@dataclass(frozen=True)
class Gene:
    """One gene: HGNC symbol and the one that old files print, NCBI number, chromosome, start in bases (GRCh37),
    protein length in residues, Ensembl number with its version where a table needs it, panels that cover it."""

    symbol: str
    old_symbol: str
    entrez: int
    chromosome: str
    start: int
    residues: int
    ensembl: str
    panels: frozenset[str]

    @property
    def coding_mb(self) -> float:
        return self.residues * 3 / 1e6


@cache
def all_genes() -> dict[str, Gene]:
    """Symbol -> gene for the whole demo exome, in alphabetical order of panel genes, then of the others."""
    return {
        row["symbol"]: Gene(
            row["symbol"],
            row["old_symbol"] or row["symbol"],
            int(row["entrez"]),
            row["chromosome"],
            round(float(row["megabase"]) * 1e6),
            int(row["residues"]),
            row["ensembl"],
            frozenset(f"DEMO_{name}" for name in row["panels"].split(",") if name),
        )
        for row in read_table(DATA / "genes.tsv")
    }


@cache
def territory(panel_id: str) -> tuple[Gene, ...]:
    """Genes that an assay covers: one of `PANELS`, or `EXOME` for all.

    Raises
    ------
    KeyError : no such panel.
    """
    if panel_id not in (EXOME, *PANELS):
        raise KeyError(panel_id)
    return tuple(gene for gene in all_genes().values() if panel_id == EXOME or panel_id in gene.panels)


@cache
def size_mb(panel_id: str) -> float:
    """Coding territory of an assay in megabases."""
    return sum(gene.coding_mb for gene in territory(panel_id))


def panels_json() -> bytes:
    """All panels in the portal's JSON. Old symbols where there are any; one description miscounts its genes."""
    panels = []
    for panel_id in PANELS:
        genes = [{"entrezGeneId": g.entrez, "hugoGeneSymbol": g.old_symbol} for g in territory(panel_id)]
        claimed = len(genes) - 1 if panel_id == PANEL_468 else len(genes)
        description = f"{SYNTHETIC} targeted panel ({claimed} genes)."
        panels.append({"description": description, "genes": genes, "genePanelId": panel_id})
    return (json.dumps(panels, indent=1) + "\n").encode()
