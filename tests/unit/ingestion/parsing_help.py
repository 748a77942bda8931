"""Shared by the tests of the parsers: fixtures, small catalogues, and tables as lists of dicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from ingestion.catalog.attributes import Attribute
from ingestion.catalog.cohorts import Catalog, Cohort
from ingestion.catalog.columns import TableFormat
from ingestion.raw_tables import SourceBytes, parse_cohort_file
from ingestion.reading.tables import ParsedTable, read_table

FIXTURES = Path(__file__).parents[2] / "fixtures" / "ingestion"
ROOT = Path(__file__).parents[3]
ADDRESS = "https://files.example/synthetic.tsv"

ATTRIBUTES = {
    name: Attribute.model_validate(value)
    for name, value in yaml.safe_load((ROOT / "catalog" / "attributes.yaml").read_text()).items()
}

#: What the rows of a mutation table without a class column are, without which it is refused.
UNSTATED_CLASS = {"mutation_constants": {"variant_classification": "nonsynonymous of unstated class"}}


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def read(name: str, **options: Any) -> ParsedTable:
    """A fixture as a table; keyword ``fast`` goes to the reader, the rest to TableFormat."""
    fast = options.pop("fast", None)
    options.setdefault("delimiter", "," if name.endswith(".csv") else "\t")
    return read_table(fixture(name), TableFormat(**options), name, fast=fast)


def rows(table: ParsedTable) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = table.frame.to_pylist()
    return listed


def rules(table: ParsedTable) -> list[tuple[int | None, str]]:
    return [(r.source_row, r.rule_id) for r in table.rejected]


def make_cohort(*files: dict[str, Any], **entries: Any) -> Cohort:
    defaults = {
        "cohort_id": "syn",
        "title": "SYNTHETIC",
        "citation": "none",
        "licence": "none",
        "is_icb": True,
        "precedence": 1,
        "assay": {"name": "synthetic", "kind": "panel", "panel_id": "SYNPANEL"},
        "files": [{"id": "f", "address": ADDRESS} | file for file in files],
    }
    return Cohort.model_validate(defaults | entries)


def make_catalog(cohort: Cohort) -> Catalog:
    return Catalog(attributes=ATTRIBUTES, cohorts=(cohort,))


def parse(name: str | Path, file: dict[str, Any], **entries: Any) -> dict[str, pa.Table]:
    """Parse one fixture (or path) by one catalogue entry."""
    cohort = make_cohort(file, **entries)
    path = FIXTURES / name
    source = SourceBytes(cohort.files[0].address, "0" * 64, path)
    return parse_cohort_file(cohort, cohort.files[0], [source], make_catalog(cohort))


def listed(tables: dict[str, pa.Table], name: str, *columns: str) -> list[Any]:
    """One raw table as tuples of the named columns (single values for one column)."""
    table = tables[name]
    values = [table.column(column).to_pylist() for column in columns]
    return list(values[0]) if len(columns) == 1 else list(zip(*values, strict=True))


def cell(tables: dict[str, pa.Table], patient: str, column: str) -> tuple[Any, Any]:
    """(value_raw, value) of one clinical cell, which must be there once."""
    found = [
        (row["value_raw"], row["value"])
        for row in tables["clinical_values"].to_pylist()
        if row["patient_id"] == patient and row["column_name"] == column
    ]
    assert len(found) == 1, f"{len(found)} cells for {patient}, {column}"
    return found[0]


def all_text(tables: dict[str, pa.Table]) -> set[str]:
    """Every text in every column of every table."""
    return {
        value
        for table in tables.values()
        for field in table.schema
        if pa.types.is_string(field.type)
        for value in table.column(field.name).unique().to_pylist()
        if value is not None
    }
