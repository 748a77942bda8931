"""What assets share: the settings, the build file, the fetcher and dbt. One writer of the build file at a time."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster._utils.interrupts import check_captured_interrupt
from pydantic import Field, PrivateAttr

from analytics.engine.threads import use_at_most
from ingestion.errors import IngestionError
from ingestion.fetching.fetch import Fetcher
from ingestion.fetching.progress import RichProgress
from ingestion.fetching.retries import UnreachableHosts
from ingestion.fetching.store import ContentStore
from ingestion.generated import generate
from ingestion.generated.generate import is_current
from orchestration.event_log import engines_kept, event_log_held_open
from orchestration.reuse.declared_rows import Declared, show_declared
from orchestration.workers import worker_tags
from warehouse.build.data_lock import after_the_run_at_work
from warehouse.build.spark import spark_environment
from warehouse.file_holders import holders_of
from warehouse.settings import KEEP_VERSIONS, MAX_SHRINK, MEMORY_GB, Settings

#: The pool of everything that writes under the data folder; dagster.yaml gives a pool one run at a time.
BUILD_POOL = "build_file"


class BuildFileError(IngestionError):
    """The build file cannot be opened."""


class UndeclaredTableError(IngestionError):
    """A step reads a table that it does not declare, so that nobody could say when its result is out of date."""


class Warehouse(dg.ConfigurableResource):
    """Folders and switches of one installation, and what opens them."""

    data: str
    catalog: str
    more_catalogs: list[str] = Field(default_factory=list)
    files: str = ""
    mirror: str | None = None
    demo: bool = False
    reference_genome: str | None = None
    chain_file: str | None = None
    strict: bool = False
    #: Hosts that could not be reached in this run get one attempt, or a machine without a network would wait through
    #: the retries of every source.
    _hosts: UnreachableHosts = PrivateAttr(default_factory=UnreachableHosts)
    keep_versions: int = KEEP_VERSIONS
    max_shrink: float = MAX_SHRINK
    private_cohorts: str = ""  # names, with commas
    smallest_cell: int | None = None
    explorer: str | None = None
    engine: str = "duckdb"
    workers: int = 1
    threads: int = 2
    memory_gb: float = MEMORY_GB

    @classmethod
    def of(cls, settings: Settings) -> Warehouse:
        return cls(
            data=str(settings.data),
            catalog=str(settings.catalog),
            more_catalogs=[str(folder) for folder in settings.more_catalogs],
            files=str(settings.files),
            mirror=str(settings.mirror) if settings.mirror else None,
            demo=settings.demo,
            reference_genome=str(settings.reference_genome) if settings.reference_genome else None,
            chain_file=str(settings.chain_file) if settings.chain_file else None,
            strict=settings.strict,
            keep_versions=settings.keep_versions,
            max_shrink=settings.max_shrink,
            private_cohorts=",".join(settings.private_cohorts),
            smallest_cell=settings.smallest_cell,
            explorer=settings.explorer,
            engine=settings.engine,
            workers=settings.workers,
            threads=settings.threads,
            memory_gb=settings.memory_gb,
        )

    @property
    def settings(self) -> Settings:
        return Settings(
            data=Path(self.data),
            catalog=Path(self.catalog),
            more_catalogs=tuple(Path(folder) for folder in self.more_catalogs),
            files=Path(self.files),
            mirror=Path(self.mirror) if self.mirror else None,
            demo=self.demo,
            reference_genome=Path(self.reference_genome) if self.reference_genome else None,
            chain_file=Path(self.chain_file) if self.chain_file else None,
            strict=self.strict,
            keep_versions=self.keep_versions,
            max_shrink=self.max_shrink,
            private_cohorts=tuple(name for name in self.private_cohorts.split(",") if name),
            smallest_cell=self.smallest_cell,
            explorer=self.explorer,
            engine="spark" if self.engine == "spark" else "duckdb",
            workers=self.workers,
            threads=self.threads,
            memory_gb=self.memory_gb,
        )

    @contextmanager
    def fetcher(self, private_addresses: frozenset[str] = frozenset()) -> Iterator[Fetcher]:
        """Reads addresses; in a demo the generated files stand for them, made on first use.

        ``private_addresses`` : those whose files go to the private store.
        """
        settings = self.settings
        if settings.demo and settings.mirror is not None and not is_current(settings.mirror):
            generate(settings.mirror)
        store, lock = ContentStore(settings.data), settings.lock()
        private = ContentStore(settings.data, is_private=True), private_addresses
        with (
            RichProgress() as progress,
            Fetcher(
                store, settings.mirror, lock, progress=progress, hosts=self._hosts, private=private
            ) as fetcher,
        ):
            yield fetcher

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Warehouse, None, None]:
        """Dagster calls it around a whole run: the run has the data folder for itself."""
        if self.private_cohorts:  # its parsed tables and its build are for nobody else either
            self.settings.build.mkdir(parents=True, exist_ok=True)
            self.settings.build.chmod(0o700)
        use_at_most(self.threads)
        run, log = context.run, context.log

        def look_up() -> None:
            if check_captured_interrupt():
                raise dg.DagsterExecutionInterruptedError

        if run and context.instance:  # whoever looks for dead runs knows from now on whose process it is
            context.instance.add_run_tags(run.run_id, worker_tags(run.run_id, self.settings))
        started_by = f"run {run.run_id} ({run.job_name})" if run else "a single execution"
        with (
            after_the_run_at_work(
                self.settings,
                f"{started_by}, process {os.getpid()}",
                lambda sentence: log.warning(f"This run waits: {sentence}") if log else None,
                look_up,
            ),
            engines_kept(),
            event_log_held_open(context.instance, run.run_id if run else ""),
        ):
            yield self

    @contextmanager
    def build(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """The private build file.

        Raises
        ------
        BuildFileError
            It does not exist (read-only), another process has it open (names the holder), or a table is not there.
        """
        path = self.settings.build_file
        if read_only and not path.exists():
            raise BuildFileError(
                "the build file does not exist yet", where=str(path), remedy="materialise the tables first"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            con = duckdb.connect(str(path), read_only=read_only, config=self.settings.duckdb_options)
        except duckdb.Error as exc:
            holders = ", ".join(holders_of(path))
            raise BuildFileError(
                f"the build file is open in {holders}"
                if holders
                else f"the build file cannot be opened ({str(exc).splitlines()[0]})",
                where=str(path),
                remedy="close it there; readers belong on the published file"
                if holders
                else "remove the file and run again, it is built anew",
            ) from exc
        with con:
            try:
                yield con
            except duckdb.CatalogException as exc:
                raise BuildFileError(
                    f"something is missing in the build ({str(exc).splitlines()[0]})",
                    where=str(path),
                    remedy="materialise the assets before this one first, or run `refresh_all`",
                ) from exc

    @contextmanager
    def declared(
        self, declared: Declared, step: str, processes: int = 1
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """The build as a step may see it: its declared tables, read-only.

        Parameters
        ----------
        processes : how many of this run are at work, this one among them.

        Raises
        ------
        UndeclaredTableError
            The step reads another table: names it.
        """
        path = str(self.settings.build_file).replace("'", "''")
        with self.build(read_only=True):
            pass  # a file that somebody else has open, or that is not there, is one sentence here
        with duckdb.connect(config=self.settings.shared_duckdb_options(processes)) as con:
            con.execute(f"attach '{path}' as built (read_only)")
            try:
                show_declared(con, declared)
                yield con
            except duckdb.CatalogException as exc:
                raise UndeclaredTableError(
                    f"{step} reads a table that it does not declare, or that is not there "
                    f"({str(exc).splitlines()[0]})",
                    where=str(self.settings.build_file),
                    remedy="add it to `marts` of the kind, or run `refresh_all` if it was never built",
                ) from exc

    def dbt_environment(self) -> dict[str, str]:
        """What dbt's profile reads."""
        settings = self.settings
        engine = (
            spark_environment(settings.spark) if settings.engine == "spark" else {"ICB_DBT_TARGET": "duckdb"}
        )
        return (
            {"ICB_BUILD_FILE": str(settings.build_file), "DO_NOT_TRACK": "1"} | settings.dbt_limits | engine
        )


def fixed(resource: dg.ConfigurableResource[Any], description: str) -> dg.ResourceDefinition:
    """The resource without a field in the launchpad: the graph is made of the catalogue when it is loaded, and a folder
    that somebody types in for one run would be another's in half of its steps.

    Parameters
    ----------
    description : where it reads and writes; the UI shows it under Deployment.
    """

    @dg.resource(config_schema={}, description=description)
    def as_it_is(context: dg.InitResourceContext) -> Iterator[object]:
        with resource.yield_for_execution(context) as ready:
            yield ready

    return as_it_is
