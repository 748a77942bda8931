"""A gene's row in a scan of exactly the people of an analysis, with its rank among genes of like coding length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd

from analytics.errors import AnalysisError
from analytics.questions.specs import COVARIATES
from analytics.scan.settings import ScanSettings
from analytics.scan.single_gene import scan_one_gene
from analytics.scan.spec import MUTATIONAL_PROCESS, ScanSpec
from warehouse.frames.scan import scan_input


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
        null_strata=(*ScanSpec.model_fields["null_strata"].default, MUTATIONAL_PROCESS),
        registered_on="",
    )
    try:
        frame, genes = scan_input(con, spec, members)
        row = scan_one_gene(frame, genes, gene, ScanSettings(null_draws=draws))
        return {str(name): value for name, value in row.items()}, ""
    except AnalysisError as exc:
        return None, str(exc)
