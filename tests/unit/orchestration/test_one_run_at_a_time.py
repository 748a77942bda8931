"""One run at a time on a data folder, and what becomes of a run whose process was killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.utils import make_new_run_id

from orchestration import sensors as module
from orchestration.sensors import end_dead_runs, sensors
from orchestration.workers import WORKER_TAG, Worker, worker_tags
from warehouse.build.data_lock import (
    BusyError,
    DataFolderError,
    after_the_run_at_work,
    one_run_at_a_time,
)
from warehouse.settings import PROJECT, Settings

STARTED, FAILURE = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE
HOLDER = """
import sys
from pathlib import Path
from warehouse.build.data_lock import one_run_at_a_time
from warehouse.settings import Settings
with one_run_at_a_time(Settings(Path(sys.argv[1]), Path("x"), None, False), "a run elsewhere"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", catalog=tmp_path / "catalog", mirror=None, demo=False)


@pytest.fixture
def elsewhere(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(settings.data)],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_refused_with_the_name_of_the_first(
    settings: Settings, elsewhere: subprocess.Popen[str]
) -> None:
    with pytest.raises(BusyError) as refused, one_run_at_a_time(settings, "this test"):
        pass
    assert "another run is at work: a run elsewhere" in str(refused.value)
    assert str(settings.data) in str(refused.value)


def test_a_launched_run_waits_for_the_one_at_work_says_so_once_and_then_has_the_folder(
    settings: Settings, elsewhere: subprocess.Popen[str]
) -> None:
    said: list[str] = []
    looks = 0

    def look_up() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            elsewhere.kill()
            elsewhere.wait()

    with after_the_run_at_work(settings, "this test", said.append, look_up):
        assert (settings.data / ".run.holder").read_text() == "this test\n"
    assert len(said) == 1 and "another run is at work: a run elsewhere" in said[0]
    assert looks == 2


def test_a_waiting_run_that_is_cancelled_gives_up(
    settings: Settings, elsewhere: subprocess.Popen[str]
) -> None:
    def cancelled() -> None:
        raise dg.DagsterExecutionInterruptedError

    with (
        pytest.raises(dg.DagsterExecutionInterruptedError),
        after_the_run_at_work(settings, "this test", lambda _: None, cancelled),
    ):
        pass


def test_the_folder_is_free_as_soon_as_its_holder_is_killed(
    settings: Settings, elsewhere: subprocess.Popen[str]
) -> None:
    elsewhere.kill()
    elsewhere.wait()
    with one_run_at_a_time(settings, "this test"):
        pass


def test_a_run_may_take_again_what_it_holds_and_keeps_it_until_the_last_is_done(settings: Settings) -> None:
    note = settings.data / ".run.holder"
    with one_run_at_a_time(settings, "outer"):
        with one_run_at_a_time(settings, "inner"):
            assert note.read_text() == "outer\n"
        program = HOLDER.replace("sys.stdin.read()", "")
        done = subprocess.run(
            [sys.executable, "-c", program, str(settings.data)], cwd=PROJECT, capture_output=True, text=True
        )
        assert "another run is at work: outer" in done.stderr


def test_a_folder_that_cannot_be_made_is_one_sentence(settings: Settings) -> None:
    settings.data.parent.mkdir(exist_ok=True)
    settings.data.write_text("a file in the folder's place")
    with (
        pytest.raises(DataFolderError, match="cannot be written") as refused,
        one_run_at_a_time(settings, "this test"),
    ):
        pass
    assert "ICB_DATA" in str(refused.value)


def started(instance: dg.DagsterInstance, worker: Worker | None = None) -> str:
    """A run that is at work by the books, in the process of ``worker``, and launched from a code location 'here'."""

    @dg.job
    def nothing() -> None: ...

    run_id = make_new_run_id()
    tags = {WORKER_TAG: replace(worker, run_id=run_id).tag} if worker else {}
    here = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "icb"), "nothing")
    instance.create_run_for_job(nothing, run_id=run_id, tags=tags, status=STARTED, remote_job_origin=here)
    return run_id


def statuses(instance: dg.DagsterInstance) -> dict[str, dg.DagsterRunStatus]:
    return {record.dagster_run.run_id: record.dagster_run.status for record in instance.get_run_records()}


@pytest.fixture
def killed(elsewhere: subprocess.Popen[str]) -> Worker:
    """The worker that a process of this host was, before it was killed."""
    worker = Worker("", socket.gethostname(), elsewhere.pid, psutil.Process(elsewhere.pid).create_time())
    elsewhere.kill()
    elsewhere.wait()
    return worker


def test_a_run_whose_process_is_gone_is_ended_and_one_that_waits_or_is_of_another_host_is_not(
    killed: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GRACE", -module._GRACE)
    with dg.instance_for_test() as instance:
        dead = started(instance, killed)
        waits = started(instance, Worker.here(""))
        there = started(instance, replace(killed, host="another.example.org"))
        assert end_dead_runs(instance, "here") == 1
        assert statuses(instance) == {dead: FAILURE, waits: STARTED, there: STARTED}


def test_a_process_that_was_given_the_number_of_a_killed_one_is_not_its_worker() -> None:
    here = Worker.here("")
    with dg.instance_for_test() as instance:
        dead = started(instance, replace(here, born=here.born - 3600))
        assert end_dead_runs(instance) == 1
        assert statuses(instance) == {dead: FAILURE}


def test_a_run_that_is_launched_in_place_of_a_dead_one_is_not_taken_for_it(killed: Worker) -> None:
    """Dagster copies the tags of the first to the second."""

    @dg.job
    def nothing() -> None: ...

    with dg.instance_for_test() as instance:
        tags = {WORKER_TAG: replace(killed, run_id="the first").tag}
        second = instance.create_run_for_job(nothing, tags=tags, status=STARTED).run_id
        assert end_dead_runs(instance, "here") == 0
        instance.add_run_tags(second, {WORKER_TAG: replace(killed, run_id=second).tag})
        assert end_dead_runs(instance, "here") == 1


def test_a_launched_run_that_nobody_has_begun_is_dead_when_it_is_old_and_of_this_location(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dg.instance_for_test() as instance:
        run = started(instance)
        assert end_dead_runs(instance, "here") == 0, "it may be about to begin"
        monkeypatch.setattr(module, "_GRACE", -module._GRACE)
        assert end_dead_runs(instance) == end_dead_runs(instance, "there") == 0, "another host's, perhaps"
        assert end_dead_runs(instance, "here") == 1
        assert statuses(instance) == {run: FAILURE}


def test_a_run_says_whose_process_it_is_and_where_it_writes(settings: Settings) -> None:
    tags = worker_tags("a run", settings)
    assert json.loads(tags["icb/worker"]) == {
        "run_id": "a run", "host": socket.gethostname(), "pid": os.getpid(), "born": psutil.Process().create_time(),
    }  # fmt: skip
    assert tags["icb/data"] == str(settings.data)


def test_the_sensor_ends_a_dead_run_though_another_is_at_work(settings: Settings, killed: Worker) -> None:
    (sensor,) = sensors()
    with dg.instance_for_test() as instance, one_run_at_a_time(settings, "this test"):
        run = started(instance, killed)
        with dg.build_sensor_context(instance=instance) as context:
            assert sensor(context).skip_message == "dead runs ended: 1"  # type: ignore[union-attr]
            assert sensor(context).skip_message == "no dead runs"  # type: ignore[union-attr]
        assert statuses(instance) == {run: FAILURE}
