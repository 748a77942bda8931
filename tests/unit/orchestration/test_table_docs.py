"""The page of the tables says what the code declares."""

from __future__ import annotations

from analytics.result_meanings import RESULT_MEANINGS
from analytics.result_tables import RESULT_TABLES
from orchestration.settings import PROJECT
from orchestration.table_docs import DOCUMENT, render


def test_every_result_table_says_what_a_row_is() -> None:
    assert set(RESULT_MEANINGS) == set(RESULT_TABLES)


def test_the_page_is_what_make_docs_writes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run make docs"


def test_the_page_names_every_mart() -> None:
    page = render()
    for model in (PROJECT / "dbt_project" / "models" / "marts").glob("*.sql"):
        assert f"| `{model.stem}` |" in page, model.stem
