"""What a comparison asks: measures (burdens, counts, features, expression) by the status of one gene."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from analytics.questions.specs import PeopleVariant, Question, _Strict

#: Where the values of a measure come from; ``warehouse.frames.measures`` has one reader for each.
MeasureSource = Literal["burdens", "mutation_counts", "mutated_genes", "features", "genes", "gene_sets"]
Stratum = Literal[
    "cohort_id", "panel_id", "assay_kind", "cancer_type", "oncotree_code", "sample_type", "sample_site"
]


class Measure(_Strict):
    """One measure, or a family of features of one source.

    ``names`` : which features of the source (variant classes for ``mutation_counts``, gene sets for
    ``mutated_genes`` and ``gene_sets``, genes, immune features); empty is the source's own default. A measure of one
    feature has the keys ``<measure>.wilcoxon``, one of several ``<measure>.<feature>.wilcoxon``.
    """

    source: MeasureSource
    title: str
    names: tuple[str, ...] = ()
    collection: str | None = Field(default=None, description="collection of marts.gene_sets, for gene sets")
    family: str | None = Field(default=None, description="p are adjusted together; without it: the analysis")
    log_axis: bool = True
    summary_key: str | None = Field(
        default=None,
        description="key of one row that sums the features up (how many differ at q < 0.05 of how many tested); "
        "measures may share it",
    )
    adjust_for_burden: bool = Field(
        default=False, description="beside the plain answer, rank analysis of covariance with burden"
    )


class ComparisonVariant(PeopleVariant):
    """One way of comparing. Without ``strata`` everyone is put in one pot, as papers do."""

    strata: tuple[Stratum, ...] = ()
    own_mutations: Literal["kept", "taken_out"] = Field(
        default="taken_out", description="the gene's own mutations in counts of mutations"
    )
    null_draws: int = Field(
        default=0, ge=0, description="carriers drawn with probability proportional to burden: beyond chance?"
    )
    min_per_group: int = Field(default=3, ge=2)
    by_stratum: bool = True


class ComparisonSpec(Question):
    """Measures by the status of one gene."""

    kind: Literal["comparison"]
    gene: str
    endpoint: str = Field(default="burden", description="word under which members and statistics stand")
    measures: dict[str, Measure]
    variants: dict[str, ComparisonVariant]

    @model_validator(mode="after")
    def _has_something(self) -> ComparisonSpec:
        if not self.variants or not self.measures:
            raise ValueError("a comparison needs at least one measure and one variant")
        return self
