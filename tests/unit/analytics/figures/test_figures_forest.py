"""The forest plot: readable rows, clipped intervals with arrows, never a ratio of 0.00."""

import math
from itertools import pairwise

import pytest
from matplotlib.patches import Polygon

from analytics.engine.numbers import ratio
from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.forest import ForestRow, axis_limits, axis_ticks, forest_figure

NAMES = [
    "Breast",
    "Bladder",
    "Colorectal",
    "Esophagogastric",
    "Glioma",
    "Head and neck",
    "Lung",
    "Melanoma",
    "Renal",
]

LONG_NAME = "Cancer of unknown primary, a label so long that it has to be broken"
POOLED = "Random effects (REML, Hartung-Knapp)"


def rows():
    estimates = [
        ForestRow(
            name,
            f"{3 + 4 * i}/{50 + 37 * i}",
            f"{2 * i}/{30 + 11 * i}",
            hr,
            hr * 0.5,
            hr * 2.2,
            p=0.004 * i,
            weight=1 + i,
        )
        for i, (name, hr) in enumerate(zip(NAMES, (0.4, 0.6, 1.3, 0.9, 2.1, 0.7, 1.0, 0.5, 1.6), strict=True))
    ]
    return [
        ForestRow("By cancer type", is_heading=True),
        *estimates,
        ForestRow(LONG_NAME, "0/88", "0/41", note="nobody mutated"),
        ForestRow(POOLED, "91/1,433", "60/800", 0.62, 0.47, 0.83, p=0.0004, is_pooled=True),
    ]  # fmt: skip


@pytest.mark.parametrize("width", ["single", "double"])
def test_twelve_rows_do_not_overlap_or_leave_the_page(assert_readable, width):
    assert len(rows()) == 12
    figure = forest_figure(
        rows(),
        title="ALK mutation and overall survival under immune-checkpoint blockade, by cancer type",
        n_heading="Mut./not",
        events_heading="Deaths",
        favours=("mutated live longer", "mutated die sooner"),
        width=width,
    )
    assert_readable(figure)


@pytest.mark.parametrize("width", ["single", "double"])
def test_extreme_intervals_stay_readable(assert_readable, width):
    extreme = [
        ForestRow("Few events", "1/20", "0/9", 0.03, 0.0001, 7.1, p=0.3),
        ForestRow("Fewer", "1/20", "1/1", 15.0, 0.4, 4000.0, p=0.2),
        ForestRow("No upper limit", "1/20", "1/1", 3.0, 0.4, math.inf, p=None),
    ]
    assert_readable(forest_figure(extreme, favours=("better", "worse"), width=width))


def markers(figure):
    return [line.get_marker() for line in figure.axes[1].lines]


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow():
    assert "<" in markers(forest_figure([ForestRow("a", hr=0.5, ci_low=0.001, ci_high=2.0)]))
    assert ">" in markers(forest_figure([ForestRow("a", hr=5.0, ci_low=0.9, ci_high=300.0)]))
    inside = markers(forest_figure([ForestRow("a", hr=0.5, ci_low=0.3, ci_high=0.9)]))
    assert not {"<", ">"} & set(inside)


def test_the_box_stands_at_the_ratio_and_grows_with_weight():
    figure = forest_figure(
        [
            ForestRow("a", hr=0.5, ci_low=0.3, ci_high=0.9, weight=1),
            ForestRow("b", hr=0.8, ci_low=0.7, ci_high=0.95, weight=16),
        ]
    )
    boxes = [line for line in figure.axes[1].lines if line.get_marker() == "s"]
    assert [box.get_xdata()[0] for box in boxes] == [0.5, 0.8]
    assert boxes[1].get_markersize() > boxes[0].get_markersize()


def test_a_pooled_row_is_a_diamond_from_limit_to_limit():
    figure = forest_figure([ForestRow("all", hr=0.62, ci_low=0.47, ci_high=0.83, is_pooled=True)])
    (diamond,) = [patch for patch in figure.axes[1].patches if isinstance(patch, Polygon)]
    xs = diamond.get_xy()[:, 0]
    assert (xs.min(), xs.max()) == (0.47, 0.83)


def test_a_row_without_estimate_prints_its_reason():
    texts = [
        text.get_text()
        for text in forest_figure([ForestRow("a", note="nobody mutated"), ForestRow("b")]).axes[0].texts
    ]
    assert "nobody mutated" in texts
    assert "not estimable" in texts


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0004, "0.00040"), (0.34, "0.34"), (12.346, "12.35"), (250.0, "250"), (math.inf, "∞")],
)
def test_ratios_are_printed_with_two_decimals_and_never_as_zero(value, text):
    assert ratio(value) == text


@pytest.mark.parametrize("field", ["hr", "ci_low", "ci_high"])
def test_a_ratio_of_zero_is_refused(field):
    values = {"hr": 0.5, "ci_low": 0.3, "ci_high": 0.9} | {field: 0.0}
    with pytest.raises(InvalidSettingError, match="not above 0"):
        forest_figure([ForestRow("a", **values)])


def test_no_rows_are_refused():
    with pytest.raises(InvalidSettingError, match="given no rows"):
        forest_figure([])


def test_the_axis_holds_one_and_every_estimate():
    low, high = axis_limits([ForestRow("a", hr=0.3, ci_low=0.2, ci_high=0.45)])
    assert low <= 0.2 and high >= 1.0
    low, high = axis_limits([ForestRow("a", hr=30.0, ci_low=25.0, ci_high=1e6)])
    assert low <= 1.0 and high >= 30.0


@pytest.mark.parametrize("width_mm", [20, 30, 60])
def test_tick_numbers_do_not_touch(width_mm):
    limits = (0.01, 100.0)
    ticks = axis_ticks(limits, width_mm)
    span = math.log(limits[1] / limits[0])
    assert 1.0 in ticks
    for a, b in pairwise(ticks):
        halves = (style.text_width_mm(f"{a:g}", 6.0) + style.text_width_mm(f"{b:g}", 6.0)) / 2
        assert math.log(b / a) / span * width_mm >= halves


def test_the_svg_is_the_same_on_every_run():
    assert style.svg_bytes(forest_figure(rows())) == style.svg_bytes(forest_figure(rows()))
