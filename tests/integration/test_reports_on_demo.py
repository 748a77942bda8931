"""The demo's report and a gene's dossier: the numbers are the tables' numbers, every link resolves, nothing "
"is fetched."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import Any

import docx
import pytest
from command_line import Icb, command
from graph_runs import ROOT, Run
from html_page import Page, faults_of

from ingestion.errors import CatalogError
from warehouse.reports.documents import check_reports, load_report, load_reports

REPORT = "demo_igf1r"
MOST_MEGABYTES = 5


@pytest.fixture(scope="module")
def page(demo: Run) -> Page:
    """The report that the run has made."""
    return Page((demo.published.parent / "reports" / f"{REPORT}.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dossier(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A dossier, written where the command line is told."""
    path = tmp_path_factory.mktemp("dossier") / "alk.html"
    done = demo.icb("gene", "ALK", "--report", "--output", str(path))
    assert (done.returncode, done.stdout.strip()) == (0, str(path)), done.stderr
    return Page(path.read_text(encoding="utf-8"))


def test_the_run_says_where_the_report_lies(demo: Run) -> None:
    path = demo.published.parent / "reports" / f"{REPORT}.html"
    assert path.stat().st_size < MOST_MEGABYTES * 1e6
    assert f"report   {path}" in re.sub(r"\s+\n", "\n", demo.said) or str(path) in demo.said


@pytest.mark.parametrize("which", ["page", "dossier"])
def test_it_is_well_formed_every_link_resolves_and_nothing_is_fetched(
    which: str, request: pytest.FixtureRequest
) -> None:
    assert faults_of(request.getfixturevalue(which)) == []


def _leading_number(text: str) -> float | None:
    found = re.match(r"^([\u2212-]?[\d,]*\.?\d+(?:e[\u2212-]\d+)?)", text)
    return float(found[1].replace(",", "").replace("\u2212", "-")) if found else None


def test_the_numbers_are_those_of_the_tables(demo: Run, page: Page) -> None:
    stats = demo.query("select * from stats.every_stat where analysis_id like 'demo_%'").set_index("stat_id")
    compared = 0
    for table in page.tables:
        for row in table.rows:
            if not row.stat_id:
                continue
            cells = dict(zip(table.heads, row.cells, strict=True))
            stat: Any = stats.loc[row.stat_id]
            heading = next((h for h in cells if h.startswith(("Estimate", "Hazard ratio"))), None)
            number = _leading_number(cells[heading]) if heading else None
            if number is not None:
                percent = (
                    "%" in cells.get("What", "")
                    or "percentage" in cells.get("What", "")
                    or cells[heading].endswith(" %")
                )
                expected = float(stat["estimate"]) * (100 if percent else 1)
                decimals = re.match(r"^[^ (e]*?(?:\.(\d+))?(?:[ (e]|$)", cells[heading])
                half = 0.5000001 * 10.0 ** -len((decimals and decimals[1]) or "")
                assert abs(number - expected) <= half, (row.stat_id, cells[heading], expected)
                compared += 1
            n = next((cells[h] for h in cells if h in ("n", "n (mutated)")), "")
            if n:
                assert int(n.split(" ")[0].replace(",", "")) == stat["n"], row.stat_id
            if cells.get("P"):
                assert float(cells["P"]) == pytest.approx(stat["p"], rel=0.051)  # two significant digits
    assert compared > 60


def test_every_statistic_that_is_shown_has_its_people_and_files_in_the_appendix(
    demo: Run, page: Page
) -> None:
    shown = {row.stat_id for table in page.tables for row in table.rows if row.stat_id}
    assert len(shown) > 80
    for stat_id in shown:
        assert f"icb lineage {stat_id}" in page.words, stat_id
    appendix = page.words.split("Where each number comes from")[-1]
    entry = appendix.split("icb lineage demo_igf1r/default/os.cox_univariable")[0].rsplit("people (", 1)
    n = demo.value("select n from stats.every_stat where stat_id = 'demo_igf1r/default/os.cox_univariable'")
    assert entry[0].split(" ")[-2].replace(",", "") == str(n)
    behind = demo.query(
        "select distinct address, sha256 from stats.lineage where stat_id = 'demo_igf1r/default/os.cox_univariable'"
    )
    for row in behind.itertuples():
        assert row.sha256 in page.words and str(row.address) in page.words


def test_the_answer_has_the_fixed_words_of_the_tables(demo: Run, page: Page, dossier: Page) -> None:
    verdict = demo.value(
        "select verdict from stats.interaction_stats where analysis_id = 'demo_igf1r' and variant = 'default' "
        "and verdict is not null and endpoint = 'OS'"
    )
    assert f"Predictive or prognostic? {verdict.capitalize()}" in page.words
    assert "People whose tumours are IGF1R mutated lived longer than those IGF1R wild-type" in page.words
    # ALK was planted without an effect of its own
    assert "People whose tumours are ALK mutated were not shown to live longer or less long" in dossier.words


def test_the_guard_of_heterogeneity_has_the_row_of_the_table(demo: Run, page: Page) -> None:
    row = demo.query(
        "select estimate, ci_low, ci_high, n_cohorts from stats.meta_stats where variant = 'default' "
        "and analysis_id = 'demo_igf1r' and endpoint = 'OS' and estimate_key = 'os.random_effects'"
    ).iloc[0]
    said = f"random effects {row['estimate']:.2f} ({row['ci_low']:.2f}\u2013{row['ci_high']:.2f})"
    assert f"Over {int(row['n_cohorts'])} cohorts" in page.words and said in page.words


def test_steps_and_claims_of_people_are_those_of_the_flow(demo: Run, page: Page) -> None:
    flow = demo.query(
        "select n, n_left_out from stats.analysis_flow where analysis_id = 'demo_igf1r' and variant = 'default' "
        "and endpoint = 'OS' order by step_number"
    )
    (table,) = [t for t in page.tables if "Steps from the patients" in t.caption]
    shown = [
        [int(cell.replace(",", "") or 0) for cell in row.cells[1:3]] for row in table.rows if row.cells[1:]
    ]
    assert shown[-len(flow) :] == flow.to_numpy().tolist()


def test_generated_cohorts_are_marked_in_every_caption(page: Page, dossier: Page) -> None:
    for each in (page, dossier):
        assert each.captions and all("SYNTHETIC" in caption for caption in each.captions)


def test_the_dossier_agrees_with_what_the_command_prints(demo: Run, dossier: Page) -> None:
    report = demo.json("gene", "ALK")
    pooled = report["comparisons"][0]["pooled"]
    found = dossier.rows_of("alk_under_icb/default/os.cox_univariable")
    assert len(found) == 2  # among the main numbers, and in the whole table that unfolds
    for table, row in found:
        cells = dict(zip(table.heads, row.cells, strict=True))
        assert (
            cells["Estimate (95 % CI)"]
            == f"{pooled['estimate']:.2f} ({pooled['ci_low']:.2f}\u2013{pooled['ci_high']:.2f})"
        )
        assert (
            cells[next(head for head in cells if head.startswith("n ("))]
            == f"{pooled['n']:,} ({pooled['n_in_group']:,})"
        )
    for found in report["guards"]:
        assert found["verdict"] in dossier.words, found
    assert report["question"] == "ALK; endpoint OS" and report["question"] in dossier.words
    assert 'icb ask "ALK; endpoint OS" --report' in dossier.words and "icb lineage" not in dossier.words


def test_without_a_name_it_lists_the_reports(demo: Run) -> None:
    (row,) = [row for row in demo.json("report") if row["report_id"] == REPORT]
    assert row["file"].endswith(f"published/reports/{REPORT}.html")


def test_made_again_it_is_the_same_document(demo: Run, tmp_path: Path, page: Page) -> None:
    path = tmp_path / "again.html"
    assert demo.icb("report", REPORT, "--output", str(path)).returncode == 0
    assert path.read_text(encoding="utf-8") == page.html


@pytest.fixture
def icb(demo: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Icb:
    return command(monkeypatch, capfd, demo.settings)


def test_faults_are_one_sentence(icb: Icb) -> None:
    icb("report", "nonsense").is_one_sentence("no report is named 'nonsense'", REPORT)
    icb("gene", "NOSUCHGENE", "--report").is_one_sentence("NOSUCHGENE")


def test_a_report_that_the_published_file_cannot_fill_says_which_analysis(
    icb: Icb, demo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    text = (ROOT / "catalog" / "demo" / "reports" / f"{REPORT}.yaml").read_text(encoding="utf-8")
    (folder / f"{REPORT}.yaml").write_text(
        text.replace("[demo_igf1r_control]", "[demo_of_tomorrow]"), encoding="utf-8"
    )
    monkeypatch.setattr(
        "warehouse.reports.documents.load_reports", lambda _: {p: load_report(p) for p in folder.glob("*")}
    )
    icb("report", REPORT).is_one_sentence("no analysis 'demo_of_tomorrow' in the published file", "icb run")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("report_id: demo_igf1r", "report_id: other"), "but the file is named"),
        (("gene: IGF1R", "genes: IGF1R"), "key 'genes'"),
        (("lead: [demo_igf1r]", "lead: [demo_igf1r"), "broken YAML"),
    ],
)
def test_a_broken_file_is_one_sentence(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    path = tmp_path / f"{REPORT}.yaml"
    shutil.copyfile(ROOT / "catalog" / "demo" / "reports" / f"{REPORT}.yaml", path)
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(CatalogError, match=words):
        load_report(path)


def test_every_report_of_both_catalogues_names_what_the_catalogue_has() -> None:
    for catalog in (ROOT / "catalog", ROOT / "catalog" / "demo"):
        names = [{path.stem for path in (catalog / kind).glob("*.yaml")} for kind in ("analyses", "scans")]
        specs = load_reports((catalog,))
        assert specs
        check_reports(specs, *names)
        path, spec = next(iter(specs.items()))
        with pytest.raises(
            CatalogError, match=f"there is no analysis '{spec.analyses()[0]}' in the catalogue"
        ):
            check_reports({path: spec}, set(), names[1])


def test_its_tables_are_written_as_csv_and_those_of_a_paper_as_word(
    demo: Run, page: Page, tmp_path: Path
) -> None:
    done = demo.icb("report", REPORT, "--tables", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "out").glob("*.csv"))
    shown = [table for table in page.tables if table.caption.startswith("Table ")]
    assert len(files) == len(shown)
    numbers = {
        row[heads.index("What")]: row[heads.index("Estimate (95 % CI)")]
        for path in files
        if "the-main-numbers-synthetic-igf1r-under" in path.name
        for heads, *rows in [list(csv.reader(path.open(encoding="utf-8")))]
        for row in rows
    }
    document = docx.Document(str(tmp_path / "out" / "tables.docx"))
    assert document.paragraphs[1].text.startswith("SYNTHETIC")
    words = {cell.text for table in document.tables for cell in table._cells}
    assert "Age, years, median (quartiles)" in words  # Table 1
    estimate = demo.value(
        "select printf('%.2f (%.2f\u2013%.2f)', estimate, ci_low, ci_high) from stats.survival_stats "
        "where stat_id = 'demo_igf1r/default/os.cox_univariable'"
    )
    assert numbers["Hazard ratio, Cox"] == estimate and estimate in words
    again = demo.icb("report", REPORT, "--tables", str(tmp_path / "out"))
    assert again.returncode == 1 and "it is there already; name a new folder" in again.stderr
