"""The page of the tables says what the code declares."""

from __future__ import annotations

from analytics.results.meanings import RESULT_MEANINGS
from analytics.results.tables import RESULT_TABLES
from warehouse.reports.table_docs import DOCUMENT, render
from warehouse.settings import PROJECT


def test_every_result_table_says_what_a_row_is() -> None:
    assert set(RESULT_MEANINGS) == set(RESULT_TABLES)


def test_the_page_is_what_make_docs_writes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run make docs"


def test_the_page_names_every_mart() -> None:
    page = render()
    for model in (PROJECT / "dbt_project" / "models" / "marts").glob("*.sql"):
        assert f"| `{model.stem}` |" in page, model.stem
