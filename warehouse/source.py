"""What kinds of analyses ask of a warehouse (``analytics/<kind>/source.py``), answered by an open file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from warehouse.frames import patients


@dataclass(frozen=True)
class WarehouseSource:
    """An open warehouse as the kinds see it."""

    con: duckdb.DuckDBPyConnection

    def analysis_frame(
        self, gene: str, endpoint: str, cohort_ids: Sequence[str], other_genes: Sequence[str] = ()
    ) -> pd.DataFrame:
        return patients.analysis_frame(self.con, gene, endpoint, cohort_ids, other_genes)

    def patient_frame(self, endpoint: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
        return patients.patient_frame(self.con, endpoint, cohort_ids)

    def undetermined_genes(
        self, cohort_ids: Sequence[str], genes: Sequence[str] | None = None
    ) -> pd.DataFrame:
        return patients.undetermined_genes(self.con, cohort_ids, genes)
