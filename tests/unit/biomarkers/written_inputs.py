"""Inputs of biomarkers that a test writes down: a few samples, a few genes, nothing else.

A gene that is not named in ``statuses`` is wild-type in every sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

COHORT = "cohort"

CALL_COLUMNS = (
    "cohort_id", "sample_id", "gene", "variant_classification", "is_truncating", "hgvsp_short", "ncbi_build",
    "chromosome", "start_position",
)  # fmt: skip
TRUNCATING = {
    "Nonsense_Mutation", "Frame_Shift_Del", "Frame_Shift_Ins", "Frame_Shift_Indel", "Splice_Site",
}  # fmt: skip


def rows(columns: Sequence[str], *values: Sequence[object]) -> pd.DataFrame:
    """A frame whose rows are tuples."""
    return pd.DataFrame(list(values), columns=list(columns))


def call(
    sample_id: str,
    gene: str,
    maf_class: str | None = "Missense_Mutation",
    change: str | None = None,
    position: int | None = None,
    cohort_id: str = COHORT,
) -> dict[str, object]:
    """A counted call; its class says whether it truncates, as the vocabulary does."""
    is_truncating = None if maf_class in (None, "Unknown") else maf_class in TRUNCATING
    return {
        "cohort_id": cohort_id, "sample_id": sample_id, "gene": gene, "variant_classification": maf_class,
        "is_truncating": is_truncating, "hgvsp_short": change, "ncbi_build": "GRCh37", "chromosome": "1",
        "start_position": position,
    }  # fmt: skip


@dataclass
class WrittenInputs:
    """See ``analytics.biomarkers.inputs.BiomarkerInputs``."""

    sample_ids: Sequence[str] = ()
    #: columns of samples() that differ from a sequenced index sample of one cohort and panel
    about: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    #: (sample, gene) -> (status, reason)
    statuses: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    call_rows: Sequence[Mapping[str, object]] = ()
    #: (sample, gene, class, reason)
    doubtful: Sequence[tuple[str, str, str | None, str]] = ()
    hotspot_rows: pd.DataFrame | None = None
    copy_numbers: pd.DataFrame | None = None
    rearranged: pd.DataFrame | None = None
    burden_rows: pd.DataFrame | None = None
    expression_rows: pd.DataFrame | None = None
    features: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    attributes: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    signatures: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    genes: Sequence[str] = (
        "ALK",
        "ARID1A",
        "BRAF",
        "CD274",
        "EGFR",
        "KRAS",
        "PBRM1",
        "SMARCA4",
        "STK11",
        "TP53",
    )
    aliases: Mapping[str, str] = field(default_factory=dict)

    def samples(self) -> pd.DataFrame:
        plain = {
            "cohort_id": COHORT, "is_index": True, "cancer_type": "Melanoma", "panel_id": "WES", "is_profiled": True,
            "is_undetermined": False, "undetermined_reason": None,
        }  # fmt: skip
        return pd.DataFrame([plain | {"sample_id": s} | dict(self.about.get(s, {})) for s in self.sample_ids])

    def gene_symbols(self, names: Sequence[str]) -> Mapping[str, str]:
        known = {gene: gene for gene in self.genes} | dict(self.aliases)
        return {name: known[name] for name in names if name in known}

    def known_genes(self) -> Sequence[str]:
        return self.genes

    def known_gene_sets(self) -> Sequence[str]:
        return list(self.sets)

    def known_features(self) -> Sequence[str]:
        return list(self.features)

    def known_signatures(self) -> Sequence[str]:
        return list(self.signatures)

    def known_attributes(self) -> Sequence[str]:
        return list(self.attributes)

    def gene_set(self, name: str) -> Sequence[str]:
        return self.sets[name]

    def gene_status(self, genes: Sequence[str]) -> pd.DataFrame:
        """From the calls, unless ``statuses`` says otherwise; a doubtful row without a call makes undetermined."""
        found = []
        about = self.samples().set_index("sample_id")
        for gene in genes:
            for sample_id in self.sample_ids:
                n = sum(c["sample_id"] == sample_id and c["gene"] == gene for c in self.call_rows)
                doubts = [d[3] for d in self.doubtful if d[:2] == (sample_id, gene)]
                status, reason = "mutated" if n else "wild_type", None
                if about.loc[sample_id, "is_undetermined"]:
                    status, reason = "undetermined", str(about.loc[sample_id, "undetermined_reason"])
                elif doubts and not n:
                    status, reason = "undetermined", doubts[0]
                status, reason = self.statuses.get((sample_id, gene), (status, reason))
                if status != "wild_type":
                    cohort_id = about.loc[sample_id, "cohort_id"]
                    found.append((cohort_id, sample_id, gene, status, reason, n))
        columns = ("cohort_id", "sample_id", "gene", "status", "status_reason", "n_mutations")
        return rows(columns, *found)

    def calls(self, genes: Sequence[str]) -> pd.DataFrame:
        return pd.DataFrame([c for c in self.call_rows if c["gene"] in genes], columns=list(CALL_COLUMNS))

    def doubtful_calls(self, genes: Sequence[str]) -> pd.DataFrame:
        found = [
            (COHORT, sample, gene, maf_class, None if maf_class is None else maf_class in TRUNCATING, reason)
            for sample, gene, maf_class, reason in self.doubtful if gene in genes
        ]  # fmt: skip
        columns = (
            "cohort_id",
            "sample_id",
            "gene",
            "variant_classification",
            "is_truncating",
            "status_reason",
        )
        return rows(columns, *found)

    def hotspots(self, genes: Sequence[str]) -> pd.DataFrame:
        columns = ("gene", "residue", "ncbi_build", "chromosome", "start_position")
        found = rows(columns) if self.hotspot_rows is None else self.hotspot_rows
        return found[found["gene"].isin(genes)]

    def signature_presence(self, signature: str) -> pd.DataFrame:
        return self.signatures[signature]

    def copy_number(self, genes: Sequence[str]) -> pd.DataFrame:
        assert self.copy_numbers is not None
        return self.copy_numbers[self.copy_numbers["gene"].isin(genes)]

    def rearrangements(self, genes: Sequence[str]) -> pd.DataFrame:
        assert self.rearranged is not None
        return self.rearranged[self.rearranged["gene"].isin(genes)]

    def burdens(self) -> pd.DataFrame:
        assert self.burden_rows is not None
        return self.burden_rows

    def expression(self, genes: Sequence[str]) -> pd.DataFrame:
        assert self.expression_rows is not None
        return self.expression_rows[self.expression_rows["gene"].isin(genes)]

    def expression_cohorts(self) -> Sequence[str]:
        return [] if self.expression_rows is None else sorted(self.expression_rows["cohort_id"].unique())

    def expression_matrix(self, cohort_id: str, genes: Sequence[str] = ()) -> pd.DataFrame:
        assert self.expression_rows is not None
        part = self.expression_rows[self.expression_rows["cohort_id"] == cohort_id]
        part = part[part["gene"].isin(genes)] if genes else part
        return part.pivot(index="sample_id", columns="gene", values="value").dropna(axis=1)

    def feature(self, name: str) -> pd.DataFrame:
        return self.features[name]

    def attribute(self, name: str) -> pd.DataFrame:
        return self.attributes[name]
