"""No test depends on how fast the machine is: a run is waited for while its process lives, and no longer."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import waiting
from graph_runs import ROOT, Running

#: The longest that a run was waited for before waiting looked at its process.
EARLIER_LIMIT_S = 540
#: A run that ends well as soon as a file called 'go' lies in its data folder.
UNTIL_TOLD = (
    sys.executable,
    "-c",
    "import os, pathlib, time\n"
    "go = pathlib.Path(os.environ['ICB_DATA'], 'go')\n"
    "while not go.exists(): time.sleep(0.01)\n"
    "print('done')",
)


def test_a_run_that_takes_far_longer_than_any_earlier_limit_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Running(tmp_path, "s", (), UNTIL_TOLD)
    clock = itertools.count(0.0, 60.0)  # each look at the clock is a minute later than the one before
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) * 60 > 5 * EARLIER_LIMIT_S:
            (tmp_path / "go").touch()
            run.process.wait()  # type: ignore[union-attr]
            while (
                not run.ended.exists()
            ):  # the thread that writes it down is not waited for by the clock of the test
                time.sleep(0.01)

    monkeypatch.setattr(waiting, "monotonic", lambda: next(clock))
    monkeypatch.setattr(waiting, "sleep", sleep)
    assert run.finished().said == "done\n"
    assert len(waited) * 60 > 5 * EARLIER_LIMIT_S


def test_a_run_that_another_worker_has_started_is_waited_for_and_not_started_again(tmp_path: Path) -> None:
    first, second = Running(tmp_path, "s", (), UNTIL_TOLD), Running(tmp_path, "s", (), UNTIL_TOLD)
    assert first.process is not None and second.process is None
    assert second._end() is None and second._is_at_work()
    (tmp_path / "go").touch()
    assert second.finished().said == first.finished().said == "done\n"


def test_a_run_that_failed_fails_every_test_that_waits_for_it_with_what_it_said(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('no such file'); raise SystemExit(1)")
    for run in (Running(tmp_path, "s", (), command), Running(tmp_path, "s", (), command)):
        with pytest.raises(pytest.fail.Exception, match="ended with 1:\nno such file"):
            run.finished()


def test_a_run_that_was_killed_is_found_at_once(tmp_path: Path) -> None:
    first, second = Running(tmp_path, "s", (), UNTIL_TOLD), Running(tmp_path, "s", (), UNTIL_TOLD)
    assert first.process is not None
    first.process.kill()
    with pytest.raises(pytest.fail.Exception, match="ended with -9"):
        second.finished()


def test_a_run_whose_processes_died_without_an_end_file_is_found_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = textwrap.dedent(
        f"""
        import os
        from pathlib import Path
        from graph_runs import Running
        Running._say_how_it_ended = lambda *_: None
        run = Running(Path({str(tmp_path)!r}), "s", (), {UNTIL_TOLD!r})
        os.kill(run.process.pid, 9)
        os.kill(os.getpid(), 9)
        """
    )
    tests = Path(__file__).parent
    paths = os.pathsep.join(str(folder) for folder in (tests, tests.parent, ROOT))
    died = subprocess.run([sys.executable, "-c", worker], env=os.environ | {"PYTHONPATH": paths}, check=False)
    assert died.returncode == -9
    other = Running(tmp_path, "s", (), UNTIL_TOLD)
    assert other.process is None, "it was started by the worker that died"
    monkeypatch.setattr(waiting, "sleep", lambda _: pytest.fail("nobody is at work any more"))
    with pytest.raises(pytest.fail.Exception, match="ended with no end"):
        other.finished()


def test_a_process_that_was_given_the_number_of_one_that_died_is_another() -> None:
    mine = waiting.identity(os.getpid())
    assert waiting.is_alive(mine)
    assert not waiting.is_alive((mine[0], mine[1] - 3600))
