"""Runs of the graph for the integration tests: started as a user starts them, asked as a user asks them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
ICB = (sys.executable, "-m", "orchestration.cli")
#: Seconds for a run on a busy machine of two cores; a quiet one needs 60 and 120.
RUN_TIMEOUT_S = 540


def clean_environment(data: Path, **more: str) -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("ICB_", "DAGSTER_", "DBT_"))}
    paths = f"{ROOT}{os.pathsep}{own['PYTHONPATH']}" if own.get("PYTHONPATH") else str(ROOT)
    return own | {
        "PYTHONPATH": paths,
        "ICB_DATA": str(data),
        "DAGSTER_HOME": str(data / "dagster"),
        "DO_NOT_TRACK": "1",
        **more,
    }


@dataclass(frozen=True)
class Run:
    """A finished run: its data folder, what it said, and the way to ask it."""

    data: Path
    environment: dict[str, str]
    said: str
    seconds: float

    @property
    def settings(self) -> Settings:
        """Its folders."""
        is_demo = self.environment.get("ICB_DEMO") == "1"
        mirror = self.environment.get("ICB_MIRROR")
        return Settings(
            data=self.data,
            catalog=ROOT / "catalog" / "demo" if is_demo else ROOT / "catalog",
            mirror=self.data / "demo_sources" if is_demo else Path(mirror) if mirror else None,
            demo=is_demo,
        )

    @property
    def published(self) -> Path:
        return self.settings.published_file

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.published), read_only=True) as con:
            yield con

    def query(self, sql: str, *values: Any) -> pd.DataFrame:
        """The answer of the published file."""
        with self.connect() as con:
            return con.execute(sql, list(values)).df()

    def value(self, sql: str, *values: Any) -> Any:
        """The one value of the answer."""
        with self.connect() as con:
            row = con.execute(sql, list(values)).fetchone()
        assert row is not None
        return row[0]

    def icb(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """``icb`` on this run's data."""
        return subprocess.run(
            [*ICB, *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            input=stdin,
        )

    def json(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        done = self.icb(*arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


class Running:
    """A run that has been started."""

    def __init__(self, data: Path, arguments: tuple[str, ...], **settings: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data, self.environment = data, clean_environment(data, **settings)
        self.started, self.log = time.monotonic(), data / "test_run.log"
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*ICB, "run", *arguments],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def finished(self) -> Run:
        """Wait for the end; a run that failed fails the test with what it said."""
        try:
            code = self.process.wait(RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.stop()
            code = -1
        said = self.log.read_text(encoding="utf-8")
        if code != 0:
            pytest.fail(f"icb run ended with {code}:\n{said[-3000:]}", pytrace=False)
        return Run(self.data, self.environment, said, time.monotonic() - self.started)

    def stop(self) -> None:
        """End it if it is still at work."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
