"""The house style of every figure: sizes, colours, type, deterministic output.

Belongs here: what all figures share, and turning a Figure into bytes.
Does not belong here: any one figure, and file paths.

Figures are matplotlib Figure objects made through the object API: no display, no pyplot state to leak into a
caller's notebook. Colours are Okabe and Ito's (2008, Color Universal Design), distinguishable with any common
colour vision. Widths are a journal's single (89 mm) and double (183 mm) column. SVG keeps text as text and
is byte-identical from run to run; PDF embeds its fonts.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

MM_PER_INCH = 25.4
MM_PER_POINT = MM_PER_INCH / 72.0

Width = Literal["single", "double"]
WIDTH_MM: Mapping[str, float] = {"single": 89.0, "double": 183.0}

BLACK, ORANGE, SKY_BLUE, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, LIGHT_GREY = "#5F5F5F", "#D9D9D9"
# Wild type first, mutated second; yellow is left out because it vanishes on white.
GROUP_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK)

TITLE_PT, TEXT_PT, SMALL_PT = 8.0, 7.0, 7.0  # nothing that is printed is under 7 pt
LINE_SPACING = 1.25

HOUSE_STYLE: dict[Any, Any] = {
    # DejaVu Sans comes with matplotlib, so text has the same width on every machine.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "font.size": TEXT_PT,
    "axes.labelsize": TEXT_PT,
    "axes.titlesize": TITLE_PT,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "icb-warehouse",
    "pdf.fonttype": 42,
    "text.parse_math": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this context to get the house style; matplotlib's settings are restored after it."""
    with matplotlib.rc_context(HOUSE_STYLE):
        yield


def new_figure(width: Width, height_mm: float) -> Figure:
    """An empty figure of a journal width with its own Agg canvas. Call inside `house_style`."""
    figure = Figure(figsize=(WIDTH_MM[width] / MM_PER_INCH, height_mm / MM_PER_INCH))
    FigureCanvasAgg(figure)
    return figure


def sheet(figure: Figure) -> Axes:
    """An invisible axes over the whole figure whose units are millimetres from the upper left corner."""
    width, height = figure.get_size_inches() * MM_PER_INCH
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, width)
    axes.set_ylim(height, 0.0)
    axes.axis("off")
    axes.patch.set_visible(False)
    return axes


def axes_at(figure: Figure, left_mm: float, top_mm: float, width_mm: float, height_mm: float) -> Axes:
    """An axes placed in millimetres from the upper left corner."""
    width, height = figure.get_size_inches() * MM_PER_INCH
    bottom = height - top_mm - height_mm
    return figure.add_axes((left_mm / width, bottom / height, width_mm / width, height_mm / height))


def line_height_mm(size_pt: float) -> float:
    """Distance between two lines of text."""
    return size_pt * LINE_SPACING * MM_PER_POINT


@lru_cache(maxsize=4096)
def text_width_mm(text: str, size_pt: float, weight: str = "normal") -> float:
    """Width of one line of text in the house font."""
    font = FontProperties(family="DejaVu Sans", size=size_pt, weight=weight)
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    # Screens fit letters to whole pixels, which widens text by up to 4 %.
    return float(width) * MM_PER_POINT * 1.04


def keep_together(text: str) -> str:
    """Join "p 0.03", "n 22" and "12 %" with a non-breaking blank, so that no line ends between them."""
    text = re.sub(r"\b(p|P|n|HR) (?=[<>=]?\s?\d)", "\\1\u00a0", text)
    return re.sub(r"(?<=\d) (?=%)", "\u00a0", text)


def wrap(text: str, width_mm: float, size_pt: float, weight: str = "normal") -> list[str]:
    """Break text at blanks into lines no wider than `width_mm`; a single longer word is broken inside.

    Non-breaking blanks hold together; `keep_together` puts in the usual ones.
    """
    lines: list[str] = []
    for paragraph in keep_together(text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            candidate = f"{line} {word}" if line else word
            if text_width_mm(candidate, size_pt, weight) <= width_mm:
                line = candidate
                continue
            if line:
                lines.append(line)
            while len(word) > 1 and text_width_mm(word, size_pt, weight) > width_mm:
                fits = max(
                    (n for n in range(1, len(word)) if text_width_mm(word[:n], size_pt, weight) <= width_mm),
                    default=1,
                )
                lines.append(word[:fits])
                word = word[fits:]
            line = word
        lines.append(line)
    return lines


def svg_bytes(figure: Figure) -> bytes:
    """The figure as SVG with text as text, the same bytes on every run."""
    return _saved(figure, "svg", {"Date": None, "Creator": None})


def png_bytes(figure: Figure, dpi: int = 300) -> bytes:
    """The figure as PNG; 300 dpi for print, 110 for a page of metadata."""
    return _saved(figure, "png", {"Software": None}, dpi=dpi)


def _saved(figure: Figure, kind: str, metadata: dict[str, None], dpi: int = 300) -> bytes:
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format=kind, metadata=metadata, dpi=dpi)
    return buffer.getvalue()
