"""The classic nomogram picture: a points axis, one axis per covariate, total points, survival axes.

What does NOT belong here: any number that is not in the `Nomogram`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analytics.figures import style
from analytics.figures.page import MARGIN_MM, Page, widest_mm
from analytics.prediction.nomogram import MAX_POINTS, Nomogram

TICK_MM, ROW_GAP_MM, LABEL_GAP_MM = 1.4, 4.2, 3.0
LABEL_SHARE: Final = 0.34
# Clear space between two tick labels.
CLEAR_MM: Final = 1.0


@dataclass(frozen=True)
class _Row:
    """One axis: its name lines, tick places (mm from the left), labels, the lane of each label (None: no
    label), and the number of lanes."""

    name: list[str]
    x: list[float]
    labels: list[str]
    lanes: list[int | None]

    @property
    def n_lanes(self) -> int:
        return 1 + max((lane for lane in self.lanes if lane is not None), default=0)


def nomogram_figure(
    nomogram: Nomogram, *, title: str = "", note: str = "", width: style.Width = "double"
) -> Figure:
    """Draw the nomogram, `note` in grey below it. Numeric labels that would overlap are left out, levels are put on
    several lines."""
    page = Page(width, title)
    page_width = page.width_mm
    names = ["Points", *(axis.label for axis in nomogram.axes), "Total points"]
    names += [f"{axis.horizon_months:g}-month survival" for axis in nomogram.survival_axes]
    widest = widest_mm(names, style.TEXT_PT)
    name_width = min(widest, LABEL_SHARE * page_width)
    left = MARGIN_MM + name_width + LABEL_GAP_MM
    right = page_width - MARGIN_MM - 3.0
    rows = _rows(nomogram, names, name_width, left, right)
    small = style.line_height_mm(style.SMALL_PT)
    heights = [
        max(TICK_MM + row.n_lanes * small, len(row.name) * style.line_height_mm(style.TEXT_PT))
        for row in rows
    ]
    head = page.head + 2.0
    notes = page.wrap(note) if note else []
    height = head + sum(heights) + ROW_GAP_MM * len(rows) + len(notes) * small + MARGIN_MM
    with style.house_style():
        page.open(height)
        y = head
        for row, row_height in zip(rows, heights, strict=True):
            _draw_row(page.sheet, row, y, name_width)
            y += row_height + ROW_GAP_MM
        page.lines(y, notes, color=style.GREY)
    return page.figure


def _rows(nomogram: Nomogram, names: list[str], name_width: float, left: float, right: float) -> list[_Row]:
    def at_points(points: float) -> float:
        return left + points / MAX_POINTS * (right - left)

    # Axes of the default kind reach a little beyond the fitted range, so totals are cut at round numbers.
    top = max(nomogram.max_total_points, 1e-9)
    totals = [float(v) for v in MaxNLocator(nbins=10, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top) if v >= 0]
    top = totals[-1]

    def at_total(points: float) -> float:
        return left + points / top * (right - left)

    scale = [10.0 * k for k in range(11)]
    specs: list[tuple[Sequence[float], list[str], bool]] = [
        ([at_points(p) for p in scale], [f"{p:g}" for p in scale], True)
    ]
    specs += [
        ([at_points(p) for p in axis.points], list(axis.values), axis.is_numeric) for axis in nomogram.axes
    ]
    specs.append(([at_total(p) for p in totals], [f"{p:g}" for p in totals], True))
    specs += [
        ([at_total(p) for p in axis.total_points], [f"{s:g}" for s in axis.survival], True)
        for axis in nomogram.survival_axes
    ]
    return [
        _Row(
            name=style.wrap(name, name_width, style.TEXT_PT),
            x=list(x),
            labels=labels,
            lanes=_lanes(x, labels, is_numeric, left, right),
        )
        for name, (x, labels, is_numeric) in zip(names, specs, strict=True)
    ]


def _lanes(
    x: Sequence[float], labels: Sequence[str], is_numeric: bool, left: float, right: float
) -> list[int | None]:
    """Lane 0 is right under the axis. Numbers that do not fit get no label, levels go a lane down."""
    order = sorted(range(len(labels)), key=lambda i: x[i])
    # The ends first: an axis without its end values cannot be read.
    ends_first = [order[0], order[-1], *order[1:-1]] if len(order) > 2 else order
    lanes = _greedy(ends_first, x, labels, 1 if is_numeric else len(labels), left, right)
    if not is_numeric or sum(lane is None for lane in lanes) <= 1:
        return lanes
    for stride in range(2, len(order)):
        # Every second, third, ... number, and the last one where it fits: even gaps read better.
        regular = _greedy([*order[::stride], order[-1]], x, labels, 1, left, right)
        if all(regular[i] is not None for i in order[::stride]):
            return regular
    return lanes


def _greedy(
    order: Sequence[int], x: Sequence[float], labels: Sequence[str], most: int, left: float, right: float
) -> list[int | None]:
    lanes: list[int | None] = [None] * len(labels)
    spans: list[list[tuple[float, float]]] = [[] for _ in range(most)]
    for i in dict.fromkeys(order):
        low, high = _span(x[i], labels[i], left, right)
        for lane, taken in enumerate(spans):
            if all(high + CLEAR_MM <= a or b + CLEAR_MM <= low for a, b in taken):
                taken.append((low, high))
                lanes[i] = lane
                break
    return lanes


def _span(x: float, label: str, left: float, right: float) -> tuple[float, float]:
    """Where a centred label lies, pushed inside the plot."""
    half = style.text_width_mm(label, style.SMALL_PT) / 2
    middle = min(max(x, left - LABEL_GAP_MM / 2 + half), right + MARGIN_MM + 2.0 - half)
    return middle - half, middle + half


def _draw_row(page: Axes, row: _Row, y: float, name_width: float) -> None:
    small, text = style.line_height_mm(style.SMALL_PT), style.line_height_mm(style.TEXT_PT)
    for k, line in enumerate(row.name):
        page.text(MARGIN_MM + name_width, y - 1.2 + k * text, line, size=style.TEXT_PT, ha="right", va="top")
    left, right = min(row.x, default=0.0), max(row.x, default=0.0)
    if not row.x:
        return
    page.plot([left, right], [y, y], color=style.BLACK, linewidth=0.7, solid_capstyle="butt")
    for x, label, lane in zip(row.x, row.labels, row.lanes, strict=True):
        page.plot([x, x], [y, y + TICK_MM], color=style.BLACK, linewidth=0.6)
        if lane is None:
            continue
        low, high = _span(
            x, label, MARGIN_MM + name_width + LABEL_GAP_MM, page.get_xlim()[1] - MARGIN_MM - 3.0
        )
        place = y + TICK_MM + 0.4 + lane * small
        if lane > 0:
            page.plot([x, x], [y + TICK_MM, place], color=style.LIGHT_GREY, linewidth=0.4, zorder=0)
        # White behind the text, so that a line to a lower label does not run through it.
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.2}
        page.text((low + high) / 2, place, label, size=style.SMALL_PT, ha="center", va="top", bbox=box)
