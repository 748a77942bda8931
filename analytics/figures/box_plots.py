"""Box plots of features in two groups, one panel a feature, with every person, n, p and effect.

Which panels there are, and the tests, do not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.engine.numbers import count, p_value
from analytics.errors import InvalidColumnError, NoRowsError
from analytics.figures import style
from analytics.figures.axes import log_scale, zero_place
from analytics.figures.page import MARGIN_MM, Page

PANEL_MM, PANEL_GAP_MM, PANEL_HEIGHT_MM = 36.0, 9.0, 34.0
# Points beyond this many per group hide each other and the box.
MOST_POINTS: Final = 300


def box_plot_figure(
    features: pd.DataFrame,
    is_case: pd.Series,
    comparison: pd.DataFrame,
    *,
    names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    is_log: bool = False,
    seed: int = 1,
) -> Figure:
    """One panel per feature: boxes (quartiles, whiskers to 1.5 IQR) with the people, n, q, p and Cliff's delta (δ).

    `comparison` is the table of `compare_two_groups` for the same data, without strata; `labels` maps feature
    names to what is printed (with the unit). With `is_log` the panels are on a log scale, which is for burdens;
    where there are zeros, they stand at half the smallest positive value of all panels, which then share one axis.
    Raises InvalidColumnError when a feature has no row in the table, NoRowsError without features.
    """
    chosen = list(names) if names is not None else [str(name) for name in features.columns]
    if not chosen:
        raise NoRowsError("No feature was chosen for the box plots: name at least one.")
    rows = {str(row["feature"]): row for _, row in comparison.iterrows()}
    for name in chosen:
        if name not in rows or name not in features.columns:
            raise InvalidColumnError(
                f"Feature '{name}' is not in both the data and the comparison: compare it first."
            )
    page = Page("single" if len(chosen) <= 2 else "double", title)
    per_line = int((page.width_mm - MARGIN_MM) // (PANEL_MM + PANEL_GAP_MM))
    head = page.head
    values = features[chosen].to_numpy(dtype=float)
    zero, highest = zero_place(values) if is_log else None, float(np.nanmax(values, initial=1.0))
    heading = 2 * style.line_height_mm(style.TEXT_PT) + style.line_height_mm(style.SMALL_PT) + 1.5
    panel = heading + PANEL_HEIGHT_MM + 10.0
    with style.house_style():
        page.open(head + -(-len(chosen) // per_line) * panel + MARGIN_MM)
        for k, name in enumerate(chosen):
            left = MARGIN_MM + PANEL_GAP_MM + (k % per_line) * (PANEL_MM + PANEL_GAP_MM)
            top = head + (k // per_line) * panel
            _panel_head(page, left, top, (labels or {}).get(name, name.replace("_", " ")), rows[name])
            axes = page.axes(left, top + heading, PANEL_MM - 4.0, PANEL_HEIGHT_MM)
            _draw_boxes(axes, features[name], is_case, rows[name], seed, zero)
            if is_log:
                log_scale(axes, zero=zero, highest=highest)
    return page.figure


def _panel_head(page: Page, left: float, top: float, name: str, row: pd.Series) -> None:
    text = style.line_height_mm(style.TEXT_PT)
    lines = style.wrap(name, PANEL_MM - 2.0, style.TEXT_PT)[:2]
    for k, line in enumerate(lines):
        page.text(left, top + (2 - len(lines) + k) * text, line, size=style.TEXT_PT)
    if row["reason"] is not None and not pd.isna(row["reason"]):
        note = "not tested"
    else:
        note = f"q {p_value(row['q_bh'])}, p {p_value(row['p'])}, δ {row['cliffs_delta']:+.2f}"
    page.text(left, top + 2 * text + 0.3, style.keep_together(note), color=style.GREY)


def _draw_boxes(
    axes: Axes, values: pd.Series, is_case: pd.Series, row: pd.Series, seed: int, zero: float | None
) -> None:
    known = is_case.reindex(values.index).dropna().astype(bool)
    column = values.loc[known.index].astype(float)
    if zero is not None:
        column = column.where(~(column <= 0), zero)
    rng = np.random.default_rng(seed)
    labels = []
    for place, (flag, colour) in enumerate(((False, style.BLUE), (True, style.VERMILION))):
        group = column[known == flag].dropna().to_numpy()
        word = row["case_label"] if flag else row["reference_label"]
        labels.append(f"{word}\nn\u00a0{count(len(group))}")
        if len(group) == 0:
            continue
        axes.boxplot(
            [group], positions=[place], widths=0.55, showfliers=False, patch_artist=True,
            boxprops={"facecolor": "white", "edgecolor": colour, "linewidth": 0.9},
            medianprops={"color": colour, "linewidth": 1.4}, whiskerprops={"color": colour, "linewidth": 0.8},
            capprops={"color": colour, "linewidth": 0.8}, zorder=2,
        )  # fmt: skip
        shown = group if len(group) <= MOST_POINTS else rng.choice(group, MOST_POINTS, replace=False)
        x = place + rng.uniform(-0.2, 0.2, len(shown))
        axes.plot(x, shown, linestyle="none", marker="o", markersize=1.5, color=colour, alpha=0.35, zorder=3)
    axes.set_xlim(-0.6, 1.6)
    axes.set_xticks([0, 1], labels, fontsize=style.SMALL_PT)
