"""The names of a question against what the warehouse has. Nothing is estimated and nobody is selected here, so that a
misspelt name fails before the statistics are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import duckdb

from analytics.biomarkers.errors import near_names
from analytics.biomarkers.language.model import Biomarker
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.text import canonical
from analytics.biomarkers.resolve import resolve
from analytics.questions.asked import AskedQuestion, covariate_error
from analytics.questions.specs import COVARIATES, Endpoint
from ingestion.errors import IngestionError
from warehouse.frames.biomarker_inputs import WarehouseInputs
from warehouse.frames.patients import resolve_gene


class QuestionError(IngestionError):
    """The question cannot be asked of this warehouse: unknown name, nobody to ask, or a group without anybody."""


@dataclass(frozen=True)
class KnownNames:
    """A question whose names the warehouse knows.

    Attributes
    ----------
    question : with the names as the warehouse has them. biomarker : parsed.
    cohorts : those that are asked. without_endpoint : of these, where nobody has the endpoint.
    other_genes : whose status is a covariate. notes : sentences on names that are not current.
    """

    question: AskedQuestion
    biomarker: Biomarker
    cohorts: tuple[str, ...]
    without_endpoint: tuple[str, ...]
    other_genes: tuple[str, ...]
    notes: tuple[str, ...]


def known_names(con: duckdb.DuckDBPyConnection, question: AskedQuestion) -> KnownNames:
    """The names of a question; without cohorts every ICB cohort that has the endpoint.

    Raises
    ------
    QuestionError, AskedQuestionError, BiomarkerError
        One sentence: what is unknown, where, and what there is instead.
    """
    asked = parse(question.biomarker)
    # the words of an attribute are those of the cohorts that are asked
    cohorts, without = _asked_cohorts(con, question)
    resolved = resolve(asked, WarehouseInputs(con, cohorts))
    biomarker = resolved.biomarker
    others = _other_genes(con, question.adjust)
    columns = (name for name in question.adjust if name in COVARIATES)
    adjust = tuple(sorted({*columns, *(f"{gene}_mutated" for gene in others)}))
    named = question.renamed(biomarker=canonical(biomarker), adjust=adjust)
    return KnownNames(named, biomarker, tuple(cohorts), tuple(without), tuple(others), resolved.notes)


def known_gene(con: duckdb.DuckDBPyConnection, gene: str, where: str = "marts.gene_panels") -> str:
    """The warehouse's symbol.

    Raises
    ------
    QuestionError
        No panel and no exome knows it; with near symbols.
    """
    symbol = resolve_gene(con, gene)
    if symbol is not None:
        return symbol
    known = [
        str(row[0]) for row in con.execute("select distinct hugo_symbol from marts.gene_panels").fetchall()
    ]
    near = near_names(gene, known)
    raise QuestionError(
        f"gene '{gene}' is on no panel and in no exome of the warehouse",
        where=where,
        remedy="check the HGNC symbol" + (f" (near it: {', '.join(near)})" if near else ""),
    )


def require_cohorts(
    con: duckdb.DuckDBPyConnection, cohorts: Sequence[str], error: type[IngestionError]
) -> dict[str, bool]:
    """Every cohort of the warehouse and whether it is one under checkpoint blockade; those named must be among them.

    Raises
    ------
    error
        One sentence with the cohorts there are.
    """
    # people without identifiers may be in another cohort as well: such a cohort is asked by its name only
    rows = con.execute(
        "select cohort_id, is_icb and is_linkable from marts.cohorts order by cohort_id"
    ).fetchall()
    known = {str(cohort_id): bool(is_icb) for cohort_id, is_icb in rows}
    for cohort_id in cohorts:
        if cohort_id not in known:
            # the catalogue with it: a fifth of the time in which a misspelt name fails
            from warehouse.left_out import require_not_left_out

            require_not_left_out(con, cohort_id, error)
            near = near_names(cohort_id, known)
            raise error(
                f"cohort '{cohort_id}' is not in the warehouse",
                where="marts.cohorts",
                remedy=(f"is it {' or '.join(near)}? " if near else "") + f"there are {', '.join(known)}",
            )
    return known


def _asked_cohorts(con: duckdb.DuckDBPyConnection, question: AskedQuestion) -> tuple[list[str], list[str]]:
    """The cohorts that are asked, and those of them in which nobody has the endpoint."""
    known = require_cohorts(con, question.cohorts, QuestionError)
    if question.is_response:
        return list(question.cohorts) or [c for c, is_icb in known.items() if is_icb], []
    endpoint = question.endpoint
    rows = con.execute(
        "select distinct cohort_id, endpoint from marts.survival_outcomes order by all"
    ).fetchall()
    endpoints = sorted({str(e) for _, e in rows})
    if endpoint not in endpoints:
        raise QuestionError(
            f"nobody has endpoint '{endpoint}'",
            where="marts.survival_outcomes",
            remedy=f"there are {', '.join(endpoints)}, and of responses orr, dcr, durable_benefit",
        )
    if endpoint not in get_args(Endpoint):
        raise QuestionError(
            f"endpoint '{endpoint}' is in the warehouse and in no model",
            where="--endpoint",
            remedy=f"there are {', '.join(get_args(Endpoint))}",
        )
    having = {str(c) for c, e in rows if e == endpoint}
    asked = list(question.cohorts) or [c for c, is_icb in known.items() if is_icb and c in having]
    if not asked:
        raise QuestionError(
            f"no cohort under checkpoint blockade has endpoint '{endpoint}'",
            where="marts.survival_outcomes",
            remedy=f"there are {', '.join(sorted({str(e) for c, e in rows if known.get(str(c))}))}; an analysis of the "
            f"catalogue with icb_only: false can ask {', '.join(sorted(having))} for it",
        )
    if not having.intersection(asked):
        own = sorted({str(e) for c, e in rows if c in asked})
        raise QuestionError(
            f"nobody in {', '.join(asked)} has endpoint '{endpoint}'",
            where="marts.survival_outcomes",
            remedy=f"there is {', '.join(own) or 'none'}",
        )
    return asked, [cohort_id for cohort_id in asked if cohort_id not in having]


def _other_genes(con: duckdb.DuckDBPyConnection, adjust: Sequence[str]) -> list[str]:
    """The genes whose status is a covariate, by the warehouse's symbols."""
    for name in adjust:
        if name not in COVARIATES and not name.endswith("_mutated"):
            raise covariate_error(name)
    genes = [name.removesuffix("_mutated") for name in adjust if name.endswith("_mutated")]
    return sorted({known_gene(con, gene, where="--adjust") for gene in genes})
