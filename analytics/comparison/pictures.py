"""The figure of a measure: box and strip plots by status, one panel a stratum (or a feature), with n, p and effect.

How a panel looks belongs to ``immune.feature_figures``; which panels there are is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.comparison.estimate import slug, stratum_labels
from analytics.comparison.heatmap import heatmap_picture
from analytics.comparison.spec import ComparisonSpec
from analytics.engine.numbers import p_value
from analytics.figures.picture import Picture
from analytics.immune.feature_figures import feature_boxplots
from analytics.results.statistic import ComparisonStatistic

#: Panels that still fit a page; the strata with most carriers are shown.
MOST_PANELS = 12
#: Fewer carriers than this are not drawn as a box of their own.
FEWEST_CARRIERS = 3
TOGETHER, WITHIN = "all members", "all, within strata"

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
        return heatmap_picture(spec, name, list(values), rows)
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
    figure = feature_boxplots(
        features, members["is_mutated"], table, title=f"{title}{units}", log_scale=measure.log_axis
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
    return f"{variant}_{slug(measure)}"
