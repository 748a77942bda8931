"""Whole runs of ``icb run``: killed at random moments, or on a disk that fills up. ``python runs.py --help``.

What is run is a warehouse of two cohorts and one analysis (``tests/integration/tiny.py``): every step of a run, from
the download to the link that is replaced, in well under a minute, so that a hundred kills are an hour. Or the demo,
with ``--demo``. Every trial is a line of ``trials.jsonl`` in the folder; a second call goes on where the first ended.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "integration")]

import duckdb  # noqa: E402
from tiny import Tiny  # noqa: E402

from ingestion.errors import IngestionError  # noqa: E402
from warehouse.build.steps import steps_in  # noqa: E402
from warehouse.settings import Settings  # noqa: E402
from warehouse.versions.draft import sweep  # noqa: E402
from warehouse.versions.layout import version_in_force  # noqa: E402
from warehouse.versions.manifest import faults_of, read_manifest  # noqa: E402
from warehouse.versions.publication import prune_versions  # noqa: E402

#: Of one run that is killed, unless the caller says.
MOMENTS = 12
#: Tables that grow with every run.
_OF_RUNS = ("stats.runs",)


@dataclass(frozen=True)
class Trial:
    """One run that was killed or starved.

    Attributes
    ----------
    at : seconds after which it was killed, or had come to its end; or megabytes that it was left.
    ended : "killed", "stopped" (and looked at as a kill would leave it), "a sentence", "published", or "untyped".
    after : the last step that it had told of.
    said : its last line, where it ended by itself.
    wrong : what was lost, mixed or untyped; empty when nothing was.
    """

    n: int
    at: float
    ended: str
    after: str
    said: str
    wrong: list[str]


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody killed or starved.

    Attributes
    ----------
    seconds, bytes : how long it took, and what it needed at the most of the disk.
    rows : by table of the version that it published, but those that count runs.
    """

    seconds: float
    bytes: float
    rows: dict[str, int]


@dataclass(frozen=True)
class Installation:
    """A warehouse of its own: where it lies, and how it is run; ``moments`` of each run that is killed."""

    folder: Path
    demo: bool
    moments: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def _said(self) -> Path:
        """Not in the folder, whose disk may be full."""
        return Path(tempfile.gettempdir()) / f"icb_runs_{os.getpid()}.said"

    @property
    def build(self) -> Path:
        return Settings(self.data, self.folder / "catalog", None, self.demo).build_file

    def set_up(self) -> None:
        """The sources and the catalogue, unless they are there."""
        made = Tiny(self.data, self.folder / "mirror", self.folder / "catalog")
        self.data.mkdir(parents=True, exist_ok=True)
        if not self.demo and not made.catalog.exists():
            made.write_sources()

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """A run, with its processes in a group of their own."""
        environment = os.environ | {
            "ICB_DATA": str(self.data), "DAGSTER_HOME": str(self.data / "dagster"), "PYTHONPATH": str(ROOT),
            "DO_NOT_TRACK": "1",
        }  # fmt: skip
        if not self.demo:
            environment |= {
                "ICB_CATALOG": str(self.folder / "catalog"),
                "ICB_MIRROR": str(self.folder / "mirror"),
            }
        command = [
            sys.executable,
            "-m",
            "interfaces.cli.main",
            "run",
            *options,
            *(["--demo"] if self.demo else []),
        ]
        with open(self._said, "wb") as said:
            return subprocess.Popen(
                command, env=environment, stdout=said, stderr=said, start_new_session=True
            )

    def said(self) -> list[str]:
        """The lines of the last run."""
        text = self._said.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if line.strip()]

    def last_step(self) -> str:
        """The step that the last run had told of last: a line such as ``  dbt_build  19.6 s``."""
        steps = [line.split()[0] for line in self.said() if line.startswith("  ") and line.endswith(" s")]
        return steps[-1] if steps else "nothing"

    def lost_of_a_copy(self) -> list[str]:
        """What is wrong with a copy of everything as it stands now: for who reads it, and for a next run."""
        copy = replace(self, folder=self.folder / "copy")
        for part in ("published", self.build.parent.name):
            shutil.copytree(self.data / part, copy.data / part, symlinks=True)
        try:
            return copy.lost() + copy.lost_to_the_next_run()
        finally:
            shutil.rmtree(copy.folder)

    def lost_to_the_next_run(self) -> list[str]:
        """As :meth:`lost`, after what the next run begins with: its build file is opened for writing and tells in what
        state each step is; what was begun and is no version goes, and so do the versions before."""
        try:
            with duckdb.connect(str(self.build)) as con:
                steps_in(con)
            sweep(self.data / "published")
            prune_versions(self.data / "published", 1)
        except (IngestionError, duckdb.Error, OSError, ValueError) as exc:
            return [f"the next run would fail: {exc}"]
        return [f"after what the next run removes: {fault}" for fault in self.lost()]

    def lost(self) -> list[str]:
        """What is wrong with the version that people open: a file is not that of the manifest, or cannot be read."""
        published = self.data / "published"
        try:
            version = version_in_force(published)
            faults = [f"{version.name}: {fault}" for fault in faults_of(version)]
            with duckdb.connect(str(published / "icb.duckdb"), read_only=True) as con:
                row = con.execute("select count(*) from marts.patients").fetchone()
            return faults + ([] if row and row[0] else ["no patient is in it"])
        except (IngestionError, duckdb.Error, OSError) as exc:
            return [f"lost: {exc}"]

    def unlike(self, usual: Undisturbed) -> list[str]:
        """What a run as people start it, to its end, has otherwise than one that nobody disturbed."""
        code = self.start().wait()
        if code:
            return [f"the run after it ended with {code}: {self.said()[-1]}"]
        return self.lost() + ([] if self.rows() == usual.rows else ["the run after it has other rows"])

    def rows(self) -> dict[str, int]:
        """Rows by table of the version in force, but those that count runs."""
        tables = read_manifest(version_in_force(self.data / "published")).rows
        return {name: n for name, n in tables.items() if name not in _OF_RUNS}


def killed(place: Installation, number: int, draw: random.Random, usual: Undisturbed) -> list[Trial]:
    """A run that is killed (kill -9, with all that it has started) at the last of some random moments. At each of the
    others all its processes are stopped, what they have published and built is copied as a kill would leave it, and
    looked at; then they go on. So a run of a minute tells of twelve moments, and a hundred moments need no hundred
    runs. After the kill a run as people start it goes on to its end."""
    moments = sorted(draw.uniform(0, usual.seconds) for _ in range(place.moments))
    trials: list[Trial] = []
    process, ran, since = place.start("--force"), 0.0, time.monotonic()
    for moment in moments:
        try:
            code = process.wait(max(0.0, moment - ran - (time.monotonic() - since)))
        except subprocess.TimeoutExpired:
            is_last = moment == moments[-1]
            os.killpg(process.pid, signal.SIGKILL if is_last else signal.SIGSTOP)
            ran += time.monotonic() - since
            after = place.last_step()
            if is_last:
                process.wait()
                wrong = place.lost() + place.unlike(usual)
            else:
                wrong = place.lost_of_a_copy()
                os.killpg(process.pid, signal.SIGCONT)
            since = time.monotonic()
            ended = "killed" if is_last else "stopped"
            trials.append(Trial(number + len(trials), round(moment, 2), ended, after, "", wrong))
            continue
        wrong = place.lost() + ([] if code == 0 else [f"ended with {code}: {place.said()[-1]}"])
        took = ran + time.monotonic() - since
        last = Trial(number + len(trials), round(took, 2), "published", place.last_step(), "", wrong)
        return [*trials, last]
    return trials


def starved(place: Installation, number: int, draw: random.Random, usual: Undisturbed) -> list[Trial]:
    """A run on a disk that has less room than a run needs: it ends in a sentence that names a folder."""
    left = draw.uniform(0, usual.bytes)
    ballast = place.folder / "ballast"
    fill = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    os.posix_fallocate(fill, 0, max(1, int(free(place.folder) - left)))
    os.close(fill)
    try:
        code = place.start("--force").wait()
    finally:
        ballast.unlink()
    last = (place.said() or ["nothing was said"])[-1]
    is_sentence = code == 1 and last.startswith("icb: ") and last.endswith(".") and "/" in last
    wrong = place.lost()
    if code and not is_sentence:
        wrong.append(f"no sentence with a folder: {last[:500]}")
    ended = "published" if code == 0 else "a sentence" if is_sentence else "untyped"
    return [Trial(number, round(left / 1e6, 1), ended, place.last_step(), last[:300], wrong)]


def free(folder: Path) -> int:
    """Bytes that are left on the disk of a folder."""
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize


def whole_run(place: Installation) -> Undisturbed:
    """A run to its end that does everything again.

    Raises
    ------
    SystemExit
        It failed: its last line.
    """
    before, least, is_over = free(place.folder), [free(place.folder)], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.05):
            least[0] = min(least[0], free(place.folder))

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.monotonic()
    try:
        code = place.start("--force").wait()
    finally:
        is_over.set()
        watcher.join()
    if code:
        raise SystemExit(f"a run that nobody disturbed ended with {code}: {place.said()[-1]}")
    return Undisturbed(time.monotonic() - started, before - least[0], place.rows())


def main() -> int:
    """Exit code 1 when anything was lost or untyped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="An hour: runs.py killed --folder /var/tmp/kills --n 100. On a small disk of its own (tmpfs of 400 MB): "
        "runs.py starved --folder /mnt/small/runs --n 20.",
    )  # fmt: skip
    parser.add_argument("what", choices=("killed", "starved"))
    parser.add_argument(
        "--folder", type=Path, required=True, help="where it lies, and goes on when called again"
    )
    parser.add_argument("--n", type=int, default=100, help="trials in all (default 100)")
    parser.add_argument(
        "--seconds", type=float, default=3600, help="no further trial after this (default 3600)"
    )
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--demo", action="store_true", help="the demo in place of two small cohorts")
    parser.add_argument(
        "--moments", type=int, default=MOMENTS, help=f"of each run that is killed (default {MOMENTS})"
    )
    asked = parser.parse_args()
    place = Installation(asked.folder, asked.demo, asked.moments)
    place.set_up()
    usual = _undisturbed(place)
    log = place.folder / "trials.jsonl"
    act: Callable[[Installation, int, random.Random, Undisturbed], list[Trial]] = (
        killed if asked.what == "killed" else starved
    )
    until = time.monotonic() + asked.seconds
    trials = [Trial(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []
    while _done(trials) < asked.n and time.monotonic() < until:
        n = len(trials) + 1
        made = act(place, n, random.Random(f"{asked.seed} {asked.what} {n}"), _as_of_late(usual, trials))
        trials += made
        with open(log, "a", encoding="utf-8") as lines:
            lines.writelines(json.dumps(asdict(trial)) + "\n" for trial in made)
        for trial in made:
            print(f"{trial.n}: {trial.at} {trial.ended} after {trial.after} {trial.wrong or ''}", flush=True)
    wrong = [fault for trial in trials for fault in trial.wrong]
    if asked.what == "starved" and _done(trials) >= asked.n:
        wrong += place.unlike(usual)
    ends = ", ".join(f"{n} {word}" for word, n in Counter(trial.ended for trial in trials).most_common())
    steps = ", ".join(
        f"{n} after {word}" for word, n in Counter(trial.after for trial in trials).most_common()
    )
    print(f"runs {asked.what}: {len(trials)} ({ends}; {steps}); seconds of a run: {usual.seconds:.0f}; "
          f"wrong: {len(wrong)}")  # fmt: skip
    return 1 if wrong else 0


def _undisturbed(place: Installation) -> Undisturbed:
    """The run that the others are held to, made once for a folder."""
    kept = place.folder / "first.json"
    if not kept.exists():
        if not (place.data / "published").exists():
            whole_run(place)  # compiles, and makes what a second run has already
        kept.write_text(json.dumps(asdict(whole_run(place))), encoding="utf-8")
    return Undisturbed(**json.loads(kept.read_text(encoding="utf-8")))


def _as_of_late(usual: Undisturbed, trials: list[Trial]) -> Undisturbed:
    """With the time that the last run took which came to its end before it was killed: others use the machine too."""
    ends = [trial.at for trial in trials if trial.ended == "published" and not trial.said]
    return replace(usual, seconds=ends[-1]) if ends else usual


def _done(trials: list[Trial]) -> int:
    """Trials that count: a run that came to its end is none."""
    return sum(trial.ended != "published" for trial in trials)


if __name__ == "__main__":
    sys.exit(main())
