"""The Kaplan-Meier figure: curves with bands, censoring ticks, medians and numbers at risk.

Belongs here: drawing curves that are already estimated. Does not belong here: estimating them, and
composing the text of the annotation (the caller knows the estimator).

The key, the title and the annotation stand above the axes, so that no curve can run under them whatever its
shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.engine.numbers import DASH, NOT_REACHED, count, estimate_text
from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.page import Page, widest_mm
from analytics.survival.curves.kaplan_meier import KaplanMeierCurve

PLOT_HEIGHT_MM = {"single": 52.0, "double": 78.0}
RIGHT_MM, TOP_MM, BOTTOM_MM = 4.0, 2.5, 2.5
# Room for the y axis' numbers and label.
AXIS_LEFT_MM = 12.0
AXIS_BOTTOM_MM = 9.0
KEY_LINE_MM = 6.0
# Between a group's name and the middle of its first count.
LABEL_GAP_MM = 4.5
# Group names wider than this share of the figure go on their own line above the counts, not beside them.
LABEL_SHARE = 0.22
# A median at which fewer people than this are left says how many.
FEW_AT_RISK = 5
NICE_STEPS = (1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 36.0, 60.0, 120.0, 240.0)


@dataclass(frozen=True)
class _Layout:
    """Distances in millimetres from the upper left corner."""

    left: float
    plot_top: float
    plot_width: float
    plot_height: float
    height: float
    page: Page
    key: list[list[str]]
    notes: list[str]
    labels: list[list[str]]
    labels_beside: bool


def kaplan_meier_figure(
    curves: Sequence[KaplanMeierCurve],
    *,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    annotation: Sequence[str] = (),
    x_label: str = "Months",
    y_label: str = "Survival",
    max_months: float | None = None,
    width: style.Width = "single",
    show_band: bool = True,
    show_median: bool = True,
) -> Figure:
    """Draw the curves of two or more groups (or one).

    `labels` maps group names ('True', 'False') to what is printed; `annotation` lines (hazard ratio,
    interval, p, estimator) are printed as given. The axis ends at `max_months`, by default at the last
    follow-up. Raises InvalidSettingError without curves or with more than the seven colours that can be
    told apart.
    """
    if not 1 <= len(curves) <= len(style.GROUP_COLOURS):
        raise InvalidSettingError(
            f"A Kaplan-Meier figure shows 1 to {len(style.GROUP_COLOURS)} groups, not {len(curves)}: "
            "merge groups or draw several figures."
        )
    names = [(labels or {}).get(curve.group, curve.group) for curve in curves]
    last = max(float(curve.table["time_months"].iloc[-1]) for curve in curves)
    ticks = month_ticks(max_months if max_months is not None else max(last, 1.0), width)
    with style.house_style():
        layout = _lay_out(curves, names, title, annotation, width)
        page = layout.page
        page.open(layout.height)
        axes = page.axes(layout.left, layout.plot_top, layout.plot_width, layout.plot_height)
        for curve, colour in zip(curves, style.GROUP_COLOURS, strict=False):
            _draw_curve(axes, curve, colour, ticks[-1], show_band)
        if show_median:
            _draw_medians(axes, curves)
        _finish_axes(axes, ticks, x_label, y_label)
        _write_head(page, layout)
        _write_numbers_at_risk(page, layout, curves, ticks)
    return page.figure


def month_ticks(last_month: float, width: style.Width) -> list[float]:
    """Axis ticks from 0 in whole steps, few enough for the width, the last at or beyond `last_month`."""
    most = 6 if width == "single" else 10
    for step in NICE_STEPS:
        if last_month / step <= most:
            break
    else:
        step = NICE_STEPS[-1] * math.ceil(last_month / most / NICE_STEPS[-1])
    count = max(1, math.ceil(last_month / step - 1e-9))
    return [step * i for i in range(count + 1)]


def _lay_out(
    curves: Sequence[KaplanMeierCurve],
    names: list[str],
    title: str,
    annotation: Sequence[str],
    width: style.Width,
) -> _Layout:
    sheet = Page(width, title, margin=RIGHT_MM, top=TOP_MM)
    page, full = sheet.width_mm, sheet.inner
    widest = widest_mm(names)
    beside = widest <= LABEL_SHARE * page
    left = max(AXIS_LEFT_MM, widest + LABEL_GAP_MM + RIGHT_MM) if beside else AXIS_LEFT_MM
    key = [
        style.wrap(_key_text(curve, name), full - KEY_LINE_MM - 2.0, style.SMALL_PT)
        for curve, name in zip(curves, names, strict=True)
    ]
    notes = sheet.wrap(*annotation)
    small = style.line_height_mm(style.SMALL_PT)
    head = sheet.head + (sum(len(lines) for lines in key) + len(notes)) * small + 3.0
    labels = [
        [name] if beside else style.wrap(name, page - left - RIGHT_MM, style.SMALL_PT) for name in names
    ]
    rows = len(names) if beside else sum(len(lines) + 1 for lines in labels)
    height = head + PLOT_HEIGHT_MM[width] + AXIS_BOTTOM_MM + (rows + 1) * small * 1.1 + BOTTOM_MM
    return _Layout(
        left=left,
        plot_top=head,
        plot_width=page - left - RIGHT_MM,
        plot_height=PLOT_HEIGHT_MM[width],
        height=height,
        page=sheet,
        key=key,
        notes=notes,
        labels=labels,
        labels_beside=beside,
    )


def curve_words(curve: KaplanMeierCurve, name: str) -> str:
    """A curve for those who cannot see it: events, people, and the median with those it rests on where they are few."""
    median = (
        f"{estimate_text(curve.median.months, 'months')} months"
        if curve.median.median_reached
        else NOT_REACHED
    )
    return f"{name}: {count(curve.n_events)} events in {count(curve.n)}, median {median}{_few_at_risk(curve)}"


def _few_at_risk(curve: KaplanMeierCurve) -> str:
    """A median that rests on a few people says so."""
    if not curve.median.median_reached:
        return ""
    n = curve.n_at_risk([curve.median.months])[0]
    return f", only\u00a0{count(n)}\u00a0at\u00a0risk\u00a0then" if n < FEW_AT_RISK else ""


def _key_text(curve: KaplanMeierCurve, name: str) -> str:
    median = curve.median
    if not median.median_reached:
        months = "median not reached"
    else:
        low = estimate_text(median.ci_low, "months") or "NR"
        high = estimate_text(median.ci_high, "months") if median.ci_high_reached else "NR"
        months = f"median\u00a0{estimate_text(median.months, 'months')}\u00a0({low}{DASH}{high}){_few_at_risk(curve)}"
    return f"{name}: n\u00a0{count(curve.n)}, events\u00a0{count(curve.n_events)}, {months}"


def _draw_curve(axes: Axes, curve: KaplanMeierCurve, colour: str, end: float, show_band: bool) -> None:
    table = curve.table
    times = np.r_[0.0, table["time_months"].to_numpy()]
    survival = np.r_[1.0, table["survival"].to_numpy()]
    axes.step(times, survival, where="post", color=colour, linewidth=1.1, zorder=3)
    if show_band:
        # No interval exists at survival 1 and 0; there the band has no width.
        low, high = np.r_[1.0, table["ci_low"].to_numpy()], np.r_[1.0, table["ci_high"].to_numpy()]
        low, high = np.where(np.isnan(low), survival, low), np.where(np.isnan(high), survival, high)
        axes.fill_between(times, low, high, step="post", color=colour, alpha=0.15, linewidth=0, zorder=1)
    censored = table[(table["n_censored"] > 0) & (table["time_months"] <= end)]
    axes.plot(
        censored["time_months"],
        censored["survival"],
        linestyle="none",
        marker="|",
        markersize=3.2,
        markeredgewidth=0.6,
        color=colour,
        zorder=4,
    )


def _draw_medians(axes: Axes, curves: Sequence[KaplanMeierCurve]) -> None:
    reached = [curve for curve in curves if curve.median.median_reached]
    if not reached:
        return
    dashed: dict[str, Any] = {"color": style.GREY, "linewidth": 0.6, "linestyle": (0, (3, 2)), "zorder": 2}
    axes.plot([0.0, max(curve.median.months for curve in reached)], [0.5, 0.5], **dashed)
    for curve in reached:
        axes.plot([curve.median.months] * 2, [0.0, 0.5], **dashed)


def _finish_axes(axes: Axes, ticks: list[float], x_label: str, y_label: str) -> None:
    axes.set_xlim(0.0, ticks[-1])
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    # Slightly above 1, so that a curve at 1 and its ticks are not cut in half.
    axes.set_ylim(0.0, 1.03)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "0.25", "0.50", "0.75", "1.00"])
    axes.set_xlabel(x_label, labelpad=1.5)
    axes.set_ylabel(y_label, labelpad=2.0)


def _write_head(page: Page, layout: _Layout) -> None:
    y = page.head + 1.0
    small = style.line_height_mm(style.SMALL_PT)
    for lines, colour in zip(layout.key, style.GROUP_COLOURS, strict=False):
        middle = y + 0.42 * small
        page.sheet.plot([RIGHT_MM, RIGHT_MM + KEY_LINE_MM], [middle, middle], color=colour, linewidth=1.4)
        y = page.lines(y, lines, indent=KEY_LINE_MM + 2.0)
    page.lines(y, layout.notes, color=style.GREY)


def _write_numbers_at_risk(
    page: Page, layout: _Layout, curves: Sequence[KaplanMeierCurve], ticks: list[float]
) -> None:
    row = style.line_height_mm(style.SMALL_PT) * 1.1
    y = layout.plot_top + layout.plot_height + AXIS_BOTTOM_MM
    page.text(layout.left, y, "Numbers at risk", weight="bold")
    y += row
    for curve, lines, colour in zip(curves, layout.labels, style.GROUP_COLOURS, strict=False):
        if layout.labels_beside:
            page.text(layout.left - LABEL_GAP_MM, y, lines[0], ha="right", color=colour)
        else:
            for line in lines:
                page.text(layout.left, y, line, color=colour)
                y += row
        for tick, at_risk in zip(ticks, curve.n_at_risk(ticks), strict=True):
            x = layout.left + layout.plot_width * tick / ticks[-1]
            page.text(x, y, count(at_risk), ha="center")
        y += row
