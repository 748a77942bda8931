"""What the TRIPOD items are answered from: one nomogram's leading way, its people, its indices and its axes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analytics.engine.numbers import fixed
from analytics.report.material import Material
from analytics.results.records import SpecRecord

#: Populations, as the tables and the flow name them.
MADE_IN, TRIED_IN = "discovery", "validation"


@dataclass(frozen=True)
class ModelEvidence:
    """Rows of one nomogram.

    Attributes
    ----------
    indices, axes, calibration : its rows of ``prediction_stats``, ``nomograms`` and ``calibrations``.
    flow : its steps, of both populations.
    """

    spec: SpecRecord
    material: Material
    indices: pd.DataFrame
    axes: pd.DataFrame
    calibration: pd.DataFrame
    flow: pd.DataFrame

    def index(self, key: str) -> pd.Series | None:
        """The row of an index by the end of its key: ``c_index.corrected``, ``n_complete.discovery``."""
        found = self.indices[self.indices["estimate_key"].str.endswith(f".{key}")]
        return None if found.empty else found.iloc[0]

    def value(self, key: str, decimals: int = 2) -> str:
        """An index with its interval, as ``0.63 (0.60 to 0.66)``; empty without one."""
        row = self.index(key)
        if row is None or pd.isna(row["estimate"]):
            return ""
        ends = [row["ci_low"], row["ci_high"]]
        within = (
            f" ({fixed(ends[0], decimals)} to {fixed(ends[1], decimals)})" if pd.notna(ends).all() else ""
        )
        return f"{fixed(row['estimate'], decimals)}{within}"

    def number(self, key: str) -> int | None:
        """A count by the end of its key."""
        row = self.index(key)
        return None if row is None or pd.isna(row["estimate"]) else int(row["estimate"])

    @property
    def is_tried(self) -> bool:
        """Whether it was tried in people that it was not made in."""
        return bool(self.number(f"n_complete.{TRIED_IN}"))

    def steps(self, population: str) -> pd.DataFrame:
        """The flow into one population."""
        own = self.flow[self.flow["endpoint"].str.endswith(population, na=False)]
        return own.sort_values("step_number")

    def missing(self, population: str) -> dict[str, int]:
        """Covariate -> people without it, or without a level of it."""
        keys = self.indices["estimate_key"]
        own = self.indices[keys.str.fullmatch(rf"flow\.n_(missing|no_level)\..*\.{population}")]
        named = own["estimate_key"].str.split(".").str[2]
        return {str(name): int(n) for name, n in zip(named, own["estimate"], strict=True)}


def models_of(material: Material) -> list[ModelEvidence]:
    """Every nomogram of a report in its leading way, in the order of the report."""
    found = []
    for analysis_id in dict.fromkeys(spec.analysis_id for spec in material.specs if spec.kind == "nomogram"):
        spec = material.spec(analysis_id)
        indices, axes, calibration = (
            _of_variant(material.of(table, analysis_id), spec.variant)
            for table in ("prediction_stats", "nomograms", "calibrations")
        )
        if not indices.empty:
            own = _of_variant(material.flow[material.flow["analysis_id"] == analysis_id], spec.variant)
            found.append(ModelEvidence(spec, material, indices, axes, calibration, own))
    return found


def _of_variant(rows: pd.DataFrame, variant: str) -> pd.DataFrame:
    return rows if rows.empty else rows[rows["variant"] == variant]
