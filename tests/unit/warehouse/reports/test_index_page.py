"""The index of a version's reports, and the page of what changed since the version before."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from warehouse.reports.index_page import write_pages
from warehouse.versions.layout import Version

_TABLES = """
create schema marts; create schema stats;
create table marts.patients as select 'c' as cohort_id, 'P' || i as patient_id from range({n}) as t(i);
create table marts.source_files as
    select 'https://example.org/a.csv' as address, '' as member, 'c' as cohort_id, '{sha}' as sha256;
create table stats.survival_stats (
    stat_id varchar, estimate double, ci_low double, ci_high double, p double);
insert into stats.survival_stats values ('a/hr', {hr}, 0.6, 1.1, 0.2);
create table stats.claim_checks as
    select 'C1' as claim_id, 'paper' as paper_id, '{verdict}' as verdict, 'x <y>' as sentence, 'a/hr' as stat_id;
"""


def version(folder: Path, private: tuple[str, ...] = (), **values: object) -> Version:
    made = Version(folder)
    made.reports.mkdir(parents=True)
    with duckdb.connect(str(made.file)) as con:
        con.execute(_TABLES.format(**({"n": 3, "sha": "0" * 64, "hr": 0.8, "verdict": "agrees"} | values)))
    made.manifest.write_text(
        json.dumps({"version": folder.name, "published_at": "2026-11-29T00:00:00Z", "run_id": None,
                    "catalogue": "public", "cohorts": [], "rows": {}, "files": [],
                    "private_cohorts": list(private)}), encoding="utf-8")  # fmt: skip
    return made


@pytest.fixture
def last(tmp_path: Path) -> Version:
    return version(tmp_path / "20261122T040000Z-00000000")


def cells(page: Path) -> str:
    """The page as text, a blank for every tag."""
    body = page.read_text(encoding="utf-8").split("<main>")[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_what_moved_stands_on_a_page_that_the_index_names(tmp_path: Path, last: Version) -> None:
    draft = version(tmp_path / "draft", n=5, sha="1" * 64, hr=0.9, verdict="disagrees")
    write_pages(draft, last, (), ())
    said = cells(draft.reports / "changes.html")
    assert "marts.patients 3 5" in said and "marts.patients c 3 5" in said
    assert "changed https://example.org/a.csv" in said
    assert re.search(r"a/hr.*0\.8.*0\.9", said) and "agrees disagrees x &lt;y&gt;" in said
    assert 'href="changes.html"' in (draft.reports / "index.html").read_text(encoding="utf-8")


def test_where_nothing_differs_the_page_says_so(tmp_path: Path, last: Version) -> None:
    draft = version(tmp_path / "draft")
    write_pages(draft, last, (), ())
    assert cells(draft.reports / "changes.html").count("Nothing differs.") == 5


def test_the_first_version_has_an_index_and_no_page_of_changes(tmp_path: Path) -> None:
    draft = version(tmp_path / "draft")
    write_pages(draft, None, (), ())
    assert [path.name for path in draft.reports.iterdir()] == ["index.html"]


def test_against_a_version_with_a_private_cohort_nothing_is_told(tmp_path: Path) -> None:
    with_it = version(tmp_path / "20261122T040000Z-00000000", private=("ours",))
    draft, again = version(tmp_path / "draft"), version(tmp_path / "again")
    write_pages(draft, with_it, (), ())
    assert [path.name for path in draft.reports.iterdir()] == ["index.html"]
    write_pages(again, with_it, (), ("ours",))
    assert (again.reports / "changes.html").exists()
