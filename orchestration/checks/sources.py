"""Checks of a source, shown on its page: whether it can be read, and whether it still has the rows that it had."""

from __future__ import annotations

import dagster as dg

from warehouse.settings import MAX_SHRINK

#: The check of a cohort's file that says whether its cohort is in the version.
USABLE = "is_in_this_version"
#: The check of every source that compares it with the last time that it was read.
KEEPS_ROWS = "it_has_the_rows_that_it_had"
#: Metadata of a source: how many rows it gives the raw tables.
ROWS = "rows in all"


def usable_check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        USABLE, asset=key, description="The file can be read, so that its cohort is in this version."
    )


def usable(passed: bool, sentence: str = "") -> dg.AssetCheckResult:
    """The result of `usable_check`. ``sentence`` : why not."""
    return dg.AssetCheckResult(
        passed=passed,
        check_name=USABLE,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"left out": sentence} if sentence else {},
    )


def keeps_rows_check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        KEEPS_ROWS,
        asset=key,
        description=f"It has lost no more than {MAX_SHRINK:.0%} of its rows since it was read last (a warning).",
    )


def keeps_rows(instance: dg.DagsterInstance, key: dg.AssetKey, rows: int) -> dg.AssetCheckResult:
    """The result of `keeps_rows_check`. ``rows`` : as it was read now; 0 when it could not be."""
    before = _rows_before(instance, key)
    return dg.AssetCheckResult(
        passed=before is None or rows >= before * (1 - MAX_SHRINK),
        check_name=KEEPS_ROWS,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rows now": rows} | ({"rows before": before} if before is not None else {}),
    )


def _rows_before(instance: dg.DagsterInstance, key: dg.AssetKey) -> int | None:
    event = instance.get_latest_materialization_event(key)
    materialised = event.asset_materialization if event is not None else None
    rows = materialised.metadata.get(ROWS) if materialised is not None else None
    return rows.value if isinstance(rows, dg.IntMetadataValue) else None
