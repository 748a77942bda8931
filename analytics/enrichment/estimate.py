"""From expression and members to rows of ``enrichment_stats``: coverage first, then the test, then the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.enrichment.spec import EnrichmentSpec
from analytics.errors import AnalysisError
from analytics.immune.gene_sets import GeneSet, check_coverage
from analytics.immune.gsea import PrerankedResult, preranked_gsea
from analytics.immune.stratified_ranking import StratifiedRanking, stratified_ranking

RANKING = "standardised difference within cohort, joined by inverse variance"
ESTIMATOR = "preranked GSEA, normalised enrichment score"
#: Genes resting on fewer cases than this are counted in the warning.
FEW_CASES = 3


@dataclass(frozen=True)
class Enrichment:
    """``rows`` by set; ``result`` for the figures, None where nothing was tested; ``used``: members behind."""

    rows: list[dict[str, Any]]
    result: PrerankedResult | None
    used: pd.Index


def enrich(
    spec: EnrichmentSpec,
    members: pd.DataFrame,
    matrices: Mapping[str, pd.DataFrame],
    gene_sets: Sequence[GeneSet],
) -> Enrichment:
    """Test every set. ``matrices`` : cohort -> [sample, gene]; ``members`` has cohort_id, sample_id and is_mutated.

    A set below the coverage of the spec, or outside its sizes, is a row with the reason; so is every set where the
    groups are too small to rank genes at all.
    """
    sampled = members[members["sample_id"].notna()]
    status = {
        str(cohort): part.set_index("sample_id")["is_mutated"]
        for cohort, part in sampled.groupby("cohort_id")
    }
    known = {c: m for c, m in matrices.items() if c in status}
    try:
        ranked = stratified_ranking(known, status)
    except AnalysisError as exc:
        return Enrichment([_untested(s, str(exc)) for s in gene_sets], None, members.index[:0])
    used = _used(members, known, ranked)
    coverage = check_coverage(gene_sets, ranked.ranking.index, min_coverage=spec.min_coverage)
    reasons = dict(zip(coverage["gene_set"], coverage["reason"], strict=True))
    covered = [s for s in gene_sets if reasons[s.name] is None]
    rows = [_untested(s, str(reasons[s.name])) for s in gene_sets if reasons[s.name] is not None]
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
        rows += [_tested(row) for row in result.table.to_dict("records")]
    common = {
        "n": len(used),
        "n_mutated": int(members.loc[used, "is_mutated"].sum()),
        "n_ranked": len(ranked.ranking),
        "ranking": RANKING,
        "permutations": spec.permutations,
        "seed": spec.seed,
    }
    notes = _notes(ranked)
    for row in rows:
        row |= common
        row["warnings"] = " ".join([*([row["warnings"]] if row["warnings"] else []), *notes]) or None
    return Enrichment(rows, result, used)


def _used(members: pd.DataFrame, matrices: Mapping[str, pd.DataFrame], ranked: StratifiedRanking) -> pd.Index:
    measured = pd.Series(False, index=members.index)
    for cohort in ranked.cohorts:
        measured |= (members["cohort_id"] == cohort) & members["sample_id"].isin(matrices[cohort].index)
    return members.index[measured]


def _notes(ranked: StratifiedRanking) -> list[str]:
    few = int((ranked.n_case < FEW_CASES).sum())
    notes = [f"Ranked within {', '.join(ranked.cohorts)}."]
    if few:
        share = few / len(ranked.n_case)
        notes.append(
            f"{share:.0%} of the genes rest on fewer than {FEW_CASES} mutated tumours: read the direction."
        )
    notes += [f"{cohort} is left out: {why}." for cohort, why in ranked.left_out.items()]
    return notes


def _untested(gene_set: GeneSet, reason: str) -> dict[str, Any]:
    return {
        "feature": gene_set.name, "gene_set_sha256": gene_set.sha256, "n_genes": len(gene_set.genes),
        "estimator": ESTIMATOR, "warnings": f"Not tested: {reason.rstrip('.')}.",
    }  # fmt: skip


def _tested(row: Mapping[Any, Any]) -> dict[str, Any]:
    found = {
        "feature": row["gene_set"],
        "gene_set_sha256": row["sha256"],
        "n_genes": int(row["n_genes"]),
        "n_found": int(row["n_found"]),
        "coverage": row["n_found"] / row["n_genes"],
        "estimator": ESTIMATOR,
        "warnings": f"Not tested: {row['reason']}." if row["reason"] else None,
    }
    if row["reason"]:
        return found
    floor = "p is at the floor of the permutations." if row["is_p_at_floor"] else None
    return found | {
        "estimate": float(row["nes"]),
        "enrichment_score": float(row["es"]),
        "p": float(row["p"]),
        "q": float(row["fdr_q"]),
        "fwer_p": float(row["fwer_p"]),
        "leading_edge": row["leading_edge"],
        "warnings": floor,
    }
