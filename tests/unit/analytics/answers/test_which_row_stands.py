"""Of several estimates of the same people one is *the* row: Firth's where it was made, else Cox's, which says why."""

from __future__ import annotations

import pytest

from analytics.answers.estimates import NO_FIRTH, chosen, with_reason_for_cox
from analytics.results.estimator import Scale
from analytics.results.statistic import Counts, Scope, SurvivalStatistic
from warehouse.questions.answer import Comparison

SCOPE = Scope("asked", "default", "OS")


def row(kind: str, estimate: float | None, *warnings: str) -> SurvivalStatistic:
    return SurvivalStatistic(
        name=SCOPE.name(f"os.{kind}"), estimator=kind.split("_")[0], scale=Scale.HAZARD_RATIO, row_set="members",
        counts=Counts(group_label="mutated", reference_label="wild-type"), estimate=estimate, warnings=warnings,
    )  # fmt: skip


UNADJUSTED = row("cox_univariable", 0.7)
SEPARATED = row("firth_adjusted", None, "Few events: 1 among 4.", "The profile has no end.")


@pytest.mark.parametrize(
    ("beside", "stands"),
    [
        ((), "cox_univariable"),
        ((row("cox_adjusted", 0.5),), "cox_adjusted"),
        ((row("cox_adjusted", 0.5), row("firth_adjusted", 0.6)), "firth_adjusted"),
        ((row("cox_adjusted", 0.5), SEPARATED), "cox_adjusted"),
    ],
)
def test_the_row_that_a_question_asks_for(beside: tuple[SurvivalStatistic, ...], stands: str) -> None:
    found = Comparison("mutated", "wild-type", (), UNADJUSTED, beside).asked
    assert found.key == f"os.{stands}" and found.estimate is not None


def test_coxs_row_says_that_firths_could_not_be_made_and_why() -> None:
    told = with_reason_for_cox([UNADJUSTED, row("cox_adjusted", 0.5), SEPARATED])
    assert told[1].warnings == (f"{NO_FIRTH}: The profile has no end.",)
    assert told[0] is UNADJUSTED and told[2] is SEPARATED
    assert chosen(told, "cox_adjusted") is told[1]


def test_nothing_is_said_where_firths_was_made_or_coxs_was_not() -> None:
    for cox, firth in ((0.5, 0.6), (None, None)):
        rows = [row("cox_adjusted", cox), row("firth_adjusted", firth)]
        assert with_reason_for_cox(rows) == rows
