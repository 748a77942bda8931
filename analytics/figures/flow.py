"""The patient-flow diagram (CONSORT-like): whom each step keeps, whom it leaves out and why.

Belongs here: drawing a flow and checking that its numbers add up.
Does not belong here: deciding who is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from analytics.engine.numbers import count
from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.page import MARGIN_MM, Page

PADDING_MM = 1.6
GAP_MM = 5.0
# Share of the page for those left out, on the right; those kept take the left half.
SIDE_SHARE = 0.38
BETWEEN_MM = 4.0


@dataclass(frozen=True)
class FlowStep:
    """`n` people kept after this step; `left_out` holds (reason, number) of those who went at it."""

    label: str
    n: int
    left_out: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class _Box:
    """A box in millimetres; each line is (text, weight)."""

    lines: tuple[tuple[str, str], ...]
    left: float
    top: float
    width: float
    height: float


def flow_figure(
    steps: Sequence[FlowStep],
    *,
    groups: Sequence[tuple[str, int]] = (),
    title: str = "",
    unit: str = "patients",
    width: style.Width = "double",
) -> Figure:
    """Draw the steps from top to bottom, those left out at the side, and the final `groups` (label, n) below.

    Raises InvalidSettingError without steps, or when a step's number is not the one before it minus those
    left out, or when the groups do not add up to the last step.
    """
    _check(steps, groups)
    with style.house_style():
        page = Page(width, title)
        top = page.head + 0.5 * len(page.title)
        mains, sides, ends = _lay_out(steps, groups, unit, page.width_mm, top)
        boxes = [*mains, *ends, *(side for side in sides if side is not None)]
        page.open(max(box.top + box.height for box in boxes) + MARGIN_MM)
        for box in [*mains, *ends]:
            _draw_box(page.sheet, box, style.BLUE)
        for side in sides:
            if side is not None:
                _draw_box(page.sheet, side, style.GREY)
        _draw_arrows(page.sheet, mains, sides, ends)
    return page.figure


def _check(steps: Sequence[FlowStep], groups: Sequence[tuple[str, int]]) -> None:
    if not steps:
        raise InvalidSettingError("A flow diagram was given no steps: give at least the starting number.")
    for i in range(1, len(steps)):
        before, out = steps[i - 1].n, sum(n for _, n in steps[i].left_out)
        if before - out != steps[i].n:
            raise InvalidSettingError(
                f"Step '{steps[i].label}' keeps {steps[i].n}, but {before} minus {out} left out is "
                f"{before - out}: name a reason for everybody who is left out."
            )
    if groups and sum(n for _, n in groups) != steps[-1].n:
        raise InvalidSettingError(
            f"The groups add up to {sum(n for _, n in groups)} and the last step keeps {steps[-1].n}: "
            "put everybody in one group."
        )


def _lay_out(
    steps: Sequence[FlowStep], groups: Sequence[tuple[str, int]], unit: str, page: float, top: float
) -> tuple[list[_Box], list[_Box | None], list[_Box]]:
    # The width of one of two groups, so that the first group's arrow runs straight down.
    main_width = (page - 2 * MARGIN_MM - BETWEEN_MM) / 2.0
    side_left, side_width = page - SIDE_SHARE * page, SIDE_SHARE * page - MARGIN_MM
    mains: list[_Box] = []
    sides: list[_Box | None] = []
    side_bottom = top - BETWEEN_MM
    for step in steps:
        y, side = top, None
        if mains:
            bottom = mains[-1].top + mains[-1].height
            gap = GAP_MM
            if step.left_out:
                side = _box(_side_lines(step, side_width), side_left, 0.0, side_width)
                # Centred on the arrow, which gets longer only where the box would meet the one above it.
                gap = max(gap, 2.0 * (side_bottom + 1.5 + side.height / 2.0 - bottom))
                side = replace(side, top=bottom + gap / 2.0 - side.height / 2.0)
                side_bottom = side.top + side.height
            y = bottom + gap
        sides.append(side)
        mains.append(_box(_main_lines(step.label, step.n, unit, main_width), MARGIN_MM, y, main_width))
    ends: list[_Box] = []
    if groups:
        y = max(mains[-1].top + mains[-1].height + 1.5 * GAP_MM, side_bottom + GAP_MM)
        each = (page - 2 * MARGIN_MM - (len(groups) - 1) * BETWEEN_MM) / len(groups)
        for k, (label, n) in enumerate(groups):
            left = MARGIN_MM + k * (each + BETWEEN_MM)
            ends.append(_box(_main_lines(label, n, unit, each), left, y, each))
        tallest = max(box.height for box in ends)
        ends = [replace(box, height=tallest) for box in ends]
    return mains, sides, ends


def _main_lines(label: str, n: int, unit: str, width: float) -> list[tuple[str, str]]:
    inner = width - 2 * PADDING_MM
    lines = [(line, "normal") for line in style.wrap(label, inner, style.TEXT_PT)]
    return [*lines, (f"{count(n)} {unit}", "bold")]


def _side_lines(step: FlowStep, width: float) -> list[tuple[str, str]]:
    inner = width - 2 * PADDING_MM
    total = sum(n for _, n in step.left_out)
    lines = [(f"{count(total)} left out", "bold")]
    for reason, n in step.left_out:
        text = f"{count(n)} {reason}"
        lines += [(line, "normal") for line in style.wrap(text, inner, style.TEXT_PT)]
    return lines


def _box(lines: list[tuple[str, str]], left: float, top: float, width: float) -> _Box:
    # The last line needs no line spacing below it.
    height = len(lines) * style.line_height_mm(style.TEXT_PT) + 2 * PADDING_MM - 0.6
    return _Box(tuple(lines), left, top, width, height)


def _draw_box(page: Axes, box: _Box, colour: str) -> None:
    frame = Rectangle(
        (box.left, box.top), box.width, box.height, facecolor="white", edgecolor=colour, linewidth=0.8
    )
    page.add_patch(frame)
    for i, (text, weight) in enumerate(box.lines):
        y = box.top + PADDING_MM + i * style.line_height_mm(style.TEXT_PT)
        page.text(box.left + PADDING_MM, y, text, size=style.TEXT_PT, va="top", weight=weight)


def _draw_arrows(page: Axes, mains: list[_Box], sides: list[_Box | None], ends: list[_Box]) -> None:
    for before, after, side in zip(mains[:-1], mains[1:], sides[1:], strict=True):
        x = before.left + before.width / 2.0
        _arrow(page, (x, before.top + before.height), (x, after.top))
        if side is not None:
            y = side.top + side.height / 2.0
            _arrow(page, (x, y), (side.left, y))
    if not ends:
        return
    last = mains[-1]
    x, bottom = last.left + last.width / 2.0, last.top + last.height
    fork = bottom + 0.5 * GAP_MM
    centres = [box.left + box.width / 2.0 for box in ends]
    page.plot([x, x], [bottom, fork], color=style.BLACK, linewidth=0.7)
    page.plot([min([*centres, x]), max([*centres, x])], [fork, fork], color=style.BLACK, linewidth=0.7)
    for centre, box in zip(centres, ends, strict=True):
        _arrow(page, (centre, fork), (centre, box.top))


def _arrow(page: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=6.0,
            linewidth=0.7,
            color=style.BLACK,
            shrinkA=0.0,
            shrinkB=0.0,
        )
    )
