"""From a question to its answer on an open published file; the numbers are those of the registered analyses."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb
import pandas as pd

from analytics.answers.estimates import Estimates, compare_number, compare_survival, joint_interaction
from analytics.answers.responses import compare_responses
from analytics.biomarkers.groups import Contrast
from analytics.biomarkers.language.model import measures_burden
from analytics.biomarkers.language.parse import parse
from analytics.engine.numbers import count
from analytics.guards import Exposure, Finding, people_findings, response_findings
from analytics.questions.asked import ESTIMATORS, OTHER_ESTIMATORS, AskedQuestion, as_spec, variant_of
from analytics.questions.clock import immortal_groups, known_later
from analytics.questions.selection import Selection
from analytics.questions.source import AskedPeople
from analytics.questions.specs import AnalysisSpec, SurvivalEstimator
from analytics.results.statistic import (
    InteractionStatistic,
    MetaStatistic,
    Scope,
    Statistic,
    SurvivalStatistic,
)
from warehouse.questions.answer import Answer, Comparison, FlowStep
from warehouse.questions.checked import CheckedQuestion, check
from warehouse.questions.evidence import (
    Predictive,
    number_against_burden,
    predictive_or_prognostic,
    scanned_against_burden,
)
from warehouse.questions.provenance import lineage_of
from warehouse.questions.searched_cut import with_searched_cut

NULL_DRAWS = 5000
ANALYSIS_ID = "asked"


def _flow(checked: CheckedQuestion) -> tuple[FlowStep, ...]:
    rows = checked.selection.flow[["step", "n", "reason"]].itertuples(index=False)
    steps = tuple(FlowStep(step, int(n), reason) for step, n, reason in rows)
    if checked.question.adjust:
        members = checked.selection.members
        unknown = {name: int(members[of].isna().sum()) for name, of in _columns_of(checked).items()}
        lacking = ", ".join(f"{name} not known ({count(n)})" for name, n in unknown.items() if n)
        steps += (
            FlowStep(
                "covariates known, in the adjusted estimate", len(_in_the_model(checked, members)), lacking
            ),
        )
    if not checked.question.is_response:
        return steps
    known = int(checked.selection.members[checked.question.endpoint].notna().sum())
    return (*steps, FlowStep("response known", known, "response not evaluable or not recorded"))


def _columns_of(checked: CheckedQuestion) -> dict[str, str]:
    """Covariate -> the column of the members that it is made of."""
    return {name: "n_nonsynonymous" if name == "burden" else name for name in checked.question.adjust}


def _in_the_model(checked: CheckedQuestion, members: pd.DataFrame) -> pd.DataFrame:
    """Members whose covariates are all known: those whom an adjusted estimate counts."""
    return members.dropna(subset=list(_columns_of(checked).values()))


def _notes(checked: CheckedQuestion) -> tuple[str, ...]:
    without = (f"Nobody in {c} has endpoint {checked.question.endpoint}." for c in checked.without_endpoint)
    label = checked.people.label
    of_burden = (
        (f"{label} is mutation burden itself: whether it is more than burden is not asked.",)
        if checked.people.contrasts and measures_burden(parse(checked.question.biomarker))
        else ()
    )
    later = known_later(checked.people.biomarker)
    seen = (
        (
            f"{' and '.join(later)} is seen after treatment began: whether it is predictive or prognostic is not "
            "asked, for no trial has randomised people by it.",
        )
        if later
        else ()
    )
    return (*checked.people.notes, *of_burden, *_flattered(checked), *seen, *without)


def _flattered(checked: CheckedQuestion) -> tuple[str, ...]:
    """What is amiss with groups that are told apart by what is known only after treatment began."""
    if checked.question.is_response:
        return ()
    return immortal_groups(checked.people.biomarker, checked.variant.time)


def _asks_who_benefits(checked: CheckedQuestion) -> bool:
    """Predictive or prognostic can be asked: of what was there when treatment began, and of no searched cut."""
    return checked.cut is None and not known_later(checked.people.biomarker)


def checked_question(
    con: duckdb.DuckDBPyConnection, question: AskedQuestion, *, everything: bool = False
) -> CheckedQuestion:
    """The question against the warehouse, with who is counted; without cohorts every ICB cohort with that endpoint.

    Parameters
    ----------
    everything : every estimator that an analysis can have, by cohort, too.

    Raises
    ------
    QuestionError, AskedQuestionError, BiomarkerError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    checked = check(con, question, variant_of(question, _estimators(everything)))
    return with_searched_cut(checked) if question.cut else checked


def _estimators(everything: bool) -> tuple[SurvivalEstimator, ...]:
    return (*ESTIMATORS, *OTHER_ESTIMATORS) if everything else ESTIMATORS


def _spec(question: AskedQuestion, cohorts: tuple[str, ...], everything: bool) -> AnalysisSpec:
    return as_spec(
        question,
        cohorts,
        analysis_id=ANALYSIS_ID,
        title=question.text,
        registered_on=datetime.now(UTC).date().isoformat(),
        estimators=_estimators(everything),
    )


@dataclass(frozen=True)
class _Asked:
    """What the estimates are made of."""

    con: duckdb.DuckDBPyConnection
    checked: CheckedQuestion
    spec: AnalysisSpec
    scope: Scope
    everything: bool
    draws: int

    @property
    def question(self) -> AskedQuestion:
        return self.checked.question

    @property
    def people(self) -> AskedPeople:
        return self.checked.people


def answer_checked(
    con: duckdb.DuckDBPyConnection,
    checked: CheckedQuestion,
    *,
    everything: bool = False,
    draws: int = NULL_DRAWS,
) -> Answer:
    """The answer to a question of :func:`checked_question`, with the same ``everything``.

    Parameters
    ----------
    draws : sets of carriers that are drawn by burden.
    """
    question = checked.question
    scope = Scope(ANALYSIS_ID, "default", "response" if question.is_response else question.endpoint)
    asked = _Asked(con, checked, _spec(question, checked.cohorts, everything), scope, everything, draws)
    contrasts, selection = checked.people.contrasts, checked.selection
    if not contrasts:
        return _number_answer(asked)
    # compiled draws need no interpreter: a third of the time of an answer
    with ThreadPoolExecutor(1) as aside:
        scans = [
            aside.submit(
                scanned_against_burden,
                con.cursor(),
                checked,
                selection.among(contrast).members,
                contrast,
                draws,
            )
            for contrast in contrasts
        ]
        lineage = aside.submit(lineage_of, con.cursor(), checked)
        comparisons = [_comparison(asked, selection.among(contrast), contrast) for contrast in contrasts]
        leading = comparisons[-1]
        interaction = _interaction(asked) if question.is_joint and not question.is_response else None
        predictive: Predictive | None = None
        if isinstance(leading.pooled, SurvivalStatistic) and _asks_who_benefits(checked):
            predictive = predictive_or_prognostic(con, checked, scope, contrasts[-1], leading.pooled)
        guards = _guards(asked, selection.among(contrasts[-1]), leading.others)
        held = [scan.result().held(of.asked) for scan, of in zip(scans, comparisons, strict=True)]
    return Answer(
        question=question,
        label=checked.people.label,
        comparisons=tuple(
            replace(of, burden=burden.verdict, power=burden.power)
            for of, burden in zip(comparisons, held, strict=True)
        ),
        interaction=interaction,
        predictive=predictive.verdict if predictive else None,
        trials=predictive.trials if predictive else (),
        without_icb=predictive.without_icb if predictive else None,
        guards=guards,
        flow=_flow(checked),
        lineage=lineage.result(),
        notes=_notes(checked),
        cut=checked.cut,
        known_later=next(iter(_flattered(checked)), None),
    )


def _comparison(asked: _Asked, own: Selection, contrast: Contrast) -> Comparison:
    """A group against the reference, not yet held against burden."""
    question = asked.question
    found: Estimates
    if question.is_response:
        found = compare_responses(
            asked.scope, own, contrast, question.endpoint, asked.checked.variant  # type: ignore[arg-type]
        )  # fmt: skip
    else:
        found = compare_survival(asked.spec, asked.scope, own, contrast, everything=asked.everything)
    return Comparison(
        contrast.group.label,
        contrast.reference.label,
        found.by_cohort,
        found.pooled,
        found.others,
        n_cohorts=_in_the_model(asked.checked, own.members)["cohort_id"].nunique(),
    )


def _number_answer(asked: _Asked) -> Answer:
    """One step of a number."""
    checked, people = asked.checked, asked.people
    label = f"{people.label}, {people.unit}"
    found = compare_number(asked.spec, asked.scope, checked.selection, label)
    in_the_model = _in_the_model(checked, checked.selection.members)
    n_cohorts = in_the_model["cohort_id"].nunique()
    comparison = Comparison(label, None, found.by_cohort, found.pooled, found.others, n_cohorts)
    held = number_against_burden(asked.con, checked, people.label, comparison.asked, asked.draws)
    comparison = replace(comparison, burden=held.verdict, power=held.power)
    predictive: Predictive | None = None
    if isinstance(comparison.pooled, SurvivalStatistic) and _asks_who_benefits(checked):
        predictive = predictive_or_prognostic(asked.con, checked, asked.scope, label, comparison.pooled)
    return Answer(
        question=asked.question,
        label=people.label,
        comparisons=(comparison,),
        interaction=None,
        predictive=predictive.verdict if predictive else None,
        trials=predictive.trials if predictive else (),
        without_icb=predictive.without_icb if predictive else None,
        guards=_guards(asked, checked.selection, comparison.others, exposure="value"),
        flow=_flow(checked),
        lineage=lineage_of(asked.con, checked),
        notes=_notes(checked),
    )


def _interaction(asked: _Asked) -> InteractionStatistic:
    return joint_interaction(
        asked.scope,
        asked.question.endpoint.lower(),
        asked.checked.selection,
        asked.people.contrasts,
        asked.checked.variant,
    )


def _guards(
    asked: _Asked, selection: Selection, beside: Sequence[Statistic], exposure: Exposure = "in_group"
) -> tuple[Finding, ...]:
    """What speaks against believing it, but for burden and prediction, which have verdicts of their own."""
    if asked.question.is_response:
        return response_findings(selection.members, asked.question.endpoint, selection.flow)
    over_cohorts = (row for row in beside if isinstance(row, MetaStatistic) and row.left_out is None)
    found = people_findings(
        selection.members,
        strata=asked.checked.variant.strata,
        flow=selection.flow,
        pooled=next(over_cohorts, None),
        exposure=exposure,
    )
    return tuple(found)
