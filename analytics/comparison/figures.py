"""The figure of a measure: box plots by status, one panel a stratum (or a feature), or with many features a heat map of
median differences. How these look belongs to ``analytics.figures``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.comparison.estimate import slug, stratum_labels
from analytics.comparison.spec import ComparisonSpec
from analytics.figures.box_plots import box_plot_figure
from analytics.figures.heat_map import heat_map_figure
from analytics.figures.picture import Picture, figure_stem
from analytics.immune.gene_sets import set_words

#: Panels that still fit a page; the strata with most carriers are shown.
MOST_PANELS = 12
#: Fewer carriers than this are not drawn as a box of their own.
FEWEST_CARRIERS = 3
TOGETHER, WITHIN = "all members", "all, within strata"
#: Column of the answer over all members, where their values have one unit.
_TOGETHER = "all"
#: Features that are named in the words for those who cannot see the figure.
_NAMED = 5


def measure_picture(
    spec: ComparisonSpec,
    variant: str,
    name: str,
    members: pd.DataFrame,
    values: Mapping[str, pd.DataFrame],
    rows: Sequence[Mapping[str, Any]],
) -> Picture | None:
    """Box plots of one measure, a heat map of one with many features or with units that do not go together; None where
    nothing was tested. ``rows`` : rows of ``comparison_stats``."""
    if len(values) > MOST_PANELS or (len(values) > 1 and _has_unlike_units(values)):
        return _heat_map(spec, name, list(values), rows)
    tested = {
        (row["feature"], row.get("stratum")): row
        for row in rows
        if row.get("p") is not None and ".wilcoxon" in f".{row['estimate_key']}" and _is_plain(row)
    }
    if len(values) == 1:
        panels = _stratum_panels(spec, variant, next(iter(values.items())), members, tested)
    else:
        panels = {feature: (table, tested.get((feature, None))) for feature, table in values.items()}
    panels = {label: panel for label, panel in panels.items() if panel[1] is not None}
    if not panels:
        return None
    panels = dict(list(panels.items())[:MOST_PANELS])
    features = pd.DataFrame({label: table["value"].astype(float) for label, (table, _) in panels.items()})
    table = pd.DataFrame([_panel_row(label, row) for label, (_, row) in panels.items() if row is not None])
    measure = spec.measures[name]
    title = f"{measure.title} by {spec.gene} status"
    figure = box_plot_figure(
        features, members["is_mutated"], table, title=f"{title}{_units(panels)}", is_log=measure.log_axis
    )
    return Picture(figure, title, _alt(spec, title, table), _data(features, members))


def _has_unlike_units(values: Mapping[str, pd.DataFrame]) -> bool:
    return any(table["unit"].dropna().nunique() > 1 for table in values.values())


def _is_plain(row: Mapping[str, Any]) -> bool:
    return "own_mutations_kept" not in row["estimate_key"]


def _stratum_panels(
    spec: ComparisonSpec,
    variant: str,
    item: tuple[str, pd.DataFrame],
    members: pd.DataFrame,
    tested: Mapping[tuple[str, str | None], Mapping[str, Any]],
) -> dict[str, tuple[pd.DataFrame, Mapping[str, Any] | None]]:
    """All members first, then the strata with most carriers. Within strata the drawn values are the tested ones."""
    feature, table = item
    declared = spec.variants[variant]
    if declared.own_mutations == "taken_out":
        table = table.assign(value=table["value"].astype(float) - table["own"].fillna(0.0).astype(float))
    panels = {WITHIN if declared.strata else TOGETHER: (table, tested.get((feature, None)))}
    if not declared.strata:
        return panels
    labels = stratum_labels(members, declared.strata)
    mutated = members["is_mutated"].astype(bool) & table["value"].notna()
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


def _panel_row(label: str, row: Mapping[str, Any]) -> dict[str, Any]:
    number = {k: np.nan if row.get(k) is None else row[k] for k in ("p", "q", "cliffs_delta")}
    return {
        "feature": label,
        "p": number["p"],
        "q_bh": number["q"],
        "cliffs_delta": number["cliffs_delta"],
        "case_label": "mutated",
        "reference_label": "wild-type",
        "n_case": row["n_mutated"],
        "n_reference": row["n_wild_type"],
        "reason": None,
    }


def _units(panels: Mapping[str, tuple[pd.DataFrame, Any]]) -> str:
    units = sorted({unit for table, _ in panels.values() for unit in table["unit"].dropna().unique()})
    return f" ({', '.join(units)})" if units else ""


def _alt(spec: ComparisonSpec, title: str, table: pd.DataFrame) -> str:
    words = [
        f"{row.feature}: {row.n_case} {spec.gene}-mutated against {row.n_reference}, Cliff's delta "
        f"{row.cliffs_delta:+.2f}, p {row.p:.2g}"
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
    spec: ComparisonSpec, name: str, features: Sequence[str], rows: Sequence[Mapping[str, Any]]
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
    return Picture(figure, title, _heat_map_alt(spec, title, cells), cells.reset_index(drop=True))


def _is_cell(row: Mapping[str, Any], name: str) -> bool:
    key = str(row["estimate_key"])
    return key.startswith(f"{name}.") and ".wilcoxon" in key and "own_mutations_kept" not in key


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "feature": row["feature"],
        "column": row.get("stratum") or _TOGETHER,
        "median_difference": row.get("median_difference"),
        "q": np.nan if row.get("q") is None else row["q"],
        "p": row.get("p"),
        "n_mutated": row.get("n_mutated"),
        "n_wild_type": row.get("n_wild_type"),
        "unit": row.get("unit"),
    }


def _heat_map_alt(spec: ComparisonSpec, title: str, cells: pd.DataFrame) -> str:
    largest = cells.reindex(cells["median_difference"].astype(float).abs().sort_values(ascending=False).index)
    named = "; ".join(
        f"{row.feature} {row.median_difference:+.2f} in {row.column}"
        for row in largest.head(_NAMED).itertuples()
    )
    n_below = int((cells["q"] < 0.05).sum())
    return f"Heat map of {title}: {len(cells)} cells, {n_below} with q below 0.05. Largest: {named}."
