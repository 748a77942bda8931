"""What happens to an installation that runs for years: files that do not load, workers, servers and a daemon that are
killed, ticks that were missed, two hosts on one queue. Driven through the web server, on PostgreSQL, in the processes
of compose.yaml, with twelve generated patients. Each test goes on from where the one before it has ended.

Needs Debian's PostgreSQL (`apt-get install postgresql`); CI installs it and fails without it (ICB_REQUIRE_POSTGRES).
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from graph_runs import ICB, ROOT, Running
from hosts import LOOPBACK, SecondHost, second_host
from served import (
    ENDS,
    LOCATION,
    RELOAD,
    RUNS,
    SCHEDULE_TICKS,
    SENSOR_TICKS,
    STALE,
    START_SCHEDULE,
    STOP_SCHEDULE,
    Served,
    free_port,
    said_by_failures,
)
from services import (
    NEEDS_POSTGRES,
    Host,
    Service,
    command_of,
    environment_of,
    health_check_of,
    postgres,
)
from tiny import STUDY, TABLE, Tiny
from waiting import wait_until

from warehouse.build.data_lock import one_run_at_a_time
from warehouse.versions.layout import versions

pytestmark = NEEDS_POSTGRES
THERE = "icb_elsewhere"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
BROKEN = "analysis_id: tiny_alk\ntitle: {never: closed\n"
#: Three weeks hold three Mondays at 04:00, on whichever day they begin.
THREE_WEEKS_PASS = """
import time
import dagster as dg

with dg.DagsterInstance.get() as instance:
    (state,) = [state for state in instance.all_instigator_state() if state.name == "weekly_refresh"]
    then = time.time() - 21 * 24 * 3600
    data = state.instigator_data._replace(start_timestamp=then, last_iteration_timestamp=then)
    instance.update_instigator_state(state.with_data(data))
"""
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)"
#: What a run says that does not get the data folder at once.
WAITS = "another run is at work: this test"
SUCCESS, FAILURE, STARTED, QUEUED = "SUCCESS", "FAILURE", "STARTED", "QUEUED"


@dataclass
class Installation:
    """One Dagster on PostgreSQL, with the code of two hosts."""

    here: Host
    there: Host
    elsewhere: SecondHost
    web: Service
    daemon: Service
    ui: Served
    web_port: int
    workspace: Path
    #: Holds this host's data folder while it is open, so that a run of it waits.
    busy: ExitStack
    at_work: str = ""  # a run of this host
    waiting: str = ""  # one in the queue behind it

    def ticks(self, sensor: str, location: str = LOCATION) -> list[dict[str, Any]]:
        """Ticks of a sensor, the last first."""
        selector = self.ui.selector(location, sensorName=sensor)
        found: list[dict[str, Any]] = self.ui.ask(SENSOR_TICKS, selector=selector)["sensorOrError"][
            "sensorState"
        ]["ticks"]
        return found


@pytest.fixture(scope="module")
def installed(
    running: dict[str, Running], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The installation; the runs that other files share are started before it, and go on beside it."""
    folder = tmp_path_factory.mktemp("operations")
    services: list[Service] = []
    with second_host("elsewhere") as elsewhere, postgres(elsewhere.first) as postgres_port:
        try:
            yield _install(folder, postgres_port, services, elsewhere)
        finally:
            for service in reversed(services):
                if service.process is not None:  # a host that no test has started yet
                    service.kill()


def _install(
    folder: Path, postgres_port: int, services: list[Service], elsewhere: SecondHost
) -> Installation:
    here = _host(folder / LOCATION, LOCATION, postgres_port)
    there = _host(folder / THERE, THERE, postgres_port, elsewhere)
    services.append(here.code)
    here.start()
    workspace, web_port = folder / "workspace.yaml", free_port()
    _serve(workspace, here)
    replaced = {"0.0.0.0": "127.0.0.1", "3000": str(web_port), "deploy/workspace.yaml": str(workspace)}
    web = Service(command_of("web", **replaced), here.code.environment, folder / "web.log").start()
    daemon = Service(command_of("daemon", **replaced), here.code.environment, folder / "daemon.log").start()
    services += [web, daemon, there.code]

    def is_up() -> bool:
        return web.is_up() and daemon.is_up()

    ui = Served(f"http://127.0.0.1:{web_port}", here.tiny.data, is_up)
    ui.wait_until_loaded(web.log)
    return Installation(here, there, elsewhere, web, daemon, ui, web_port, workspace, ExitStack())


def _host(folder: Path, name: str, postgres_port: int, second: SecondHost | None = None) -> Host:
    tiny = Tiny(folder / "data", folder / "mirror", folder / "catalog")
    tiny.write_sources()
    notices = f"file://{folder}/notices.jsonl"
    database = second.first if second else LOOPBACK, postgres_port
    environment = environment_of(tiny, folder / "home", database, ICB_STRICT="1", ICB_NOTIFY=notices)
    port, address = free_port(), second.second if second else LOOPBACK
    command = command_of("code", **{"0.0.0.0": address, "4000": str(port)})
    if second is not None:
        command, more = second.command(command, folder / "name")
        environment |= more
    return Host(name, tiny, port, Service(command, environment, folder / "code.log"), address)


def _serve(workspace: Path, *hosts: Host) -> None:
    """Write the workspace: the entry of the project for each host."""
    (entry,) = yaml.safe_load((ROOT / "deploy" / "workspace.yaml").read_text())["load_from"]
    server = entry["grpc_server"]
    assert server == {"host": "code", "port": 4000, "location_name": LOCATION}
    entries = [
        {**server, "host": host.address, "port": host.port, "location_name": host.name} for host in hosts
    ]
    workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": one} for one in entries]}))


def reload(ui: Served, location: str = LOCATION) -> None:
    answer = ui.ask(RELOAD, name=location)["reloadRepositoryLocation"]
    assert answer["locationOrLoadError"]["__typename"] == "RepositoryLocation", answer


def changed(ui: Served) -> set[str]:
    """Assets that are marked because what they themselves are made of is another."""
    nodes = ui.ask(STALE, keys=[{"path": n["assetKey"]["path"]} for n in ui.repository()["assetNodes"]])
    return {
        "/".join(node["assetKey"]["path"])
        for node in nodes["assetNodes"]
        for cause in node["staleCauses"] or []
        if cause["category"] == "CODE" and cause["key"] == node["assetKey"]
    }


def test_the_health_checks_of_compose_pass(installed: Installation) -> None:
    checks = {
        "code": health_check_of("code", **{"4000": str(installed.here.port)}),
        "web": health_check_of("web", **{"3000": str(installed.web_port)}),
        "daemon": health_check_of("daemon"),
    }
    for service, command in checks.items():
        environment = installed.here.code.environment
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, (service, done.stdout + done.stderr)


def test_a_file_that_does_not_load_fails_alone_and_the_rest_is_made(installed: Installation) -> None:
    ui, analysis = installed.ui, installed.here.tiny.analysis_yaml
    whole = analysis.read_text()
    analysis.write_text(BROKEN)
    reload(ui)
    run_id = ui.launch("refresh_all")
    ended = ui.reached(run_id, *ENDS)
    assert ended["status"] == FAILURE
    said = " ".join(said_by_failures(ended))
    assert f"{analysis} line" in said and "broken YAML" in said and "mend that line" in said
    failed = {e["stepKey"] for e in ended["eventConnection"]["events"] if "stepKey" in e}
    assert failed == {"analyses__tiny_alk"}, failed
    assert not installed.here.tiny.settings.published_file.exists()
    analysis.write_text(whole)


def test_of_a_failed_run_one_notice_is_sent_with_its_sentence(installed: Installation) -> None:
    notices = installed.here.tiny.data.parent / "notices.jsonl"

    def sent() -> list[dict[str, str]] | None:
        return [json.loads(line) for line in notices.read_text().splitlines()] if notices.exists() else None

    (notice,) = wait_until(sent, installed.ui.is_up, every_s=1)
    assert notice["subject"] == "icb-warehouse: refresh_all failed"
    assert "broken YAML" in notice["text"]


def test_after_the_file_was_mended_a_retry_from_failure_completes_and_publishes(
    installed: Installation,
) -> None:
    ui = installed.ui
    (failed,) = ui.ask(RUNS, filter={"statuses": [FAILURE]})["runsOrError"]["results"]
    reload(ui)
    again = ui.reached(ui.retry_from_failure(failed["runId"]), *ENDS)
    assert again["status"] == SUCCESS, said_by_failures(again)
    made_again = [
        e for e in again["eventConnection"]["events"] if e["__typename"] == "ExecutionStepStartEvent"
    ]
    assert len(made_again) < 20, "tables that were made are not made again"
    with duckdb.connect(str(installed.here.tiny.settings.published_file), read_only=True) as con:
        assert con.execute("select cohort_id from marts.cohorts order by 1").fetchall() == [
            (STUDY,),
            (TABLE,),
        ]
        analyses = con.execute("select distinct analysis_id from stats.survival_stats").fetchall()
    assert analyses == [("tiny_alk",)]
    assert len(versions(installed.here.tiny.settings.published)) == 1
    assert changed(ui) == set()


def test_where_nobody_serves_the_version_a_computed_figure_is_in_the_event_log(
    installed: Installation,
) -> None:
    metadata = installed.ui.asset("analyses", "tiny_alk")["metadata"]
    figures = {label: entry["mdStr"] for label, entry in metadata.items() if label.startswith("figure: ")}
    assert {"figure: default os kaplan meier", "figure: default os flow"} <= figures.keys()
    for markdown in figures.values():
        head, _, encoded = markdown.partition(";base64,")
        assert head.endswith("](data:image/png")
        assert base64.b64decode(encoded.removesuffix(")")).startswith(PNG_SIGNATURE)


def test_an_edit_marks_what_is_made_of_it_when_the_location_is_reloaded(installed: Installation) -> None:
    cohort = installed.here.tiny.cohort_yaml
    whole = cohort.read_text()
    try:
        cohort.write_text(whole.replace("unit: months", "unit: days"))
        reload(installed.ui)
        assert changed(installed.ui) == {f"sources/{TABLE}/clinical", "raw/column_maps"}
    finally:
        cohort.write_text(whole)
        reload(installed.ui)
    assert changed(installed.ui) == set()


def test_the_second_host_reaches_the_first_over_the_network_between_them_alone(
    installed: Installation, tmp_path: Path
) -> None:
    elsewhere = installed.elsewhere
    if elsewhere.namespace is None:
        pytest.skip(
            "no network namespace can be made here (root and iproute2): the second host shares this network"
        )
    port = installed.here.code.environment["ICB_POSTGRES_PORT"]
    reached = {}
    for address in (elsewhere.first, LOOPBACK):
        command, more = elsewhere.command([sys.executable, "-c", CONNECT, address, port], tmp_path / address)
        reached[address] = subprocess.run(command, env=os.environ | more, capture_output=True).returncode == 0
    assert reached == {elsewhere.first: True, LOOPBACK: False}


def test_runs_of_two_hosts_wait_in_one_queue_and_a_run_of_another_host_is_never_ended(
    installed: Installation,
) -> None:
    """A second host joins, and goes down with its run while one of the first waits in the queue."""
    ui, there = installed.ui, installed.there
    there.start()
    _serve(installed.workspace, installed.here, there)
    for service in (installed.web, installed.daemon):
        service.kill()
        service.start()
    ui.wait_until_loaded(installed.web.log, LOCATION, THERE)
    installed.busy.enter_context(one_run_at_a_time(installed.here.tiny.settings, "this test"))
    with one_run_at_a_time(there.tiny.settings, "this test"):
        lost = ui.launch("read_sources", location=THERE)
        ui.reached(lost, STARTED, saying=WAITS)
        assert ui.worker_of(lost)["host"] == "elsewhere"
        installed.at_work = ui.launch("read_sources")
        there.code.kill()
        down_since = datetime.now(UTC).timestamp()

        def looked() -> list[str] | None:
            """What this host has said since of dead runs, when it has looked."""
            since = [t["skipReason"] for t in installed.ticks("dead_runs") if t["timestamp"] > down_since]
            return [said for said in since if said] or None

        assert {*wait_until(looked, ui.is_up, every_s=2)} == {"no dead runs"}
        assert ui.reached(lost, STARTED) and ui.reached(installed.at_work, QUEUED)
        there.start()
        assert ui.reached(lost, *ENDS)["status"] == FAILURE
        installed.waiting = ui.run_in_place_of(lost)
    ui.reached(installed.at_work, STARTED, saying=WAITS)
    assert ui.reached(installed.waiting, QUEUED)


def test_a_run_whose_worker_is_killed_is_closed_and_launched_again_and_the_queue_moves_on(
    installed: Installation,
) -> None:
    ui, lost = installed.ui, installed.at_work
    os.kill(ui.worker_of(lost)["pid"], signal.SIGKILL)
    assert ui.reached(lost, *ENDS)["status"] == FAILURE
    installed.at_work = ui.run_in_place_of(lost)
    assert ui.reached(installed.waiting, *ENDS)["status"] == SUCCESS
    ui.reached(installed.at_work, STARTED, saying=WAITS)


def test_icb_run_beside_a_run_says_which_is_at_work_and_ends(installed: Installation) -> None:
    said = subprocess.run(
        [*ICB, "run"], env=installed.here.code.environment, cwd=ROOT, capture_output=True, text=True
    )
    assert said.returncode == 1 and WAITS in said.stderr and "Traceback" not in said.stderr


def test_a_run_goes_on_while_server_and_daemon_are_gone_and_of_missed_ticks_one_reads_the_sources(
    installed: Installation,
) -> None:
    ui, at_work = installed.ui, installed.at_work
    selector = ui.selector(scheduleName="weekly_refresh")
    switched_on = ui.ask(START_SCHEDULE, selector=selector)["startSchedule"]["scheduleState"]
    assert switched_on["status"] == "RUNNING"
    installed.web.kill()
    installed.daemon.kill()
    installed.busy.close()
    _three_weeks_pass(installed)
    ui = installed.ui = replace(ui, is_up=installed.web.is_up)
    installed.web.start()
    ui.wait_until_loaded(installed.web.log, LOCATION)
    assert ui.reached(at_work, *ENDS)["status"] == SUCCESS
    back = datetime.now(UTC).timestamp()
    installed.daemon.start()

    def missed() -> list[dict[str, Any]]:
        found = ui.ask(SCHEDULE_TICKS, selector=selector)["scheduleOrError"]["scheduleState"]["ticks"]
        return [tick for tick in found if tick["timestamp"] < back and tick["status"] != STARTED]

    (tick,) = wait_until(lambda: missed() or None, ui.is_up, every_s=1)
    ui.ask(STOP_SCHEDULE, id=switched_on["id"])
    assert tick["status"] == SUCCESS and len(tick["runIds"]) == 1
    assert ui.reached(tick["runIds"][0], *ENDS)["status"] == SUCCESS
    assert missed() == [tick], "Dagster makes up for the last of three"


def _three_weeks_pass(installed: Installation) -> None:
    """The schedule was switched on, and has looked for ticks last, three weeks ago."""
    done = subprocess.run(
        [sys.executable, "-c", THREE_WEEKS_PASS], env=installed.here.code.environment, cwd=ROOT, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
