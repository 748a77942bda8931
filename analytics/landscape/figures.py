"""Pictures of a landscape: frequency by group with exact intervals, classes, and the lollipop along the protein.

Which numbers they show comes as tables; nothing is estimated here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.landscape.positions import CLASSES, OTHER
from analytics.landscape.spec import Protein

MARGIN_MM: Final = 3.0
ROW_MM: Final = 3.6
CLASS_COLOURS: Final = dict(
    zip((*CLASSES, OTHER), (style.BLUE, style.VERMILION, style.ORANGE, style.GREEN, style.GREY), strict=True)
)
CLASS_WORDS: Final = {"in_frame": "in-frame"}
LOLLIPOP_MM, TRACK_MM = 40.0, 7.0


def frequency_figure(table: pd.DataFrame, *, title: str) -> Figure:
    """Share of mutated people by group with exact intervals, as dots in the order of ``table``.

    ``table`` : ``label, numerator, denominator, rate, ci_low, ci_high`` (0-1). Raises NoRowsError when empty.
    """
    if table.empty:
        raise NoRowsError("No group was counted: there is no frequency to draw.")
    small, title_line = style.line_height_mm(style.SMALL_PT), style.line_height_mm(style.TITLE_PT)
    page_width = style.WIDTH_MM["single"]
    title_lines = style.wrap(title, page_width - 2 * MARGIN_MM, style.TITLE_PT, "bold")
    counts = [f"{n:,} / {of:,}" for n, of in zip(table["numerator"], table["denominator"], strict=True)]
    shares = [f"{100 * rate:.1f} %" for rate in table["rate"]]
    of_labels = max(style.text_width_mm(label, style.SMALL_PT) for label in table["label"])
    of_counts = max(style.text_width_mm(text, style.SMALL_PT) for text in [*counts, "n / N"])
    of_shares = max(style.text_width_mm(text, style.SMALL_PT) for text in shares)
    label_width = min(of_labels, 36.0)
    head = MARGIN_MM + len(title_lines) * title_line + small + 1.5
    body = ROW_MM * len(table)
    left = MARGIN_MM + label_width + 1.5
    plot = page_width - left - of_counts - of_shares - 6.0 - MARGIN_MM
    counts_right = page_width - MARGIN_MM - of_shares - 2.5
    with style.house_style():
        figure = style.new_figure("single", head + body + 9.0)
        page = style.sheet(figure)
        for k, line in enumerate(title_lines):
            page.text(
                MARGIN_MM, MARGIN_MM + k * title_line, line, size=style.TITLE_PT, weight="bold", va="top"
            )
        axes = style.axes_at(figure, left, head, plot, body)
        y = np.arange(len(table))
        axes.hlines(y, 100 * table["ci_low"], 100 * table["ci_high"], color=style.BLUE, linewidth=1.0)
        axes.plot(100 * table["rate"], y, "o", color=style.BLUE, markersize=3.0, clip_on=False)
        axes.set_ylim(len(table) - 0.5, -0.5)
        limit = _axis_end(table)
        axes.set_xlim(0, limit)
        beyond = (100 * table["ci_high"] > limit).to_numpy()
        axes.plot(
            np.full(beyond.sum(), limit), y[beyond], ">", color=style.BLUE, markersize=2.5, clip_on=False
        )
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("Mutated (%), 95 % exact interval", fontsize=style.SMALL_PT, labelpad=1.5)
        page.text(
            counts_right, head - 0.8, "n / N", size=style.SMALL_PT, ha="right", va="bottom", weight="bold"
        )
        for k, (label, count, share) in enumerate(zip(table["label"], counts, shares, strict=True)):
            middle = head + (k + 0.5) * ROW_MM
            text = _shortened(label, label_width + 0.1)
            page.text(left - 1.5, middle, text, size=style.SMALL_PT, ha="right", va="center")
            page.text(counts_right, middle, count, size=style.SMALL_PT, ha="right", va="center")
            page.text(page_width - MARGIN_MM, middle, share, size=style.SMALL_PT, ha="right", va="center")
    return figure


def lollipop_figure(
    placed: pd.DataFrame,
    protein: Protein,
    *,
    gene: str,
    labels: tuple[int, ...] = (),
    bold: tuple[int, ...] = (),
    title: str = "",
) -> Figure:
    """People with a mutation at each residue, coloured by class, over the protein with its domains.

    Parameters
    ----------
    placed : one row a mutation with ``cohort_id, patient_id, residue, variant_class, hgvsp_short``.
    labels : residues that are named, the most important first; names that would touch are left out.
    bold : hotspots among them.

    Raises
    ------
    NoRowsError
        No mutation has a residue.
    """
    heights = stacked_heights(placed)
    if heights.empty:
        raise NoRowsError("No mutation has a residue: there is no lollipop plot to draw.")
    title_line = style.line_height_mm(style.TITLE_PT)
    width = style.WIDTH_MM["double"]
    title_lines = style.wrap(title, width - 2 * MARGIN_MM, style.TITLE_PT, "bold") if title else []
    head = MARGIN_MM + len(title_lines) * title_line + 5.0
    left, plot = MARGIN_MM + 9.0, width - 2 * MARGIN_MM - 11.0
    with style.house_style():
        figure = style.new_figure("double", head + LOLLIPOP_MM + TRACK_MM + 13.0)
        page = style.sheet(figure)
        for k, line in enumerate(title_lines):
            page.text(
                MARGIN_MM, MARGIN_MM + k * title_line, line, size=style.TITLE_PT, weight="bold", va="top"
            )
        axes = style.axes_at(figure, left, head, plot, LOLLIPOP_MM)
        _stems(axes, heights)
        most = int(heights["top"].max())
        axes.set_xlim(0, protein.length)
        axes.set_ylim(0, most * 1.3 + 0.5)
        axes.set_yticks(_whole_ticks(most))
        axes.set_ylabel("People", fontsize=style.SMALL_PT)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        _name_residues(axes, placed, heights, labels, bold, plot / protein.length)
        _class_legend(axes, heights)
        _track(
            style.axes_at(figure, left, head + LOLLIPOP_MM, plot, TRACK_MM), protein, plot / protein.length
        )
        foot = head + LOLLIPOP_MM + TRACK_MM + 5.0
        words = f"Residue of {gene} ({protein.accession}, {protein.length:,} amino acids)"
        page.text(left + plot / 2, foot, words, size=style.SMALL_PT, ha="center", va="top")
    return figure


def class_figure(table: pd.DataFrame, *, title: str) -> Figure:
    """Counts and shares of variant classes as bars. ``table`` : ``variant_class, n, rate``. NoRowsError if empty."""
    shown = table[table["n"] > 0]
    if shown.empty:
        raise NoRowsError("No mutation was counted: there is no class to draw.")
    title_line = style.line_height_mm(style.TITLE_PT)
    width = style.WIDTH_MM["single"]
    title_lines = style.wrap(title, width - 2 * MARGIN_MM, style.TITLE_PT, "bold")
    head = MARGIN_MM + len(title_lines) * title_line + 1.5
    body = 5.0 * len(shown)
    with style.house_style():
        figure = style.new_figure("single", head + body + 9.0)
        page = style.sheet(figure)
        for k, line in enumerate(title_lines):
            page.text(
                MARGIN_MM, MARGIN_MM + k * title_line, line, size=style.TITLE_PT, weight="bold", va="top"
            )
        axes = style.axes_at(figure, MARGIN_MM + 15.0, head, width - 2 * MARGIN_MM - 36.0, body)
        places = np.arange(len(shown))
        axes.barh(places, shown["n"], height=0.7, color=[CLASS_COLOURS[c] for c in shown["variant_class"]])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        names = [CLASS_WORDS.get(c, c) for c in shown["variant_class"]]
        axes.set_yticks(places, names, fontsize=style.SMALL_PT)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Mutations", fontsize=style.SMALL_PT, labelpad=1.5)
        for place, (n, rate) in enumerate(zip(shown["n"], shown["rate"], strict=True)):
            axes.annotate(
                f"{n:,} ({100 * rate:.1f} %)", (n, place), xytext=(3, 0), textcoords="offset points",
                va="center", size=style.SMALL_PT, annotation_clip=False,
            )  # fmt: skip
    return figure


def stacked_heights(placed: pd.DataFrame) -> pd.DataFrame:
    """People a residue and class, stacked at each residue: ``residue, variant_class, n, base, top``."""
    hits = placed[placed["residue"].notna()].drop_duplicates(
        ["cohort_id", "patient_id", "residue", "variant_class"]
    )
    of_each = [hits["residue"].astype(int), hits["variant_class"].astype(str)]
    counts = hits.groupby(of_each).size().astype(int).rename("n").reset_index()
    counts["order"] = counts["variant_class"].map(list(CLASS_COLOURS).index)
    counts = counts.sort_values(["residue", "order"], ignore_index=True).drop(columns="order")
    counts["top"] = counts.groupby("residue")["n"].cumsum()
    counts["base"] = counts["top"] - counts["n"]
    return counts


def _axis_end(table: pd.DataFrame) -> float:
    """Holds every interval unless a group of a few people would leave no room for the others: then 3 x the rates."""
    return float(100 * min(table["ci_high"].max() * 1.02, max(3.0 * table["rate"].max(), 0.02), 1.0))


def _shortened(label: str, width_mm: float) -> str:
    """As many words as fit, with an ellipsis for the others."""
    if style.text_width_mm(label, style.SMALL_PT) <= width_mm:
        return label
    words = label.split(" ")
    while len(words) > 1 and style.text_width_mm(" ".join(words) + " …", style.SMALL_PT) > width_mm:
        words.pop()
    return " ".join(words) + " …"


def _stems(axes: Axes, heights: pd.DataFrame) -> None:
    tallest = heights.groupby("residue")["top"].max()
    axes.vlines(tallest.index, 0, tallest, color=style.LIGHT_GREY, linewidth=0.7, zorder=1)
    for name, colour in CLASS_COLOURS.items():
        rows = heights[heights["variant_class"] == name]
        axes.plot(
            rows["residue"], rows["top"], "o", color=colour, markersize=3.2, markeredgecolor="white",
            markeredgewidth=0.3, zorder=2, clip_on=False,
        )  # fmt: skip


def _name_residues(
    axes: Axes,
    placed: pd.DataFrame,
    heights: pd.DataFrame,
    labels: tuple[int, ...],
    bold: tuple[int, ...],
    mm: float,
) -> None:
    """Names above their heads; one that would touch a name already written is left out."""
    taken: list[tuple[float, float]] = []
    top = heights.groupby("residue")["top"].max()
    for position in labels:
        if position not in top.index:
            continue
        changes = placed.loc[placed["residue"] == position, "hgvsp_short"].dropna()
        word = str(changes.value_counts().index[0]).removeprefix("p.")
        weight = "bold" if position in bold else "normal"
        half = style.text_width_mm(word, style.SMALL_PT, weight) / 2 / mm + 3
        middle = min(max(position, half), axes.get_xlim()[1] - half)
        if any(middle - half < end and start < middle + half for start, end in taken):
            continue
        taken.append((middle - half, middle + half))
        axes.annotate(
            word, (middle, top[position]), xytext=(0, 4), textcoords="offset points", ha="center",
            size=style.SMALL_PT, weight=weight,
        )  # fmt: skip


def _track(axes: Axes, protein: Protein, mm: float) -> None:
    axes.set_xlim(0, protein.length)
    axes.set_ylim(0, 1)
    axes.add_patch(Rectangle((0, 0.42), protein.length, 0.2, color=style.LIGHT_GREY, linewidth=0))
    for k, domain in enumerate(protein.domains):
        colour = (style.SKY_BLUE, style.PURPLE, style.GREEN, style.ORANGE)[k % 4]
        span = domain.end - domain.start
        axes.add_patch(Rectangle((domain.start, 0.12), span, 0.8, facecolor=colour, linewidth=0))
        for word in (domain.name, domain.name.split(" ")[0]):
            if style.text_width_mm(word, style.SMALL_PT) < span * mm - 0.6:
                axes.text(
                    domain.start + span / 2,
                    0.52,
                    word,
                    ha="center",
                    va="center_baseline",
                    size=style.SMALL_PT,
                )
                break
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    step = next(s for s in (50, 100, 200, 250, 500, 1000, 5000) if protein.length / s <= 9)
    ticks = [t for t in range(0, protein.length, step) if protein.length - t > step / 3]
    axes.set_xticks([max(t, 1) for t in ticks] + [protein.length])


def _class_legend(axes: Axes, heights: pd.DataFrame) -> None:
    present = [name for name in CLASS_COLOURS if (heights["variant_class"] == name).any()]
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=3.2, color=CLASS_COLOURS[name])
        for name in present
    ]
    axes.legend(
        handles, [CLASS_WORDS.get(name, name) for name in present], loc="lower right", ncols=len(present),
        bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=style.SMALL_PT, handletextpad=0.1, columnspacing=1.0,
        borderaxespad=0.0,
    )  # fmt: skip


def _whole_ticks(most: int) -> list[int]:
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 500) if most / s <= 6)
    return list(range(0, most + 1, step))
