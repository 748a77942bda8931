"""Numbers of README and docs that are the answers of queries on the published file of the public cohorts.

A comment of the page holds lines ``words of the page = query;``. The numbers among the words, in their order, are the
values of the query's only row, rounded to as many digits as the page prints.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graph_runs import ROOT, Run

_NUMBER = re.compile(r"(?<![A-Za-z\d])\d[\d,]*(?:\.\d+)?")  # not the 53 of TP53
#: Numbers in words hide from the queries: a finding is written in digits.
_IN_WORDS = re.compile(
    r"\b(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    r"nineteen|twenty)\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--(.*?)-->", flags=re.DOTALL)
_LINE = re.compile(r"^(?P<words>[^\n=]+?) = (?P<query>select .*?);$", flags=re.DOTALL | re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def told(page: Path) -> list[tuple[str, str]]:
    """Words of a page and the query that answers with their numbers."""
    return [
        (found["words"].strip(), found["query"])
        for comment in _COMMENT.findall(page.read_text(encoding="utf-8"))
        for found in _LINE.finditer(comment)
    ]


def as_printed(value: object, printed: str) -> str:
    """A value with as many decimals as the page prints."""
    decimals = len(printed.partition(".")[2])
    return f"{float(str(value)):{',' if ',' in printed else ''}.{decimals}f}"


ALL = [(page, words, query) for page in PAGES for words, query in told(page)]


@pytest.mark.mirror
@pytest.mark.parametrize(("page", "words", "query"), ALL, ids=[f"{p.name}: {w}" for p, w, _ in ALL])
def test_a_number_of_the_docs_is_what_the_published_file_answers(
    real: Run, page: Path, words: str, query: str
) -> None:
    printed = _NUMBER.findall(words)
    with real.connect() as con:
        rows = con.execute(query).fetchall()
    assert len(rows) == 1, (page.name, words)
    assert printed == [as_printed(value, text) for value, text in zip(rows[0], printed, strict=True)]


@pytest.mark.parametrize(("page", "words", "query"), ALL, ids=[f"{p.name}: {w}" for p, w, _ in ALL])
def test_the_words_that_a_query_answers_stand_on_the_page(page: Path, words: str, query: str) -> None:
    seen = " ".join(_COMMENT.sub("", page.read_text(encoding="utf-8")).split())
    assert words in seen


def test_every_number_that_the_readme_finds_in_the_cohorts_has_a_query() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    findings = page[page.index("The published hazard ratio of ALK") : page.index("\n<!-- Every number above")]
    # the table of five genes is held to what is answered of them in test_verdicts_on_mirror.py
    findings = re.sub(r"^  \|.*\|$", "", findings, flags=re.MULTILINE)
    for words, _ in told(ROOT / "README.md"):
        findings = " ".join(findings.split()).replace(words, "")
    # names of rows, people and thresholds are no findings
    left = re.sub(r"`[^`]*`|\bp < 0\.05\b", "", findings)
    assert _NUMBER.findall(left) == [] and _IN_WORDS.findall(left) == []
