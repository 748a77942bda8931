"""From the material of a report to its document: chapters in the order of the spec, tables and figures numbered.

Which numbers are shown and where is decided here; what they look like belongs to ``render``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any

import pandas as pd

from analytics.characteristics.tables import CharacteristicStatistic
from analytics.report.blocks import (
    AnalysisBlock,
    FigureBlock,
    FindingRow,
    LeadBlock,
    Report,
    SectionBlock,
    SpecRow,
    Table,
)
from analytics.report.chapters.answer import burden_verdicts, lead_block
from analytics.report.chapters.lineage import Lineage, spec_anchor
from analytics.report.chapters.main_numbers import main_numbers
from analytics.report.chapters.methods import methods_of
from analytics.report.chapters.other_tables import claims_summary, claims_table, plain_table, scan_table
from analytics.report.chapters.people_tables import (
    characteristics_table,
    count_table,
    ends_of_flows,
    flow_table,
)
from analytics.report.chapters.remark import remark_items
from analytics.report.chapters.remark_evidence import gather
from analytics.report.chapters.statistic_tables import TITLES, cohort_table, statistic_table
from analytics.report.chapters.tripod import tripod_checklists
from analytics.report.material import FigureSource, Material
from analytics.report.pictures_inlined import inlined
from analytics.report.spec import ReportSpec, SectionSpec
from analytics.report.words import column_words, endpoint_words, plain_words, slug, text_of, variant_words
from analytics.results.records import RunRecord, SpecRecord
from analytics.results.schema import rows_of
from analytics.results.statistic import SurvivalStatistic

#: Tables that say what was asked and who is in it, not what came out, and those with a row a person or mutation.
_BOOKKEEPING = frozenset(
    {
        "analysis_specs", "analysis_flow", "analysis_members", "figures", "claim_checks", "runs", "characteristics",
        "pair_mutations", "resistance_outcomes",
    }
)  # fmt: skip

#: Ends of the stems of figures that say most, in this order; flows say who is counted and never lead.
_LEADING_FIGURES = ("_kaplan_meier", "_forest")
#: 120 mm: with its caption less than half of a page of A4.
_HIGHEST_PX = round(120 / 25.4 * 96)


def build_report(spec: ReportSpec, material: Material, *, made_by: str = "") -> Report:
    """The document of one report.

    Parameters
    ----------
    made_by : the command that computed the statistics, where the published file does not hold them.
    """
    lineage = Lineage(material.statistics, material.behind, material.files)
    writer = _Writer(spec, material, lineage, inlined(_shown(spec, material.figures)))
    leads = [lead_block(material, lead, lineage) for lead in spec.lead]
    burden = burden_verdicts(material.scans, material.scan_rows)
    if burden:
        leads.append(LeadBlock("When every gene is asked", tuple(burden)))
    figure = writer.of_the_answer(spec)
    people = writer.people(spec)
    sections = tuple(writer.section(section) for section in spec.sections)
    claims = claims_table(material.claims, material.statistics, lineage)
    estimators = {row.estimator for row in material.statistics if row.estimator is not None}
    run = material.run or RunRecord(run_id="")
    made_from = (
        ("Computed", f"{text_of(run.started_at)[:16]} UTC"),
        ("Run", run.run_id),
        ("Code", _commit(run)),
        ("Data", f"{text_of(run.catalog)} cohorts"),
    )
    return Report(
        report_id=spec.report_id,
        title=spec.title,
        question=spec.question,
        intro=spec.intro,
        is_synthetic=material.is_synthetic,
        made_from=made_from,
        leads=tuple(leads),
        figure=figure,
        people=people,
        findings=_findings(material),
        sections=sections,
        claims_summary=claims_summary(material.claims),
        claims=writer.numbered(claims) if claims is not None else None,
        methods=methods_of(estimators, with_scan=not material.scan_rows.empty),
        remark=remark_items(spec, material),
        tripod=tripod_checklists(material),
        run_facts=_run_facts(run),
        specs=tuple(_spec_row(spec) for spec in material.specs),
        lineage=lineage.entries(),
        sources=lineage.sources(),
        glossary=writer.glossary(),
        made_by=made_by,
    )


class _Writer:
    """Makes blocks and numbers them in the order in which they are read."""

    def __init__(
        self,
        spec: ReportSpec,
        material: Material,
        lineage: Lineage,
        figures: Mapping[tuple[str, str], FigureBlock],
    ) -> None:
        self._material, self._lineage, self._figures = material, lineage, figures
        self._n_tables = self._n_figures = 0
        self._shown: dict[str, dict[str, str]] = {}
        self._drawn: set[tuple[str, str]] = set()
        self._characterised: set[str] = set()
        self._leads = {lead.analysis for lead in spec.lead}

    def numbered(self, table: Table) -> Table:
        self._n_tables += 1
        if table.source:
            known = self._shown.setdefault(table.source, {})
            known.update({c.label: c.meaning for c in table.columns if c.label and c.meaning})
        return dataclasses.replace(table, number=self._n_tables)

    def glossary(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """What the columns of the printed tables mean, by result table."""
        return tuple((name, tuple(columns.items())) for name, columns in self._shown.items())

    def of_the_answer(self, spec: ReportSpec) -> FigureBlock | None:
        """The figure of the first leading analysis that has one: it stands beside the answer, and not again below."""
        for lead in spec.lead:
            way = self._material.spec(lead.analysis).variant
            patterns = next(s.figures for s in spec.sections if lead.analysis in s.analyses)
            found = self._leading_stem(lead.analysis, self._stems(lead.analysis, patterns, way), way)
            if found:
                return self._picture(lead.analysis, found)
        return None

    def people(self, spec: ReportSpec) -> tuple[Table | FigureBlock, ...]:
        """Who is in the leading analysis: steps as figure and table, characteristics."""
        evidence = gather(spec, self._material)
        own = self._material.spec(evidence.analysis_id)
        flow = self._material.flow
        flow = flow[(flow["analysis_id"] == evidence.analysis_id) & (flow["variant"] == evidence.variant)]
        endpoint = own.first_endpoint
        steps = flow[flow["endpoint"] == endpoint] if endpoint in set(flow["endpoint"]) else flow
        if steps["endpoint"].nunique() > 1:
            steps = steps[steps["endpoint"] == steps["endpoint"].iloc[0]]
        title = own.title
        found = [
            flow_table(steps, f"Steps from the patients of the cohorts to those who are counted. {title}"),
            self._characteristics(evidence.analysis_id, evidence.variant, endpoint, title),
        ]
        stem = f"{evidence.variant}_{endpoint.lower()}_flow"
        drawn = (
            [self._picture(evidence.analysis_id, stem)]
            if (evidence.analysis_id, stem) in self._figures
            else []
        )
        return (*drawn, *(self.numbered(table) for table in found if table is not None))

    def _characteristics(self, analysis_id: str, variant: str, endpoint: str, title: str) -> Table | None:
        rows = self._material.of("characteristics", analysis_id)
        if rows.empty or analysis_id in self._characterised:
            return None
        self._characterised.add(analysis_id)
        own = rows[(rows["variant"] == variant) & (rows["endpoint"] == endpoint)]
        typed = rows_of(CharacteristicStatistic, own)
        return characteristics_table(typed, self._lineage, f"Characteristics by group. {title}")

    def section(self, section: SectionSpec) -> SectionBlock:
        blocks = [self.analysis(name, section) for name in section.analyses]
        blocks += [self.scan(name, section) for name in section.scans]
        return SectionBlock(f"c-{slug(section.title)}", section.title, section.text, tuple(blocks))

    def analysis(self, analysis_id: str, section: SectionSpec) -> AnalysisBlock:
        material = self._material
        own = material.spec(analysis_id)
        ways = [(way.variant, way.description or "") for way in material.variants(analysis_id)]
        leading = ways[0][0]
        stems = self._stems(analysis_id, section.figures, leading)
        first = self._leading_stem(analysis_id, stems, leading)
        blocks: list[Table | FigureBlock] = [self._picture(analysis_id, first)] if first else []
        main = main_numbers(material, own, self._lineage)
        blocks += [self.numbered(main)] if main is not None else []
        more: list[Table | FigureBlock] = [
            self._picture(analysis_id, stem) for stem in stems if stem != first
        ]
        more += self._who(analysis_id, ways)
        for name in material.tables:
            if name not in _BOOKKEEPING and (not section.tables or name in section.tables):
                more += self._results(name, analysis_id, ways)
        if not blocks:
            blocks, more = more[:1], more[1:]
        return AnalysisBlock(
            anchor=f"a-{slug(analysis_id)}",
            title=own.title,
            question=own.question,
            ways=tuple((variant_words(name), text) for name, text in ways),
            blocks=tuple(blocks),
            more=tuple(more),
        )

    def scan(self, scan_id: str, section: SectionSpec) -> AnalysisBlock:
        material = self._material
        scan = material.scans[material.scans["scan_id"] == scan_id].iloc[0].to_dict()
        rows = material.scan_rows[material.scan_rows["scan_id"] == scan_id].to_dict("records")
        flow = material.scan_flow[material.scan_flow["scan_id"] == scan_id]
        found = [scan_table(scan, row) for row in rows]
        steps = flow_table(flow, f"Who is in the scan. {text_of(scan['title'])}")
        found += [dataclasses.replace(steps, source="stats.scan_flow")] if steps is not None else []
        verdicts = "; ".join(text_of(row["burden_verdict"]) for row in rows)
        question = text_of(scan["question"]) + (
            f" This gene: {verdicts}." if verdicts else " The gene has no carrier in it."
        )
        tables = [self.numbered(table) for table in found]
        more: list[Table | FigureBlock] = [*tables[1:]]
        of_scan = f"scan_{scan_id}"
        more += [self._picture(of_scan, stem) for stem in self._stems(of_scan, section.figures, "")]
        ways = (
            ("Strata", plain_words(text_of(scan["strata"]))),
            ("Covariates", plain_words(text_of(scan["covariates"]))),
        )
        return AnalysisBlock(f"a-scan-{slug(scan_id)}", text_of(scan["title"]), question,
                             tuple((k, v) for k, v in ways if v), tuple(tables[:1]), tuple(more))  # fmt: skip

    def _who(self, analysis_id: str, ways: list[tuple[str, str]]) -> list[Table]:
        flow = self._material.flow[self._material.flow["analysis_id"] == analysis_id]
        counts = [
            row
            for row in self._material.statistics
            if (row.name.analysis_id, row.name.variant) == (analysis_id, ways[0][0])
            and row.cohort_id is None
            and row.table_name == SurvivalStatistic.TABLE
        ]
        found = [
            ends_of_flows(flow, ways, "How many are counted, by way and endpoint"),
            count_table(counts, self._lineage, f"Who is counted, {variant_words(ways[0][0]).lower()} way"),
        ]
        if analysis_id in self._leads:
            own = self._material.spec(analysis_id)
            found.append(self._characteristics(analysis_id, ways[0][0], own.first_endpoint, own.title))
        return [self.numbered(table) for table in found if table is not None]

    def _results(self, name: str, analysis_id: str, ways: list[tuple[str, str]]) -> list[Table]:
        rows = self._material.of(name, analysis_id)
        comments = self._material.comments.get(name, {})
        title = TITLES.get(name, column_words(name.removesuffix("_stats")))
        if "stat_id" not in rows.columns:
            table = plain_table(name, rows, comments, caption=title)
            return [self.numbered(table)] if table is not None else []
        rows = rows[~rows["estimate_key"].astype(str).str.startswith("flow.")]
        made: list[Table | None] = []
        is_single = rows["cohort_id"].notna() if "cohort_id" in rows else pd.Series(False, index=rows.index)
        make: Callable[..., Table | None] = lambda part, caption: statistic_table(  # noqa: E731
            name, part, comments, self._lineage, caption=caption, ways=ways
        )
        whole = rows[~is_single]
        by_endpoint: list[tuple[Any, pd.DataFrame]] = [(None, whole)]
        if name == "survival_stats":
            by_endpoint = list(whole.groupby("endpoint", sort=False, dropna=False))
        for endpoint, part in by_endpoint:
            several = len(by_endpoint) > 1
            made.append(make(part, f"{title}. {endpoint_words(endpoint)}" if several else title))
        single = rows[is_single & (rows["variant"] == ways[0][0])]
        if name == "survival_stats":
            for endpoint, part in single.groupby("endpoint", sort=False):
                words = f"{endpoint_words(endpoint)} in each cohort by itself, {variant_words(ways[0][0]).lower()}"
                made.append(cohort_table(part, comments, self._lineage, words))
        else:
            made.append(make(single, f"{title} in each cohort by itself"))
        return [self.numbered(table) for table in made if table is not None]

    def _stems(self, analysis_id: str, patterns: tuple[str, ...], leading: str) -> list[str]:
        """Stems of figures that fit and are not drawn yet, the leading way first. Of patient flows only the leading
        way's is drawn (the tables have all)."""
        stems = [stem for of, stem in self._figures if of == analysis_id and (of, stem) not in self._drawn]
        fitting = list(dict.fromkeys(s for pattern in patterns for s in stems if fnmatch(s, pattern)))
        chosen = [s for s in fitting if not s.endswith("_flow") or s.startswith(f"{leading}_")]
        return sorted(chosen, key=lambda s: (not s.startswith(f"{leading}_"), not s.endswith("_flow")))

    def _leading_stem(self, analysis_id: str, stems: Sequence[str], way: str) -> str | None:
        """The figure that an analysis is read from first: of the leading way, and small enough to stand with text."""
        fitting = [
            stem
            for stem in stems
            if not stem.endswith("_flow") and self._figures[analysis_id, stem].height_px <= _HIGHEST_PX
        ]
        of_way = [stem for stem in fitting if stem.startswith(f"{way}_")] or fitting
        leading = [stem for end in _LEADING_FIGURES for stem in of_way if stem.endswith(end)]
        return next(iter([*leading, *of_way]), None)

    def _picture(self, analysis_id: str, stem: str) -> FigureBlock:
        self._drawn.add((analysis_id, stem))
        self._n_figures += 1
        block = self._figures[analysis_id, stem]
        own = [spec.variant for spec in self._material.specs if spec.analysis_id == analysis_id]
        way = next((variant for variant in own if stem.startswith(f"{variant}_")), "")
        title = f"{block.title}, {variant_words(way).lower()}" if way and way != "default" else block.title
        return dataclasses.replace(block, number=self._n_figures, title=title)


def _shown(spec: ReportSpec, figures: Sequence[FigureSource]) -> list[FigureSource]:
    """Figures that fit a pattern of their section: the others need not be encoded."""
    patterns = {name: section.figures for section in spec.sections for name in section.analyses}
    patterns |= {f"scan_{name}": section.figures for section in spec.sections for name in section.scans}
    return [
        f for f in figures if any(fnmatch(f.stem, pattern) for pattern in patterns.get(f.analysis_id, ()))
    ]


def _findings(material: Material) -> tuple[FindingRow, ...]:
    titles = {spec.analysis_id: spec.title for spec in material.specs}
    return tuple(
        FindingRow(titles.get(f.analysis_id, f.analysis_id), f.guard, f.verdict, f.sentence, f.is_warning)
        for f in material.findings
    )


def _commit(run: RunRecord) -> str:
    commit = (run.commit_sha or "")[:12] or "not a checkout"
    changed = ", with uncommitted changes" if run.has_uncommitted_changes else ""
    return f"icb-warehouse {run.version or ''}, {commit}{changed}"


def _run_facts(run: RunRecord) -> tuple[tuple[str, str], ...]:
    facts = {
        "Run": run.run_id, "Started (UTC)": run.started_at, "Commit": run.commit_sha, "icb-warehouse": run.version,
        "Python": run.python, "Packages": run.packages, "Catalogue": run.catalog, "Read from": run.read_from,
    }  # fmt: skip
    return tuple((words, text_of(value)) for words, value in facts.items() if text_of(value))


def _spec_row(spec: SpecRecord) -> SpecRow:
    shown = ("kind", "biomarker", "endpoints", "cohorts", "filters", "covariates", "strata", "estimators",
             "registered_on", "spec_sha256", "run_id")  # fmt: skip
    facts = [("Description", spec.description or "")]
    facts += [
        (column_words(name), text_of(getattr(spec, name))) for name in shown if text_of(getattr(spec, name))
    ]
    is_pre = bool(spec.is_prespecified)
    facts.append(("Prespecified", "yes, before the data were looked at" if is_pre else "no: exploratory"))
    name = f"{spec.analysis_id}, {variant_words(spec.variant).lower()}"
    return SpecRow(spec_anchor(spec.analysis_id, spec.variant), name, tuple(facts))
