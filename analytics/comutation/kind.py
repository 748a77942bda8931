"""Which genes are mutated together with one gene."""

from __future__ import annotations

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.comutation.estimate import Audited, count_statistics, gene_statistics, named_genes
from analytics.comutation.figures import comutation_figure
from analytics.comutation.pairs import TOO_FEW, comutation_table
from analytics.comutation.source import ComutationSource
from analytics.comutation.spec import ComutationSpec
from analytics.errors import AnalysisError
from analytics.figures.picture import Picture, figure_stem
from analytics.questions.kind import Kind
from analytics.questions.selection import select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.row_sets import RowSets
from analytics.results.statistic import FrequencyStatistic, Scope
from analytics.survival.estimators import COUNT


def run(source: ComutationSource, spec: ComutationSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = source.analysis_frame(spec.gene, "OS", spec.cohorts)
    calls = source.calls_of_other_genes(spec.gene, spec.cohorts)
    coverage = source.panel_genes(sorted(frame["panel_id"].dropna().unique()))
    doubts = source.undetermined_genes(spec.cohorts)
    contrast = Contrast.of_gene(spec.gene)
    for name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        scope, sets, members = Scope(spec.analysis_id, name, spec.endpoint), RowSets(), selection.members
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
            gathered.add([_not_done(scope, str(exc))])
            gathered.add_members(scope, selection, sets)
            continue
        audited = Audited(members, table, coverage, undetermined)
        genes = named_genes(spec, table)
        family = f"{spec.analysis_id}, {len(audited.tested)} genes"
        gathered.add_frame("comutation_results", _identified(table, spec, scope))
        gathered.add(count_statistics(scope, sets, audited, spec.gene, contrast))
        gathered.add(gene_statistics(scope, sets, audited, genes, family, contrast))
        if genes:
            gathered.figures[figure_stem("comutation", variant=name)] = _picture(spec, table, genes)
        gathered.add_members(scope, selection, sets)
    return gathered.result()


def _not_done(scope: Scope, reason: str) -> FrequencyStatistic:
    return FrequencyStatistic(
        name=scope.name("comutation.n_tested"), estimator=COUNT.key, scale=COUNT.scale, warnings=(reason,)
    )


def _identified(table: pd.DataFrame, spec: ComutationSpec, scope: Scope) -> pd.DataFrame:
    return table.assign(
        analysis_id=scope.analysis_id, variant=scope.variant, endpoint=scope.endpoint, gene=spec.gene
    )


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


KIND = Kind("comutation", ComutationSpec, run, marts=("counted_mutations",))
