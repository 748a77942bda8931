"""A publication that is killed at every step of it, one copy of the folder a step.

A step is whatever Python tells its audit hooks about files (open, rename, link, mkdir, remove, ...), so that the steps
are those of the code as it is and none can be forgotten: ``kill -9`` falls just before the k-th, for every k.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from waiting import CI_LIMIT_S

_FILE_EVENTS = ("open", "os.", "shutil.")
_HERE = Path(__file__).parent
_ROOT = _HERE.parents[3]


def killed_at_every_step(before: Path, work: Path, act: str) -> list[Path]:
    """Copies of the folder ``before`` as they are after a kill at step 1, 2, ..., and last one that was let finish.

    ``act`` : ``module:function`` that takes the folder. A process of its own takes the steps and forks for each.
    """
    done = subprocess.run(
        [sys.executable, __file__, str(before), str(work), act],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(map(str, (_ROOT, _ROOT / "tests", _HERE, *sys.path[:1])))},
        capture_output=True,
        text=True,
        timeout=CI_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    folders = sorted(work.iterdir())
    assert len(folders) > 10, "hardly a step was seen: what is counted is not what is done"
    return folders


def _kill_before(step: int, folder: Path) -> None:
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event.startswith(_FILE_EVENTS) and any(str(a).startswith(str(folder)) for a in arguments):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _main(before: Path, work: Path, act: Callable[[Path], None]) -> None:
    work.mkdir()
    step, was_killed = 0, True
    while was_killed:
        step += 1
        folder = work / f"{step:04d}"
        shutil.copytree(before, folder, symlinks=True)
        child = os.fork()  # nothing here has opened a database, so that no thread is lost
        if child == 0:
            os.fsync = lambda _: None  # type: ignore[assignment]  # a killed process loses nothing that was written
            _kill_before(step, folder)
            act(folder)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not was_killed and status != 0:
            sys.exit(f"step {step} ended with {status}")


if __name__ == "__main__":
    from importlib import import_module

    module, _, name = sys.argv[3].partition(":")
    _main(Path(sys.argv[1]), Path(sys.argv[2]), getattr(import_module(module), name))
