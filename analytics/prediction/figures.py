"""Pictures of calibration and of the search for a cut-off.

What does NOT belong here: the nomogram (`nomogram_figure`), Kaplan-Meier curves and any statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.prediction.calibration import CalibrationCurve
from analytics.prediction.calibration_optimism import CorrectedCalibration
from analytics.prediction.cutpoint import CutpointSelection
from analytics.prediction.refitted_p import RefittedP

MARGIN_MM, LEFT_MM, BOTTOM_MM = 3.0, 12.0, 10.0
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
    page_width = style.WIDTH_MM["single"]
    full = page_width - 2 * MARGIN_MM
    title_lines = style.wrap(title, full, style.TITLE_PT, "bold") if title else []
    note_lines = [line for note in notes for line in style.wrap(note, full, style.SMALL_PT)]
    small = style.line_height_mm(style.SMALL_PT)
    key_lines = len(names) + (1 if any(isinstance(c, CorrectedCalibration) for c in curves) else 0)
    head = MARGIN_MM + len(title_lines) * style.line_height_mm(style.TITLE_PT) + key_lines * small + 2.0
    height = head + PLOT_MM + BOTTOM_MM + len(note_lines) * small + MARGIN_MM
    with style.house_style():
        figure = style.new_figure("single", height)
        page = style.sheet(figure)
        axes = style.axes_at(figure, LEFT_MM, head, PLOT_MM, PLOT_MM)
        y = MARGIN_MM
        for line in title_lines:
            page.text(MARGIN_MM, y, line, size=style.TITLE_PT, weight="bold", va="top")
            y += style.line_height_mm(style.TITLE_PT)
        axes.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=1)
        low = 1.0
        for curve, name, colour, marker in zip(curves, names, style.GROUP_COLOURS, MARKERS, strict=False):
            page.plot([MARGIN_MM + 1.5], [y + 0.42 * small], marker=marker, color=colour, markersize=3.5)
            text = f"{name}: mean absolute error {curve.mean_absolute_error:.3f}"
            page.text(MARGIN_MM + 4.5, y, text, size=style.SMALL_PT, va="top")
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
            page.plot([MARGIN_MM + 1.5], [y + 0.42 * small], marker="x", color=style.BLACK, markersize=4)
            page.text(MARGIN_MM + 4.5, y, "corrected for optimism", size=style.SMALL_PT, va="top")
        floor = max(0.0, np.floor(10 * low) / 10)
        axes.set_xlim(floor, 1.0)
        axes.set_ylim(floor, 1.0)
        axes.set_xlabel("Predicted survival")
        axes.set_ylabel("Observed survival (Kaplan-Meier)")
        for k, line in enumerate(note_lines):
            place = head + PLOT_MM + BOTTOM_MM + k * small
            page.text(MARGIN_MM, place, line, size=style.SMALL_PT, va="top", color=style.GREY)
    return figure


def cutpoint_figure(
    selection: CutpointSelection, *, x_label: str = "", title: str = "", refitted: RefittedP | None = None
) -> Figure:
    """The standardised log-rank statistic of every cut, with the chosen one and its p marked.

    For a score that was fitted in these people `refitted` adds the p that pays for the fit, and the 95 % point of the
    largest statistic where nothing is prognostic as a dotted line.
    """
    cut, profile = selection.cutpoint, selection.profile
    page_width = style.WIDTH_MM["single"]
    full = page_width - 2 * MARGIN_MM
    title_lines = style.wrap(title, full, style.TITLE_PT, "bold") if title else []
    corrected, naive = p_words(cut.p_corrected, cut.n_permutations), p_words(cut.p_naive)
    text = f"Cut at {cut.threshold:.4g}: {cut.n_low} at or below, {cut.n_high} above; "
    if refitted is not None:
        paid = p_words(refitted.p, len(refitted.maxima))
        text += f"p {paid} paying for fit and search ({refitted.n_refits:,} refits), "
        text += f"p {corrected} for the search alone, "
    else:
        text += f"corrected p {corrected} ({cut.n_permutations:,} permutations), "
    text += f"naive p {naive}."
    lines = style.wrap(text, full, style.SMALL_PT)
    dotted = "Dotted: 95 % of the largest statistics stay below it where nothing is prognostic."
    keys = style.wrap(dotted, full, style.SMALL_PT) if refitted is not None else []
    small = style.line_height_mm(style.SMALL_PT)
    head = (
        MARGIN_MM
        + len(title_lines) * style.line_height_mm(style.TITLE_PT)
        + (len(lines) + len(keys)) * small
        + 2.0
    )
    plot_height = 45.0
    with style.house_style():
        figure = style.new_figure("single", head + plot_height + BOTTOM_MM + MARGIN_MM)
        page = style.sheet(figure)
        y = MARGIN_MM
        for line in title_lines:
            page.text(MARGIN_MM, y, line, size=style.TITLE_PT, weight="bold", va="top")
            y += style.line_height_mm(style.TITLE_PT)
        for line in [*lines, *keys]:
            colour = style.GREY if line in keys else style.BLACK
            page.text(MARGIN_MM, y, line, size=style.SMALL_PT, va="top", color=colour)
            y += small
        axes = style.axes_at(figure, LEFT_MM, head, page_width - LEFT_MM - MARGIN_MM - 1.0, plot_height)
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
    return figure


def p_words(p: float, permutations: int | None = None) -> str:
    """'= 0.013', '< 0.001'; a permutation p that nothing reached says what could at least be seen."""
    if permutations is not None and p <= 1.0 / (1 + permutations):
        return f"< {_plain(1.0 / permutations)}"
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _plain(value: float) -> str:
    return f"{value:.6f}".rstrip("0")
