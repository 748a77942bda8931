"""From expression and members to rows of ``enrichment_stats``: coverage first, then the test, then the reasons.

Keys: ``gsea.nes.<set>``.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.enrichment.spec import EnrichmentSpec
from analytics.enrichment.tables import EnrichmentStatistic
from analytics.errors import AnalysisError
from analytics.immune.gene_sets import GeneSet, check_coverage
from analytics.immune.gsea import PrerankedResult, preranked_gsea
from analytics.immune.stratified_ranking import StratifiedRanking, stratified_ranking
from analytics.results.estimator import Estimator, Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, Scope

GSEA = Estimator(
    key="gsea",
    label="Normalised enrichment score, preranked GSEA",
    scale=Scale.EFFECT_SIZE,
    heading="Gene-set enrichment",
    methods="Genes ranked by their difference between the groups, standardised within cohorts that are joined by "
    "inverse variance; running-sum statistic with permutation p and false discovery rate (Subramanian et al. 2005).",
    source="Subramanian et al. 2005, PNAS 102:15545",
    applies="gene sets that are covered, within the sizes of the spec",
)
ESTIMATORS = (GSEA,)

RANKING = "standardised difference within cohort, joined by inverse variance"
#: Genes resting on fewer cases than this are counted in the warning.
FEW_CASES = 3


@dataclass(frozen=True)
class Enrichment:
    """``rows`` by set; ``result`` for the figures, None where nothing was tested."""

    rows: list[EnrichmentStatistic]
    result: PrerankedResult | None


def enrich(
    scope: Scope,
    sets: RowSets,
    spec: EnrichmentSpec,
    members: pd.DataFrame,
    matrices: Mapping[str, pd.DataFrame],
    gene_sets: Sequence[GeneSet],
    contrast: Contrast,
) -> Enrichment:
    """Test every set. ``matrices`` : cohort -> [sample, gene]; ``members`` has cohort_id, sample_id and in_group.

    A set below the coverage of the spec, or outside its sizes, is a row with the reason; so is every set where the
    groups are too small to rank genes at all.
    """
    sampled = members[members["sample_id"].notna()]
    status = {
        str(cohort): part.set_index("sample_id")["in_group"] for cohort, part in sampled.groupby("cohort_id")
    }
    known = {c: m for c, m in matrices.items() if c in status}
    untested = [_untested(scope, spec, gene_set) for gene_set in sorted(gene_sets, key=lambda s: s.name)]
    try:
        ranked = stratified_ranking(known, status)
    except AnalysisError as exc:
        nobody = sets.named("members with expression", members.index[:0], members.index)
        return Enrichment([_refused(replace(row, row_set=nobody), str(exc)) for row in untested], None)
    used = _used(members, known, ranked)
    row_set = sets.named("members with expression", used, members.index)
    coverage = check_coverage(gene_sets, ranked.ranking.index, min_coverage=spec.min_coverage)
    reasons = dict(zip(coverage["gene_set"], coverage["reason"], strict=True))
    covered = [s for s in gene_sets if reasons[s.name] is None]
    result = None
    if covered:
        result = preranked_gsea(
            ranked.ranking,
            covered,
            permutations=spec.permutations,
            seed=spec.seed,
            min_size=spec.min_size,
            max_size=spec.max_size,
        )
    counts = Counts(
        group_label=contrast.group.label,
        reference_label=contrast.reference.label,
        n=len(used),
        n_in_group=int(members.loc[used, "in_group"].sum()),
    )
    tested = {row["gene_set"]: row for row in result.table.to_dict("records")} if result else {}
    rows = []
    for row in untested:
        row = replace(row, row_set=row_set, counts=counts, n_ranked=len(ranked.ranking), ranking=RANKING,
                      permutations=spec.permutations, seed=spec.seed)  # fmt: skip
        reason = reasons[str(row.feature)]
        row = _refused(row, str(reason)) if reason is not None else _tested(row, tested[row.feature])
        rows.append(row.warned(*_notes(ranked, contrast)))
    return Enrichment(rows, result)


def _used(members: pd.DataFrame, matrices: Mapping[str, pd.DataFrame], ranked: StratifiedRanking) -> pd.Index:
    measured = pd.Series(False, index=members.index)
    for cohort in ranked.cohorts:
        measured |= (members["cohort_id"] == cohort) & members["sample_id"].isin(matrices[cohort].index)
    return members.index[measured]


def _notes(ranked: StratifiedRanking, contrast: Contrast) -> list[str]:
    few = int((ranked.n_case < FEW_CASES).sum())
    notes = [f"Ranked within {', '.join(ranked.cohorts)}."]
    if few:
        share = few / len(ranked.n_case)
        notes.append(
            f"{share:.0%} of the genes rest on fewer than {FEW_CASES} {contrast.group.word} tumours: read the "
            "direction."
        )
    notes += [f"{cohort} is left out: {why}." for cohort, why in ranked.left_out.items()]
    return notes


def _untested(scope: Scope, spec: EnrichmentSpec, gene_set: GeneSet) -> EnrichmentStatistic:
    return EnrichmentStatistic(
        name=scope.name(f"gsea.nes.{gene_set.name}"),
        estimator=GSEA.key,
        scale=GSEA.scale,
        feature=gene_set.name,
        collection=spec.collection,
        gene_set_sha256=gene_set.sha256,
        n_genes=len(gene_set.genes),
    )


def _refused(row: EnrichmentStatistic, reason: str) -> EnrichmentStatistic:
    return row.warned(f"Not tested: {reason.rstrip('.')}.")


def _tested(row: EnrichmentStatistic, found: Mapping[Hashable, Any]) -> EnrichmentStatistic:
    """The row with the numbers of ``found``, a row of :class:`PrerankedResult`'s table."""
    row = replace(row, n_found=int(found["n_found"]), coverage=found["n_found"] / found["n_genes"])
    if found["reason"]:
        return _refused(row, found["reason"])
    return replace(
        row,
        estimate=float(found["nes"]),
        enrichment_score=float(found["es"]),
        p=float(found["p"]),
        p_method="permutation of gene labels",
        q=float(found["fdr_q"]),
        fwer_p=float(found["fwer_p"]),
        leading_edge=tuple(gene for gene in found["leading_edge"].split(",") if gene),
    ).warned("p is at the floor of the permutations." if found["is_p_at_floor"] else "")
