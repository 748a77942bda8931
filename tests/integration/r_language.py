"""R for the tests that compare with it (`apt-get install r-base-core r-cran-survival`); CI installs it and fails
without it (ICB_REQUIRE_R)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from waiting import CI_LIMIT_S

RSCRIPT = shutil.which("Rscript")
NEEDS_R = pytest.mark.skipif(
    RSCRIPT is None and os.environ.get("ICB_REQUIRE_R") != "1",
    reason="there is no R here to compare with: apt-get install r-base-core r-cran-survival",
)


def r_prints(script: Path, *arguments: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a script prints."""
    assert RSCRIPT is not None, (
        "ICB_REQUIRE_R is set and there is no R: apt-get install r-base-core r-cran-survival"
    )
    done = subprocess.run(
        [RSCRIPT, str(script), *arguments],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=CI_LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
