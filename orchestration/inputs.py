"""Has anything changed since the last publication? One checksum over what a run depends on: the parsed sources, the
catalogue, the reference genome, the code and the versions of its packages. A run of the whole graph carries it as a
tag, and the version that it publishes keeps it in its manifest.
"""

from __future__ import annotations

import hashlib
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from orchestration.reuse.import_closure import code_version
from warehouse.left_out import all_notes
from warehouse.settings import PROJECT, Settings
from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import read_manifest

_ROOMS = ("ingestion", "analytics", "warehouse", "orchestration", "dbt_project", "catalog")
#: Modules that write raw tables and marts.
_TABLES_CODE = (
    "ingestion.raw_tables",
    "ingestion.catalog.loading",
    "orchestration.assets.raw",
    "orchestration.assets.dbt",
)
#: Folders of a catalogue; those of which no table is made.
CATALOG_ROOMS = ("cohorts", "analyses", "scans", "reports", "references", "claims", "vocabularies")
_QUESTIONS = ("analyses", "scans", "reports")
#: Tag of a run of the whole graph.
INPUTS_TAG = "icb/inputs"
_MADE_OF = "create table if not exists main.made_of (step varchar, fingerprint varchar)"
#: A package in the lock file.
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".j2", ".css"}


def input_fingerprint(settings: Settings) -> str:
    """sha256 over names of parsed sources (their folders are named by content), catalogue, code and lock file."""
    digest = hashlib.sha256(_asked(settings))
    digest.update(f"smallest cell {settings.smallest_cell}".encode())  # reports show no smaller count
    _add_parsed(digest, settings)
    for folder in settings.catalogs:
        # a site may keep its data beside its cohorts: only what the catalogue is made of counts
        for room in CATALOG_ROOMS:
            _add_files(digest, folder, folder / room)
    for room in _ROOMS:
        _add_files(digest, PROJECT, PROJECT / room)
    _add_packages(digest)
    genome = settings.reference_genome
    if genome is not None and genome.is_file():  # three gigabytes are not read for this
        digest.update(f"{genome} {genome.stat().st_size} {genome.stat().st_mtime_ns}".encode())
    chain = settings.chain_file
    if chain is not None and chain.is_file():
        digest.update(f"{chain} {chain.stat().st_size} {chain.stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def tables_fingerprint(settings: Settings) -> str:
    """sha256 over what the tables up to the marts are made of: parsed sources, cohort files, vocabularies and claims,
    the dbt project, and the code and packages that read and build them. Analyses, scans and reports have no part."""
    digest = hashlib.sha256(code_version(*_TABLES_CODE).encode())
    digest.update(_asked(settings))
    for name in ("dbt-core", "dbt-duckdb", "duckdb"):
        digest.update(f"{name} {version(name)}".encode())
    _add_parsed(digest, settings)
    _add_files(digest, settings.dbt_project, settings.dbt_project)
    for folder in dict.fromkeys((*settings.catalogs, PROJECT / "catalog")):
        for room in (".", *CATALOG_ROOMS):
            if room not in _QUESTIONS:
                _add_files(digest, folder, folder / room, deep=room != ".")
    return digest.hexdigest()


def _add_packages(digest: hashlib._Hash) -> None:
    """Python, the lock file, and of each package that it names the version that is installed, whatever it says."""
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    digest.update(f"{platform.python_version()} {lock}".encode())
    for name in _LOCKED.findall(lock):
        try:
            digest.update(f"{name} {version(name)}".encode())
        except PackageNotFoundError:  # of another platform or an extra
            continue


def _asked(settings: Settings) -> bytes:
    """What the tables are built on, how many folders the catalogue has, and the private cohorts that are asked for:
    others have no row in the tables.

    Where the folders lie says nothing: their files are read as they are, and a copy of a catalogue is the same one.
    """
    return " ".join([settings.engine, str(len(settings.catalogs)), *settings.private_cohorts]).encode()


def _add_files(digest: hashlib._Hash, root: Path, folder: Path, *, deep: bool = True) -> None:
    found = folder.rglob("*") if deep else folder.glob("*")
    for path in sorted(p for p in found if p.suffix in _SUFFIXES and p.is_file()):
        parts = path.relative_to(root).parts
        if not {"target", "logs"} & {*parts}:
            digest.update("/".join(parts).encode())
            digest.update(path.read_bytes())


def forget_tables(con: duckdb.DuckDBPyConnection, *steps: str) -> None:
    """The tables of these steps in the open build are about to change; without one those of ``raw`` and ``marts``."""
    con.execute(_MADE_OF)
    con.execute("delete from main.made_of where ? or list_contains(?, step)", [not steps, list(steps)])


def note_tables(con: duckdb.DuckDBPyConnection, fingerprint: str, step: str) -> None:
    """Write down, in the build, what ``raw`` or the ``marts`` were made of."""
    forget_tables(con, step)
    con.execute("insert into main.made_of values (?, ?)", [step, fingerprint])


def tables_are_current(settings: Settings) -> bool:
    """Whether raw tables and marts of the build are made of what there is now."""
    if not settings.build_file.exists():
        return False
    try:
        with duckdb.connect(str(settings.build_file), read_only=True) as con:
            made_of = dict(con.execute("select step, fingerprint from main.made_of").fetchall())
    except duckdb.Error:  # an older build, or one that is open elsewhere: the run says who has it
        return False
    fingerprint = tables_fingerprint(settings)
    return made_of == {"raw": fingerprint, "marts": fingerprint}


def _add_parsed(digest: hashlib._Hash, settings: Settings) -> None:
    """Names of parsed sources (their folders are named by content), and why others could not be parsed."""
    for folder in sorted(p for p in settings.parsed.glob("*/*/*") if not p.name.startswith(".")):
        digest.update(str(folder.relative_to(settings.parsed)).encode())
    for note in all_notes(settings.parsed):
        digest.update(str(note.relative_to(settings.parsed)).encode())
        digest.update(note.read_bytes())


def published_fingerprint(settings: Settings) -> str | None:
    """What the published version was made from, or None when a part of the graph was run by itself."""
    version = version_in_force(settings.published)
    if not version.file.exists() or not version.manifest.exists():
        return None
    manifest = read_manifest(version)
    return manifest.inputs if manifest.catalogue == settings.catalogue_name else None
