"""Scans: from a spec file to the arrays that ``analytics.scan`` takes, and its result as tables and figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml
from pydantic import ValidationError

from analytics.figures.picture import Picture
from analytics.result_tables import as_result_table
from analytics.scan.settings import ScanSettings
from analytics.scan.spec import ScanSpec
from analytics.scan.survival_scan import ScanResult, scan_survival
from analytics.selection import Selection, select_members
from analytics.specs import Variant
from ingestion.errors import CatalogError
from orchestration.frames import patient_frame
from orchestration.scan_data import scan_input


@dataclass(frozen=True)
class ScanOutput:
    """Result tables of one scan by name, and its figures by file stem."""

    tables: dict[str, pd.DataFrame]
    figures: dict[str, Picture]


def load_scan(path: Path) -> ScanSpec:
    """Read and validate one spec.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    try:
        spec = ScanSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as exc:
        raise CatalogError("broken YAML", where=str(path), remedy="mend the file") from exc
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(str(part) for part in error["loc"]) or "(top level)"
        raise CatalogError(f"key '{key}': {error['msg']}", where=str(path), remedy="correct the key") from exc
    if spec.scan_id != path.stem:
        raise CatalogError(
            f"key 'scan_id' is '{spec.scan_id}' but the file is named '{path.stem}'",
            where=str(path),
            remedy="make them equal",
        )
    return spec


def load_scans(folder: Path) -> dict[Path, ScanSpec]:
    """Every spec under ``folder``, by path, in order of name; none when there is no such folder."""
    return {path: load_scan(path) for path in sorted(folder.glob("*.yaml"))}


def run_scan(con: duckdb.DuckDBPyConnection, spec: ScanSpec, *, spec_sha256: str, run_id: str) -> ScanOutput:
    """Every gene with at least one carrier among the members of a scan.

    Raises
    ------
    ScanInputError
        The members do not fit the question: one sentence.
    """
    selection = scan_members(con, spec)
    result = scan_survival(*scan_input(con, spec, selection.members), settings=scan_settings(spec))
    table = result.table.assign(scan_id=spec.scan_id)
    return ScanOutput(
        tables={
            "scan_results": as_result_table("scan_results", table),
            "scan_specs": as_result_table(
                "scan_specs", [_spec_row(spec, selection, result, spec_sha256, run_id)]
            ),
            "scan_flow": as_result_table(
                "scan_flow",
                selection.flow.rename_axis("step_number").reset_index().assign(scan_id=spec.scan_id),
            ),
        },
        figures={},
    )


def scan_members(con: duckdb.DuckDBPyConnection, spec: ScanSpec) -> Selection:
    """One row a person: sequenced, with the endpoint, of one origin. Panels decide gene by gene who is looked at."""
    frame = patient_frame(con, spec.endpoint, spec.cohorts)
    frame["status"] = frame["is_profiled"].map({True: "wild_type", False: "not_profiled"})
    frame["n_mutations"] = 0
    return select_members(frame, Variant(description=spec.title), spec.where)


def scan_settings(spec: ScanSpec) -> ScanSettings:
    """The spec as the settings that are stored with the results."""
    return ScanSettings(
        family=spec.scan_id,
        prespecified=spec.prespecified,
        min_carriers=spec.min_carriers,
        null_draws=spec.null_draws,
    )


def _spec_row(
    spec: ScanSpec, selection: Selection, result: ScanResult, spec_sha256: str, run_id: str
) -> dict[str, Any]:
    return {
        "scan_id": spec.scan_id,
        "title": spec.title,
        "question": spec.question,
        "endpoint": spec.endpoint,
        "definition": spec.definition,
        "cohorts": ", ".join(spec.cohorts),
        "filters": "; ".join(f"{column}: {', '.join(values)}" for column, values in spec.where.items()),
        "strata": ", ".join(spec.strata),
        "null_strata": ", ".join(spec.null_strata),
        "covariates": ", ".join(spec.covariates),
        "n": len(selection.members),
        "n_genes": len(result.table),
        "family_size": result.family_size,
        "primary_test": result.primary_test,
        "null_draws": result.settings.null_draws,
        "seed": result.settings.seed,
        "prespecified": spec.prespecified.isoformat() if spec.prespecified else None,
        "registered_on": spec.registered_on,
        "notes": " ".join(result.notes),
        "spec_sha256": spec_sha256,
        "run_id": run_id,
    }
