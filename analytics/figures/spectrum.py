"""The 96-channel plot: shares of substitutions by their neighbours, one panel a group.

Does not belong here: counting channels (`mutations.spectra`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.signatures.spectra import CHANNELS, SUBSTITUTIONS

FloatArray = npt.NDArray[np.float64]

MARGIN_MM, AXIS_MM = 3.0, 11.0
PANEL_MM, BAND_MM, GAP_MM = 26.0, 3.6, 4.0
# Six colours that differ with any common colour vision; the order is that of the substitutions.
COLOURS = (style.SKY_BLUE, style.BLACK, style.VERMILION, style.GREY, style.GREEN, style.PURPLE)


@dataclass(frozen=True)
class SpectrumPanel:
    """One spectrum: 96 shares in the order of CHANNELS, and whether the axis has room for whiskers.

    `low` and `high` are the ends of an interval per channel, where there is one.
    """

    label: str
    shares: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None


def spectrum_figure(panels: Sequence[SpectrumPanel], *, title: str = "") -> Figure:
    """Draw the panels below each other on one scale; the neighbours are named under the last.

    Raises InvalidSettingError without panels, or when a panel does not hold 96 numbers from 0.
    """
    if not panels:
        raise InvalidSettingError("A spectrum plot was given no spectrum: give at least one.")
    for panel in panels:
        if panel.shares.shape != (len(CHANNELS),) or not (panel.shares >= 0).all():
            raise InvalidSettingError(f"Spectrum '{panel.label}' does not hold 96 numbers from 0.")
    width = style.WIDTH_MM["double"]
    inner = width - AXIS_MM - MARGIN_MM
    lines = style.wrap(title, width - 2 * MARGIN_MM, style.TITLE_PT, "bold") if title else []
    head = MARGIN_MM + len(lines) * style.line_height_mm(style.TITLE_PT) + (1.0 if lines else 0.0)
    label = style.line_height_mm(style.TEXT_PT) + 0.8
    each = label + BAND_MM + 0.8 + PANEL_MM + GAP_MM
    top = max(float((p.high if p.high is not None else p.shares).max()) for p in panels) * 105.0
    with style.house_style():
        figure = style.new_figure("double", head + len(panels) * each + 7.0)
        page = style.sheet(figure)
        for i, line in enumerate(lines):
            y = MARGIN_MM + i * style.line_height_mm(style.TITLE_PT)
            page.text(MARGIN_MM, y, line, size=style.TITLE_PT, weight="bold", va="top")
        for place, panel in enumerate(panels):
            y = head + place * each
            page.text(AXIS_MM, y, panel.label, size=style.TEXT_PT, va="top")
            _draw_bands(page, AXIS_MM, y + label, inner)
            axes = style.axes_at(figure, AXIS_MM, y + label + BAND_MM + 0.8, inner, PANEL_MM)
            _draw_panel(axes, panel, top, is_last=place == len(panels) - 1)
        under = head + len(panels) * each - GAP_MM + 6.0
        note = "Bases before and after the substituted one"
        page.text(width / 2, under, note, size=style.SMALL_PT, color=style.GREY, ha="center", va="top")
    return figure


def _draw_bands(page: Axes, left: float, y: float, width: float) -> None:
    each = width / len(SUBSTITUTIONS)
    for i, (name, colour) in enumerate(zip(SUBSTITUTIONS, COLOURS, strict=True)):
        page.add_patch(
            Rectangle((left + i * each + 0.3, y), each - 0.6, BAND_MM, facecolor=colour, edgecolor="none")
        )
        ink = style.BLACK if colour in (style.SKY_BLUE, style.PURPLE) else "white"
        page.text(
            left + (i + 0.5) * each, y + BAND_MM / 2, name.replace(">", " > "), size=style.SMALL_PT,
            weight="bold", color=ink, ha="center", va="center",
        )  # fmt: skip


def _draw_panel(axes: Axes, panel: SpectrumPanel, top: float, is_last: bool) -> None:
    places = np.arange(len(CHANNELS))
    colours = [COLOURS[i // 16] for i in places]
    axes.bar(places, 100.0 * panel.shares, width=0.72, color=colours, linewidth=0)
    if panel.low is not None and panel.high is not None:
        axes.vlines(places, 100.0 * panel.low, 100.0 * panel.high, color="#9A9A9A", linewidth=0.5, zorder=3)
    axes.set_xlim(-0.6, len(CHANNELS) - 0.4)
    axes.set_ylim(0.0, top)
    axes.set_ylabel("Share (%)", size=style.SMALL_PT, labelpad=1.5)
    neighbours = [f"{channel[0]}{channel[2]}{channel[6]}" for channel in CHANNELS] if is_last else []
    axes.set_xticks(places if is_last else [], neighbours)
    axes.tick_params(axis="x", length=0, pad=1.0, labelrotation=90, labelsize=4.0)
    axes.tick_params(axis="y", labelsize=style.SMALL_PT)
