"""What `make ui` serves: the code location through workspace.yaml, a whole refresh launched as the browser launches it
(through GraphQL, into the queue), and what the pages of its assets then show.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from chromium import NEEDS_CHROMIUM, chromium
from graph_runs import ICB, ROOT, Run, clean_environment
from served import (
    ENDS,
    RUNS,
    SENSOR_TICKS,
    START_SCHEDULE,
    STOP,
    STOP_SCHEDULE,
    Served,
    free_port,
    said_by_failures,
    stop,
)
from waiting import wait_until

SCHEDULED = [{"key": "dagster/schedule_name", "value": "weekly_refresh"}]


@pytest.fixture(scope="module")
def ui(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """What `make ui` starts, on the generated cohorts and in a folder of its own. Its shelf is that of the demo, which
    has computed the same: what is tried here is the graph, not the statistics."""
    data = tmp_path_factory.mktemp("ui")
    shutil.copytree(demo.settings.shelf, data / demo.settings.shelf.relative_to(demo.data))
    explorer = f"http://127.0.0.1:{free_port()}"
    environment = clean_environment(data, ICB_DEMO="1", ICB_EXPLORER=explorer, ICB_SCHEDULE="* * * * *")
    home = Path(environment["DAGSTER_HOME"])
    home.mkdir()
    shutil.copy(ROOT / "dagster.yaml", home)
    port = free_port()
    command = command_of_the_service()
    command[0], command[-1] = sys.executable, str(port)
    log = data / "ui.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    served = Served(f"http://127.0.0.1:{port}", data, lambda: process.poll() is None, explorer=explorer)
    try:
        served.wait_until_loaded(log)
        yield served
    finally:
        stop(process)


def command_of_the_service() -> list[str]:
    """What systemd starts, as `make ui` does."""
    (line,) = re.findall(r"^ExecStart=(.*)$", (ROOT / "deploy" / "icb.service").read_text(), re.MULTILINE)
    words: list[str] = line.split()
    assert words[1:4] == ["-m", "dagster", "dev"] and words[-2] == "-p"
    return words


@pytest.fixture(scope="module")
def refreshed(ui: Served) -> Served:
    """After `refresh_all` was launched and has ended well."""
    ui.run_id = ui.launch("refresh_all")
    status = ui.reached(ui.run_id, *ENDS)
    assert status["status"] == "SUCCESS", said_by_failures(status)
    return ui


def test_workspace_yaml_loads_one_graph_of_described_assets(ui: Served) -> None:
    repository = ui.repository()
    nodes = repository["assetNodes"]
    assert {"refresh_all", "statistics_only"} <= {job["name"] for job in repository["jobs"]}
    assert {"sources", "raw", "staging", "intermediate", "marts", "analyses", "stats", "published"} <= {
        node["groupName"] for node in nodes
    }
    for node in nodes:
        assert node["description"] and node["kinds"] and node["owners"], node["assetKey"]


def test_the_weekly_schedule_is_stopped_until_somebody_starts_it(ui: Served) -> None:
    (schedule,) = ui.repository()["schedules"]
    assert schedule["scheduleState"]["status"] == "STOPPED"
    assert schedule["executionTimezone"] == "UTC"


def test_a_refresh_launched_from_the_ui_ends_green_and_publishes(refreshed: Served) -> None:
    with duckdb.connect(str(refreshed.data / "published" / "icb.duckdb"), read_only=True) as con:
        runs = con.execute("select run_id, catalog from stats.runs order by started_at").fetchall()
        specs = con.execute("select count(*), count(distinct run_id) from stats.analysis_specs").fetchone()
    computed, published = runs  # results that were kept have the run that computed them
    assert published == (refreshed.run_id, "demo") and computed[1] == "demo"
    assert specs is not None and specs[0] > 5 and specs[1] == 1


def test_an_analysis_shows_its_estimates_and_its_figures(refreshed: Served) -> None:
    metadata = refreshed.asset("analyses", "demo_igf1r")["metadata"]
    assert "os.cox_univariable" in metadata["survival stats"]["mdStr"]
    figures = {label: entry["mdStr"] for label, entry in metadata.items() if label.startswith("figure: ")}
    for kind in ("kaplan meier", "forest", "flow"):
        assert any(kind in label for label in figures), sorted(figures)
    assert all(len(markdown) < 1000 for markdown in figures.values()), "the UI shows longer ones at a click"
    on_disk = {path.stem for path in (refreshed.data / "published" / "figures" / "demo_igf1r").glob("*.svg")}
    assert {label.removeprefix("figure: ") for label in figures} == {
        name.replace("_", " ") for name in on_disk
    }


@pytest.fixture(scope="module")
def explored(refreshed: Served) -> Iterator[Served]:
    """With `icb explore` beside it, at the address that the UI was told."""
    command = [*ICB, "explore", "--port", refreshed.explorer.rpartition(":")[2]]
    environment = clean_environment(refreshed.data, ICB_DEMO="1")
    server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None and server.stdout.readline().startswith(refreshed.explorer)
    yield refreshed
    server.terminate()
    server.wait(30)


@NEEDS_CHROMIUM
def test_in_a_browser_figures_stand_on_the_page_of_an_analysis_and_a_report_opens_at_a_click(
    explored: Served,
) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.goto(f"{explored.address}/assets/analyses/demo_igf1r")
        figure = page.locator(f"img[src='{explored.explorer}/figure/demo_igf1r/default_os_kaplan_meier.svg']")
        figure.wait_for()
        page.wait_for_function(
            "[...document.querySelectorAll('img[src*=figure]')].every(one => one.complete)"
        )
        shown = page.locator("img[src*='/figure/demo_igf1r/']")
        widths = shown.evaluate_all("all => all.map(one => one.naturalWidth)")
        assert len(widths) >= 12 and all(width > 100 for width in widths)
        assert "IGF1R" in (figure.get_attribute("alt") or "")
        page.goto(f"{explored.address}/assets/reports/demo_igf1r")
        with context.expect_page() as opened:
            page.locator(f"a[href='{explored.explorer}/report/demo_igf1r.html']").first.click()
        report = opened.value
        report.wait_for_load_state()
        assert "IGF1R" in report.locator("h1").inner_text()
        assert report.locator("img, svg").count() > 0


def test_a_mart_shows_its_rows_its_columns_and_where_each_column_comes_from(refreshed: Served) -> None:
    mart = refreshed.asset("marts", "mutations")
    assert mart["opVersion"]
    metadata = mart["metadata"]
    with duckdb.connect(str(refreshed.data / "published" / "icb.duckdb"), read_only=True) as con:
        counted = con.execute("select count(*) from marts.mutations").fetchone()
    assert counted == (metadata["dagster/row_count"]["intValue"],)
    columns = {column["name"]: column for column in metadata["dagster/column_schema"]["schema"]["columns"]}
    assert columns["start_position"]["type"] == "bigint"
    assert columns["hugo_symbol"]["description"].startswith("Current HGNC symbol; null where")
    assert (
        "| hugo_symbol | intermediate.int_mutations.hugo_symbol |" in metadata["origin of columns"]["mdStr"]
    )
    origins = {
        column["columnName"]: [(dep["assetKey"]["path"], dep["columnName"]) for dep in column["columnDeps"]]
        for column in metadata["dagster/column_lineage"]["lineage"]
    }
    assert origins["hugo_symbol"] == [(["intermediate", "int_mutations"], "hugo_symbol")]
    assert origins["person_id"] == [(["intermediate", "int_persons"], "person_id")]
    assert origins.keys() == columns.keys()


def test_dbt_tests_are_checks_of_this_materialisation(refreshed: Served) -> None:
    checks = {
        check["name"]: check
        for check in refreshed.asset("marts", "profiling")["assetChecksOrError"]["checks"]
    }
    assert "no_wild_type_without_coverage" in checks
    for check in checks.values():
        assert check["executionForLatestMaterialization"] == {
            "status": "SUCCEEDED",
            "runId": refreshed.run_id,
        }


def test_the_version_of_a_source_is_that_of_its_tables_and_it_is_as_fresh_as_its_reading(
    refreshed: Served,
) -> None:
    def looked_at() -> dict[str, Any] | None:
        """The page once Dagster's daemon has looked at its freshness, which it does twice a minute."""
        page = refreshed.asset("sources", "demo_luad_2015", "study")
        return None if page["freshnessStatusInfo"]["freshnessStatus"] == "UNKNOWN" else page

    source = wait_until(looked_at, refreshed.is_up, every_s=2)
    assert source["freshnessStatusInfo"]["freshnessStatus"] == "HEALTHY"
    (folder,) = (refreshed.data / "build_demo" / "parsed" / "demo_luad_2015" / "study").iterdir()
    assert source["dataVersion"] == folder.name
    assert len(source["metadata"]["sha256"]["text"]) == 64


def test_a_report_tells_its_answer_in_the_ui(refreshed: Served) -> None:
    metadata = refreshed.asset("reports", "demo_igf1r")["metadata"]
    assert "IGF1R" in metadata["answer"]["mdStr"]


def test_a_page_shows_numbers_for_trends_and_checks_of_what_became_of_it(refreshed: Served) -> None:
    analysis = refreshed.asset("analyses", "demo_igf1r")
    numbers = {
        label: entry["intValue"] if entry["__typename"] == "IntMetadataEntry" else entry["floatValue"]
        for label, entry in analysis["metadata"].items()
        if entry["__typename"] in ("IntMetadataEntry", "FloatMetadataEntry")
    }
    with duckdb.connect(str(refreshed.data / "published" / "icb.duckdb"), read_only=True) as con:
        (people, ratio) = con.execute(
            "select (select count(distinct person_id) from stats.analysis_members where analysis_id = 'demo_igf1r' "
            "and variant = 'default' and is_member), estimate from stats.survival_stats "
            "where stat_id = 'demo_igf1r/default/os.cox_univariable'"
        ).fetchall()[0]
    assert numbers["people"] == people and numbers["hazard ratio os.cox_univariable"] == ratio
    source = refreshed.asset("sources", "demo_luad_2015", "study")
    for page, names in (
        (source, {"its_receipt_holds", "it_counts_whom_it_counted", "it_has_the_rows_that_it_had"}),
        (refreshed.asset("raw", "mutations"), {"every_cohort_has_the_rows_that_it_had"}),
        (analysis, {"every_fit_reached_its_maximum", "it_estimates_what_it_estimated"}),
    ):
        ended = {
            check["name"]: (check["executionForLatestMaterialization"] or {}).get("status")
            for check in page["assetChecksOrError"]["checks"]
        }
        assert names <= ended.keys()
        assert {ended[name] for name in names} == {"SUCCEEDED"}, ended


def test_the_schedule_reads_the_sources_at_its_tick_and_builds_nothing_as_nothing_has_changed(
    refreshed: Served,
) -> None:
    before = published_now(refreshed.data)
    selector = refreshed.selector(scheduleName="weekly_refresh")
    started = refreshed.ask(START_SCHEDULE, selector=selector)["startSchedule"]
    assert started["scheduleState"]["status"] == "RUNNING"

    def ended() -> str | None:
        found = refreshed.ask(RUNS, filter={"tags": SCHEDULED})["runsOrError"]["results"]
        return found[-1]["status"] if found and found[-1]["status"] in ENDS else None

    def said() -> list[str] | None:
        """What the sensor said of a reading that has ended: why it builds nothing, or that it launched a build."""
        sensor = refreshed.selector(sensorName="build_after_reading")
        ticks = refreshed.ask(SENSOR_TICKS, selector=sensor)["sensorOrError"]["sensorState"]["ticks"]
        return [
            tick["skipReason"] or tick["status"]
            for tick in ticks
            if tick["status"] in ("SUCCESS", "FAILURE") or "nothing has changed" in (tick["skipReason"] or "")
        ] or None

    try:
        assert wait_until(ended, refreshed.is_up, every_s=2) == "SUCCESS"
    finally:
        refreshed.ask(STOP_SCHEDULE, id=started["scheduleState"]["id"])
    (reason,) = wait_until(said, refreshed.is_up, every_s=2)
    assert "nothing has changed" in reason
    assert published_now(refreshed.data) == before


def published_now(data: Path) -> tuple[str, str, int]:
    """Name, build and people of the version in force, after its tables were held against each other."""
    version = (data / "published" / "current").resolve()
    with duckdb.connect(str(version / "icb.duckdb"), read_only=True) as con:
        lost = con.execute(
            "select count(*) from stats.analysis_members as m "
            "left join marts.patients as p using (cohort_id, patient_id) "
            "where m.is_member and p.person_id is distinct from m.person_id"
        ).fetchone()
        people = con.execute("select count(*) from marts.patients").fetchone()
    assert lost == (0,) and people is not None
    return version.name, json.loads((version / "manifest.json").read_text())["build"], people[0]


#: Parts of the graph that are materialised by hand one after the other, and what becomes of the run. None of them may
#: publish: the build is not whole from the first to the last.
PARTS = (
    (("raw/cohorts",), "ends"),
    (("published/icb",), "ends"),
    (("draft/icb", "published/icb"), "ends"),
    (("stats/survival_stats", "draft/icb", "published/icb"), "ends"),
    (("stats/claim_checks", "draft/icb", "reports/demo_igf1r", "published/icb"), "is cancelled"),
    (("analyses/demo_alk", "stats/survival_stats", "draft/icb"), "is killed"),
    (("draft/icb", "reports/demo_igf1r", "published/icb"), "ends"),
)


def test_no_part_of_the_graph_publishes_a_version_of_two_builds_whatever_is_stopped_or_killed(
    refreshed: Served,
) -> None:
    before = published_now(refreshed.data)
    together = refreshed.materialised_together()
    for parts, fate in PARTS:
        selected = sorted({one for part in parts for one in together.get(part, {part})})
        run_id = refreshed.launch("__ASSET_JOB", [name.split("/") for name in selected])
        if fate == "is cancelled":
            refreshed.reached(run_id, "STARTED", *ENDS)
            refreshed.ask(STOP, id=run_id)
        if fate == "is killed":
            os.kill(refreshed.worker_of(run_id)["pid"], signal.SIGKILL)
        ended = refreshed.reached(run_id, *ENDS)
        assert published_now(refreshed.data) == before, parts
        if fate == "is killed":
            assert ended["status"] == "FAILURE"
            ended = refreshed.reached(refreshed.run_in_place_of(run_id), *ENDS)
            assert published_now(refreshed.data) == before, parts
        if parts != ("raw/cohorts",) and fate != "is cancelled":
            assert ended["status"] == "FAILURE", (parts, ended["status"])
            said = " ".join(said_by_failures(ended))
            assert (
                "materialise " in said and "downstream of it" in said
            ) or "materialise draft/icb" in said, said
