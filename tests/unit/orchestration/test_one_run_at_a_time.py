"""One run at a time on a data folder, and what becomes of a run whose process was killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration import sensors as module
from orchestration.sensors import DATA_TAG, end_dead_runs, sensors
from warehouse.build.data_lock import (
    BusyError,
    DataFolderError,
    after_the_run_at_work,
    is_waiting,
    one_run_at_a_time,
)
from warehouse.settings import PROJECT, Settings

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
        assert is_waiting(settings, "the-run") and not is_waiting(settings, "another")
        if looks == 2:
            elsewhere.kill()
            elsewhere.wait()

    with after_the_run_at_work(settings, "this test", "the-run", said.append, look_up):
        assert (settings.data / ".run.holder").read_text() == "this test\n"
    assert len(said) == 1 and "another run is at work: a run elsewhere" in said[0]
    assert looks == 2 and not is_waiting(settings, "the-run")


def test_a_waiting_run_that_is_cancelled_gives_up(
    settings: Settings, elsewhere: subprocess.Popen[str]
) -> None:
    def cancelled() -> None:
        raise dg.DagsterExecutionInterruptedError

    with (
        pytest.raises(dg.DagsterExecutionInterruptedError),
        after_the_run_at_work(settings, "this test", "the-run", lambda _: None, cancelled),
    ):
        pass
    assert not is_waiting(settings, "the-run")


def test_a_run_that_waits_is_not_taken_for_dead(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE", -module._GRACE)
    with dg.instance_for_test() as instance:
        waiting, dead = started(instance), started(instance)
        monkeypatch.setattr(module, "is_waiting", lambda _, run_id: run_id == waiting)
        assert end_dead_runs(instance, settings) == 1
        assert statuses(instance)[waiting] is dg.DagsterRunStatus.STARTED
        assert statuses(instance)[dead] is dg.DagsterRunStatus.FAILURE


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


def started(instance: dg.DagsterInstance, **tags: str) -> str:
    """A run that is at work by the books."""

    @dg.job
    def nothing() -> None: ...

    run = instance.create_run_for_job(nothing, tags=tags, status=dg.DagsterRunStatus.STARTED)
    return run.run_id


def statuses(instance: dg.DagsterInstance) -> dict[str, dg.DagsterRunStatus]:
    return {record.dagster_run.run_id: record.dagster_run.status for record in instance.get_run_records()}


def test_a_dead_run_of_this_folder_is_ended_and_one_of_another_folder_or_of_just_now_is_not(
    settings: Settings,
) -> None:
    with dg.instance_for_test() as instance:
        here = started(instance, **{DATA_TAG: str(settings.data)})
        there = started(instance, **{DATA_TAG: "/another/folder"})
        from_ui = started(instance)
        assert end_dead_runs(instance, settings) == 1
        assert statuses(instance) == {
            here: dg.DagsterRunStatus.FAILURE,
            there: dg.DagsterRunStatus.STARTED,
            from_ui: dg.DagsterRunStatus.STARTED,  # may be about to take the folder
        }


def test_a_run_of_the_ui_that_is_old_and_does_not_hold_the_folder_is_dead(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GRACE", -module._GRACE)
    with dg.instance_for_test() as instance:
        from_ui = started(instance)
        assert end_dead_runs(instance, settings) == 1
        assert statuses(instance) == {from_ui: dg.DagsterRunStatus.FAILURE}


def test_the_sensor_leaves_everything_alone_while_a_run_is_at_work(
    settings: Settings, elsewhere: subprocess.Popen[str]
) -> None:
    (sensor,) = sensors(settings)
    with dg.instance_for_test() as instance:
        run = started(instance, **{DATA_TAG: str(settings.data)})
        with dg.build_sensor_context(instance=instance) as context:
            assert sensor(context).skip_message == "a run is at work"  # type: ignore[union-attr]
        assert statuses(instance) == {run: dg.DagsterRunStatus.STARTED}


def test_the_sensor_ends_a_dead_run_when_nobody_holds_the_folder(settings: Settings) -> None:
    (sensor,) = sensors(settings)
    with dg.instance_for_test() as instance:
        run = started(instance, **{DATA_TAG: str(settings.data)})
        with dg.build_sensor_context(instance=instance) as context:
            assert sensor(context).skip_message == "dead runs ended: 1"  # type: ignore[union-attr]
        assert statuses(instance) == {run: dg.DagsterRunStatus.FAILURE}
