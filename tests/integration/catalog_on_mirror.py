"""Help for the tests of the catalogue on the mirror: the real files, parsed, with words and units applied.

A second route beside dbt's models, on purpose: words and units are applied here in pandas.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ingestion.catalog.cohorts import Catalog, Cohort, Reference
from ingestion.catalog.columns import Pick
from ingestion.catalog.source_files import SourceFile
from ingestion.catalog.tables import resolved_columns
from ingestion.fetching.addresses import mirror_path
from ingestion.raw_tables import SourceBytes, parse_cohort_file
from ingestion.reading.tables import read_table

ROOT = Path(__file__).parents[2]
DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "months_of_30_days": 30.0, "years": 365.25}


@cache
def seed(name: str) -> pd.DataFrame:
    places = ("catalog/vocabularies", "dbt_project/seeds")
    (path,) = (found for place in places for found in (ROOT / place).glob(f"{name}.csv"))
    with path.open(newline="", encoding="utf-8") as handle:
        return pd.DataFrame(list(csv.DictReader(handle)))


def file_of(cohort: Cohort, file_id: str) -> SourceFile:
    return next(f for f in cohort.files if f.id == file_id)


def path_of(mirror: Path, file: SourceFile) -> Path:
    return mirror_path(mirror, file.address)


def columns_of(mirror: Path, file: SourceFile, *names: str) -> pd.DataFrame:
    """Columns of one declared table as text, nothing interpreted; empty cells are missing."""
    table = read_table(path_of(mirror, file), file.format, file.id, select=lambda _: names)
    return table.frame.select(list(names)).to_pandas()


def parsed(
    catalog: Catalog, mirror: Path, owner: Cohort | Reference, *tables: str, only: tuple[str, ...] = ()
) -> dict[str, pd.DataFrame]:
    """Raw tables of a cohort's files (``only`` those kinds), each as one frame."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in tables}
    for file in owner.files:
        if (only and file.kind not in only) or (file.awaited and not path_of(mirror, file).exists()):
            continue
        sources = [SourceBytes(a, "0" * 64, mirror_path(mirror, a), "mirror") for a in file.addresses()]
        found = parse_cohort_file(owner, file, sources, catalog)
        for name in tables:
            parts[name].append(found[name].to_pandas())
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def harmonised(catalog: Catalog, cohort: Cohort, values: pd.DataFrame) -> pd.DataFrame:
    """``clinical_values`` with attribute, harmonised ``word``, ``number`` and ``months``, one row a cell."""
    vocabulary = seed("vocabulary_words")
    words = {(r.attribute, r.word): r.value for r in vocabulary.itertuples(index=False)}
    rows = []
    for order, file in enumerate(cohort.files):
        for resolved in resolved_columns(file, catalog):
            mapping = resolved.map
            cells = values[(values.file_id == file.id) & (values.column_name == resolved.name)].dropna(
                subset="value"
            )
            if cells.empty:
                continue
            attribute = catalog.attributes[mapping.attribute]
            text = cells.value.str.strip()
            if mapping.pattern is not None:
                pattern = re.compile(mapping.pattern)
                text = text.map(lambda v, p=pattern: m.group(1) if (m := p.search(v)) else None)
            own = {word.strip().lower(): value for word, value in mapping.words.items()}
            cells = cells.assign(
                attribute=mapping.attribute,
                type=attribute.type,
                level_of=attribute.level,
                order=order,
                text=text,
            )
            cells = cells[cells.text.notna() & (cells.text != "")]
            lower = cells.text.str.lower()
            meanings = [own.get(w, words.get((mapping.attribute, w))) for w in lower]
            cells["word"] = pd.Series(meanings, index=cells.index, dtype=object)
            number = cells.text.str.replace(",", ".") if file.format.decimal == "," else cells.text
            cells["number"] = pd.to_numeric(number, errors="coerce")
            cells["months"] = cells.number * DAYS[mapping.unit or "months"] / DAYS["months"]
            rows.append(cells)
    return pd.concat(rows, ignore_index=True)


def wide(cells: pd.DataFrame, level: str = "patient") -> pd.DataFrame:
    """One row a patient (or sample), one column an attribute: the first file's value, as in the warehouse."""
    key = f"{level}_id"
    value = cells.word.where(cells.type == "word", cells.text.astype(object))
    value = value.where(
        ~cells.type.isin(["time", "number"]), cells.months.where(cells.type == "time", cells.number)
    )
    found = cells.assign(final=value).dropna(subset=["final", key])
    return found.sort_values("order", kind="stable").groupby([key, "attribute"]).final.first().unstack()


def kaplan_meier_median(months: pd.Series, event: pd.Series) -> float:
    """Median of the product-limit estimate; infinity when it is not reached."""
    survival = 1.0
    times, events = months.to_numpy(float), event.to_numpy(bool)
    for time in np.unique(times[events]):
        survival *= 1 - (events & (times == time)).sum() / (times >= time).sum()
        if survival <= 0.5:
            return float(time)
    return float("inf")


def read_all(pick: Pick | None, values: pd.Series) -> pd.Series:
    assert pick is not None
    return values.map(pick.read)


def current_symbol(symbols: pd.Series) -> pd.Series:
    """Curated names first, else HGNC's previous symbols, else its aliases, where they are one gene's."""
    found = symbols.map(seed("gene_aliases").set_index("alias").hugo_symbol)
    for listed in ("hgnc_previous_symbols", "hgnc_alias_symbols"):
        names = seed(listed).drop_duplicates("symbol", keep=False).set_index("symbol").hugo_symbol
        found = found.fillna(symbols.map(names))
    return found.fillna(symbols)


def is_nonsynonymous(classes: pd.Series) -> pd.Series:
    """By the most severe known of the consequences that a word joins; blanks, hyphens and case do not matter."""
    known = seed("variant_classes").set_index("word")
    severity = known.severity.astype(int)

    def of_word(word: str) -> bool | None:
        terms = [re.sub(r"[ _-]+", "_", term.strip()) for term in re.split(r"[&;,|+]", word.strip().lower())]
        found = [term for term in terms if term in severity.index]
        return known.is_nonsynonymous[min(found, key=severity.get)] == "true" if found else None

    meanings = {word: of_word(word) for word in classes.dropna().unique()}
    return classes.map(meanings)
