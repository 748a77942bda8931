"""The answer to ``icb gene``: one gene, one endpoint, per cohort and pooled, from the published file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from analytics.estimates import estimate_survival, pool_warnings
from analytics.guards import Finding
from analytics.questions.selection import add_burden
from analytics.questions.specs import Variant
from analytics.results.rows import ResultRows
from warehouse.questions.gene import QuestionError, ask, require_varying
from warehouse.questions.gene_guards import guards_of
from warehouse.questions.registry import run_of, write_down
from warehouse.settings import Settings

__all__ = [
    "QuestionError",
    "gene_report",
    "sentences",
    "warnings_by_cohort",
    "write_gene_down",
]

DEFINITION = (
    "mutated: at least one counted non-synonymous call (cBioPortal's non-silent classes) in the patient's index "
    "sample; "
    "wild_type: sequenced on a panel that covers the gene, none, and every row that could be the gene is understood; "
    "undetermined: looked at, but such a row or the sample as a whole is not understood; "
    "not_profiled: not looked at. The last two are in no estimate"
)


def gene_report(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    *,
    cohorts: Sequence[str] = (),
    cancer_type: str | None = None,
    endpoint: str = "OS",
    adjust: Sequence[str] = (),
) -> dict[str, Any]:
    """``{gene, definition, endpoint, flow, estimates, guards}``; without cohorts every ICB cohort with that endpoint.

    Parameters
    ----------
    adjust : covariates of :data:`analytics.questions.specs.COVARIATES`, or ``<gene>_mutated``.

    Raises
    ------
    QuestionError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    question = ask(con, gene, cohorts=cohorts, cancer_type=cancer_type, endpoint=endpoint, adjust=adjust)
    variant, selection = question.variant, question.selection
    members = add_burden(selection.members)
    require_varying(members, adjust)
    rows = ResultRows("gene", question.gene)
    counted, outside = sorted(members["cohort_id"].unique()), selection.cohorts_outside()
    for cohort_id in sorted({*counted, *outside}):
        people = selection.outside if cohort_id in outside else members
        _estimate(rows, people[people["cohort_id"] == cohort_id], variant, endpoint, cohort_id)
    for row in rows.survival:
        if row["cohort_id"] in outside:
            said = f"Not in the pooled estimate: clock {outside[row['cohort_id']]}."
            row["warnings"] = f"{row.get('warnings') or ''} {said}".strip()
    if len(counted) + len(outside) > 1:
        _estimate(rows, members, variant.model_copy(update={"robust": True}), endpoint, None)
    warnings = [
        *pool_warnings(selection),
        *(f"Nobody in {c} has endpoint {endpoint}." for c in question.without_endpoint),
    ]
    return {
        "gene": question.gene,
        "definition": DEFINITION,
        "endpoint": endpoint,
        "flow": selection.flow[["step", "n", "reason"]].to_dict("records"),
        "estimates": [_estimate_row(row, warnings) for row in rows.survival],
        "guards": [_finding_row(finding) for finding in guards_of(con, question)],
    }


def _finding_row(finding: Finding) -> dict[str, Any]:
    return {
        "guard": finding.guard,
        "verdict": finding.verdict,
        "is_warning": finding.is_warning,
        "sentence": finding.sentence,
        "numbers": finding.numbers,
    }


def write_gene_down(
    con: duckdb.DuckDBPyConnection,
    report: dict[str, Any],
    settings: Settings,
    cohorts: Sequence[str],
    cancer_type: str | None,
    adjust: Sequence[str],
) -> None:
    """One gene asked for is one hypothesis of the registry."""
    last = [row for row in report["estimates"] if row["estimator"] == "cox_univariable"][-1:]
    write_down(
        settings,
        kind="gene",
        question={
            "gene": report["gene"],
            "endpoint": report["endpoint"],
            "definition": "nonsynonymous",
            "cohorts": sorted(cohorts),
            "cancer_type": cancer_type,
            "adjust": sorted(adjust),
        },
        hypotheses=1,
        smallest_p=last[0]["p"] if last else None,
        leading=report["gene"],
        run_id=run_of(con),
    )


def warnings_by_cohort(estimates: Sequence[dict[str, Any]]) -> list[str]:
    """Each warning once, after the cohorts that it is about; without them when it is about all."""
    about: dict[str, list[str]] = {}
    for estimate in estimates:
        for sentence in estimate["warnings"]:
            cohorts = about.setdefault(sentence, [])
            if estimate["cohort_id"] not in cohorts:
                cohorts.append(estimate["cohort_id"])
    n_cohorts = len({estimate["cohort_id"] for estimate in estimates})
    return [
        sentence if len(cohorts) == n_cohorts else f"{', '.join(cohorts)}: {sentence}"
        for sentence, cohorts in about.items()
    ]


def _estimate(
    rows: ResultRows, members: pd.DataFrame, variant: Variant, endpoint: str, cohort_id: str | None
) -> None:
    strata = tuple(column for column in variant.strata if members[column].nunique(dropna=False) > 1)
    first = len(rows.survival)
    estimate_survival(
        rows, members, variant.model_copy(update={"strata": strata}), endpoint.lower(), cohort_id
    )
    medians = next((row for row in rows.survival[first:] if "median_wild_type_months" in row), {})
    for row in rows.survival[first:]:
        for name in ("median_mutated_months", "median_wild_type_months"):
            if row["estimator"] == "log_rank":  # a test has no medians of its own; its people have
                row[name] = medians.get(name)


def _estimate_row(row: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    is_ratio = row["estimator"] not in ("log_rank",)
    own = str(row.get("warnings") or "")
    return {
        "cohort_id": row["cohort_id"] or "pooled",
        "estimator": row["estimate_key"].split(".", 1)[1],
        "adjusted_for": [name for name in str(row.get("adjusted_for") or "").split(", ") if name],
        "strata": [name for name in str(row.get("strata") or "").split(", ") if name],
        "n": row.get("n"),
        "n_mutated": row.get("n_mutated"),
        "events": row.get("events"),
        "events_mutated": row.get("events_mutated"),
        "median_mutated": row.get("median_mutated_months"),
        "median_wild_type": row.get("median_wild_type_months"),
        "hr": row.get("estimate") if is_ratio else None,
        "ci_low": row.get("ci_low"),
        "ci_high": row.get("ci_high"),
        "p": row.get("p"),
        "warnings": [*sentences(own), *warnings],
    }


def sentences(text: str) -> list[str]:
    """A paragraph of warnings as single sentences."""
    return [sentence for sentence in re.split(r"(?<=[.!]) (?=[A-Z0-9])", text.strip()) if sentence]
