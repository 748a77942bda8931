"""``icb explore`` on the demo, asked over HTTP without a browser: the numbers and words of the command line, every page
in three forms, an address for every state, faults as pages, and a house that answers nobody else."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from command_line import Icb, command
from graph_runs import ROOT, Run
from starlette.testclient import TestClient

from interfaces.web.app import PAGES, explorer
from interfaces.web.pages.records import SQL_EXAMPLES
from warehouse.settings import Settings
from warehouse.sql_apart import SqlError, ask_apart
from warehouse.versions.layout import version_in_force

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def own(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo with a registry of its own: others ask of the shared one at the same time, and an answer says which
    question of how many it is."""
    data = tmp_path_factory.mktemp("explorer")
    (data / "published").symlink_to(demo.settings.published)
    return replace(demo.settings, data=data)


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], own: Settings) -> Icb:
    return command(monkeypatch, capfd, own)


@pytest.fixture(scope="module")
def kept() -> TestClient:
    """One explorer for the file, so that an answer is computed once."""
    return TestClient(explorer(), base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture
def site(kept: TestClient, icb: Icb) -> TestClient:
    return kept


def page(site: TestClient, path: str, **words: Any) -> str:
    got = site.get(path, params=words, follow_redirects=True)
    assert got.status_code == 200, (path, got.text[:500])
    return got.text


# --- the same answer (test_the_same_everywhere.py asks thirty questions)


def test_the_page_says_headline_verdict_reason_and_family_in_the_words_of_the_terminal(
    site: TestClient, icb: Icb
) -> None:
    shown = page(site, "/ask", q="ALK")
    said = " ".join(icb("ask", "ALK").out.split())
    answer = site.get("/ask.json", params={"q": "ALK"}, follow_redirects=True).json()
    text = words_of(shown)
    for sentence in (
        answer["headline"]["sentence"], f"Verdict: {answer['headline']['verdict']}.",
        f"Against: {answer['headline']['against']}", f"To know more: {answer['headline']['would_settle']}",
    ):  # fmt: skip
        assert sentence in text
        assert sentence in said
    for guard in answer["guards"]:
        assert guard["sentence"] in text
    assert text.index(answer["headline"]["sentence"]) < text.index("Verdict:") < text.index("Who is counted")


def test_an_answer_has_curves_with_numbers_at_risk_and_a_forest_with_every_cohort(site: TestClient) -> None:
    shown = page(site, "/ask", q="ALK")
    assert '<img src="/ask/kaplan_meier.svg?q=ALK' in shown
    curves = site.get("/ask/kaplan_meier.svg", params={"q": "ALK; endpoint OS"})
    assert curves.headers["content-type"] == "image/svg+xml"
    assert "Numbers at risk" in curves.text
    ElementTree.fromstring(curves.text)
    forest = site.get("/ask/forest.csv", params={"q": "ALK; endpoint OS"})
    rows = list(csv.DictReader(io.StringIO(forest.text)))
    answer = site.get("/ask.json", params={"q": "ALK; endpoint OS"}).json()
    found = answer["comparisons"][-1]
    assert [row["label"].removesuffix(" *") for row in rows] == [
        *(one["cohort_id"] for one in found["cohorts"]), "Pooled",
    ]  # fmt: skip
    assert float(rows[-1]["hr"]) == pytest.approx(found["pooled"]["estimate"], rel=1e-12)


def test_the_csv_of_an_answer_is_that_of_the_terminal(site: TestClient, icb: Icb) -> None:
    question = "ALK; endpoint OS"
    assert site.get("/ask.csv", params={"q": question}).text == icb("ask", question, "--format", "csv").out


# --- one address for one state


def test_a_form_that_is_sent_becomes_the_text_of_the_question(site: TestClient) -> None:
    sent = site.get(
        "/ask",
        params={
            "form": "1", "q": "ALK", "endpoint": "PFS", "landmark": "3", "adjust": ["sex"],
            "cohort": ["demo_msk_2018"], "cancer_type": ["Melanoma"],
        },
    )  # fmt: skip
    assert sent.status_code == 303
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked == {
        "q": ["ALK; endpoint PFS; cohort demo_msk_2018; where cancer_type=Melanoma; adjust sex; landmark 3"]
    }


@pytest.mark.parametrize(
    ("biomarker", "definition", "text"),
    [
        ("ALK", "truncating", "ALK:truncating"),
        ("ALK:truncating", "any", "ALK"),
        ("ALK:missense", "", "ALK:missense"),
    ],
)
def test_what_counts_as_mutated_is_a_field_of_the_form(
    site: TestClient, biomarker: str, definition: str, text: str
) -> None:
    sent = site.get("/ask", params={"form": "1", "q": biomarker, "endpoint": "OS", "definition": definition})
    assert parse_qs(urlsplit(sent.headers["location"]).query) == {"q": [f"{text}; endpoint OS"]}


def test_a_list_in_which_nothing_is_chosen_takes_its_filter_away(site: TestClient) -> None:
    sent = site.get("/ask", params={"form": "1", "q": "ALK; where cancer_type=Melanoma", "endpoint": "OS"})
    assert parse_qs(urlsplit(sent.headers["location"]).query) == {"q": ["ALK; endpoint OS"]}


def test_another_name_of_a_gene_leads_to_its_symbol(site: TestClient, demo: Run) -> None:
    other, symbol = demo.query(
        "select gene_name, hugo_symbol from marts.gene_names where gene_name <> hugo_symbol "
        "and hugo_symbol in (select hugo_symbol from marts.gene_panels) "
        "and regexp_full_match(gene_name, '[A-Z0-9]+') order by all limit 1"
    ).iloc[0]
    sent = site.get(f"/gene/{other}")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/gene/{symbol}")


# --- the pages


def addresses(demo: Run) -> dict[str, str]:
    """An address of every page."""
    claim = demo.value("select min(claim_id) from stats.claim_checks")
    scan = demo.value("select min(scan_id) from stats.scan_specs")
    stat = demo.value("select min(stat_id) from stats.survival_stats where estimate is not null")
    return {
        "/start": "/start?q=ALK", "/ask": "/ask?q=ALK; endpoint OS", "/gene/{symbol}": "/gene/ALK",
        "/cohorts": "/cohorts", "/cohort/{cohort}": "/cohort/demo_msk_2018", "/claims": "/claims",
        "/claim/{claim}": f"/claim/{claim}", "/scans": "/scans", "/scan/{scan}": f"/scan/{scan}",
        "/statistics": "/statistics?q=alk", "/statistic": f"/statistic?id={stat}", "/tables": "/tables",
        "/table/{table}": "/table/marts.cohorts", "/sql": "/sql?query=select 42 as answer",
        "/versions": "/versions", "/reports": "/reports",
    }  # fmt: skip


def test_every_page_is_html_json_and_csv_and_says_its_version(site: TestClient, demo: Run) -> None:
    known = addresses(demo)
    assert known.keys() | {"/diff"} == PAGES.keys()
    version = version_in_force(demo.settings.published).name
    for where in known.values():
        path, _, query = where.partition("?")
        shown = site.get(where)
        assert shown.status_code == 200, (where, shown.text)
        assert f"Version {version}" in shown.text
        assert "<script" not in shown.text and " style=" not in shown.text and " onclick" not in shown.text
        as_json = site.get(f"{path}.json?{query}")
        assert as_json.status_code == 200 and as_json.json() is not None, where
        as_csv = site.get(f"{path}.csv?{query}")
        assert as_csv.headers["content-type"].startswith("text/csv"), where
        assert len(list(csv.reader(io.StringIO(as_csv.text)))) >= 2, where


def test_a_gene_has_every_patient_of_every_cohort_in_one_of_four_statuses(
    site: TestClient, demo: Run
) -> None:
    rows = site.get("/gene/ALK.json").json()["frequency"]
    counted = {row["cohort_id"]: row for row in rows}
    patients = demo.query("select cohort_id, count(*) as n from marts.patients group by cohort_id")
    assert {c: row["n_patients"] for c, row in counted.items()} == dict(
        zip(patients["cohort_id"], patients["n"], strict=True)
    )
    for row in rows:
        statuses = ("n_mutated", "n_wild_type", "n_undetermined", "n_not_profiled")
        assert sum(row[name] for name in statuses) == row["n_patients"]


def test_every_table_of_a_page_is_a_csv_of_its_own(site: TestClient) -> None:
    tables = site.get("/cohort/demo_msk_2018.json").json()
    for name in ("receipt", "clocks", "overlaps", "files"):
        got = site.get("/cohort/demo_msk_2018.csv", params={"table": name}).text
        assert len(list(csv.DictReader(io.StringIO(got)))) == len(tables[name]) > 0
        assert f'/cohort/demo_msk_2018.csv?table={name}"' in site.get("/cohort/demo_msk_2018").text


def test_rows_of_a_table_are_chosen_by_the_words_in_them(site: TestClient, demo: Run) -> None:
    table, everywhere = "/table/marts.patients", {}
    got = site.get(f"{table}.json").json()
    counted = demo.query(
        "select coalesce(sex, '(none)') as sex, count(*) as n from marts.patients group by 1 order by 2 desc, 1"
    )
    facet = {row["value"]: row["n_rows"] for row in got["by_sex"]}
    assert facet == dict(zip(counted["sex"], counted["n"], strict=True))
    shown = site.get(table).text
    for sex in facet:
        assert f'href="{table}?sex={sex.replace("(", "%28").replace(")", "%29")}"' in shown
        everywhere[sex] = site.get(f"{table}.json", params={"sex": sex}).json()
        assert {row["sex"] for row in everywhere[sex]["rows"]} == {None if sex == "(none)" else sex}
        assert "by_sex" not in everywhere[sex]
    one = site.get(table, params={"sex": counted["sex"].iloc[0], "cohort_id": "demo_msk_2018"})
    n = demo.value(
        "select count(*) from marts.patients where cohort_id = 'demo_msk_2018' and sex = ?",
        counted["sex"].iloc[0],
    )
    assert f"Rows 1 to 100 of {n:,}" in words_of(one.text) and "Next" in words_of(one.text)
    wrong = site.get(table, params={"sexx": "Male"})
    assert wrong.status_code == 404 and "has no column 'sexx'; is it sex?" in words_of(wrong.text)
    view = site.get("/table/stats.lineage")
    assert view.status_code == 200 and "First 100 rows" in words_of(view.text)
    chosen = site.get("/table/stats.lineage", params={"role": "x"})
    assert chosen.status_code == 404 and "too long to choose rows by a word; ask of it in SQL" in words_of(
        chosen.text
    )
    nobody = site.get(table, params={"sex": "' or 1=1 --"})
    assert nobody.status_code == 200 and "None." in words_of(nobody.text)


def test_the_examples_of_sql_are_those_of_the_readme_and_each_is_answered(site: TestClient) -> None:
    blocks = re.findall(r"```sql\n-- (.*?)\n(.*?)\n```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert {words.lower(): query for words, query in blocks} == {
        words.lower(): query for words, query in SQL_EXAMPLES.items()
    }
    for query in SQL_EXAMPLES.values():
        assert site.get("/sql", params={"query": query}).status_code == 200


def test_a_published_figure_is_shown_by_pages_of_this_machine_and_by_no_others(
    site: TestClient, demo: Run
) -> None:
    """Dagster's UI is on another port of it; a page of somebody else must not even learn how wide a figure is."""
    figure = next((demo.settings.figures / "demo_igf1r").glob("*.svg")).name
    for page, path, policy in (
        ("http://127.0.0.1:3000/assets/analyses/demo_igf1r", f"/figure/demo_igf1r/{figure}", "cross-origin"),
        ("http://localhost:3000/", f"/figure/demo_igf1r/{figure}", "cross-origin"),
        ("https://127.0.0.1.example.org/", f"/figure/demo_igf1r/{figure}", "same-origin"),
        ("", f"/figure/demo_igf1r/{figure}", "same-origin"),
        ("http://127.0.0.1:3000/", "/cohorts", "same-origin"),
    ):
        got = site.get(path, headers={"referer": page})
        assert got.status_code == 200 and got.headers["cross-origin-resource-policy"] == policy, (page, path)


def test_two_questions_at_once_are_both_answered(site: TestClient) -> None:
    questions = ["TMB; cohort demo_msk_2018", "TMB per doubling; cohort demo_msk_2018"]
    with ThreadPoolExecutor() as both:
        got = list(
            both.map(lambda q: site.get("/ask.json", params={"q": q}, follow_redirects=True), questions)
        )
    assert [one.status_code for one in got] == [200, 200]
    assert len({one.json()["question"] for one in got}) == 2


def test_a_cohort_shows_its_receipt_as_the_terminal_does(site: TestClient, icb: Icb) -> None:
    shown = site.get("/cohort/demo_msk_2018.json").json()
    printed = json.loads(icb("cohort", "receipt", "demo_msk_2018", "--format", "json").out)
    assert shown["receipt"] == printed
    assert {row["endpoint"] for row in shown["clocks"]} >= {"OS"}
    assert shown["overlaps"]


def test_a_scan_has_its_genes_in_the_order_of_the_terminal_and_its_volcano(
    site: TestClient, icb: Icb, demo: Run
) -> None:
    scan = demo.value("select min(scan_id) from stats.scan_specs")
    genes = [row["gene"] for row in site.get(f"/scan/{scan}.json").json()["genes"]]
    printed = [row["gene"] for row in json.loads(icb("scan", scan, "--top", "100", "--format", "json").out)]
    assert genes == printed
    volcano = site.get(f"/figure/scan_{scan}/volcano.svg")
    assert volcano.status_code == 200
    ElementTree.fromstring(volcano.text)


def test_a_statistic_is_walked_back_to_files_and_rows(site: TestClient, demo: Run) -> None:
    stat = demo.value("select min(stat_id) from stats.survival_stats where estimate is not null and n > 150")
    shown = site.get("/statistic.json", params={"id": stat}).json()
    n_rows = demo.value("select count(*) from stats.lineage where stat_id = ?", stat)
    assert sum(row["n_rows"] for row in shown["files"]) == n_rows
    assert len(shown["rows"]) == 100
    second = site.get("/statistic.json", params={"id": stat, "page": 2}).json()
    assert second["rows"] and second["rows"] != shown["rows"]


@pytest.mark.parametrize(
    ("words", "kind", "name"),
    [
        ("alk", "gene", "ALK"),
        ("demo_msk", "cohort", "demo_msk_2018"),
        ("melan", "cancer type", "Melanoma"),
    ],
)
def test_the_search_finds_what_has_a_page(site: TestClient, words: str, kind: str, name: str) -> None:
    found = site.get("/start.json", params={"q": words}).json()["found"]
    assert (kind, name) in {(row["kind"], row["name"]) for row in found}
    assert page(site, "/", q=words).count("<li>") >= len(found)


def test_a_search_for_nothing_known_names_what_is_near(site: TestClient) -> None:
    assert "Near it: " in page(site, "/", q="demo_msk_2081")


# --- faults


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/gene/ALKK", 404, "near it"),
        ("/cohort/nowhere", 404, "it has "),
        ("/claim/Z9", 404, "papers: "),
        ("/scan/nothing", 404, "there are "),
        ("/table/marts.cohort", 404, "marts.cohorts"),
        ("/nowhere", 404, "no page"),
        ("/ask?q=ALKK", 422, "ALK"),
        ("/ask?q=ALK; endpoint XYZ", 422, "there are"),
        ("/ask?q=ALK %26", 422, ""),
        ("/ask?q=ALK&landmark=soon", 422, "landmark"),
        ("/ask?q=TMB >= 10&definition=truncating", 422, "is chosen for one gene"),
        ("/ask?q=ALK&definition=big", 422, "there are any, truncating"),
        ("/cohorts?cancer_type=Nothing", 422, "Melanoma"),
        ("/statistic?id=nothing", 422, "did you mean"),
        ("/diff?before=nothing", 422, "version"),
        ("/diff?before=/etc/passwd", 422, "version"),
        ("/figure/..%2f..%2f/manifest.json", 404, ""),
        ("/report/..%2fmanifest.json", 404, ""),
    ],
)
def test_unknown_words_have_a_page_with_what_there_is_instead(
    site: TestClient, path: str, status: int, said: str
) -> None:
    got = site.get(path, follow_redirects=True)
    assert got.status_code == status, got.text
    assert said in words_of(got.text)
    assert "Traceback" not in got.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/gene/ALK.csv?table=nosuch", 404, "there are frequency"),
        ("/table/patients", 404, "is it marts.patients?"),
        ("/cohort/DEMO_MSK_2018", 404, "is it demo_msk_2018"),
        ("/ask?q=ALK&landmark=soon", 422, "'landmark soon' is no number of months"),
        ("/ask?q=" + "not " * 400 + "ALK", 422, "deep: write it with fewer"),
        ("/ask/forest.svg", 404, "The biomarker is empty: write a gene, e.g. ALK."),
    ],
)
def test_an_odd_address_is_answered_in_one_sentence(
    site: TestClient, path: str, status: int, said: str
) -> None:
    answer = site.get(path)
    assert answer.status_code == status
    text = html.unescape(answer.text)
    assert said in text and "?." not in text and "was not foreseen" not in text


def test_a_fault_is_the_same_sentence_in_json(site: TestClient, icb: Icb) -> None:
    got = site.get("/gene/ALKK.json")
    assert got.status_code == 404
    assert "ALKK" in got.json()["error"]


@pytest.mark.parametrize(
    "path", ["/gene/{}", "/?q={}", "/ask?q={}", "/sql?query={}", "/cohorts?cancer_type={}", "/{}"]
)
def test_a_hostile_word_is_text(site: TestClient, path: str) -> None:
    got = site.get(path.format(HOSTILE.replace("/", "")), follow_redirects=True)
    assert got.status_code in (200, 404, 422)
    assert "<img src=x" not in got.text


# --- SQL of the reader


def test_sql_is_answered(site: TestClient, demo: Run) -> None:
    got = site.get("/sql.json", params={"query": "select count(*) as n from marts.cohorts"})
    assert got.json()["rows"] == [{"n": demo.value("select count(*) from marts.cohorts")}]


@pytest.mark.parametrize(
    "query",
    [
        "drop table marts.cohorts", "copy marts.cohorts to 'x.csv'", "select * from read_csv('/etc/passwd')",
        "select 1; select 2", "set memory_limit = '8GB'", "attach '/tmp/x.duckdb'",
    ],
)  # fmt: skip
def test_sql_that_does_more_than_ask_is_refused(site: TestClient, query: str) -> None:
    got = site.get("/sql", params={"query": query})
    assert got.status_code == 422, got.text


def test_sql_that_takes_too_long_ends_and_a_long_answer_is_cut_and_says_so(site: TestClient) -> None:
    with pytest.raises(SqlError, match="more than 3 seconds"):
        ask_apart("select sum(a.range * b.range) from range(1000000) a, range(1000000) b", seconds=3)
    cut = page(site, "/sql", query="select * from range(5000)")
    assert "The first 1,000 rows; there are more." in cut


# --- a house that answers nobody else


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example"])
def test_a_foreign_host_is_refused(site: TestClient, host: str) -> None:
    assert site.get("/", headers={"host": host}).status_code == 400


def test_a_page_may_run_no_script_and_load_nothing_from_elsewhere(site: TestClient) -> None:
    for path in ("/", "/cohorts", "/nowhere", "/style.css", "/cohorts.json"):
        policy = site.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "script-src" not in policy
        assert "unsafe-inline" not in policy
    report = site.get("/report/index.html")
    assert report.status_code == 200
    assert "script-src" not in report.headers["content-security-policy"]


def test_a_refresh_switches_versions_under_the_reader(
    demo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = version_in_force(demo.settings.published)
    later = tmp_path / "published" / "20990101T000000Z-00000000"
    published = tmp_path / "published"
    for folder in (published / first.name, later):
        folder.mkdir(parents=True)
        shutil.copy(first.manifest, folder)
        os.link(first.file, folder / "icb.duckdb") if folder != later else shutil.copy(first.file, folder)
    (published / "current").symlink_to(first.name)
    (published / "icb.duckdb").symlink_to("current/icb.duckdb")
    settings = replace(demo.settings, data=tmp_path)
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: settings))
    site = TestClient(explorer(), base_url="http://127.0.0.1")
    assert f"Version {first.name}" in site.get("/cohorts").text
    (published / "next").symlink_to(later.name)
    os.replace(published / "next", published / "current")
    shutil.rmtree(published / first.name)
    assert f"Version {later.name}" in site.get("/cohorts").text


def words_of(shown: str) -> str:
    """The text of a page with single blanks."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", shown)).split())
