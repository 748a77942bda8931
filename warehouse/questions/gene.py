"""A question about one gene: who is asked, checked against what the warehouse has, and who is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from analytics.questions.selection import Selection, select_members
from analytics.questions.specs import COVARIATES, SurvivalEstimator, Variant
from ingestion.errors import IngestionError
from warehouse.frames.patients import analysis_frame, resolve_gene
from warehouse.left_out import require_not_left_out

_ESTIMATORS: tuple[SurvivalEstimator, ...] = (
    "log_rank",
    "log_rank_oe",
    "cox_univariable",
    "cox_adjusted",
    "cox_burden_adjusted",
)


class QuestionError(IngestionError):
    """The question cannot be asked of this warehouse: unknown gene, cohort, endpoint or covariate."""


@dataclass(frozen=True)
class GeneQuestion:
    """A question that can be answered.

    Attributes
    ----------
    gene, endpoint : the warehouse's symbol, and e.g. OS. cohorts : those asked. where : further filter.
    frame : every patient of the cohorts. selection : who of them is counted, step by step.
    without_endpoint : cohorts asked in which nobody has the endpoint.
    """

    gene: str
    endpoint: str
    cohorts: tuple[str, ...]
    where: dict[str, tuple[str, ...]]
    variant: Variant
    frame: pd.DataFrame
    selection: Selection
    without_endpoint: tuple[str, ...]


def ask(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    *,
    cohorts: Sequence[str] = (),
    cancer_type: str | None = None,
    endpoint: str = "OS",
    adjust: Sequence[str] = (),
) -> GeneQuestion:
    """Check a question and select its people; without cohorts every ICB cohort with that endpoint.

    Raises
    ------
    QuestionError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    symbol = known_gene(con, gene)
    asked, without_endpoint = asked_cohorts(con, list(dict.fromkeys(cohorts)), endpoint)
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
    _require_members(selection.flow, symbol, endpoint, asked, cancer_type)
    asked_of = [people for people in (selection.members, selection.outside) if len(people)]
    if not any(people["in_group"].any() for people in asked_of):
        raise QuestionError(
            f"nobody is mutated in {symbol} among {sum(map(len, asked_of))} profiled people",
            where=_scope(asked, cancer_type),
            remedy="ask of more cohorts or another cancer type",
        )
    return GeneQuestion(
        gene=symbol,
        endpoint=endpoint,
        cohorts=tuple(asked),
        where=where,
        variant=variant,
        frame=frame,
        selection=selection,
        without_endpoint=tuple(without_endpoint),
    )


def known_gene(con: duckdb.DuckDBPyConnection, gene: str, where: str = "marts.gene_panels") -> str:
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


def asked_cohorts(
    con: duckdb.DuckDBPyConnection, cohorts: Sequence[str], endpoint: str
) -> tuple[list[str], list[str]]:
    """The cohorts that are asked, and those of them in which nobody has the endpoint."""
    # who has no identifiers may be in another cohort as well: asked by name only
    known = {
        str(cohort_id): bool(is_icb and is_linkable)
        for cohort_id, is_icb, is_linkable in con.execute(
            "select cohort_id, is_icb, is_linkable from marts.cohorts order by cohort_id"
        ).fetchall()
    }
    for cohort_id in cohorts:
        if cohort_id not in known:
            require_not_left_out(con, cohort_id, QuestionError)
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
    asked = list(cohorts) or [c for c, is_default in known.items() if is_default and c in having]
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
        known_gene(con, gene, where="--adjust")
    return genes


def _known_cancer_type(frame: pd.DataFrame, cancer_type: str) -> str:
    known = sorted(frame["cancer_type"].dropna().unique())
    for name in known:
        if name.lower() == cancer_type.lower():
            return str(name)
    raise QuestionError(
        f"no patient of the cohorts has cancer type '{cancer_type}'",
        where="--cancer-type",
        remedy=f"there are {', '.join(known)}" if known else "they name none: leave it out",
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
        "gene status determined": (
            f"nobody who was profiled for {gene} can be judged: {flow['reason'][flow['n'] == 0].iloc[0]}",
            "ask of other cohorts, or mend the rows that marts.undetermined_genes lists",
        ),
    }
    what, remedy = why.get(step, (f"nobody is left at the step '{step}'", "ask of more cohorts"))
    raise QuestionError(what, where=_scope(cohorts, cancer_type), remedy=remedy)


def require_varying(members: pd.DataFrame, adjust: Sequence[str]) -> None:
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
