"""Has anything changed since the last publication? One checksum over what a run depends on: the parsed sources, the
catalogue, the reference genome, the code and the versions of its packages. Kept beside the published file by whoever
ran the whole graph.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from warehouse.left_out import all_notes
from warehouse.settings import PROJECT, Settings

_ROOMS = ("ingestion", "analytics", "warehouse", "orchestration", "dbt_project", "catalog")
_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".j2", ".css"}


def input_fingerprint(settings: Settings) -> str:
    """sha256 over names of parsed sources (their folders are named by content), catalogue, code and lock file."""
    digest = hashlib.sha256(str(settings.catalog).encode())
    for folder in sorted(p for p in settings.parsed.glob("*/*/*") if not p.name.startswith(".")):
        digest.update(str(folder.relative_to(settings.parsed)).encode())
    for note in all_notes(settings.parsed):
        digest.update(str(note.relative_to(settings.parsed)).encode())
        digest.update(note.read_bytes())
    for path in sorted(p for p in settings.catalog.rglob("*") if p.suffix in _SUFFIXES):
        digest.update(str(path.relative_to(settings.catalog)).encode())
        digest.update(path.read_bytes())
    code = [path for room in _ROOMS for path in (PROJECT / room).rglob("*") if path.suffix in _SUFFIXES]
    for path in [*sorted(code), PROJECT / "requirements.lock"]:
        relative = path.relative_to(PROJECT)
        if not {"target", "logs"} & set(relative.parts):
            digest.update(str(relative).encode())
            digest.update(path.read_bytes())
    genome = settings.reference_genome
    if genome is not None and genome.is_file():  # three gigabytes are not read for this
        digest.update(f"{genome} {genome.stat().st_size} {genome.stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def published_fingerprint(settings: Settings) -> str | None:
    """What the published file was made from, or None when a part of the graph was run by itself since."""
    path = _path(settings)
    if not path.exists() or not settings.published_file.exists():
        return None
    return path.read_text(encoding="utf-8").strip()


def record_fingerprint(settings: Settings, fingerprint: str) -> None:
    """The published file was made from these inputs."""
    _path(settings).write_text(fingerprint + "\n", encoding="utf-8")


def forget_fingerprint(settings: Settings) -> None:
    """The published file is about to be replaced."""
    _path(settings).unlink(missing_ok=True)


def _path(settings: Settings) -> Path:
    return settings.published_file.with_suffix(".inputs.sha256")
