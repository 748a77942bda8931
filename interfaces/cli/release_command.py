"""``icb release``: what licences allow, for others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interfaces.cli.failures import CommandError
from interfaces.cli.tables_out import Format, show
from warehouse.published_file import published
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force


def release(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    include: Annotated[
        list[str] | None,
        typer.Option(
            "--include",
            help="'cohort: why it may leave', for one of which no licence is known; may be given again.",
        ),
    ] = None,
) -> None:
    """Write what licences allow of the published version: Parquet and DuckDB, dictionary, citation, checksums.

    A cohort leaves when every part of its licence is a free one. Private cohorts and those under NC or ND never do; one
    of which no licence is known does with --include and a reason. Statistics are released whole.

    Examples: icb release to_share; icb release to_share --include "hugo_2016: letter of the authors, 3 May 2026"
    """
    from warehouse.release.write import write_release

    reasons: dict[str, str] = {}
    for text in include or ():
        owner, colon, why = text.partition(":")
        if not colon:
            raise CommandError(
                f"'{text}' gives no reason", where="--include", remedy="write 'cohort: reason'"
            )
        reasons[owner.strip()] = why.strip()
    with published():
        pass  # nothing published is said before anything is written
    made = write_release(version_in_force(Settings.from_environment().published), folder, reasons)
    rows = [
        {"cohort or reference": gate.owner_id, "released": "yes" if gate.may_leave else "no", "why": gate.why}
        for gate in made.gates
    ]
    show(rows, ["cohort or reference", "released", "why"], Format.table)
    total = sum(made.rows.values())
    print(f"{made.folder}: {total:,} rows in {len(made.rows)} tables, with checksums in manifest.json.")
