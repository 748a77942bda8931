"""Pictures of a scan: volcano, QQ plot with its null band, ranked plot.

Figures are drawn from the table of a `ScanResult` in the house style; nothing here computes a test.
What does not belong here: files, before and after burden (`burden.py`), the forest plot
(`analytics.figures.forest`; `burden.forest_rows` feeds it).
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy import stats

from analytics.engine.arrays import FloatArray
from analytics.errors import InvalidSettingError, NoRowsError
from analytics.figures import style
from analytics.figures.labels import place_labels, write_labels
from analytics.figures.page import MARGIN_MM, Page
from analytics.figures.picture import MARK_ID
from analytics.results.verdict_words import BurdenWord
from analytics.scan.survival_scan import ScanResult

LEFT_MM, BOTTOM_MM, KEY_LINE_MM = 11.0, 9.0, 3.2
PLOT_MM = 58.0
# More points than this are drawn as one picture inside a vector file: 18,000 circles are 2 MB of SVG.
MOST_VECTOR_POINTS = 2_000
# Genes of a volcano that are marks of their own, so that a page can link them: all of a panel, the first of an exome.
# 500 more would make a vector file too large for a report.
GENES_OF_A_PANEL, MARKS_OF_AN_EXOME = 520, 250
SMALLEST_P = 1e-300
PRIMARY_NAMES = {
    "logrank_p": "log-rank",
    "fisher_p": "Fisher's exact test",
    "uni_wald_p": "univariable, Wald",
    "uni_score_p": "univariable, score",
    "uni_lr_p": "univariable, likelihood ratio",
    "adj_wald_p": "adjusted, Wald",
    "adj_score_p": "adjusted, score",
    "adj_lr_p": "adjusted, likelihood ratio",
}
MODELS = {"uni": "univariable", "adj": "adjusted", "burden": "adjusted for burden"}


def _minus_log10(p: "pd.Series[float] | FloatArray") -> FloatArray:
    return -np.log10(np.maximum(np.asarray(p, dtype=np.float64), SMALLEST_P))


def _tested(result: ScanResult, columns: list[str], what: str) -> pd.DataFrame:
    table = result.table
    absent = [c for c in columns if c not in table]
    if absent:
        raise InvalidSettingError(
            f"{what} needs the columns {', '.join(absent)}, which this scan does not have."
        )
    kept = table[table[columns].notna().all(axis=1)]
    if kept.empty:
        raise NoRowsError(f"{what} has nothing to show: no gene of the scan has {' and '.join(columns)}.")
    return kept


def _groups(table: pd.DataFrame, alpha: float) -> list[tuple[str, str, pd.DataFrame]]:
    """Name in the key, colour, genes: what a reader must tell apart."""
    passed = table["primary_q"] < alpha
    if "burden_verdict" not in table:
        return [
            ("others", style.LIGHT_GREY, table[~passed]),
            (f"q < {alpha:g}", style.VERMILION, table[passed]),
        ]
    is_more = passed & table["burden_verdict"].isin([word for word in BurdenWord if word.is_beyond])
    is_shadow = passed & table["burden_verdict"].isin([BurdenWord.COMPATIBLE, BurdenWord.NOT_EXCLUDED])
    return [
        ("others", style.LIGHT_GREY, table[~passed]),
        (f"q < {alpha:g}, too few to say", style.BLACK, table[passed & ~is_more & ~is_shadow]),
        (f"q < {alpha:g}, burden alone or not excluded", style.BLUE, table[is_shadow]),
        (f"q < {alpha:g}, beyond burden", style.VERMILION, table[is_more]),
    ]


class _Plot(Page):
    """A single plot with a title above, a key and notes below it, and millimetre-true axes."""

    def __init__(self, title: str, keys: list[tuple[str, str]], notes: list[str], width: style.Width) -> None:
        super().__init__(width, title)
        small = style.line_height_mm(style.SMALL_PT)
        texts = [(self.wrap(text, indent=4.0), colour) for text, colour in keys]
        below = self.wrap(*notes)
        top = self.head + 1.0
        self.plot_width, self.plot_height = self.width_mm - LEFT_MM - MARGIN_MM, PLOT_MM
        n_lines = sum(len(lines) for lines, _ in texts) + len(below)
        self.open(top + self.plot_height + BOTTOM_MM + n_lines * small + MARGIN_MM)
        self.plot = self.axes(LEFT_MM, top, self.plot_width, self.plot_height)
        y = top + self.plot_height + BOTTOM_MM
        for lines, colour in texts:
            self.sheet.plot([MARGIN_MM + 1.2], [y + 0.45 * small], "o", color=colour, markersize=3.2)
            y = self.lines(y, lines, indent=KEY_LINE_MM + 0.8)
        self.lines(y, below, color=style.GREY)

    def limits(self, x: tuple[float, float], y: tuple[float, float], ticks_of_x: bool = True) -> None:
        """Set the limits and ticks inside them."""
        self.plot.set_xlim(*x)
        self.plot.set_ylim(*y)
        if ticks_of_x:
            self.plot.set_xticks(_inner_ticks(*x))
        self.plot.set_yticks(_inner_ticks(*y))

    def label(self, names: list[str], x: FloatArray, y: FloatArray) -> None:
        """Names beside points given in data units, the first names first; not on the points that are drawn."""
        low, high = np.array([self.plot.get_xlim(), self.plot.get_ylim()]).T
        size = np.array([self.plot_width, self.plot_height])

        def in_mm(points: FloatArray) -> FloatArray:
            return np.asarray((points - low) / (high - low) * size)

        drawn = [line.get_xydata() for line in self.plot.lines if line.get_marker() == "o"]
        points = [(float(a), float(b)) for a, b in in_mm(np.column_stack([x, y]))]
        marks = in_mm(np.concatenate([np.asarray(line, dtype=np.float64) for line in drawn]))
        labels = place_labels(names, points, self.plot_width, self.plot_height, marks)
        write_labels(self.plot, labels, self.plot_width, self.plot_height)


def _inner_ticks(low: float, high: float) -> list[float]:
    return [
        float(tick)
        for tick in MaxNLocator(nbins=7, steps=[1, 2, 5, 10]).tick_values(low, high)
        if low <= tick <= high
    ]


def _scatter(axes: Axes, x: FloatArray, y: FloatArray, colour: str, size: float = 2.2) -> None:
    axes.plot(
        x,
        y,
        "o",
        color=colour,
        markersize=size,
        markeredgewidth=0.0,
        rasterized=len(x) > MOST_VECTOR_POINTS,
        zorder=2,
    )


def _own_marks(axes: Axes, genes: list[str], x: FloatArray, y: FloatArray, colour: str) -> None:
    """A mark for each gene, with its symbol in the id. Not clipped, which would be a group around each."""
    for gene, across, up in zip(genes, x, y, strict=True):
        axes.plot(
            [across], [up], "o", color=colour, markersize=2.2, markeredgewidth=0.0, zorder=2,
            clip_on=False, gid=f"{MARK_ID}{gene}",
        )  # fmt: skip


def volcano_figure(
    result: ScanResult,
    *,
    model: str = "adj",
    n_labels: int = 12,
    title: str = "",
    width: style.Width = "single",
) -> Figure:
    """Hazard (or odds) ratio against evidence, one point per gene.

    model: "uni", "adj" or "burden". x: the ratio on a log axis (the 1 % widest of the genes that
    are not significant, and all beyond 1/16 and 16, are drawn at the edge); y: -log10 of the likelihood-ratio p.
    Genes of a panel, and the first of an exome, have their symbol in the id of their mark (`MARK_ID`). The n_labels
    genes with the smallest p are named as far as there is room. Raises InvalidSettingError for an
    unknown model and NoRowsError when no gene has an estimate.
    """
    if model not in MODELS:
        raise InvalidSettingError(f"A volcano plot shows one of {', '.join(MODELS)}, not {model!r}.")
    table = _tested(result, [f"{model}_coef", f"{model}_lr_p"], "The volcano plot")
    effect = "Hazard ratio" if f"{model}_ph_p" in result.table or "events" in result.table else "Odds ratio"
    groups = _groups(table, result.settings.alpha)
    with style.house_style():
        keys = [(f"{text} ({len(genes):,})", colour) for text, colour, genes in groups if len(genes)]
        page = _Plot(title, keys, [], width)
        size = np.abs(table[f"{model}_coef"]) / np.log(2)
        shown = size[(table["primary_q"] < result.settings.alpha) | (size <= size.quantile(0.99))]
        widest = min(4.0, max(1.0, 1.05 * float(shown.max())))
        n_marks = len(table) if len(table) <= GENES_OF_A_PANEL else MARKS_OF_AN_EXOME
        marked = set(table.nsmallest(n_marks, f"{model}_lr_p")["gene"])
        for _, colour, genes in groups:
            x = np.clip(genes[f"{model}_coef"].to_numpy(dtype=np.float64) / np.log(2), -widest, widest)
            y, own = _minus_log10(genes[f"{model}_lr_p"]), genes["gene"].isin(marked).to_numpy()
            _scatter(page.plot, x[~own], y[~own], colour)
            _own_marks(page.plot, genes["gene"][own].tolist(), x[own], y[own], colour)
        page.plot.axvline(0.0, color=style.GREY, linewidth=0.6, zorder=1)
        top = float(_minus_log10(table[f"{model}_lr_p"]).max()) * 1.08 + 0.1
        page.limits((-widest * 1.03, widest * 1.03), (0.0, top), ticks_of_x=False)
        ticks = [t for t in (-4, -3, -2, -1, 0, 1, 2, 3, 4) if abs(t) <= widest]
        page.plot.set_xticks(ticks, [_ratio_tick(t) for t in ticks])
        page.plot.set_xlabel(f"{effect} of carriers, {MODELS[model]} (log scale)", labelpad=1.5)
        page.plot.set_ylabel("-log10 p (likelihood ratio)", labelpad=2.0)
        named = table.nsmallest(n_labels, f"{model}_lr_p", keep="all").head(n_labels)
        x = np.clip(named[f"{model}_coef"].to_numpy() / np.log(2), -widest, widest)
        page.label(named["gene"].tolist(), x, _minus_log10(named[f"{model}_lr_p"]))
    return page.figure


def _ratio_tick(power: int) -> str:
    return f"{2**power:d}" if power >= 0 else f"1/{2**-power:d}"


def null_band(n: int, confidence: float = 0.95) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Expected p and the ends of its band for each rank of n independent uniform p-values, smallest first.

    The k-th smallest is Beta(k, n + 1 - k); the band is pointwise. Returns (n,) expected, low, high.
    """
    rank = np.arange(1, n + 1)
    tail = (1.0 - confidence) / 2.0
    low = stats.beta.ppf(tail, rank, n + 1 - rank)
    high = stats.beta.ppf(1.0 - tail, rank, n + 1 - rank)
    return (rank - 0.5) / n, np.asarray(low), np.asarray(high)


def inflation(p: FloatArray) -> float:
    """Median chi-square over its median without effects (Devlin & Roeder 1999); 1 when nothing inflates the tests."""
    return float(np.median(stats.chi2.isf(p, 1)) / stats.chi2.median(1))


def qq_figure(
    result: ScanResult,
    *,
    columns: dict[str, str] | None = None,
    title: str = "",
    width: style.Width = "single",
) -> Figure:
    """Observed against expected p with the pointwise 95 % band of uniform p-values.

    columns: p column -> name in the key (default: the primary test, and the burden null where it was drawn). The key
    gives each one's inflation factor. Genes share patients, so points within the band can still all lie to one side.
    Raises NoRowsError when none of the columns has a p.
    """
    if columns is None:
        columns = {result.primary_test: "primary test"}
        if "null_p_two_sided" in result.table and result.table["null_p_two_sided"].notna().any():
            columns["null_p_two_sided"] = "burden null"
    series = {
        name: np.sort(result.table[c].dropna().to_numpy()) for c, name in columns.items() if c in result.table
    }
    series = {name: p for name, p in series.items() if len(p)}
    if not series:
        raise NoRowsError(f"The QQ plot has nothing to show: no gene has a p in {', '.join(columns)}.")
    colours = dict(zip(series, style.GROUP_COLOURS, strict=False))
    keys = [
        (f"{name}: {len(p):,} genes, inflation {inflation(p):.2f}", colours[name])
        for name, p in series.items()
    ]
    with style.house_style():
        page = _Plot(
            title, keys, ["Grey: 95 % of independent tests without any effect, at each rank."], width
        )
        longest = max(series.values(), key=len)
        expected, low, high = null_band(len(longest))
        page.plot.fill_between(
            _minus_log10(expected),
            _minus_log10(high),
            _minus_log10(low),
            color=style.LIGHT_GREY,
            linewidth=0.0,
            zorder=1,
        )
        for name, p in series.items():
            _scatter(page.plot, _minus_log10(null_band(len(p))[0]), _minus_log10(p), colours[name])
        right = float(_minus_log10(expected).max()) * 1.04
        top = max(right, max(float(_minus_log10(p).max()) for p in series.values()) * 1.05)
        page.plot.plot([0.0, right], [0.0, right], color=style.GREY, linewidth=0.6, zorder=3)
        page.limits((0.0, right), (0.0, top))
        page.plot.set_xlabel("-log10 p expected", labelpad=1.5)
        page.plot.set_ylabel("-log10 p observed", labelpad=2.0)
    return page.figure


def ranked_figure(
    result: ScanResult, *, n_labels: int = 5, title: str = "", width: style.Width = "double"
) -> Figure:
    """Every tested gene in the order of its evidence, from the lowest ratio (left) to the highest (right).

    y: -log10 of the primary p; the line is where the false discovery rate reaches alpha. Raises NoRowsError when no
    gene was tested.
    """
    model = "uni" if result.primary_test.startswith("uni") else "adj"
    sign = f"{model}_coef"
    table = _tested(result, ["primary_p", sign], "The ranked plot")
    evidence = _minus_log10(table["primary_p"])
    signed = np.sign(table[sign].to_numpy()) * evidence
    place: FloatArray = np.empty(len(table))
    place[np.argsort(signed, kind="stable")] = np.arange(len(table))
    ranked = table.assign(place=place)
    groups = _groups(ranked, result.settings.alpha)
    with style.house_style():
        keys = [(f"{text} ({len(genes):,})", colour) for text, colour, genes in groups if len(genes)]
        page = _Plot(title, keys, [], width)
        for _, colour, genes in groups:
            _scatter(
                page.plot,
                np.asarray(genes["place"], dtype=np.float64),
                _minus_log10(genes["primary_p"]),
                colour,
            )
        passed = table["primary_q"] < result.settings.alpha
        if passed.any():
            limit = float(_minus_log10(table.loc[passed, "primary_p"]).min())
            if (
                not passed.all()
            ):  # half-way to the first that fails, so that no point or name lies on the line
                limit = (limit + float(_minus_log10(table.loc[~passed, "primary_p"]).max())) / 2.0
            page.plot.axhline(limit, color=style.GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
        room = 0.015 * len(table) + 0.5
        page.limits((-room, len(table) - 1 + room), (0.0, float(evidence.max()) * 1.08 + 0.1))
        sides = (
            "doing better (left) to worse" if "events" in table else "responding less (left) to more often"
        )
        page.plot.set_xlabel(f"{len(table):,} genes, carriers {sides} (right)", labelpad=1.5)
        page.plot.set_ylabel(f"-log10 p ({PRIMARY_NAMES[result.primary_test]})", labelpad=2.0)
        named = ranked.nsmallest(n_labels, "primary_p", keep="all").head(n_labels)
        page.label(
            named["gene"].tolist(),
            np.asarray(named["place"], dtype=np.float64),
            _minus_log10(named["primary_p"]),
        )
    return page.figure
