"""One run of the whole graph on the generated cohorts and, where the mirror is, one on the real files: each made once a
session by the command line that users have, in a folder of its own, the two at the same time. Workers of pytest-xdist
share them.

``ICB_TEST_RUNS=<folder>`` keeps the runs there between sessions; an unchanged project then has nothing to do.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import graph_runs
import pytest
from graph_runs import Run


@pytest.fixture(scope="session")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, graph_runs.Running]]:
    """The runs that this session's tests ask for, all started at once."""
    worker = getattr(request.config, "workerinput", None)
    base = tmp_path_factory.getbasetemp()
    folder = Path(os.environ.get("ICB_TEST_RUNS") or (base.parent if worker else base) / "runs")
    session = worker["testrunuid"] if worker else uuid.uuid4().hex
    asked = {
        name
        for item in request.session.items
        for name in getattr(item, "fixturenames", ())
        if not any(mark.name == "skip" for mark in item.iter_markers())
    }
    runs: dict[str, graph_runs.Running] = {}
    if "demo" in asked:
        runs["demo"] = graph_runs.Running(
            folder / "demo", session, ("--demo",), ICB_DEMO="1", ICB_WORKERS="2"
        )
    mirror = os.environ.get("ICB_MIRROR")
    if "real" in asked and mirror:
        runs["real"] = graph_runs.Running(folder / "real", session, (), ICB_MIRROR=mirror, ICB_WORKERS="2")
    yield runs
    for run in runs.values():
        run.leave(others_wait=worker is not None and not request.session.shouldfail)


@pytest.fixture(scope="session")
def demo(running: dict[str, graph_runs.Running]) -> Run:
    """The published demo."""
    return running["demo"].finished()


@pytest.fixture(scope="session")
def real(running: dict[str, graph_runs.Running]) -> Run:
    """The published real cohorts; ask for it from tests marked ``mirror`` only."""
    return running["real"].finished()
