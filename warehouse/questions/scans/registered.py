"""Scans: from a spec file to the arrays that ``analytics.scan`` takes, and its result as tables and figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analytics.figures.picture import Picture
from analytics.questions.selection import Selection, select_members
from analytics.questions.specs import Variant, filter_words
from analytics.results.tables import as_result_table
from analytics.scan.control import ControlData
from analytics.scan.frame import ScanInputError
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.spec import DEFINITIONS, ScanSpec
from analytics.scan.survival_scan import ScanResult, scan_survival
from ingestion.yaml_files import read_yaml
from warehouse.catalog.spec_files import validated
from warehouse.catalog.without_cohorts import run_without, say_without
from warehouse.frames.patients import patient_frame, sequenced_frame
from warehouse.frames.scan import burden_scale, responses_of, scan_input
from warehouse.left_out import SKIPPED


def cohorts_of_scan(spec: ScanSpec) -> tuple[str, ...]:
    """Every cohort that a scan names, those of its control among them."""
    return (*spec.cohorts, *(spec.control.cohorts if spec.control else ()))


@dataclass(frozen=True)
class ScanOutput:
    """Result tables of one scan by name, and its figures by file stem."""

    tables: dict[str, pd.DataFrame]
    figures: dict[str, Picture]


@dataclass(frozen=True)
class ScanAnswer:
    """Who was counted, and what was found. burden: the scale on which burden was adjusted for. control: the people
    without checkpoint blockade, if any were asked."""

    spec: ScanSpec
    selection: Selection
    result: ScanResult
    burden: str
    control: Selection | None = None


def load_scan(path: Path) -> ScanSpec:
    """Read and validate one spec.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    return validated(path, read_yaml(path), ScanSpec, "scan_id")


def results_table(spec: ScanSpec) -> str:
    """The table of ``stats`` that holds a scan's genes."""
    return "scan_response_results" if spec.is_response else "scan_results"


def run_scan(con: duckdb.DuckDBPyConnection, spec: ScanSpec, *, spec_sha256: str, run_id: str) -> ScanOutput:
    """Every gene with at least one carrier among the members of a scan; without cohorts that this version was made
    without, which it says.

    Raises
    ------
    ScanInputError
        The members do not fit the question: one sentence.
    """
    asked = cohorts_of_scan(spec)
    output, left = run_without(
        con,
        asked,
        lambda: _scanned(con, spec, spec_sha256, run_id),
        lambda sentence: _skipped(spec, sentence),
    )
    say_without(output.tables, left, flow="scan_flow")
    return output


def _skipped(spec: ScanSpec, sentence: str) -> ScanOutput:
    """A scan without a cohort: a flow that says so, and no gene."""
    step = {"scan_id": spec.scan_id, "step_number": 0, "step": SKIPPED, "n": 0, "n_left_out": 0}
    rows = {"scan_flow": [step | {"reason": sentence}], results_table(spec): []}
    return ScanOutput({name: as_result_table(name, pd.DataFrame(found)) for name, found in rows.items()}, {})


def _scanned(con: duckdb.DuckDBPyConnection, spec: ScanSpec, spec_sha256: str, run_id: str) -> ScanOutput:
    # matplotlib is a second that a question asked at the command line need not wait for
    from analytics.scan.figures import scan_pictures

    answer = answer_scan(con, spec)
    name = results_table(spec)
    flow = answer.selection.flow.rename_axis("step_number").reset_index()
    flow["reason"] = [reason or None for reason in flow["reason"]]
    rows = {
        name: answer.result.table.assign(scan_id=spec.scan_id),
        "scan_specs": pd.DataFrame([_spec_row(answer, spec_sha256, run_id)]),
        "scan_flow": flow.assign(scan_id=spec.scan_id),
        "scan_members": _members_table(answer),
    }
    return ScanOutput(
        tables={table: as_result_table(table, frame) for table, frame in rows.items()},
        figures=scan_pictures(answer.result, spec.title),
    )


def answer_scan(con: duckdb.DuckDBPyConnection, spec: ScanSpec) -> ScanAnswer:
    """Select the people and scan their genes; nothing is written.

    Raises
    ------
    ScanInputError
        The members do not fit the question: one sentence.
    """
    selection = scan_members(con, spec)
    members = selection.members
    if members.empty:
        emptied = selection.flow[selection.flow["n"] == 0].iloc[0]
        raise ScanInputError(
            f"{spec.scan_id}: nobody is left at the step '{emptied['step']}' ({emptied['reason']}); "
            "ask of more cohorts or another endpoint."
        )
    frame, genes = scan_input(con, spec, members)
    settings = scan_settings(spec)
    if spec.is_response:
        result = scan_response(frame, genes, responses_of(members, spec.endpoint), settings)
        return ScanAnswer(spec, selection, result, burden_scale(members))
    others = _control_members(con, spec)
    control = _control_data(con, spec, others, genes.names) if others is not None else None
    result = scan_survival(frame, genes, settings, control)
    return ScanAnswer(spec, selection, result, burden_scale(members), others)


def _control_members(con: duckdb.DuckDBPyConnection, spec: ScanSpec) -> Selection | None:
    """People without checkpoint blockade, each once, of one family of clocks."""
    asked = spec.control
    if asked is None:
        return None
    frame = patient_frame(con, spec.endpoint, asked.cohorts)
    rows = sequenced_frame(frame[frame["is_icb_treated"].eq(False)])
    selection = select_members(rows, Variant(description="control"), asked.where, icb_only=False)
    if selection.members.empty:
        raise ScanInputError(
            f"{spec.scan_id}: nobody without checkpoint blockade in {', '.join(asked.cohorts)} has {spec.endpoint}; "
            "name other cohorts under control, or leave it out."
        )
    return selection


def _control_data(
    con: duckdb.DuckDBPyConnection, spec: ScanSpec, others: Selection, genes: tuple[str, ...]
) -> ControlData | None:
    """The scan's genes over these people, without covariates."""
    asked = spec.control
    if asked is None:
        return None
    design = spec.model_copy(update={"strata": asked.strata, "covariates": ()})
    patients, data = scan_input(con, design, others.members, genes)
    return ControlData(patients, data, is_randomised=set(asked.cohorts) <= set(spec.cohorts))


def _members_table(answer: ScanAnswer) -> pd.DataFrame:
    """Everybody who was looked at, with the step that left a row out."""
    spec, parts = answer.spec, []
    for role, selection in (("scan", answer.selection), ("control", answer.control)):
        if selection is None:
            continue
        everyone = selection.everyone
        names = ["cohort_id", "patient_id", "person_id", "sample_id", "panel_id", "left_at", "source_file_id"]
        rows = everyone[[*names, "source_row"]].assign(
            scan_id=spec.scan_id, role=role, is_member=everyone["left_at"].isna()
        )
        if spec.is_response:
            rows = rows.assign(time_months=np.nan, is_event=everyone[spec.endpoint])
        else:
            rows = rows.assign(time_months=everyone["time_months"], is_event=everyone["event"])
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def scan_members(con: duckdb.DuckDBPyConnection, spec: ScanSpec) -> Selection:
    """One row a person: sequenced, with the endpoint, of one family of clocks (a response: of a cohort that reports
    it). Panels, and rows that are not understood, decide gene by gene who is in its models."""
    frame = sequenced_frame(patient_frame(con, "OS" if spec.is_response else spec.endpoint, spec.cohorts))
    variant = Variant(description=spec.title)
    if spec.is_response:
        return select_members(
            frame, variant, spec.where, requires_endpoint=False, reports_response=(spec.endpoint,)
        )
    return select_members(frame, variant, spec.where)


def scan_settings(spec: ScanSpec) -> ScanSettings:
    """The spec as the settings that are stored with the results."""
    return ScanSettings(
        family=spec.scan_id,
        prespecified=spec.prespecified,
        min_carriers=spec.min_carriers,
        null_draws=spec.null_draws,
    )


def _spec_row(answer: ScanAnswer, spec_sha256: str, run_id: str) -> dict[str, Any]:
    spec, selection, result = answer.spec, answer.selection, answer.result
    repeats = selection.flow.loc[selection.flow["step"] == "one person once", "n_left_out"]
    return {
        "scan_id": spec.scan_id,
        "title": spec.title,
        "question": spec.question,
        "endpoint": spec.endpoint,
        "results_table": results_table(spec),
        "definition": spec.definition,
        "definition_words": definition_words(spec),
        "gene_list": [spec.gene_set] if spec.gene_set else list(spec.genes),
        "cohorts": list(spec.cohorts),
        "filters": list(filter_words(spec.where)),
        "strata": list(spec.strata),
        "null_strata": list(spec.null_strata),
        "covariates": list(spec.covariates),
        "burden": answer.burden,
        "origins": [] if spec.is_response else sorted(selection.members["origin"].unique()),
        "control": list(spec.control.cohorts) if spec.control else [],
        "control_filters": list(filter_words(spec.control.where)) if spec.control else [],
        "n": len(selection.members),
        "n_taken_out_as_repeats": int(repeats.sum()),
        "n_genes": len(result.table),
        "family_size": result.family_size,
        "primary_test": result.primary_test,
        "null_draws": result.settings.null_draws,
        "seed": result.settings.seed,
        "prespecified": spec.prespecified,
        "registered_on": date.fromisoformat(spec.registered_on) if spec.registered_on else None,
        "notes": [*result.notes, *selection.warnings],
        "spec_sha256": spec_sha256,
        "run_id": run_id,
    }


def definition_words(spec: ScanSpec) -> str:
    """What counts as mutated, in words."""
    words = DEFINITIONS[spec.definition]
    return f"{words} ({spec.hotspot_people} or more)" if spec.definition == "hotspot" else words
