"""Which numbers the figures of an analysis show; how figures look is tested beside ``figures``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from analytics.biomarkers.groups import Contrast
from analytics.figures.picture import Picture
from analytics.questions.selection import Selection, select_members
from analytics.questions.specs import AnalysisSpec, Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope, SurvivalStatistic
from analytics.survival.estimate import survival_statistics
from analytics.survival.figures import contrast_figures, flow_figure, kaplan_meier_by_group, origin_words

ALK = Contrast.of_gene("ALK")
VARIANT = Variant(
    description="d",
    estimators=("kaplan_meier", "log_rank", "log_rank_oe", "cox_univariable", "cox_burden_adjusted"),
)
SPEC = AnalysisSpec(
    analysis_id="q",
    title="A title",
    question="q",
    biomarker="ALK",
    cohorts=("a", "b"),
    registered_on="2026-01-01",
    variants={"default": VARIANT},
)


def frame(n: int = 80, **changes: Any) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    order = np.arange(n)
    time = rng.exponential(np.where(order % 4 == 0, 40.0, 15.0)) + 0.5
    data = pd.DataFrame(
        {
            "cohort_id": np.where(order % 2 == 0, "a", "b"),
            "patient_id": order.astype(str),
            "person_id": order.astype(str),
            "sample_id": order.astype(str),
            "precedence": 10,
            "status": np.where(order % 4 < 2, "mutated", "wild_type"),
            "n_mutations": 1,
            "n_calls": 3,
            "is_baseline": True,
            "time_months": np.minimum(time, 30.0),
            "event": time < 30.0,
            "entry_months": 0.0,
            "origin": "icb_start",
            "clock_family": "treatment",
            "status_reason": None,
            "is_icb_treated": order % 10 != 0,
            "cancer_type": "Melanoma",
            "burden": rng.normal(3, 1, n),
            "burden_definition": "log2(rate + 1)",
        }
    )
    return data.assign(**changes)


def drawn(
    data: pd.DataFrame, endpoint: str = "OS", contrast: Contrast = ALK
) -> tuple[dict[str, Picture], Selection, list[SurvivalStatistic]]:
    selection = select_members(data, VARIANT, {})
    scope, sets, key = Scope("q", "default", endpoint), RowSets(), endpoint.lower()
    rows = survival_statistics(scope, sets, selection.members, VARIANT, key, contrast)
    for cohort_id in sorted(selection.members["cohort_id"].unique()):
        of_cohort = selection.members[selection.members["cohort_id"] == cohort_id]
        rows += survival_statistics(scope.of_cohort(cohort_id), sets, of_cohort, VARIANT, key, contrast)
    in_group = selection.members["in_group"]
    figures = flow_figure(SPEC, scope, selection, {contrast.group: in_group, contrast.reference: ~in_group})
    return figures | contrast_figures(SPEC, scope, selection, rows, [], contrast, "ALK"), selection, rows


def words(picture: Picture) -> str:
    texts = [text.get_text() for text in picture.figure.findobj(Text)]
    return " | ".join(" ".join(text.split()) for text in texts if text.strip())


def test_an_analysis_has_curves_a_forest_and_a_flow_named_by_variant_and_endpoint() -> None:
    figures, _, _ = drawn(frame())
    assert set(figures) == {"default_os_flow", "default_os_kaplan_meier", "default_os_forest"}


def test_of_several_groups_each_has_curves_and_a_forest_that_are_named_by_it() -> None:
    figures, _, _ = drawn(frame(), contrast=replace(ALK, is_one_of_several=True))
    assert set(figures) == {"default_os_flow", "default_os_kaplan_meier_mutated", "default_os_forest_mutated"}


def test_the_curves_carry_the_hazard_ratio_of_all_members_and_the_log_rank_p() -> None:
    figures, _, rows = drawn(frame())
    found = {row.key: row for row in rows if row.cohort_id is None}
    shown = words(figures["default_os_kaplan_meier"])
    cox = found["os.cox_univariable"]
    assert f"Cox: HR {cox.estimate:.2f} ({cox.ci_low:.2f}\u2013{cox.ci_high:.2f})" in shown
    assert f"Log-rank p = {found['os.log_rank'].p:.2f}" in shown
    assert "Months from start of treatment" in shown and "Overall survival" in shown
    assert "ALK mutated" in shown and "ALK wild-type" in shown


def test_the_forest_has_each_cohort_and_all_members_under_each_estimator() -> None:
    figures, selection, _ = drawn(frame())
    shown = words(figures["default_os_forest"])
    assert "All members" in shown
    for cohort_id, of_cohort in selection.members.groupby("cohort_id"):
        assert str(cohort_id) in shown
        assert f"{int(of_cohort['in_group'].sum())} / {len(of_cohort)}" in shown
    assert all(heading in shown for heading in ("Cox", "Log-rank O/E", "Cox, adjusted for burden"))


def test_the_flow_shows_who_was_left_out_and_why_and_the_two_groups() -> None:
    figures, selection, _ = drawn(frame())
    shown = words(figures["default_os_flow"])
    assert "control arm or no checkpoint inhibitor" in shown
    n_mutated = int(selection.members["in_group"].sum())
    assert str(n_mutated) in shown and str(len(selection.members) - n_mutated) in shown


def test_nobody_mutated_still_has_a_flow_and_nothing_that_compares() -> None:
    figures, _, _ = drawn(frame(status="wild_type"))
    assert set(figures) == {"default_os_flow"}


def test_nobody_at_all_still_has_a_flow() -> None:
    figures, _, _ = drawn(frame(time_months=None))
    assert set(figures) == {"default_os_flow"}


def test_a_very_small_ratio_is_never_printed_as_zero() -> None:
    members = select_members(frame(), VARIANT, {}).members
    firth = SurvivalStatistic(
        name=Scope("q", "default", "OS").name("os.firth_univariable"),
        estimate=0.0031,
        ci_low=0.00004,
        p=0.0002,
    )
    shown = words(
        kaplan_meier_by_group(members, ALK, "OS", {"firth_univariable": firth}, "A title", "ALK").drawn()
    )
    assert "Firth: HR 0.0031 (4.0e\u221205\u2013not reached), p = 0.00020" in shown


@pytest.mark.parametrize(
    ("origin", "label"),
    [
        ("icb_start", "start of treatment"),
        ("stage_iv", "stage IV"),
        ("unknown", "an unknown start"),
        ("diagnosis", "diagnosis"),
    ],
)
def test_the_axis_says_where_the_clock_starts(origin: str, label: str) -> None:
    figures, _, _ = drawn(frame(origin=origin, clock_family=origin))
    assert f"Months from {label}" in words(figures["default_os_kaplan_meier"])


def test_the_axis_names_both_clocks_of_one_family_and_never_puts_unlike_ones_together_in_silence() -> None:
    alike = frame()
    alike["origin"] = ["icb_start", "randomisation"] * (len(alike) // 2)
    figures, _, _ = drawn(alike)
    label = "Months from start of treatment or randomisation"
    assert label in words(figures["default_os_kaplan_meier"])
    unlike = pd.DataFrame({"origin": ["icb_start", "diagnosis"], "clock_family": ["treatment", "diagnosis"]})
    assert origin_words(unlike) == "unlike origins"


def test_every_figure_has_words_for_those_who_cannot_see_it_and_the_numbers_that_it_draws() -> None:
    figures, selection, rows = drawn(frame())
    cox = next(r for r in rows if r.key == "os.cox_univariable" and r.cohort_id is None)
    ratio = f"{cox.estimate:.2f} ({cox.ci_low:.2f}\u2013{cox.ci_high:.2f})"
    for stem, picture in figures.items():
        assert picture.title and len(picture.alt) > 40 and "nan" not in picture.alt, stem
        assert len(picture.data), stem
    assert ratio in figures["default_os_kaplan_meier"].alt and ratio in figures["default_os_forest"].alt
    forest = figures["default_os_forest"].data
    drawn_cox = forest[(forest["estimator"] == "Cox") & forest["is_pooled"]]
    assert drawn_cox["hr"].tolist() == [cox.estimate]
    curves = figures["default_os_kaplan_meier"].data
    assert curves["n_events"].sum() == int(selection.members["event"].sum())
