"""Names beside points so that no name lies on another. Knows millimetres and text, not statistics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from analytics.engine.arrays import FloatArray
from analytics.figures import style

GAP_MM = 0.9
FARTHEST_MM = 10.5
STEP_MM = 0.8
FAR_MM = 5.0
#: radius of a point, and the blank above and below a line's letters
MARK_MM, LEADING_MM = 0.4, 0.4


@dataclass(frozen=True)
class PlacedLabel:
    """A name, its lower left corner and the point it belongs to, in millimetres from the axes' lower left corner."""

    text: str
    left: float
    bottom: float
    width: float
    height: float
    point: tuple[float, float]

    def overlaps(self, other: "PlacedLabel") -> bool:
        apart = (
            self.left + self.width <= other.left
            or other.left + other.width <= self.left
            or self.bottom + self.height <= other.bottom
            or other.bottom + other.height <= self.bottom
        )
        return not apart

    def hides(self, marks_mm: FloatArray | None) -> bool:
        """Whether it lies on one of the plot's points; its own is beside it."""
        if marks_mm is None:
            return False
        x, y = marks_mm.T
        inside = (x > self.left - MARK_MM) & (x < self.left + self.width + MARK_MM)
        # Letters do not fill their line: its blank edge may lie on a point.
        within = (y > self.bottom + LEADING_MM - MARK_MM) & (
            y < self.bottom + self.height - LEADING_MM + MARK_MM
        )
        return bool((inside & within).any())


def place_labels(
    names: Sequence[str],
    points_mm: Sequence[tuple[float, float]],
    width_mm: float,
    height_mm: float,
    marks_mm: FloatArray | None = None,
) -> list[PlacedLabel]:
    """Put each name, in the order given, at the nearest free place beside its point inside the axes.

    ``marks_mm`` (shape [n, 2]) are all points of the plot: a name is put on them only where there is no other place.
    A name that finds no place within FARTHEST_MM is left out: an unreadable name says nothing.
    """
    placed: list[PlacedLabel] = []
    height = style.line_height_mm(style.SMALL_PT)
    for name, (x, y) in zip(names, points_mm, strict=True):
        width = style.text_width_mm(name, style.SMALL_PT)
        free = []
        for left, bottom in _candidates(x, y, width, height):
            inside = left >= 0 and left + width <= width_mm and bottom >= 0 and bottom + height <= height_mm
            label = PlacedLabel(name, left, bottom, width, height, (x, y))
            if inside and not any(label.overlaps(other) for other in placed):
                free.append(label)
        placed += [next((label for label in free if not label.hides(marks_mm)), free[0])] if free else []
    return placed


def _candidates(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    """Right, left, above and below the point, then farther up and down beside it."""
    beside = y - height / 2
    found = [
        (x + GAP_MM, beside),
        (x - GAP_MM - width, beside),
        (x - width / 2, y + GAP_MM),
        (x - width / 2, y - GAP_MM - height),
    ]
    for step in range(1, int(FARTHEST_MM / STEP_MM)):
        for sign in (1, -1):
            moved = beside + sign * step * STEP_MM
            found += [(x + 2 * GAP_MM, moved), (x - 2 * GAP_MM - width, moved)]
    return found + [(left + side * FAR_MM, bottom) for side in (1, -1) for left, bottom in found[::2]]


def write_labels(axes: Axes, labels: Sequence[PlacedLabel], width_mm: float, height_mm: float) -> None:
    """Draw placed labels, with a thin line to points that are not next to their name."""
    for label in labels:
        x, y = label.point
        nearest = (
            min(max(x, label.left), label.left + label.width),
            min(max(y, label.bottom + LEADING_MM), label.bottom + label.height - LEADING_MM),
        )
        if math.dist(label.point, nearest) > 2 * GAP_MM:
            axes.plot(
                [x / width_mm, nearest[0] / width_mm],
                [y / height_mm, nearest[1] / height_mm],
                transform=axes.transAxes,
                color=style.GREY,
                linewidth=0.4,
                zorder=3,
            )
        axes.text(
            label.left / width_mm,
            (label.bottom + label.height / 2) / height_mm,
            label.text,
            transform=axes.transAxes,
            size=style.SMALL_PT,
            va="center",
            ha="left",
            zorder=4,
        )
