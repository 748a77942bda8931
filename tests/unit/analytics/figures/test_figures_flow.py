"""The patient-flow diagram: every person kept or left out for a reason, in readable boxes."""

import itertools

import pytest
from matplotlib.patches import Rectangle

from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.flow import FlowStep, flow_figure

PANEL = "sequenced on a panel that does not cover the gene (not profiled)"
SKIN = "skin cancer, non-melanoma, which has its own biology and its own drugs"
STEPS = [
    FlowStep("All patients of tmb_mskcc_2018", 1661),
    FlowStep("With an overall-survival time", 1610, (("without an overall-survival time", 51),)),
    FlowStep("Gene covered by the panel", 1559, ((PANEL, 51),)),
    FlowStep("One row per person", 1548, (("same person already counted in nsclc_pd1_msk_2018", 11),)),
    FlowStep("Drug class known", 1530, (("unknown drug class", 18),)),
    FlowStep("Age known", 1500, (("age not available", 30),)),
    FlowStep("Under observation", 1490, (("follow-up ends before entry (never at risk)", 10),)),
    FlowStep("Cancer type with ten patients or more", 1320, (("cancer of unknown primary", 100), (SKIN, 70))),
    FlowStep("Melanoma", 320, (("another cancer type", 1000),)),
]  # fmt: skip
GROUPS = [("IGF1R mutated", 22), ("IGF1R wild type", 298)]


def boxes(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


@pytest.mark.parametrize("width", ["single", "double"])
def test_nine_steps_do_not_overlap_or_leave_the_page(assert_readable, width):
    figure = flow_figure(
        STEPS, groups=GROUPS, title="Patient flow: IGF1R in melanoma, validation cohort", width=width
    )
    assert_readable(figure)
    for first, second in itertools.combinations(boxes(figure), 2):
        a, b = first.get_bbox(), second.get_bbox()
        shared_x, shared_y = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert shared_x <= 0 or shared_y <= 0
    width_mm, height_mm = figure.get_size_inches() * style.MM_PER_INCH
    assert all(box.get_bbox().x1 <= width_mm and box.get_bbox().y1 <= height_mm for box in boxes(figure))


def test_a_flow_of_nine_steps_fits_a_printed_page():
    assert flow_figure(STEPS, groups=GROUPS).get_size_inches()[1] * style.MM_PER_INCH < 247


def test_every_step_reason_and_group_is_a_box():
    assert len(boxes(flow_figure(STEPS, groups=GROUPS))) == 9 + 8 + 2


def test_numbers_and_reasons_are_printed():
    texts = " ".join(
        text.get_text() for text in flow_figure(STEPS, groups=GROUPS, unit="people").axes[0].texts
    )
    assert "1,661 people" in texts
    assert "170 left out" in texts
    assert "70 skin cancer" in texts
    assert "22 people" in texts


def test_a_step_that_loses_people_without_a_reason_is_refused():
    with pytest.raises(InvalidSettingError, match="keeps 90, but 100 minus 4 left out is 96"):
        flow_figure([FlowStep("all", 100), FlowStep("profiled", 90, (("not profiled", 4),))])


def test_groups_that_do_not_add_up_are_refused():
    with pytest.raises(InvalidSettingError, match="groups add up to 99 and the last step keeps 100"):
        flow_figure([FlowStep("all", 100)], groups=[("mutated", 9), ("wild type", 90)])


def test_no_steps_are_refused():
    with pytest.raises(InvalidSettingError, match="given no steps"):
        flow_figure([])


@pytest.mark.parametrize("n_groups", [1, 2, 3, 4])
def test_one_step_with_up_to_four_groups_draws(assert_readable, n_groups):
    groups = [(f"Group {i} with a somewhat longer name", 5) for i in range(n_groups)]
    assert_readable(flow_figure([FlowStep("All", 5 * n_groups)], groups=groups, width="single"))


def test_the_svg_is_the_same_on_every_run():
    assert style.svg_bytes(flow_figure(STEPS)) == style.svg_bytes(flow_figure(STEPS))


@pytest.mark.parametrize("width", ["single", "double"])
def test_those_left_out_stand_beside_the_arrow_between_two_steps(width):
    figure = flow_figure(STEPS, width=width)
    found = sorted((box.get_bbox() for box in boxes(figure)), key=lambda box: box.y0)
    left = min(box.x0 for box in found)
    mains = [box for box in found if box.x0 == left]
    sides = [box for box in found if box.x0 > left]
    for before, after, side in zip(mains[:-1], mains[1:], sides, strict=True):
        assert (side.y0 + side.y1) / 2 == pytest.approx((before.y1 + after.y0) / 2)
