"""The result of one analysis while it grows: specs, flow, members, statistics, figures; the same for every kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from analytics.figures.picture import Picture
from analytics.questions.selection import Selection
from analytics.questions.specs import AnalysisSpec, PeopleVariant, Question, Variant, filter_words
from analytics.results.people_sets import PeopleSets
from analytics.results.records import FigureRecord, FlowRecord, SpecRecord
from analytics.results.row_sets import RowSets
from analytics.results.schema import ResultRow, table_of
from analytics.results.statistic import Scope
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
    genes : genes whose calls the biomarker reads; without them the gene that the spec asks about.
    """

    def __init__(
        self,
        spec: Question,
        variants: Mapping[str, PeopleVariant],
        provenance: Provenance,
        genes: Sequence[str] | None = None,
    ) -> None:
        self.spec = spec
        self._people = PeopleSets(spec.analysis_id)
        self._genes = tuple(genes) if genes is not None else (spec.gene,) if spec.gene else ()
        self.figures: dict[str, Picture] = {}
        self._parts: dict[str, list[pd.DataFrame]] = {}
        self.add([_spec_record(spec, *item, provenance, self._genes) for item in variants.items()])

    def add(self, rows: Iterable[ResultRow]) -> None:
        """Add rows to the tables of their types."""
        by_type: dict[type[ResultRow], list[ResultRow]] = {}
        for row in rows:
            by_type.setdefault(type(row), []).append(row)
        for row_type, of_type in by_type.items():
            self._parts.setdefault(row_type.TABLE, []).append(table_of(row_type, of_type))

    def add_frame(self, table: str, frame: pd.DataFrame) -> None:
        """Add rows that are made as a frame, with all columns that identify them."""
        parts = self._parts.setdefault(table, [])
        if len(frame):
            parts.append(as_result_table(table, frame))

    def expect(self, *tables: str) -> None:
        """Tables that the result has though nothing may be in them."""
        for table in tables:
            self._parts.setdefault(table, [])

    def add_members(self, scope: Scope, selection: Selection, sets: RowSets) -> None:
        """Flow and members of one selection. ``sets`` says which row sets the statistics were computed on; call it
        after these are known."""
        self.add(
            FlowRecord(
                analysis_id=scope.analysis_id,
                variant=scope.variant,
                endpoint=scope.endpoint,
                step_number=number,
                step=step,
                n=int(n),
                n_left_out=int(n_left_out),
                reason=reason or None,
            )
            for number, (step, n, n_left_out, reason) in enumerate(
                selection.flow[["step", "n", "n_left_out", "reason"]].itertuples(index=False)
            )
        )
        members = _members(selection)
        sets.named("members", selection.members.index, selection.members.index)
        self.add_frame(
            "analysis_members",
            members.assign(
                analysis_id=scope.analysis_id,
                variant=scope.variant,
                endpoint=scope.endpoint,
                member_id=self._people.numbered(scope, members, sets),
            ),
        )

    def result(self) -> AnalysisResult:
        """Everything gathered, under the columns of the result tables."""
        self.add(
            FigureRecord(analysis_id=self.spec.analysis_id, figure=stem, title=picture.title, alt=picture.alt)
            for stem, picture in self.figures.items()
        )
        tables = {
            name: pd.concat(parts, ignore_index=True) if parts else as_result_table(name, pd.DataFrame())
            for name, parts in self._parts.items()
        }
        stat_sets, set_members = self._people.tables(tables)
        tables["stat_sets"] = as_result_table("stat_sets", stat_sets)
        tables["set_members"] = as_result_table("set_members", set_members)
        return AnalysisResult(tables, self.figures)


def _members(selection: Selection) -> pd.DataFrame:
    everyone = selection.everyone
    columns = [
        "cohort_id", "patient_id", "person_id", "sample_id", "status", "status_reason", "left_at", "time_months",
        "source_file_id", "source_row",
    ]  # fmt: skip
    return everyone[columns].assign(
        is_member=everyone["left_at"].isna(),
        is_event=everyone["event"],
    )


def _spec_record(
    spec: Question, name: str, variant: PeopleVariant, provenance: Provenance, genes: tuple[str, ...]
) -> SpecRecord:
    def listed(holder: object, attribute: str) -> tuple[str, ...]:
        return tuple(getattr(holder, attribute, ()))

    return SpecRecord(
        analysis_id=spec.analysis_id,
        variant=name,
        kind=getattr(spec, "kind", None),
        title=spec.title,
        question=spec.question,
        description=variant.description,
        paper_id=spec.paper_id,
        biomarker=spec.biomarker,
        genes=genes,
        endpoints=listed(spec, "endpoints"),
        endpoint_parts=spec.endpoint_parts() if isinstance(spec, AnalysisSpec) else (),
        time_rules=tuple(variant.time.words()) if isinstance(variant, Variant) else (),
        cohorts=(*spec.cohorts, *getattr(spec, "validation_cohorts", ())),
        filters=filter_words(spec.where),
        covariates=listed(variant, "covariates"),
        strata=listed(variant, "strata"),
        estimators=listed(variant, "estimators"),
        is_prespecified=spec.prespecified,
        registered_on=date.fromisoformat(spec.registered_on) if spec.registered_on else None,
        spec_sha256=provenance.spec_sha256,
        run_id=provenance.run_id,
    )
