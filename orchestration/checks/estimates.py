"""Checks of estimates, on the pages of analyses and statistics: whether every fit reached its maximum, and whether
it is said what the published version says. All are warnings: what cannot be had, or has changed, may be right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import duckdb
import pandas as pd

FITTED = "every_fit_reached_its_maximum"
ESTIMATES_KEPT = "it_estimates_what_it_estimated"
VERDICTS_KEPT = "verdicts_are_what_they_were"
#: In the reasons of the statistics' own errors: `NotConvergedError`, and the scans' and Firth's "no maximum".
_NOT_FITTED = re.compile("not converge|not reach its maximum|no finite maximum")
_MOST_SHOWN = 20


class Said(NamedTuple):
    """What a row of an analysis says, as far as another version can be held against it."""

    has_estimate: bool
    verdict: str | None


def estimate_checks(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """Checks of an analysis."""
    said = {
        FITTED: "No model was left without an estimate because its fit did not converge (a warning).",
        ESTIMATES_KEPT: "Every estimate of the published version can be had still (a warning).",
    }
    return [dg.AssetCheckSpec(name, asset=key, description=words) for name, words in said.items()]


def verdicts_check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check of a table of statistics that has verdicts."""
    return dg.AssetCheckSpec(
        VERDICTS_KEPT,
        asset=key,
        description="Every statistic has the verdict that it has in the published version (a warning).",
    )


def checked_estimates(
    analysis_id: str, tables: Mapping[str, pd.DataFrame], published: Path
) -> list[dg.AssetCheckResult]:
    """The results of `estimate_checks`.

    Parameters
    ----------
    tables : result tables of the analysis that have estimates, by name.
    published : the file of the published version, which need not exist.
    """
    now, before = said_in(tables), published_words(published, tables, analysis_id)
    gone = {
        row: "is gone"
        for row, said in before.items()
        if said.has_estimate and not (row in now and now[row].has_estimate)
    }
    return [_fitted(tables), _result(ESTIMATES_KEPT, "estimates that are gone", gone)]


def checked_verdicts(name: str, table: pd.DataFrame, published: Path) -> dg.AssetCheckResult:
    """The result of `verdicts_check`. ``name``, ``table`` : of all statistics of this kind."""
    now, before = said_in({name: table}), published_words(published, [name])
    moved = {
        row: f"{said.verdict} -> {now[row].verdict}"
        for row, said in before.items()
        if row in now and said.verdict != now[row].verdict
    }
    return _result(VERDICTS_KEPT, "other verdicts", moved)._replace(asset_key=dg.AssetKey(["stats", name]))


def _fitted(tables: Mapping[str, pd.DataFrame]) -> dg.AssetCheckResult:
    failed = {
        f"{variant}/{key}": reason
        for table in tables.values()
        for variant, key, warnings in zip(
            table["variant"], table["estimate_key"], table["warnings"], strict=True
        )
        for reason in _reasons(warnings)
    }
    return _result(FITTED, "fits without a maximum", failed)


def _reasons(warnings: Iterable[str] | None) -> Iterator[str]:
    yield from (one for one in (warnings if warnings is not None else ()) if _NOT_FITTED.search(one))


def said_in(tables: Mapping[str, pd.DataFrame]) -> dict[str, Said]:
    """Identifier of a row -> what it says."""
    found = {}
    for name, table in tables.items():
        verdicts = (
            table["verdict"] if "verdict" in table else pd.Series(None, index=table.index, dtype="object")
        )
        rows = zip(table["stat_id"], table["estimate"], verdicts, strict=True)
        for stat_id, estimate, verdict in rows:
            found[f"{name} {stat_id}"] = Said(
                bool(pd.notna(estimate)), None if pd.isna(verdict) else str(verdict)
            )
    return found


def published_words(published: Path, names: Iterable[str], analysis_id: str | None = None) -> dict[str, Said]:
    """As `said_in`, of tables of the published version, or of one analysis there; empty when there is none.
    A version of before a table was made has nothing to say of it."""
    if not published.exists():
        return {}
    tables = {}
    with duckdb.connect(str(published), read_only=True) as con:
        there = {
            (str(table), str(column))
            for table, column in con.execute(
                "select table_name, column_name from duckdb_columns() "
                "where database_name = current_database() and schema_name = 'stats'"
            ).fetchall()
        }
        for name in names:
            if (name, "stat_id") in there:
                verdict = ", verdict" if (name, "verdict") in there else ""
                query = (
                    f"select stat_id, estimate{verdict} from stats.{name} where ? is null or analysis_id = ?"
                )
                tables[name] = con.execute(query, [analysis_id, analysis_id]).df()
    return said_in(tables)


def _result(name: str, what: str, found: Mapping[str, str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not found,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={what: len(found)} | dict(list(found.items())[:_MOST_SHOWN]),
    )
