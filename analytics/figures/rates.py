"""Rates with exact intervals, one line a group: intrinsic loss by cancer type and response, outcomes.

Belongs here: drawing rates that are already made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.figure import Figure

from analytics.engine.numbers import count, with_ends
from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.axes import hide_sides
from analytics.figures.page import MARGIN_MM, Page, widest_mm

ROW_MM, COUNT_MM, RATE_MM = 4.0, 20.0, 31.0
TICKS: Final = (1, 2, 5, 10, 20, 25, 50)


@dataclass(frozen=True)
class RateRow:
    """`n_yes` of `n`; rate and limits from 0 to 1. A heading prints its label only; `is_minor` indents."""

    label: str
    n_yes: int = 0
    n: int = 0
    rate: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    is_heading: bool = False
    is_minor: bool = False


def rate_figure(rows: Sequence[RateRow], *, title: str, x_label: str) -> Figure:
    """Draw the rows from top to bottom on a common percent axis, counts and rates in columns, in a double column.

    Raises NoRowsError without a rate.
    """
    if not any(not row.is_heading for row in rows):
        raise NoRowsError("No rate was given: there is nothing to draw.")
    page = Page("double", title)
    widest = widest_mm((row.label for row in rows), style.TEXT_PT, "bold") + 4.0
    left = MARGIN_MM + min(widest, 66.0) + COUNT_MM
    plot_width = page.width_mm - left - RATE_MM - 2 * MARGIN_MM
    top = page.head + 6.0
    height = top + ROW_MM * len(rows) + 11.0
    with style.house_style():
        page.open(height)
        page.text(left - 3.0, top - 2.0, "n / all", ha="right", va="bottom", color=style.GREY)
        right = page.width_mm - MARGIN_MM
        page.text(right, top - 2.0, "% (95 % CI)", ha="right", va="bottom", color=style.GREY)
        axes = page.axes(left, top, plot_width, ROW_MM * len(rows))
        axes.set_ylim(ROW_MM * len(rows), 0.0)
        drawn = [row for row in rows if not row.is_heading and not math.isnan(row.rate)]
        end = 100 * max([0.05, *(row.ci_high for row in drawn)])
        axes.set_xlim(0.0, min(100.0, end * 1.04))
        step = next((tick for tick in TICKS if end / tick <= 6), 50)
        axes.set_xticks([tick for tick in range(0, 101, step) if tick <= min(100.0, end * 1.04)])
        axes.set_yticks([])
        hide_sides(axes, "left")
        axes.set_xlabel(x_label)
        for k, row in enumerate(rows):
            y = (k + 0.5) * ROW_MM
            _line(page, row, top + y, left, right)
            if not row.is_heading and not math.isnan(row.rate):
                colour = style.GREY if row.is_minor else style.BLUE
                axes.plot(
                    [100 * row.ci_low, 100 * row.ci_high], [y, y], color=colour, linewidth=1.0, zorder=2
                )
                axes.plot(
                    [100 * row.rate],
                    [y],
                    "o" if row.is_minor else "s",
                    color=colour,
                    markersize=3.4,
                    zorder=3,
                    clip_on=False,
                )
    return page.figure


def _line(page: Page, row: RateRow, y: float, left: float, right: float) -> None:
    if row.is_heading:
        page.text(MARGIN_MM, y, row.label, size=style.TEXT_PT, weight="bold", va="center")
        return
    indent = 4.0 if row.is_minor else 2.0
    room = left - COUNT_MM - MARGIN_MM - indent
    label = style.wrap(row.label, max(room, 10.0), style.TEXT_PT)[0]
    page.text(MARGIN_MM + indent, y, label, size=style.TEXT_PT, va="center")
    page.text(
        left - 3.0, y, f"{count(row.n_yes)} / {count(row.n)}", size=style.TEXT_PT, ha="right", va="center"
    )
    said = "no one profiled"
    if not math.isnan(row.rate):
        said = with_ends(row.rate, row.ci_low, row.ci_high, "percent")
    page.text(right, y, said, size=style.TEXT_PT, ha="right", va="center")
