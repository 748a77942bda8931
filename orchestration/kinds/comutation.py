"""Which genes are mutated together with one gene: asks the warehouse, calls ``analytics.comutation``."""

from __future__ import annotations

import duckdb
import pandas as pd

from analytics.comutation.estimate import count_rows, gene_rows, named_genes
from analytics.comutation.figure import comutation_figure
from analytics.comutation.pairs import TOO_FEW, comutation_table
from analytics.comutation.spec import ComutationSpec
from analytics.errors import AnalysisError
from analytics.figures.picture import Picture
from analytics.questions.selection import select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.rows import ResultRows
from warehouse.frames.patients import analysis_frame, undetermined_genes

_CALLS = """
select cohort_id, sample_id, hugo_symbol as gene, count(*) as n_calls
from marts.mutations
where is_counted and is_nonsynonymous and hugo_symbol is not null and hugo_symbol <> $gene
    and list_contains($cohorts, cohort_id)
group by cohort_id, sample_id, hugo_symbol
order by gene, cohort_id, sample_id
"""
_COVERAGE = "select panel_id, hugo_symbol from marts.gene_panels where list_contains($panels, panel_id)"


def run(con: duckdb.DuckDBPyConnection, spec: ComutationSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec on an open warehouse."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = analysis_frame(con, spec.gene, "OS", spec.cohorts)
    calls = con.execute(_CALLS, {"gene": spec.gene, "cohorts": list(spec.cohorts)}).df()
    panels = sorted(frame["panel_id"].dropna().unique())
    covered = con.execute(_COVERAGE, {"panels": panels}).df()
    coverage = {str(panel): set(genes) for panel, genes in covered.groupby("panel_id")["hugo_symbol"]}
    doubts = undetermined_genes(con, spec.cohorts)
    for name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        members, rows = selection.members, ResultRows(spec.analysis_id, name)
        of_members = _of_members(calls, members)
        undetermined = _undetermined(doubts, members, of_members)
        try:
            table = comutation_table(
                members,
                of_members,
                coverage,
                undetermined,
                strata=variant.strata,
                bins=variant.burden_bins,
                widest_bin=variant.widest_bin,
                min_carriers=spec.min_carriers,
            )
        except AnalysisError as exc:
            reason: list[dict[str, object]] = []
            rows.add(reason, "comutation.n_tested", None, {"estimator": "count", "warnings": str(exc)})
            gathered.add("frequency_stats", reason, endpoint=spec.endpoint)
            gathered.add_members(name, spec.endpoint, selection, rows)
            continue
        gathered.add(
            "comutation_results", table, analysis_id=spec.analysis_id, variant=name, endpoint=spec.endpoint,
            gene=spec.gene,
        )  # fmt: skip
        gathered.add("frequency_stats", count_rows(rows, members, table, spec.gene), endpoint=spec.endpoint)
        genes = named_genes(spec, table)
        family = f"{spec.analysis_id}, {int((table['verdict'] != TOO_FEW).sum())} genes"
        named = gene_rows(rows, members, table, coverage, undetermined, genes, family)
        gathered.add("comparison_stats", named, endpoint=spec.endpoint)
        if genes:
            gathered.figures[f"{name}_comutation"] = _picture(spec, table, genes)
        gathered.add_members(name, spec.endpoint, selection, rows)
    return gathered.result()


def _of_members(calls: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    keys = members[["cohort_id", "sample_id"]].astype("object").assign(member=members.index)
    keys = keys[keys["sample_id"].notna()]
    return calls.merge(keys, on=["cohort_id", "sample_id"], how="inner", validate="many_to_one")


def _undetermined(doubts: pd.DataFrame, members: pd.DataFrame, calls: pd.DataFrame) -> dict[str, pd.Index]:
    """Other gene -> members who carry no call of it and cannot be called wild-type."""
    keys = members.loc[members["sample_id"].notna(), ["cohort_id", "sample_id"]].astype("object")
    found = doubts.merge(keys.assign(member=keys.index), on=["cohort_id", "sample_id"])
    is_carrier = pd.MultiIndex.from_frame(found[["gene", "member"]]).isin(
        pd.MultiIndex.from_frame(calls[["gene", "member"]])
    )
    found = found[~is_carrier]
    return {str(gene): pd.Index(rows["member"]) for gene, rows in found.groupby("gene")}


def _picture(spec: ComutationSpec, table: pd.DataFrame, genes: list[str]) -> Picture:
    drawn = table.set_index("other_gene", drop=False).loc[genes].reset_index(drop=True)
    drawn = drawn[drawn["verdict"] != TOO_FEW]
    title = f"Genes mutated with {spec.gene}, before and after burden"
    leading = [
        f"{row['other_gene']} crude {row['odds_ratio']:.1f}, within burden {row['mh_odds_ratio']:.1f}, "
        f"q {row['mh_q']:.2g}"
        for row in drawn.head(5).to_dict("records")
    ]
    alt = f"Odds ratios of {len(drawn)} genes with {spec.gene}. {'; '.join(leading)}."
    return Picture(comutation_figure(drawn, gene=spec.gene, title=title), title, alt, drawn)
