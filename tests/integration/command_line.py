"""The command line, called in this process as ``icb`` calls it, and what a fault must look like."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.cli import main
from orchestration.settings import Settings


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
        assert sentence.endswith("."), sentence
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


def as_a_process(arguments: list[str]) -> None:
    """``icb`` on the tiny warehouse of folder ``TINY`` of the environment, for a process of its own."""
    from tiny import Tiny

    folder = Path(os.environ["TINY"])
    settings = Tiny(folder / "data", folder / "mirror", folder / "catalog").settings
    Settings.from_environment = classmethod(lambda _: settings)  # type: ignore[method-assign,assignment]
    sys.argv = ["icb", *arguments]
    main()
