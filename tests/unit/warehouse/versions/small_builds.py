"""Builds small enough to be published in a moment, each with a mark that stands in its tables, figures and reports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.versions.draft import make_draft
from warehouse.versions.manifest import About, Manifest
from warehouse.versions.public_tables import PUBLIC_SCHEMAS
from warehouse.versions.publication import publish_draft

#: A time of the tests, so that no name depends on the clock.
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def make_build(path: Path, n: int = 3, run_id: str = "aaaaaaaa-1111") -> Path:
    """A build file with what a publication needs: marts with ``n`` patients, a macro, a view over both, comments, the
    run."""
    with duckdb.connect(str(path)) as con:
        for schema in ("raw", "staging", *PUBLIC_SCHEMAS):
            con.execute(f"create schema {schema}")
        con.execute("create table raw.secret as select 'only in the build' as note")
        con.execute(f"create table marts.cohorts as select 'c' || i as cohort_id from range({n}) as t(i)")
        con.execute(
            f"create table marts.patients as select 'c0' as cohort_id, 'P' || i as patient_id from range({n}) as t(i)"
        )
        con.execute("create table marts.survival_outcomes as select *, 'OS' as endpoint from marts.patients")
        con.execute("create table marts.gene_names as select 'ALK' as gene_name, 'ALK' as hugo_symbol")
        con.execute("create table stats.survival_stats as select 'a/b/c' as stat_id, 0.5 as estimate")
        con.execute(
            "create table stats.runs as select ? as run_id, timestamp '2026-03-01 11:00:00' as started_at, "
            "'unfinished' as outcome, cast(null as varchar) as published_version, 'public' as catalog",
            [run_id],
        )
        con.execute(
            "create view stats.every_stat as select s.*, (select count(*) from marts.patients) as n "
            "from stats.survival_stats as s"
        )
        con.execute(
            "create macro marts.gene_status(gene) as table select upper(gene) as g, * from marts.patients"
        )
        con.execute("comment on table marts.patients is 'Who they are: one row a patient''s identifier'")
        con.execute("comment on column marts.patients.patient_id is 'The source''s own'")
    return path


def make_figures(folder: Path, text: str) -> Path:
    """A folder of figures, of which there is one."""
    (folder / "an_analysis").mkdir(parents=True, exist_ok=True)
    (folder / "an_analysis" / "figure.svg").write_text(text)
    return folder


def publish(
    build: Path,
    file: Path,
    figures: Path | None = None,
    *,
    report: str | None = None,
    run_id: str = "aaaaaaaa-1111",
    now: datetime = NOON,
    catalogue: str = "public",
) -> Manifest:
    """Draft, one report, publication: as the assets do it one after the other. ``file`` : where people open it."""
    draft = make_draft(build, file.parent, figures, run_id=run_id, now=now)
    if report is not None:
        (draft.reports / "a_report.html").write_text(report)
    about = About(run_id=run_id, catalogue=catalogue)
    return publish_draft(file.parent, draft, about, now=now)[1]
