"""The answer to ``icb gene``: one gene, one endpoint, per cohort and pooled, from the published file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from analytics.estimates import estimate_survival
from analytics.result_rows import ResultRows
from analytics.selection import add_burden, select_members
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

    Parameters
    ----------
    adjust : covariates of :data:`analytics.specs.COVARIATES`, or ``<gene>_mutated``.

    Raises
    ------
    QuestionError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    symbol = _known_gene(con, gene)
    asked, without_endpoint = _asked_cohorts(con, list(dict.fromkeys(cohorts)), endpoint)
    other_genes = _check_covariates(con, adjust)
    frame = analysis_frame(con, symbol, endpoint, asked, other_genes)
    where: dict[str, tuple[str, ...]] = (
        {"cancer_type": (_known_cancer_type(frame, cancer_type),)} if cancer_type else {}
    )
    variant = Variant(
        description="icb gene",
        strata=tuple(column for column in ("cohort_id", "cancer_type") if column not in adjust),
        covariates=tuple(adjust),
        estimators=tuple(e for e in _ESTIMATORS if adjust or e != "cox_adjusted"),
    )
    selection = select_members(frame, variant, where)
    members = add_burden(selection.members)
    _require_members(selection.flow, symbol, endpoint, asked, cancer_type)
    if not members["is_mutated"].any():
        raise QuestionError(
            f"nobody is mutated in {symbol} among {len(members)} profiled people",
            where=_scope(asked, cancer_type),
            remedy="ask of more cohorts or another cancer type",
        )
    _require_varying(members, adjust)
    rows = ResultRows("gene", symbol)
    counted = sorted(members["cohort_id"].unique())
    for cohort_id in counted:
        _estimate(rows, members[members["cohort_id"] == cohort_id], variant, endpoint, cohort_id)
    if len(counted) > 1:
        _estimate(rows, members, variant.model_copy(update={"robust": True}), endpoint, None)
    warnings = [*selection.warnings, *(f"Nobody in {c} has endpoint {endpoint}." for c in without_endpoint)]
    return {
        "gene": symbol,
        "definition": DEFINITION,
        "endpoint": endpoint,
        "flow": selection.flow[["step", "n", "reason"]].to_dict("records"),
        "estimates": [_estimate_row(row, warnings) for row in rows.survival],
    }


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


def _known_gene(con: duckdb.DuckDBPyConnection, gene: str, where: str = "marts.gene_panels") -> str:
    symbol = resolve_gene(con, gene)
    if symbol is not None:
        return symbol
    near = con.execute(
        "select hugo_symbol from (select distinct hugo_symbol from marts.gene_panels) "
        "order by jaro_winkler_similarity(hugo_symbol, upper(?)) desc, hugo_symbol limit 3",
        [gene],
    ).fetchall()
    raise QuestionError(
        f"gene '{gene}' is on no panel and in no exome of the warehouse",
        where=where,
        remedy=f"check the HGNC symbol (near it: {', '.join(str(row[0]) for row in near)})",
    )


def _asked_cohorts(
    con: duckdb.DuckDBPyConnection, cohorts: Sequence[str], endpoint: str
) -> tuple[list[str], list[str]]:
    """The cohorts that are asked, and those of them in which nobody has the endpoint."""
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
    return asked, [cohort_id for cohort_id in asked if cohort_id not in having]


def _check_covariates(con: duckdb.DuckDBPyConnection, adjust: Sequence[str]) -> list[str]:
    """The genes whose status is a covariate."""
    unknown = [name for name in adjust if name not in COVARIATES and not name.endswith("_mutated")]
    if unknown:
        raise QuestionError(
            f"'{unknown[0]}' is not a covariate",
            where="--adjust",
            remedy=f"there are {', '.join(COVARIATES)}, <gene>_mutated",
        )
    genes = [name.removesuffix("_mutated") for name in adjust if name.endswith("_mutated")]
    for gene in genes:
        _known_gene(con, gene, where="--adjust")
    return genes


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


def _scope(cohorts: Sequence[str], cancer_type: str | None) -> str:
    return f"{', '.join(cohorts)}{f' ({cancer_type})' if cancer_type else ''}"


def _require_members(
    flow: pd.DataFrame, gene: str, endpoint: str, cohorts: Sequence[str], cancer_type: str | None
) -> None:
    emptied = flow[flow["n"] == 0]
    if emptied.empty:
        return
    step = str(emptied["step"].iloc[0])
    why = {
        "treated with a checkpoint inhibitor": (
            "nobody got a checkpoint inhibitor",
            "ask of cohorts under checkpoint blockade (is_icb in marts.cohorts)",
        ),
        "endpoint known": (f"nobody has endpoint {endpoint}", "ask for another endpoint or more cohorts"),
        "gene profiled": (
            f"nobody was profiled for {gene}, which is on no panel and in no exome there",
            "ask of other cohorts; without --cohort all are asked",
        ),
    }
    what, remedy = why.get(step, (f"nobody is left at the step '{step}'", "ask of more cohorts"))
    raise QuestionError(what, where=_scope(cohorts, cancer_type), remedy=remedy)


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
