"""``icb versions``, ``icb rollback`` and ``icb prune``: what has been published, back to it, and what nothing needs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ingestion.fetching.store import storage_errors
from interfaces.cli.tables_out import Format, FormatOption, say, show
from warehouse.browsing.versions import COLUMNS, version_row
from warehouse.build.data_lock import one_run_at_a_time
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force, version_named, versions
from warehouse.versions.manifest import faults_of
from warehouse.versions.publication import roll_back


def list_versions(
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file and compare it with the manifest.")
    ] = False,
    style: FormatOption = Format.table,
) -> None:
    """Published versions that are kept, oldest first, and which of them people open.

    With --verify a file that is missing or has changed is named on standard error, and the exit code is 1.

    Example: icb versions --verify
    """
    published = Settings.from_environment().published
    in_force = version_in_force(published)
    rows, faults = [], []
    for version in versions(published):
        found = faults_of(version) if verify else []
        faults += [f"{version.folder}: {fault}" for fault in found]
        state = "damaged" if found else "in force" if version == in_force else "kept"
        rows.append(version_row(version, state))
    show(rows, COLUMNS, style)
    for fault in faults:
        say(f"icb: {fault}; bring the folder back from a backup.", is_aside=True)
    if faults:
        raise typer.Exit(1)


def rollback(
    version: Annotated[
        str, typer.Argument(help="A version from 'icb versions', or the beginning of its name.")
    ],
) -> None:
    """Make an earlier version the one that people open: tables, figures and reports, in one step.

    Its files are compared with its manifest first. The newer version is kept, and the next run publishes again: mend
    first what was wrong with it.

    Example: icb rollback 20261129T1425
    """
    settings = Settings.from_environment()
    found = version_named(settings.published, version)
    with one_run_at_a_time(settings, "'icb rollback'"), storage_errors(settings.published):
        roll_back(settings.published, found)
    print(f"{settings.published_file} is version {found.name} again.")


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
