"""``docs/keys.md``: which table names a row of which, as a picture and as a list.

``make docs`` writes it; a test holds the page to it.
"""

from __future__ import annotations

from pathlib import Path

from warehouse.reports.table_docs import described_columns
from warehouse.self_description.references import REFERENCES, key_of, references_of
from warehouse.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "keys.md"
_HEAD = """\
# Keys and references

`make docs` writes this page. The file itself has it as `docs.foreign_keys` and `docs.columns` (`is_key`, `refers_to`).
DuckDB could hold keys and references as constraints, at the price of an index for each; they are stated here, and a
test asks of the published file whether every one holds: no key twice, no reference without its row. One that is null
names none.

The backbone: people, their samples, and what the statistics stand on.

```mermaid
erDiagram
"""
#: Tables of the picture; all are in the list.
_BACKBONE = (
    "marts.cohorts", "marts.persons", "marts.patients", "marts.samples", "marts.profiling", "marts.mutations",
    "marts.tmb", "marts.treatments", "marts.survival_outcomes", "marts.response_outcomes", "marts.expression",
    "marts.source_files", "stats.runs", "stats.analysis_specs", "stats.analysis_members", "stats.survival_stats",
    "stats.stat_sets", "stats.set_members", "stats.member_rows", "stats.claim_checks", "marts.published_claims",
    "stats.every_stat",
)  # fmt: skip
_BETWEEN = """```

## Keys

| table | key |
|---|---|
"""
_REFERENCES = """
## References

| columns | name a row of | in |
|---|---|---|
"""


def render() -> str:
    """The page."""
    tables = described_columns()
    picture = []
    for table in _BACKBONE:
        widest: dict[str, str] = {}
        for reference in references_of(table, tables[table]):
            if reference.table in _BACKBONE:
                widest.setdefault(reference.table, ", ".join(reference.columns))
        picture += [f'    {_name(to)} ||--o{{ {_name(table)} : "{columns}"' for to, columns in widest.items()]
    keys = [
        f"| `{table}` | {', '.join(key_of(table, columns))} |"
        for table, columns in tables.items()
        if key_of(table, columns)
    ]
    references = [
        f"| {', '.join(one.columns)} | `{one.table}` ({', '.join(one.columns_there)}) | "
        f"{', '.join(t for t, columns in tables.items() if one.applies_to(t, columns))} |"
        for one in REFERENCES
    ]
    return (
        _HEAD
        + "\n".join(picture)
        + "\n"
        + _BETWEEN
        + "\n".join(keys)
        + "\n"
        + _REFERENCES
        + "\n".join(references)
        + "\n"
    )


def _name(table: str) -> str:
    return table.replace(".", "_")


def main(document: Path = DOCUMENT) -> None:
    """Write the page."""
    document.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
