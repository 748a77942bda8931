"""Where what a published figure shows lies in it, read from its vector file, so that a page can link its marks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from analytics.figures.picture import MARK_ID

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Marks:
    """Marks of a figure.

    Attributes
    ----------
    box : the picture's ``viewBox``, in whose units places are given.
    places : what a mark stands for, in a scan the gene -> (x, y).
    """

    box: str
    places: dict[str, tuple[float, float]]


def marks_of(svg: Path) -> Marks | None:
    """The marks of a vector figure of the house; None where it has none, or lies in no version."""
    if not svg.is_file():
        return None
    root = ElementTree.parse(svg).getroot()
    places = {}
    for group in root.iter(f"{_SVG}g"):
        name = group.get("id", "")
        mark = group.find(f".//{_SVG}use") if name.startswith(MARK_ID) else None
        if mark is not None:
            places[name.removeprefix(MARK_ID)] = (float(mark.attrib["x"]), float(mark.attrib["y"]))
    return Marks(root.attrib["viewBox"], places) if places else None
