"""The guards of one gene's result, from the warehouse: one call for the gene report, the dossier and a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd

from analytics.errors import AnalysisError
from analytics.guards import Finding, guard_findings
from analytics.questions.selection import select_members
from analytics.questions.specs import COVARIATES, Variant
from analytics.scan.settings import ScanSettings
from analytics.scan.single_gene import scan_one_gene
from analytics.scan.spec import ScanSpec
from warehouse.frames.patients import analysis_frame
from warehouse.frames.scan import scan_input
from warehouse.questions.gene import GeneQuestion, ask


def gene_guards(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    *,
    cohorts: Sequence[str] = (),
    cancer_type: str | None = None,
    endpoint: str = "OS",
    adjust: Sequence[str] = (),
    draws: int = 5000,
) -> list[Finding]:
    """Every guard's finding for the people that ``icb gene`` with the same options counts.

    Raises
    ------
    QuestionError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    question = ask(con, gene, cohorts=cohorts, cancer_type=cancer_type, endpoint=endpoint, adjust=adjust)
    return guards_of(con, question, draws=draws)


def guards_of(con: duckdb.DuckDBPyConnection, question: GeneQuestion, *, draws: int = 5000) -> list[Finding]:
    """The same for a question that has been checked."""
    members = question.selection.members
    row, why_not = _scan_row(con, question, draws)
    return guard_findings(
        members,
        strata=question.variant.strata,
        flow=question.selection.flow,
        trials=_both_arms(question),
        control=_without_icb(con, question),
        scan_row=row,
        why_no_scan_row=why_not,
        scan_verdicts=_scan_verdicts(con, question),
    )


def _scan_row(
    con: duckdb.DuckDBPyConnection, question: GeneQuestion, draws: int
) -> tuple[Mapping[str, Any] | None, str]:
    variant = question.variant
    return scan_row_of(
        con,
        question.gene,
        question.selection.members,
        question.cohorts,
        variant.strata,
        variant.covariates,
        draws,
    )


def scan_row_of(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    members: pd.DataFrame,
    cohorts: Sequence[str],
    strata: Sequence[str] = (),
    covariates: Sequence[str] = (),
    draws: int = 5000,
) -> tuple[Mapping[str, Any] | None, str]:
    """The gene's row in a scan of exactly these people; or None and why no model can be made at all."""
    spec = ScanSpec(
        scan_id="gene",
        title=gene,
        question="icb gene",
        cohorts=tuple(cohorts),
        strata=tuple(strata),
        covariates=tuple(c for c in covariates if c in COVARIATES and c != "burden"),
        registered_on="",
    )
    try:
        frame, genes = scan_input(con, spec, members)
        row = scan_one_gene(frame, genes, gene, ScanSettings(null_draws=draws))
        return {str(name): value for name, value in row.items()}, ""
    except AnalysisError as exc:
        return None, str(exc)


def _scan_verdicts(con: duckdb.DuckDBPyConnection, question: GeneQuestion) -> dict[str, str]:
    """What the published scans of the same endpoint and of cohorts among those asked say of the gene's burden."""
    rows = con.execute(
        "select specs.scan_id, specs.cohorts, genes.burden_verdict from stats.scan_results as genes "
        "inner join stats.scan_specs as specs on genes.scan_id = specs.scan_id "
        "where genes.gene = ? and specs.endpoint = ? and specs.definition = 'nonsynonymous' order by specs.scan_id",
        [question.gene, question.endpoint],
    ).fetchall()
    return {
        str(scan_id): str(verdict)
        for scan_id, cohorts, verdict in rows
        if set(str(cohorts).split(", ")) <= set(question.cohorts)
    }


def _both_arms(question: GeneQuestion) -> pd.DataFrame | None:
    """People of both arms of the randomised cohorts among those asked."""
    frame = question.frame
    arms = frame.groupby("cohort_id")["is_icb_treated"].nunique()
    trials = frame[frame["cohort_id"].isin(arms.index[arms > 1])]
    return _members(trials, question.where)


def _without_icb(con: duckdb.DuckDBPyConnection, question: GeneQuestion) -> pd.DataFrame | None:
    """People of cohorts without checkpoint blockade who have the cancer types of the members."""
    rows = con.execute(
        "select distinct cohort_id from marts.survival_outcomes inner join marts.cohorts using (cohort_id) "
        "where not is_icb and not is_mixed_treatment and is_linkable and endpoint = ? order by cohort_id",
        [question.endpoint],
    ).fetchall()
    cohorts = [str(row[0]) for row in rows if row[0] not in question.cohorts]
    if not cohorts:
        return None
    frame = analysis_frame(con, question.gene, question.endpoint, cohorts)
    types = sorted(question.selection.members["cancer_type"].dropna().unique())
    return _members(frame, {"cancer_type": tuple(types)})


def _members(frame: pd.DataFrame, where: dict[str, tuple[str, ...]]) -> pd.DataFrame | None:
    if frame.empty:
        return None
    members = select_members(frame, Variant(description="control"), where, icb_only=False).members
    return members if len(members) else None
