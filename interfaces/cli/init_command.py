"""``icb init``: a folder of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from warehouse.project_folder import begin


def init(
    folder: Annotated[Path, typer.Argument(help="Folder to begin in; made if it is not there.")] = Path("."),
) -> None:
    """Begin a warehouse in a folder: its settings, a catalogue of your own beside the public one, Dagster's workspace.

    In this folder and those beneath it every command finds `icb.toml`, and with it the data and the catalogue. Nothing
    that is there is written over.

    Examples: icb init; icb init my-project
    """
    for path in begin(folder):
        print(f"  {path}")
    inside = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    print(
        f"  {folder / 'catalog'}  (yours: cohorts, analyses, scans, reports)\n"
        "Next:\n"
        f"  {inside}icb run --demo    # generated cohorts, offline\n"
        f"  {inside}icb run           # the public cohorts"
    )
