"""The questions of docs/chat.md, asked of the public cohorts by the SDK's client: its headlines and its refusals."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from graph_runs import ROOT, Run
from mcp import Client

import interfaces.mcp.server as chat
from warehouse.settings import Settings

pytestmark = pytest.mark.mirror
PAGE = (ROOT / "docs" / "chat.md").read_text(encoding="utf-8")
#: (call, what the page says of it) of each line of its table.
LINES = re.findall(
    r"^\| [^|]+ \| `((?:ask_biomarker|scan_results)\(.*?\))` \| (.*) \|$", PAGE, flags=re.MULTILINE
)


def called(text: str) -> tuple[str, dict[str, Any]]:
    """Tool and words of a call as the page writes it; the bar of *or* is escaped in a table."""
    call = ast.parse(text.replace("\\|", "|"), mode="eval").body
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    return call.func.id, {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}


def test_every_question_of_the_page_has_the_headline_that_stands_beside_it(
    real: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "published").symlink_to(real.settings.published)  # a registry of its own
    own = replace(real.settings, data=tmp_path)
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: own))

    async def talk() -> list[Any]:
        async with Client(chat.chat_server(), read_timeout_seconds=300) as client:
            return [await client.call_tool(*called(text)) for text, _ in LINES]

    answers = anyio.run(talk)
    assert len(answers) == 10
    for answer, (text, words) in zip(answers, LINES, strict=True):
        if answer.is_error:
            assert answer.content[0].text.endswith(words), text
        elif text.startswith("ask_biomarker"):
            assert answer.structured_content["headline"] == words, text
            assert answer.structured_content["verdict"].startswith("no association shown"), text
        else:
            genes = answer.structured_content["genes"]
            assert len(genes) == 5 and all(gene["guards"] for gene in genes)
