"""Every report of the demo printed to A4 by a browser and measured: short, legible, nothing outside the page; and what
is on the first page, the first screen and, when a reader unfolds it, on paper."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pdfplumber
import pytest
from graph_runs import Run

playwright = pytest.importorskip("playwright.sync_api")

#: Points; the tolerance is that of a figure of 183 mm on 184 mm.
SMALLEST_PT = 7.0 - 0.05
MOST_PAGES = 14
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    """Debian's Chromium; where it is absent the test says so, and CI (ICB_REQUIRE_BROWSER) fails."""
    program = shutil.which("chromium")
    if program is None:
        words = "no Chromium on this machine: apt-get install chromium"
        if os.environ.get("ICB_REQUIRE_BROWSER"):
            pytest.fail(words)
        pytest.skip(words)
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def reports(demo: Run) -> list[Path]:
    found = sorted((demo.published.parent / "reports").glob("*.html"))
    assert {path.stem for path in found} >= {"demo_igf1r", "index"}
    return found


def printed(browser: playwright.Browser, report: Path, to: Path, *, unfolded: bool = False) -> Path:
    page = browser.new_page()
    page.goto(report.as_uri())
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.pdf(path=str(to), prefer_css_page_size=True)
    page.close()
    return to


def size_pt(letter: dict[str, object]) -> float:
    """Size of the type; of letters that are turned by a right angle the width of their box."""
    a, b, *_ = letter["matrix"]  # type: ignore[misc]
    is_turned = abs(a) < abs(b)
    return float(letter["x1"]) - float(letter["x0"]) if is_turned else float(letter["size"])  # type: ignore[arg-type]


def test_every_report_is_short_legible_and_within_the_page(
    browser: playwright.Browser, reports: list[Path], tmp_path: Path
) -> None:
    for report in reports:
        with pdfplumber.open(printed(browser, report, tmp_path / f"{report.stem}.pdf")) as pdf:
            assert len(pdf.pages) <= MOST_PAGES, report.stem
            for number, page in enumerate(pdf.pages, start=1):
                assert (round(page.width), round(page.height)) == (595, 842), report.stem
                letters = [letter for letter in page.chars if letter["text"].strip()]
                small = {
                    (one["text"], round(size_pt(one), 2)) for one in letters if size_pt(one) < SMALLEST_PT
                }
                assert not small, (report.stem, number, sorted(small)[:8])
                outside = [one["text"] for one in letters if one["x0"] < 28 or one["x1"] > page.width - 28]
                assert not outside, (report.stem, number, outside[:20])


def test_the_answer_and_its_figure_are_on_the_first_page(
    browser: playwright.Browser, demo: Run, tmp_path: Path
) -> None:
    report = demo.published.parent / "reports" / "demo_igf1r.html"
    with pdfplumber.open(printed(browser, report, tmp_path / "one.pdf")) as pdf:
        first = pdf.pages[0].extract_text()
        assert "IGF1R mutated lived longer than those IGF1R" in " ".join(first.split())
        assert "Figure1." in "".join(first.split())
        everything = "\n".join(page.extract_text() for page in pdf.pages)
    for folded in ("Where each number comes from", "REMARK checklist", "icb lineage"):
        assert folded not in everything


def test_what_a_reader_unfolds_is_printed_and_stays_within_the_page(
    browser: playwright.Browser, demo: Run, tmp_path: Path
) -> None:
    report = demo.published.parent / "reports" / "demo_igf1r.html"
    path = printed(browser, report, tmp_path / "all.pdf", unfolded=True)
    with pdfplumber.open(path) as pdf:
        n_pages = len(pdf.pages)
        last = pdf.pages[-1].extract_text()
        middle = pdf.pages[n_pages // 3]
        # a page that a wide table made the browser shrink has its body text below the 9 pt that it is set in
        sizes = [size_pt(one) for one in middle.chars if one["text"].strip()]
    assert n_pages > MOST_PAGES and "icb lineage" in last
    assert min(sizes) >= SMALLEST_PT, sorted(sizes)[:5]


@pytest.mark.parametrize("screen", SCREENS)
def test_the_answer_is_on_the_first_screen_and_nothing_is_wider_than_it(
    browser: playwright.Browser, demo: Run, screen: str
) -> None:
    width, height = SCREENS[screen]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto((demo.published.parent / "reports" / "demo_igf1r.html").as_uri())
    said = page.locator("#answer .lead .headline").first.bounding_box()
    assert said is not None and said["y"] + said["height"] <= height
    figure = page.locator("#answer figure img").bounding_box()
    assert figure is not None and (screen == "phone" or figure["y"] < height - 250)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_a_link_into_a_fold_opens_it(browser: playwright.Browser, demo: Run) -> None:
    page = browser.new_page()
    page.goto((demo.published.parent / "reports" / "demo_igf1r.html").as_uri())
    link = page.locator("#answer .ref").first
    target = page.locator(f"[id='{str(link.get_attribute('href'))[1:]}']")
    assert not target.is_visible()
    link.click()
    assert target.is_visible() and page.evaluate("document.getElementById('lineage').open")
    page.close()
