"""Thirty questions, a biomarker of every kind: terminal, page, chat and R have one answer with the same numbers.

Copy number and signatures are not among them: nobody under checkpoint blockade of the demo was looked at for these.
The terminal computes its answer by itself; page and chat share one keeper of answers, so that each question is computed
twice and not three times. The chat is the SDK's own client on the server in memory. R is asked where it is installed.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import anyio
import pytest
from chat_says import assert_chat_says
from command_line import Icb, command
from graph_runs import Run
from mcp import Client
from r_language import NEEDS_R, r_prints
from starlette.testclient import TestClient

import interfaces.mcp.server as chat
import interfaces.web.app as web
from analytics.engine.numbers import ratio
from warehouse.questions.asked_pages import AskedPages
from warehouse.settings import Settings

#: One cohort where nothing is lost by it: an answer over all takes three times as long.
MSK = "; cohort demo_msk_2018"
QUESTIONS = (
    # a gene: over all cohorts, of one, by cancer type, with covariates, from a landmark, in the trials
    "IGF1R", f"ALK{MSK}", "ALK; where cancer_type=Melanoma", f"ALK{MSK}; adjust sex,age_group",
    f"ALK{MSK}; landmark 3", "STK11; endpoint PFS; cohort demo_trial_alpha,demo_trial_beta",
    # kinds of mutation and changes of the protein
    f"ALK:missense{MSK}; endpoint PFS", f"TP53:truncating{MSK}", f"KRAS:G12C{MSK}", f"BRAF:V600{MSK}",
    # several genes, and, or, not, joint groups
    f"any(ALK, TP53){MSK}", f"count(ALK, TP53, IGF1R) >= 2{MSK}", f"TP53 & !ALK{MSK}", f"STK11 x KRAS{MSK}",
    f"STK11 | KEAP1{MSK}", "ALK:rearranged; endpoint PFS; cohort demo_luad_2015",
    # burden: cuts, shares, numbers
    f"TMB >= 10{MSK}", f"TMB top 20% within cancer_type{MSK}", f"TMB above median{MSK}",
    f"TMB{MSK}", "TMB per doubling; where cancer_type=Melanoma", f"TMB per sd{MSK}",
    # expression and scores
    "expr(CD274) per sd", "expr(CD274) above median", "expr(set:inflammation) per sd", "score(set:inflammation) per sd",
    # what the clinic knows, and responses
    f"SEX = Female{MSK}", "TP53; endpoint orr; cohort demo_trial_alpha",
    "TMB top 20% within cancer_type; endpoint dcr; cohort demo_melanoma_a", "ALK; endpoint durable_benefit",
)  # fmt: skip
#: Of these R has the groups and times as they are exported.
IN_R = (f"ALK{MSK}", f"TP53:truncating{MSK}", f"any(ALK, TP53){MSK}", f"TMB above median{MSK}")
R_SCRIPT = """
library(survival)
for (file in commandArgs(trailingOnly = TRUE)) {
  people <- read.csv(file, na.strings = "")
  people <- people[people$in_pool == 1 & !is.na(people$in_group), ]
  fit <- coxph(Surv(time_months, event) ~ in_group + strata(cohort_id, cancer_type), data = people, ties = "efron",
               cluster = person_id, control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50))
  ends <- confint(fit)
  numbers <- exp(c(coef(fit), ends))
  cat(sprintf("%d %d %.12g %.12g %.12g\\n", nrow(people), sum(people$event), numbers[1], numbers[2], numbers[3]))
}
"""


@pytest.fixture(scope="module")
def own(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo with a registry of its own."""
    data = tmp_path_factory.mktemp("everywhere")
    (data / "published").symlink_to(demo.settings.published)
    return replace(demo.settings, data=data)


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], own: Settings) -> Icb:
    return command(monkeypatch, capfd, own)


@pytest.fixture(scope="module")
def keeper() -> Iterator[TestClient]:
    """The explorer, and a chat that has its keeper of answers."""
    shared = AskedPages()
    patched = pytest.MonkeyPatch()
    patched.setattr(web, "AskedPages", lambda: shared)
    patched.setattr(chat, "_answers", shared)
    yield TestClient(web.explorer(), base_url="http://127.0.0.1", follow_redirects=True)
    patched.undo()


def in_chat(question: str) -> dict[str, Any]:
    """What the chat's tool gives."""

    async def talk() -> dict[str, Any]:
        async with Client(chat.chat_server(), read_timeout_seconds=300) as client:
            got = await client.call_tool("ask_biomarker", {"biomarker": question})
            assert not got.is_error, got.content
            found: dict[str, Any] = got.structured_content
            return found

    return anyio.run(talk)


def test_thirty_questions_are_asked() -> None:
    assert len(set(QUESTIONS)) == 30


@pytest.mark.parametrize("question", QUESTIONS)
def test_terminal_page_and_chat_give_identical_numbers(keeper: TestClient, icb: Icb, question: str) -> None:
    said = icb("ask", question, "--format", "json")
    assert said.code == 0, said.err
    printed = json.loads(said.out)
    assert keeper.get("/ask.json", params={"q": question}).json() == printed
    assert_page_shows(keeper.get("/ask", params={"q": question}).text, printed)
    assert_chat_says(in_chat(question), printed)


def assert_page_shows(page: str, printed: dict[str, Any]) -> None:
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())
    head = printed["headline"]
    for sentence in (head["sentence"], f"Verdict: {head['verdict']}.", f"Against: {head['against']}"):
        assert " ".join(sentence.split()) in text
    tables = re.findall(r'<table class="estimates">.*?</table>', page, flags=re.DOTALL)
    assert len(tables) == len(printed["comparisons"])
    for table, told in zip(tables, printed["comparisons"], strict=True):
        rows = {
            cells[0]: cells[1:] for cells in map(cells_of, re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL))
        }
        for row in told["cohorts"]:
            shown = " ".join(rows[row["cohort_id"]])
            assert str(row["n"]) in shown.replace(",", "")
            if row["estimate"] is not None:
                assert ratio(row["estimate"]) in shown
        pool = rows.get("pooled") or rows[told["cohorts"][0]["cohort_id"]]  # one cohort is its own pool
        assert ratio(told["pooled"]["estimate"]) in " ".join(pool)


def cells_of(row: str) -> list[str]:
    return [
        unescape(re.sub(r"<[^>]*>", "", cell))
        for cell in re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL)
    ]


@NEEDS_R
def test_r_gives_the_same_hazard_ratios_from_the_exported_people(icb: Icb, tmp_path: Path) -> None:
    """R computes with its own doubles: equal to nine digits."""
    files, expected = [], []
    for i, question in enumerate(IN_R):
        folder = tmp_path / str(i)
        assert icb("ask", question, "--export", str(folder)).code == 0
        answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        files.append(str(folder / "people.csv"))
        expected.append(answer["comparisons"][-1]["pooled"])
    script = tmp_path / "same.R"
    script.write_text(R_SCRIPT, encoding="utf-8")
    lines = list(csv.reader(r_prints(script, *files, cwd=tmp_path).splitlines(), delimiter=" "))
    assert len(lines) == len(IN_R)
    for (n, events, *numbers), row in zip(lines, expected, strict=True):
        assert (int(n), int(events)) == (row["n"], row["events"])
        assert [float(one) for one in numbers] == pytest.approx(
            [row["estimate"], row["ci_low"], row["ci_high"]], rel=1e-9
        )
