"""The catalogue as raw tables, so that dbt applies its rules and a statistic can be walked back to them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ingestion.catalog import Catalog, Cohort, SourceFile
from ingestion.catalog_columns import ColumnMap
from ingestion.clinical import CONSTANT_PREFIX, INTERVAL_PREFIX
from ingestion.raw_rows import RawTables
from ingestion.raw_schema import RAW_TABLES
from ingestion.table_model import normal_name

CATALOG_TABLES = (
    "cohorts",
    "endpoint_rules",
    "column_maps",
    "word_maps",
    "person_rules",
    "person_corrections",
    "mutation_filters",
    "declared_panels",
)

_Row = Sequence[str | None]


def catalog_tables(catalog: Catalog) -> dict[str, pa.Table]:
    """Every table of `CATALOG_TABLES`, all values as text, booleans as ``true`` and ``false``."""
    out = RawTables()
    for cohort in catalog.cohorts:
        _add(out, "cohorts", [_cohort_row(cohort)])
        _add(
            out,
            "endpoint_rules",
            [(cohort.cohort_id, name, rule.origin, rule.evidence) for name, rule in cohort.endpoints.items()],
        )
        for order, file in enumerate(cohort.files):
            maps = resolved_columns(file, catalog)
            _add(out, "column_maps", [_map_row(cohort, file, order, n, m, catalog) for n, m in maps.items()])
            words = [(n, word, value) for n, m in maps.items() for word, value in m.words.items()]
            _add(out, "word_maps", [(cohort.cohort_id, file.id, *row) for row in words])
        _add(
            out,
            "person_rules",
            [(cohort.cohort_id, r.rule_id, r.namespace, r.pattern, r.evidence) for r in cohort.person_rules],
        )
        corrections = [(r.rule_id, *pair) for r in cohort.person_rules for pair in r.corrections.items()]
        _add(out, "person_corrections", [(cohort.cohort_id, *row) for row in corrections])
        panels = [(cohort.cohort_id, p.panel_id, p.genes, p.evidence) for p in cohort.panels]
        _add(out, "declared_panels", panels)
        _add(out, "mutation_filters", [row for file in cohort.files for row in _filter_rows(cohort, file)])
    return out.tables(CATALOG_TABLES)


def resolved_columns(file: SourceFile, catalog: Catalog) -> dict[str, ColumnMap]:
    """``column_name`` of ``clinical_values`` -> its map, for one file.

    For a cBioPortal study every automatic column, in capitals, overlaid by the file's own ``columns``; for a
    clinical table its ``columns``. Then the constants and intervals, under their prefixes.
    """
    maps: dict[str, ColumnMap] = {}
    if file.kind == "cbioportal_study":
        maps |= catalog.automatic_columns()
        maps |= {normal_name(name).upper(): mapping for name, mapping in file.columns.items()}
    else:
        maps |= {normal_name(name): mapping for name, mapping in file.columns.items()}
    for name in file.constants:
        unit = catalog.attributes[name].unit
        maps[f"{CONSTANT_PREFIX}{name}"] = ColumnMap(attribute=name, unit=unit)
    for interval in file.intervals:
        maps[f"{INTERVAL_PREFIX}{interval.attribute}"] = ColumnMap(attribute=interval.attribute, unit="days")
    return maps


def _map_row(
    cohort: Cohort, file: SourceFile, order: int, name: str, mapping: ColumnMap, catalog: Catalog
) -> _Row:
    attribute = catalog.attributes[mapping.attribute]
    # Constants and intervals are written by us, with a point, whatever the file uses.
    is_ours = name.startswith((CONSTANT_PREFIX, INTERVAL_PREFIX))
    return (
        cohort.cohort_id,
        file.id,
        str(order),
        name,
        mapping.attribute,
        attribute.level,
        attribute.type,
        mapping.unit or attribute.unit if attribute.type == "time" else None,
        mapping.pattern,
        "." if is_ours else file.format.decimal,
    )


#: What is passed where the cohort file is silent: the portal does not read FILTER (File-Formats), elsewhere only words
#: that say so themselves pass, and any other makes the row one that is not understood.
_ANY_FILTER, _PASS = "", r"^(PASS|\.)?$"


def _filter_rows(cohort: Cohort, file: SourceFile) -> list[_Row]:
    if file.kind not in ("mutations", "cbioportal_study"):
        return []
    if cohort.filters is not None:
        passing = cohort.filters.passing.items()
        return [(cohort.cohort_id, file.id, code, pattern, _flag(True)) for code, pattern in passing]
    is_study = file.kind == "cbioportal_study"
    return [(cohort.cohort_id, file.id, "*", _ANY_FILTER if is_study else _PASS, _flag(is_study))]


def _cohort_row(cohort: Cohort) -> _Row:
    assay = cohort.assay
    return (
        cohort.cohort_id,
        cohort.title,
        cohort.citation,
        cohort.pmid,
        cohort.doi,
        cohort.licence,
        _flag(cohort.is_icb),
        _flag(cohort.is_synthetic),
        str(cohort.precedence),
        assay.name,
        assay.kind,
        assay.panel_id,
        None if assay.size_mb is None else str(assay.size_mb),
        _flag(assay.reports_silent),
        _flag(assay.zero_calls is not None),
        "; ".join(cohort.known_missing) or None,
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _add(out: RawTables, table: str, rows: Sequence[_Row]) -> None:
    names = RAW_TABLES[table]
    out.add(table, len(rows), {name: [row[i] for row in rows] for i, name in enumerate(names)})
