"""Dagster's web server as a browser asks it (GraphQL), for the tests that start one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from waiting import CI_LIMIT_S, NobodyIsAtWorkError, wait_until

ENDS = ("SUCCESS", "FAILURE", "CANCELED")
LOCATION = "icb_warehouse"

LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    __typename ... on PythonError { message }
    ... on RepositoryLocation { repositories { name
        jobs { name } schedules { name cronSchedule executionTimezone scheduleState { status } }
        assetNodes { assetKey { path } opNames groupName description kinds
            owners { ... on TeamAssetOwner { team } } } } } }
} } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
AGAIN = """mutation($params: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
STOP = """mutation($id: String!) { terminateRun(runId: $id) { __typename } }"""
RELOAD = """mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) {
    __typename ... on WorkspaceLocationEntry { locationOrLoadError { __typename } } } }"""
START_SCHEDULE = """mutation($selector: ScheduleSelector!) { startSchedule(scheduleSelector: $selector) {
    ... on ScheduleStateResult { scheduleState { id status } } } }"""
STOP_SCHEDULE = """mutation($id: String!) { stopRunningSchedule(id: $id) { __typename } }"""
SCHEDULE_TICKS = """query($selector: ScheduleSelector!) { scheduleOrError(scheduleSelector: $selector) {
    ... on Schedule { scheduleState { ticks(limit: 50) { status skipReason runIds timestamp } } } } }"""
SENSOR_TICKS = """query($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) {
    ... on Sensor { sensorState { ticks(limit: 50) { status skipReason timestamp } } } } }"""
RUNS = """query($filter: RunsFilter!) { runsOrError(filter: $filter) {
    ... on Runs { results { runId status tags { key value } } } } }"""
STATE = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status tags { key value } } } }"""
STATUS = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status tags { key value }
    eventConnection { events { __typename ... on MessageEvent { message } ... on ExecutionStepFailureEvent {
        stepKey error { message errorChain { error { message } } } } } } } } }"""
STALE = """query($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) { assetKey { path } staleStatus
    staleCauses { key { path } category reason } } }"""
ASSET = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
    opVersion dataVersion freshnessStatusInfo { freshnessStatus }
    assetChecksOrError { ... on AssetChecks { checks { name blocking
        executionForLatestMaterialization { status runId } } } }
    assetMaterializations(limit: 1) { runId metadataEntries { label __typename
        ... on MarkdownMetadataEntry { mdStr } ... on IntMetadataEntry { intValue } ... on TextMetadataEntry { text }
        ... on FloatMetadataEntry { floatValue } ... on UrlMetadataEntry { url }
        ... on TableSchemaMetadataEntry { schema { columns { name type description } } }
        ... on TableColumnLineageMetadataEntry { lineage { columnName columnDeps { assetKey { path } columnName } } }
    } } } } }"""


@dataclass
class Served:
    """Dagster's UI on a loopback port.

    Attributes
    ----------
    is_up : whether all that must live for a run to go on lives.
    run_id : the run that made what is asked of.
    explorer : where `icb explore` is to serve what it publishes.
    names : of the repository of each location, once it was asked for.
    """

    address: str
    data: Path
    is_up: Callable[[], bool]
    run_id: str = ""
    explorer: str = ""
    names: dict[str, str] = field(default_factory=dict)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.address}/graphql", json={"query": query, "variables": variables}, timeout=CI_LIMIT_S
        ).json()
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found

    def repository(self, location: str = LOCATION) -> dict[str, Any]:
        entries = {e["name"]: e for e in self.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]}
        loaded = entries[location]["locationOrLoadError"]
        assert loaded["__typename"] == "RepositoryLocation", loaded.get("message")
        found: dict[str, Any] = loaded["repositories"][0]
        return found

    def wait_until_loaded(self, log: Path, *locations: str) -> None:
        """Wait until every location is there."""

        def answer() -> list[dict[str, Any]] | None:
            try:
                return [self.repository(location) for location in locations or (LOCATION,)]
            except httpx.TransportError:
                return None

        try:
            wait_until(answer, self.is_up, every_s=1)
        except NobodyIsAtWorkError:
            said = log.read_text(encoding="utf-8")[-3000:]
            pytest.fail(f"the UI did not come up:\n{said}", pytrace=False)

    def materialised_together(self) -> dict[str, set[str]]:
        """Asset -> the assets that one step makes with it."""
        nodes = self.repository()["assetNodes"]
        steps: dict[str, set[str]] = {}
        for node in nodes:
            if node["assetKey"]["path"][0] in ("raw", "stats"):
                steps.setdefault(node["opNames"][0], set()).add("/".join(node["assetKey"]["path"]))
        return {name: names for names in steps.values() for name in names}

    def selector(self, location: str = LOCATION, **more: Any) -> dict[str, Any]:
        """What names a job, a schedule or a sensor of a location."""
        if location not in self.names:  # asked for at every look at a sensor, and with it all assets are told
            self.names[location] = self.repository(location)["name"]
        return {"repositoryLocationName": location, "repositoryName": self.names[location], **more}

    def launch(self, job: str, assets: list[list[str]] | None = None, location: str = LOCATION) -> str:
        """Launch a job, or assets by themselves, into the queue; gives the run's id."""
        selector = self.selector(location, jobName=job)
        if assets is not None:
            selector["assetSelection"] = [
                {"path": path} for path in assets
            ]  # their checks too, as the UI does
        launched = self.ask(LAUNCH, params={"selector": selector, "runConfigData": {}, "mode": "default"})
        assert launched["launchRun"]["__typename"] == "LaunchRunSuccess", launched
        run_id: str = launched["launchRun"]["run"]["runId"]
        return run_id

    def retry_from_failure(self, run_id: str) -> str:
        """What the button of the same name does; gives the new run's id."""
        launched = self.ask(AGAIN, params={"parentRunId": run_id, "strategy": "FROM_FAILURE"})
        assert launched["launchRunReexecution"]["__typename"] == "LaunchRunSuccess", launched
        again: str = launched["launchRunReexecution"]["run"]["runId"]
        return again

    def reached(self, run_id: str, *statuses: str, saying: str = "") -> dict[str, Any]:
        """Wait until a run has one of these states and, if that is asked for, one of its messages says so."""

        def look() -> dict[str, Any] | None:
            if self.ask(STATE, id=run_id)["runOrError"]["status"] not in statuses:
                return None  # its events, thousands of a build, are not asked for yet
            found: dict[str, Any] = self.ask(STATUS, id=run_id)["runOrError"]
            said = [event.get("message") or "" for event in found["eventConnection"]["events"]]
            is_said = not saying or any(saying in one for one in said)
            return found if found["status"] in statuses and is_said else None

        return wait_until(look, self.is_up, every_s=1)

    def run_in_place_of(self, run_id: str) -> str:
        """The run that Dagster launches in place of a lost one."""
        tags = [{"key": "dagster/parent_run_id", "value": run_id}]

        def look() -> str | None:
            found = self.ask(RUNS, filter={"tags": tags})["runsOrError"]["results"]
            return found[0]["runId"] if found else None

        return wait_until(look, self.is_up, every_s=1)

    def worker_of(self, run_id: str) -> dict[str, Any]:
        """Host and process of a run that is at work, as soon as it has said them."""

        def look() -> dict[str, Any] | None:
            tags = {tag["key"]: tag["value"] for tag in self.ask(STATE, id=run_id)["runOrError"]["tags"]}
            worker: dict[str, Any] = json.loads(tags.get("icb/worker", "{}"))
            return worker if worker.get("run_id") == run_id else None

        return wait_until(look, self.is_up, every_s=0.5)

    def asset(self, *path: str) -> dict[str, Any]:
        """The page of an asset, with the metadata of its last materialisation by label."""
        page: dict[str, Any] = self.ask(ASSET, key={"path": path})["assetNodeOrError"]
        (last,) = page["assetMaterializations"]
        assert not self.run_id or last["runId"] == self.run_id
        return page | {"metadata": {entry["label"]: entry for entry in last["metadataEntries"]}}


def said_by_failures(status: dict[str, Any]) -> list[str]:
    """What the failed steps of a run say."""
    failed = [
        e["error"]
        for e in status["eventConnection"]["events"]
        if e["__typename"] == "ExecutionStepFailureEvent"
    ]
    return [
        text
        for error in failed
        for text in (error["message"], *(c["error"]["message"] for c in error["errorChain"]))
    ]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server with its daemon, code servers and runs: they are all of one session."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(20)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
