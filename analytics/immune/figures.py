"""Pictures of preranked GSEA: the running score of one set, and a bubble plot of many.

What does NOT belong here: the enrichment itself (`gsea`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analytics.engine.numbers import p_relation, p_value
from analytics.errors import InvalidSettingError, NoRowsError
from analytics.figures import style
from analytics.figures.axes import colour_bar, hide_sides
from analytics.figures.page import MARGIN_MM, Page, widest_mm
from analytics.immune.gene_sets import set_words
from analytics.immune.gsea import PrerankedResult

LEFT_MM, BOTTOM_MM = 14.0, 10.0
RUNNING_MM, HITS_MM, METRIC_MM, GAP_MM = 34.0, 6.0, 20.0, 2.0
ROW_MM, COLUMN_MM = 5.0, 11.0
SMALLEST_PT, LARGEST_PT = 2.5, 9.5
# -log10 of the FDR at which a bubble is largest; beyond it more permutations say no more.
FULL_SIZE: Final = 3.0


def running_score_figure(
    result: PrerankedResult, gene_set: str, *, title: str = "", ends: tuple[str, str] = ("cases", "reference")
) -> Figure:
    """Running enrichment score, places of the set's genes and the ranking metric, over a single column.

    `ends` names the two ends of the ranking. Raises InvalidSettingError when the set was not tested.
    """
    running = result.running.get(gene_set)
    if running is None:
        raise InvalidSettingError(f"Gene set '{gene_set}' was not tested: its row says why.")
    page = Page("single", title or set_words(gene_set))
    least = 1.0 / result.permutations
    note = f"NES {running.nes:.2f}, p {p_relation(running.p, least)}, FDR q {p_value(running.fdr_q)}"
    note += f", {len(running.hits)} genes"
    small = style.line_height_mm(style.SMALL_PT)
    head = page.head + small + 2.0
    height = head + RUNNING_MM + HITS_MM + METRIC_MM + 2 * GAP_MM + BOTTOM_MM + MARGIN_MM
    width = page.width_mm - LEFT_MM - MARGIN_MM - 1.0
    place = np.arange(len(running.score))
    peak = int(np.argmax(np.abs(running.score)))
    colour = style.VERMILION if running.es > 0 else style.BLUE
    with style.house_style():
        page.open(height)
        page.text(MARGIN_MM, head - small - 2.0, style.keep_together(note))
        top = page.axes(LEFT_MM, head, width, RUNNING_MM)
        top.plot(place, running.score, color=colour, linewidth=1.1)
        top.axhline(0.0, color=style.GREY, linewidth=0.6)
        top.plot([peak, peak], [0.0, running.score[peak]], color=colour, linewidth=0.7, linestyle=(0, (3, 2)))
        top.set_ylabel("Running score")
        top.tick_params(labelbottom=False)
        hits = page.axes(LEFT_MM, head + RUNNING_MM + GAP_MM, width, HITS_MM)
        hits.vlines(running.hits, 0, 1, color=style.BLACK, linewidth=0.4)
        hits.set_yticks([])
        hits.tick_params(labelbottom=False)
        hits.set_ylim(0, 1)
        last = page.axes(LEFT_MM, head + RUNNING_MM + HITS_MM + 2 * GAP_MM, width, METRIC_MM)
        last.fill_between(place, result.ranking.to_numpy(), color=style.LIGHT_GREY, linewidth=0)
        last.axhline(0.0, color=style.GREY, linewidth=0.6)
        last.set_ylabel("Metric")
        last.set_xlabel(f"Rank: {ends[0]} higher left, {ends[1]} right")
        for axes in (top, hits, last):
            axes.set_xlim(0, len(place) - 1)
    return page.figure


def enrichment_bubble_figure(
    tables: Mapping[str, pd.DataFrame], *, title: str = "", max_sets: int = 25
) -> Figure:
    """One row per gene set, one column per comparison: colour is NES, size is -log10 FDR q, up to 0.001.

    `tables` maps a column's name to a `PrerankedResult.table`. The `max_sets` sets with the smallest q
    anywhere are shown, by mean NES; an untested set leaves its place empty. Raises NoRowsError when nothing
    was tested.
    """
    nes = pd.DataFrame({name: table.set_index("gene_set")["nes"] for name, table in tables.items()})
    q = pd.DataFrame({name: table.set_index("gene_set")["fdr_q"] for name, table in tables.items()})
    tested = q.dropna(how="all").min(axis=1).nsmallest(max_sets).index
    if len(tested) == 0:
        raise NoRowsError(
            "No gene set was tested, so there is nothing to draw: see the reasons in the table."
        )
    order = nes.loc[tested].mean(axis=1).sort_values(ascending=False, kind="stable").index
    nes, q = nes.loc[order], q.loc[order]
    names = [set_words(str(name)) for name in order]
    columns = [str(name) for name in tables]
    left, key = MARGIN_MM + widest_mm(names) + 3.0, 30.0
    needed = left + len(columns) * COLUMN_MM + key + MARGIN_MM
    page = Page("single" if needed <= style.WIDTH_MM["single"] else "double", title)
    column = min(22.0, (page.width_mm - left - key - MARGIN_MM) / len(columns))
    labels = ["\n".join(style.wrap(name, column - 1.0, style.SMALL_PT)) for name in columns]
    head = page.head + 2.0
    foot = max(label.count("\n") + 1 for label in labels) * style.line_height_mm(style.SMALL_PT) + 4.0
    with style.house_style():
        page.open(head + max(len(names) * ROW_MM, 40.0) + foot + MARGIN_MM)
        axes = page.axes(left, head, len(columns) * column, len(names) * ROW_MM)
        _draw_bubbles(axes, nes, q)
        axes.set_yticks(range(len(names)), names, fontsize=style.SMALL_PT)
        axes.set_xticks(range(len(columns)), labels, fontsize=style.SMALL_PT)
        _draw_bubble_key(page, left + len(columns) * column + 6.0, head, nes)
    return page.figure


def _size(q: Any) -> Any:
    share = np.clip(-np.log10(np.maximum(q, 10.0**-FULL_SIZE)), 0.0, FULL_SIZE) / FULL_SIZE
    return (SMALLEST_PT + share * (LARGEST_PT - SMALLEST_PT)) ** 2


def _draw_bubbles(axes: Any, nes: pd.DataFrame, q: pd.DataFrame) -> None:
    limit = _limit(nes)
    for j in range(nes.shape[1]):
        known = np.flatnonzero(nes.iloc[:, j].notna() & q.iloc[:, j].notna())
        axes.scatter(
            np.full(len(known), j), known, s=_size(q.iloc[known, j].to_numpy()), c=nes.iloc[known, j],
            cmap="RdBu_r", vmin=-limit, vmax=limit, edgecolors=style.GREY, linewidths=0.4, zorder=3,
        )  # fmt: skip
    axes.set_xlim(-0.5, nes.shape[1] - 0.5)
    axes.set_ylim(len(nes) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.grid(color=style.LIGHT_GREY, linewidth=0.4)
    axes.set_axisbelow(True)
    hide_sides(axes, "left", "bottom")


def _limit(nes: pd.DataFrame) -> float:
    return float(np.ceil(10 * np.nanmax(np.abs(nes.to_numpy()))) / 10)


def _draw_bubble_key(page: Page, left: float, y: float, nes: pd.DataFrame) -> None:
    small = style.line_height_mm(style.SMALL_PT)
    page.text(left, y, "FDR q")
    for k, (q, text) in enumerate(((0.5, "0.5"), (0.1, "0.1"), (0.01, "0.01"), (0.001, "0.001 or less"))):
        line = y + small + 1.5 + k * 4.0
        page.sheet.scatter(
            [left + 2.0], [line], s=_size(q), color=style.LIGHT_GREY, edgecolors=style.GREY, linewidths=0.4
        )
        page.text(left + 5.0, line, text, va="center")
    colour_bar(page, left, y + small + 19.0 + small, _limit(nes), width=3.0, digits=".1f")
    page.text(left, y + small + 18.0, "NES")
