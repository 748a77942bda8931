"""The pictures show what the table says, with all text on the page and no name on another."""

import itertools
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from generated import generate
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import stats

from analytics.errors import InvalidSettingError, NoRowsError
from analytics.figures import style
from analytics.figures.forest import forest_figure
from analytics.figures.labels import place_labels
from analytics.scan.figures.burden import burden_slope_figure, forest_rows, leading_genes
from analytics.scan.figures.effects import inflation, null_band, qq_figure, ranked_figure, volcano_figure
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import ScanResult, scan_survival


@cache
def result() -> ScanResult:
    _, frame, genes = generate(
        4, 500, 300, carriers_per_gene=60, burden_log_hazard=-0.3, planted={5: -1.2, 9: 1.0}
    )
    return scan_survival(frame, genes, ScanSettings(null_draws=500))


@cache
def nothing_tested() -> ScanResult:
    _, frame, genes = generate(4, 60, 3, carriers_per_gene=5)
    return scan_survival(frame, genes, ScanSettings(null_draws=0, min_carriers=50))


def assert_readable(figure: Figure) -> None:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    width, height = figure.get_size_inches() * figure.dpi
    texts = [
        t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible() and t.get_text().strip()
    ]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    outside = [t for t, b in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height]
    overlapping = [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    assert outside == [] and overlapping == []


def words_of(figure: Figure) -> str:
    return " ".join(t.get_text() for t in figure.findobj(Text) if isinstance(t, Text))


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("draw", [volcano_figure, qq_figure, ranked_figure, burden_slope_figure])
def test_every_picture_is_readable_at_both_widths(draw, width: style.Width) -> None:  # type: ignore[no-untyped-def]
    assert_readable(draw(result(), title="Overall survival of every gene, all cohorts together", width=width))


@pytest.mark.parametrize("draw", [volcano_figure, qq_figure, ranked_figure, burden_slope_figure])
def test_a_picture_is_the_same_bytes_every_time(draw) -> None:  # type: ignore[no-untyped-def]
    assert style.svg_bytes(draw(result())) == style.svg_bytes(draw(result()))


@pytest.mark.parametrize("draw", [volcano_figure, qq_figure, ranked_figure, burden_slope_figure])
def test_nothing_to_show_is_said_in_one_sentence(draw) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoRowsError):
        draw(nothing_tested())


def test_the_volcano_names_the_strongest_genes_and_counts_each_group() -> None:
    words = words_of(volcano_figure(result(), n_labels=2))
    strongest = result().table.nsmallest(2, "adj_lr_p")["gene"]
    assert all(gene in words for gene in strongest)
    passed = (result().table["primary_q"] < 0.05) & result().table["burden_verdict"].str.contains(
        "beyond burden"
    )
    assert f"beyond burden ({passed.sum()})" in words
    with pytest.raises(InvalidSettingError, match="uni, adj, burden"):
        volcano_figure(result(), model="crude")


def test_the_band_of_the_qq_plot_holds_95_per_cent_of_uniform_ranks() -> None:
    n = 200
    expected, low, high = null_band(n)
    p = np.sort(np.random.default_rng(5).random((2_000, n)), axis=1)
    inside = ((p >= low) & (p <= high)).mean(axis=0)
    assert np.abs(inside - 0.95).max() < 0.025
    assert (low < expected).all() and (expected < high).all()


def test_inflation_is_one_without_effects_and_the_ratio_of_scales_with_them() -> None:
    chi2 = np.random.default_rng(6).chisquare(1, 20_000)
    assert inflation(stats.chi2.sf(chi2, 1)) == pytest.approx(1.0, abs=0.04)
    assert inflation(stats.chi2.sf(1.5 * chi2, 1)) == pytest.approx(1.5, abs=0.06)


def test_names_never_lie_on_names_and_crowded_ones_are_left_out() -> None:
    points = [(20.0, 20.0)] * 40
    labels = place_labels([f"GENE{i}" for i in range(40)], points, 60.0, 50.0)
    assert 2 < len(labels) < 40
    assert not any(a.overlaps(b) for a, b in itertools.combinations(labels, 2))


def test_forest_rows_are_the_leading_genes_with_their_estimates() -> None:
    rows = forest_rows(result(), n_genes=5)
    leading = leading_genes(result(), 5)
    assert [row.label for row in rows] == leading["gene"].tolist()
    assert rows[0].hr == pytest.approx(np.exp(leading["adj_coef"].iloc[0]))
    assert_readable(forest_figure(rows))
    with pytest.raises(InvalidSettingError):
        forest_rows(result(), model="crude")


def test_a_response_scan_has_a_volcano_and_a_ranked_plot_too() -> None:
    table, frame, genes = generate(4, 300, 60, carriers_per_gene=40)
    response = scan_response(frame, genes, table["response"].to_numpy())
    assert "Odds ratio" in words_of(volcano_figure(response))
    assert_readable(ranked_figure(response))
    assert_readable(qq_figure(response))


def test_the_genes_of_a_panel_have_their_symbol_in_the_id_of_their_mark_and_an_exome_its_first() -> None:
    found = result()
    drawn = re.findall(r'<g id="mark-([^"]+)">', style.svg_bytes(volcano_figure(found, model="adj")).decode())
    tested = found.table[found.table["adj_coef"].notna() & found.table["adj_lr_p"].notna()]
    assert sorted(drawn) == sorted(tested["gene"]) and 0 < len(drawn) <= 520
    many = pd.concat(
        [
            tested.assign(gene=tested["gene"] + f"_{i}", adj_lr_p=tested["adj_lr_p"] / (i + 1))
            for i in range(5)
        ]
    )
    exome = replace(found, table=many.reset_index(drop=True))
    first = re.findall(r'<g id="mark-([^"]+)">', style.svg_bytes(volcano_figure(exome, model="adj")).decode())
    assert sorted(first) == sorted(many.nsmallest(250, "adj_lr_p")["gene"])
