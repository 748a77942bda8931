"""A figure with what must travel with it: a title, words for those who cannot see it, the numbers it shows, and the
name of its files.

Writing it to disk does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:  # who only passes a picture on need not wait a second for matplotlib
    from matplotlib.figure import Figure

#: Before the name of what a mark stands for, in the id of the mark in a vector file.
MARK_ID = "mark-"


@dataclass(frozen=True)
class Picture:
    """One figure of a result.

    Attributes
    ----------
    figure : drawn in the house style.
    title : what it shows, for a heading or a list.
    alt : what a reader would take from it, in one or two plain sentences with the leading numbers.
    data : the numbers that are drawn, one row a mark; written as CSV beside the figure.
    """

    figure: Figure
    title: str
    alt: str
    data: pd.DataFrame


@dataclass(frozen=True)
class UndrawnPicture:
    """A picture whose words and numbers are there; drawing it takes longer than both, and not everybody looks.

    Attributes
    ----------
    title, alt, data : as of :class:`Picture`. draw : draws it in the house style.
    """

    title: str
    alt: str
    data: pd.DataFrame
    draw: Callable[[], Figure]

    @property
    def figure(self) -> Figure:
        """Drawn anew at each look; raises what drawing raises."""
        return self.draw()

    def drawn(self) -> Picture:
        """The picture; raises what drawing raises."""
        return Picture(self.draw(), self.title, self.alt, self.data)


def figure_stem(what: str, *, variant: str = "", endpoint: str = "", part: str = "") -> str:
    """Name of a figure's files (.svg, .png, .csv): ``[<variant>_][<endpoint>_]<what>[_<part>]``.

    what : the plot (``kaplan_meier``, ``forest``, ``volcano``) or, where an analysis has one figure a measure, the
        measure.
    variant, endpoint : where the analysis has several; reports choose by them (``default_os_*``).
    part : which of several such figures (``discovery``, ``cox_univariable``, a cohort, a sheet's number).
    """
    return "_".join(word for word in (variant, endpoint.lower(), what, part) if word)
