"""What has not changed is not computed again, and what is kept is what the computation gives, to the byte."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import duckdb
import pytest
from graph_runs import Run

from analytics.results.records import FigureRecord
from ingestion.fetching.store import sha256_of
from orchestration.explain import explained
from orchestration.reuse.shelf import Shelf
from warehouse.catalog.analyses import load_analysis, run_analysis
from warehouse.questions.scans.registered import load_scan, run_scan
from warehouse.results.folders import save_figures, save_tables
from warehouse.settings import Settings


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("analysis", ["demo_ttn_control", "demo_igf1r_expression", "demo_tmb_per_doubling"])
def test_a_kept_analysis_is_what_the_whole_build_gives_to_the_byte(
    demo: Run, analysis: str, tmp_path: Path
) -> None:
    """Computed here on every table and every cohort, and in the run on views of the declared marts and cohorts."""
    settings = demo.settings
    shelf, path = Shelf(settings.shelf), settings.catalog / "analyses" / f"{analysis}.yaml"
    entry = shelf.find(analysis, shelf.keys(analysis)[0])
    assert entry is not None
    with duckdb.connect(str(settings.build_file), read_only=True) as con:
        result = run_analysis(
            con, load_analysis(path), spec_sha256=sha256_of(path), run_id=str(entry.run["run_id"]),
            reference_genome=settings.reference_genome,
        )  # fmt: skip
    (tmp_path / "tables").mkdir()
    (tmp_path / "figures").mkdir()
    save_tables(result.tables, tmp_path / "tables")
    save_figures(result.figures, tmp_path / "figures", 1)
    assert files(tmp_path / "tables") == files(entry.tables)
    assert files(tmp_path / "figures") == files(entry.figures)
    assert files(entry.figures) == files(settings.results / "figures" / analysis)


def test_a_kept_scan_is_what_the_whole_build_gives_to_the_byte(demo: Run, tmp_path: Path) -> None:
    settings = demo.settings
    shelf, path = Shelf(settings.shelf), settings.catalog / "scans" / "demo_orr.yaml"
    entry = shelf.find("scan_demo_orr", shelf.keys("scan_demo_orr")[0])
    assert entry is not None
    with duckdb.connect(str(settings.build_file), read_only=True) as con:
        output = run_scan(con, load_scan(path), spec_sha256=sha256_of(path), run_id=str(entry.run["run_id"]))
    save_tables(output.tables, tmp_path)
    kept = files(entry.tables)
    kept.pop(f"{FigureRecord.TABLE}.parquet")  # titles of the figures, which the step adds
    assert files(tmp_path) == kept


def test_after_a_run_everything_is_kept_and_a_run_says_so(demo: Run) -> None:
    rows = explained(demo.settings)
    assert len(rows) > 20
    assert {row["does"] for row in rows} == {"kept"}, [row for row in rows if row["does"] != "kept"]
    said = demo.icb("run", "--demo", "--explain")
    assert said.returncode == 0 and "analyses/demo_igf1r" in said.stdout, said


def test_a_word_of_one_analysis_computes_that_analysis_and_builds_no_table(demo: Run, tmp_path: Path) -> None:
    edited = tmp_path / "demo"
    shutil.copytree(demo.settings.catalog, edited)
    path = edited / "analyses" / "demo_igf1r.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("title: ", "title: Again. ", 1), encoding="utf-8"
    )
    settings: Settings = dataclasses.replace(demo.settings, catalog=edited)
    computed = {row["asset"]: row["why"] for row in explained(settings) if row["does"] != "kept"}
    assert computed == {"analyses/demo_igf1r": "changed: the spec"}


def test_every_statistic_names_the_run_that_computed_it_and_the_run_is_written_down(demo: Run) -> None:
    assert demo.value("select count(*) from stats.analysis_specs anti join stats.runs using (run_id)") == 0
