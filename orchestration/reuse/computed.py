"""An analysis or a scan: computed, or taken from the shelf when all that it is made of is as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd

from analytics.engine.smallest_count import counts_from
from analytics.figures.picture import Picture
from ingestion.fetching.store import sha256_of
from orchestration.assets.build_steps import steps_of
from orchestration.assets.provenance import put_run, record_run, run_row
from orchestration.assets.result_files import figures_served, pictures_for_metadata
from orchestration.resources import Warehouse
from orchestration.reuse.declared_rows import Declared, macros_checksum, rows_checksums
from orchestration.reuse.import_closure import code_version, package_versions
from orchestration.reuse.shelf import Entry, Shelf, put_in_place
from warehouse.build.steps import begin_result, complete_result, stamps_of
from warehouse.results.folders import save_figures, save_tables
from warehouse.settings import Settings
from warehouse.versions.manifest import cell_of

#: Tables and figures, by name.
Results = tuple[dict[str, pd.DataFrame], dict[str, Picture]]
#: What computes them of the build, for a run, with the settings.
Compute = Callable[[duckdb.DuckDBPyConnection, str, Settings], Results]
#: What may compute results of a run together (`orchestration.reuse.ahead`); true where everything is asked for anew.
ComputeTogether = Callable[[dg.AssetExecutionContext, Warehouse, bool], None]
#: Tag of a run that takes nothing from the shelf.
FORCE_TAG = "icb/force"
#: Beside the modules that compute a result: what it is shown of the build, which is no part of theirs.
SHOWN_BY = "orchestration.reuse.declared_rows"
#: A genome that is larger is known by size and time: three gigabytes are not read for this.
_READ_BYTES = 2**26


@dataclass(frozen=True)
class Computed:
    """One asset whose result is kept.

    Attributes
    ----------
    name : of the folder of its results, and on the shelf.
    spec_sha256 : of its file in the catalogue.
    roots : modules whose import closure computes and writes it.
    declared : what it reads of the build.
    reads_genome : whether the reference genome is among what it may read.
    """

    name: str
    spec_sha256: str
    roots: tuple[str, ...]
    declared: Declared
    reads_genome: bool = True

    @property
    def code_version(self) -> str:
        """For Dagster: spec, code and packages."""
        return f"{self.spec_sha256[:12]}-{code_version(*self.roots)}"

    def made_of(self, con: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
        """Everything that the result depends on, by its name for people, each as a checksum or a version."""
        genome = settings.reference_genome
        packages = "".join(f"{name} {its}\n" for name, its in package_versions(*self.roots).items())
        parts = {
            "the spec": self.spec_sha256,
            "the code": code_version(*self.roots),
            "the packages": hashlib.sha256(packages.encode()).hexdigest(),
            "the macros of the marts": macros_checksum(con),
            "the smallest count shown": str(cell_of(settings, settings.private_cohorts)),
            "the reference genome": _genome_version(genome) if self.reads_genome else "not read",
        }
        return parts | {
            f"rows of {table}": checksum for table, checksum in rows_checksums(con, self.declared).items()
        }


def key_of(made_of: dict[str, str]) -> str:
    """The key on the shelf."""
    said = "".join(f"{part}: {value}\n" for part, value in sorted(made_of.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def why_computed(shelf: Shelf, asset: str, made_of: dict[str, str]) -> str | None:
    """Why a result is not on the shelf, in words for people; None when it is there."""
    if shelf.find(asset, key_of(made_of)) is not None:
        return None
    keys = shelf.keys(asset)
    last = shelf.find(asset, keys[0]) if keys else None
    if last is None:
        return "no result is kept"
    changed = [part for part, value in made_of.items() if last.made_of.get(part) != value]
    changed += [f"{part} (no longer read)" for part in last.made_of if part not in made_of]
    return f"changed: {', '.join(changed)}" if changed else "the kept result was damaged"


def computed_or_kept(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset: Computed,
    compute: Compute,
    ahead: ComputeTogether | None = None,
) -> tuple[Entry, dict[str, dg.MetadataValue | str]]:
    """The result's entry, in place below ``build/results``, and what Dagster shall show of where it comes from.

    Parameters
    ----------
    ahead : may put it onto the shelf, with others of this run.
    """
    settings = warehouse.settings
    shelf = Shelf(settings.shelf)
    ((step, reads),) = steps_of(context.assets_def).items()
    begin_result(settings.results, step)
    with warehouse.build(read_only=True) as con:
        made_from = stamps_of(con, reads)
        made_of = asset.made_of(con, settings)
    entry, why = shelf.find(asset.name, key_of(made_of)), "nothing that it is made of has changed"
    is_forced = FORCE_TAG in context.run.tags
    if is_of_run(entry, context.run_id):
        why = "computed with others of this run"
    elif entry is None or is_forced:
        why = why_computed(shelf, asset.name, made_of) or "everything was asked for anew"
        entry = None
        if ahead is not None:
            ahead(context, warehouse, is_forced)
            found = shelf.find(asset.name, key_of(made_of))
            entry = found if is_of_run(found, context.run_id) else None
    if entry is None:
        with warehouse.build() as con:
            record_run(con, context.run_id, settings)
            run = run_row(con, context.run_id)
        write = partial(write_results, warehouse, asset, compute, context.run_id)
        entry = shelf.keep(asset.name, key_of(made_of), run, made_of, write)
    else:
        with warehouse.build() as con:
            put_run(con, entry.run)
    shown: dict[str, dg.MetadataValue | str] = {}
    if settings.explorer is not None:
        shown |= figures_served(asset.name, entry, settings.explorer)
    elif is_of_run(entry, context.run_id):
        shown |= pictures_for_metadata(entry)
    shown |= {
        "computed by run": str(entry.run["run_id"]),
        "why": why,
    }
    results = settings.results
    put_in_place(entry, results / "tables" / asset.name, results / "figures" / asset.name)
    complete_result(results, step, made_from, context.run_id)
    return entry, shown


def is_of_run(entry: Entry | None, run_id: str) -> bool:
    """Whether this run has computed it."""
    return entry is not None and entry.run["run_id"] == run_id


def write_results(
    warehouse: Warehouse,
    asset: Computed,
    compute: Compute,
    run_id: str,
    entry: Entry,
    processes: int = 1,
) -> None:
    """Compute, and write tables and figures into a new entry.

    Parameters
    ----------
    processes : how many of this run are at work, this one among them.
    """
    settings = warehouse.settings
    least = cell_of(settings, settings.private_cohorts)
    with warehouse.declared(asset.declared, asset.name, processes) as con, counts_from(least):
        tables, figures = compute(con, run_id, settings)
        save_tables(tables, entry.tables)
        save_figures(figures, entry.figures, least)


def _genome_version(genome: Path | None) -> str:
    if genome is None or not genome.is_file():
        return "none"
    found = genome.stat()
    if found.st_size > _READ_BYTES:
        return f"{genome.name} {found.st_size} {found.st_mtime_ns}"
    return f"{genome.name} {sha256_of(genome)}"
