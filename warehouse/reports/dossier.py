"""``icb ask X --report``: the report of any question, computed on the fly from the published file.

The question becomes two analyses, under and without checkpoint blockade, that run as those of the catalogue do; their
result tables stand in a temporary schema beside the published one, and the document is made as every report is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from analytics.figures.style import png_bytes, svg_bytes
from analytics.keys import slug
from analytics.landscape import kind as landscape
from analytics.landscape.spec import LandscapeSpec
from analytics.questions.asked import AskedQuestion, as_spec
from analytics.questions.selection import UNKNOWN
from analytics.questions.specs import AnalysisSpec, PeopleVariant
from analytics.report.document import build_report
from analytics.report.material import FigureSource
from analytics.report.render import render
from analytics.report.spec import Lead, ReportSpec, SectionSpec
from analytics.results.gathered import AnalysisResult, Provenance
from analytics.results.schema import arrow_table, create_statement
from analytics.results.tables import RESULT_TABLES, as_result_table
from analytics.survival import kind as survival
from warehouse.export.csv_files import csv_of
from warehouse.frames.biomarker_people import asked_people
from warehouse.frames.compact import registered
from warehouse.questions.answering import checked_question
from warehouse.questions.checked import CheckedQuestion
from warehouse.questions.evidence import cohorts_without_icb
from warehouse.questions.names import QuestionError
from warehouse.reports.material import gather_material, published_figures
from warehouse.results.lineage_views import member_rows_query, statistic_rows_query, view_statements
from warehouse.settings import Settings
from warehouse.source import WarehouseSource
from warehouse.versions.durable import write_document
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import smallest_cell

_SCHEMA = "temp"
_DPI = 200


def write_dossier(
    con: duckdb.DuckDBPyConnection, settings: Settings, question: AskedQuestion, output: Path | None
) -> Path:
    """Compute the report of a question and write it; by default in the folder of documents.

    Raises
    ------
    QuestionError, AskedQuestionError, BiomarkerError
        One sentence: what is unknown or absent, where, and what there is instead; or no analysis has what is asked.
    """
    if question.cut is not None or question.landmark_months is not None:
        raise QuestionError(
            "a report has no searched cut and no landmark",
            where="--report",
            remedy="ask without, or use --export",
        )
    checked = checked_question(con, question)
    html = dossier_html(con, checked, f'icb ask "{checked.question.text}" --report')
    return write_document(html, output or settings.documents / f"asked_{_identifier(checked)}.html")


def dossier_html(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion, command: str) -> str:
    """The document of a question that has been checked."""
    specs, source = _specs(con, checked), WarehouseSource(con)
    run_id = con.execute("select run_id from stats.runs order by started_at desc limit 1").fetchone()
    provenance = Provenance("", str(run_id[0]) if run_id else "")
    results = {spec.analysis_id: survival.run(source, spec, provenance) for spec in specs}
    seen = _landscape(con, checked)
    if seen is not None:
        results[seen.analysis_id] = landscape.run(source, seen, provenance)
    _stand_beside(con, specs, results)
    report, least = _report_spec(con, checked, specs, seen), smallest_cell(version_of(con))
    pictures = [
        FigureSource(analysis_id, stem, picture.title, picture.alt, svg_bytes(picture.figure),
                     png_bytes(picture.figure, _DPI), csv_of(picture.data, least).encode())
        for analysis_id, result in results.items()
        for stem, picture in result.figures.items()
    ]  # fmt: skip
    pictures += published_figures(con, report, version_of(con).figures)
    return render(
        build_report(report, gather_material(con, report, pictures, schema=_SCHEMA), made_by=command)
    )


def _specs(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion) -> list[AnalysisSpec]:
    """The question under checkpoint blockade and, where there are people without, the same of them."""
    question, label = checked.question, checked.people.label
    without = () if question.is_number else _cohorts_without_icb(con, checked)
    control = _identifier(checked, "without_icb")
    of_people = "; ".join(", ".join(values) for _, values in question.where)
    scope = f" ({of_people})" if of_people else ""
    under = as_spec(
        question,
        checked.cohorts,
        analysis_id=_identifier(checked, "under_icb"),
        title=f"{label} under checkpoint blockade{scope}",
        registered_on=_today(),
        trials=checked.people.trials(),
        control=control if without else None,
    )
    default = under.variants["default"].model_copy(update={"responses": ("orr", "dcr")})
    specs = [under.model_copy(update={"variants": {"default": default}})]
    if without:
        types = tuple(sorted(checked.selection.members["cancer_type"].dropna().unique()))
        other = as_spec(
            question,
            without,
            analysis_id=control,
            title=f"{label} without checkpoint blockade{scope}",
            registered_on=_today(),
        )
        specs.append(other.model_copy(update={"where": {"cancer_type": types}, "icb_only": False}))
    return specs


def _cohorts_without_icb(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion) -> tuple[str, ...]:
    """Cohorts without checkpoint blockade in which somebody has the endpoint, was looked at and has a cancer type of
    the members."""
    endpoint = "OS" if checked.question.is_response else checked.question.endpoint
    types = sorted(checked.selection.members["cancer_type"].dropna().unique())
    candidates = cohorts_without_icb(con, endpoint, checked.cohorts)
    if not candidates:
        return ()
    people = asked_people(con, checked.question.biomarker, endpoint, candidates)
    frame = people.frame
    is_one = ~frame["status"].isin(UNKNOWN) & frame["time_months"].notna() & frame["cancer_type"].isin(types)
    return tuple(sorted(frame.loc[is_one, "cohort_id"].unique()))


def _landscape(con: duckdb.DuckDBPyConnection, checked: CheckedQuestion) -> LandscapeSpec | None:
    """How often, how and where a gene is mutated; of another biomarker nothing."""
    if not checked.people.is_gene:
        return None
    gene = checked.people.genes[0]
    cohorts = cohorts_of_landscape(con, checked.cohorts)
    return LandscapeSpec(
        kind="landscape",
        analysis_id=_identifier(checked, "landscape"),
        title=f"How often, how and where {gene} is mutated",
        question=f"In which cancer types is {gene} mutated, of those in whom it was looked at?",
        biomarker=gene,
        cohorts=tuple(cohorts),
        icb_only=False,
        registered_on=_today(),
        variants={"default": PeopleVariant(description="Every profiled person of every cohort once.")},
    )


def cohorts_of_landscape(con: duckdb.DuckDBPyConnection, asked: Sequence[str]) -> list[str]:
    """Every cohort in which a person can be told from those of the others; of one without identifiers, which may hold
    their people, it is those that are asked alone."""
    rows = con.execute("select cohort_id, is_linkable from marts.cohorts order by cohort_id").fetchall()
    is_linkable = {str(cohort_id): bool(known) for cohort_id, known in rows}
    if not all(is_linkable[cohort_id] for cohort_id in asked):
        return list(asked)
    return [cohort_id for cohort_id, known in is_linkable.items() if known]


def _stand_beside(
    con: duckdb.DuckDBPyConnection, specs: Sequence[AnalysisSpec], results: Mapping[str, AnalysisResult]
) -> None:
    """The result tables as temporary tables, with the views that walk a number back."""
    for name, table in RESULT_TABLES.items():
        parts = [result.tables[name] for result in results.values() if name in result.tables]
        rows = pd.concat(parts, ignore_index=True) if parts else as_result_table(name, pd.DataFrame())
        if name == "interaction_stats":
            stats = pd.concat(
                [r.tables["survival_stats"] for r in results.values() if "survival_stats" in r.tables]
            )
            rows = survival.with_verdicts(specs, stats, rows)
        con.execute(_temporary(create_statement(table.columns, f"{_SCHEMA}.{name}")))
        with registered(con, result_rows=arrow_table(table.columns, rows)):
            con.execute(f"insert into {_SCHEMA}.{name} select * from result_rows")
    con.execute(f"insert into {_SCHEMA}.member_rows {member_rows_query(_SCHEMA)}")
    every_stat, *others = view_statements(_SCHEMA)
    con.execute(_temporary(every_stat))
    con.execute(f"insert into {_SCHEMA}.statistic_rows {statistic_rows_query(_SCHEMA)}")
    for statement in others:
        con.execute(_temporary(statement))


def _temporary(statement: str) -> str:
    return re.sub(r"^\s*create or replace (table|view)", r"create or replace temporary \1", statement)


def _report_spec(
    con: duckdb.DuckDBPyConnection,
    checked: CheckedQuestion,
    specs: Sequence[AnalysisSpec],
    seen: LandscapeSpec | None,
) -> ReportSpec:
    gene = checked.people.genes[0] if checked.people.is_gene else None
    label = checked.people.label
    scans = [
        str(row[0])
        for row in con.execute(
            "select scan_id from stats.scan_results where gene = $gene "
            "union select scan_id from stats.scan_response_results where gene = $gene order by all",
            {"gene": gene},
        ).fetchall()
    ]
    sections = [SectionSpec(title="Under checkpoint blockade", analyses=(specs[0].analysis_id,))]
    if len(specs) > 1:
        text = (
            "The same cancer types where no checkpoint inhibitor was given. A marker that tells the course there, too, "
            "is prognostic."
        )
        sections.append(
            SectionSpec(title="Without checkpoint blockade", text=text, analyses=(specs[1].analysis_id,))
        )
    if scans:
        sections.append(SectionSpec(title="Among all genes", scans=tuple(scans), figures=()))
    if seen is not None:
        sections.append(SectionSpec(title="How often it is mutated", analyses=(seen.analysis_id,)))
    return ReportSpec(
        report_id=f"asked_{_identifier(checked)}",
        title=f"{label}{' mutation' if gene else ''} under checkpoint blockade",
        question=checked.question.text,
        intro="A report computed on request from the published tables: exploratory, and one of as many as were "
        "asked for.",
        gene=gene,
        lead=(Lead(analysis=specs[0].analysis_id),),
        sections=tuple(sections),
    )


def _identifier(checked: CheckedQuestion, *parts: str) -> str:
    """A biomarker as part of a name: lower case, letters, digits and underscores."""
    name = slug(checked.question.biomarker)[:40]
    return "_".join([name or "asked", *parts])


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
