"""The answer to ``icb gene``: one gene, one endpoint, per cohort and pooled, from the published file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from analytics.estimates import estimate_survival
from analytics.result_rows import ResultRows
from analytics.selection import select_members
from analytics.specs import COVARIATES, SurvivalEstimator, Variant
from ingestion.errors import IngestionError
from orchestration.frames import analysis_frame, resolve_gene

DEFINITION = (
    "mutated: at least one counted non-synonymous call (cBioPortal's non-silent classes) in the patient's index "
    "sample; "
    "wild_type: sequenced on a panel that covers the gene, and none; not_profiled: neither"
)
_ESTIMATORS: tuple[SurvivalEstimator, ...] = (
    "log_rank",
    "log_rank_oe",
    "cox_univariable",
    "cox_adjusted",
    "cox_burden_adjusted",
)


class QuestionError(IngestionError):
    """The question cannot be asked of this warehouse: unknown gene, cohort, endpoint or covariate."""


def gene_report(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    *,
    cohorts: Sequence[str] = (),
    cancer_type: str | None = None,
    endpoint: str = "OS",
    adjust: Sequence[str] = (),
) -> dict[str, Any]:
    """``{gene, definition, endpoint, flow, estimates}``; without cohorts every ICB cohort with that endpoint.

    Raises
    ------
    QuestionError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    symbol = resolve_gene(con, gene)
    if symbol is None:
        raise QuestionError(
            f"gene '{gene}' is on no panel and in no exome of the warehouse",
            where="marts.gene_panels",
            remedy="check the HGNC symbol",
        )
    asked = _asked_cohorts(con, cohorts, endpoint)
    _check_covariates(adjust)
    frame = analysis_frame(con, symbol, endpoint, asked)
    where: dict[str, tuple[str, ...]] = (
        {"cancer_type": (_known_cancer_type(frame, cancer_type),)} if cancer_type else {}
    )
    pooled = len(asked) > 1
    variant = Variant(
        description="icb gene",
        strata=("cohort_id", "cancer_type"),
        robust=pooled,
        covariates=tuple(adjust),
        estimators=tuple(e for e in _ESTIMATORS if adjust or e != "cox_adjusted"),
    )
    selection = select_members(frame, variant, where)
    members = selection.members
    _require_members(members, symbol, endpoint, asked, cancer_type)
    _require_varying(members, adjust)
    rows = ResultRows("gene", symbol)
    for cohort_id in sorted(members["cohort_id"].unique()) if pooled else []:
        _estimate(rows, members[members["cohort_id"] == cohort_id], variant, endpoint, cohort_id)
    _estimate(rows, members, variant, endpoint, None if pooled else asked[0])
    return {
        "gene": symbol,
        "definition": DEFINITION,
        "endpoint": endpoint,
        "flow": selection.flow[["step", "n", "reason"]].to_dict("records"),
        "estimates": [_estimate_row(row, list(selection.warnings)) for row in rows.survival],
    }


def _estimate(
    rows: ResultRows, members: pd.DataFrame, variant: Variant, endpoint: str, cohort_id: str | None
) -> None:
    strata = tuple(column for column in variant.strata if members[column].nunique(dropna=False) > 1)
    estimate_survival(
        rows, members, variant.model_copy(update={"strata": strata}), endpoint.lower(), cohort_id
    )


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


def _asked_cohorts(con: duckdb.DuckDBPyConnection, cohorts: Sequence[str], endpoint: str) -> list[str]:
    known = {
        str(cohort_id): bool(is_icb)
        for cohort_id, is_icb in con.execute(
            "select cohort_id, is_icb from marts.cohorts order by cohort_id"
        ).fetchall()
    }
    for cohort_id in cohorts:
        if cohort_id not in known:
            raise QuestionError(
                f"cohort '{cohort_id}' is not in the warehouse",
                where="marts.cohorts",
                remedy=f"there are {', '.join(known)}",
            )
    with_endpoint = con.execute(
        "select cohort_id, endpoint from marts.survival_outcomes group by all order by all"
    ).fetchall()
    endpoints = sorted({str(e) for _, e in with_endpoint})
    if endpoint not in endpoints:
        raise QuestionError(
            f"nobody has endpoint '{endpoint}'",
            where="marts.survival_outcomes",
            remedy=f"there are {', '.join(endpoints)}",
        )
    having = {str(c) for c, e in with_endpoint if e == endpoint}
    asked = list(cohorts) or [c for c, is_icb in known.items() if is_icb and c in having]
    if not having.intersection(asked):
        own = sorted({str(e) for c, e in with_endpoint if c in asked})
        raise QuestionError(
            f"nobody in {', '.join(asked)} has endpoint '{endpoint}'",
            where="marts.survival_outcomes",
            remedy=f"there is {', '.join(own) or 'none'}",
        )
    return asked


def _check_covariates(adjust: Sequence[str]) -> None:
    unknown = [name for name in adjust if name not in COVARIATES]
    if unknown:
        raise QuestionError(
            f"'{unknown[0]}' is not a covariate",
            where="--adjust",
            remedy=f"there are {', '.join(COVARIATES)}",
        )


def _known_cancer_type(frame: pd.DataFrame, cancer_type: str) -> str:
    known = sorted(frame["cancer_type"].dropna().unique())
    for name in known:
        if name.lower() == cancer_type.lower():
            return str(name)
    raise QuestionError(
        f"no patient of the cohorts has cancer type '{cancer_type}'",
        where="--cancer-type",
        remedy=f"there are {', '.join(known)}",
    )


def _require_members(
    members: pd.DataFrame, gene: str, endpoint: str, cohorts: Sequence[str], cancer_type: str | None
) -> None:
    scope = f"{', '.join(cohorts)}{f' ({cancer_type})' if cancer_type else ''}"
    if members.empty:
        raise QuestionError(
            f"nobody has both endpoint {endpoint} and a known status of {gene}",
            where=scope,
            remedy="the gene is on no panel of these cohorts: ask without --cohort to see where it is covered",
        )
    if not members["is_mutated"].any():
        raise QuestionError(
            f"nobody is mutated in {gene} among {len(members)} profiled people",
            where=scope,
            remedy="ask of more cohorts or another cancer type",
        )


def _require_varying(members: pd.DataFrame, adjust: Sequence[str]) -> None:
    for name in adjust:
        values = members[name].dropna()
        if values.empty:
            raise QuestionError(f"'{name}' is not known for any of the {len(members)} people", where="--adjust",
                                remedy="leave it out")  # fmt: skip
        if values.nunique() == 1:
            raise QuestionError(
                f"'{name}' is '{values.iloc[0]}' for all of the {len(values)} people and cannot be adjusted for",
                where="--adjust",
                remedy="leave it out",
            )
