"""A run that finds everything as it was: known in a second, before Dagster (4 s of a core) is loaded.

Nothing is taken on trust for it: the catalogue, the code and every file that sources are read from are read and
compared with what the published version was made of. Over https only the servers know, so that a run asks them.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import duckdb
from rich.console import Console

from ingestion.catalog.cohorts import Catalog, LeftOutCohort
from ingestion.catalog.loading import load_catalog
from ingestion.catalog.privacy import is_not_asked_for, without_private
from ingestion.fetching.addresses import mirror_path
from ingestion.fetching.own_files import local_sha256, own_path
from ingestion.fetching.store import write_atomically
from orchestration.inputs import input_fingerprint, published_fingerprint
from warehouse.build.data_lock import one_run_at_a_time
from warehouse.export.readable import shown
from warehouse.left_out import left_out_published
from warehouse.settings import Settings

#: Below the build folder: what the last run that ended well read, by path.
_NOTE = "sources_read.json"


def unchanged(*, demo: bool, strict: bool) -> tuple[LeftOutCohort, ...] | None:
    """The cohorts that the published file is without, if a run had nothing to do; None if it must be started.

    Raises
    ------
    BusyError
        A run is at work on the data folder.
    """
    started = time.monotonic()
    settings = demo_settings(Settings.from_environment()) if demo else Settings.from_environment()
    if settings.mirror is None or not (settings.build / _NOTE).exists():
        return None
    with one_run_at_a_time(settings, f"'icb run', process {os.getpid()}"):
        noted = json.loads((settings.build / _NOTE).read_text(encoding="utf-8"))
        is_as_it_was = (
            noted.get("places") == _places(settings)
            and noted["inputs"] == published_fingerprint(settings) == input_fingerprint(settings)
            and all(local_sha256(Path(path)) == sha256 for path, sha256 in noted["files"].items())
            and may_stay(replace(settings, strict=strict or settings.strict))
        )
        if not is_as_it_was:
            return None
        return say_unchanged(
            settings, Console(stderr=True, markup=False, emoji=False), time.monotonic() - started
        )


def own_files(settings: Settings) -> dict[str, str | None]:
    """Path -> sha256 of the files of the catalogue and of the site, as they are before a run reads them."""
    paths = [
        own_path(address, settings.own_sources if file.is_own else settings.files)
        for owner in _read(settings).owners()
        for file in owner.files
        if file.is_own or file.is_local
        for address in file.addresses()
    ]
    return {str(path): local_sha256(path) for path in paths}


def note_sources(settings: Settings, inputs: str, own: dict[str, str | None]) -> None:
    """Write down what a run that has ended well was made of: ``own`` as it was before, the mirror as it was read."""
    if settings.mirror is None:
        return
    lock = settings.lock()
    files = dict(own)
    for owner in _read(settings).owners():
        for address in (
            a for file in owner.files if not (file.is_own or file.is_local) for a in file.addresses()
        ):
            path, read = mirror_path(settings.mirror, address), lock.get(address)
            files[str(path)] = read.sha256 if read is not None and path.exists() else None
    content = json.dumps({"inputs": inputs, "places": _places(settings), "files": files}, indent=1)
    write_atomically(settings.build / _NOTE, content.encode())


def _read(settings: Settings) -> Catalog:
    """What a run reads: the catalogue without the private cohorts that nobody asked for. Of a file of theirs that lies
    in the mirror no run has a checksum, so that it would look as if it had come since."""
    whole = load_catalog(settings.catalogs, settings.attributes, strict=False)
    return without_private(whole, settings.private_cohorts, ())


def say_unchanged(settings: Settings, console: Console, seconds: float) -> tuple[LeftOutCohort, ...]:
    """Say that there was nothing to do, and who is missing; gives these."""
    console.print(
        f"Nothing has changed since {settings.published_file} was published ({seconds:.0f} s).",
        soft_wrap=True,
    )
    return warned(settings, console)


def _places(settings: Settings) -> list[str]:
    """Folders that addresses are read from: files of another one say nothing of this one."""
    return [str(settings.mirror), str(settings.files)]


def may_stay(settings: Settings) -> bool:
    """Whether a publication from the same inputs is what is asked for: a strict run allows none without a cohort."""
    return not (
        settings.strict and any(not is_not_asked_for(c) for c in left_out_published(settings.published_file))
    )


def warned(settings: Settings, console: Console) -> tuple[LeftOutCohort, ...]:
    """Who was left out, said last, so that it is read."""
    absent = left_out_published(settings.published_file)
    private = [cohort.cohort_id for cohort in absent if is_not_asked_for(cohort)]
    if private:
        console.print(
            f"Private, and not asked for by name: {', '.join(private)}.", highlight=False, soft_wrap=True
        )
    left_out = tuple(cohort for cohort in absent if not is_not_asked_for(cohort))
    for cohort in left_out:
        console.print(
            shown(f"! Cohort {cohort.cohort_id} was left out: {cohort.sentence}"),
            highlight=False,
            soft_wrap=True,
        )
    if left_out:
        console.print(
            f"Published without {', '.join(cohort.cohort_id for cohort in left_out)}. 'icb cohort check' opens the "
            "files without a run; 'icb run --strict' publishes only when no cohort is left out.",
            highlight=False,
            soft_wrap=True,
        )
    return left_out


def demo_settings(settings: Settings) -> Settings:
    """Settings of the demo: its own catalogue; its own folder too when real cohorts are published in this one."""
    os.environ["ICB_DEMO"] = "1"
    if settings.published_file.exists() and _holds_real_cohorts(settings.published_file):
        os.environ["ICB_DATA"] = str(settings.data / "demo")
    return Settings.from_environment()


def _holds_real_cohorts(path: Path) -> bool:
    with duckdb.connect(str(path), read_only=True) as con:
        row = con.execute("select count(*) from marts.cohorts where not is_synthetic").fetchone()
    return bool(row and row[0])
