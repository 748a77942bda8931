"""Allele fractions of the earlier against the later sample, one panel a pair.

Belongs here: drawing. Which mutation is private or has moved is decided in `pairs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.page import MARGIN_MM, Page
from analytics.resistance.pairs.compare import (
    FALLING,
    PRIVATE_TO_FIRST,
    PRIVATE_TO_SECOND,
    RISING,
    SHARED,
    STEADY,
    TOO_SHALLOW,
)

COLUMNS: Final = 4
LEFT_MM, PANEL_MM, GAP_MM, HEAD_MM, FOOT_MM = 11.0, 34.0, 10.0, 9.5, 9.0
#: legend words, colour, marker, in drawing order
_CLASSES: Final = (
    (TOO_SHALLOW, "no call in one sample, too shallow to say", "#A6A6A6", "x"),
    (STEADY, "shared, no change shown", style.GREY, "o"),
    (PRIVATE_TO_FIRST, "only in the earlier sample", style.BLUE, "s"),
    (PRIVATE_TO_SECOND, "only in the later sample", style.VERMILION, "D"),
    (FALLING, "shared, falling share of tumour cells", style.SKY_BLUE, "v"),
    (RISING, "shared, rising share of tumour cells", style.ORANGE, "^"),
)


@dataclass(frozen=True)
class ShiftPanel:
    """One pair: its heading, a line below it, the pair's mutations and the purity ratio (second over first)."""

    heading: str
    note: str
    mutations: pd.DataFrame
    purity_ratio: float
    genes_named: tuple[str, ...] = ()


def shift_figure(panels: Sequence[ShiftPanel], *, title: str) -> Figure:
    """A sheet of panels, four in a row, in a double column. The dashed line is where a mutation lies whose share of the
    tumour cells stays as it is; mutations without a call in a sample lie on its axis.

    Raises NoRowsError without a panel.
    """
    if not panels:
        raise NoRowsError("No pair of samples was given: there is nothing to draw.")
    page = Page("double", title)
    # The key takes two lines below the title.
    head = page.head + 6.0 + 2 * 4.0 + 2.0 - style.line_height_mm(style.TITLE_PT)
    height = head + -(-len(panels) // COLUMNS) * (HEAD_MM + PANEL_MM + FOOT_MM) + 2.0
    with style.house_style():
        page.open(height)
        _legend(page, head - 12.4)
        for i, panel in enumerate(panels):
            row, column = divmod(i, COLUMNS)
            left = LEFT_MM + column * (PANEL_MM + GAP_MM)
            top = head + row * (HEAD_MM + PANEL_MM + FOOT_MM) + HEAD_MM
            page.text(left, top - 5.2, panel.heading, size=style.TEXT_PT, weight="bold", va="bottom")
            page.text(left, top - 1.6, panel.note, va="bottom", color=style.GREY)
            axes = page.axes(left, top, PANEL_MM, PANEL_MM)
            _draw(axes, panel)
            if column == 0:
                axes.set_ylabel("Allele fraction, later", labelpad=2)
            if i + COLUMNS >= len(panels):
                axes.set_xlabel("Allele fraction, earlier", labelpad=2)
    return page.figure


def _legend(page: Page, top: float) -> None:
    for i, (_, words, colour, marker) in enumerate(_CLASSES):
        column, row = divmod(i, 2)
        x, y = MARGIN_MM + 2.0 + column * 58.0, top + 4.0 + row * 4.0
        page.sheet.add_line(
            Line2D(
                [x], [y], marker=marker, color=colour, markersize=3.4, linestyle="none", markeredgewidth=0.8
            )
        )
        page.text(x + 2.4, y, words, va="center")


def drawn_class(mutations: pd.DataFrame) -> pd.Series:
    """The class a mutation is drawn as: its presence, or for shared ones how it moved."""
    return mutations["presence"].where(mutations["presence"] != SHARED, mutations["shift_word"])


def _draw(axes: Axes, panel: ShiftPanel) -> None:
    rows = panel.mutations
    x, y = rows["first_allele_fraction"].fillna(0.0), rows["second_allele_fraction"].fillna(0.0)
    kinds = drawn_class(rows)
    edge = min(1.0, 1.0 / panel.purity_ratio)
    axes.plot(
        [0, edge],
        [0, edge * panel.purity_ratio],
        color=style.BLACK,
        linewidth=0.6,
        linestyle=(0, (4, 3)),
        zorder=1,
    )
    for order, (kind, _, colour, marker) in enumerate(_CLASSES):
        at = kinds == kind
        size = 5.0 if marker == "x" else 3.2
        axes.scatter(
            x[at], y[at], s=size, c=colour, marker=marker, linewidths=0.5 if marker == "x" else 0.0,
            alpha=0.8, zorder=2 + order, rasterized=len(rows) > 200, clip_on=False,
        )  # fmt: skip
    named = rows[rows["hugo_symbol"].isin(panel.genes_named) & rows["is_truncating"].astype(bool)]
    # Only the named rows' places: pandas gives a frame without rows the index of what is assigned to it.
    placed = named.assign(x=x[named.index], y=y[named.index]).drop_duplicates("hugo_symbol")
    for row in placed.to_dict("records"):
        at_x, at_y = float(row["x"]), float(row["y"])
        axes.scatter(
            [at_x],
            [at_y],
            s=18,
            facecolors="none",
            edgecolors=style.BLACK,
            linewidths=0.9,
            zorder=20,
            clip_on=False,
        )
        is_right = at_x > 0.6
        axes.annotate(
            str(row["hugo_symbol"]), (at_x, at_y), xytext=(-3.5 if is_right else 3.5, 3.5), textcoords="offset points",
            size=style.SMALL_PT, weight="bold", ha="right" if is_right else "left", zorder=21,
            bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
        )  # fmt: skip
    axes.set_xlim(-0.02, 1.0)
    axes.set_ylim(-0.02, 1.0)
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])
