"""Figures of a landscape: frequency by group with exact intervals, classes, and the lollipop along the protein.

Which numbers they show comes as tables; nothing is estimated here.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analytics.engine.numbers import count
from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.axes import dot_handle, hide_sides, key_above, row_axis
from analytics.figures.page import MARGIN_MM, Page, widest_mm
from analytics.figures.picture import Picture, figure_stem
from analytics.landscape.positions import CLASSES, OTHER
from analytics.landscape.spec import LandscapeSpec, Protein

ROW_MM: Final = 3.6
CLASS_COLOURS: Final = dict(
    zip((*CLASSES, OTHER), (style.BLUE, style.VERMILION, style.ORANGE, style.GREEN, style.GREY), strict=True)
)
CLASS_WORDS: Final = {"in_frame": "in-frame"}
LOLLIPOP_MM, TRACK_MM = 40.0, 7.0

#: Names above the lollipops at most; the residues hit in most people come first.
MOST_NAMES = 12
#: A residue hit in fewer people gets no name.
FEWEST_PEOPLE = 2
#: Several changes of one residue are spelled out up to this length.
MOST_LETTERS = 10
_ONE_LETTER = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G", "His": "H",
    "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W",
    "Tyr": "Y", "Val": "V", "Ter": "*",
}  # fmt: skip
_LONG_NAME = re.compile("|".join(_ONE_LETTER))


def landscape_pictures(
    spec: LandscapeSpec,
    variant: str,
    frequency: pd.DataFrame,
    classes: pd.DataFrame,
    calls: pd.DataFrame,
    hotspots: pd.DataFrame,
    protein: Protein | None,
) -> dict[str, Picture]:
    """File stem -> figure; what has nothing to show is left out."""
    pictures: dict[str, Picture] = {}
    group = spec.group_by.replace("_", " ").replace("id", "").strip()
    title = f"{spec.gene} mutations by {group}"
    if len(frequency):
        pictures[figure_stem("frequency", variant=variant)] = Picture(
            frequency_figure(frequency, title=title), title, _frequency_words(frequency, title), frequency
        )
    if classes["n"].sum() > 0:
        title = f"Classes of {spec.gene} mutations"
        shares = ", ".join(
            f"{row['variant_class']} {row['n']} ({100 * row['rate']:.1f} %)"
            for row in classes.to_dict("records")
        )
        pictures[figure_stem("classes", variant=variant)] = Picture(
            class_figure(classes, title=title), title, f"Bars of counts: {shares}.", classes
        )
    if protein is not None:
        title = f"{spec.gene} mutations along the protein"
        named = tuple(hotspots.loc[hotspots["n_people"] >= FEWEST_PEOPLE, "residue"].head(MOST_NAMES))
        try:
            hot = tuple(hotspots.loc[hotspots["q"] < spec.hotspot_q, "residue"])
            figure = lollipop_figure(calls, protein, gene=spec.gene, labels=named, bold=hot, title=title)
        except NoRowsError:
            return pictures
        columns = ["cohort_id", "patient_id", "hgvsp_short", "residue", "variant_class"]
        pictures[figure_stem("lollipop", variant=variant)] = Picture(
            figure, title, _lollipop_words(spec, calls, hotspots, protein), calls[columns]
        )
    return pictures


def _frequency_words(table: pd.DataFrame, title: str) -> str:
    top = [
        f"{row['label']} {100 * row['rate']:.1f} % ({count(row['numerator'])} of {count(row['denominator'])})"
        for row in table.head(5).to_dict("records")
    ]
    return f"Dots with exact 95 % intervals: {title}, {len(table)} groups. Highest: {'; '.join(top)}."


def _lollipop_words(
    spec: LandscapeSpec, calls: pd.DataFrame, hotspots: pd.DataFrame, protein: Protein
) -> str:
    placed = int(calls["residue"].notna().sum())
    found = hotspots[hotspots["q"] < spec.hotspot_q]
    words = ", ".join(
        f"residue {row.residue} in {count(row.n_people)} people" for row in found.head(5).itertuples()
    )
    domains = ", ".join(f"{d.name} {d.start}-{d.end}" for d in protein.domains)
    return (
        f"Lollipop plot of {placed} of {len(calls)} {spec.gene} mutations over {protein.length:,} residues with "
        f"domains {domains}. {'Hotspots: ' + words if words else 'No residue is hit more often than chance allows'}."
    )


def frequency_figure(table: pd.DataFrame, *, title: str) -> Figure:
    """Share of mutated people by group with exact intervals, as dots in the order of ``table``.

    ``table`` : ``label, numerator, denominator, rate, ci_low, ci_high`` (0-1). Raises NoRowsError when empty.
    """
    if table.empty:
        raise NoRowsError("No group was counted: there is no frequency to draw.")
    page = Page("single", title)
    page_width = page.width_mm
    counts = [
        f"{count(n)} / {count(of)}" for n, of in zip(table["numerator"], table["denominator"], strict=True)
    ]
    shares = [f"{100 * rate:.1f} %" for rate in table["rate"]]
    of_counts, of_shares = widest_mm([*counts, "n / N"]), widest_mm(shares)
    label_width = min(widest_mm(table["label"]), 36.0)
    head = page.head + style.line_height_mm(style.SMALL_PT) + 1.5
    body = ROW_MM * len(table)
    left = MARGIN_MM + label_width + 1.5
    plot = page_width - left - of_counts - of_shares - 6.0 - MARGIN_MM
    counts_right = page_width - MARGIN_MM - of_shares - 2.5
    with style.house_style():
        page.open(head + body + 9.0)
        axes = page.axes(left, head, plot, body)
        y = np.arange(len(table))
        axes.hlines(y, 100 * table["ci_low"], 100 * table["ci_high"], color=style.BLUE, linewidth=1.0)
        axes.plot(100 * table["rate"], y, "o", color=style.BLUE, markersize=3.0, clip_on=False)
        row_axis(axes, len(table))
        limit = _axis_end(table)
        axes.set_xlim(0, limit)
        beyond = (100 * table["ci_high"] > limit).to_numpy()
        axes.plot(
            np.full(beyond.sum(), limit), y[beyond], ">", color=style.BLUE, markersize=2.5, clip_on=False
        )
        axes.set_xlabel("Mutated (%), 95 % exact interval", fontsize=style.SMALL_PT, labelpad=1.5)
        page.text(counts_right, head - 0.8, "n / N", ha="right", va="bottom", weight="bold")
        for k, (label, counted, share) in enumerate(zip(table["label"], counts, shares, strict=True)):
            middle = head + (k + 0.5) * ROW_MM
            text = _shortened(label, label_width + 0.1)
            page.text(left - 1.5, middle, text, ha="right", va="center")
            page.text(counts_right, middle, counted, ha="right", va="center")
            page.text(page_width - MARGIN_MM, middle, share, ha="right", va="center")
    return page.figure


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
    page = Page("double", title)
    head = page.head + 5.0
    left, plot = MARGIN_MM + 9.0, page.inner - 11.0
    with style.house_style():
        page.open(head + LOLLIPOP_MM + TRACK_MM + 13.0)
        axes = page.axes(left, head, plot, LOLLIPOP_MM)
        _stems(axes, heights)
        most = int(heights["top"].max())
        axes.set_xlim(0, protein.length)
        axes.set_ylim(0, most * 1.3 + 0.5)
        axes.set_yticks(_whole_ticks(most))
        axes.set_ylabel("People", fontsize=style.SMALL_PT)
        axes.set_xticks([])
        hide_sides(axes, "bottom")
        _name_residues(axes, placed, heights, labels, bold, plot / protein.length)
        _class_legend(axes, heights)
        _track(page.axes(left, head + LOLLIPOP_MM, plot, TRACK_MM), protein, plot / protein.length)
        foot = head + LOLLIPOP_MM + TRACK_MM + 5.0
        words = f"Residue of {gene} ({protein.accession}, {protein.length:,} amino acids)"
        page.text(left + plot / 2, foot, words, ha="center")
    return page.figure


def class_figure(table: pd.DataFrame, *, title: str) -> Figure:
    """Counts and shares of variant classes as bars. ``table`` : ``variant_class, n, rate``. NoRowsError if empty."""
    shown = table[table["n"] > 0]
    if shown.empty:
        raise NoRowsError("No mutation was counted: there is no class to draw.")
    page = Page("single", title)
    head = page.head + 1.5
    body = 5.0 * len(shown)
    with style.house_style():
        page.open(head + body + 9.0)
        axes = page.axes(MARGIN_MM + 15.0, head, page.inner - 36.0, body)
        places = np.arange(len(shown))
        axes.barh(places, shown["n"], height=0.7, color=[CLASS_COLOURS[c] for c in shown["variant_class"]])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        names = [CLASS_WORDS.get(c, c) for c in shown["variant_class"]]
        axes.set_yticks(places, names, fontsize=style.SMALL_PT)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Mutations", fontsize=style.SMALL_PT, labelpad=1.5)
        for place, (n, rate) in enumerate(zip(shown["n"], shown["rate"], strict=True)):
            axes.annotate(
                f"{count(n)} ({100 * rate:.1f} %)", (n, place), xytext=(3, 0), textcoords="offset points",
                va="center", size=style.SMALL_PT, annotation_clip=False,
            )  # fmt: skip
    return page.figure


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
        word = residue_words(placed.loc[placed["residue"] == position, "hgvsp_short"].dropna(), position)
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


def residue_words(changes: pd.Series, position: int) -> str:
    """The changes of a residue, those of most people first: G12C, G12C/D/V; of more or long ones their number."""
    short = (
        changes.astype(str)
        .str.removeprefix("p.")
        .str.replace(_LONG_NAME, lambda found: _ONE_LETTER[found[0]], regex=True)
    )
    words = [str(change) for change in short.value_counts().index]
    if not words:
        return str(position)
    if len(words) == 1:
        return words[0]
    wild, number, _ = words[0].partition(str(position))
    ends = [word.removeprefix(wild + number) for word in words]
    joint = wild + number + "/".join(ends)
    if all(word.startswith(wild + number) for word in words) and len(joint) <= MOST_LETTERS:
        return joint
    return f"{wild}{number}, {len(words)} changes"


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
    hide_sides(axes, "left", "bottom")
    step = next(s for s in (50, 100, 200, 250, 500, 1000, 5000) if protein.length / s <= 9)
    ticks = [t for t in range(0, protein.length, step) if protein.length - t > step / 3]
    axes.set_xticks([max(t, 1) for t in ticks] + [protein.length])


def _class_legend(axes: Axes, heights: pd.DataFrame) -> None:
    present = [name for name in CLASS_COLOURS if (heights["variant_class"] == name).any()]
    handles = {CLASS_WORDS.get(name, name): dot_handle(CLASS_COLOURS[name]) for name in present}
    key_above(axes, handles, side="right", x=1.0, gap=0.1)


def _whole_ticks(most: int) -> list[int]:
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 500) if most / s <= 6)
    return list(range(0, most + 1, step))
