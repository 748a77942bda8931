"""Before and after burden: what becomes of each leading gene's hazard ratio, and the rows of a forest plot of them.

What does not belong here: tests, files.
"""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.engine.numbers import p_value
from analytics.errors import InvalidSettingError, NoRowsError
from analytics.figures import style
from analytics.figures.axes import hide_sides, mark_cut_ends, no_difference, ratio_ticks
from analytics.figures.forest import ForestRow, axis_limits
from analytics.figures.page import MARGIN_MM, Page, widest_mm
from analytics.results.verdict_words import BurdenWord
from analytics.scan.survival_scan import ScanResult

ROW_MM, GAP_MM = 4.6, 3.0
HEADING = "burden null p, verdict"
NOTE = (
    "Open: {before}. Filled: adjusted for burden too, the gene's own mutations taken out. "
    "The verdict also counts how many genes were looked at."
)
BEFORE = {"uni": "the gene alone", "adj": "adjusted for the covariates"}
COLOURS = {
    **{str(word): style.VERMILION for word in BurdenWord if word.is_beyond},
    BurdenWord.COMPATIBLE: style.BLUE,
    BurdenWord.NOT_EXCLUDED: style.BLUE,
}


def model_before_burden(result: ScanResult) -> str:
    """The model that the burden model adds burden to: adjusted for the covariates, or the gene alone without any."""
    return "adj" if result.table["adj_coef"].notna().any() else "uni"


def leading_genes(result: ScanResult, n_genes: int = 20) -> pd.DataFrame:
    """The n_genes rows with the smallest primary p; identical genes count once, the others of their group left out.

    Raises NoRowsError when no gene was tested."""
    table = result.table[result.table["primary_p"].notna()]
    if table.empty:
        raise NoRowsError("No gene of this scan was tested, so none can lead.")
    ordered = table.sort_values(["primary_p", "gene"], kind="stable")
    repeated = (ordered["identical_group"] >= 0) & ordered["identical_group"].duplicated()
    return ordered[~repeated].head(n_genes)


def forest_rows(result: ScanResult, *, model: str = "adj", n_genes: int = 20) -> list[ForestRow]:
    """The leading genes as rows for `analytics.figures.forest.forest_figure`; no estimate, then its reason.

    model: "uni", "adj" or "burden". Raises InvalidSettingError for another model."""
    if f"{model}_coef" not in result.table:
        raise InvalidSettingError(f"This scan has no model {model!r}.")
    rows = []
    for _, gene in leading_genes(result, n_genes).iterrows():
        has = math.isfinite(gene[f"{model}_coef"]) and math.isfinite(gene[f"{model}_ci_low"])
        total = "n" if model == "uni" else f"{model}_n"
        of_model = "" if model == "uni" and "events" in result.table else f"{model}_"
        carriers, events = gene[f"{of_model}n_carriers"], gene[f"{of_model}events_carriers"]
        rows.append(
            ForestRow(
                label=str(gene["gene"]),
                n=f"{int(carriers)}/{int(gene[total])}" if math.isfinite(gene[total]) else "",
                events=f"{int(events)}" if math.isfinite(events) else "",
                hr=math.exp(gene[f"{model}_coef"]) if has else math.nan,
                ci_low=math.exp(gene[f"{model}_ci_low"]) if has else math.nan,
                ci_high=math.exp(gene[f"{model}_ci_high"]) if has else math.nan,
                p=float(gene[f"{model}_lr_p"]) if has else None,
                weight=float(gene[f"{model}_se"] ** -2) if has else None,
                note="" if has else str(gene[f"{model}_reason"] or ""),
            )
        )
    return rows


def burden_slope_figure(
    result: ScanResult, *, n_genes: int = 20, title: str = "", width: style.Width = "double"
) -> Figure:
    """For each leading gene the hazard ratio before (open) and after (filled) adjustment for burden, with intervals.

    An arrow joins the two; the colour is the verdict, the words beside it give the burden null's two-sided p. Raises
    NoRowsError when no gene has both estimates.
    """
    before = model_before_burden(result)
    effect = "Hazard ratio" if "events" in result.table else "Odds ratio of response"
    genes = leading_genes(result, n_genes)
    genes = genes[genes[f"{before}_coef"].notna() & genes["burden_coef"].notna()]
    if genes.empty:
        raise NoRowsError("No leading gene has an estimate both before and after adjustment for burden.")
    limits = axis_limits(
        [
            *forest_rows(result, model=before, n_genes=n_genes),
            *forest_rows(result, model="burden", n_genes=n_genes),
        ]
    )
    words = [_words(gene) for _, gene in genes.iterrows()]
    with style.house_style():
        page = Page(width, title)
        small = style.line_height_mm(style.SMALL_PT)
        top = page.head + small + 2.0
        body = ROW_MM * len(genes)
        page.open(top + body + 9.0 + 3 * small)
        left = MARGIN_MM + GAP_MM + widest_mm(genes["gene"].astype(str), style.TEXT_PT)
        words_width = widest_mm((*words, HEADING), weight="bold")
        plot_width = page.width_mm - left - GAP_MM - words_width - MARGIN_MM
        beside = left + plot_width + GAP_MM
        axes = page.axes(left, top, plot_width, body)
        _prepare(axes, limits, len(genes), effect, plot_width)
        page.text(beside, top - small - 1.0, HEADING, weight="bold")
        for row, (_, gene) in enumerate(genes.iterrows()):
            _draw_gene(axes, gene, row, before)
            y = top + (row + 0.5) * ROW_MM
            page.text(MARGIN_MM, y, str(gene["gene"]), size=style.TEXT_PT, va="center")
            page.text(beside, y, words[row], va="center", color=_colour(gene))
        page.lines(top + body + 9.0, page.wrap(NOTE.format(before=BEFORE[before])), color=style.GREY)
    return page.figure


def _colour(gene: pd.Series) -> str:
    return COLOURS.get(str(gene["burden_verdict"]), style.GREY)


def _words(gene: pd.Series) -> str:
    p = gene["null_p_two_sided"]
    shown = f"{p_value(p)}, " if math.isfinite(p) else ""
    return f"{shown}{gene['burden_verdict']}"


def _prepare(axes: Axes, limits: tuple[float, float], n_rows: int, effect: str, width_mm: float) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xlim(*limits)
    axes.set_ylim(n_rows, 0)
    axes.set_yticks([])
    hide_sides(axes, "left")
    powers = range(math.ceil(math.log2(limits[0]) - 1e-9), math.floor(math.log2(limits[1]) + 1e-9) + 1)
    # as many powers as have room for their labels, 1 among them
    each = width_mm / math.log2(limits[1] / limits[0])
    step = math.ceil((widest_mm(["1/16"]) + 1.0) / each)
    ratio_ticks(axes, [2.0**power for power in powers if power % step == 0], as_fractions=True)
    no_difference(axes)
    axes.set_xlabel(f"{effect}, carriers (log scale)", labelpad=1.5)


def _draw_gene(axes: Axes, gene: pd.Series, row: int, before: str) -> None:
    colour = _colour(gene)
    heights = {before: row + 0.32, "burden": row + 0.68}
    for model, y in heights.items():
        ends = np.exp([gene[f"{model}_ci_low"], gene[f"{model}_ci_high"]])
        if np.isfinite(ends).all():
            axes.plot(ends, [y, y], color=colour, linewidth=0.7, zorder=2)
            mark_cut_ends(axes, (ends[0], ends[1]), y, colour=colour, size=2.8, zorder=3)
        axes.plot(
            [math.exp(gene[f"{model}_coef"])],
            [y],
            "o",
            color=colour,
            markerfacecolor="white" if model == before else colour,
            markersize=3.2,
            markeredgewidth=0.8,
            zorder=4,
        )
    axes.plot(
        [math.exp(gene[f"{before}_coef"]), math.exp(gene["burden_coef"])],
        [heights[before], heights["burden"]],
        color=colour,
        linewidth=0.7,
        linestyle=(0, (2, 1.5)),
        zorder=3,
    )
