"""The command line, called in this process as ``icb`` calls it, and what a fault must look like."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from graph_runs import ROOT, clean_environment
from waiting import CI_LIMIT_S

from interfaces.cli.main import main
from warehouse.settings import Settings


@dataclass(frozen=True)
class Said:
    """Exit code and both streams of one command."""

    code: int
    out: str
    err: str

    def is_one_sentence(self, *parts: str, code: int = 1) -> str:
        """Assert a failure in one sentence, last on standard error, that holds every part; returns the sentence.

        Steps that were done before the fault may stand above it.
        """
        assert self.code == code, self
        assert "Traceback" not in self.out + self.err, self
        lines = [line for line in self.err.splitlines() if line.strip()]
        faults = [line for line in lines if line.startswith("icb")]
        assert len(faults) == 1 and lines[-1] == faults[0], self.err
        sentence = faults[0]
        assert sentence.endswith((".", "?")), sentence
        for part in parts:
            assert part in sentence, (part, sentence)
        return sentence


Icb = Callable[..., Said]


def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], settings: Settings) -> Icb:
    """``icb`` on these settings."""
    monkeypatch.setenv("ICB_DATA", str(settings.data))
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data / "dagster"))
    monkeypatch.setenv("ICB_DEMO", "1" if settings.demo else "")
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: settings))

    def icb(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["icb", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        return Said(int(left.value.code or 0), out, err)

    return icb


def own_process(folder: Path) -> Icb:
    """``icb`` in processes of their own, on the tiny warehouse in ``folder``: for whole runs, which keep state."""
    paths = os.pathsep.join(str(place) for place in (Path(__file__).parent, Path(__file__).parents[1]))
    environment = clean_environment(folder / "data", TINY=str(folder))
    environment["PYTHONPATH"] = os.pathsep.join((environment["PYTHONPATH"], paths))
    program = "import command_line, sys; command_line.as_a_process(sys.argv[1:])"

    def icb(*arguments: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=environment, cwd=ROOT, capture_output=True, text=True, timeout=CI_LIMIT_S,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    return icb


def as_a_process(arguments: list[str]) -> None:
    """``icb`` on the tiny warehouse of folder ``TINY`` of the environment, for a process of its own."""
    from tiny import Tiny

    folder = Path(os.environ["TINY"])
    settings = Tiny(folder / "data", folder / "mirror", folder / "catalog").settings
    Settings.from_environment = classmethod(lambda _: settings)  # type: ignore[method-assign,assignment]
    sys.argv = ["icb", *arguments]
    main()
