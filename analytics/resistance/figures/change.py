"""A measure at two times in the same patients: a line a patient, by group, one panel a measure.

Belongs here: drawing. The tests are made in `time_points`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.engine.numbers import count
from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.page import MARGIN_MM, Page

COLUMNS: Final = 4
LEFT_MM, PANEL_W_MM, PANEL_H_MM, GAP_MM, HEAD_MM, FOOT_MM = 13.0, 32.0, 30.0, 12.0, 7.0, 9.0


@dataclass(frozen=True)
class ChangeGroup:
    """One group of a panel: label, values at both times (shape [n]) and a line on the test."""

    label: str
    first: pd.Series
    second: pd.Series
    note: str


@dataclass(frozen=True)
class ChangePanel:
    """One measure with its groups."""

    heading: str
    unit: str
    groups: tuple[ChangeGroup, ...]


def change_figure(panels: Sequence[ChangePanel], *, title: str, times: tuple[str, str]) -> Figure:
    """A sheet of panels, four in a row; orange lines rise, blue lines fall, the black line joins the medians.

    Raises NoRowsError without a panel.
    """
    if not panels:
        raise NoRowsError("No measure was given: there is nothing to draw.")
    page = Page("double", title)
    head = page.head + 5.0
    height = head + -(-len(panels) // COLUMNS) * (HEAD_MM + PANEL_H_MM + FOOT_MM) + 4.0
    with style.house_style():
        page.open(height)
        said = f"In each panel left: {times[0]}, right: {times[1]}; black joins the medians."
        page.text(MARGIN_MM, page.head + 0.5, said, color=style.GREY)
        for i, panel in enumerate(panels):
            row, column = divmod(i, COLUMNS)
            left = LEFT_MM + column * (PANEL_W_MM + GAP_MM)
            top = head + row * (HEAD_MM + PANEL_H_MM + FOOT_MM) + HEAD_MM
            heading = style.wrap(panel.heading, PANEL_W_MM + 6.0, style.TEXT_PT, "bold")[0]
            page.text(left, top - 3.4, heading, size=style.TEXT_PT, weight="bold", va="bottom")
            axes = page.axes(left, top, PANEL_W_MM, PANEL_H_MM)
            _draw(axes, panel)
            if column == 0 or panel.unit != panels[i - 1].unit:
                said = "\n".join(style.wrap(panel.unit, PANEL_H_MM, style.SMALL_PT))
                axes.set_ylabel(said, labelpad=1, fontsize=style.SMALL_PT)
    return page.figure


def _draw(axes: Axes, panel: ChangePanel) -> None:
    every = np.concatenate([np.r_[g.first, g.second].astype(float) for g in panel.groups])
    low, high = np.nanmin(every), np.nanmax(every)
    room = max(high - low, 1e-6)
    ticks, labels = [], []
    for k, group in enumerate(panel.groups):
        at = (2.6 * k, 2.6 * k + 1.0)
        for one, other in zip(group.first.astype(float), group.second.astype(float), strict=True):
            colour = style.ORANGE if other > one else style.BLUE
            axes.plot(at, (one, other), color=colour, linewidth=0.5, alpha=0.7, zorder=2)
        medians = (float(group.first.median()), float(group.second.median()))
        axes.plot(at, medians, color=style.BLACK, linewidth=1.6, marker="o", markersize=2.6, zorder=4)
        axes.text(sum(at) / 2, high + 0.06 * room, group.note, size=style.SMALL_PT, ha="center", va="bottom")
        ticks.append(sum(at) / 2)
        labels.append(f"{group.label}\nn {count(len(group.first))}")
    axes.set_xlim(-0.5, 2.6 * (len(panel.groups) - 1) + 1.5)
    axes.set_ylim(low - 0.05 * room, high + 0.22 * room)
    axes.set_xticks(ticks)
    axes.set_xticklabels(labels)
    axes.tick_params(axis="x", length=0)
