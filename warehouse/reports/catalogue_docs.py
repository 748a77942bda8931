"""Writes the keys of the catalogue into docs/catalogue.md, from the schema: meaning, default and an example of each."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

import ingestion.catalog.attributes
import ingestion.catalog.cohorts
import ingestion.catalog.columns
import ingestion.catalog.measurements
import ingestion.catalog.panels
import ingestion.catalog.source_files
from ingestion.catalog.cohorts import Catalog, LeftOutCohort
from ingestion.catalog.columns import Strict
from ingestion.yaml_files import read_mapping
from warehouse.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "catalogue.md"
KEYS_FILE = Path(__file__).parent / "catalogue_keys.yaml"
BEGIN = "<!-- keys: written by `make docs` from the schema -->"
END = "<!-- end of keys -->"
_ROOMS = (
    ingestion.catalog.cohorts,
    ingestion.catalog.source_files,
    ingestion.catalog.columns,
    ingestion.catalog.measurements,
    ingestion.catalog.panels,
    ingestion.catalog.attributes,
)


def models() -> dict[str, type[Strict]]:
    """Name -> every part of the catalogue that a user writes."""
    return {
        name: part
        for room in _ROOMS
        for name, part in vars(room).items()
        if inspect.isclass(part) and issubclass(part, Strict) and part not in (Strict, Catalog, LeftOutCohort)
    }


def known_keys() -> dict[str, dict[str, Any]]:
    """Model -> ``where`` and ``keys`` (key -> meaning, example)."""
    return read_mapping(KEYS_FILE, "Cohort: {where: ..., keys: {...}}")


def render() -> str:
    """The section between the marks."""
    parts = []
    declared = models()
    for name, entry in known_keys().items():
        rows = [
            _row(key, declared[name].model_fields[key], meaning, example)
            for key, (meaning, example) in entry["keys"].items()
        ]
        head = "| key | meaning | without it | example |\n|---|---|---|---|\n"
        parts.append(f"### {entry['where']}\n\n{head}" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(key: str, field: FieldInfo, meaning: str | None, example: Any) -> str:
    default = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
    cells = (
        f"`{key}`",
        meaning or field.description or "",
        default,
        f"`{json.dumps(example, ensure_ascii=False)}`",
    )
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _shown(value: Any) -> str:
    if value is None or value in ((), {}):
        return "none"
    return "its defaults" if isinstance(value, Strict) else f"`{json.dumps(value, ensure_ascii=False)}`"


def page(text: str) -> str:
    """The page with the section in its place."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{render()}\n{END}{after}"


def main(document: Path = DOCUMENT) -> None:
    """Write the section."""
    document.write_text(page(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
