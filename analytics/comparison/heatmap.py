"""The figure of a measure with many features: median differences by feature and stratum, stars for q.

How a heat map looks belongs to ``immune.feature_figures``; which cells there are is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.comparison.spec import ComparisonSpec
from analytics.figures.picture import Picture
from analytics.immune.feature_figures import median_difference_heatmap
from analytics.immune.gene_sets import set_words
from analytics.results.statistic import ComparisonStatistic

#: Column of the answer over all members, where their values have one unit.
_TOGETHER = "all"
#: Features that are named in the words for those who cannot see the figure.
_NAMED = 5


def heatmap_picture(
    spec: ComparisonSpec, name: str, features: Sequence[str], rows: Sequence[ComparisonStatistic]
) -> Picture | None:
    """Median differences of a measure; None where no stratum has enough of both groups."""
    cells = pd.DataFrame([_cell(row) for row in rows if _is_cell(row, name)])
    if cells.empty:
        return None
    cells = cells[cells["feature"].isin(features)].dropna(subset=["median_difference"])
    if cells.empty:
        return None
    columns = [_TOGETHER, *sorted(set(cells["column"]) - {_TOGETHER})]
    columns = [column for column in columns if (cells["column"] == column).any()]
    order = [feature for feature in features if (cells["feature"] == feature).any()]
    matrix = cells.pivot(index="feature", columns="column", values="median_difference").loc[order, columns]
    q = cells.pivot(index="feature", columns="column", values="q").loc[order, columns]
    named = (
        set_words if spec.measures[name].source == "gene_sets" else lambda feature: feature.replace("_", " ")
    )
    labels = [named(str(feature)) for feature in order]
    shown = matrix.set_axis(labels, axis=0).rename(columns=lambda column: str(column).replace("_", " "))
    title = f"{spec.measures[name].title} by {spec.gene} status"
    label = f"Median difference ({', '.join(sorted(set(cells['unit'].dropna()))) or 'no unit'})"
    figure = median_difference_heatmap(
        shown,
        q=q.set_axis(shown.columns, axis=1).set_axis(labels, axis=0),
        title=title,
        value_label="Median difference" if len(label) > 60 else label,
    )
    return Picture(figure, title, _alt(spec, title, cells), cells.reset_index(drop=True))


def _is_cell(row: ComparisonStatistic, name: str) -> bool:
    key = row.key
    return key.startswith(f"{name}.") and ".wilcoxon" in key and "own_mutations_kept" not in key


def _cell(row: ComparisonStatistic) -> dict[str, object]:
    return {
        "feature": row.feature,
        "column": row.stratum or _TOGETHER,
        "median_difference": row.median_difference,
        "q": np.nan if row.q is None else row.q,
        "p": row.p,
        "n_in_group": row.counts.n_in_group,
        "n_in_reference": row.counts.n_in_reference,
        "unit": row.unit,
    }


def _alt(spec: ComparisonSpec, title: str, cells: pd.DataFrame) -> str:
    largest = cells.reindex(cells["median_difference"].astype(float).abs().sort_values(ascending=False).index)
    named = "; ".join(
        f"{row.feature} {row.median_difference:+.2f} in {row.column}"
        for row in largest.head(_NAMED).itertuples()
    )
    n_below = int((cells["q"] < 0.05).sum())
    return f"Heat map of {title}: {len(cells)} cells, {n_below} with q below 0.05. Largest: {named}."
