"""Response by a group: one row a cohort, and the odds ratio over cohorts whose tables are held apart."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analytics.answers.estimates import Estimates
from analytics.biomarkers.groups import Contrast
from analytics.engine.numbers import count
from analytics.errors import NoRowsError
from analytics.questions.asked import RESPONSES
from analytics.questions.selection import Selection
from analytics.questions.specs import Response, Variant
from analytics.response.comparison import OF_CHI_SQUARE
from analytics.response.estimate import FISHER_EXACT, NEWCOMBE, response_statistics
from analytics.response.stratified_tables import MANTEL_HAENSZEL, mantel_haenszel, strata_counts
from analytics.results.estimator import Estimator
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, ResponseStatistic, Scope, Statistic


def compare_responses(
    scope: Scope, selection: Selection, contrast: Contrast, response: Response, variant: Variant
) -> Estimates:
    """Odds ratios of a response among people whose response is known: Fisher's by cohort, over cohorts Mantel and
    Haenszel's within the strata of the variant; beside them the difference of the rates.

    Raises
    ------
    NoRowsError
        Nobody's response is known.
    """
    members, sets = selection.members, RowSets()
    evaluable = members[members[response].notna()]
    if evaluable.empty:
        known = [word for word in RESPONSES if members[word].notna().any()]
        instead = f"there are {', '.join(known)}" if known else "ask of other cohorts"
        raise NoRowsError(f"Nobody's {response} is known among {count(len(members))} people: {instead}.")
    by_cohort: list[Statistic] = []
    for cohort_id, people in members.groupby("cohort_id", sort=True):
        own = scope.of_cohort(str(cohort_id))
        rows = response_statistics(own, sets, people, (response,), contrast)
        by_cohort.append(
            _evaluable(rows, FISHER_EXACT.key) or _without_estimate(own, people, contrast, response)
        )
    over_all = response_statistics(scope, sets, members, (response,), contrast)
    if len(by_cohort) == 1:
        only = _evaluable(over_all, FISHER_EXACT.key) or _without_estimate(scope, members, contrast, response)
        others = [row for row in over_all if row is not only]
        return Estimates(tuple(by_cohort), only, tuple(others))
    pooled = _pooled(scope, evaluable, contrast, response, variant)
    shown = [row for row in over_all if row.estimator in (NEWCOMBE.key, FISHER_EXACT.key)]
    return Estimates(
        tuple(by_cohort), pooled, tuple(row.warned("Cohorts are put end to end.") for row in shown)
    )


def _evaluable(rows: list[ResponseStatistic], estimator: str) -> ResponseStatistic | None:
    """The row among people whose response is known; what is said of the chi-square test is not said of it."""
    found = next((r for r in rows if r.estimator == estimator and r.denominator == "evaluable"), None)
    if found is None:
        return None
    found = replace(found, warnings=tuple(w for w in found.warnings if not w.endswith(OF_CHI_SQUARE)))
    if found.estimate is None and found.p is not None and not found.warnings:
        return found.warned("A group has one answer only: the odds ratio has no finite estimate.")
    return found


def _without_estimate(
    scope: Scope, people: pd.DataFrame, contrast: Contrast, response: Response
) -> ResponseStatistic:
    """The row of people of whom one group has no known response: who they are, and why nothing is compared."""
    known = people[people[response].notna()]
    n_group, label = int(people["in_group"].astype(bool).sum()), contrast.group.label
    row = _row_of_known(scope, FISHER_EXACT, known, contrast, response)
    if n_group and not row.counts.n_in_group:
        return row.warned(f"Of {count(n_group)} {label} nobody's {response} is known.")
    if not n_group:
        return row  # the table says in one line in which cohorts nobody is in the group
    return row.warned(f"Of {contrast.reference.label} nobody's {response} is known.")


def _row_of_known(
    scope: Scope, estimator: Estimator, known: pd.DataFrame, contrast: Contrast, response: Response
) -> ResponseStatistic:
    """A row without an estimate of people whose response is known: who they are and how many responded."""
    inside, answers = known["in_group"].astype(bool), known[response].astype(bool)
    return ResponseStatistic(
        name=scope.name(f"{response}.{estimator.key}{contrast.suffix}"),
        estimator=estimator.key,
        scale=estimator.scale,
        row_set=f"evaluable for {response}",
        counts=Counts(
            group_label=contrast.group.label,
            reference_label=contrast.reference.label,
            n=len(known),
            n_in_group=int(inside.sum()),
        ),
        denominator="evaluable",
        responders=int(answers.sum()),
        responders_in_group=int((answers & inside).sum()),
    )


def _pooled(
    scope: Scope, evaluable: pd.DataFrame, contrast: Contrast, response: Response, variant: Variant
) -> ResponseStatistic:
    strata = [column for column in variant.strata if evaluable[column].notna().any()]
    answers, inside = evaluable[response].astype(bool), evaluable["in_group"].astype(bool)
    codes = evaluable.groupby(strata, dropna=False).ngroup() if strata else inside * 0
    found = mantel_haenszel(*strata_counts(inside, answers, codes))
    row = _row_of_known(scope, MANTEL_HAENSZEL, evaluable, contrast, response)
    if found.odds_ratio != found.odds_ratio:
        return row.warned("No stratum has both groups and both answers: there is nothing to compare.")
    row = replace(row, estimate=found.odds_ratio, p=found.p, p_method="Mantel-Haenszel")
    if found.ci_low == found.ci_low:
        return replace(row, ci_low=found.ci_low, ci_high=found.ci_high)
    return row.warned("A cell is empty in every stratum: the odds ratio has no interval.")
