"""Axes that several figures share: rows without an axis of their own, ratios on a log scale, zeros on one, colours.

Which values are drawn does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from analytics.engine.arrays import FloatArray
from analytics.figures import style
from analytics.figures.page import Page


def hide_sides(axes: Axes, *sides: str) -> None:
    """Take away lines of the frame (left, bottom)."""
    for side in sides:
        axes.spines[side].set_visible(False)


def row_axis(axes: Axes, n: int) -> None:
    """Rows 0 to n - 1 from top to bottom, whose names stand beside the axes."""
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_yticks([])
    hide_sides(axes, "left")


def ratio_ticks(axes: Axes, ticks: Sequence[float], *, as_fractions: bool = False) -> None:
    """Ticks of a ratio on a log axis as plain numbers, below 1 as fractions if asked, and no ticks between them."""
    words = [f"1/{1 / tick:g}" if as_fractions and tick < 1 else f"{tick:g}" for tick in ticks]
    axes.set_xticks(list(ticks), words)
    axes.minorticks_off()


def no_difference(axes: Axes, *, linewidth: float = 0.6, zorder: float = 1) -> None:
    """The line where a ratio is 1."""
    axes.axvline(1.0, color=style.GREY, linewidth=linewidth, zorder=zorder)


def mark_cut_ends(
    axes: Axes, ends: tuple[float, float], y: float, *, colour: str, size: float, zorder: float | None = None
) -> None:
    """Arrow heads where an interval goes on beyond the axis."""
    low, high = axes.get_xlim()
    for edge, is_cut, marker in ((low, ends[0] < low, "<"), (high, ends[1] > high, ">")):
        if is_cut:
            axes.plot([edge], [y], marker, color=colour, markersize=size, clip_on=False, zorder=zorder)


def zero_place(values: FloatArray) -> float | None:
    """Where zeros stand on a log axis: at half the smallest positive value; None where there are none.

    Give it the values of every panel that is compared, so that a zero is one height everywhere.
    """
    known = values[np.isfinite(values)]
    positive = known[known > 0]
    if not (known <= 0).any():
        return None
    return float(positive.min()) / 2 if len(positive) else 1.0


def log_scale(axes: Axes, *, zero: float | None = None, highest: float = 1.0) -> None:
    """A log axis upwards with plain numbers. With ``zero`` (of `zero_place`) its tick says 0, a gap parts it from the
    others, and the axis reaches from there to ``highest``, so that panels with the same two are the same axis."""
    axes.set_yscale("log")
    if zero is None:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.set_ylim(zero / 1.25, highest * 1.25)
        decades = [tick for tick in LogLocator().tick_values(zero, highest) if 1.9 * zero <= tick <= highest]
        axes.yaxis.set_major_locator(FixedLocator([zero, *decades]))
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: "0" if np.isclose(value, zero) else f"{value:g}")
        )
        axes.yaxis.set_minor_locator(NullLocator())
        # Between 0 and the smallest number that has a place on this axis the scale is broken.
        axes.plot([0], [zero * 1.4], marker=(2, 0, -60), markersize=5.0, color=style.BLACK, markeredgewidth=0.6,
                  transform=axes.get_yaxis_transform(), clip_on=False, zorder=5)  # fmt: skip
    axes.yaxis.set_minor_formatter(NullFormatter())


def colour_bar(page: Page, left: float, top: float, limit: float, *, width: float, digits: str) -> None:
    """The key of colours from -limit (blue) over 0 to limit (red), 14 mm high; ``digits`` formats the ends."""
    bar = page.axes(left, top, width, 14.0)
    shades = np.linspace(limit, -limit, 64)[:, None]
    bar.imshow(shades, aspect="auto", cmap="RdBu_r", extent=(0, 1, -limit, limit))
    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.set_yticks([-limit, 0, limit], [format(-limit, digits), "0", format(limit, digits)])


def dot_handle(colour: str, *, face: str | None = None, line: Literal["-", "none"] = "none") -> Line2D:
    """A dot for a key; ``face`` where it is filled otherwise, ``line`` through it."""
    return Line2D(
        [], [], color=colour, marker="o", markersize=3.2, markerfacecolor=face or colour, linestyle=line
    )


def key_above(
    axes: Axes, handles: Mapping[str, Line2D], *, side: Literal["left", "right"], x: float, gap: float
) -> None:
    """A key in one line above the axes; ``handles`` by their words, ``gap`` between mark and word."""
    where: Literal["lower left", "lower right"] = "lower left" if side == "left" else "lower right"
    axes.legend(
        list(handles.values()), list(handles), loc=where, ncols=len(handles), bbox_to_anchor=(x, 1.0), frameon=False,
        fontsize=style.SMALL_PT, handletextpad=gap, columnspacing=1.0, borderaxespad=0.0,
    )  # fmt: skip
