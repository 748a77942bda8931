"""Runs of the graph for the integration tests: started as a user starts them, asked as a user asks them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from waiting import CI_LIMIT_S, NobodyIsAtWorkError, identity, is_alive, wait_until

from ingestion.demo_files import GENOME_FILE
from warehouse.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
ICB = (sys.executable, "-m", "interfaces.cli.main")


def clean_environment(data: Path, **more: str) -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("ICB_", "DAGSTER_", "DBT_"))}
    paths = f"{ROOT}{os.pathsep}{own['PYTHONPATH']}" if own.get("PYTHONPATH") else str(ROOT)
    return own | {
        "PYTHONPATH": paths,
        "ICB_DATA": str(data),
        "DAGSTER_HOME": str(data / "dagster"),
        "DO_NOT_TRACK": "1",
        "ICB_WORKERS": "1",  # the tests themselves share the cores
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
            reference_genome=self.data / "demo_sources" / GENOME_FILE if is_demo else None,
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
            cwd=self.data,  # what a command writes to a relative path is not written into the project
            capture_output=True,
            text=True,
            timeout=CI_LIMIT_S,
            input=stdin,
        )

    def json(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        done = self.icb(*arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


class Running:
    """A run that this process, or another worker of the same session, has started: the first to come starts it.

    The one that starts it leaves two files: who is at work (its own process, and the run's) and, at the end, how the
    run ended. The others wait for the second for as long as one of the two processes lives, however long that is.
    """

    def __init__(
        self,
        data: Path,
        session: str,
        arguments: tuple[str, ...],
        command: tuple[str, ...] = (*ICB, "run"),
        **settings: str,
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data, self.environment = data, clean_environment(data, **settings)
        self.log, self.ended = data / f"run_{session}.log", data / f"run_{session}.json"
        self.at_work = data / f"run_{session}.at_work.json"
        self.started, self.process = time.monotonic(), None
        if not self._is_first():
            return
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*command, *arguments],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        _write_json(self.at_work, [identity(os.getpid()), identity(self.process.pid)])
        threading.Thread(target=self._say_how_it_ended, args=(self.process,), daemon=True).start()

    def _is_first(self) -> bool:
        """Claim the run: a link appears whole or not at all, and only once."""
        mine = self.at_work.with_suffix(f".{os.getpid()}")
        _write_json(mine, [identity(os.getpid())])
        try:
            os.link(mine, self.at_work)
        except FileExistsError:
            return False
        finally:
            mine.unlink()
        return True

    def _say_how_it_ended(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        _write_json(self.ended, {"code": code, "seconds": time.monotonic() - self.started})

    def _end(self) -> dict[str, Any] | None:
        return json.loads(self.ended.read_text(encoding="utf-8")) if self.ended.exists() else None

    def _is_at_work(self) -> bool:
        return any(is_alive(tuple(who)) for who in json.loads(self.at_work.read_text(encoding="utf-8")))

    def finished(self) -> Run:
        """Wait for the end; a run that failed fails the test with what it said."""
        try:
            end = wait_until(self._end, self._is_at_work)
        except NobodyIsAtWorkError:
            end = {"code": "no end: the process that ran it, and the worker that started it, are gone"}
        said = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        if end["code"] != 0:
            pytest.fail(f"icb run ended with {end['code']}:\n{said[-3000:]}", pytrace=False)
        return Run(self.data, self.environment, said, end["seconds"])

    def leave(self, *, others_wait: bool) -> None:
        """End it if it is still at work, unless another worker of the session waits for it."""
        if self.process is None or self.process.poll() is not None:
            return
        if not others_wait:
            self.process.kill()
        self.process.wait()


def _write_json(path: Path, content: Any) -> None:
    """The file appears whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)
