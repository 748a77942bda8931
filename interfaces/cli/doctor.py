"""What ``icb doctor`` looks at: versions, folders, space, locks."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from warehouse.file_holders import holders_of
from warehouse.settings import IS_CHECKOUT, Settings

_PACKAGES = ("icb-warehouse", "duckdb", "pandas", "lifelines")
#: Of the extra `build`: who only reads a published file does without.
_OF_BUILD = ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb")
_LEAST_FREE_GB = 3.0


def findings(settings: Settings, project: Path) -> list[dict[str, str]]:
    """Rows ``what``, ``state`` ('ok', 'note' or 'problem') and ``detail``."""
    rows = [_row("python", "ok", platform.python_version())]
    setup = "run 'make setup'" if IS_CHECKOUT else "pip install 'icb-warehouse[build]'"
    for name in (*_PACKAGES, *_OF_BUILD):
        try:
            rows.append(_row(name, "ok", version(name)))
        except PackageNotFoundError:
            is_spared = name in _OF_BUILD and not IS_CHECKOUT
            detail = f"not installed; {'to build a version: ' if is_spared else ''}{setup}"
            rows.append(_row(name, "note" if is_spared else "problem", detail))
    rows.append(_row("project", "ok", str(project)))
    rows.append(_row("catalogue", "ok" if settings.catalog.exists() else "problem", str(settings.catalog)))
    rows.append(
        _row("data folder (ICB_DATA)", "ok" if settings.data.exists() else "note", str(settings.data))
    )
    if settings.mirror is not None:
        exists = settings.mirror.exists() or settings.demo
        detail = str(settings.mirror) if exists else f"{settings.mirror} does not exist; correct ICB_MIRROR"
        rows.append(_row("mirror (ICB_MIRROR)", "ok" if exists else "problem", detail))
    else:
        rows.append(_row("sources", "ok", "https"))
    rows += [_genome(settings), _dagster(settings, project)]
    rows.append(_space(settings.data))
    rows += [_file("build file", settings.build_file), _file("published file", settings.published_file)]
    return rows


def _row(what: str, state: str, detail: str) -> dict[str, str]:
    return {"what": what, "state": state, "detail": detail}


def _genome(settings: Settings) -> dict[str, str]:
    what, genome = "reference genome (ICB_REFERENCE_GENOME)", settings.reference_genome
    if genome is None:
        return _row(what, "note", "not set: signatures of the cohorts' own calls are not counted")
    if genome.is_file():
        return _row(what, "ok", str(genome))
    if settings.demo:
        return _row(what, "ok", f"{genome}, made by the first run")
    return _row(what, "problem", f"{genome} is not a file; correct ICB_REFERENCE_GENOME")


def _dagster(settings: Settings, project: Path) -> dict[str, str]:
    what = "Dagster's settings (DAGSTER_HOME)"
    own = Path(os.environ.get("DAGSTER_HOME") or settings.data / "dagster") / "dagster.yaml"
    if not own.exists():
        return _row(what, "note", f"{own} is written by the first run or 'make ui'")
    if own.read_bytes() == (project / "dagster.yaml").read_bytes():
        return _row(what, "ok", f"{own}, as the project has it")
    return _row(what, "note", f"{own} is yours: it is not the project's dagster.yaml; remove it to take that")


def _space(folder: Path) -> dict[str, str]:
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    if free_gb < _LEAST_FREE_GB:
        return _row(
            "free space",
            "problem",
            f"{free_gb:.1f} GB at {existing}; a run needs about {_LEAST_FREE_GB:.0f} GB",
        )
    return _row("free space", "ok", f"{free_gb:.1f} GB at {existing}")


def _file(what: str, path: Path) -> dict[str, str]:
    if not path.exists():
        return _row(what, "note", f"{path} does not exist yet; run 'icb run'")
    holders = holders_of(path)
    held = f"; open in {', '.join(holders)}" if holders else "; nobody has it open"
    size = f"{path} ({path.stat().st_size / 1e6:.0f} MB)"
    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.Error as exc:
        if holders:
            return _row(what, "problem", f"{size} is locked{held}; close it there")
        return _row(what, "problem", f"{size} cannot be opened: {str(exc).splitlines()[0]}")
    return _row(what, "ok", size + held)
