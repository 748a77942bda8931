"""The patients of a scan, checked once: outcome, strata, covariates, burden, panel; one row per person.

What does not belong here: genes (`genes.py`), choices of method (`settings.py`), any model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.errors import AnalysisError

NOT_PROFILED = -1


class ScanInputError(AnalysisError):
    """The input of a scan cannot be used; the message names what, where and the remedy."""


@dataclass(frozen=True)
class PatientFrame:
    """n patients, in the order of the table they came from.

    time_months, event, entry_months (n): follow-up; entry is -inf where observation began at the origin of time.
    stratum (n): codes of the strata of every survival test. null_stratum (n): cohort x cancer type x panel, within
    which the burden null draws. cohort (n): codes for heterogeneity. weight (n): case weights, 1 when there are none.
    covariates (n, p): NaN where missing. burden (n): NaN where missing, in any unit (usually mutations per Mb).
    drawing_weight (n): what the burden null draws in proportion to, comparable within null strata; the burden itself
    unless another column is given (percentiles of unlike assays are adjusted for, but the counts are drawn by).
    panel (n): row of the coverage matrix of `GeneData`, -1 where unknown (profiled for no gene).
    is_evaluable (n): has an outcome that can be used; the others keep their row and enter no survival model.
    exclusions: reason -> how many rows it took out.
    """

    patient_id: NDArray[np.object_]
    time_months: FloatArray
    event: BoolArray
    entry_months: FloatArray
    stratum: IntArray
    null_stratum: IntArray
    cohort: IntArray
    weight: FloatArray
    covariates: FloatArray
    covariate_names: tuple[str, ...]
    burden: FloatArray
    drawing_weight: FloatArray
    panel: IntArray
    panel_names: tuple[str, ...]
    is_evaluable: BoolArray
    exclusions: dict[str, int]

    @property
    def n_patients(self) -> int:
        return len(self.time_months)

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame,
        *,
        time: str = "time_months",
        event: str = "event",
        entry: str | None = None,
        strata: Sequence[str] = (),
        covariates: Sequence[str] = (),
        burden: str | None = None,
        drawing_weight: str | None = None,
        null_strata: Sequence[str] = (),
        cohort: str | None = None,
        panel: str | None = None,
        panel_names: Sequence[str] | None = None,
        person: str | None = "person_id",
        origin: str | None = None,
        weight: str | None = None,
        patient: str | None = None,
    ) -> "PatientFrame":
        """Check a patient-level table (n rows) and turn it into arrays.

        `strata`, `null_strata`: columns whose combinations are the strata. `covariates`: numeric columns, or words,
        which become indicators against their most frequent level. `panel`: column with the name of the panel; its
        codes are the positions in `panel_names` (default: sorted names), which must be the rows of the coverage
        matrix. `person`: no value may occur twice (None: not checked). `origin`: a column that must hold one value (an
        origin of time, or a family of them), because survival times from unlike origins cannot be pooled.

        Entry 0 (or missing) means observed from the origin, so a patient with 0 months is at risk at time 0.

        Raises ScanInputError for an absent column, a repeated person, several origins, negative times, a panel that
        has no name in `panel_names`, or weights that are not positive.
        """
        optional = [
            c
            for c in (entry, burden, drawing_weight, cohort, panel, origin, weight, patient, person)
            if c is not None
        ]
        _require_columns(table, [time, event, *strata, *covariates, *null_strata, *optional])
        _require_one_row_per_person(table, person)
        _require_one_origin(table, origin)
        usable, exclusions = _evaluable(table, time, event, entry, strata)
        time_months = np.where(usable, _numbers(table, time), 0.0)
        entry_months = _numbers(table, entry) if entry else np.full(len(table), -np.inf)
        entry_months = np.where(usable & (entry_months > 0), entry_months, -np.inf)
        matrix, names = encode_covariates(table, covariates)
        panel_codes, names_of_panels = _panel_codes(table, panel, panel_names)
        stratum = _codes(table, strata)
        return cls(
            patient_id=table[patient].to_numpy(dtype=object)
            if patient
            else table.index.to_numpy(dtype=object),
            time_months=time_months,
            event=usable & (_numbers(table, event) == 1.0),
            entry_months=entry_months,
            stratum=stratum,
            null_stratum=_codes(table, null_strata) if null_strata else stratum,
            cohort=_codes(table, [cohort] if cohort else []),
            weight=_weights(table, weight),
            covariates=matrix,
            covariate_names=names,
            burden=_burden(table, burden),
            drawing_weight=_burden(table, drawing_weight or burden),
            panel=panel_codes,
            panel_names=names_of_panels,
            is_evaluable=usable,
            exclusions=exclusions,
        )


def encode_covariates(table: pd.DataFrame, columns: Sequence[str]) -> tuple[FloatArray, tuple[str, ...]]:
    """Numeric columns as they are, others as indicators against the most frequent level (ties: first by name).

    Returns (n, p) with NaN where the source is missing, and the p names ("sex=Male" for indicators).
    """
    parts: list[NDArray[np.generic]] = []
    names: list[str] = []
    for column in columns:
        series = table[column]
        if pd.api.types.is_bool_dtype(series) or pd.api.types.is_numeric_dtype(series):
            parts.append(series.to_numpy(dtype=np.float64, na_value=np.nan))
            names.append(column)
            continue
        words = series.astype(object).where(series.notna())
        counts = words.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        for level in sorted(str(word) for word in counts.index[1:]):
            indicator = (words.astype(str) == level).to_numpy(dtype=np.float64)
            indicator[words.isna().to_numpy()] = np.nan
            parts.append(indicator)
            names.append(f"{column}={level}")
    matrix = np.column_stack(parts) if parts else np.zeros((len(table), 0))
    matrix[~np.isfinite(matrix)] = np.nan
    return np.ascontiguousarray(matrix, dtype=np.float64), tuple(names)


def _require_columns(table: pd.DataFrame, columns: Sequence[str]) -> None:
    absent = sorted({c for c in columns if c not in table.columns})
    if absent:
        raise ScanInputError(
            f"The patient table has no column {', '.join(absent)}; it has {', '.join(map(str, table.columns))}."
        )


def _require_one_row_per_person(table: pd.DataFrame, person: str | None) -> None:
    if person is None:
        return
    repeated = table[person][table[person].notna() & table[person].duplicated()]
    if len(repeated):
        raise ScanInputError(
            f"{repeated.nunique()} persons have more than one row (first: {repeated.iloc[0]}); "
            f"keep one row per {person} before the scan."
        )


def _require_one_origin(table: pd.DataFrame, origin: str | None) -> None:
    if origin is None:
        return
    found = sorted(map(str, table[origin].dropna().unique()))
    if len(found) > 1:
        raise ScanInputError(
            f"Column {origin} holds {len(found)} origins of time ({', '.join(found)}); scan each of them by itself."
        )


def _numbers(table: pd.DataFrame, column: str) -> FloatArray:
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def _evaluable(
    table: pd.DataFrame, time: str, event: str, entry: str | None, strata: Sequence[str]
) -> tuple[BoolArray, dict[str, int]]:
    time_months, is_event = _numbers(table, time), _numbers(table, event)
    negative = time_months < 0
    if negative.any():
        raise ScanInputError(
            f"{int(negative.sum())} rows have a negative {time} (first: row {int(np.flatnonzero(negative)[0])}); "
            "correct them at the source or leave them out."
        )
    entry_months = _numbers(table, entry) if entry else np.zeros(len(table))
    checks = {
        "no survival time": ~np.isfinite(time_months),
        "no event indicator (0 or 1)": ~np.isin(is_event, (0.0, 1.0)),
        "no stratum": table[list(strata)].isna().any(axis=1).to_numpy(dtype=bool),
        "entry not before exit": (entry_months > 0) & (entry_months >= time_months),
    }
    usable = np.ones(len(table), dtype=np.bool_)
    exclusions: dict[str, int] = {}
    for reason, fails in checks.items():
        exclusions[reason] = int((usable & fails).sum())
        usable &= ~fails
    return usable, {reason: count for reason, count in exclusions.items() if count}


def _codes(table: pd.DataFrame, columns: Sequence[str]) -> IntArray:
    if not columns:
        return np.zeros(len(table), dtype=np.int64)
    groups = table.groupby(list(columns), sort=True, dropna=False).ngroup()
    return np.asarray(groups, dtype=np.int64)


def _weights(table: pd.DataFrame, column: str | None) -> FloatArray:
    if column is None:
        return np.ones(len(table))
    weight = _numbers(table, column)
    if not np.all(weight > 0):
        raise ScanInputError(f"Column {column} must hold positive case weights; leave rows of weight 0 out.")
    return weight


def _burden(table: pd.DataFrame, column: str | None) -> FloatArray:
    if column is None:
        return np.full(len(table), np.nan)
    burden = _numbers(table, column)
    if np.any(burden < 0):
        raise ScanInputError(f"Column {column} holds negative burdens; a mutation burden is 0 or more.")
    return burden


def _panel_codes(
    table: pd.DataFrame, column: str | None, panel_names: Sequence[str] | None
) -> tuple[IntArray, tuple[str, ...]]:
    if column is None:
        return np.zeros(len(table), dtype=np.int64), tuple(panel_names or ("all genes",))
    used = sorted(map(str, table[column].dropna().unique()))
    names = tuple(panel_names) if panel_names is not None else tuple(used)
    unknown = [name for name in used if name not in set(names)]
    if unknown:
        raise ScanInputError(
            f"Column {column} names panels without a row in the coverage matrix: {', '.join(unknown)}; "
            "add their coverage or set them missing (not profiled)."
        )
    position = {name: i for i, name in enumerate(names)}
    codes = [NOT_PROFILED if pd.isna(v) else position[str(v)] for v in table[column]]
    return np.asarray(codes, dtype=np.int64), names
