"""The answer to ``icb gene``: one gene, one endpoint, per cohort and pooled, from the published file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.guards import Finding
from analytics.questions.selection import add_burden
from analytics.questions.specs import Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope, SurvivalStatistic
from analytics.survival.estimate import pool_warnings, survival_statistics
from warehouse.questions.gene import GeneQuestion, ask, require_varying
from warehouse.questions.gene_guards import guards_of
from warehouse.questions.registry import run_of, write_down
from warehouse.settings import Settings

DEFINITION = (
    "mutated: at least one counted non-synonymous call (cBioPortal's non-silent classes) in the patient's index "
    "sample; "
    "wild_type: sequenced on a panel that covers the gene, none, and every row that could be the gene is understood; "
    "undetermined: looked at, but such a row or the sample as a whole is not understood; "
    "not_profiled: not looked at. The last two are in no estimate"
)


@dataclass(frozen=True)
class FlowStep:
    """A step from all patients to those who are counted: how many are left after it, and why the others are not."""

    step: str
    n: int
    reason: str


@dataclass(frozen=True)
class GeneAnswer:
    """What ``icb gene`` says: who is counted, the estimates by cohort and pooled, what speaks against them."""

    gene: str
    endpoint: str
    flow: tuple[FlowStep, ...]
    estimates: tuple[SurvivalStatistic, ...]
    guards: tuple[Finding, ...]


def answer_gene(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    *,
    cohorts: Sequence[str] = (),
    cancer_type: str | None = None,
    endpoint: str = "OS",
    adjust: Sequence[str] = (),
) -> GeneAnswer:
    """The answer about one gene; without cohorts every ICB cohort with that endpoint.

    Parameters
    ----------
    adjust : covariates of :data:`analytics.questions.specs.COVARIATES`, or ``<gene>_mutated``.

    Raises
    ------
    QuestionError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    question = ask(con, gene, cohorts=cohorts, cancer_type=cancer_type, endpoint=endpoint, adjust=adjust)
    require_varying(add_burden(question.selection.members), adjust)
    said = [
        *pool_warnings(question.selection),
        *(f"Nobody in {c} has endpoint {endpoint}." for c in question.without_endpoint),
    ]
    flow = question.selection.flow
    return GeneAnswer(
        gene=question.gene,
        endpoint=endpoint,
        flow=tuple(
            FlowStep(step, int(n), reason)
            for step, n, reason in flow[["step", "n", "reason"]].itertuples(index=False)
        ),
        estimates=tuple(row.warned(*said) for row in _estimates(question)),
        guards=tuple(guards_of(con, question)),
    )


def _estimates(question: GeneQuestion) -> list[SurvivalStatistic]:
    """Each cohort by itself, then all of them where there are several."""
    selection, variant = question.selection, question.variant
    members = add_burden(selection.members)
    counted, outside = sorted(members["cohort_id"].unique()), selection.cohorts_outside()
    rows: list[SurvivalStatistic] = []
    for cohort_id in sorted({*counted, *outside}):
        people = selection.outside if cohort_id in outside else members
        found = _estimate(question, people[people["cohort_id"] == cohort_id], variant, cohort_id)
        if cohort_id in outside:
            found = [row.warned(f"Not in the pooled estimate: clock {outside[cohort_id]}.") for row in found]
        rows += found
    if len(counted) + len(outside) > 1:
        rows += _estimate(question, members, variant.model_copy(update={"robust": True}), None)
    return rows


def _estimate(
    question: GeneQuestion, members: pd.DataFrame, variant: Variant, cohort_id: str | None
) -> list[SurvivalStatistic]:
    strata = tuple(column for column in variant.strata if members[column].nunique(dropna=False) > 1)
    rows = survival_statistics(
        Scope("gene", question.gene, question.endpoint, cohort_id),
        RowSets(),
        members,
        variant.model_copy(update={"strata": strata}),
        question.endpoint.lower(),
        Contrast.of_gene(question.gene),
    )
    of_ratio = next((row for row in rows if row.median_in_reference_months is not None), None)
    return [
        # a test has no medians of its own; its people have
        replace(
            row,
            median_in_group_months=of_ratio.median_in_group_months,
            median_in_reference_months=of_ratio.median_in_reference_months,
        )
        if of_ratio is not None and row.estimator == "log_rank"
        else row
        for row in rows
    ]


def write_gene_down(
    con: duckdb.DuckDBPyConnection,
    answer: GeneAnswer,
    settings: Settings,
    cohorts: Sequence[str],
    cancer_type: str | None,
    adjust: Sequence[str],
) -> None:
    """One gene asked for is one hypothesis of the registry."""
    last = [row for row in answer.estimates if row.key.endswith(".cox_univariable")][-1:]
    write_down(
        settings,
        kind="gene",
        question={
            "gene": answer.gene,
            "endpoint": answer.endpoint,
            "definition": "nonsynonymous",
            "cohorts": sorted(cohorts),
            "cancer_type": cancer_type,
            "adjust": sorted(adjust),
        },
        hypotheses=1,
        smallest_p=last[0].p if last else None,
        leading=answer.gene,
        run_id=run_of(con),
    )


def warnings_by_cohort(estimates: Sequence[SurvivalStatistic]) -> list[str]:
    """Each warning once, after the cohorts that it is about; without them when it is about all."""
    about: dict[str, list[str]] = {}
    for estimate in estimates:
        for sentence in estimate.warnings:
            cohorts = about.setdefault(sentence, [])
            if (name := cohort_name(estimate)) not in cohorts:
                cohorts.append(name)
    n_cohorts = len({cohort_name(estimate) for estimate in estimates})
    return [
        sentence if len(cohorts) == n_cohorts else f"{', '.join(cohorts)}: {sentence}"
        for sentence, cohorts in about.items()
    ]


def cohort_name(estimate: SurvivalStatistic) -> str:
    """The cohort of an estimate, or 'pooled'."""
    return estimate.cohort_id or "pooled"
