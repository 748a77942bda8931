"""Heat map: one number a feature and column, blue below zero and red above, with stars for q.

Which cells there are, and the tests, do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.axes import colour_bar, hide_sides
from analytics.figures.page import MARGIN_MM, Page, widest_mm

CELL_MM: Final = 7.0
ROW_MM: Final = 3.6
STARS: Final = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


def heat_map_figure(
    matrix: pd.DataFrame,
    *,
    q: pd.DataFrame | None = None,
    groups: pd.Series | None = None,
    title: str = "",
    value_label: str = "Median difference",
) -> Figure:
    """Heat map of `matrix` [feature, cohort] of median differences; blue is lower in cases, red higher.

    `q` of the same shape puts stars (* 0.05, ** 0.01, *** 0.001); `groups` names a block per feature (MHC
    class I, co-stimulators, ...), in the order of first appearance. NaN is a grey cell. The colours end at
    the 98th percentile of the absolute differences. Raises NoRowsError for an empty matrix.
    """
    if matrix.empty or not np.isfinite(matrix.to_numpy(dtype=float)).any():
        raise NoRowsError("The matrix of median differences holds no number: nothing to draw.")
    if groups is not None:
        kinds = list(dict.fromkeys(groups.reindex(matrix.index)))
        matrix = pd.concat([matrix[(groups.reindex(matrix.index) == kind).to_numpy()] for kind in kinds])
    values = matrix.to_numpy(dtype=float)
    limit = float(np.nanpercentile(np.abs(values), 98)) or 1.0
    names, cohorts = [str(n) for n in matrix.index], [str(c) for c in matrix.columns]
    layout = _lay_out(names, cohorts, groups, title)
    with style.house_style():
        page = layout.page
        page.open(layout.height)
        axes = page.axes(layout.left, layout.head, layout.cell * len(cohorts), ROW_MM * len(names))
        axes.set_facecolor(style.LIGHT_GREY)
        axes.imshow(values, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        axes.set_yticks(range(len(names)), names, fontsize=style.SMALL_PT)
        axes.set_xticks(
            range(len(cohorts)),
            layout.cohorts,
            fontsize=style.SMALL_PT,
            rotation=90 if layout.is_upright else 0,
        )
        axes.tick_params(length=0)
        hide_sides(axes, "left", "bottom")
        if q is not None:
            _write_stars(axes, q.reindex(index=matrix.index, columns=matrix.columns), values, limit)
        if groups is not None:
            _mark_blocks(axes, layout, groups.reindex(matrix.index))
        below = page.lines(
            layout.head, style.wrap(value_label, 16.0, style.SMALL_PT), indent=layout.bar_left - MARGIN_MM
        )
        colour_bar(page, layout.bar_left, below + 2.0, limit, width=2.6, digits=".2g")
    return page.figure


@dataclass(frozen=True)
class _Layout:
    """Distances in millimetres from the upper left corner, and the names under the columns."""

    page: Page
    height: float
    left: float
    head: float
    cell: float
    block_left: float
    bar_left: float
    cohorts: list[str]
    is_upright: bool


def _lay_out(names: list[str], cohorts: list[str], groups: pd.Series | None, title: str) -> _Layout:
    left = MARGIN_MM + widest_mm(names) + 2.0
    block = 0.0
    if groups is not None:
        block = widest_mm(str(g) for g in groups.dropna().unique()) + 5.0
    fixed = left + block + 18.0 + MARGIN_MM
    word = widest_mm(part for cohort in cohorts for part in cohort.split(" ")) + 1.5
    single, double = style.WIDTH_MM["single"], style.WIDTH_MM["double"]
    width: style.Width = "single" if fixed + max(word, CELL_MM) * len(cohorts) <= single else "double"
    room = ((single if width == "single" else double) - fixed) / len(cohorts)
    cell = min(max(word, CELL_MM if width == "single" else 2 * CELL_MM), room)
    # Words are never broken: names that do not fit across stand upright.
    upright = word > room
    labels = cohorts if upright else ["\n".join(style.wrap(c, cell - 0.5, style.SMALL_PT)) for c in cohorts]
    page = Page(width, title)
    head = page.head + 2.0
    foot = max(label.count("\n") + 1 for label in labels) * style.line_height_mm(style.SMALL_PT) + 3.0
    if upright:
        foot = widest_mm(labels) + 3.0
    right = left + cell * len(cohorts)
    height = head + max(ROW_MM * len(names), 26.0) + foot + MARGIN_MM
    return _Layout(page, height, left, head, cell, right + 1.0, right + block + 4.0, labels, upright)


def _write_stars(axes: Axes, q: pd.DataFrame, values: np.ndarray, limit: float) -> None:
    numbers = q.to_numpy(dtype=float)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            text = next((stars for bound, stars in STARS if numbers[i, j] < bound), "")
            if text:
                dark = abs(values[i, j]) > 0.65 * limit
                colour = "white" if dark else style.BLACK
                axes.text(j, i + 0.12, text, ha="center", va="center", size=style.SMALL_PT, color=colour)


def _mark_blocks(axes: Axes, layout: _Layout, groups: pd.Series) -> None:
    start = 0
    labels = groups.tolist()
    for i in range(1, len(labels) + 1):
        if i < len(labels) and labels[i] == labels[start]:
            continue
        top = layout.head + ROW_MM * start + 0.4
        bottom = layout.head + ROW_MM * i - 0.4
        x = layout.block_left
        layout.page.sheet.plot([x, x], [top, bottom], color=style.BLACK, linewidth=0.8)
        layout.page.text(x + 1.2, (top + bottom) / 2, str(labels[start]), va="center")
        if i < len(labels):
            axes.axhline(i - 0.5, color="white", linewidth=1.2)
        start = i
