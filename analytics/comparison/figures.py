"""The figure of a measure: box plots by status, one panel a stratum (or a feature), or with many features a heat map of
median differences. How these look belongs to ``analytics.figures``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.comparison.estimate import stratum_labels
from analytics.comparison.spec import ComparisonSpec
from analytics.engine.numbers import p_value
from analytics.figures.box_plots import box_plot_figure
from analytics.figures.heat_map import heat_map_figure
from analytics.figures.picture import Picture, figure_stem
from analytics.immune.gene_sets import set_words
from analytics.keys import slug
from analytics.results.statistic import ComparisonStatistic

#: Panels that still fit a page; the strata with most carriers are shown.
MOST_PANELS = 12
#: Fewer carriers than this are not drawn as a box of their own.
FEWEST_CARRIERS = 3
TOGETHER, WITHIN = "all members", "all, within strata"
#: Column of the answer over all members, where their values have one unit.
_TOGETHER = "all"
#: Features that are named in the words for those who cannot see the figure.
_NAMED = 5

#: Values on the index of the members, and the statistic that they were tested by, if any.
_Panel = tuple[pd.DataFrame, ComparisonStatistic | None]


def measure_picture(
    spec: ComparisonSpec,
    variant: str,
    name: str,
    members: pd.DataFrame,
    values: Mapping[str, pd.DataFrame],
    rows: Sequence[ComparisonStatistic],
    contrast: Contrast,
) -> Picture | None:
    """Box plots of one measure, a heat map of one with many features or with units that do not go together; None where
    nothing was tested."""
    if len(values) > MOST_PANELS or (len(values) > 1 and _has_unlike_units(values)):
        return _heat_map(spec, name, list(values), rows)
    tested = {
        (row.feature, row.stratum): row
        for row in rows
        if row.p is not None and ".wilcoxon" in f".{row.key}" and "own_mutations_kept" not in row.key
    }
    if len(values) == 1:
        drawn = _stratum_panels(spec, variant, next(iter(values.items())), members, tested)
    else:
        drawn = {feature: (table, tested.get((feature, None))) for feature, table in values.items()}
    panels = [(label, table, row) for label, (table, row) in drawn.items() if row is not None][:MOST_PANELS]
    if not panels:
        return None
    features = pd.DataFrame({label: table["value"].astype(float) for label, table, _ in panels})
    table = pd.DataFrame([_panel_row(label, row, contrast) for label, _, row in panels])
    measure = spec.measures[name]
    title = f"{measure.title} by {spec.gene} status"
    units = _units([values_of for _, values_of, _ in panels])
    figure = box_plot_figure(
        features, members["in_group"], table, title=f"{title}{units}", is_log=measure.log_axis
    )
    return Picture(figure, title, _alt(contrast, title, table), _data(features, members))


def _has_unlike_units(values: Mapping[str, pd.DataFrame]) -> bool:
    return any(table["unit"].dropna().nunique() > 1 for table in values.values())


def _stratum_panels(
    spec: ComparisonSpec,
    variant: str,
    item: tuple[str, pd.DataFrame],
    members: pd.DataFrame,
    tested: Mapping[tuple[str | None, str | None], ComparisonStatistic],
) -> dict[str, _Panel]:
    """All members first, then the strata with most carriers. Within strata the drawn values are the tested ones."""
    feature, table = item
    declared = spec.variants[variant]
    if declared.own_mutations == "taken_out":
        table = table.assign(value=table["value"].astype(float) - table["own"].fillna(0.0).astype(float))
    panels = {WITHIN if declared.strata else TOGETHER: (table, tested.get((feature, None)))}
    if not declared.strata:
        return panels
    labels = stratum_labels(members, declared.strata)
    mutated = members["in_group"].astype(bool) & table["value"].notna()
    shown = labels[mutated].value_counts()
    parts = {label: label.split(" x ") for label in shown.index[shown >= FEWEST_CARRIERS]}
    named = [k for k in range(len(declared.strata)) if len({part[k] for part in parts.values()}) > 1]
    if len(parts) == 1 and labels.nunique() == 1:
        return panels
    for label, part in parts.items():
        short = " ".join(part[k] for k in (named or [0])).replace("_", " ")
        panels[short] = (
            table[(labels == label).to_numpy()].reindex(table.index),
            tested.get((feature, label)),
        )
    return panels


def _panel_row(label: str, row: ComparisonStatistic, contrast: Contrast) -> dict[str, object]:
    return {
        "feature": label,
        "p": row.p,
        "q_bh": np.nan if row.q is None else row.q,
        "cliffs_delta": np.nan if row.cliffs_delta is None else row.cliffs_delta,
        "case_label": contrast.group.word,
        "reference_label": contrast.reference.word,
        "n_case": row.counts.n_in_group,
        "n_reference": row.counts.n_in_reference,
        "reason": None,
    }


def _units(tables: Sequence[pd.DataFrame]) -> str:
    units = sorted({unit for table in tables for unit in table["unit"].dropna().unique()})
    return f" ({', '.join(units)})" if units else ""


def _alt(contrast: Contrast, title: str, table: pd.DataFrame) -> str:
    words = [
        f"{row.feature}: {row.n_case} {contrast.group.label} against {row.n_reference}, Cliff's delta "
        f"{row.cliffs_delta:+.2f}, p {p_value(row.p)}"
        for row in table.itertuples()
    ]
    return f"Box plots of {title[0].lower() if title[1:2].islower() else title[0]}{title[1:]}. {'; '.join(words)}."


def _data(features: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    long = features.melt(ignore_index=False, var_name="panel", value_name="value").dropna(subset=["value"])
    who = members.loc[long.index, ["cohort_id", "sample_id", "status"]]
    return pd.concat([who.reset_index(drop=True), long.reset_index(drop=True)], axis=1)


def picture_stem(variant: str, measure: str) -> str:
    """File stem of a measure's figure."""
    return figure_stem(slug(measure), variant=variant)


def _heat_map(
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
    figure = heat_map_figure(
        shown,
        q=q.set_axis(shown.columns, axis=1).set_axis(labels, axis=0),
        title=title,
        value_label="Median difference" if len(label) > 60 else label,
    )
    return Picture(figure, title, _heat_map_alt(title, cells), cells.reset_index(drop=True))


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


def _heat_map_alt(title: str, cells: pd.DataFrame) -> str:
    largest = cells.reindex(cells["median_difference"].astype(float).abs().sort_values(ascending=False).index)
    named = "; ".join(
        f"{row.feature} {row.median_difference:+.2f} in {row.column}"
        for row in largest.head(_NAMED).itertuples()
    )
    n_below = int((cells["q"] < 0.05).sum())
    return f"Heat map of {title}: {len(cells)} cells, {n_below} with q below 0.05. Largest: {named}."
