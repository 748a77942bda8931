"""What the integration tests share: the session's runs of the graph (`shared_runs`), and what the demo has planted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graph_runs import Run
from shared_runs import demo, real, running

__all__ = ["demo", "real", "running"]


@pytest.fixture(scope="session")
def truth(demo: Run) -> dict[str, Any]:
    """What was planted in the demo (``ingestion.generated.Truth`` as JSON)."""
    found: dict[str, Any] = json.loads(
        (demo.data / "demo_sources" / "truth.json").read_text(encoding="utf-8")
    )
    return found
