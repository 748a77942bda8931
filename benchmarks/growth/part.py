"""One part of a run, on a build file whose tables are made: every analysis, every scan, or publication; in one process,
one after the other. Prints a line as soon as each is done: its processor seconds, its name, and the most memory that
the process has held.

    python -m benchmarks.growth.part scans <build file> <folder for what is published>
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb

from warehouse.catalog.analyses import kind_of, load_analysis, run_analysis
from warehouse.questions.scans.registered import load_scan, run_scan
from warehouse.results.lineage_views import LINEAGE_MACRO, view_statements
from warehouse.settings import PROJECT
from warehouse.versions.draft import make_draft
from warehouse.versions.manifest import About
from warehouse.versions.publication import publish_draft

RUN = "growth"
Named = tuple[str, Callable[[], object]]


def analyses(file: Path, _: Path) -> Iterator[Named]:
    """Every analysis of the catalogue; without those that read the reference genome."""
    with _opened(file) as con:
        for path in sorted((PROJECT / "catalog" / "analyses").glob("*.yaml")):
            spec = load_analysis(path)
            kind = kind_of(spec).run.__module__.split(".")[1]
            yield f"{kind}/{path.stem}", partial(run_analysis, con, spec, spec_sha256="", run_id=RUN)


def scans(file: Path, _: Path) -> Iterator[Named]:
    """Every scan of the catalogue."""
    with _opened(file) as con:
        for path in sorted((PROJECT / "catalog" / "scans").glob("*.yaml")):
            yield f"scan/{path.stem}", partial(run_scan, con, load_scan(path), spec_sha256="", run_id=RUN)


def publication(file: Path, folder: Path) -> Iterator[Named]:
    """A version of marts and results, without figures and reports."""

    def publish() -> None:
        draft = make_draft(file, folder, run_id=RUN)
        publish_draft(folder, draft, About(run_id=RUN, catalogue="growth"))

    with duckdb.connect(str(file)) as con:
        for statement in (*view_statements(), LINEAGE_MACRO):
            con.execute(statement)
    yield "publication", publish


PARTS: dict[str, Callable[[Path, Path], Iterator[Named]]] = {
    "analyses": analyses,
    "scans": scans,
    "publication": publication,
}


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    """As a step of the graph opens it."""
    return duckdb.connect(str(file), read_only=True, config={"memory_limit": "2GB", "threads": 2})


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("part", choices=list(PARTS))
    asked.add_argument("file", type=Path)
    asked.add_argument("folder", type=Path)
    asked.add_argument("names", nargs="*", help="analyses or scans; without: all")
    given = asked.parse_args()
    for name, work in PARTS[given.part](given.file, given.folder):
        if given.names and name.split("/")[-1] not in given.names:
            continue
        began = time.process_time()
        work()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(f"{time.process_time() - began:.2f} {name} {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
