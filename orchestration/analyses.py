"""Analyses: from a spec file to result tables and figures. Reads ``catalog/analyses``, asks the warehouse for the
frame, calls ``analytics``. What a number means does not belong here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml
from matplotlib.figure import Figure
from pydantic import ValidationError

from analytics.estimates import estimate_flow, estimate_survival
from analytics.pictures import analysis_figures
from analytics.pooling import interaction_rows, meta_rows, verdict_row
from analytics.response_estimates import estimate_response
from analytics.result_rows import ResultRows
from analytics.result_tables import as_result_table
from analytics.selection import Selection, select_members
from analytics.specs import AnalysisSpec, Variant
from ingestion.errors import CatalogError
from orchestration.frames import analysis_frame


@dataclass
class AnalysisResult:
    """Result tables of one analysis by name, and its figures by file stem."""

    tables: dict[str, pd.DataFrame]
    figures: dict[str, Figure] = field(default_factory=dict)


def load_analysis(path: Path) -> AnalysisSpec:
    """Read and validate one spec.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return AnalysisSpec.model_validate(content)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        raise CatalogError(
            "broken YAML", where=f"{path}:{mark.line + 1 if mark else 1}", remedy="mend that line"
        ) from exc
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(str(part) for part in error["loc"]) or "(top level)"
        message = error["msg"].removeprefix("Value error, ")
        raise CatalogError(f"key '{key}': {message}", where=str(path), remedy="correct the key") from exc


def load_analyses(folder: Path) -> dict[Path, AnalysisSpec]:
    """Every spec under ``folder``, by path, in order of name."""
    specs = {path: load_analysis(path) for path in sorted(folder.glob("*.yaml"))}
    for path, spec in specs.items():
        if spec.analysis_id != path.stem:
            raise CatalogError(
                f"key 'analysis_id' is '{spec.analysis_id}' but the file is named '{path.stem}'",
                where=str(path),
                remedy="make them equal",
            )
    return specs


def run_analysis(
    con: duckdb.DuckDBPyConnection, spec: AnalysisSpec, *, spec_sha256: str, run_id: str
) -> AnalysisResult:
    """Every variant and endpoint of a spec on an open warehouse."""
    gathered: dict[str, list[pd.DataFrame | dict[str, Any]]] = {
        name: []
        for name in (
            "analysis_specs",
            "analysis_flow",
            "analysis_members",
            "survival_stats",
            "response_stats",
            "meta_stats",
            "interaction_stats",
        )
    }
    result = AnalysisResult(tables={})
    for endpoint in spec.endpoints:
        frame = analysis_frame(con, spec.gene, endpoint, spec.cohorts, spec.other_genes())
        is_first = endpoint == spec.endpoints[0]
        for name, variant in spec.variants.items():
            selection = select_members(frame, variant, spec.where, icb_only=spec.icb_only, origin=spec.origin)
            rows = estimate_endpoint(spec, name, endpoint, selection, with_flow=is_first)
            _gather(gathered, spec, name, endpoint, selection, rows)
            pooled: list[dict[str, Any]] = []
            if variant.one_person_once and not variant.allow_mixed_origins:
                pooled = _pool(gathered, spec, name, endpoint, frame, rows)
            result.figures |= analysis_figures(spec, name, endpoint, selection, rows, pooled)
            if is_first and variant.responses:
                evaluated = select_members(
                    frame,
                    variant,
                    spec.where,
                    icb_only=spec.icb_only,
                    requires_endpoint=False,
                    reports_response="response_raw",
                )
                responses = ResultRows(spec.analysis_id, name)
                estimate_response(responses, evaluated.members, variant)
                _gather(gathered, spec, name, "response", evaluated, responses)
    gathered["analysis_specs"] = [
        _spec_row(spec, name, variant, spec_sha256, run_id) for name, variant in spec.variants.items()
    ]
    result.tables = {name: as_result_table(name, _together(parts)) for name, parts in gathered.items()}
    return result


def _pool(
    gathered: dict[str, list[pd.DataFrame | dict[str, Any]]],
    spec: AnalysisSpec,
    variant_name: str,
    endpoint: str,
    frame: pd.DataFrame,
    rows: ResultRows,
) -> list[dict[str, Any]]:
    """Two-stage random effects over the cohorts (returned), and the arm x gene interaction of the trials, beside the
    one-stage estimates. A way of doing it that counts people twice or pools unlike origins gets neither."""
    stats = as_result_table("survival_stats", rows.survival)
    pooled = meta_rows(spec, variant_name, endpoint, stats)
    gathered["meta_stats"] += pooled
    if not spec.trials:
        return pooled
    both_arms = select_members(
        frame[frame["cohort_id"].isin(list(spec.trials))],
        spec.variants[variant_name],
        spec.where,
        icb_only=False,
    )
    label = f"{endpoint}, both arms"
    _gather(gathered, spec, variant_name, label, both_arms, ResultRows(spec.analysis_id, variant_name))
    gathered["interaction_stats"] += [
        row | {"endpoint": label} for row in interaction_rows(spec, variant_name, endpoint, both_arms.members)
    ]
    return pooled


def verdict_rows(
    specs: Sequence[AnalysisSpec], stats: pd.DataFrame, interactions: pd.DataFrame
) -> list[dict[str, Any]]:
    """Predictive or prognostic, for every analysis that names its control; needs the rows of every analysis."""
    found = [
        verdict_row(spec, name, endpoint, stats, interactions)
        for spec in specs
        for name, variant in spec.variants.items()
        if variant.one_person_once and not variant.allow_mixed_origins
        for endpoint in spec.endpoints
    ]
    return [row for row in found if row is not None]


def _gather(
    gathered: dict[str, list[pd.DataFrame | dict[str, Any]]],
    spec: AnalysisSpec,
    variant_name: str,
    endpoint: str,
    selection: Selection,
    rows: ResultRows,
) -> None:
    common = {"analysis_id": spec.analysis_id, "variant": variant_name, "endpoint": endpoint}
    flow = selection.flow.rename_axis("step_number").reset_index()
    gathered["analysis_flow"].append(flow.assign(**common))
    gathered["analysis_members"].append(_members(selection, rows).assign(**common))
    gathered["survival_stats"] += [row | {"endpoint": endpoint} for row in rows.survival]
    gathered["response_stats"] += [row | {"endpoint": endpoint} for row in rows.response]


def estimate_endpoint(
    spec: AnalysisSpec, variant_name: str, endpoint: str, selection: Selection, *, with_flow: bool
) -> ResultRows:
    """Result rows of one variant and endpoint: all members, then each cohort by itself when there are several."""
    variant = spec.variants[variant_name]
    key = spec.endpoint_names.get(endpoint, endpoint.lower())  # type: ignore[call-overload]
    rows = ResultRows(spec.analysis_id, variant_name)
    members = selection.members
    if with_flow:
        estimate_flow(rows, members, spec)
    estimate_survival(rows, members, variant, key)
    for row in rows.survival:
        if not row["estimate_key"].startswith("flow."):
            row["warnings"] = " ".join([str(row.get("warnings") or ""), *selection.warnings]).strip()
    cohorts = sorted(members["cohort_id"].unique())
    if len(cohorts) > 1:
        for cohort_id in cohorts:
            estimate_survival(rows, members[members["cohort_id"] == cohort_id], variant, key, cohort_id)
    return rows


def _members(selection: Selection, rows: ResultRows) -> pd.DataFrame:
    everyone, members = selection.everyone, selection.members.index
    rows.row_set("members", members, members)
    return pd.DataFrame(
        {
            "cohort_id": everyone["cohort_id"],
            "patient_id": everyone["patient_id"],
            "person_id": everyone["person_id"],
            "sample_id": everyone["sample_id"],
            "status": everyone["status"],
            "is_member": everyone["left_at"].isna(),
            "left_at": everyone["left_at"],
            "row_sets": rows.row_sets_of(everyone.index),
            "time_months": everyone["time_months"],
            "is_event": everyone["event"],
            "source_file_id": everyone["source_file_id"],
            "source_row": everyone["source_row"],
        }
    )


def _spec_row(
    spec: AnalysisSpec, name: str, variant: Variant, spec_sha256: str, run_id: str
) -> dict[str, Any]:
    def listed(values: Sequence[str]) -> str:
        return ", ".join(values)

    return {
        "analysis_id": spec.analysis_id,
        "variant": name,
        "title": spec.title,
        "question": spec.question,
        "description": variant.description,
        "paper_id": spec.paper_id,
        "gene": spec.gene,
        "endpoints": listed(spec.endpoints),
        "cohorts": listed(spec.cohorts),
        "filters": "; ".join(f"{column}: {listed(values)}" for column, values in spec.where.items()),
        "covariates": listed(variant.covariates),
        "strata": listed(variant.strata),
        "estimators": listed(variant.estimators),
        "is_prespecified": spec.prespecified,
        "registered_on": spec.registered_on,
        "spec_sha256": spec_sha256,
        "run_id": run_id,
    }


def _together(parts: list[pd.DataFrame | dict[str, Any]]) -> pd.DataFrame:
    frames = [part for part in parts if isinstance(part, pd.DataFrame)]
    if frames:
        return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
    return pd.DataFrame([part for part in parts if isinstance(part, dict)])


def spec_checksum(path: Path) -> str:
    """sha256 of a spec file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
