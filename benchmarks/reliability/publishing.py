"""Publications of small builds that are killed, starved of disk or read meanwhile; each version has one mark in its
table, its figure and its report, so that a mixture shows.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit" / "warehouse" / "versions")]

from small_builds import make_build, make_figures, publish  # noqa: E402

from ingestion.errors import IngestionError  # noqa: E402
from warehouse.versions.layout import Version, version_in_force  # noqa: E402
from warehouse.versions.manifest import faults_of  # noqa: E402
from warehouse.versions.publication import prune_versions  # noqa: E402

_FORK = multiprocessing.get_context("fork")


@dataclass
class Tally:
    """What was tried, and what went wrong, a sentence each."""

    n: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)

    def note(self, word: str, n: int = 1) -> None:
        self.notes[word] = self.notes.get(word, 0) + n


class Publisher:
    """Builds with marks 3, 4 and 5 (so many patients), and a folder in which they are published in turn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.published = folder / "data" / "published"
        self.marks = (3, 4, 5)
        for mark in self.marks:
            make_build(folder / f"{mark}.duckdb", n=mark)
            make_figures(folder / f"figures{mark}", str(mark))
        self.publish(3)

    def publish(self, mark: int) -> None:
        from datetime import UTC, datetime

        publish(self.folder / f"{mark}.duckdb", self.published / "icb.duckdb", self.folder / f"figures{mark}",
                report=str(mark), now=datetime.now(UTC))  # fmt: skip
        prune_versions(self.published, 3)

    def in_a_process(self, work: Callable[[], None]) -> multiprocessing.process.BaseProcess:
        process = _FORK.Process(target=work)
        process.start()
        return process


def marks_of(version: Version) -> tuple[int, int, int]:
    """The marks of its table, figure and report."""
    with duckdb.connect(str(version.file), read_only=True) as con:
        row = con.execute("select count(*) from marts.patients").fetchone()
    figure = (version.figures / "an_analysis" / "figure.svg").read_text(encoding="utf-8")
    report = (version.reports / "a_report.html").read_text(encoding="utf-8")
    return int(row[0]) if row else -1, int(figure), int(report)


def killed(folder: Path, rng: random.Random, stop: Callable[[int], bool]) -> Tally:
    """kill -9 at a random moment of a publication, until ``stop`` says so; looked at after each."""
    publisher, tally = Publisher(folder), Tally()
    started = time.monotonic()
    publisher.publish(4)
    usual = max(time.monotonic() - started, 0.05)
    while not stop(tally.n):
        mark = rng.choice(publisher.marks)
        process = publisher.in_a_process(lambda mark=mark: publisher.publish(mark))  # type: ignore[misc]
        process.join(rng.uniform(0, 1.2 * usual))
        was_running = process.is_alive()
        if was_running:
            os.kill(int(process.pid or 0), signal.SIGKILL)
        process.join()
        tally.n += 1
        tally.note("killed in the midst of it" if was_running else "had ended")
        _look(publisher, tally)
    return tally


def _look(publisher: Publisher, tally: Tally) -> None:
    """The version that people open is whole and of one mark."""
    version = version_in_force(publisher.published)
    try:
        faults, marks = faults_of(version), marks_of(version)
    except (IngestionError, duckdb.Error, OSError, ValueError) as exc:
        tally.wrong.append(f"{version.name}: lost ({exc})")
        return
    if faults:
        tally.wrong.append(f"{version.name}: {faults[0]}")
    if len(set(marks)) != 1:
        tally.wrong.append(f"{version.name}: mixed, marks {marks}")


def read_over_swaps(folder: Path, rng: random.Random, stop: Callable[[int], bool]) -> Tally:
    """Queries while another process publishes without a pause: each opens the file as a user does."""
    publisher, tally = Publisher(folder), Tally()
    ended = _FORK.Event()
    swaps = _FORK.Value("i", 0)

    def swap() -> None:
        draw = random.Random(rng.random())
        while not ended.is_set():
            publisher.publish(draw.choice(publisher.marks))
            swaps.value += 1
            time.sleep(0.05)

    process = publisher.in_a_process(swap)
    try:
        while not stop(tally.n):
            version = version_in_force(publisher.published)
            try:
                if tally.n % 10 == 0:
                    marks = marks_of(version)
                    if len(set(marks)) != 1:
                        tally.wrong.append(f"{version.name}: mixed, marks {marks}")
                else:
                    path = str(publisher.published / "icb.duckdb")
                    with duckdb.connect(path, read_only=True) as con:
                        row = con.execute("select count(*) from marts.patients").fetchone()
                    if not row or row[0] not in publisher.marks:
                        tally.wrong.append(f"{path}: {row} patients")
            except (duckdb.Error, OSError, ValueError) as exc:
                tally.wrong.append(f"a query failed: {type(exc).__name__} {str(exc).splitlines()[0]}")
            tally.n += 1
    finally:
        ended.set()
        process.join()
    tally.note("swaps meanwhile", swaps.value)
    return tally


def starved(folder: Path, rng: random.Random, stop: Callable[[int], bool]) -> Tally:
    """No file may grow beyond a random size (RLIMIT_FSIZE: a write fails with EFBIG as it does with ENOSPC on a full
    disk): the publication succeeds or ends in one sentence, and what people open stays whole."""
    publisher, tally = Publisher(folder), Tally()
    largest = version_in_force(publisher.published).file.stat().st_size
    while not stop(tally.n):
        limit = rng.randrange(1, int(1.1 * largest))
        out = folder / "said"
        out.unlink(missing_ok=True)

        def work(limit: int = limit, out: Path = out) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            try:
                publisher.publish(4)
                said = "published"
            except IngestionError as exc:
                said = f"a sentence: {exc}"
            except BaseException as exc:
                said = f"untyped: {type(exc).__name__} {exc}"
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            out.write_text(said, encoding="utf-8")

        process = publisher.in_a_process(work)
        process.join()
        said = out.read_text(encoding="utf-8") if out.exists() else f"untyped: ended with {process.exitcode}"
        tally.n += 1
        tally.note(said.split(":")[0])
        if said.startswith("untyped"):
            tally.wrong.append(said)
        _look(publisher, tally)
    return tally


def emptied(folder: Path) -> Path:
    """The folder, without what an earlier part left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
