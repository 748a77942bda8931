"""The pages of the cohorts: one for each cohort that the list names, and a source's own words are only text in them."""

from __future__ import annotations

import re

from warehouse.reports.cohort_pages import _cell
from warehouse.settings import PROJECT

LIST = (PROJECT / "docs" / "cohorts.md").read_text(encoding="utf-8")


def test_every_page_is_in_the_list_and_every_cohort_of_the_list_has_a_page() -> None:
    pages = {path.stem for path in (PROJECT / "docs" / "cohorts").glob("*.md")}
    assert pages == set(re.findall(r"^- \[`(\w+)`\]\(cohorts/\w+\.md\)", LIST, flags=re.MULTILINE))
    assert len(pages) > 20


def test_a_page_has_its_clocks_receipt_overlaps_refused_rows_and_files() -> None:
    for path in (PROJECT / "docs" / "cohorts").glob("*.md"):
        headings = re.findall(r"^## (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert headings == [
            "Clocks", "What its files became", "Persons also in other cohorts", "Rows refused or doubted", "Files",
        ], path.name  # fmt: skip


def test_words_of_a_source_end_no_column_and_begin_no_tag() -> None:
    assert _cell("a|b <img src=x> [here](x) *b*\nnext") == r"a\|b &lt;img src=x&gt; \[here\](x) \*b\* next"
    assert _cell("https://x.invalid/a_b.txt") == "`https://x.invalid/a_b.txt`"
    assert _cell("https://x.invalid/a|b") == r"https://x.invalid/a\|b"
    assert _cell(1234567) == "1,234,567"
