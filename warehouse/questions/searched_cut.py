"""A number cut where it separates most: the groups that this makes, with the p that pays for the search."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analytics.biomarkers.groups import Contrast, Group
from analytics.prediction.cut_off.cutpoint import select_cutpoint
from warehouse.questions.answer import SearchedCut
from warehouse.questions.checked import CheckedQuestion
from warehouse.questions.names import QuestionError

_DOUBLING = "doubling of "


def with_searched_cut(checked: CheckedQuestion) -> CheckedQuestion:
    """The question with two groups in place of its number, cut by maximally selected log-rank statistics over the
    people of the pool.

    Raises
    ------
    QuestionError
        Of a response. AnalysisError: too few people or events, or nothing to cut.
    """
    if checked.question.is_response:
        raise QuestionError(
            "a cut is searched by survival",
            where="--cut",
            remedy="ask of OS or PFS, or name a cut, e.g. TMB >= 10",
        )
    selection, label = checked.selection, checked.people.label
    cut = select_cutpoint(selection.members, "value", estimated_on="the people asked").cutpoint
    at, unit = _as_measured(cut.threshold, (checked.people.unit or "").removeprefix("per "))
    low = Group("low", f"{label} up to {at:.4g} {unit}".rstrip(), is_reference=True)
    high = Group("high", f"{label} above {at:.4g} {unit}".rstrip())

    def by_cut(people: pd.DataFrame) -> pd.DataFrame:
        if people.empty:
            return people
        return people.assign(status=(people["value"] > cut.threshold).map({True: high.key, False: low.key}))

    return replace(
        checked,
        people=replace(checked.people, contrasts=(Contrast(high, low),), unit=None),
        selection=replace(selection, members=by_cut(selection.members), outside=by_cut(selection.outside)),
        cut=SearchedCut(at, unit, cut.p_corrected, cut.p_naive, cut.n_candidates),
    )


def _as_measured(threshold: float, unit: str) -> tuple[float, str]:
    """The cut in the unit that people read: doublings of x + 1 become x, and a step of one its unit."""
    if unit.startswith(_DOUBLING):
        what = unit.removeprefix(_DOUBLING).removesuffix(" + 1")
        return 2.0**threshold - 1.0, "" if what == "expression" else what
    step, _, of_steps = unit.partition(" ")
    if step[:1].isdigit():  # steps of ten years: the cut is in years
        return threshold * float(step.replace(",", "")), "" if of_steps == "units" else of_steps
    units = {"mutation per Mb": "mutations per Mb", "unit": "", "standard deviation": "standard deviations"}
    for one, several in units.items():
        if unit == one or unit.startswith(f"{one} "):
            return threshold, (several + unit.removeprefix(one)).strip()
    return threshold, unit
