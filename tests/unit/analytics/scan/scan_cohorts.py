"""Cohorts and reference values that the tests of analytics/scan share."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData

REFERENCE = Path(__file__).parents[3] / "reference" / "scan"
GENES = ("common", "medium", "rare", "strong", "no_events", "all_events")


@cache
def reference_values() -> dict[str, Any]:
    """What R says; see tests/reference/scan/make_reference.R."""
    return json.loads((REFERENCE / "reference.json").read_text(encoding="utf-8"))


def read_cohort(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv")


def cohort_frame(table: pd.DataFrame, **changes: Any) -> PatientFrame:
    arguments: dict[str, Any] = {
        "time": "time",
        "entry": "entry",
        "strata": ["stratum"],
        "covariates": ["z1", "z2"],
        "burden": "tmb",
        "weight": "weight",
        "person": None,
    }
    return PatientFrame.from_table(table, **(arguments | changes))


def cohort_genes(table: pd.DataFrame, names: tuple[str, ...] = GENES) -> GeneData:
    carriers = [np.flatnonzero(table[name].to_numpy() == 1) for name in names]
    own = [table[f"{name}_own"].to_numpy(dtype=float)[c] for name, c in zip(names, carriers, strict=True)]
    return GeneData(
        names=names,
        start=np.cumsum([0, *map(len, carriers)]).astype(np.int64),
        patient=np.concatenate(carriers).astype(np.int64),
        own_burden=np.concatenate(own),
        covered=np.ones((1, len(names)), dtype=bool),
        coding_length_bp=np.full(len(names), np.nan),
    )
