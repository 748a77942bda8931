"""A failed run and an old version are told to whoever is named: to servers on loopback, a file and the log."""

from __future__ import annotations

import json
import logging
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from orchestration.notices.sensors import failure_notice, notice_sensors, stale_notice
from orchestration.notices.targets import Notice, NoticeError, send_all, targets
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
NOTICE = Notice(
    "icb-warehouse: refresh_all failed", "x.gz: the gzip data ends too early; fetch it again.", "2026-11-29"
)


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    """The port of a server that answers in a thread until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])  # type: ignore[index]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[int, list[bytes]]]:
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, got


@contextmanager
def mailbox() -> Iterator[tuple[int, list[str]]]:
    """As much of SMTP (RFC 5321) as a message needs."""
    got: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 loopback\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text.decode())
                    got.append("".join(lines))
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, got


def test_a_webhook_gets_the_sentence_as_text() -> None:
    with webhook() as (port, got):
        assert send_all(targets([f"http://127.0.0.1:{port}/hook"]), NOTICE) == []
    body = json.loads(got[0])
    assert body["text"] == f"{NOTICE.subject}: {NOTICE.text}" and body["at"] == NOTICE.at


def test_a_mailbox_gets_a_message_with_a_subject() -> None:
    with mailbox() as (port, got):
        address = f"smtp://127.0.0.1:{port}/?from=icb@example.org&to=a@example.org&to=b@example.org"
        assert send_all(targets([address]), NOTICE) == []
    assert f"Subject: {NOTICE.subject}" in got[0] and NOTICE.text in got[0].replace("=\r\n", "")
    assert "To: a@example.org, b@example.org" in got[0]


def test_a_file_gets_a_line_and_the_log_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="icb"):
        send_all(targets(["log:", f"file://{tmp_path}/notices.jsonl"]), NOTICE)
        send_all(targets([f"file://{tmp_path}/notices.jsonl"]), NOTICE)
    lines = (tmp_path / "notices.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["subject"] for line in lines] == [NOTICE.subject] * 2
    assert NOTICE.text in caplog.text


def test_a_target_that_fails_is_told_and_keeps_the_others_from_nothing(tmp_path: Path) -> None:
    with webhook(status=500) as (port, _):
        addresses = [f"http://127.0.0.1:{port}/secret-token", "smtp://127.0.0.1:1/?from=a&to=b"]
        faults = send_all(targets([*addresses, f"file://{tmp_path}/notices.jsonl"]), NOTICE)
    assert len(faults) == 2 and all("could not be sent" in fault for fault in faults)
    assert "the answer was 500" in faults[0] and "secret" not in faults[0], "its path is what lets one in"
    assert (tmp_path / "notices.jsonl").exists()


def test_a_target_that_never_answers_or_cannot_be_written_to_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        addresses = [
            f"http://127.0.0.1:{port}/hook",
            f"smtp://127.0.0.1:{port}/?from=a@example.org&to=b@example.org",
            "smtp://127.0.0.1:1/?from=a%0Ab&to=c",
            f"file://{tmp_path}/notices.jsonl/below",
            f"file://{tmp_path}/notices.jsonl",
        ]
        (tmp_path / "notices.jsonl").touch()
        faults = send_all(targets(addresses), NOTICE, seconds=0.3)
    assert [fault.partition(" could not")[0].split(":")[0] for fault in faults] == [
        "http",
        "smtp",
        "smtp",
        "file",
    ]
    assert sum("no answer within 0.3 seconds" in fault for fault in faults) == 2
    assert NOTICE.subject in (tmp_path / "notices.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "address",
    [
        "mailto:you@example.org",
        "smtp://host:25/",
        "https:",
        "file:",
        "you@example.org",
        "https://host:99999/",
        "http://[x/",
    ],
)
def test_a_target_that_is_none_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(NoticeError, match="ICB_NOTIFY"):
        targets([address])


@dg.op
def broken() -> None:
    raise ValueError("the gzip data ends too early")


@dg.job
def refresh_all() -> None:
    broken()


def settings(tmp_path: Path, *notify: str) -> Settings:
    return Settings(data=tmp_path, catalog=tmp_path, mirror=None, demo=False, notify=notify)


def test_the_sensor_tells_of_a_failed_run_in_the_words_of_its_error(tmp_path: Path) -> None:
    with webhook() as (port, got):
        sensor = notice_sensors(settings(tmp_path, f"http://127.0.0.1:{port}/"))[0]
        with dg.instance_for_test() as instance:
            done = refresh_all.execute_in_process(instance=instance, raise_on_error=False)
            context = dg.build_run_status_sensor_context(
                sensor_name="run_failed",
                dagster_event=next(event for event in done.all_events if event.is_job_failure),
                dagster_instance=instance,
                dagster_run=done.dagster_run,
            ).for_run_failure()
            sensor(context)
    told = json.loads(got[0])
    assert told["subject"] == "icb-warehouse: refresh_all failed"
    assert "the gzip data ends too early" in told["text"] and done.run_id in told["text"]
    assert "Nothing was published yet." in told["text"]


def publish(folder: Path, at: datetime) -> None:
    folder.mkdir(parents=True)
    (folder / "icb.duckdb").touch()
    (folder / "manifest.json").write_text(
        json.dumps({"version": "v", "published_at": at.isoformat(), "run_id": None, "catalogue": "public",
                    "cohorts": [], "rows": {}, "files": []}), encoding="utf-8")  # fmt: skip


@pytest.mark.parametrize(("days", "is_told"), [(1, False), (7.9, False), (8.1, True), (40, True)])
def test_a_version_is_old_after_eight_days(tmp_path: Path, days: float, is_told: bool) -> None:
    publish(tmp_path / "published", NOW - timedelta(days=days))
    notice = stale_notice(settings(tmp_path), NOW)
    assert (notice is not None) == is_told
    assert notice is None or f"{int(days)} days ago" in notice.text


def test_what_was_never_published_is_not_old(tmp_path: Path) -> None:
    assert stale_notice(settings(tmp_path), NOW) is None


def test_an_old_version_is_told_of_once(tmp_path: Path) -> None:
    publish(tmp_path / "published", datetime(2020, 1, 1, tzinfo=UTC))
    sensor = notice_sensors(settings(tmp_path, f"file://{tmp_path}/notices.jsonl"))[2]
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(instance=instance)
        sensor(context)
        sensor(dg.build_sensor_context(instance=instance, cursor=context.cursor))
    assert len((tmp_path / "notices.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_a_notice_of_a_failed_run_has_the_age_of_what_people_read_and_the_address_of_the_run(
    tmp_path: Path,
) -> None:
    publish(tmp_path / "published", NOW - timedelta(days=3, hours=5))
    run = dg.DagsterRun("refresh_all", "abc-123")
    there = replace(settings(tmp_path), ui="http://127.0.0.1:3000")
    text = failure_notice(run, "x.gz: the gzip data ends too early.", there, NOW).text
    name = version_in_force(tmp_path / "published").name
    assert text == (
        f"x.gz: the gzip data ends too early. The published version {name} is unchanged (3 days old). "
        "Run of refresh_all: http://127.0.0.1:3000/runs/abc-123"
    )


class Table:
    """An asset whose check says what it is told to."""

    passes = True


@dg.asset(check_specs=[dg.AssetCheckSpec("has_rows", asset="table")])
def table() -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
    yield dg.Output(None)
    yield dg.AssetCheckResult(
        passed=Table.passes, severity=dg.AssetCheckSeverity.WARN, description="no row is left."
    )


def test_a_check_that_passed_before_is_told_of_once_and_with_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notices.jsonl"
    sensor = notice_sensors(settings(tmp_path, f"file://{file}"))[1]
    told: list[int] = []
    with dg.instance_for_test() as instance:
        for passes in (True, False, False, True, False):
            monkeypatch.setattr(Table, "passes", passes)
            done = dg.materialize([table], instance=instance)
            context = dg.build_run_status_sensor_context(
                sensor_name="checks_failed",
                dagster_event=next(event for event in done.all_events if event.is_job_success),
                dagster_instance=instance,
                dagster_run=done.dagster_run,
            )
            sensor(context)
            told.append(len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0)
    assert told == [0, 1, 1, 1, 2], "when it begins to fail, and when it does again"
    notice = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    assert notice["subject"].startswith("icb-warehouse: a check of ")
    assert notice["text"].startswith("has_rows of table (warn): no row is left. Run of ")
