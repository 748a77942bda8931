"""The tests of Spark share the session's run of the generated cohorts with the integration tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from shared_runs import demo, running

__all__ = ["demo", "running"]
