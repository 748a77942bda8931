"""What a report is made from, read from the published file and the figures beside it: the only place where reports meet
SQL. What is said about it belongs to ``analytics.report``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from analytics.guards import guard_findings
from analytics.report.chapters.people_tables import CHARACTERISTICS
from analytics.report.material import FigureSource, Guarded, Material
from analytics.report.spec import ReportSpec
from analytics.results.records import RunRecord, SpecRecord
from analytics.results.schema import rows_of
from analytics.results.statistic import AnyStatistic, InteractionStatistic, MetaStatistic
from analytics.results.tables import RESULT_TABLES, as_result_table
from ingestion.errors import IngestionError
from warehouse.frames.patients import analysis_frame, patient_frame
from warehouse.questions.scans.row import scan_row_of
from warehouse.tables import frame_of

_ENDPOINTS = ("OS", "PFS", "DSS", "DFI", "PFI")
#: Statistics whose rows are asked for together; order in which the rows behind one are told.
_AT_ONCE = 1000
_ROLES = ("patient", "time", "event", "response", "treatment", "sample", "profiling", "mutation")

_BEHIND = """
with counted as (
    select stat_id, role, mart, address, member, sha256, count(*) as n_rows, min(source_row) as first_row,
        max(source_row) as last_row
    from {schema}.lineage
    where list_contains($stat_ids, stat_id)
    group by all
)
select * from counted
order by stat_id, coalesce(list_position($roles, role), 99), role, address, member
"""


#: Each statistic with the first of those that have the same rows behind them: same members, and where a mart is joined
#: by the feature (see lineage._ROLES) the same feature. Pairs of samples have rows of their own.
_ALIKE = """
with joined_by_feature as (
    select feature from marts.immune_features
    union
    select measure from marts.burdens
    union
    select hugo_symbol from marts.expression
),
asked as (
    select
        every_stat.stat_id, every_stat.analysis_id, every_stat.variant, every_stat.endpoint, every_stat.cohort_id,
        every_stat.cohorts, every_stat.row_set,
        case when joined_by_feature.feature is not null then every_stat.feature end as feature,
        case when specs.kind = 'resistance' then every_stat.stat_id end as of_pairs
    from {schema}.every_stat as every_stat
    inner join {schema}.analysis_specs as specs
        on every_stat.analysis_id = specs.analysis_id and every_stat.variant = specs.variant
    left join joined_by_feature on every_stat.feature = joined_by_feature.feature
    where list_contains($stat_ids, every_stat.stat_id)
)
select
    stat_id,
    min(stat_id) over (
        partition by analysis_id, variant, endpoint, cohort_id, cohorts, row_set, feature, of_pairs
    ) as leader
from asked
"""


class StaleReportError(IngestionError):
    """The published file lacks what a report of the catalogue needs."""


def gather_material(
    con: duckdb.DuckDBPyConnection,
    spec: ReportSpec,
    pictures: Sequence[FigureSource],
    *,
    schema: str = "stats",
) -> Material:
    """Everything behind one report.

    Parameters
    ----------
    pictures : figures of its analyses and scans, see :func:`published_figures`.
    schema : where the results of its analyses are; scans, runs and claims are always those of ``stats``.

    Raises
    ------
    StaleReportError
        The published file has no result of an analysis or scan that the report names.
    """
    analyses, scans = spec.analyses(), spec.scans()
    leads = list(dict.fromkeys(lead.analysis for lead in spec.lead))
    specs = specs_of(con, analyses, schema)
    _require([one.analysis_id for one in specs], analyses, "analysis", spec)
    scan_specs = _asked(con, "select * from stats.scan_specs where list_contains(?, scan_id)", scans)
    _require(scan_specs["scan_id"], scans, "scan", spec)
    present = _tables_in(con, schema)  # a file that was published by an older version lacks the newest
    tables = {
        name: as_result_table(name, _of(con, f"{schema}.{name}", analyses))
        for name, table in RESULT_TABLES.items()
        if name in present
        and "analysis_id" in table.columns
        and name not in ("analysis_specs", "analysis_members", "figures")
    }
    flow = tables.pop("analysis_flow")
    by_lead = {lead: members_of(con, specs, lead, schema) for lead in leads}
    return Material(
        specs=specs,
        flow=flow,
        tables={name: table for name, table in tables.items() if len(table)},
        statistics=rows_of(AnyStatistic, _of(con, f"{schema}.every_stat", analyses)),
        interactions=rows_of(InteractionStatistic, tables["interaction_stats"])
        if "interaction_stats" in tables
        else [],
        comments=_comments(con),
        claims=_claims(con, spec),
        scans=scan_specs,
        scan_flow=_asked(
            con,
            "select * from stats.scan_flow where list_contains(?, scan_id) order by scan_id, step_number",
            scans,
        ),
        scan_rows=_scan_rows(con, scans, spec.gene),
        behind=lambda stat_ids: _rows_behind(con, stat_ids, schema),
        files=frame_of(
            con.execute(
                "select address, member, sha256, licence, array_to_string(cohort_ids, ', ') as cohort_id "
                "from marts.source_files"
            )
        ),
        cohorts=_cohorts(con, specs),
        run=_run(con, specs),
        is_synthetic=_is_synthetic(con),
        people={key: frame for of_lead in by_lead.values() for key, frame in of_lead.items()},
        figures=pictures,
        findings=[found for lead in leads for found in _guarded(con, specs, lead, by_lead[lead], schema)],
    )


def _rows_behind(con: duckdb.DuckDBPyConnection, stat_ids: Sequence[str], schema: str) -> pd.DataFrame:
    """Rows behind statistics by role and file. Statistics of the same members rest on the same rows, so that one of
    each kind is asked for; a few at a time, because the view makes a row for each mart row behind each statistic."""
    asked = frame_of(con.execute(_ALIKE.format(schema=schema), {"stat_ids": list(stat_ids)}))
    leaders = sorted(asked["leader"].unique())
    parts = [
        frame_of(
            con.execute(
                _BEHIND.format(schema=schema),
                {"stat_ids": leaders[i : i + _AT_ONCE], "roles": list(_ROLES)},
            )
        )
        for i in range(0, len(leaders), _AT_ONCE)
    ]
    if not parts:
        return pd.DataFrame({"stat_id": [], "sha256": []})
    found = pd.concat(parts, ignore_index=True).rename(columns={"stat_id": "leader"})
    return asked.merge(found, on="leader").drop(columns="leader")


def _tables_in(con: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    """Tables and views: large tables of a published file are views of what is kept packed."""
    rows = con.execute(
        "select table_name from duckdb_tables() where schema_name = $schema or database_name = $schema "
        "union select view_name from duckdb_views() where schema_name = $schema or database_name = $schema",
        {"schema": schema},
    ).fetchall()
    return {str(row[0]) for row in rows}


def published_figures(con: duckdb.DuckDBPyConnection, spec: ReportSpec, root: Path) -> list[FigureSource]:
    """Figures of the report's analyses and scans with title and words, from ``root/<analysis_id>/<stem>.*``."""
    folders = [*spec.analyses(), *(f"scan_{scan}" for scan in spec.scans())]
    rows = con.execute(
        "select analysis_id, figure, title, alt from stats.figures where list_contains(?, analysis_id)",
        [folders],
    ).fetchall()

    def content(folder: str, name: str) -> bytes | None:
        path = root / folder / name
        return path.read_bytes() if path.is_file() else None

    return [
        FigureSource(str(of), str(stem), str(title), str(alt),
                     *(content(str(of), f"{stem}.{kind}") for kind in ("svg", "png", "csv")))
        for of, stem, title, alt in rows
    ]  # fmt: skip


def specs_of(
    con: duckdb.DuckDBPyConnection, analyses: Sequence[str], schema: str = "stats"
) -> list[SpecRecord]:
    """What the analyses ask, in the order in which they are named."""
    found = rows_of(SpecRecord, _of(con, f"{schema}.analysis_specs", analyses))
    return sorted(found, key=lambda spec: analyses.index(spec.analysis_id))


def _of(con: duckdb.DuckDBPyConnection, table: str, analyses: Sequence[str]) -> pd.DataFrame:
    return _asked(con, f"select * from {table} where list_contains(?, analysis_id)", analyses)


def _asked(con: duckdb.DuckDBPyConnection, query: str, names: Sequence[str]) -> pd.DataFrame:
    return frame_of(con.execute(query, [list(names)]))


def _require(found: Iterable[str], asked: Sequence[str], what: str, spec: ReportSpec) -> None:
    missing = [name for name in asked if name not in set(found)]
    if missing:
        raise StaleReportError(
            f"there is no {what} '{missing[0]}' in the published file, and report '{spec.report_id}' shows it",
            where="stats.analysis_specs" if what == "analysis" else "stats.scan_specs",
            remedy="run 'icb run' to publish anew",
        )


def _scan_rows(con: duckdb.DuckDBPyConnection, scans: Sequence[str], gene: str | None) -> pd.DataFrame:
    """The gene's row in each scan, of survival and of response."""
    return frame_of(
        con.execute(
            "select * from stats.scan_results where list_contains($scans, scan_id) and gene = $gene "
            "union all by name "
            "select * from stats.scan_response_results where list_contains($scans, scan_id) and gene = $gene",
            {"scans": list(scans), "gene": gene},
        )
    )


def _comments(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    comments: dict[str, dict[str, str]] = {}
    for table, column, comment in con.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'stats' and comment is not null and not internal"
    ).fetchall():
        comments.setdefault(str(table), {})[str(column)] = str(comment)
    return comments


def _claims(con: duckdb.DuckDBPyConnection, spec: ReportSpec) -> pd.DataFrame:
    parts = [
        frame_of(
            con.execute(
                "select checks.*, printed.description from stats.claim_checks as checks "
                "left join marts.published_claims as printed on checks.claim_id = printed.claim_id "
                "where checks.paper_id = ? and (len(?) = 0 or list_contains(?, checks.row_id)) order by checks.rowid",
                [claims.paper_id, list(claims.rows), list(claims.rows)],
            )
        )
        for claims in spec.claims
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _cohorts(con: duckdb.DuckDBPyConnection, specs: Sequence[SpecRecord]) -> pd.DataFrame:
    named = sorted({name for spec in specs for name in spec.cohorts})
    return frame_of(
        con.execute(
            "select * from marts.cohorts where list_contains(?, cohort_id) order by cohort_id", [named]
        )
    )


def _run(con: duckdb.DuckDBPyConnection, specs: Sequence[SpecRecord]) -> RunRecord | None:
    """The run that computed the first analysis."""
    rows = frame_of(con.execute("select * from stats.runs where run_id = ?", [specs[0].run_id]))
    return rows_of(RunRecord, rows)[0] if len(rows) else None


def _is_synthetic(con: duckdb.DuckDBPyConnection) -> bool:
    row = con.execute("select coalesce(bool_or(is_synthetic), false) from marts.cohorts").fetchone()
    return bool(row and row[0])


def members_of(
    con: duckdb.DuckDBPyConnection, specs: Sequence[SpecRecord], analysis_id: str, schema: str = "stats"
) -> dict[tuple[str, str, str], pd.DataFrame]:
    """(analysis, leading way, endpoint) -> its members with characteristics, burden and clock, as they were counted."""
    own = sorted(
        (spec for spec in specs if spec.analysis_id == analysis_id),
        key=lambda spec: spec.variant != "default",
    )[0]
    variant, gene = own.variant, own.genes[0] if own.genes else None
    members = frame_of(
        con.execute(
            "select endpoint, cohort_id, patient_id, status, time_months as own_time, is_event as own_event "
            f"from {schema}.analysis_members where analysis_id = ? and variant = ? and is_member",
            [analysis_id, variant],
        )
    )
    found = {}
    for endpoint, of_endpoint in members.groupby("endpoint", sort=False):
        clock = str(endpoint).split(",")[0]
        clock = clock if clock in _ENDPOINTS else "OS"
        cohorts = sorted(of_endpoint["cohort_id"].unique())
        frame = (
            patient_frame(con, clock, cohorts) if gene is None else analysis_frame(con, gene, clock, cohorts)
        )
        frame = frame.drop(columns=[c for c in ("status",) if c in frame])
        merged = of_endpoint.merge(frame, on=["cohort_id", "patient_id"], how="left")
        found[analysis_id, variant, str(endpoint)] = merged.assign(in_group=merged["status"] == "mutated")
    return found


def _guarded(
    con: duckdb.DuckDBPyConnection,
    specs: Sequence[SpecRecord],
    analysis_id: str,
    people: Mapping[tuple[str, str, str], pd.DataFrame],
    schema: str,
) -> list[Guarded]:
    """What the guards find about a survival analysis of the lead, on the people that it counted."""
    own = [one for one in specs if (one.analysis_id, one.variant) == (analysis_id, "default")]
    if not own or not own[0].genes or own[0].kind != "survival":
        return []
    spec = own[0]
    endpoint = spec.first_endpoint
    members = people.get((analysis_id, "default", endpoint))
    if members is None or members.empty or not members["in_group"].any():
        return []
    flow = frame_of(
        con.execute(
            f"select step, n, n_left_out, reason from {schema}.analysis_flow where analysis_id = ? "
            "and variant = 'default' and endpoint = ? order by step_number",
            [analysis_id, endpoint],
        )
    )
    strata = [name for name in spec.strata if name in members.columns]
    covariates = [name for name in spec.covariates if name in CHARACTERISTICS]
    row, why_not = scan_row_of(
        con, spec.genes[0], members, sorted(members["cohort_id"].unique()), strata, covariates
    )
    findings = guard_findings(
        members,
        strata=strata,
        flow=flow,
        trials=people.get((analysis_id, "default", f"{endpoint}, both arms")),
        control=_control(con, analysis_id, endpoint, schema),
        scan_row=row,
        why_no_scan_row=why_not,
        pooled=_random_effects(con, analysis_id, endpoint, schema),
    )
    return [Guarded(analysis_id, f.guard, f.verdict, f.sentence, f.is_warning) for f in findings]


def _random_effects(
    con: duckdb.DuckDBPyConnection, analysis_id: str, endpoint: str, schema: str
) -> MetaStatistic | None:
    """The random-effects row of the tables: what the guard says of heterogeneity is what stands there."""
    if MetaStatistic.TABLE not in _tables_in(con, schema):  # one cohort is pooled with nothing
        return None
    found = frame_of(
        con.execute(
            f"select * from {schema}.meta_stats where analysis_id = ? and variant = 'default' and endpoint = ? "
            "and left_out is null and ends_with(estimate_key, '.random_effects') order by estimate_key limit 1",
            [analysis_id, endpoint],
        )
    )
    return next(iter(rows_of(MetaStatistic, found)), None)


def _control(
    con: duckdb.DuckDBPyConnection, analysis_id: str, endpoint: str, schema: str
) -> pd.DataFrame | None:
    """Members of the analysis without checkpoint blockade that this one is compared with."""
    named = con.execute(
        f"select compared_with[1] from {schema}.interaction_stats "
        "where analysis_id = ? and estimate_key like '%.ratio_of_hazard_ratios' limit 1",
        [analysis_id],
    ).fetchone()
    if named is None:
        return None
    specs = specs_of(con, [str(named[0])], schema)
    if not specs:
        return None
    return members_of(con, specs, str(named[0]), schema).get((str(named[0]), "default", endpoint))
