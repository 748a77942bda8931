"""Pictures of calibration and of the search for a cut-off.

What does NOT belong here: the nomogram (`nomogram`), Kaplan-Meier curves and any statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from analytics.engine.numbers import p_relation
from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.page import MARGIN_MM, Page
from analytics.prediction.cut_off.cutpoint import CutpointSelection
from analytics.prediction.cut_off.refitted_p import RefittedP
from analytics.prediction.performance.calibration import CalibrationCurve
from analytics.prediction.performance.calibration_optimism import CorrectedCalibration

LEFT_MM, BOTTOM_MM = 12.0, 10.0
PLOT_MM: Final = 68.0
MARKERS: Final = ("o", "s", "^", "D")


def calibration_figure(
    curves: Sequence[CalibrationCurve | CorrectedCalibration],
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Observed against predicted survival with bootstrap intervals, one colour per curve.

    A corrected calibration also shows the optimism-corrected points as crosses. `notes` are printed under the
    plot as given. Raises InvalidSettingError without curves or with more than four.
    """
    if not 1 <= len(curves) <= len(MARKERS):
        raise InvalidSettingError(
            f"A calibration figure shows 1 to {len(MARKERS)} curves, not {len(curves)}."
        )
    names = list(labels or [f"{curve.horizon_months:g} months" for curve in curves])
    page = Page("single", title)
    note_lines = page.wrap(*notes)
    small = style.line_height_mm(style.SMALL_PT)
    key_lines = len(names) + (1 if any(isinstance(c, CorrectedCalibration) for c in curves) else 0)
    head = page.head + key_lines * small + 2.0
    height = head + PLOT_MM + BOTTOM_MM + len(note_lines) * small + MARGIN_MM
    with style.house_style():
        page.open(height)
        axes = page.axes(LEFT_MM, head, PLOT_MM, PLOT_MM)
        y = page.head
        axes.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=1)
        low = 1.0
        for curve, name, colour, marker in zip(curves, names, style.GROUP_COLOURS, MARKERS, strict=False):
            page.sheet.plot(
                [MARGIN_MM + 1.5], [y + 0.42 * small], marker=marker, color=colour, markersize=3.5
            )
            text = f"{name}: mean absolute error {curve.mean_absolute_error:.3f}"
            page.text(MARGIN_MM + 4.5, y, text)
            y += small
            table = curve.table.dropna(subset=["observed"])
            x, seen = table["predicted"].to_numpy(), table["observed"].to_numpy()
            bars = np.stack([seen - table["ci_low"], table["ci_high"] - seen])
            axes.errorbar(
                x, seen, yerr=np.nan_to_num(bars), color=colour, marker=marker, markersize=3.5, linewidth=0.9,
                elinewidth=0.7, capsize=1.6, capthick=0.7, zorder=3,
            )  # fmt: skip
            low = min(low, float(np.nanmin([*x, *seen, *table["ci_low"]])))
            if isinstance(curve, CorrectedCalibration):
                axes.plot(
                    x, table["corrected"], linestyle="none", marker="x", color=colour, markersize=4, zorder=4
                )
        if key_lines > len(names):
            page.sheet.plot(
                [MARGIN_MM + 1.5], [y + 0.42 * small], marker="x", color=style.BLACK, markersize=4
            )
            page.text(MARGIN_MM + 4.5, y, "corrected for optimism")
        floor = max(0.0, np.floor(10 * low) / 10)
        axes.set_xlim(floor, 1.0)
        axes.set_ylim(floor, 1.0)
        axes.set_xlabel("Predicted survival")
        axes.set_ylabel("Observed survival (Kaplan-Meier)")
        page.lines(head + PLOT_MM + BOTTOM_MM, note_lines, color=style.GREY)
    return page.figure


def cutpoint_figure(
    selection: CutpointSelection, *, x_label: str = "", title: str = "", refitted: RefittedP | None = None
) -> Figure:
    """The standardised log-rank statistic of every cut, with the chosen one and its p marked.

    For a score that was fitted in these people `refitted` adds the p that pays for the fit, and the 95 % point of the
    largest statistic where nothing is prognostic as a dotted line.
    """
    cut, profile = selection.cutpoint, selection.profile
    page = Page("single", title)
    corrected, naive = p_relation(cut.p_corrected, 1.0 / cut.n_permutations), p_relation(cut.p_naive)
    text = f"Cut at {cut.threshold:.4g}: {cut.n_low} at or below, {cut.n_high} above; "
    if refitted is not None:
        paid = p_relation(refitted.p, 1.0 / len(refitted.maxima))
        text += f"p {paid} paying for fit and search ({refitted.n_refits:,} refits), "
        text += f"p {corrected} for the search alone, "
    else:
        text += f"corrected p {corrected} ({cut.n_permutations:,} permutations), "
    text += f"naive p {naive}."
    lines = page.wrap(text)
    dotted = "Dotted: 95 % of the largest statistics stay below it where nothing is prognostic."
    keys = page.wrap(dotted) if refitted is not None else []
    small = style.line_height_mm(style.SMALL_PT)
    head = page.head + (len(lines) + len(keys)) * small + 2.0
    plot_height = 45.0
    with style.house_style():
        page.open(head + plot_height + BOTTOM_MM + MARGIN_MM)
        page.lines(page.lines(page.head, lines), keys, color=style.GREY)
        axes = page.axes(LEFT_MM, head, page.width_mm - LEFT_MM - MARGIN_MM - 1.0, plot_height)
        axes.step(
            profile["threshold"], profile["statistic"].abs(), where="post", color=style.BLUE, linewidth=0.9
        )
        axes.axvline(cut.threshold, color=style.VERMILION, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.plot([cut.threshold], [cut.statistic], marker="o", markersize=3.5, color=style.VERMILION)
        top = cut.statistic
        if refitted is not None:
            limit = float(np.quantile(refitted.maxima, 0.95))
            top = max(top, limit)
            axes.axhline(limit, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 2)))
        axes.set_ylim(0, 1.08 * top)
        axes.set_xlabel(x_label or cut.marker)
        axes.set_ylabel("Standardised log-rank statistic")
    return page.figure
