"""Odds ratios before and after burden, gene by gene."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.comutation.pairs import APART, TOGETHER
from analytics.engine.numbers import count, p_value
from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.axes import dot_handle, key_above, no_difference, ratio_ticks, row_axis
from analytics.figures.page import MARGIN_MM, Page, widest_mm

ROW_MM: Final = 4.0
WIDEST: Final = (0.1, 50.0)
TICKS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def comutation_figure(table: pd.DataFrame, *, gene: str, title: str) -> Figure:
    """One row a gene: crude odds ratio (hollow) and that within burden bins (filled, with interval), q beside.

    ``table`` : rows of ``stats.comutation_results`` in the order to draw. Raises NoRowsError when empty.
    """
    if table.empty:
        raise NoRowsError("No gene was tested: there is no co-mutation to draw.")
    page = Page("single", title)
    width = page.width_mm
    both = [f"{count(row['n_both'])} / {count(row['n_other'])}" for row in table.to_dict("records")]
    q = [f"q {p_value(v)}" for v in table["mh_q"]]
    columns = [widest_mm(both), widest_mm(q)]
    name_width = widest_mm(table["other_gene"], weight="bold")
    head = page.head + 2 * style.line_height_mm(style.SMALL_PT) + 2.0
    body = ROW_MM * len(table)
    left = MARGIN_MM + name_width + 2.0
    plot = width - left - columns[0] - columns[1] - 7.0 - MARGIN_MM
    both_right = width - MARGIN_MM - columns[1] - 2.5
    with style.house_style():
        page.open(head + body + 12.0)
        axes = page.axes(left, head, plot, body)
        _draw(axes, table)
        page.text(both_right, head - 0.8, "both / n", ha="right", va="bottom", weight="bold")
        words = f"Odds ratio of a mutation with {gene}"
        page.text(left + plot / 2, head + body + 5.0, words, ha="center")
        for k, name in enumerate(table["other_gene"]):
            middle = head + (k + 0.5) * ROW_MM
            hit = table["verdict"].iloc[k] in (TOGETHER, APART)
            weight = "bold" if hit else "normal"
            page.text(left - 2.0, middle, name, ha="right", va="center", weight=weight)
            page.text(both_right, middle, both[k], ha="right", va="center")
            page.text(width - MARGIN_MM, middle, q[k], ha="right", va="center")
        crude = dot_handle(style.GREY, face="white")
        within = dot_handle(style.VERMILION, line="-")
        handles = {"crude": crude, "within burden": within}
        key_above(axes, handles, side="left", x=-0.02, gap=0.3)
    return page.figure


def _draw(axes: Axes, table: pd.DataFrame) -> None:
    y = np.arange(len(table))
    crude, within = (table[c].to_numpy(dtype=float) for c in ("odds_ratio", "mh_odds_ratio"))
    within = np.where(within > 0, within, np.nan)  # 0 has no place on this axis, and no interval
    low, high = (table[c].to_numpy(dtype=float).clip(*WIDEST) for c in ("mh_ci_low", "mh_ci_high"))
    no_difference(axes, zorder=2)
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
    ratio_ticks(axes, [t for t in TICKS if left <= t <= right and t not in (0.2, 20.0)])
    row_axis(axes, len(table))
