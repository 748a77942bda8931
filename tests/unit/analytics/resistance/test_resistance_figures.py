"""The figures show every pair, gene and rate, with all text on the page and no word on another."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from resistance_builders import call, calls, tumour

from analytics.errors import NoRowsError
from analytics.figures import style
from analytics.figures.rates import RateRow, rate_figure
from analytics.resistance.figures.change import ChangeGroup, ChangePanel, change_figure
from analytics.resistance.figures.matrix import cell_words, matrix_figure, set_words
from analytics.resistance.figures.shift import ShiftPanel, shift_figure
from analytics.resistance.pairs.compare import compare_pair


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


def assert_readable(figure: Figure) -> None:
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    width, height = figure.get_size_inches() * figure.dpi
    shown = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in shown]
    outside = [t for t, b in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height]
    overlapping = [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    assert not outside and not overlapping, (outside, overlapping[:5])


def shift_sheet(n: int) -> Figure:
    lost = call("b2m", 70, 120, hugo_symbol="B2M", is_truncating=True)
    pair = compare_pair(calls(*tumour(1, 80, 0.8, 120)), calls(*tumour(2, 80, 0.6, 120), lost))
    panels = [
        ShiftPanel(
            f"Patient {i} (not one tumour?)",
            "12A to 12E, to progression",
            pair.mutations,
            pair.purity_ratio,
            ("B2M",),
        )
        for i in range(n)
    ]
    return shift_figure(panels, title="SYNTHETIC pairs")


@pytest.mark.parametrize("n", [1, 4, 9])
def test_every_pair_has_a_panel_and_a_lost_gene_its_name(n):
    figure = shift_sheet(n)
    assert texts(figure).count("B2M") == n
    assert sum("Patient" in t for t in texts(figure)) == n
    assert_readable(figure)


def test_a_pair_without_a_lost_gene_names_none():
    pair = compare_pair(calls(*tumour(1, 80, 0.8, 120)), calls(*tumour(2, 80, 0.6, 120)))
    figure = shift_figure([ShiftPanel("P", "A to E", pair.mutations, pair.purity_ratio, ("B2M",))], title="T")
    assert not {"nan", "B2M"} & set(texts(figure))


def test_the_matrix_has_a_row_a_pair_a_column_a_gene_and_the_words_of_the_legend():
    genes = {"interferon_signalling": ["JAK1", "JAK2", "STAT1"], "jak": ["IFNGR1"], "mhc": ["B2M", "HLA-A"]}
    events = pd.DataFrame(
        [
            {"pair_id": "p1", "hugo_symbol": g, "biallelic": b, "timing": t, "confidence": c, "mutation": m,
             "is_truncating": k}
            for g, b, t, c, m, k in (
                ("JAK1", "biallelic", "acquired", "high", ("p.X",), True),
                ("B2M", "biallelic", "cannot say when", "moderate", ("p.X",), True),
                ("JAK2", "monoallelic", "no loss shown", "moderate", (), None),
                ("STAT1", "cannot say", "no loss shown", "low", ("p.A1V",), False),
            )
        ]
    )  # fmt: skip
    pairs = [("p1", "1: 1A to 1E"), ("p2", "2: 2A to 2E")]
    figure = matrix_figure(events, pairs, genes, title="SYNTHETIC pairs with a title of some length " * 3)
    shown = texts(figure)
    assert {"JAK1", "B2M", "HLA-A", "1: 1A to 1E", "2: 2A to 2E", "both alleles lost, acquired"} <= set(shown)
    words = [cell_words(e) for e in events.to_dict("records")]
    assert words == [
        "both alleles lost, acquired",
        "both alleles lost, nobody can say when",
        "one allele lost",
        "cannot say",
    ]
    assert set_words("jak") == "JAK"
    assert_readable(figure)


def test_rates_stand_with_their_counts_and_intervals():
    rows = [
        RateRow("JAK", is_heading=True),
        RateRow("all", 33, 2550, 0.0129, 0.0089, 0.0181),
        RateRow("responders", 0, 40, 0.0, 0.0, 0.088, is_minor=True),
        RateRow("nobody"),
    ]
    figure = rate_figure(rows, title="SYNTHETIC rates", x_label="% of the profiled")
    assert {"33 / 2,550", "1.3 (0.89\u20131.8)", "0 (0\u20138.8)", "no one profiled"} <= set(texts(figure))
    assert_readable(figure)


def test_changes_have_a_line_a_patient_and_the_test_above():
    rng = np.random.default_rng(1)
    first, second = pd.Series(rng.normal(5, 1, 20)), pd.Series(rng.normal(6, 1, 20))
    groups = (
        ChangeGroup("responders", first, second, "p < 0.001"),
        ChangeGroup("non-resp.", first, second, "p = 0.03"),
    )
    figure = change_figure(
        [*(ChangePanel(g, "log2(FPKM + 1)", groups) for g in ("HAVCR2", "LAG3", "CTLA4")),
         ChangePanel("IFN STAT1 programme of a longer name", "mean z-score of log2 expression", groups),
         ChangePanel("PDCD1", "log2(FPKM + 1)", groups)],
        title="SYNTHETIC expression with a title as long as that of a cohort: expression, baseline to progression",
        times=("baseline", "progression"),
    )  # fmt: skip
    lines = [line for line in figure.axes[1].lines if len(line.get_xdata()) == 2]
    assert len(lines) == 2 * 20 + 2
    assert texts(figure).count("p < 0.001") == 5
    assert_readable(figure)


def test_nothing_to_draw_is_one_sentence():
    with pytest.raises(NoRowsError, match="No pair"):
        shift_figure([], title="x")
    with pytest.raises(NoRowsError, match="No pair"):
        matrix_figure(pd.DataFrame(), [], {"a": ["B"]}, title="x")
    with pytest.raises(NoRowsError, match="No rate"):
        rate_figure([RateRow("x", is_heading=True)], title="x", x_label="x")
    with pytest.raises(NoRowsError, match="No measure"):
        change_figure([], title="x", times=("a", "b"))


def test_the_same_rates_are_the_same_bytes():
    rows = [RateRow("all", 1, 10, 0.1, 0.0025, 0.445)]
    once, again = (style.svg_bytes(rate_figure(rows, title="t", x_label="%")) for _ in range(2))
    assert once == again
