"""The Kaplan-Meier figure shows the estimated curve, and its numbers at risk stand under the ticks."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.kaplan_meier import curve_words, kaplan_meier_figure, month_ticks
from analytics.survival.curves.kaplan_meier import kaplan_meier

LONG = {
    "0": "Non-small cell lung cancer, ALK wild type, anti-PD-1 or anti-PD-L1 alone or with chemotherapy",
    "1": "Non-small cell lung cancer, ALK mutated, anti-PD-1 or anti-PD-L1 alone",
    "2": "Melanoma, ALK wild type",
    "3": "Melanoma, ALK mutated",
}


def curves(n_groups=2, n=240, scale=14.0):
    rng = np.random.default_rng(3)
    group = rng.integers(0, n_groups, n)
    time = rng.exponential(scale * (1 + group))
    frame = pd.DataFrame(
        {"time_months": time, "event": rng.random(n) < 0.6, "entry_months": 0.0, "group": group.astype(str)}
    )
    return kaplan_meier(frame, "group").curves


def plot_axes(figure):
    return figure.axes[1]


def page_texts(figure):
    return figure.axes[0].texts


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("n_groups", [1, 2, 4, 7])
def test_nothing_overlaps_or_leaves_the_page(assert_readable, width, n_groups):
    figure = kaplan_meier_figure(
        curves(n_groups),
        title="Overall survival from the start of treatment in the validation cohort (tmb_mskcc_2018)",
        annotation=["Cox hazard ratio 0.34 (0.12-0.92), p 0.025; log-rank p 0.025", "Efron ties, 8 strata"],
        width=width,
    )
    assert_readable(figure)


@pytest.mark.parametrize("width", ["single", "double"])
def test_long_group_names_are_broken_and_do_not_overlap(assert_readable, width):
    assert_readable(kaplan_meier_figure(curves(4), labels=LONG, title="Overall survival", width=width))


@pytest.mark.parametrize("width", ["single", "double"])
def test_group_names_of_any_length_leave_the_plot_two_thirds_of_the_page(width):
    for labels in (LONG, {"0": "wild type", "1": "mutated", "2": "both", "3": "neither"}):
        figure = kaplan_meier_figure(curves(4), labels=labels, width=width)
        assert plot_axes(figure).get_position().width > 0.66


def test_the_line_is_the_curve():
    (curve,) = curves(1)
    line = plot_axes(kaplan_meier_figure([curve])).lines[0]
    assert line.get_xdata()[1:] == pytest.approx(curve.table.time_months)
    assert line.get_ydata()[1:] == pytest.approx(curve.table.survival)
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (0.0, 1.0)


def test_censored_people_are_ticks_on_the_curve():
    (curve,) = curves(1)
    ticks = plot_axes(kaplan_meier_figure([curve])).lines[1]
    censored = curve.table[curve.table.n_censored > 0]
    assert ticks.get_marker() == "|"
    assert ticks.get_xdata() == pytest.approx(censored.time_months)
    assert ticks.get_ydata() == pytest.approx(censored.survival)


def test_numbers_at_risk_stand_under_their_ticks():
    two = curves(2)
    figure = kaplan_meier_figure(two, labels={"0": "wild type", "1": "mutated"})
    axes = plot_axes(figure)
    ticks = axes.get_xticks()
    to_page = figure.axes[0].transData.inverted()
    positions = [to_page.transform(axes.transData.transform((tick, 0.0)))[0] for tick in ticks]
    for curve in two:
        counts = [str(n) for n in curve.n_at_risk(ticks)]
        rows = {}
        for text in page_texts(figure):
            if text.get_text().isdigit():
                rows.setdefault(round(text.get_position()[1], 3), []).append(text)
        (row,) = [row for row in rows.values() if [text.get_text() for text in row] == counts]
        assert [text.get_position()[0] for text in row] == pytest.approx(positions, abs=1e-6)


def test_the_key_gives_n_events_and_median_with_its_interval():
    (curve,) = curves(1)
    m = curve.median
    words = [
        text.get_text().replace("\u00a0", " ")
        for text in page_texts(kaplan_meier_figure([curve], width="double"))
    ]
    expected = f"0: n {curve.n}, events {curve.n_events}, median {m.months:.1f} ({m.ci_low:.1f}\u2013{m.ci_high:.1f})"
    assert expected in words


def test_a_median_that_is_not_reached_is_said_and_not_drawn():
    frame = pd.DataFrame({"time_months": [3.0, 8, 9, 12], "event": [1, 0, 0, 0], "entry_months": 0.0})
    figure = kaplan_meier_figure(kaplan_meier(frame, None).curves)
    assert any("median not reached" in text.get_text() for text in page_texts(figure))
    assert len(plot_axes(figure).lines) == 2


def test_median_lines_end_at_the_medians():
    two = curves(2)
    dashed = plot_axes(kaplan_meier_figure(two)).lines[-2:]
    assert [line.get_xdata()[0] for line in dashed] == pytest.approx([curve.median.months for curve in two])
    assert all(list(line.get_ydata()) == [0.0, 0.5] for line in dashed)


def test_the_axis_can_be_cut_and_still_counts_everybody_at_risk():
    (curve,) = curves(1)
    axes = plot_axes(kaplan_meier_figure([curve], max_months=12))
    assert axes.get_xlim() == (0.0, 12.0)


@pytest.mark.parametrize(
    ("last", "ticks"), [(5, [0, 1, 2, 3, 4, 5]), (60, [0, 12, 24, 36, 48, 60]), (0.5, [0, 1])]
)
def test_ticks_are_whole_steps_that_reach_the_last_month(last, ticks):
    assert month_ticks(last, "single") == ticks


@pytest.mark.parametrize("last", [1, 7, 13, 61, 200, 5000])
def test_ticks_never_crowd(last):
    for width, most in (("single", 7), ("double", 11)):
        found = month_ticks(last, width)
        assert len(found) <= most
        assert found[-1] >= last


def test_no_groups_and_more_groups_than_colours_are_refused():
    with pytest.raises(InvalidSettingError, match="1 to 7 groups, not 0"):
        kaplan_meier_figure([])
    with pytest.raises(InvalidSettingError, match="1 to 7 groups, not 8"):
        kaplan_meier_figure(curves(8))


def test_the_svg_is_the_same_on_every_run():
    two = curves(2)
    assert style.svg_bytes(kaplan_meier_figure(two)) == style.svg_bytes(kaplan_meier_figure(two))


def test_everybody_censored_at_time_zero_still_draws(assert_readable):
    frame = pd.DataFrame({"time_months": [0.0, 0.0], "event": [0, 0], "entry_months": 0.0})
    assert_readable(kaplan_meier_figure(kaplan_meier(frame, None).curves))


def curve_of(months):
    frame = pd.DataFrame({"time_months": months, "event": True, "entry_months": 0.0, "group": "all"})
    return kaplan_meier(frame, "group").curves


def key_of(months):
    """The words of the key, which may break over lines."""
    texts = [t.get_text().replace("\u00a0", " ") for t in page_texts(kaplan_meier_figure(curve_of(months)))]
    (first,) = [i for i, text in enumerate(texts) if "median" in text]
    return " ".join(texts[first : first + 2])


def test_a_median_that_rests_on_a_few_people_says_how_many():
    # Of 1, 2 and 10 months the median is 2: two people are left just before it. Of 1 to 20 it is 10.5, with ten left.
    few = curve_of([1.0, 2.0, 10.0])
    assert "median 2.0 (1.0–NR), only 2 at risk then" in key_of([1.0, 2.0, 10.0])
    assert curve_words(few[0], "all").replace("\u00a0", " ") == (
        "all: 3 events in 3, median 2.0 months, only 2 at risk then"
    )
    assert "at risk then" not in key_of([float(month) for month in range(1, 21)])
