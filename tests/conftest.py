"""What all tests share: where the mirror of real files is, and that its tests are not skipped where they must run.

``ICB_MIRROR`` points to the mirror; ``ICB_REQUIRE_MIRROR=1`` (set by ``.ci/run``) turns a skip into a failure.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

#: Objects made between two looks for garbage; Python's own is 700. A worker holds every test to its end, and looking
#: through them for the few objects that are not needed is time of a core (as in ``warehouse/build/dbt_process.py``).
gc.set_threshold(50_000, 20, 100)

MIRROR = os.environ.get("ICB_MIRROR")
REQUIRED = os.environ.get("ICB_REQUIRE_MIRROR", "") not in ("", "0")


#: Files that take longest by themselves. They begin first, while the runs that the other files share are under way, and
#: none of them is left to one worker at the end.
FIRST = (
    "test_operations.py", "test_private_cohorts.py", "test_gate_of_a_run.py", "test_left_out_cohorts.py",
    "test_killed_publications.py", "test_ui.py", "test_spark_equals_duckdb.py", "test_minimal_catalogue.py",
    "test_cohort_check.py", "test_neutral_is_earned.py", "test_clinical_contradictions.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))
    if MIRROR and Path(MIRROR).is_dir():
        return
    skip = pytest.mark.skip(reason="the mirror of public files is not here: set ICB_MIRROR to its folder")
    for item in items:
        if "mirror" in item.keywords:
            item.add_marker(skip)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name a test by their argument: packed ones hold the second they were packed in, and workers must agree."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):  # type: ignore[no-untyped-def]
    outcome = yield
    report = outcome.get_result()
    if REQUIRED and report.skipped and "mirror" in item.keywords:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although ICB_REQUIRE_MIRROR is set"


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder that stands for the network."""
    assert MIRROR is not None
    return Path(MIRROR)
