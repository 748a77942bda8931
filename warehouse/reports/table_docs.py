"""``docs/tables.md`` from what declares the tables: the marts' YAML and the columns of the result tables.

``make docs`` writes it; a test holds the file to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from analytics.results.schema import columns_of
from analytics.results.statistic import Statistic
from analytics.results.tables import RESULT_TABLES, STATISTIC_TABLES
from warehouse.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "tables.md"
_MARTS = PROJECT / "dbt_project" / "models" / "marts"
#: Columns of a table that the page names; a scan has over a hundred.
_MOST_COLUMNS = 40

_HEAD = """\
# Tables

`make docs` writes this page from what declares the tables. The published file has two schemas. Columns carry their
descriptions in the file: `select column_name, data_type, comment from duckdb_columns() where schema_name = 'marts' and
table_name = 'patients'`. Questions with their queries are in [sql.md](sql.md).
Types are string, bigint, double and boolean. Times are months of 30.4375 days with the raw
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

Table macros, each with `file := 'icb'` for a file that is attached under that name and not in use:

- `marts.gene_status('ALK')`: one row a sample with `status` mutated, wild_type, not_profiled or undetermined, and the
  `status_reason` of the last two. It takes a current HGNC symbol, an alias that the warehouse knows or a usual name
  (PD-L1), and refuses another with the names near it.
- `marts.patient_gene_status('ALK')`: the same, one row a patient and cohort. A patient's status in the statistics is
  that of the sample with `marts.samples.is_index`: sequenced first, then before treatment, then by name.
- `marts.gene_frequencies(in_cohort, in_cancer_type, under_icb)`: one row a gene, each person once, `n_judged` by the
  panels that list the gene.
- `stats.lineage_of('alk_validation/default/os.cox_univariable')`: the rows behind one statistic.

## stats: computed

Tables of named statistics (*) begin with the same columns: {common}.

| table | one row is | columns |
|---|---|---|
"""
_FOOT = """
Views: `stats.every_stat` has all statistics under one roof, `stats.stat_members` the people behind each,
`stats.lineage` every mart row, file and source row behind each, `stats.hypotheses` every registered family: how many
hypotheses, and the smallest p.
"""


#: Columns of every table of named statistics.
_COMMON = tuple(columns_of(Statistic))


def render() -> str:
    """The page."""
    marts = [
        f"| `{model['name']}` | {_cell(model['description'])} | {', '.join(_keys(model))} |"
        for path in sorted(_MARTS.rglob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    stats = [
        f"| {_name(table)} | {known.meaning} | {_columns(table)} |" for table, known in RESULT_TABLES.items()
    ]
    between = _BETWEEN.format(common=", ".join(f"`{column}`" for column in _COMMON))
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
    names = list(RESULT_TABLES[table].columns)
    if table in STATISTIC_TABLES:
        names = [name for name in names if name not in _COMMON]
    shown = ", ".join(names[:_MOST_COLUMNS])
    more = len(names) - _MOST_COLUMNS
    return f"{shown}, ... ({more} more: `describe stats.{table}`)" if more > 0 else shown


def main(document: Path = DOCUMENT) -> None:
    """Write the page."""
    document.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
