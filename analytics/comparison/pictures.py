"""The figure of a measure: box and strip plots by status, one panel a stratum (or a feature), with n, p and effect.

How a panel looks belongs to ``immune.feature_figures``; which panels there are is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.comparison.estimate import slug, stratum_labels
from analytics.comparison.heatmap import heatmap_picture
from analytics.comparison.spec import ComparisonSpec
from analytics.engine.numbers import p_value
from analytics.figures.picture import Picture
from analytics.immune.feature_figures import feature_boxplots

#: Panels that still fit a page; the strata with most carriers are shown.
MOST_PANELS = 12
#: Fewer carriers than this are not drawn as a box of their own.
FEWEST_CARRIERS = 3
TOGETHER, WITHIN = "all members", "all, within strata"


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
        return heatmap_picture(spec, name, list(values), rows)
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
    figure = feature_boxplots(
        features, members["is_mutated"], table, title=f"{title}{_units(panels)}", log_scale=measure.log_axis
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
    return f"{variant}_{slug(measure)}"
