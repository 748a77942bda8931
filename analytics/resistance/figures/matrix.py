"""Patients x genes: what happened to each gene of a pair, how sure that is, and when it came.

Belongs here: drawing. The verdicts are made in `loss` and `events`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.page import MARGIN_MM, Page, widest_mm
from analytics.resistance.evidence.loss import BIALLELIC, CANNOT_SAY, HIGH, LOW, MODERATE, MONOALLELIC
from analytics.resistance.pairs.events import ACQUIRED, INTRINSIC, LOST_AGAIN, NOT_SAID

ROW_MM, LABEL_GAP_MM = 5.2, 2.0
_SHARE: Final = {HIGH: 1.0, MODERATE: 0.66, LOW: 0.33}
#: legend words -> colour
COLOURS: Final = {
    "both alleles lost, acquired": style.VERMILION,
    "both alleles lost before": style.PURPLE,
    "both alleles lost, nobody can say when": style.ORANGE,
    "both alleles lost in the earlier sample only": style.GREEN,
    "one allele lost": style.SKY_BLUE,
    "cannot say": style.LIGHT_GREY,
}
_TIMED: Final = {
    ACQUIRED: "both alleles lost, acquired",
    INTRINSIC: "both alleles lost before",
    NOT_SAID: "both alleles lost, nobody can say when",
    LOST_AGAIN: "both alleles lost in the earlier sample only",
}


def cell_words(event: Mapping[Any, Any]) -> str | None:
    """Legend words of an event; None for a gene that is intact."""
    if event["biallelic"] == BIALLELIC:
        return _TIMED.get(str(event["timing"]), _TIMED[NOT_SAID])
    return {MONOALLELIC: "one allele lost", CANNOT_SAY: "cannot say"}.get(str(event["biallelic"]))


def set_words(gene_set: str) -> str:
    """A gene set's name as words; a name of short words is one of gene symbols."""
    words = gene_set.split("_")
    return " ".join(words).upper() if all(len(word) <= 3 for word in words) else " ".join(words)


def matrix_figure(
    events: pd.DataFrame, rows: Sequence[tuple[str, str]], genes: Mapping[str, Sequence[str]], *, title: str
) -> Figure:
    """One row a pair (`rows`: pair_id and label), one column a gene, in blocks by gene set, in a double column.

    The filled part of a cell is the confidence (full: high, two thirds: moderate, one third: low). A black square is a
    truncating mutation, a ring another non-synonymous one, nothing a loss of copies only. Genes without an event in
    any of the pairs have an empty column. Raises NoRowsError without a pair.
    """
    if not rows:
        raise NoRowsError("No pair of samples was given: there is nothing to draw.")
    blocks = {name: list(dict.fromkeys(members)) for name, members in genes.items()}
    n_columns = sum(len(b) for b in blocks.values())
    page = Page("double", title)
    label_width = widest_mm((label for _, label in rows), style.TEXT_PT)
    left = MARGIN_MM + min(label_width, 60.0) + LABEL_GAP_MM
    gaps = 3.0 * (len(blocks) - 1)
    column = min(8.0, (page.width_mm - left - MARGIN_MM - gaps) / n_columns)
    names = widest_mm(g for b in blocks.values() for g in b)
    head = page.head
    top = head + 6.5 + names + 2.0
    height = top + ROW_MM * len(rows) + 5.0 + 4.2 * 4 + MARGIN_MM
    with style.house_style():
        page.open(height)
        at = {(e["pair_id"], e["hugo_symbol"]): e for e in events.to_dict("records")}
        x = left
        for name, members in blocks.items():
            words = set_words(name)
            page.text(x, head + 3.5, words, va="center", color=style.GREY)
            for gene in members:
                page.text(x + column / 2, top - 1.2, gene, rotation=90, ha="center", va="bottom")
                for k, (pair_id, _) in enumerate(rows):
                    _cell(page.sheet, x, top + k * ROW_MM, column, at.get((pair_id, gene)))
                x += column
            x += 3.0
        for k, (_, label) in enumerate(rows):
            y = top + (k + 0.5) * ROW_MM
            page.text(left - LABEL_GAP_MM, y, label, size=style.TEXT_PT, ha="right", va="center")
        _legend(page, top + ROW_MM * len(rows) + 5.0)
    return page.figure


def _cell(page: Axes, x: float, y: float, width: float, event: Mapping[Any, Any] | None) -> None:
    inner, tall = width - 0.8, ROW_MM - 0.8
    page.add_patch(Rectangle((x + 0.4, y + 0.4), inner, tall, facecolor="#F4F4F4", edgecolor="none"))
    words = cell_words(event) if event is not None else None
    if event is None or words is None:
        return
    filled = tall * _SHARE[str(event["confidence"])]
    page.add_patch(
        Rectangle(
            (x + 0.4, y + 0.4 + tall - filled), inner, filled, facecolor=COLOURS[words], edgecolor="none"
        )
    )
    if len(event["mutation"]):
        _mark(page, x + width / 2, y + ROW_MM / 2, bool(event["is_truncating"]))


def _mark(page: Axes, x: float, y: float, is_truncating: bool) -> None:
    face = style.BLACK if is_truncating else "white"
    marker = "s" if is_truncating else "o"
    page.add_line(
        Line2D([x], [y], marker=marker, markersize=3.0, markerfacecolor=face, markeredgecolor=style.BLACK,
               markeredgewidth=0.7, linestyle="none", zorder=5)
    )  # fmt: skip


def _legend(page: Page, top: float) -> None:
    for i, (words, colour) in enumerate(COLOURS.items()):
        column, row = divmod(i, 3)
        x, y = MARGIN_MM + column * 62.0, top + row * 4.2
        page.sheet.add_patch(Rectangle((x, y - 1.4), 4.0, 2.8, facecolor=colour, edgecolor="none"))
        page.text(x + 5.5, y, words, va="center")
    x = MARGIN_MM + 2 * 62.0
    for row, (words, share) in enumerate((("high confidence", 1.0), ("moderate", 0.66), ("low", 0.33))):
        y = top + row * 4.2
        page.sheet.add_patch(Rectangle((x, y - 1.4), 4.0, 2.8, facecolor="#F4F4F4", edgecolor="none"))
        page.sheet.add_patch(
            Rectangle((x, y + 1.4 - 2.8 * share), 4.0, 2.8 * share, facecolor=style.GREY, edgecolor="none")
        )
        page.text(x + 5.5, y, words, va="center")
    y = top + 3 * 4.2
    for x, words, is_truncating in (
        (MARGIN_MM, "truncating mutation", True),
        (MARGIN_MM + 62.0, "other mutation", False),
    ):
        _mark(page.sheet, x + 2.0, y, is_truncating)
        page.text(x + 5.5, y, words, va="center")
    page.text(MARGIN_MM + 124.0, y, "colour without a mark: copies only", va="center")
