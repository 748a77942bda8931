"""Estimates of one comparison: a row a cohort, the pooled one, and what stands beside.

The numbers are those of ``survival.estimate`` and ``meta.pooling``, so that a question and the same question as a
registered analysis agree. Which of several estimates of the same people is *the* row is decided here: Firth's where a
group has too few events for Cox's, else Cox's; over cohorts the one-stage stratified model, which uses everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.engine.numbers import count
from analytics.errors import AnalysisError, EmptyGroupError, TooFewError
from analytics.meta.pooling import meta_statistics
from analytics.questions.selection import Selection
from analytics.questions.specs import AnalysisSpec, Variant
from analytics.results.estimator import Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, InteractionStatistic, Scope, Statistic, SurvivalStatistic
from analytics.survival.estimate import (
    cohort_statistics,
    number_statistics,
    pool_warnings,
    survival_statistics,
)
from analytics.survival.hazard_rows import COX
from analytics.survival.regression.cox import cox_regression

#: Estimate -> what replaces it where a group has too few events.
_SPARSE = {"cox_univariable": "firth_univariable", "cox_adjusted": "firth_adjusted"}
#: How the warning begins of a Cox row that stands for want of Firth's.
NO_FIRTH = "Firth's estimate, which so few events ask for, could not be made"
#: Below so many events in a group the interaction is said to be unstable.
_FEW_EVENTS = 5


AnyRow = TypeVar("AnyRow", bound=Statistic)


@dataclass(frozen=True)
class Estimates:
    """One row a cohort (of a single cohort the pooled one), the row over all, and further estimates over all."""

    by_cohort: tuple[Statistic, ...]
    pooled: Statistic
    others: tuple[Statistic, ...]


def compare_survival(
    spec: AnalysisSpec, scope: Scope, selection: Selection, contrast: Contrast, *, everything: bool = False
) -> Estimates:
    """A group against the reference.

    Parameters
    ----------
    selection : of people of both groups, with ``in_group``.
    everything : every estimator of the variant by cohort, too, and each cohort left out in turn.
    """
    variant, key = spec.variants[scope.variant], spec.endpoint_key(scope.endpoint)
    sets = RowSets.forgotten()
    over_all = survival_statistics(scope, sets, selection.members, variant, key, contrast)
    over_all = with_reason_for_cox([row.warned(*pool_warnings(selection)) for row in over_all])
    of_cohorts = variant if everything else variant.model_copy(update={"estimators": ("cox_univariable",)})
    of_each = cohort_statistics(scope, sets, selection, of_cohorts, key, contrast)
    by_cohort = [
        row
        for cohort_id in dict.fromkeys(row.cohort_id for row in of_each)
        for row in with_reason_for_cox([own for own in of_each if own.cohort_id == cohort_id])
    ]
    inside = [row for row in by_cohort if row.cohort_id not in selection.cohorts_outside()]
    meta = meta_statistics(scope, key, inside, contrast, leave_one_out=everything)
    others: list[Statistic] = [*over_all, *meta]
    if everything:
        others += by_cohort
    return _arranged(scope, selection, over_all, by_cohort, others)


def compare_number(spec: AnalysisSpec, scope: Scope, selection: Selection, label: str) -> Estimates:
    """One step of a number."""
    rows = number_statistics(spec, scope, RowSets.forgotten(), selection, label)
    over_all = [row for row in rows if row.cohort_id is None]
    by_cohort = [row for row in rows if row.cohort_id is not None]
    key = spec.endpoint_key(scope.endpoint)
    inside = [row for row in by_cohort if row.cohort_id not in selection.cohorts_outside()]
    meta = meta_statistics(scope, key, inside, None, leave_one_out=False)
    return _arranged(scope, selection, over_all, by_cohort, [*over_all, *meta])


def _arranged(
    scope: Scope,
    selection: Selection,
    over_all: Sequence[SurvivalStatistic],
    by_cohort: Sequence[SurvivalStatistic],
    others: Sequence[Statistic],
) -> Estimates:
    pooled = chosen(over_all, "cox_univariable")
    if pooled is None:
        raise EmptyGroupError("Nothing was estimated: the variant asks for no hazard ratio.")
    cohorts = list(dict.fromkeys(row.cohort_id for row in by_cohort))
    rows = [chosen([r for r in by_cohort if r.cohort_id == c], "cox_univariable") for c in cohorts]
    if not rows:
        only = str(selection.members["cohort_id"].iloc[0])
        rows = [replace(pooled, name=scope.of_cohort(only).name(pooled.key))]
    beside = [row for row in others if row is not pooled]
    return Estimates(tuple(row for row in rows if row is not None), pooled, tuple(beside))


def kind_of_row(row: Statistic) -> str:
    """Which estimate a row is: ``cox_univariable`` of ``os.cox_univariable.both``."""
    return row.key.split(".")[1]


def chosen(rows: Sequence[AnyRow], what: str) -> AnyRow | None:
    """The row of an estimate: Firth's where it was made, for that says that Cox's cannot be trusted."""
    by_kind = {kind_of_row(row): row for row in rows}
    sparse = by_kind.get(_SPARSE.get(what, ""))
    return sparse if sparse is not None and sparse.estimate is not None else by_kind.get(what)


def with_reason_for_cox(rows: Sequence[SurvivalStatistic]) -> list[SurvivalStatistic]:
    """Rows of one set of people; where Cox's stands because Firth's could not be made, it says so and why."""
    by_kind = {kind_of_row(row): row for row in rows}
    told = []
    for row in rows:
        sparse = by_kind.get(_SPARSE.get(kind_of_row(row), ""))
        if sparse is not None and sparse.estimate is None and row.estimate is not None:
            why = sparse.warnings[-1].rstrip(".") if sparse.warnings else "it has no finite value"
            row = row.warned(f"{NO_FIRTH}: {why}.")
        told.append(row)
    return told


def joint_interaction(
    scope: Scope, endpoint_key: str, selection: Selection, contrasts: Sequence[Contrast], variant: Variant
) -> InteractionStatistic:
    """Interaction of two biomarkers: the hazard ratio of both over the product of those of each alone.

    Cox model with both and their product, stratified and robust as the other estimates of the variant.
    """
    first, second, both = contrasts
    members = selection.members
    status = members["status"]
    people = members[status.isin([first.reference.key, first.group.key, second.group.key, both.group.key])]
    row = InteractionStatistic(
        name=scope.name(f"{endpoint_key}.interaction"),
        estimator=COX.key,
        scale=Scale.RATIO_OF_HAZARD_RATIOS,
        row_set="members",
        counts=Counts(
            group_label=both.group.label,
            reference_label=both.reference.label,
            n=len(people),
            n_in_group=int((people["status"] == both.group.key).sum()),
            events=int(people["event"].astype(bool).sum()),
            events_in_group=int(people.loc[people["status"] == both.group.key, "event"].astype(bool).sum()),
        ),
        compared_with=(first.group.label, second.group.label),
    )
    try:
        return _interaction(row, people, contrasts, variant)
    except AnalysisError as exc:
        return row.warned(str(exc))


def _interaction(
    row: InteractionStatistic, people: pd.DataFrame, contrasts: Sequence[Contrast], variant: Variant
) -> InteractionStatistic:
    first, second, both = (contrast.group for contrast in contrasts)
    status = people["status"]
    has_event = people["event"].astype(bool)
    cells = {
        group.label: (int((status == group.key).sum()), int(has_event[status == group.key].sum()))
        for group in (contrasts[0].reference, first, second, both)
    }
    for label, (n, events) in cells.items():
        if not n:
            raise EmptyGroupError(f"Nobody is {label}: an interaction needs all four groups.")
        if not events:
            raise TooFewError(
                f"Nobody of {count(n)} people who are {label} had the event: the interaction has no finite estimate."
            )
    design = people.assign(
        first=status.isin([first.key, both.key]).astype(int),
        second=status.isin([second.key, both.key]).astype(int),
        product=(status == both.key).astype(int),
    )
    strata = tuple(c for c in variant.strata if design[c].notna().any())
    found = cox_regression(
        design, ["first", "second", "product", *variant.covariates], strata=strata, cluster="person_id"
    )
    term = found.term("product")
    few = [
        f"{label} {count(events)} of {count(n)}"
        for label, (n, events) in cells.items()
        if events < _FEW_EVENTS
    ]
    said = f"Few events ({', '.join(few)}): the interaction is unstable." if few else ""
    reason = f"adjusted for {', '.join(variant.covariates)}" if variant.covariates else None
    row = replace(row, reason=reason).with_wald(term.hr, term.ci_low, term.ci_high, term.p)
    return row.warned(*found.warnings, said)
