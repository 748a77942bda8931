"""``icb mcp`` on the demo, asked by the SDK's own client over standard input and output: the numbers of the terminal,
no number without what it must not be repeated without, limits that are said, and faults in one sentence."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import httpx
import pytest
from chat_says import assert_chat_says
from command_line import Icb, command
from graph_runs import ICB, ROOT, Run
from mcp import Client, StdioServerParameters
from pydantic import ValidationError
from waiting import wait_until

from interfaces.mcp import schema

TOOLS = {
    "find", "list_cohorts", "describe_cohort", "ask_biomarker", "survival_curve", "mutation_frequency", "list_scans",
    "scan_results", "check_claims", "lineage", "describe_tables", "run_sql",
}  # fmt: skip


def over_stdio(demo: Run, ask: Callable[[Client], Coroutine[Any, Any, Any]]) -> Any:
    """What a conversation with ``icb mcp`` gives."""
    environment = demo.environment | {"ICB_DATA": str(demo.data)}
    server = StdioServerParameters(command=sys.executable, args=[*ICB[1:], "mcp"], env=environment, cwd=ROOT)

    async def talk() -> Any:
        async with Client(server, read_timeout_seconds=300) as client:
            return await ask(client)

    return anyio.run(talk)


@pytest.fixture(scope="module")
def said(demo: Run) -> dict[str, Any]:
    """One conversation in which every tool is called, and what each said."""
    scan = demo.value("select min(scan_id) from stats.scan_specs")
    stat = demo.value("select min(stat_id) from stats.survival_stats where estimate is not null")
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "find": ("find", {"words": "alk"}),
        "cohorts": ("list_cohorts", {}),
        "cohort": ("describe_cohort", {"cohort": "demo_msk_2018"}),
        "answer": ("ask_biomarker", {"biomarker": "ALK", "endpoint": "PFS", "adjust": ["sex"]}),
        "number": ("ask_biomarker", {"biomarker": "TMB per doubling"}),
        "response": ("ask_biomarker", {"biomarker": "TP53; endpoint orr"}),
        "curves": ("survival_curve", {"biomarker": "ALK; endpoint PFS; adjust sex"}),
        "frequency": ("mutation_frequency", {"gene": "ALK"}),
        "scans": ("list_scans", {}),
        "scan": ("scan_results", {"scan": scan, "top": 5}),
        "claims": ("check_claims", {"verdict": "not reproducible from public data"}),
        "lineage": ("lineage", {"stat_id": stat}),
        "tables": ("describe_tables", {}),
        "columns": ("describe_tables", {"table": "marts.cohorts"}),
        "sql": ("run_sql", {"query": "select * from range(5000)", "limit": 7}),
        "misspelt": ("ask_biomarker", {"biomarker": "ALKK"}),
        "writing": ("run_sql", {"query": "drop table marts.cohorts"}),
    }

    async def ask(client: Client) -> dict[str, Any]:
        found: dict[str, Any] = {"tools": (await client.list_tools()).tools}
        found["rules"] = await client.read_resource("icb://rules")
        found["prompts"] = (await client.list_prompts()).prompts
        for name, (tool, words) in calls.items():
            found[name] = await client.call_tool(tool, words)
        return found

    return over_stdio(demo, ask)


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], demo: Run) -> Icb:
    return command(monkeypatch, capfd, demo.settings)


def answers(port: int) -> bool | None:
    """True when somebody listens there."""
    with socket.socket() as caller:
        return True if caller.connect_ex(("127.0.0.1", port)) == 0 else None


def content(said: dict[str, Any], name: str) -> Any:
    got = said[name]
    assert not got.is_error, got.content
    return got.structured_content.get("result", got.structured_content)


def test_there_are_the_agreed_tools_each_with_a_schema_of_what_it_gives(said: dict[str, Any]) -> None:
    assert {tool.name for tool in said["tools"]} == TOOLS
    for tool in said["tools"]:
        assert tool.description and tool.output_schema


def test_guards_stand_in_the_schema_and_not_in_a_prompt(said: dict[str, Any]) -> None:
    of_answer = next(tool for tool in said["tools"] if tool.name == "ask_biomarker").output_schema
    estimate = of_answer["$defs"]["Estimate"]
    assert {"estimator", "n", "events", "adjusted_for", "guards", "ci_low", "ci_high"} <= set(
        estimate["required"]
    )
    assert estimate["properties"]["guards"]["minItems"] == 1


@pytest.mark.parametrize("missing", ["estimator", "n", "events", "adjusted_for", "guards"])
def test_an_estimate_that_lacks_what_it_rests_on_cannot_be_made(missing: str) -> None:
    whole = {
        "name": "os.cox", "cohort": "pooled", "is_pooled_in": True, "estimator": "cox", "scale": "hazard ratio",
        "estimate": 1.2, "ci_low": 0.9, "ci_high": 1.6, "p": 0.2, "n": 100, "n_in_group": 10, "events": 50,
        "events_in_group": 5, "adjusted_for": [], "strata": [], "guards": ["burden: burden not excluded"],
    }  # fmt: skip
    schema.Estimate.model_validate(whole)
    with pytest.raises(ValidationError, match=missing):
        schema.Estimate.model_validate({name: value for name, value in whole.items() if name != missing})
    with pytest.raises(ValidationError, match="guards"):
        schema.Estimate.model_validate(whole | {"guards": []})


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("answer", "ALK; endpoint PFS; adjust sex"),
        ("number", "TMB per doubling"),
        ("response", "TP53; endpoint orr"),
    ],
)
def test_an_answer_has_the_numbers_and_words_of_the_terminal(
    said: dict[str, Any], icb: Icb, name: str, question: str
) -> None:
    chat, printed = content(said, name), json.loads(icb("ask", question, "--format", "json").out)
    assert_chat_says(chat, printed)


def test_the_guards_of_an_answer_begin_with_burden_and_end_with_the_strongest_reason(
    said: dict[str, Any],
) -> None:
    guards = content(said, "answer")["guards"]
    assert guards[0]["guard"] == "burden"
    assert guards[-1]["sentence"] == content(said, "answer")["against"]


def test_curves_come_with_numbers_at_risk_and_with_their_answer(said: dict[str, Any]) -> None:
    curves = content(said, "curves")
    assert curves["headline"] and curves["against"] and curves["guards"]
    assert len(curves["curves"]) == 2
    for curve in curves["curves"]:
        survival = [point["survival"] for point in curve["points"]]
        at_risk = [point["n_at_risk"] for point in curve["points"]]
        assert 0 < len(survival) <= 60
        assert survival == sorted(survival, reverse=True)
        assert at_risk == sorted(at_risk, reverse=True)
    # the headline is adjusted, of those whose sex is known; curves are of everybody in the pool
    pooled = content(said, "answer")["comparisons"][-1]["pooled"]
    assert curves["question"] == content(said, "answer")["question"]
    assert sum(curve["n"] for curve in curves["curves"]) == pooled["n"]
    assert curves["note"].startswith("Unadjusted")


def test_a_frequency_says_who_was_not_looked_at(said: dict[str, Any]) -> None:
    assert {"n_mutated", "n_wild_type", "n_undetermined", "n_not_profiled"} <= set(
        content(said, "frequency")["columns"]
    )


def test_a_gene_of_a_scan_has_the_word_on_burden_and_the_family(said: dict[str, Any]) -> None:
    scan = content(said, "scan")
    assert len(scan["genes"]) == 5 and scan["n_genes"] > 5
    assert "hypotheses" in scan["family"]
    for gene in scan["genes"]:
        assert gene["guards"][0].startswith("burden: ")
        assert gene["n"] and gene["estimator"]
    p = [gene["p"] for gene in scan["genes"]]
    assert p == sorted(p)


def test_claims_cohorts_lineage_and_tables_are_told(said: dict[str, Any], demo: Run) -> None:
    assert content(said, "claims")[0]["verdict"] == "not reproducible from public data"
    assert len(content(said, "cohorts")["rows"]) == demo.value("select count(*) from marts.cohorts")
    titles = [table["title"] for table in content(said, "cohort")["tables"]]
    assert titles[0].startswith("Receipt")
    assert any("sha256" in table["columns"] for table in content(said, "lineage")["tables"])
    names = {row[0] for row in content(said, "tables")["rows"]}
    assert {"marts.cohorts", "stats.survival_stats"} <= names
    assert "licence" in {row[0] for row in content(said, "columns")["rows"]}
    assert ["gene", "ALK"] in [row[:2] for row in content(said, "find")["rows"]]


def test_sql_that_is_cut_says_so(said: dict[str, Any]) -> None:
    table = content(said, "sql")
    assert len(table["rows"]) == 7
    assert table["said"] == "The first 7 rows; there are more."


@pytest.mark.parametrize(("name", "word"), [("misspelt", "ALK"), ("writing", "select")])
def test_a_fault_is_one_sentence_with_the_remedy(said: dict[str, Any], name: str, word: str) -> None:
    got = said[name]
    assert got.is_error
    sentence = got.content[0].text
    assert word in sentence and "Traceback" not in sentence and "\n" not in sentence.strip()


def test_the_rules_are_a_resource_and_there_are_prompts(said: dict[str, Any]) -> None:
    assert "family of one" in said["rules"].contents[0].text
    assert {prompt.name for prompt in said["prompts"]} == {"dossier", "check_paper"}


@pytest.mark.parametrize(
    "program", [("mcp", "--http"), ("explore", "--port")], ids=["icb mcp", "icb explore"]
)
def test_the_same_is_served_over_http_on_this_machine_alone(demo: Run, program: tuple[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = subprocess.Popen(
        [*ICB, *program, str(port)], env=demo.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: answers(port), lambda: server.poll() is None)

        async def talk() -> Any:
            async with Client(f"http://127.0.0.1:{port}/mcp", read_timeout_seconds=60) as client:
                return await client.call_tool("list_cohorts", {})

        assert len(anyio.run(talk).structured_content["rows"]) > 1
        foreign = httpx.post(f"http://127.0.0.1:{port}/mcp", headers={"Host": "evil.example"}, json={})
        assert foreign.status_code in (400, 403, 421)
    finally:
        server.terminate()
        server.wait(30)


def test_whatever_is_sent_is_json(said: dict[str, Any]) -> None:
    for name in ("answer", "scan", "claims", "lineage", "cohort"):
        json.dumps(content(said, name), allow_nan=False)
