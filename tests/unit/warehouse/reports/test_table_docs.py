"""The page of the tables says what the code declares."""

from __future__ import annotations

from analytics.results.tables import RESULT_TABLES
from warehouse.reports.table_docs import DOCUMENT, render
from warehouse.settings import PROJECT


def test_every_result_table_and_each_of_its_columns_says_what_it_is() -> None:
    for name, table in RESULT_TABLES.items():
        assert table.meaning.endswith("."), name
        assert all(meaning for _, meaning in table.columns.values()), name


def test_the_page_is_what_make_docs_writes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run make docs"


def test_the_page_names_every_mart() -> None:
    page = render()
    for model in (PROJECT / "dbt_project" / "models" / "marts").rglob("*.sql"):
        assert f"| `{model.stem}` |" in page, model.stem
