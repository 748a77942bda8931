"""What figures share: zeros on a log axis, names beside points, titles, and the name of a figure's files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.figures import style
from analytics.figures.axes import zero_place
from analytics.figures.box_plots import box_plot_figure
from analytics.figures.labels import PlacedLabel, place_labels
from analytics.figures.page import Page
from analytics.figures.picture import figure_stem


def compared(*names: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"feature": names, "p": 0.5, "q_bh": 0.5, "cliffs_delta": 0.1, "case_label": "mutated",
         "reference_label": "wild-type", "reason": None}
    )  # fmt: skip


# --- zeros on a log axis --------------------------------------------------------------------------------------------


def test_a_zero_stands_at_half_the_smallest_positive_value() -> None:
    assert zero_place(np.array([0.0, 0.4, 2.0, np.nan])) == pytest.approx(0.2)
    assert zero_place(np.array([0.4, 2.0])) is None
    assert zero_place(np.array([0.0, 0.0])) == 1.0


def test_a_zero_is_at_one_height_in_every_panel_and_its_tick_says_0() -> None:
    features = pd.DataFrame({"few": [0.0, 8.0, 40.0, 60.0], "many": [0.0, 0.05, 0.5, 3.0]})
    figure = box_plot_figure(
        features, pd.Series([True, True, False, False]), compared("few", "many"), is_log=True
    )
    panels = figure.axes[1:]
    heights = []
    for axes in panels:
        ticks = dict(
            zip((label.get_text() for label in axes.get_yticklabels()), axes.get_yticks(), strict=True)
        )
        heights.append(axes.transAxes.inverted().transform(axes.transData.transform((0, ticks["0"])))[1])
        lowest = min(line.get_ydata().min() for line in axes.lines if line.get_marker() == "o")
        assert lowest == pytest.approx(ticks["0"])
    assert heights[0] == pytest.approx(heights[1])


def test_panels_without_a_zero_keep_their_own_axis() -> None:
    features = pd.DataFrame({"few": [4.0, 8.0, 40.0, 60.0], "many": [0.01, 0.05, 0.5, 3.0]})
    figure = box_plot_figure(
        features, pd.Series([True, True, False, False]), compared("few", "many"), is_log=True
    )
    first, second = figure.axes[1:]
    assert first.get_ylim() != second.get_ylim()
    assert "0" not in [label.get_text() for label in first.get_yticklabels()]


# --- names beside points --------------------------------------------------------------------------------------------


def covers(label: PlacedLabel, marks: np.ndarray) -> bool:
    x, y = marks.T
    middle, half = label.bottom + label.height / 2, 0.25 * label.height
    return bool(((x > label.left) & (x < label.left + label.width) & (abs(y - middle) < half)).any())


def test_names_lie_neither_on_each_other_nor_on_the_points_of_the_plot() -> None:
    # The steep left end of a ranked plot: points so close below each other that no name fits between them.
    marks = np.column_stack([np.full(30, 2.0), np.linspace(50.0, 35.0, 30)])
    marks = np.concatenate(
        [marks, np.column_stack([np.linspace(2.0, 60.0, 200), np.linspace(35.0, 1.0, 200)])]
    )
    named = [(float(x), float(y)) for x, y in marks[:5]]
    labels = place_labels(["GENE1", "GENE2", "GENE3", "GENE4", "GENE5"], named, 70.0, 58.0, marks)
    assert len(labels) == 5
    assert not any(covers(label, marks) for label in labels)
    assert not any(one.overlaps(other) for i, one in enumerate(labels) for other in labels[:i])


def test_a_name_with_no_place_free_of_points_is_written_all_the_same() -> None:
    grid = np.array([(x, y) for x in np.arange(0, 30, 1.0) for y in np.arange(0, 30, 1.0)])
    assert [label.text for label in place_labels(["GENE1"], [(15.0, 15.0)], 30.0, 30.0, grid)] == ["GENE1"]


# --- pages and names of files ---------------------------------------------------------------------------------------


def test_a_title_of_several_lines_is_written_in_full_and_moves_what_is_below() -> None:
    title = (
        "Allele fractions of paired samples before treatment and at relapse in every patient of both cohorts"
    )
    with style.house_style():
        short, long = Page("single", "Short"), Page("single", title)
        long.open(40.0)
    written = " ".join(text.get_text() for text in long.sheet.texts).replace("\u00a0", " ")
    assert written == title
    assert long.head - short.head == pytest.approx(
        (len(long.title) - 1) * style.line_height_mm(style.TITLE_PT)
    )


@pytest.mark.parametrize(
    ("words", "stem"),
    [
        ({"what": "volcano"}, "volcano"),
        ({"what": "frequency", "variant": "default"}, "default_frequency"),
        ({"what": "forest", "variant": "default", "endpoint": "OS", "part": "cox"}, "default_os_forest_cox"),
    ],
)
def test_the_files_of_a_figure_are_named_by_variant_endpoint_plot_and_part(words, stem) -> None:
    assert figure_stem(**words) == stem
