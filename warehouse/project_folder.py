"""A folder of one's own, as ``icb init`` makes it: ``icb.toml`` says where its data and its catalogue are, so that
nobody need set variables; a variable that is set goes before the file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from warehouse.settings import SettingsError

FILE = "icb.toml"
#: Key of the file -> whether its value is a path, or several, which are read from where the file lies.
KEYS: Mapping[str, bool] = {
    "data": True,
    "catalog": True,
    "files": True,
    "mirror": True,
    "reference_genome": True,
    "strict": False,
    "keep_versions": False,
    "max_shrink": False,
    "keep_runs": False,
    "notify": False,
    "stale_after_days": False,
    "private_cohorts": False,
    "smallest_cell": False,
    "schedule": False,
    "timezone": False,
    "explorer": False,
    "ui": False,
    "engine": False,
    "workers": False,
    "threads": False,
    "memory": False,
    "chain_file": True,
}
#: The project's own catalogue, in ``catalog``.
PUBLIC = "public"
#: Folders of a catalogue that somebody begins.
ROOMS = ("cohorts", "analyses", "scans", "reports")


def project_folder(start: Path) -> Path | None:
    """The nearest folder with ``icb.toml``, ``start`` or one above; None where there is none."""
    return next((folder for folder in (start, *start.parents) if (folder / FILE).is_file()), None)


def take_settings(start: Path | None = None) -> None:
    """Set the variables that ``icb.toml`` stands for but for those that are set; child processes have them too.

    Raises
    ------
    SettingsError
        The file is no TOML, or a key or a value is none of those that there are.
    """
    folder = project_folder((start or Path.cwd()).resolve())
    if folder is None:
        return
    for name, text in settings_of(folder).items():
        os.environ.setdefault(name, text)


def settings_of(folder: Path) -> dict[str, str]:
    """What ``icb.toml`` of a folder sets, as variables of the environment.

    Raises
    ------
    SettingsError
        As :func:`take_settings`.
    """
    path = folder / FILE
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(
            f"it is no TOML ({str(exc).rstrip('.')})", where=str(path), remedy="mend the line"
        ) from exc
    return {f"ICB_{key.upper()}": _text(path, key, value) for key, value in said.items()}


def _text(path: Path, key: str, value: object) -> str:
    """A value as the environment writes it."""
    if key not in KEYS:
        near = get_close_matches(key, KEYS, n=1)
        raise SettingsError(
            f"it has a key '{key}', which is no setting",
            where=str(path),
            remedy=f"did you mean '{near[0]}'?" if near else f"keys are {', '.join(KEYS)}",
        )
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float) for one in values):
        raise SettingsError(
            f"'{key}' is neither a text nor a number nor a list of them",
            where=str(path),
            remedy="correct it",
        )
    if isinstance(value, bool):
        return "1" if value else ""
    if not KEYS[key]:
        return " ".join(str(one) for one in values)
    places = [str(one) if one == PUBLIC else str(path.parent / Path(str(one)).expanduser()) for one in values]
    return os.pathsep.join(places)


def begin(folder: Path) -> list[Path]:
    """Write what a user edits into ``folder``: settings, a catalogue, Dagster's workspace; gives the files.

    Raises
    ------
    SettingsError
        The folder has settings already, or one of the files is there.
    """
    texts = resources.files("warehouse") / "new_project"
    written = {
        folder / FILE: "icb.toml",
        folder / "workspace.yaml": "workspace.yaml",
        folder / "README.md": "README.md",
        folder / ".gitignore": "gitignore",
    }
    for path in written:
        if path.exists():
            raise SettingsError(
                "it is there already, and nothing is written over",
                where=str(path),
                remedy="take another folder: icb init <folder>",
            )
    from ingestion.fetching.store import storage_errors  # every command imports this module

    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for room in ROOMS:
            (folder / "catalog" / room).mkdir(parents=True, exist_ok=True)
        for path, name in written.items():
            path.write_text((texts / name).read_text(encoding="utf-8"), encoding="utf-8")
    return list(written)
