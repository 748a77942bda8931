"""A publication that is killed at every step of it, one copy of the folder a step.

A step is whatever Python tells its audit hooks about files (open, rename, link, mkdir, remove, ...), so that the steps
are those of the code as it is and none can be forgotten. A process that is killed leaves what is on the disk in that
moment: so one process takes all the steps, and the folder is copied just before each. To start anew for every step and
``kill -9`` it there is the square of the work; `killed_at` does so for one step, and a test holds the two together.
"""

from __future__ import annotations

import hashlib
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
    """Copies of the folder ``before`` as a kill at step 1, 2, ... leaves it, and last as it is after the end.

    ``act`` : ``module:function`` that takes the folder. A process of its own takes the steps.
    """
    code, said = _in_a_process(before, work, act)
    assert code == 0, said
    folders = sorted(work.iterdir())
    assert len(folders) > 10, "hardly a step was seen: what is counted is not what is done"
    return folders


def killed_at(step: int, before: Path, folder: Path, act: str) -> None:
    """Copy the folder ``before`` to ``folder`` and do ``act`` there, in a process that is killed at one step of it."""
    code, said = _in_a_process(before, folder, act, str(step))
    assert code == -signal.SIGKILL, said


def contents(folder: Path) -> str:
    """A digest of names, links and bytes: two folders with the same are one to whoever reads them."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"\0{path.relative_to(folder)}\0".encode())
        if path.is_symlink():
            digest.update(str(path.readlink()).encode())
        elif path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _in_a_process(*arguments: str | Path) -> tuple[int, str]:
    paths = os.pathsep.join(map(str, (_ROOT, _ROOT / "tests", _HERE, *sys.path[:1])))
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=CI_LIMIT_S,
    )
    return done.returncode, done.stderr


def _copy(folder: Path, target: Path) -> None:
    """The folder with its times and links; two names of one file stay two names of one file."""
    copied: dict[int, str] = {}

    def once(source: str, name: str) -> str:
        inode = os.stat(source).st_ino
        if inode in copied:
            os.link(copied[inode], name)
        else:
            shutil.copy2(source, name)
            copied[inode] = name
        return name

    shutil.copytree(folder, target, symlinks=True, copy_function=once)


def _before_each_step(folder: Path, do: Callable[[int], None]) -> None:
    """Call ``do`` with 1, 2, ... before every step in the folder that is not its own."""
    step, is_done_by_us = 0, False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal step, is_done_by_us
        if is_done_by_us or not event.startswith(_FILE_EVENTS):
            return
        if any(str(a).startswith(str(folder)) for a in arguments):
            step, is_done_by_us = step + 1, True
            do(step)
            is_done_by_us = False

    sys.addaudithook(hook)


def _take_all(before: Path, work: Path, act: Callable[[Path], None]) -> None:
    folder = work.with_name(f"{work.name}.now")
    _copy(before, folder)
    work.mkdir()
    _before_each_step(folder, lambda step: _copy(folder, work / f"{step:04d}"))
    act(folder)
    os.listdir(folder)  # a step more: the copy before it is of the end


def _die_at(last: int, before: Path, folder: Path, act: Callable[[Path], None]) -> None:
    def kill(step: int) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    _copy(before, folder)
    _before_each_step(folder, kill)
    act(folder)


if __name__ == "__main__":
    from importlib import import_module

    first, second, (module, _, name) = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].partition(":")
    act = getattr(import_module(module), name)
    os.fsync = lambda _: None  # type: ignore[assignment]  # a killed process loses nothing that was written
    if len(sys.argv) > 4:
        _die_at(int(sys.argv[4]), first, second, act)
    else:
        _take_all(first, second, act)
