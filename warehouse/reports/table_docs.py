"""``docs/tables.md`` from what declares the tables: the marts' YAML and the columns of the result tables.

``make docs`` writes it; a test holds the file to it.
"""

from __future__ import annotations

from pathlib import Path

from analytics.results.schema import columns_of
from analytics.results.statistic import Statistic
from analytics.results.tables import RESULT_TABLES, STATISTIC_TABLES
from warehouse.self_description.guides import Macro, macros, table_guides
from warehouse.self_description.references import key_of, references_of
from warehouse.self_description.views import VIEWS
from warehouse.self_description.words import closed_words, described_marts
from warehouse.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "tables.md"
#: Columns of a table that the page names; a scan has over a hundred.
_MOST_COLUMNS = 40

_HEAD = """\
# Tables

`make docs` writes this page from what declares the tables. The published file has three schemas: `marts`, `stats`, and
`docs`, which says what is in the other two (a fourth, `stored`, holds what large tables say, packed:
[sql.md](sql.md)): `select column_name, comment, unit, refers_to, share_null,
share_null_by_cohort from docs.columns where table_name = 'patients'`; `docs.tables`, `docs.foreign_keys`, `docs.macros`
and `docs.queries` have what stands below. Questions with their queries are in [sql.md](sql.md), references as a picture
in [keys.md](keys.md). Types are string, bigint, double and boolean. Times are months of 30.4375 days with the raw
value and unit beside them; a unit stands in the column's name; `is_` and `has_` are booleans; `_raw` is the source's
own word.

## marts: harmonised, contracts enforced

| table | one row is | keys |
|---|---|---|
"""
_BETWEEN = """
Table macros, each with `file := 'icb'` for a file that is attached under that name and not in use:

{macros}

## stats: computed

Tables of named statistics (*) begin with the same columns: {common}.

| table | one row is | columns |
|---|---|---|
"""
_GUIDES = """
## Each table: key, references, traps, three good queries

The queries run in the tests on the generated cohorts.

"""


#: Columns of every table of named statistics.
_COMMON = tuple(columns_of(Statistic))


def render() -> str:
    """The page."""
    models = {f"marts.{model['name']}": model for model in described_marts()}
    marts = [
        f"| `{table.removeprefix('marts.')}` | {_cell(model['description'])} | {', '.join(key_of(table, ()))} |"
        for table, model in sorted(models.items())
    ]
    stats = [
        f"| {_name(table)} | {known.meaning} | {_columns(table)} |" for table, known in RESULT_TABLES.items()
    ] + [
        f"| `{view.removeprefix('stats.')}` (view) | {meaning} | {', '.join(columns)} |"
        for view, (meaning, columns) in VIEWS.items()
    ]
    macros_said = "\n".join(_macro(macro) for macro in macros())
    between = _BETWEEN.format(common=", ".join(f"`{column}`" for column in _COMMON), macros=macros_said)
    guides = "\n".join(_guide(table, columns) for table, columns in described_columns().items())
    return _HEAD + "\n".join(marts) + "\n" + between + "\n".join(stats) + "\n" + _GUIDES + guides


def described_columns() -> dict[str, tuple[str, ...]]:
    """Schema and table -> the columns that are declared for it: marts first, then results, then views."""
    marts = {
        f"marts.{model['name']}": tuple(column["name"] for column in model["columns"])
        for model in sorted(described_marts(), key=lambda model: str(model["name"]))
    }
    results = {f"stats.{table}": tuple(known.columns) for table, known in RESULT_TABLES.items()}
    views = {view: tuple(columns) for view, (_, columns) in VIEWS.items()}
    return marts | results | views


def _macro(macro: Macro) -> str:
    asked = ", ".join(macro.parameters)
    return f"- `{macro.name}({asked})`: {macro.meaning}.\n\n  ```sql\n  {macro.example}\n  ```\n"


def _guide(table: str, columns: tuple[str, ...]) -> str:
    guide = table_guides().get(table)
    if guide is None:
        raise KeyError(f"{table} has no guide: add it to warehouse/self_description/table_guides_*.yaml")
    key = key_of(table, columns)
    references = [
        f"{', '.join(one.columns)} -> {one.table}({', '.join(one.columns_there)})"
        for one in references_of(table, columns)
    ]
    lines = [f"### {table}", "", f"Key: {', '.join(key) or 'none'}."]
    if references:
        lines[-1] += f" References: {'; '.join(references)}."
    if words := closed_words().get(table):
        lines += [
            "",
            "Words (ENUM): " + "; ".join(f"{name}: {', '.join(said)}" for name, said in words.items()) + ".",
        ]
    lines += ["", *(f"- {trap}" for trap in guide.traps), "", "```sql"]
    for question, query in guide.queries.items():
        lines += [f"-- {question}", f"{query};"]
    return "\n".join([*lines, "```", ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")


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
