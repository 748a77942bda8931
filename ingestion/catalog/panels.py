"""How the catalogue says which genes a panel covers, where the portal's own panel files do not.

The models only; the bytes are read by them in ``panels``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ingestion.catalog.columns import Pattern, Strict

#: Words of the field for sequencing that no panel limits, in lower case without blanks, hyphens and underscores.
#: ``catalog/vocabularies/assay_words.csv`` holds the same.
ASSAY_WORDS: dict[str, Literal["exome", "genome"]] = {
    "wes": "exome",
    "wxs": "exome",
    "exome": "exome",
    "wholeexome": "exome",
    "wholeexomeseq": "exome",
    "wholeexomesequencing": "exome",
    "exomeseq": "exome",
    "exomesequencing": "exome",
    "wgs": "genome",
    "genome": "genome",
    "wholegenome": "genome",
    "wholegenomeseq": "genome",
    "wholegenomesequencing": "genome",
}


def assay_of_word(text: str) -> Literal["exome", "genome"] | None:
    """What a word in a panel's place says when it is no panel: ``WXS`` and ``whole-exome`` are the exome."""
    plain = text.strip().lower().replace("-", "").replace("_", "").replace(" ", "")
    return ASSAY_WORDS.get(plain)


class GenePanelTable(Strict):
    """The genes of one panel from a BED file (name in column 4), a list (one gene a line) or a table.

    ``gene_pattern`` keeps the gene of names such as ``TP53_ex1``. A table names its column of genes; one with several
    panels also the column of the panel's name.
    """

    format: Literal["bed", "list", "table"]
    panel_id: str | None = None
    gene: str | None = Field(default=None, description="column of the gene in a table")
    panel_column: str | None = Field(default=None, description="column of the panel in a table of several")
    gene_pattern: Pattern = None

    @model_validator(mode="after")
    def _complete(self) -> GenePanelTable:
        if (self.format == "table") != (self.gene is not None):
            raise ValueError("panel needs 'gene', the column of the gene, for format table and for no other")
        if self.panel_column is not None and self.format != "table":
            raise ValueError("panel_column belongs to format table")
        if (self.panel_id is None) == (self.panel_column is None):
            raise ValueError("panel needs panel_id, or panel_column for a table of several panels")
        if self.panel_id is not None and assay_of_word(self.panel_id):
            raise ValueError(f"panel_id '{self.panel_id}' is a word for the exome or genome, not a panel")
        return self


class DeclaredPanel(Strict):
    """A panel that no list describes, and what stands for its genes: those that were called on it at least once.

    A gene without a call is then not profiled, although the panel may cover it; ``evidence`` says why calls will do.
    """

    panel_id: str
    genes: Literal["observed_in_calls"]
    evidence: str = Field(min_length=1)
