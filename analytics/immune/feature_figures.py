"""Pictures of features by group: heat map of median differences over cohorts, box plots with the tests.

What does NOT belong here: the tests (`comparisons`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from analytics.engine.numbers import p_value
from analytics.errors import InvalidColumnError, NoRowsError
from analytics.figures import style

MARGIN_MM: Final = 3.0
CELL_MM: Final = 7.0
ROW_MM: Final = 3.6
PANEL_MM, PANEL_GAP_MM, PANEL_HEIGHT_MM = 36.0, 9.0, 34.0
STARS: Final = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
# Points beyond this many per group hide each other and the box.
MOST_POINTS: Final = 300


def median_difference_heatmap(
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
    layout = _heatmap_layout(names, cohorts, groups, title)
    with style.house_style():
        figure = style.new_figure(layout["width"], layout["height"])
        page = style.sheet(figure)
        for k, line in enumerate(layout["title"]):
            y = MARGIN_MM + k * style.line_height_mm(style.TITLE_PT)
            page.text(MARGIN_MM, y, line, size=style.TITLE_PT, weight="bold", va="top")
        axes = style.axes_at(
            figure, layout["left"], layout["head"], layout["cell"] * len(cohorts), ROW_MM * len(names)
        )
        axes.set_facecolor(style.LIGHT_GREY)
        axes.imshow(values, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        axes.set_yticks(range(len(names)), names, fontsize=style.SMALL_PT)
        axes.set_xticks(
            range(len(cohorts)), layout["cohorts"], fontsize=style.SMALL_PT, rotation=layout["rotation"]
        )
        axes.tick_params(length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        if q is not None:
            _write_stars(axes, q.reindex(index=matrix.index, columns=matrix.columns), values, limit)
        if groups is not None:
            _mark_blocks(axes, page, layout, groups.reindex(matrix.index))
        _colour_bar(figure, page, layout, limit, value_label)
    return figure


def _heatmap_layout(
    names: list[str], cohorts: list[str], groups: pd.Series | None, title: str
) -> dict[str, Any]:
    left = MARGIN_MM + max(style.text_width_mm(name, style.SMALL_PT) for name in names) + 2.0
    block = 0.0
    if groups is not None:
        block = max(style.text_width_mm(str(g), style.SMALL_PT) for g in groups.dropna().unique()) + 5.0
    fixed = left + block + 18.0 + MARGIN_MM
    words = [part for cohort in cohorts for part in cohort.split(" ")]
    word = max(style.text_width_mm(part, style.SMALL_PT) for part in words) + 1.5
    single, double = style.WIDTH_MM["single"], style.WIDTH_MM["double"]
    width: style.Width = "single" if fixed + max(word, CELL_MM) * len(cohorts) <= single else "double"
    room = ((single if width == "single" else double) - fixed) / len(cohorts)
    cell = min(max(word, CELL_MM if width == "single" else 2 * CELL_MM), room)
    # Words are never broken: names that do not fit across stand upright.
    upright = word > room
    labels = cohorts if upright else ["\n".join(style.wrap(c, cell - 0.5, style.SMALL_PT)) for c in cohorts]
    title_lines = (
        style.wrap(title, style.WIDTH_MM[width] - 2 * MARGIN_MM, style.TITLE_PT, "bold") if title else []
    )
    head = MARGIN_MM + len(title_lines) * style.line_height_mm(style.TITLE_PT) + 2.0
    foot = max(label.count("\n") + 1 for label in labels) * style.line_height_mm(style.SMALL_PT) + 3.0
    if upright:
        foot = max(style.text_width_mm(label, style.SMALL_PT) for label in labels) + 3.0
    return {
        "width": width,
        "rotation": 90 if upright else 0,
        "left": left,
        "head": head,
        "cell": cell,
        "cohorts": labels,
        "title": title_lines,
        "height": head + max(ROW_MM * len(names), 26.0) + foot + MARGIN_MM,
        "block_left": left + cell * len(cohorts) + 1.0,
        "bar_left": left + cell * len(cohorts) + block + 4.0,
    }


def _write_stars(axes: Axes, q: pd.DataFrame, values: np.ndarray, limit: float) -> None:
    numbers = q.to_numpy(dtype=float)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            text = next((stars for bound, stars in STARS if numbers[i, j] < bound), "")
            if text:
                dark = abs(values[i, j]) > 0.65 * limit
                colour = "white" if dark else style.BLACK
                axes.text(j, i + 0.12, text, ha="center", va="center", size=5.0, color=colour)


def _mark_blocks(axes: Axes, page: Axes, layout: dict[str, Any], groups: pd.Series) -> None:
    start = 0
    labels = groups.tolist()
    for i in range(1, len(labels) + 1):
        if i < len(labels) and labels[i] == labels[start]:
            continue
        top = layout["head"] + ROW_MM * start + 0.4
        bottom = layout["head"] + ROW_MM * i - 0.4
        x = layout["block_left"]
        page.plot([x, x], [top, bottom], color=style.BLACK, linewidth=0.8)
        page.text(x + 1.2, (top + bottom) / 2, str(labels[start]), size=style.SMALL_PT, va="center")
        if i < len(labels):
            axes.axhline(i - 0.5, color="white", linewidth=1.2)
        start = i


def _colour_bar(figure: Figure, page: Axes, layout: dict[str, Any], limit: float, label: str) -> None:
    small = style.line_height_mm(style.SMALL_PT)
    lines = style.wrap(label, 16.0, style.SMALL_PT)
    y = layout["head"]
    for k, line in enumerate(lines):
        page.text(layout["bar_left"], y + k * small, line, size=style.SMALL_PT, va="top")
    bar = style.axes_at(figure, layout["bar_left"], y + len(lines) * small + 2.0, 2.6, 14.0)
    bar.imshow(
        np.linspace(limit, -limit, 64)[:, None], aspect="auto", cmap="RdBu_r", extent=(0, 1, -limit, limit)
    )
    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.set_yticks([-limit, 0, limit], [f"{-limit:.2g}", "0", f"{limit:.2g}"])


def feature_boxplots(
    features: pd.DataFrame,
    is_case: pd.Series,
    comparison: pd.DataFrame,
    *,
    names: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    log_scale: bool = False,
    seed: int = 1,
) -> Figure:
    """One panel per feature: boxes (quartiles, whiskers to 1.5 IQR) with the people, n, q, p and Cliff's delta (δ).

    `comparison` is the table of `compare_two_groups` for the same data, without strata; `labels` maps feature
    names to what is printed (with the unit); `log_scale` is for burdens (zeros are drawn at half the
    smallest positive value). Raises InvalidColumnError when a feature has no row in the table,
    NoRowsError without features.
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
    width: style.Width = "single" if len(chosen) <= 2 else "double"
    per_line = int((style.WIDTH_MM[width] - MARGIN_MM) // (PANEL_MM + PANEL_GAP_MM))
    n_lines = -(-len(chosen) // per_line)
    title_lines = (
        style.wrap(title, style.WIDTH_MM[width] - 2 * MARGIN_MM, style.TITLE_PT, "bold") if title else []
    )
    head = MARGIN_MM + len(title_lines) * style.line_height_mm(style.TITLE_PT)
    heading = 2 * style.line_height_mm(style.TEXT_PT) + style.line_height_mm(style.SMALL_PT) + 1.5
    panel = heading + PANEL_HEIGHT_MM + 10.0
    with style.house_style():
        figure = style.new_figure(width, head + n_lines * panel + MARGIN_MM)
        page = style.sheet(figure)
        for k, line in enumerate(title_lines):
            y = MARGIN_MM + k * style.line_height_mm(style.TITLE_PT)
            page.text(MARGIN_MM, y, line, size=style.TITLE_PT, weight="bold", va="top")
        for k, name in enumerate(chosen):
            left = MARGIN_MM + PANEL_GAP_MM + (k % per_line) * (PANEL_MM + PANEL_GAP_MM)
            top = head + (k // per_line) * panel
            _panel_head(page, left, top, (labels or {}).get(name, name.replace("_", " ")), rows[name])
            axes = style.axes_at(figure, left, top + heading, PANEL_MM - 4.0, PANEL_HEIGHT_MM)
            _draw_boxes(axes, features[name], is_case, rows[name], log_scale, seed)
    return figure


def _panel_head(page: Axes, left: float, top: float, name: str, row: pd.Series) -> None:
    text = style.line_height_mm(style.TEXT_PT)
    lines = style.wrap(name, PANEL_MM - 2.0, style.TEXT_PT)[:2]
    for k, line in enumerate(lines):
        page.text(left, top + (2 - len(lines) + k) * text, line, size=style.TEXT_PT, va="top")
    if row["reason"] is not None and not pd.isna(row["reason"]):
        note = "not tested"
    else:
        note = f"q {p_value(row['q_bh'])}, p {p_value(row['p'])}, δ {row['cliffs_delta']:+.2f}"
    page.text(
        left, top + 2 * text + 0.3, style.keep_together(note), size=style.SMALL_PT, va="top", color=style.GREY
    )


def _draw_boxes(
    axes: Axes, values: pd.Series, is_case: pd.Series, row: pd.Series, log_scale: bool, seed: int
) -> None:
    known = is_case.reindex(values.index).dropna().astype(bool)
    column = values.loc[known.index].astype(float)
    if log_scale:
        positive = column[column > 0]
        column = column.where(column > 0, positive.min() / 2 if len(positive) else 1.0).where(column.notna())
    rng = np.random.default_rng(seed)
    labels = []
    for place, (flag, colour) in enumerate(((False, style.BLUE), (True, style.VERMILION))):
        group = column[known == flag].dropna().to_numpy()
        word = row["case_label"] if flag else row["reference_label"]
        labels.append(f"{word}\nn\u00a0{len(group):,}")
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
    if log_scale:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(-0.6, 1.6)
    axes.set_xticks([0, 1], labels, fontsize=style.SMALL_PT)
