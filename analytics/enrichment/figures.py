"""The figures of an enrichment: a bubble plot of the collection and a running-score plot of each set that is shown."""

from __future__ import annotations

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.enrichment.spec import EnrichmentSpec
from analytics.figures.picture import Picture, figure_stem
from analytics.immune.figures import enrichment_bubble_figure, running_score_figure
from analytics.immune.gene_sets import set_words
from analytics.immune.gsea import PrerankedResult


def enrichment_pictures(
    spec: EnrichmentSpec, variant: str, result: PrerankedResult | None, contrast: Contrast
) -> dict[str, Picture]:
    """File stem -> figure; none where nothing was tested."""
    if result is None or not result.running:
        return {}
    ends = (contrast.group.label, contrast.reference.label)
    title = f"{spec.collection.replace('_', ' ').capitalize()} sets by {spec.gene} status"
    tested = result.table[result.table["reason"].isna()].sort_values("fdr_q")
    leading = "; ".join(
        f"{r.gene_set} NES {r.nes:+.2f}, FDR {r.fdr_q:.2g}" for r in tested.head(3).itertuples()
    )
    n_found = int((tested["fdr_q"] < 0.25).sum())
    alt = f"Bubble plot of {len(tested)} gene sets, {n_found} with an FDR below 0.25. Smallest: {leading}."
    figure = enrichment_bubble_figure({contrast.group.label: result.table}, title=title)
    pictures = {
        figure_stem("bubbles", variant=variant): Picture(figure, title, alt, tested.drop(columns="reason"))
    }
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
        pictures[figure_stem("running_score", variant=variant, part=set_id)] = Picture(
            drawn, words, alt, data
        )
    return pictures
