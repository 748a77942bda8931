"""Has anything changed since the last publication? One checksum over what a run depends on: the parsed sources, the
catalogue, the reference genome, the code and the versions of its packages. A run of the whole graph carries it as a
tag, and the version that it publishes keeps it in its manifest.
"""

from __future__ import annotations

import hashlib

from warehouse.left_out import all_notes
from warehouse.settings import PROJECT, Settings
from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import read_manifest

_ROOMS = ("ingestion", "analytics", "warehouse", "orchestration", "dbt_project", "catalog")
#: Folders of a catalogue.
CATALOG_ROOMS = ("cohorts", "analyses", "scans", "reports", "references", "claims", "vocabularies")
#: Tag of a run of the whole graph.
INPUTS_TAG = "icb/inputs"
_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".j2", ".css"}


def input_fingerprint(settings: Settings) -> str:
    """sha256 over names of parsed sources (their folders are named by content), catalogue, code and lock file."""
    digest = hashlib.sha256("\n".join(str(folder) for folder in settings.catalogs).encode())
    for folder in sorted(p for p in settings.parsed.glob("*/*/*") if not p.name.startswith(".")):
        digest.update(str(folder.relative_to(settings.parsed)).encode())
    for note in all_notes(settings.parsed):
        digest.update(str(note.relative_to(settings.parsed)).encode())
        digest.update(note.read_bytes())
    for folder in settings.catalogs:
        # a site may keep its data beside its cohorts: only what the catalogue is made of counts
        found = (path for room in CATALOG_ROOMS for path in (folder / room).rglob("*"))
        for path in sorted(p for p in found if p.suffix in _SUFFIXES and p.is_file()):
            digest.update(str(path.relative_to(folder)).encode())
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
    """What the published version was made from, or None when a part of the graph was run by itself."""
    version = version_in_force(settings.published)
    if not version.file.exists() or not version.manifest.exists():
        return None
    manifest = read_manifest(version)
    return manifest.inputs if manifest.catalogue == settings.catalogue_name else None
