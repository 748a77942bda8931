"""The catalogue as raw tables, so that dbt applies its rules and a statistic can be walked back to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from ingestion.catalog.cohorts import Catalog, Cohort
from ingestion.catalog.columns import ColumnMap
from ingestion.catalog.source_files import SourceFile
from ingestion.parsing.clinical import CONSTANT_PREFIX, INTERVAL_PREFIX
from ingestion.raw_rows import RawTables
from ingestion.raw_schema import RAW_TABLES
from ingestion.reading.table_model import normal_name

CATALOG_TABLES = (
    "cohorts",
    "cohort_files",
    "endpoint_rules",
    "column_maps",
    "word_maps",
    "drug_words",
    "person_rules",
    "person_corrections",
    "mutation_filters",
    "declared_panels",
)

_Row = Sequence[str | None]

#: Why a column carries its attribute.
Choice = Literal["declared", "own_name", "synonym"]


@dataclass(frozen=True)
class ResolvedColumn:
    """A column of ``clinical_values``, its map, and why it has it."""

    name: str
    map: ColumnMap
    choice: Choice


@dataclass(frozen=True)
class _Place:
    """A file's place in the catalogue: its cohort and its number in the cohort's entry."""

    cohort: Cohort
    file: SourceFile
    order: int


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
        if cohort.timeline is not None:
            rule = cohort.timeline
            _add(out, "endpoint_rules", [(cohort.cohort_id, "timeline", rule.origin, rule.evidence)])
        for order, file in enumerate(cohort.files):
            _add(out, "cohort_files", [(cohort.cohort_id, file.id, str(order))])
            maps = resolved_columns(file, catalog)
            place = _Place(cohort, file, order)
            _add(out, "column_maps", [_map_row(place, i, m, catalog) for i, m in enumerate(maps)])
            words = [(m.name, word, value) for m in maps for word, value in m.map.words.items()]
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
        _add(out, "drug_words", [(cohort.cohort_id, *pair) for pair in cohort.drug_classes.items()])
        _add(out, "mutation_filters", [row for file in cohort.files for row in _filter_rows(cohort, file)])
    return out.tables(CATALOG_TABLES)


def resolved_columns(file: SourceFile, catalog: Catalog) -> list[ResolvedColumn]:
    """The columns of one file that carry an attribute, the one that is asked first standing first.

    What the cohort file declares comes before what maps by itself: its columns in their order, its intervals, its
    constants; then, for a cBioPortal study, the attributes' own names, then their synonyms. Names are those of
    ``clinical_values``: in capitals for a study, under a prefix for constants and intervals.
    """
    is_study = file.kind == "cbioportal_study"
    declared = {
        name: mapping
        for n, column in file.columns.items()
        for name, mapping in column.named(normal_name(n).upper() if is_study else normal_name(n)).items()
    }
    for interval in file.intervals:
        name = f"{INTERVAL_PREFIX}{interval.attribute}"
        declared[name] = ColumnMap(attribute=interval.attribute, unit="days")
        if interval.event is not None:
            words = {"event": "event", "censored": "censored"}
            declared[f"{INTERVAL_PREFIX}{interval.event.attribute}"] = ColumnMap(
                attribute=interval.event.attribute, words=words
            )
    for attribute in file.constants:
        unit = catalog.attributes[attribute].unit
        declared[f"{CONSTANT_PREFIX}{attribute}"] = ColumnMap(attribute=attribute, unit=unit)
    found = [ResolvedColumn(name, mapping, "declared") for name, mapping in declared.items()]
    if not is_study:
        return found
    for name, mapping in catalog.automatic_columns().items():
        if name not in declared:
            is_own = catalog.attributes[mapping.attribute].own_column(mapping.attribute) == name
            found.append(ResolvedColumn(name, mapping, "own_name" if is_own else "synonym"))
    return found


def _map_row(place: _Place, order: int, column: ResolvedColumn, catalog: Catalog) -> _Row:
    mapping = column.map
    attribute = catalog.attributes[mapping.attribute]
    # Constants and intervals are written by us, with a point, whatever the file uses.
    is_ours = column.name.startswith((CONSTANT_PREFIX, INTERVAL_PREFIX))
    of_interval = next((i.unit for i in place.file.intervals if i.attribute == mapping.attribute), None)
    unit = mapping.unit or attribute.unit
    low, high = attribute.range or (None, None)
    return (
        place.cohort.cohort_id,
        place.file.id,
        str(place.order),
        column.name,
        str(order),
        column.choice,
        mapping.attribute,
        attribute.level,
        attribute.type,
        unit,
        attribute.harmonised_unit or (of_interval if is_ours else None),
        mapping.pattern,
        "." if is_ours else place.file.format.decimal,
        None if low is None else str(low),
        None if high is None else str(high),
    )


#: What is passed where the cohort file is silent: the portal does not read FILTER (File-Formats), elsewhere only words
#: that say so themselves pass, and any other makes the row one that is not understood.
_ANY_FILTER, _PASS = "", r"^(PASS|\.)?$"


def _filter_rows(cohort: Cohort, file: SourceFile) -> list[_Row]:
    if file.kind not in ("mutations", "gene_flags", "cbioportal_study"):
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
        cohort.is_icb if isinstance(cohort.is_icb, str) else _flag(cohort.is_icb),
        _flag(cohort.is_synthetic),
        str(cohort.precedence),
        assay.name,
        assay.kind,
        assay.panel_id,
        None if assay.size_mb is None else str(assay.size_mb),
        _flag(assay.reports_silent),
        _flag(assay.zero_calls is not None),
        _flag(assay.burden_from_calls),
        _flag(cohort.unlinkable is None),
        None if cohort.unlinkable is None else _lines(cohort.unlinkable.may_overlap),
        None if cohort.unlinkable is None else cohort.unlinkable.evidence,
        _lines(cohort.known_missing),
    )


def _lines(entries: Sequence[str]) -> str | None:
    """A list as one raw text, an entry a line: entries hold commas and semicolons."""
    return "\n".join(" ".join(entry.split()) for entry in entries) or None


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _add(out: RawTables, table: str, rows: Sequence[_Row]) -> None:
    names = RAW_TABLES[table]
    out.add(table, len(rows), {name: [row[i] for row in rows] for i, name in enumerate(names)})
