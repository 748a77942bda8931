"""``icb explore`` in a real browser: search, ask, filter, back, share, take along; by keyboard, without JavaScript, on
a phone and on a desk, and with every other address cut off.

Needs Debian's Chromium (`apt-get install chromium`); CI installs it and fails without it (ICB_REQUIRE_BROWSER).
"""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import NEEDS_CHROMIUM, chromium
from graph_runs import ICB, ROOT, Run
from playwright.sync_api import Browser, BrowserContext, Page, Route

from analytics.engine.numbers import p_relation

pytestmark = NEEDS_CHROMIUM
PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def site(demo: Run) -> Iterator[str]:
    """The address of an explorer of the demo."""
    server = subprocess.Popen(
        [*ICB, "explore", "--port", "0"], env=demo.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    said = server.stdout.readline()
    assert said.startswith("http://127.0.0.1:"), said
    yield said.split()[0].rstrip("/")
    server.terminate()
    server.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def cut_off(context: BrowserContext, site: str) -> list[str]:
    """Every other address is cut off; those that a page asked for are in the list."""
    foreign: list[str] = []

    def judge(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(site).netloc:
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    context.route("**/*", judge)
    context.set_default_timeout(120_000)
    return foreign


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": DESK[0], "height": DESK[1]}, java_script_enabled=request.param
    )
    foreign = cut_off(context, site)
    yield context.new_page()
    context.close()
    assert foreign == []


def test_somebody_searches_asks_filters_goes_back_shares_and_takes_the_table_along(
    page: Page, site: str
) -> None:
    page.goto(site)
    page.get_by_label("Search for a gene").fill("alk")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    with page.expect_navigation():
        page.get_by_role("link", name="ALK", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "ALK"
    with page.expect_navigation():
        page.get_by_role("link", name="Is a mutation in ALK associated with outcome?").click()
    headline = page.get_by_role("heading", level=1).inner_text()
    assert headline.startswith("ALK mutated against ALK wild-type, OS: hazard ratio")

    page.get_by_text("Change the question").click()
    page.get_by_label("Cancer type").select_option(["Melanoma"])
    page.get_by_label("Endpoint").select_option("PFS")
    with page.expect_navigation():
        page.locator("main form").get_by_role("button", name="Ask").click()
    filtered = page.get_by_role("heading", level=1).inner_text()
    assert filtered != headline and ", PFS: " in filtered
    shared = page.url
    assert parse_qs(urlsplit(shared).query) == {"q": ["ALK; endpoint PFS; where cancer_type=Melanoma"]}

    page.go_back()
    assert page.get_by_role("heading", level=1).inner_text() == headline
    page.goto(shared)
    assert page.get_by_role("heading", level=1).inner_text() == filtered

    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    with open(taken.value.path(), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert next(row["words"] for row in rows if row["name"] == "sentence") == filtered


def test_a_point_of_the_volcano_that_is_clicked_leads_to_the_row_of_its_gene(
    page: Page, site: str, demo: Run
) -> None:
    scan = "demo_os"
    gene, p = demo.query(
        "select gene, primary_p from stats.scan_results where scan_id = ? order by primary_p, gene limit 1",
        scan,
    ).iloc[0]
    page.goto(f"{site}/scan/{scan}")
    point = page.locator(f"svg a[aria-label^='{gene}: ']")
    assert f"p {p_relation(p)}" in (point.get_attribute("aria-label") or "")
    box, picture = point.locator("circle").bounding_box(), page.locator(".marked img").bounding_box()
    assert box is not None and picture is not None
    assert picture["x"] < box["x"] < picture["x"] + picture["width"]
    assert picture["y"] < box["y"] < picture["y"] + picture["height"]
    with page.expect_navigation():
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert parse_qs(urlsplit(page.url).query) == {"gene": [gene]}
    rows = page.locator("#genes tbody tr")
    assert rows.count() == 1 and rows.locator("td").first.inner_text() == gene
    assert page.locator("svg a[aria-current]").get_attribute("aria-label") == point.get_attribute(
        "aria-label"
    )
    with page.expect_navigation():
        rows.get_by_role("link", name=gene, exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == gene


def test_a_misspelt_gene_leads_on(page: Page, site: str) -> None:
    page.goto(f"{site}/gene/ALKK")
    assert "near it" in page.get_by_role("alert").inner_text()
    page.get_by_label("Search for it").fill("ALK")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("link", name="ALK", exact=True).count() == 1


def addresses(demo: Run) -> list[str]:
    scan = demo.value("select min(scan_id) from stats.scan_specs")
    stat = demo.value("select min(stat_id) from stats.survival_stats where estimate is not null")
    return [
        "/", "/?q=alk", "/ask", "/ask?q=ALK; endpoint OS", "/gene/ALK", "/cohorts", "/cohort/demo_msk_2018", "/claims",
        "/scans", f"/scan/{scan}", f"/statistic?id={stat}", "/tables", "/table/marts.cohorts",
        "/sql?query=select * from marts.patients limit 5", "/versions", "/reports", "/gene/ALKK",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_is_wider_than_the_screen_and_every_picture_and_field_is_there(
    browser: Browser, site: str, demo: Run, size: tuple[int, int]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    foreign, page = cut_off(context, site), context.new_page()
    refused: list[str] = []
    page.on(
        "console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None
    )
    for where in addresses(demo):
        page.goto(site + where, wait_until="load")
        wide, screen = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= screen, where
        assert page.evaluate("[...document.images].every(one => one.naturalWidth > 0 && one.alt)"), where
        assert page.locator("h1").count() == 1, where
        unlabelled = "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
        assert page.evaluate(f"{unlabelled}.every(one => one.labels.length > 0)"), where
    context.close()
    assert foreign == [] and refused == []


def test_the_keyboard_alone_is_enough(browser: Browser, site: str) -> None:
    context = browser.new_context()
    cut_off(context, site)
    page = context.new_page()
    page.goto(f"{site}/cohorts")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
    assert {"Ask", "Cohorts", "Find", "demo_msk_2018"} <= {text.strip() for text in reached}
    context.close()


def test_points_of_the_volcano_are_reached_and_followed_by_keyboard_the_strongest_first(
    browser: Browser, site: str, demo: Run
) -> None:
    strongest = demo.query(
        "select gene from stats.scan_results where scan_id = 'demo_os' order by primary_p, gene limit 3"
    )["gene"].tolist()
    context = browser.new_context()
    cut_off(context, site)
    page = context.new_page()
    page.goto(f"{site}/scan/demo_os")
    page.locator(".marked > div > a").first.focus()
    reached = []
    for _ in strongest:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label')").split(":")[0])
    assert reached == strongest
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert parse_qs(urlsplit(page.url).query) == {"gene": [strongest[-1]]}
    context.close()


def test_axe_finds_no_fault_on_any_kind_of_page(browser: Browser, site: str, demo: Run) -> None:
    """The rules of axe-core, WCAG 2 A and AA among them."""
    stat = demo.value("select min(stat_id) from stats.survival_stats where estimate is not null")
    pages = (
        "", "ask", "ask?q=ALK", "gene/ALK", "cohorts", "cohort/demo_msk_2018", "claims", "scans",
        "scan/demo_trials_os", "statistics", f"statistic?id={stat}", "diff", "tables",
        "table/marts.cohorts", "sql", "versions", "reports", "report/demo_igf1r.html", "gene/NOSUCHGENE",
    )  # fmt: skip
    context = browser.new_context(bypass_csp=True)  # the page's policy lets no script in, and axe is one
    context.set_default_timeout(120_000)
    page = context.new_page()
    faults = {}
    for path in pages:
        page.goto(f"{site}/{path}")
        found = Axe().run(page)
        if found.violations_count:
            faults[path] = found.generate_report()
    context.close()
    assert faults == {}
