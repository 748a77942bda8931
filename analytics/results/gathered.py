"""The result of one analysis while it grows: specs, flow, members, statistics, figures; the same for every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.figures.picture import Picture
from analytics.questions.selection import Selection
from analytics.questions.specs import PeopleVariant, Question
from analytics.results.rows import ResultRows
from analytics.results.tables import as_result_table


@dataclass(frozen=True)
class Provenance:
    """What a result is made from: the checksum of its spec, the run, and the genome that the user has set, if any."""

    spec_sha256: str
    run_id: str
    reference_genome: Path | None = None


@dataclass
class AnalysisResult:
    """Result tables of one analysis by name, and its figures by file stem."""

    tables: dict[str, pd.DataFrame]
    figures: dict[str, Picture] = field(default_factory=dict)


class Gathered:
    """Takes the parts of one analysis and gives them as tables.

    Parameters
    ----------
    spec : the question; its ``variants`` become rows of ``analysis_specs``.
    variants : name -> variant, as the spec declares them.
    """

    def __init__(self, spec: Question, variants: Mapping[str, PeopleVariant], provenance: Provenance) -> None:
        self.spec = spec
        self.figures: dict[str, Picture] = {}
        self._parts: dict[str, list[pd.DataFrame]] = {}
        self.add("analysis_specs", [_spec_row(spec, *item, provenance) for item in variants.items()])

    def add(self, table: str, rows: Sequence[Mapping[str, Any]] | pd.DataFrame, **common: Any) -> None:
        """Add rows to a result table; ``common`` are values of columns that all of them share."""
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        parts = self._parts.setdefault(table, [])
        if len(frame):
            parts.append(frame.assign(**common))

    def add_members(self, variant: str, endpoint: str, selection: Selection, rows: ResultRows) -> None:
        """Flow and members of one selection. ``rows`` says which row sets the statistics were computed on; call it
        after these are known."""
        common = {"analysis_id": self.spec.analysis_id, "variant": variant, "endpoint": endpoint}
        self.add("analysis_flow", selection.flow.rename_axis("step_number").reset_index(), **common)
        self.add("analysis_members", _members(selection, rows), **common)

    def result(self) -> AnalysisResult:
        """Everything gathered, under the columns of the result tables."""
        for stem, picture in self.figures.items():
            row = {"figure": stem, "title": picture.title, "alt": picture.alt}
            self.add("figures", [row], analysis_id=self.spec.analysis_id)
        tables = {
            name: pd.concat([as_result_table(name, part) for part in parts], ignore_index=True)
            if parts
            else as_result_table(name, [])
            for name, parts in self._parts.items()
        }
        return AnalysisResult(tables, self.figures)


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
            "status_reason": everyone["status_reason"],
            "is_member": everyone["left_at"].isna(),
            "left_at": everyone["left_at"],
            "row_sets": rows.row_sets_of(everyone.index),
            "time_months": everyone["time_months"],
            "is_event": everyone["event"],
            "source_file_id": everyone["source_file_id"],
            "source_row": everyone["source_row"],
        }
    )


def _spec_row(spec: Question, name: str, variant: PeopleVariant, provenance: Provenance) -> dict[str, Any]:
    def listed(holder: object, attribute: str) -> str:
        return ", ".join(getattr(holder, attribute, ()))

    return {
        "analysis_id": spec.analysis_id,
        "variant": name,
        "kind": getattr(spec, "kind", None),
        "title": spec.title,
        "question": spec.question,
        "description": variant.description,
        "paper_id": spec.paper_id,
        "gene": spec.gene,
        "endpoints": listed(spec, "endpoints"),
        "cohorts": ", ".join((*spec.cohorts, *getattr(spec, "validation_cohorts", ()))),
        "filters": "; ".join(f"{column}: {', '.join(values)}" for column, values in spec.where.items()),
        "covariates": listed(variant, "covariates"),
        "strata": listed(variant, "strata"),
        "estimators": listed(variant, "estimators"),
        "is_prespecified": spec.prespecified,
        "registered_on": spec.registered_on,
        "spec_sha256": provenance.spec_sha256,
        "run_id": provenance.run_id,
    }
