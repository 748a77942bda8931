"""docs/catalogue.md has every key that the schema accepts, with an example that the schema accepts."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from warehouse.reports.catalogue_docs import DOCUMENT, known_keys, models, page

KEYS = [(name, key) for name, entry in known_keys().items() for key in entry["keys"]]


def test_every_key_of_the_schema_is_documented_and_no_other() -> None:
    documented = {name: list(entry["keys"]) for name, entry in known_keys().items()}
    assert documented == {name: list(models()[name].model_fields) for name in documented}
    assert set(documented) == set(models())


@pytest.mark.parametrize(("model", "key"), KEYS)
def test_an_example_is_a_value_that_the_schema_accepts(model: str, key: str) -> None:
    meaning, example = known_keys()[model]["keys"][key]
    field = models()[model].model_fields[key]
    assert meaning or field.description, "what is it?"
    TypeAdapter(field.rebuild_annotation()).validate_python(example)


def test_the_page_is_what_make_docs_writes() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == page(text), "run make docs"
