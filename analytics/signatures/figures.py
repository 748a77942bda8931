"""Figures of signatures: spectra by gene status (96 channels, one panel a group), presence by status, survival by
signature. Counting channels belongs to ``spectra``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analytics.engine.arrays import FloatArray
from analytics.engine.numbers import DASH, count, p_value, ratio, with_ends
from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.forest import ForestRow, forest_figure
from analytics.figures.page import MARGIN_MM, Page
from analytics.figures.paired_rates import PairedRate, paired_rates_figure
from analytics.figures.picture import Picture, figure_stem
from analytics.results.statistic import ComparisonStatistic, FrequencyStatistic
from analytics.signatures.samples import in_order
from analytics.signatures.signatures import MIN_MUTATIONS
from analytics.signatures.spec import SignatureSpec
from analytics.signatures.spectra import CHANNELS, SUBSTITUTIONS, Spectra
from analytics.signatures.tables import SignatureSurvivalStatistic

#: Signatures in a figure beside those that the spec asks for.
_MOST = 12
_SURVIVAL_WORDS = {
    "log_rank_oe": "log-rank O/E",
    "cox_univariable": "Cox",
    "cox_adjusted": "Cox, adjusted",
    "cox_burden_adjusted": "Cox, adjusted for burden",
}
_STRATUM_WORDS = {"oncotree_code": "tumour type", "cancer_type": "cancer type", "cohort_id": "cohort"}

AXIS_MM = 11.0
PANEL_MM, BAND_MM, GAP_MM = 26.0, 3.6, 4.0
# Six colours that differ with any common colour vision; the order is that of the substitutions.
COLOURS = (style.SKY_BLUE, style.BLACK, style.VERMILION, style.GREY, style.GREEN, style.PURPLE)


def spectrum_picture(spec: SignatureSpec, members: pd.DataFrame, spectra: Spectra) -> dict[str, Picture]:
    """Mean spectrum of the mutated and of the wild-type, each sample counting once; none when a group is empty."""
    known = members[members["sample_key"].isin(spectra.counts.index)]
    totals = spectra.counts.sum(axis=1).reindex(known["sample_key"]).to_numpy()
    known = known[totals >= MIN_MUTATIONS]
    panels, parts = [], []
    for in_group, word in ((True, "mutated"), (False, "wild-type")):
        keys = known.loc[known["in_group"] == in_group, "sample_key"]
        if keys.empty:
            return {}
        counts = spectra.counts.loc[keys].to_numpy(dtype=float)
        shares = counts / counts.sum(axis=1, keepdims=True)
        mean = shares.mean(axis=0)
        error = 1.96 * shares.std(axis=0, ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else 0.0 * mean
        label = f"{spec.gene} {word}, {count(len(keys))} samples"
        low, high = np.maximum(mean - error, 0.0), mean + error
        panels.append(SpectrumPanel(label, mean, low, high))
        parts.append(
            pd.DataFrame(
                {"group": word, "channel": CHANNELS, "mean_share": mean, "ci_low": low, "ci_high": high}
            )
        )
    data = pd.concat(parts, ignore_index=True)
    leading = ", ".join(
        f"{panel.label}: {CHANNELS[int(panel.shares.argmax())]} is the most frequent "
        f"({100 * float(panel.shares.max()):.1f} %)"
        for panel in panels
    )
    figure = spectrum_figure(
        panels,
        title=f"Mutation spectra by {spec.gene} status: mean of samples with {MIN_MUTATIONS} substitutions or more",
    )
    return {
        "spectra": Picture(
            figure, f"Mutation spectra by {spec.gene} status", f"96 channels. {leading}.", data
        )
    }


def signature_figures(
    spec: SignatureSpec,
    variant_name: str,
    frequency: Sequence[FrequencyStatistic],
    comparison: Sequence[ComparisonStatistic],
    survival: Sequence[SignatureSurvivalStatistic],
) -> dict[str, Picture]:
    """Paired bars of presence and one forest an estimator; what was not estimated is left out."""
    figures = {}
    bars = _presence(spec, variant_name, frequency, comparison)
    if bars is not None:
        figures[figure_stem("presence", variant=variant_name)] = bars
    for key in dict.fromkeys(row.key.rpartition(".")[0] for row in survival):
        endpoint, estimator = key.split(".")
        forest = _forest(
            spec, variant_name, endpoint, estimator, [r for r in survival if r.key.startswith(f"{key}.")]
        )
        if forest is not None:
            stem = figure_stem("forest", variant=variant_name, endpoint=endpoint, part=estimator)
            figures[stem] = forest
    return figures


def _presence(
    spec: SignatureSpec,
    variant_name: str,
    frequency: Sequence[FrequencyStatistic],
    comparison: Sequence[ComparisonStatistic],
) -> Picture | None:
    rates = {(r.feature or "", r.key.split(".rate.")[1]): r for r in frequency if ".rate." in r.key}
    tests = {(r.feature, r.key.rpartition(".")[2]): r for r in comparison if r.feature is not None}
    known = [name for name, label in rates if label == "mutated" and rates[name, "mutated"].denominator]
    frequent = {name: rates[name, "wild_type"].estimate or 0.0 for name in known}
    asked = [name for name in spec.highlighted if name in known]
    others = [name for name in known if name not in asked and frequent[name] > 0]
    others.sort(key=lambda name: -frequent[name])
    chosen = [*asked, *in_order(others[:_MOST])]
    if not chosen:
        return None
    bars, data = [], []
    for name in chosen:
        groups = [rates[name, label] for label in ("mutated", "wild_type")]
        shares = [_share(group) for group in groups]
        fisher, held = tests.get((name, "fisher")), tests.get((name, "mantel_haenszel"))
        notes = (
            p_value(fisher.q if fisher else None),
            ratio(held.estimate if held else None),
            p_value(held.q if held else None),
        )
        bars.append(PairedRate(name, shares[0], shares[1], tuple(note or DASH for note in notes)))
        for label, group in zip(("mutated", "wild-type"), groups, strict=True):
            data.append(
                {
                    "signature": name, "group": label, "numerator": group.numerator, "denominator": group.denominator,
                    "estimate": group.estimate, "ci_low": group.ci_low, "ci_high": group.ci_high,
                }
            )  # fmt: skip
    n = [rates[chosen[0], label].denominator for label in ("mutated", "wild_type")]
    groups_words = (f"{spec.gene} mutated (n {count(n[0])})", f"{spec.gene} wild-type (n {count(n[1])})")
    figure = paired_rates_figure(
        bars,
        groups=groups_words,
        headings=("q, Fisher", "OR in types", "q, in types"),
        title=f"Signatures by {spec.gene} status ({variant_name.replace('_', ' ')})",
        x_label="Samples with the signature (%), 95 % interval",
    )
    words = [
        f"{bar.label} {100 * bar.first[0]:.1f} % against {100 * bar.second[0]:.1f} %" for bar in bars[:6]
    ]
    alt = f"Paired bars, mutated against wild-type: {', '.join(words)}."
    return Picture(figure, f"Signatures by {spec.gene} status, {variant_name}", alt, pd.DataFrame(data))


def _share(row: FrequencyStatistic) -> tuple[float, float, float]:
    low, high = (np.nan if end is None else end for end in (row.ci_low, row.ci_high))
    return (np.nan if row.estimate is None else row.estimate, low, high)


def _forest(
    spec: SignatureSpec,
    variant_name: str,
    endpoint: str,
    estimator: str,
    rows: Sequence[SignatureSurvivalStatistic],
) -> Picture | None:
    drawn = {row.feature or "": row for row in rows if row.estimate is not None and row.p is not None}
    asked = [name for name in spec.highlighted if name in drawn]
    others = sorted((name for name in drawn if name not in asked), key=lambda name: drawn[name].p or 0.0)[
        :_MOST
    ]
    chosen = [*asked, *in_order(others)]
    if not chosen:
        return None
    lines = [line for line in (_line(name, drawn[name]) for name in chosen) if line is not None]
    if not lines:
        return None
    word = _SURVIVAL_WORDS.get(estimator.replace("logrank_oe", "log_rank_oe"), estimator)
    strata = ", ".join(drawn[chosen[0]].model.strata)
    for column, called in _STRATUM_WORDS.items():
        strata = strata.replace(column, called)
    within = f", within {strata}" if strata else ""
    figure = forest_figure(
        lines,
        title=f"{endpoint.upper()} with and without a signature: {word}{within}",
        n_heading="With it",
        events_heading="Events",
        favours=("longer with the signature", "shorter with the signature"),
    )
    data = pd.DataFrame([_source_row(drawn[name]) for name in chosen])
    words = [f"{line.label} {with_ends(line.hr, line.ci_low, line.ci_high)}" for line in lines[:6]]
    alt = f"Forest plot of hazard ratios by signature, {word}: {', '.join(words)}."
    return Picture(figure, f"Survival by signature, {variant_name}, {word}", alt, data)


def _line(name: str, row: SignatureSurvivalStatistic) -> ForestRow | None:
    """A line of the forest; None without an interval that a log axis can hold."""
    if row.estimate is None or row.p is None or row.ci_high is None or not row.ci_low:
        return None
    counts = row.counts
    return ForestRow(
        label=name,
        n=f"{count(counts.n_in_group)} of {count(counts.n)}",
        events=count(counts.events_in_group),
        hr=row.estimate,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        p=row.p,
    )


def _source_row(row: SignatureSurvivalStatistic) -> dict[str, str | float | None]:
    counts = row.counts
    return {
        "feature": row.feature, "n": counts.n, "n_in_group": counts.n_in_group, "events": counts.events,
        "events_in_group": counts.events_in_group, "estimate": row.estimate, "ci_low": row.ci_low,
        "ci_high": row.ci_high, "p": row.p, "q": row.q,
    }  # fmt: skip


@dataclass(frozen=True)
class SpectrumPanel:
    """One spectrum: 96 shares in the order of CHANNELS, and whether the axis has room for whiskers.

    `low` and `high` are the ends of an interval per channel, where there is one.
    """

    label: str
    shares: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None


def spectrum_figure(panels: Sequence[SpectrumPanel], *, title: str = "") -> Figure:
    """Draw the panels below each other on one scale; the neighbours are named under the last.

    Raises InvalidSettingError without panels, or when a panel does not hold 96 numbers from 0.
    """
    if not panels:
        raise InvalidSettingError("A spectrum plot was given no spectrum: give at least one.")
    for panel in panels:
        if panel.shares.shape != (len(CHANNELS),) or not (panel.shares >= 0).all():
            raise InvalidSettingError(f"Spectrum '{panel.label}' does not hold 96 numbers from 0.")
    page = Page("double", title)
    inner = page.width_mm - AXIS_MM - MARGIN_MM
    head = page.head + (1.0 if page.title else 0.0)
    label = style.line_height_mm(style.TEXT_PT) + 0.8
    each = label + BAND_MM + 0.8 + PANEL_MM + GAP_MM
    top = max(float((p.high if p.high is not None else p.shares).max()) for p in panels) * 105.0
    with style.house_style():
        page.open(head + len(panels) * each + 7.0)
        for place, panel in enumerate(panels):
            y = head + place * each
            page.text(AXIS_MM, y, panel.label, size=style.TEXT_PT)
            _draw_bands(page.sheet, AXIS_MM, y + label, inner)
            axes = page.axes(AXIS_MM, y + label + BAND_MM + 0.8, inner, PANEL_MM)
            _draw_panel(axes, panel, top, is_last=place == len(panels) - 1)
        under = head + len(panels) * each - GAP_MM + 6.0
        note = "Base before the substituted one; within each from left to right the base after it: A, C, G, T"
        page.text(page.width_mm / 2, under, note, color=style.GREY, ha="center")
    return page.figure


def _draw_bands(page: Axes, left: float, y: float, width: float) -> None:
    each = width / len(SUBSTITUTIONS)
    for i, (name, colour) in enumerate(zip(SUBSTITUTIONS, COLOURS, strict=True)):
        page.add_patch(
            Rectangle((left + i * each + 0.3, y), each - 0.6, BAND_MM, facecolor=colour, edgecolor="none")
        )
        ink = style.BLACK if colour in (style.SKY_BLUE, style.PURPLE) else "white"
        page.text(
            left + (i + 0.5) * each, y + BAND_MM / 2, name.replace(">", " > "), size=style.SMALL_PT,
            weight="bold", color=ink, ha="center", va="center",
        )  # fmt: skip


def _draw_panel(axes: Axes, panel: SpectrumPanel, top: float, is_last: bool) -> None:
    places = np.arange(len(CHANNELS))
    colours = [COLOURS[i // 16] for i in places]
    axes.bar(places, 100.0 * panel.shares, width=0.72, color=colours, linewidth=0)
    if panel.low is not None and panel.high is not None:
        axes.vlines(places, 100.0 * panel.low, 100.0 * panel.high, color="#9A9A9A", linewidth=0.5, zorder=3)
    axes.set_xlim(-0.6, len(CHANNELS) - 0.4)
    axes.set_ylim(0.0, top)
    axes.set_ylabel("Share (%)", size=style.SMALL_PT, labelpad=1.5)
    # one label for the four channels of a base before: 96 of them would be printed at 4 pt
    before = [channel[0] for channel in CHANNELS[::4]] if is_last else []
    axes.set_xticks(places[::4] + 1.5 if is_last else [], before)
    axes.tick_params(axis="x", length=0, pad=1.0, labelsize=style.SMALL_PT)
    axes.tick_params(axis="y", labelsize=style.SMALL_PT)
