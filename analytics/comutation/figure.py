"""Odds ratios before and after burden, gene by gene."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analytics.comutation.pairs import APART, TOGETHER
from analytics.engine.numbers import p_value
from analytics.errors import NoRowsError
from analytics.figures import style

MARGIN_MM: Final = 3.0
ROW_MM: Final = 4.0
WIDEST: Final = (0.1, 50.0)
TICKS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def comutation_figure(table: pd.DataFrame, *, gene: str, title: str) -> Figure:
    """One row a gene: crude odds ratio (hollow) and that within burden bins (filled, with interval), q beside.

    ``table`` : rows of ``stats.comutation_results`` in the order to draw. Raises NoRowsError when empty.
    """
    if table.empty:
        raise NoRowsError("No gene was tested: there is no co-mutation to draw.")
    small, title_line = style.line_height_mm(style.SMALL_PT), style.line_height_mm(style.TITLE_PT)
    width = style.WIDTH_MM["single"]
    title_lines = style.wrap(title, width - 2 * MARGIN_MM, style.TITLE_PT, "bold")
    both = [f"{row['n_both']:,} / {row['n_other']:,}" for row in table.to_dict("records")]
    q = [f"q {p_value(v)}" for v in table["mh_q"]]
    columns = [max(style.text_width_mm(text, style.SMALL_PT) for text in words) for words in (both, q)]
    name_width = max(style.text_width_mm(name, style.SMALL_PT, "bold") for name in table["other_gene"])
    head = MARGIN_MM + len(title_lines) * title_line + 2 * small + 2.0
    body = ROW_MM * len(table)
    left = MARGIN_MM + name_width + 2.0
    plot = width - left - columns[0] - columns[1] - 7.0 - MARGIN_MM
    both_right = width - MARGIN_MM - columns[1] - 2.5
    with style.house_style():
        figure = style.new_figure("single", head + body + 12.0)
        page = style.sheet(figure)
        for k, line in enumerate(title_lines):
            page.text(
                MARGIN_MM, MARGIN_MM + k * title_line, line, size=style.TITLE_PT, weight="bold", va="top"
            )
        axes = style.axes_at(figure, left, head, plot, body)
        _draw(axes, table)
        page.text(
            both_right, head - 0.8, "both / n", size=style.SMALL_PT, ha="right", va="bottom", weight="bold"
        )
        words = f"Odds ratio of a mutation with {gene}"
        page.text(left + plot / 2, head + body + 5.0, words, size=style.SMALL_PT, ha="center", va="top")
        for k, name in enumerate(table["other_gene"]):
            middle = head + (k + 0.5) * ROW_MM
            hit = table["verdict"].iloc[k] in (TOGETHER, APART)
            weight = "bold" if hit else "normal"
            page.text(left - 2.0, middle, name, size=style.SMALL_PT, ha="right", va="center", weight=weight)
            page.text(both_right, middle, both[k], size=style.SMALL_PT, ha="right", va="center")
            page.text(width - MARGIN_MM, middle, q[k], size=style.SMALL_PT, ha="right", va="center")
        _legend(axes)
    return figure


def _draw(axes: Axes, table: pd.DataFrame) -> None:
    y = np.arange(len(table))
    crude, within = (table[c].to_numpy(dtype=float) for c in ("odds_ratio", "mh_odds_ratio"))
    within = np.where(within > 0, within, np.nan)  # 0 has no place on this axis, and no interval
    low, high = (table[c].to_numpy(dtype=float).clip(*WIDEST) for c in ("mh_ci_low", "mh_ci_high"))
    axes.axvline(1.0, color=style.GREY, linewidth=0.6)
    axes.hlines(y, low, high, color=style.VERMILION, linewidth=1.0)
    axes.plot(
        crude.clip(*WIDEST), y, "o", markersize=3.2, markerfacecolor="white", color=style.GREY, zorder=3
    )
    axes.plot(within.clip(*WIDEST), y, "o", markersize=3.2, color=style.VERMILION, zorder=4)
    axes.set_xscale("log")
    ends = np.concatenate([crude, within, low, high])
    ends = ends[np.isfinite(ends)].clip(*WIDEST)
    left = max(t for t in TICKS if t <= min(ends.min(initial=1.0), 0.5))
    right = min(t for t in TICKS if t >= max(ends.max(initial=1.0), 2.0))
    axes.set_xlim(left * 0.93, right * 1.07)
    axes.xaxis.set_major_locator(
        FixedLocator([t for t in TICKS if left <= t <= right and t not in (0.2, 20.0)])
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _legend(axes: Axes) -> None:
    handles = [
        Line2D(
            [], [], linestyle="none", marker="o", markersize=3.2, markerfacecolor="white", color=style.GREY
        ),
        Line2D([], [], linestyle="-", marker="o", markersize=3.2, color=style.VERMILION),
    ]
    axes.legend(
        handles, ["crude", "within burden"], loc="lower left", ncols=2, bbox_to_anchor=(-0.02, 1.0),
        frameon=False, fontsize=style.SMALL_PT, handletextpad=0.3, columnspacing=1.0, borderaxespad=0.0,
    )  # fmt: skip
