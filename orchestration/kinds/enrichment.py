"""Enrichment of gene sets by the status of one gene: asks for expression, calls ``analytics.enrichment``."""

from __future__ import annotations

from typing import Any

import duckdb
import pandas as pd

from analytics.enrichment.estimate import Enrichment, enrich
from analytics.enrichment.spec import EnrichmentSpec
from analytics.figures.picture import Picture
from analytics.immune.gene_sets import set_words
from analytics.immune.gsea_figures import enrichment_bubble_figure, running_score_figure
from analytics.questions.selection import select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.rows import ResultRows
from warehouse.frames.expression import expression_matrix, listed_sets
from warehouse.frames.patients import analysis_frame


def run(con: duckdb.DuckDBPyConnection, spec: EnrichmentSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec on an open warehouse."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = analysis_frame(con, spec.gene, "OS", spec.cohorts)
    matrices = {cohort: expression_matrix(con, cohort) for cohort in spec.cohorts}
    gene_sets = listed_sets(con, (), spec.collection)
    for name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        rows = ResultRows(spec.analysis_id, name)
        known = {cohort: matrix for cohort, matrix in matrices.items() if len(matrix)}
        found = enrich(spec, selection.members, known, gene_sets)
        row_set = rows.row_set("members with expression", found.used, selection.members.index)
        out: list[dict[str, Any]] = []
        for row in sorted(found.rows, key=lambda r: str(r["feature"])):
            warnings = (
                " ".join([*([row["warnings"]] if row["warnings"] else []), *selection.warnings]) or None
            )
            common = {"collection": spec.collection, "row_set": row_set, "warnings": warnings}
            rows.add(out, f"gsea.nes.{row['feature']}", None, {**row, **common})
        gathered.figures |= _pictures(spec, name, found)
        gathered.add_members(name, spec.endpoint, selection, rows)
        gathered.add("enrichment_stats", out, endpoint=spec.endpoint)
    return gathered.result()


def _pictures(spec: EnrichmentSpec, variant: str, found: Enrichment) -> dict[str, Picture]:
    """A bubble plot of the collection and a running-score plot of each set that is shown."""
    result = found.result
    if result is None or not result.running:
        return {}
    ends = (f"{spec.gene}-mutated", "wild-type")
    title = f"{spec.collection.replace('_', ' ').capitalize()} sets by {spec.gene} status"
    tested = result.table[result.table["reason"].isna()].sort_values("fdr_q")
    leading = "; ".join(
        f"{r.gene_set} NES {r.nes:+.2f}, FDR {r.fdr_q:.2g}" for r in tested.head(3).itertuples()
    )
    n_found = int((tested["fdr_q"] < 0.25).sum())
    alt = f"Bubble plot of {len(tested)} gene sets, {n_found} with an FDR below 0.25. Smallest: {leading}."
    figure = enrichment_bubble_figure({f"{spec.gene} mutated": result.table}, title=title)
    pictures = {f"{variant}_bubbles": Picture(figure, title, alt, tested.drop(columns="reason"))}
    for set_id in spec.shown:
        running = result.running.get(set_id)
        if running is None:
            continue
        words = f"{set_words(set_id)} by {spec.gene} status"
        data = pd.DataFrame(
            {
                "gene": result.ranking.index,
                "metric": result.ranking.to_numpy(),
                "running_score": running.score,
            }
        )
        data["is_in_set"] = data.index.isin(running.hits)
        numbers = f"NES {running.nes:+.2f}, p {running.p:.2g}, FDR {running.fdr_q:.2g}"
        alt = f"Running enrichment score of {words}: {numbers}."
        drawn = running_score_figure(result, set_id, title=words, ends=ends)
        pictures[f"{variant}_{set_id}"] = Picture(drawn, words, alt, data)
    return pictures
