"""The check of the claims, shown on their page: whether a verdict is another than in the published version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import duckdb

from warehouse.tables import has_table

KEEP_VERDICTS = "claims_keep_their_verdicts"
_MOST_SHOWN = 60


def keep_verdicts_check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        KEEP_VERDICTS,
        asset=key,
        description="Every claim has the verdict that it has in the published version (a warning).",
    )


def published_verdicts(published: Path) -> dict[str, str]:
    """Claim -> its verdict in the published version; empty when there is none, or one without claims."""
    if not published.exists():
        return {}
    with duckdb.connect(str(published), read_only=True) as con:
        if not has_table(con, "stats", "claim_checks"):
            return {}
        return dict(con.execute("select claim_id, verdict from stats.claim_checks").fetchall())


def keep_verdicts(now: Mapping[str, str], before: Mapping[str, str]) -> dg.AssetCheckResult:
    """The result of `keep_verdicts_check`: the claims that are in both and have another verdict are listed."""
    moved = {
        claim: f"{before[claim]} -> {verdict}"
        for claim, verdict in now.items()
        if claim in before and before[claim] != verdict
    }
    return dg.AssetCheckResult(
        passed=not moved,
        check_name=KEEP_VERDICTS,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"moved": len(moved)} | dict(list(moved.items())[:_MOST_SHOWN]),
    )
