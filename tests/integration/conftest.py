"""What the integration tests share: the session's runs of the graph (`shared_runs`), and what the demo has planted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graph_runs import Run
from shared_runs import demo, real, running

__all__ = ["demo", "real", "running"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The UI's own refresh is the longest single wait: it begins first, beside the runs that the other files share.
    What waits for servers and daemons is done while these runs are under way."""
    first = ("test_ui.py", "test_operations.py")
    items.sort(key=lambda item: first.index(item.path.name) if item.path.name in first else len(first))


@pytest.fixture(scope="session")
def truth(demo: Run) -> dict[str, Any]:
    """What was planted in the demo (``ingestion.generated.Truth`` as JSON)."""
    found: dict[str, Any] = json.loads(
        (demo.data / "demo_sources" / "truth.json").read_text(encoding="utf-8")
    )
    return found
