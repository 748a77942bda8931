"""Paired bars: how often something is present in two groups, with exact intervals, one row a feature.

Does not belong here: the rates and the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.page import MARGIN_MM, Page, widest_mm

ROW_MM, BAR_SHARE = 6.4, 0.36
COLUMN_MM = 17.0


@dataclass(frozen=True)
class PairedRate:
    """One feature: shares from 0 to 1 with interval of the first and the second group, and texts beside them."""

    label: str
    first: tuple[float, float, float]
    second: tuple[float, float, float]
    notes: tuple[str, ...] = ()


def paired_rates_figure(
    rates: Sequence[PairedRate],
    *,
    groups: tuple[str, str],
    headings: Sequence[str] = (),
    title: str = "",
    x_label: str = "Share of samples (%)",
) -> Figure:
    """Horizontal bars, first group above the second; `headings` name the columns of notes at the right.

    Raises InvalidSettingError without rates, or when a note has no heading.
    """
    if not rates:
        raise InvalidSettingError("A figure of paired rates was given none: give at least one feature.")
    if any(len(rate.notes) != len(headings) for rate in rates):
        raise InvalidSettingError("Each feature of a figure of paired rates needs a note per heading.")
    small = style.line_height_mm(style.SMALL_PT)
    with style.house_style():
        page = Page("double", title)
        head = page.head + small + 3.0
        page.open(head + len(rates) * ROW_MM + 10.0)
        left = MARGIN_MM + widest_mm((rate.label for rate in rates), style.TEXT_PT) + 2.5
        right = page.width_mm - MARGIN_MM - COLUMN_MM * len(headings)
        _write_heads(page, groups, headings, (left, right), head - small - 1.2)
        axes = page.axes(left, head, right - left - 2.0, len(rates) * ROW_MM)
        for row, rate in enumerate(rates):
            _draw_pair(axes, row, rate)
            middle = head + (row + 0.5) * ROW_MM
            page.text(left - 2.0, middle, rate.label, size=style.TEXT_PT, ha="right", va="center")
            for place, note in enumerate(rate.notes):
                page.text(right + COLUMN_MM * (place + 1), middle, note, ha="right", va="center")
        axes.set_ylim(len(rates) - 0.5, -0.5)
        highest = np.nanmax([max(rate.first[2], rate.second[2]) for rate in rates])
        axes.set_xlim(0.0, max(1.0, 103.0 * float(highest)))
        axes.yaxis.set_visible(False)
        axes.set_xlabel(x_label, size=style.SMALL_PT, labelpad=1.5)
    return page.figure


def _write_heads(
    page: Page, groups: tuple[str, str], headings: Sequence[str], edges: tuple[float, float], top: float
) -> None:
    """The key of the two groups at the left, the columns' headings at the right."""
    x, middle = edges[0], top + style.line_height_mm(style.SMALL_PT) / 2
    for name, colour in zip(groups, (style.VERMILION, style.BLUE), strict=True):
        page.sheet.plot([x, x + 3.0], [middle, middle], color=colour, linewidth=4.0, solid_capstyle="butt")
        page.text(x + 4.0, top, name)
        x += 8.0 + style.text_width_mm(name, style.SMALL_PT)
    for place, heading in enumerate(headings):
        right = edges[1] + COLUMN_MM * (place + 1)
        page.text(right, top, heading, weight="bold", ha="right")


def _draw_pair(axes: Axes, row: int, rate: PairedRate) -> None:
    pair = ((-BAR_SHARE / 2, rate.first, style.VERMILION), (BAR_SHARE / 2, rate.second, style.BLUE))
    for offset, (share, low, high), colour in pair:
        axes.barh(row + offset, 100 * share, height=BAR_SHARE, color=colour, linewidth=0)
        axes.plot([100 * low, 100 * high], [row + offset] * 2, color=style.BLACK, linewidth=0.7)
