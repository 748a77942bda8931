"""``icb prune``: what takes up room and is needed by nothing."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from interfaces.cli.tables_out import Format, FormatOption, show
from warehouse.settings import Settings


def prune(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")
    ] = False,
    style: FormatOption = Format.table,
) -> None:
    """Remove what nothing needs: old runs of Dagster, raw contents of no kept version, what builds left behind.

    Each run of 'icb run' does it when it has published, and so does Dagster's daemon once a day. Kept are the versions
    that ICB_KEEP_VERSIONS says, the last ICB_KEEP_RUNS runs, and of every source what it holds now and held before.

    Example: icb prune --dry-run
    """
    from orchestration.run import pruned

    settings = Settings.from_environment()
    found = pruned(settings, dry_run=dry_run)
    rows = [
        {"what": one.kind, "path": str(one.path), "megabytes": round(one.bytes / 1e6, 2)} for one in found
    ]
    show(rows, ["what", "path", "megabytes"], style)
    megabytes = sum(one.bytes for one in found) / 1e6
    verb = "would be removed" if dry_run else "removed"
    print(f"{len(found)} {verb}, {megabytes:.1f} MB in {settings.data}.", file=sys.stderr)
