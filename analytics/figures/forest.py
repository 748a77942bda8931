"""The forest plot: one row per hazard ratio with its counts, interval and, where given, pooled diamonds.

Belongs here: drawing estimates that are already made.
Does not belong here: pooling them.

Over a double column counts, estimates and p stand in columns; over a single column there is no room for
that, and the counts go under the label and p under the estimate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from analytics.engine.numbers import p_value, ratio, with_ends
from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.axes import hide_sides, mark_cut_ends, no_difference, ratio_ticks
from analytics.figures.page import MARGIN_MM, Page, widest_mm

GAP_MM = 2.5
ROW_PADDING_MM = 1.6
# From the axis to the captions, and the share of the page that the plot never falls below.
CAPTION_MM, PLOT_SHARE = 9.5, 0.30
SMALLEST_BOX_PT, LARGEST_BOX_PT = 2.2, 5.5
NICE_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SPARSE_TICKS = ((0.01, 0.05, 0.2, 1.0, 5.0, 20.0, 100.0), (0.01, 0.1, 1.0, 10.0, 100.0))
# Intervals beyond these ratios are cut and end in an arrow: nobody reads the end of a hazard ratio of 1,000.
WIDEST = (0.05, 20.0)


@dataclass(frozen=True)
class ForestRow:
    """One line. NaN `hr` prints `note`; `weight` sizes the box; a pooled row is a diamond.

    A row with `is_heading` prints its label in bold and nothing else.
    """

    label: str
    n: str = ""
    events: str = ""
    hr: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    p: float | None = None
    weight: float | None = None
    is_pooled: bool = False
    is_heading: bool = False
    note: str = ""

    @property
    def type_weight(self) -> str:
        return "bold" if self.is_heading or self.is_pooled else "normal"


@dataclass(frozen=True)
class _Headings:
    n: str
    events: str
    effect: str


@dataclass(frozen=True)
class _Layout:
    """Right edges of n, events and p, left edges of plot and estimate (mm), and each row's lines."""

    is_stacked: bool
    has_p: bool
    n: float
    events: float
    plot: float
    plot_width: float
    estimate: float
    p: float
    labels: list[list[tuple[str, str]]]
    effects: list[list[tuple[str, str]]]
    heights: list[float]


def forest_figure(
    rows: Sequence[ForestRow],
    *,
    title: str = "",
    n_heading: str = "n",
    events_heading: str = "Events",
    effect_heading: str = "HR (95 % CI)",
    axis_label: str = "Hazard ratio (log scale)",
    favours: tuple[str, str] = ("", ""),
    width: style.Width = "double",
) -> Figure:
    """Draw the rows from top to bottom on a common log axis with a line at 1.

    `favours` are the captions under the left and the right half of the axis. Intervals that leave the axis
    end in an arrow. Raises InvalidSettingError without rows, or when a ratio or limit is not positive.
    """
    if not rows:
        raise InvalidSettingError("A forest plot was given no rows: give at least one estimate.")
    for row in rows:
        if any(value <= 0 for value in (row.hr, row.ci_low, row.ci_high)):
            raise InvalidSettingError(
                f"Row '{row.label}' has a hazard ratio or limit that is not above 0: "
                "a log axis cannot show it, use Firth's estimate."
            )
    headings = _Headings(n_heading, events_heading, effect_heading)
    with style.house_style():
        layout = _lay_out(rows, headings, width)
        page = Page(width, title)
        small = style.line_height_mm(style.SMALL_PT)
        top = page.head + 1.0
        head, body = top + small + 1.5, sum(layout.heights)
        limits = axis_limits(rows)
        one = layout.plot + layout.plot_width * _share_below_one(limits)
        captions = _wrapped_captions(favours, one, page.width_mm)
        caption_lines = max(len(lines) for lines in captions) if any(favours) else 0
        page.open(head + body + CAPTION_MM + caption_lines * small + 1.0)
        _write_headings(page, layout, top, headings)
        axes = page.axes(layout.plot, head, layout.plot_width, body)
        _prepare_axes(axes, limits, body, layout.plot_width, axis_label)
        _draw_rows(page, axes, rows, layout, head, limits)
        _write_captions(page, captions, one, head + body + CAPTION_MM)
    return page.figure


def axis_limits(rows: Sequence[ForestRow]) -> tuple[float, float]:
    """Nice limits that hold 1 and every ratio, and every interval as far as WIDEST allows."""
    estimates = [row.hr for row in rows if not math.isnan(row.hr)]
    ends = [value for row in rows for value in (row.ci_low, row.ci_high) if not math.isnan(value)]
    low = min([0.5, *estimates, *[max(end, WIDEST[0]) for end in ends]])
    high = max([2.0, *estimates, *[min(end, WIDEST[1]) for end in ends]])
    return (
        max((tick for tick in NICE_TICKS if tick <= low), default=low),
        min((tick for tick in NICE_TICKS if tick >= high), default=high),
    )


def axis_ticks(limits: tuple[float, float], width_mm: float) -> list[float]:
    """Ticks between the limits, thinned until their numbers do not touch on an axis of `width_mm`."""
    span = math.log(limits[1] / limits[0])
    ticks: list[float] = []
    for candidates in (NICE_TICKS, *SPARSE_TICKS):
        ticks = [tick for tick in candidates if limits[0] <= tick <= limits[1]]
        halves = [style.text_width_mm(f"{tick:g}", style.SMALL_PT) / 2.0 for tick in ticks]
        gaps = [math.log(b / a) / span * width_mm for a, b in pairwise(ticks)]
        if all(gap >= a + b + 1.0 for gap, (a, b) in zip(gaps, pairwise(halves), strict=True)):
            break
    return ticks


def _effect_text(row: ForestRow) -> str:
    if row.is_heading:
        return ""
    if math.isnan(row.hr):
        return row.note or "not estimable"
    if math.isnan(row.ci_low) or math.isnan(row.ci_high):
        return ratio(row.hr)
    return with_ends(row.hr, row.ci_low, row.ci_high)


def _lay_out(rows: Sequence[ForestRow], headings: _Headings, width: style.Width) -> _Layout:
    page, stacked = style.WIDTH_MM[width], width == "single"
    has_p = any(row.p is not None for row in rows)

    def widest(texts: Iterable[str], heading: str) -> float:
        return widest_mm([*texts, heading], weight="bold")

    effect = widest((_effect_text(row) for row in rows), headings.effect)
    n, events = (
        widest((row.n for row in rows), headings.n),
        widest((row.events for row in rows), headings.events),
    )
    p = widest((p_value(row.p) for row in rows), "p") if has_p else 0.0
    columns = effect if stacked else effect + n + events + p + (3 if has_p else 2) * GAP_MM
    free = page - 2 * MARGIN_MM - 2 * GAP_MM - columns
    # Labels take what they need, but the plot keeps its share of the page and grows no wider than 45 %.
    plot = min(
        max(PLOT_SHARE * page, free - widest_mm((row.label for row in rows), weight="bold")), 0.45 * page
    )
    label = free - plot
    labels = [_label_lines(row, headings, label, stacked) for row in rows]
    effects = [_effect_lines(row, stacked) for row in rows]
    small = style.line_height_mm(style.SMALL_PT)
    n_right = MARGIN_MM + label + (0.0 if stacked else GAP_MM + n)
    events_right = n_right + (0.0 if stacked else GAP_MM + events)
    plot_left = events_right + GAP_MM
    return _Layout(
        is_stacked=stacked,
        has_p=has_p,
        n=n_right,
        events=events_right,
        plot=plot_left,
        plot_width=plot,
        estimate=plot_left + plot + GAP_MM,
        p=page - MARGIN_MM,
        labels=labels,
        effects=effects,
        heights=[
            max(len(left), len(right)) * small + ROW_PADDING_MM
            for left, right in zip(labels, effects, strict=True)
        ],
    )


def _label_lines(row: ForestRow, headings: _Headings, width: float, stacked: bool) -> list[tuple[str, str]]:
    """Lines of (text, colour) of the label column."""
    lines = [(line, style.BLACK) for line in style.wrap(row.label, width, style.SMALL_PT, row.type_weight)]
    if stacked and (row.n or row.events):
        counts = f"{headings.n}\u00a0{row.n}, {headings.events.lower()}\u00a0{row.events}"
        lines += [(line, style.GREY) for line in style.wrap(counts, width, style.SMALL_PT, row.type_weight)]
    return lines


def _effect_lines(row: ForestRow, stacked: bool) -> list[tuple[str, str]]:
    lines = [(_effect_text(row), style.BLACK)]
    if stacked and p_value(row.p):
        lines.append((f"p {p_value(row.p)}", style.GREY))
    return lines


def _write_headings(page: Page, layout: _Layout, y: float, headings: _Headings) -> None:
    bold: dict[str, Any] = {"weight": "bold"}
    page.text(layout.estimate, y, headings.effect, ha="left", **bold)
    if not layout.is_stacked:
        page.text(layout.n, y, headings.n, ha="right", **bold)
        page.text(layout.events, y, headings.events, ha="right", **bold)
        if layout.has_p:
            page.text(layout.p, y, "p", ha="right", **bold)
    line = y + style.line_height_mm(style.SMALL_PT) + 0.6
    page.sheet.plot([MARGIN_MM, layout.p], [line, line], color=style.BLACK, linewidth=0.5)


def _prepare_axes(
    axes: Axes, limits: tuple[float, float], body_mm: float, width_mm: float, label: str
) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_ylim(body_mm, 0.0)
    ratio_ticks(axes, axis_ticks(limits, width_mm))
    axes.yaxis.set_visible(False)
    hide_sides(axes, "left")
    no_difference(axes, linewidth=0.7)
    axes.set_xlabel(label, size=style.SMALL_PT, labelpad=1.0)


def _draw_rows(
    page: Page,
    axes: Axes,
    rows: Sequence[ForestRow],
    layout: _Layout,
    head: float,
    limits: tuple[float, float],
) -> None:
    largest = max((row.weight for row in rows if row.weight is not None and not row.is_pooled), default=1.0)
    top = 0.0
    for row, label, effect, height in zip(rows, layout.labels, layout.effects, layout.heights, strict=True):
        middle = top + height / 2.0
        _write_lines(page, MARGIN_MM, head + middle, label, row.type_weight)
        _write_lines(page, layout.estimate, head + middle, effect, row.type_weight)
        if not layout.is_stacked:
            for x, text in ((layout.n, row.n), (layout.events, row.events), (layout.p, p_value(row.p))):
                _write_lines(page, x, head + middle, [(text, style.BLACK)], row.type_weight, "right")
        if row.is_pooled and not math.isnan(row.hr):
            _draw_diamond(axes, row, middle, limits)
        elif not math.isnan(row.hr):
            _draw_interval(axes, row, middle, limits, largest)
        top += height


def _write_lines(
    page: Page, x: float, middle: float, lines: list[tuple[str, str]], weight: str, align: str = "left"
) -> None:
    step = style.line_height_mm(style.SMALL_PT)
    first = middle - (len(lines) - 1) / 2.0 * step
    for i, (text, colour) in enumerate(lines):
        options: dict[str, Any] = {"ha": align, "va": "center_baseline", "weight": weight, "color": colour}
        page.text(x, first + i * step, text, **options)


def _draw_diamond(axes: Axes, row: ForestRow, y: float, limits: tuple[float, float]) -> None:
    low, high = max(row.ci_low, limits[0]), min(row.ci_high, limits[1])
    corners = [(low, y), (row.hr, y - 1.3), (high, y), (row.hr, y + 1.3)]
    axes.add_patch(Polygon(corners, closed=True, facecolor=style.VERMILION, edgecolor="none", zorder=3))


def _draw_interval(axes: Axes, row: ForestRow, y: float, limits: tuple[float, float], largest: float) -> None:
    if not (math.isnan(row.ci_low) or math.isnan(row.ci_high)):
        low, high = max(row.ci_low, limits[0]), min(row.ci_high, limits[1])
        axes.plot([low, high], [y, y], color=style.BLUE, linewidth=1.0, zorder=2, solid_capstyle="butt")
        mark_cut_ends(axes, (row.ci_low, row.ci_high), y, colour=style.BLUE, size=3.5, zorder=3)
    share = 0.5 if row.weight is None else math.sqrt(max(row.weight, 0.0) / largest)
    size = SMALLEST_BOX_PT + (LARGEST_BOX_PT - SMALLEST_BOX_PT) * share
    axes.plot([row.hr], [y], marker="s", markersize=size, color=style.BLUE, markeredgewidth=0, zorder=4)


def _share_below_one(limits: tuple[float, float]) -> float:
    return math.log(1.0 / limits[0]) / math.log(limits[1] / limits[0])


def _wrapped_captions(favours: tuple[str, str], one: float, page: float) -> list[list[str]]:
    """Captions may run under the neighbouring columns, where nothing else stands, but not off the page."""
    rooms = (one - 1.5 - MARGIN_MM, page - MARGIN_MM - one - 1.5)
    return [style.wrap(text, room, style.SMALL_PT) for text, room in zip(favours, rooms, strict=True)]


def _write_captions(page: Page, captions: list[list[str]], one: float, top: float) -> None:
    for lines, side in zip(captions, (-1.0, 1.0), strict=True):
        for i, line in enumerate(lines):
            y = top + i * style.line_height_mm(style.SMALL_PT)
            align = "right" if side < 0 else "left"
            page.text(one + 1.5 * side, y, line, ha=align, color=style.GREY)
