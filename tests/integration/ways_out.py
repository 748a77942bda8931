"""Every way by which something leaves a published version: commands, files that they write, pages, and a chat."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from command_line import Icb
from starlette.testclient import TestClient

from interfaces.mcp.server import TOOLS
from interfaces.web.app import PAGES, explorer

STYLES = ("table", "csv", "json")


@dataclass(frozen=True)
class Names:
    """What is asked for by name in a version."""

    gene: str
    cohort: str
    question: str
    statistic: str
    scan: str | None = None
    claim: str | None = None
    report: str | None = None


def leaving(icb: Icb, names: Names, folder: Path) -> dict[str, str]:
    """Name of a way out -> all that leaves by it, as text."""
    left = dict(_commands(icb, names))
    left |= dict(_files(icb, names, folder))
    left |= dict(_pages(names))
    return left | dict(_chat(names))


def _commands(icb: Icb, names: Names) -> Iterator[tuple[str, str]]:
    asked: list[tuple[str, ...]] = [
        ("ask", names.question), ("lineage", names.statistic), ("claims",), ("cohort", "list"),
        ("cohort", "receipt", names.cohort), ("sql", "select * from marts.patients"),
        ("sql", "select * from marts.sample_attributes"), ("sql", "select * from stats.characteristics"),
    ]  # fmt: skip
    if names.scan is not None:
        asked.append(("scan", names.scan))
    in_every_style = [(*words, "--format", style) for words in asked for style in STYLES]
    once = [
        ("gene", names.gene),
        ("report",),
        ("versions",),
        ("scan", "--registry"),
        ("doctor",),
        ("diff",),
        ("diff", "--cohorts"),
        ("diff", "--table", "marts.patients"),
    ]
    for words in (*in_every_style, *once):
        said = icb(*words)
        assert "Traceback" not in said.err, said
        yield f"icb {' '.join(words)}", said.out + said.err


def _files(icb: Icb, names: Names, folder: Path) -> Iterator[tuple[str, str]]:
    asked = {
        "export": ("ask", names.question, "--export", str(folder / "export")),
        "dossier": ("ask", names.question, "--report", "--output", str(folder / "dossier.html")),
    }
    if names.report is not None:
        asked["report"] = ("report", names.report, "--output", str(folder / "report.html"))
    if names.scan is not None:
        asked["scan figures"] = ("scan", names.scan, "--figures", str(folder / "scan"))
    for words in asked.values():
        said = icb(*words)
        assert said.code == 0, said
    yield from written(folder)


def written(folder: Path) -> Iterator[tuple[str, str]]:
    """Name -> text of every file of text below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".csv", ".json", ".html", ".svg", ".R"):
            yield str(path.relative_to(folder)), as_text(path.read_text(encoding="utf-8"))


def as_text(page: str) -> str:
    """A page or a picture as one reads it: without the numbers that only place and draw things."""
    page = re.sub(r"<(style|script|defs)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r"data:[a-z/+]+;base64,[A-Za-z0-9+/=]+", " ", page)
    title = re.findall(r'(?:alt|title|aria-label|value|href|content)="([^"]*)"', page)
    return re.sub(r"<[^>]*>", " ", page) + " ".join(title) if "</" in page else page


def _pages(names: Names) -> Iterator[tuple[str, str]]:
    site = TestClient(explorer(), base_url="http://127.0.0.1", follow_redirects=True)
    parts = {
        "symbol": names.gene, "cohort": names.cohort, "scan": names.scan, "claim": names.claim,
        "table": "marts.patients",
    }  # fmt: skip
    words = {
        "/ask": {"q": names.question}, "/statistic": {"id": names.statistic}, "/start": {"q": names.cohort},
        "/sql": {"query": "select * from marts.patients"},
    }  # fmt: skip
    asked = [(path, words.get(path, {})) for path in PAGES]
    asked += [("/start", {"q": "a"}), ("/statistics", {"q": "os"}), ("/table/marts.sample_attributes", {}),
              ("/table/marts.cohort_receipts", {}), ("/table/stats.every_stat", {}), ("/diff", {"what": "cohorts"}),
              *((f"/ask/{figure}.{ending}", {"q": names.question})
                for figure in ("kaplan_meier", "forest") for ending in ("svg", "csv"))]  # fmt: skip
    for pattern, query in asked:
        part = re.search(r"\{(\w+)\}", pattern)
        if part is not None and parts[part[1]] is None:
            continue
        path = pattern if part is None else pattern.replace(part[0], str(parts[part[1]]))
        for ending in ("",) if "." in path and "/ask/" in path else ("", ".json", ".csv"):
            got = site.get(f"{path}{ending}", params=query)
            assert got.status_code in (200, 404, 422), (path, got.text)
            yield f"page {path}{ending} {query}", as_text(got.text)


def _chat(names: Names) -> Iterator[tuple[str, str]]:
    calls: dict[str, list[dict[str, object]]] = {
        "find": [{"words": "a"}, {"words": names.cohort}],
        "list_cohorts": [{}],
        "describe_cohort": [{"cohort": names.cohort}],
        "ask_biomarker": [{"biomarker": names.question}],
        "survival_curve": [{"biomarker": names.question}],
        "mutation_frequency": [{"gene": names.gene}],
        "list_scans": [{}],
        "scan_results": [{"scan": names.scan}] if names.scan else [],
        "check_claims": [{"claim": names.claim}] if names.claim else [],
        "lineage": [{"stat_id": names.statistic}],
        "describe_tables": [{}, {"table": "marts.patients"}],
        "run_sql": [
            {"query": "select * from marts.patients"},
            {"query": "select * from marts.sample_attributes"},
        ],
    }
    tools: dict[str, Callable[..., object]] = {tool.__name__: tool for tool in TOOLS}
    assert calls.keys() == tools.keys(), "a tool of the chat that nobody looks at"
    for name, arguments in calls.items():
        for asked in arguments:
            sent = tools[name](**asked)
            dumped = [one.model_dump() for one in (sent if isinstance(sent, list) else [sent])]  # type: ignore[attr-defined]
            yield f"tool {name} {asked}", json.dumps(dumped, default=str, ensure_ascii=False)
