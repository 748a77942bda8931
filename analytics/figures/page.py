"""The sheet that a figure is drawn on: millimetres from the upper left corner, the title on top, texts and axes below.

Draw inside `style.house_style`; a page is measured first (`head`, `inner`, `wrap`), then opened with its height.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.figures import style

MARGIN_MM: Final = 3.0


class Page:
    """One figure of a journal width.

    Attributes
    ----------
    figure, sheet : after `open`, the figure and the invisible axes over it whose units are millimetres.
    width_mm, inner : width of the page, and between its margins.
    head : where the space below the title begins.
    """

    figure: Figure
    sheet: Axes

    def __init__(
        self, width: style.Width, title: str = "", *, margin: float = MARGIN_MM, top: float | None = None
    ) -> None:
        self.width, self.margin, self.top = width, margin, margin if top is None else top
        self.width_mm = style.WIDTH_MM[width]
        self.inner = self.width_mm - 2 * margin
        self.title = style.wrap(title, self.inner, style.TITLE_PT, "bold") if title else []
        self.head = self.top + len(self.title) * style.line_height_mm(style.TITLE_PT)

    def open(self, height_mm: float) -> None:
        """Make the figure and write the title."""
        self.figure = style.new_figure(self.width, height_mm)
        self.sheet = style.sheet(self.figure)
        for i, line in enumerate(self.title):
            y = self.top + i * style.line_height_mm(style.TITLE_PT)
            self.sheet.text(self.margin, y, line, size=style.TITLE_PT, weight="bold", va="top")

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """An axes at a place of the page."""
        return style.axes_at(self.figure, left, top, width, height)

    def text(self, x: float, y: float, text: str, *, size: float = style.SMALL_PT, **options: Any) -> None:
        """One line of text; its upper end is at ``y`` unless ``va`` says otherwise."""
        self.sheet.text(x, y, text, size=size, **{"va": "top", **options})

    def wrap(self, *texts: str, indent: float = 0.0) -> list[str]:
        """Lines of small text between the margins, ``indent`` narrower."""
        return [line for text in texts for line in style.wrap(text, self.inner - indent, style.SMALL_PT)]

    def lines(self, y: float, lines: Iterable[str], *, indent: float = 0.0, **options: Any) -> float:
        """Small lines of text below each other from the margin; gives the place below the last."""
        for line in lines:
            self.text(self.margin + indent, y, line, **options)
            y += style.line_height_mm(style.SMALL_PT)
        return y


def widest_mm(texts: Iterable[str], size: float = style.SMALL_PT, weight: str = "normal") -> float:
    """Width of the widest of the texts."""
    return max(style.text_width_mm(text, size, weight) for text in texts)
