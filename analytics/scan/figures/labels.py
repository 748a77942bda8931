"""Names beside points so that no name lies on another. Knows millimetres and text, not statistics."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from analytics.figures import style

GAP_MM = 0.9
FARTHEST_MM = 6.0
STEP_MM = 0.8


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


def place_labels(
    names: Sequence[str], points_mm: Sequence[tuple[float, float]], width_mm: float, height_mm: float
) -> list[PlacedLabel]:
    """Put each name, in the order given, at the nearest free place beside its point inside the axes.

    A name that finds no free place within FARTHEST_MM is left out: an unreadable name says nothing.
    """
    placed: list[PlacedLabel] = []
    height = style.line_height_mm(style.SMALL_PT)
    for name, (x, y) in zip(names, points_mm, strict=True):
        width = style.text_width_mm(name, style.SMALL_PT)
        for left, bottom in _candidates(x, y, width, height):
            inside = left >= 0 and left + width <= width_mm and bottom >= 0 and bottom + height <= height_mm
            label = PlacedLabel(name, left, bottom, width, height, (x, y))
            if inside and not any(label.overlaps(other) for other in placed):
                placed.append(label)
                break
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
    return found


def write_labels(axes: Axes, labels: Sequence[PlacedLabel], width_mm: float, height_mm: float) -> None:
    """Draw placed labels, with a thin line to points that are not next to their name."""
    for label in labels:
        x, y = label.point
        middle = label.bottom + label.height / 2
        nearest = min(max(x, label.left), label.left + label.width)
        if abs(middle - y) > label.height:
            axes.plot(
                [x / width_mm, nearest / width_mm],
                [y / height_mm, middle / height_mm],
                transform=axes.transAxes,
                color=style.GREY,
                linewidth=0.4,
                zorder=3,
            )
        axes.text(
            label.left / width_mm,
            middle / height_mm,
            label.text,
            transform=axes.transAxes,
            size=style.SMALL_PT,
            va="center",
            ha="left",
            zorder=4,
        )
