"""``icb gene X --report``: the dossier of any gene, computed on the fly from the published file.

The question becomes two analyses, under and without checkpoint blockade, that run as those of the catalogue do; their
result tables stand in a temporary schema beside the published one, and the document is made as every report is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from analytics.figures.style import png_bytes, svg_bytes
from analytics.landscape import kind as landscape
from analytics.landscape.spec import LandscapeSpec
from analytics.questions.specs import AnalysisSpec, PeopleVariant
from analytics.report.document import build_report
from analytics.report.material import FigureSource
from analytics.report.render import render
from analytics.report.spec import Lead, ReportSpec, SectionSpec
from analytics.results.gathered import AnalysisResult, Provenance
from analytics.results.schema import arrow_table, create_statement
from analytics.results.tables import RESULT_TABLES, as_result_table
from analytics.survival import kind as survival
from warehouse.lineage import view_statements
from warehouse.questions.gene import GeneQuestion, ask, require_varying
from warehouse.reports.documents import write_html
from warehouse.reports.material import gather_material, published_figures
from warehouse.settings import Settings
from warehouse.source import WarehouseSource
from warehouse.versions.layout import version_of

_SCHEMA = "temp"
_DPI = 200


def write_dossier(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    gene: str,
    output: Path | None,
    *,
    cohorts: Sequence[str] = (),
    cancer_type: str | None = None,
    endpoint: str = "OS",
    adjust: Sequence[str] = (),
) -> Path:
    """Compute the dossier of a gene and write it; by default in the folder of documents.

    Raises
    ------
    QuestionError
        One sentence: what is unknown or absent, where, and what there is instead.
    """
    question = ask(con, gene, cohorts=cohorts, cancer_type=cancer_type, endpoint=endpoint, adjust=adjust)
    require_varying(question.selection.members, adjust)
    options = [
        *(part for cohort in cohorts for part in ("--cohort", cohort)),
        *(("--cancer-type", cancer_type) if cancer_type else ()),
        *(("--endpoint", endpoint) if endpoint != "OS" else ()),
        *(("--adjust", ",".join(adjust)) if adjust else ()),
    ]
    command = shlex.join(["icb", "gene", question.gene, *options, "--report"])
    html = dossier_html(con, question, command)
    return write_html(html, output or settings.documents / f"gene_{question.gene}.html")


def dossier_html(con: duckdb.DuckDBPyConnection, question: GeneQuestion, command: str) -> str:
    """The document of a question that has been checked."""
    specs, source = _specs(con, question), WarehouseSource(con)
    run_id = con.execute("select run_id from stats.runs order by started_at desc limit 1").fetchone()
    provenance = Provenance("", str(run_id[0]) if run_id else "")
    results = {spec.analysis_id: survival.run(source, spec, provenance) for spec in specs}
    seen = _landscape(con, question.gene)
    results[seen.analysis_id] = landscape.run(source, seen, provenance)
    _stand_beside(con, specs, results)
    report = _report_spec(con, question, specs, seen)
    pictures = [
        FigureSource(analysis_id, stem, picture.title, picture.alt, svg_bytes(picture.figure),
                     png_bytes(picture.figure, _DPI), picture.data.to_csv(index=False).encode())
        for analysis_id, result in results.items()
        for stem, picture in result.figures.items()
    ]  # fmt: skip
    pictures += published_figures(con, report, version_of(con).figures)
    return render(
        build_report(report, gather_material(con, report, pictures, schema=_SCHEMA), made_by=command)
    )


def _specs(con: duckdb.DuckDBPyConnection, question: GeneQuestion) -> list[AnalysisSpec]:
    """The question under checkpoint blockade and, where there are people without, the same of them."""
    frame = question.frame
    arms = frame.groupby("cohort_id")["is_icb_treated"].nunique()
    without = _cohorts_without_icb(con, question)
    types = tuple(sorted(question.selection.members["cancer_type"].dropna().unique()))
    control = _identifier(question.gene, "without_icb")
    variant = question.variant.model_copy(
        update={
            "description": "One person once, like clocks, stratified by cohort and cancer type, "
            "robust by person.",
            "robust": True,
            "estimators": ("kaplan_meier", *question.variant.estimators, "restricted_mean", "schoenfeld"),
        }
    )
    scope = f" ({', '.join(question.where['cancer_type'])})" if "cancer_type" in question.where else ""
    specs = [
        AnalysisSpec.model_validate(
            {
                "analysis_id": _identifier(question.gene, "under_icb"),
                "title": f"{question.gene} under checkpoint blockade{scope}",
                "question": f"Do people with {question.gene}-mutated tumours live longer under checkpoint blockade?",
                "biomarker": question.gene,
                "cohorts": question.cohorts,
                "where": question.where,
                "endpoints": (question.endpoint,),
                "trials": tuple(str(c) for c in arms.index[arms > 1]),
                "control_analysis": control if without else None,
                "registered_on": _today(),
                "variants": {"default": variant.model_copy(update={"responses": ("orr", "dcr")})},
            }
        )
    ]
    if without:
        specs.append(
            AnalysisSpec.model_validate(
                {
                    "analysis_id": control,
                    "title": f"{question.gene} without checkpoint blockade{scope}",
                    "question": "Is the gene associated with outcome where no checkpoint inhibitor was given?",
                    "biomarker": question.gene,
                    "cohorts": without,
                    "where": {"cancer_type": types},
                    "icb_only": False,
                    "endpoints": (question.endpoint,),
                    "registered_on": _today(),
                    "variants": {"default": variant},
                }
            )
        )
    return specs


def _cohorts_without_icb(con: duckdb.DuckDBPyConnection, question: GeneQuestion) -> tuple[str, ...]:
    """Cohorts without checkpoint blockade in which somebody has the endpoint, the gene looked at and a cancer type of
    the members."""
    types = sorted(question.selection.members["cancer_type"].dropna().unique())
    rows = con.execute(
        "select distinct outcomes.cohort_id from marts.survival_outcomes as outcomes "
        "inner join marts.cohorts as cohorts on outcomes.cohort_id = cohorts.cohort_id "
        "inner join marts.samples as samples "
        "on outcomes.cohort_id = samples.cohort_id and outcomes.patient_id = samples.patient_id "
        "inner join marts.gene_status(?) as statuses "
        "on samples.cohort_id = statuses.cohort_id and samples.sample_id = statuses.sample_id "
        "where not cohorts.is_icb and not cohorts.is_mixed_treatment and outcomes.endpoint = ? "
        "and statuses.status in ('mutated', 'wild_type') "
        "and list_contains(?, samples.cancer_type) and not list_contains(?, outcomes.cohort_id) order by all",
        [question.gene, question.endpoint, types, list(question.cohorts)],
    ).fetchall()
    return tuple(str(row[0]) for row in rows)


def _landscape(con: duckdb.DuckDBPyConnection, gene: str) -> LandscapeSpec:
    """How often, how and where the gene is mutated, in every cohort."""
    cohorts = [
        str(row[0]) for row in con.execute("select cohort_id from marts.cohorts order by all").fetchall()
    ]
    return LandscapeSpec(
        kind="landscape",
        analysis_id=_identifier(gene, "landscape"),
        title=f"How often, how and where {gene} is mutated",
        question=f"In which cancer types is {gene} mutated, of those in whom it was looked at?",
        biomarker=gene,
        cohorts=tuple(cohorts),
        icb_only=False,
        registered_on=_today(),
        variants={"default": PeopleVariant(description="Every profiled person of every cohort once.")},
    )


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
        con.register("result_rows", arrow_table(table.columns, rows))
        con.execute(f"insert into {_SCHEMA}.{name} select * from result_rows")
        con.unregister("result_rows")
    for statement in view_statements(_SCHEMA):
        con.execute(_temporary(statement))


def _temporary(statement: str) -> str:
    return re.sub(r"^\s*create or replace (table|view)", r"create or replace temporary \1", statement)


def _report_spec(
    con: duckdb.DuckDBPyConnection,
    question: GeneQuestion,
    specs: Sequence[AnalysisSpec],
    seen: LandscapeSpec,
) -> ReportSpec:
    scans = [
        str(row[0])
        for row in con.execute(
            "select scan_id from stats.scan_results where gene = $gene "
            "union select scan_id from stats.scan_response_results where gene = $gene order by all",
            {"gene": question.gene},
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
    sections.append(SectionSpec(title="How often it is mutated", analyses=(seen.analysis_id,)))
    return ReportSpec(
        report_id=f"gene_{_identifier(question.gene)}",
        title=f"{question.gene} mutation under checkpoint blockade",
        question=f"Do people with {question.gene}-mutated tumours live longer under checkpoint blockade, and is it "
        "more than mutation burden?",
        intro="A dossier computed on request from the published tables: exploratory, and one of as many as were "
        "asked for.",
        gene=question.gene,
        lead=(Lead(analysis=specs[0].analysis_id),),
        sections=tuple(sections),
    )


def _identifier(gene: str, *parts: str) -> str:
    """A gene as part of a name: lower case, letters, digits and underscores."""
    return "_".join([re.sub(r"[^a-z0-9]+", "_", gene.lower()), *parts])


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
