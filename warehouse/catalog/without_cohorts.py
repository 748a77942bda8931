"""An analysis or a scan that names cohorts which this version was made without: done on the others, which its flow and
its numbers say, or skipped by name when none is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import duckdb
import pandas as pd

from analytics.errors import AnalysisError
from analytics.questions.specs import Question
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.records import FlowRecord
from analytics.results.tables import as_result_table
from ingestion.catalog.cohorts import LeftOutCohort
from warehouse.left_out import SKIPPED, named_of, said_of

Result = TypeVar("Result")


def cohorts_of(spec: Question) -> tuple[str, ...]:
    """Every cohort that an analysis names."""
    return (*spec.cohorts, *getattr(spec, "validation_cohorts", ()))


def run_without(
    con: duckdb.DuckDBPyConnection,
    cohorts: tuple[str, ...],
    run: Callable[[], Result],
    skipped: Callable[[str], Result],
) -> tuple[Result, tuple[LeftOutCohort, ...]]:
    """The result of ``run``, and the cohorts of ``cohorts`` that it had to do without.

    ``skipped`` makes the result, from a sentence, when none of the cohorts is there, or when without those that are
    left out the question has no answer. An error that they have no part in is raised as it is.
    """
    left, some_are_there = named_of(con, cohorts)
    if left and not some_are_there:
        return skipped(said_of(left)), left
    try:
        return run(), left
    except AnalysisError as exc:
        if not left:
            raise
        return skipped(f"{said_of(left)} {exc}"), left


def skipped_analysis(spec: Question, provenance: Provenance, sentence: str) -> AnalysisResult:
    """The spec, and a flow of one step in each of its variants that says why there is nothing else."""
    variants = getattr(spec, "variants")  # noqa: B009  every kind has them, each of its own type
    gathered = Gathered(spec, variants, provenance)
    gathered.add(
        FlowRecord(
            analysis_id=spec.analysis_id, variant=variant, step_number=0, step=SKIPPED, n=0, n_left_out=0,
            reason=sentence,
        )
        for variant in variants
    )  # fmt: skip
    return gathered.result()


def say_without(tables: dict[str, pd.DataFrame], left: tuple[LeftOutCohort, ...], flow: str) -> None:
    """Say in the first step of the flow, and beside every number over all members, what it was made without; in
    place. ``flow`` : the table of the flow."""
    if not left:
        return
    names = ", ".join(cohort.cohort_id for cohort in left)
    short = f"Made without {names}: left out of this version, see stats.left_out_cohorts."
    for name, table in tables.items():
        if name == flow:
            first = (table["step_number"] == 0) & (table["step"] != SKIPPED)
            table.loc[first, "reason"] = said_of(left)
        elif "warnings" in table and "cohort_id" in table:
            pooled = table["cohort_id"].isna()
            table["warnings"] = [
                [*said, short] if is_pooled else said
                for said, is_pooled in zip(table["warnings"], pooled, strict=True)
            ]
        elif "notes" in table:
            table["notes"] = [[*said, short] for said in table["notes"]]
        tables[name] = as_result_table(name, table)
