"""Every example of docs/asking.md runs."""

from __future__ import annotations

import re
import shlex

import pytest
from command_line import Icb, command
from graph_runs import ROOT, Run

TEXT = (ROOT / "docs" / "asking.md").read_text(encoding="utf-8")
EXAMPLES = [
    line
    for block in re.findall(r"```\n(.*?)```", TEXT, flags=re.DOTALL)
    for line in block.splitlines()
    if line.startswith("icb ")
]


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], demo: Run) -> Icb:
    return command(monkeypatch, capfd, demo.settings)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(icb: Icb, example: str) -> None:
    said = icb(*shlex.split(example)[1:])
    assert said.code == 0 and said.out.strip(), said.err
    assert "estimate" in said.out or "ratio" in said.out


def test_every_option_of_the_command_stands_on_the_page(icb: Icb) -> None:
    options = set(re.findall(r"--[a-z]+", icb("ask", "--help").out)) - {"--help", "--output"}
    assert options and options == {one for one in re.findall(r"--[a-z]+", TEXT) if one in options}
