"""``docs/tables.md`` from what declares the tables: the marts' YAML and the columns of the result tables.

``make docs`` writes it; a test holds the file to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from analytics.results.columns import STATISTIC_COLUMNS
from analytics.results.meanings import RESULT_MEANINGS
from analytics.results.tables import RESULT_TABLES, STATISTIC_TABLES
from warehouse.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "tables.md"
_MARTS = PROJECT / "dbt_project" / "models" / "marts"
#: Columns of a table that the page names; a scan has over a hundred.
_MOST_COLUMNS = 40

_HEAD = """\
# Tables

`make docs` writes this page from what declares the tables. The published file has two schemas. Columns carry their
descriptions in the file: `describe marts.patients`, or `select column_name, comment from duckdb_columns() where
schema_name = 'marts'`. Types are string, bigint, double and boolean. Times are months of 30.4375 days with the raw
value and unit beside them; a unit stands in the column's name; `is_` and `has_` are booleans; `_raw` is the source's
own word.

## marts: harmonised, contracts enforced

| table | one row is | keys |
|---|---|---|
"""
_BETWEEN = """
`published_claims` (a number printed in a paper, with its place), `published_claim_relations` (what ought to hold
between claims) and `published_claim_requirements` (what a claim needs that is not public here, and which file would
settle it) are vocabularies in the same schema.

`marts.gene_status('ALK')` is a table macro: one row a sample with `status` mutated, wild_type, not_profiled or
undetermined, and the `status_reason` of the last two. It takes a current HGNC symbol or an alias that the warehouse
knows. A patient's status in the statistics is that of the sample
with `marts.samples.is_index`: sequenced first, then before treatment, then by name.

## stats: computed

Tables of named statistics (*) begin with the same columns: {common}.

| table | one row is | columns |
|---|---|---|
"""
_FOOT = """
Views: `stats.every_stat` has all statistics under one roof, `stats.lineage` every mart row, file and source row behind
each.
"""


def render() -> str:
    """The page."""
    marts = [
        f"| `{model['name']}` | {_cell(model['description'])} | {', '.join(_keys(model))} |"
        for path in sorted(_MARTS.glob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    stats = [f"| {_name(table)} | {RESULT_MEANINGS[table]} | {_columns(table)} |" for table in RESULT_TABLES]
    between = _BETWEEN.format(common=", ".join(f"`{column}`" for column in STATISTIC_COLUMNS))
    return _HEAD + "\n".join(sorted(marts)) + "\n" + between + "\n".join(stats) + "\n" + _FOOT


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")


def _keys(model: dict[str, Any]) -> list[str]:
    for test in model.get("data_tests", []):
        if isinstance(test, dict) and "unique_key" in test:
            return list(test["unique_key"]["arguments"]["columns"])
    for column in model.get("columns", []):
        if "unique" in column.get("data_tests", []):
            return [column["name"]]
    return []


def _name(table: str) -> str:
    return f"`{table}`{' *' if table in STATISTIC_TABLES else ''}"


def _columns(table: str) -> str:
    names = list(RESULT_TABLES[table])
    if table in STATISTIC_TABLES and set(STATISTIC_COLUMNS) <= set(names):
        names = [name for name in names if name not in STATISTIC_COLUMNS]
    shown = ", ".join(names[:_MOST_COLUMNS])
    more = len(names) - _MOST_COLUMNS
    return f"{shown}, ... ({more} more: `describe stats.{table}`)" if more > 0 else shown


def main(document: Path = DOCUMENT) -> None:
    """Write the page."""
    document.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
