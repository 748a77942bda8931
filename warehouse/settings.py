"""Where things are: folders and switches, read from the environment when asked and at no other time.

``ICB_CATALOG`` lists the folders of the catalogue, ``ICB_FILES`` is where a site's own files lie (``file:`` addresses).
``ICB_DATA`` moves the data folder, ``ICB_MIRROR`` reads addresses from a folder, ``ICB_DEMO=1`` takes the
generated cohorts instead of the public ones, ``ICB_REFERENCE_GENOME`` names the FASTA or 2bit file without which calls
have no trinucleotides (mutational signatures). ``ICB_STRICT=1`` makes a cohort that cannot be read the end of the run;
without it the cohort is left out by name. ``ICB_KEEP_VERSIONS`` is how many published versions are kept,
``ICB_MAX_SHRINK`` the share of its rows that a table may lose from one to the next. ``ICB_PRIVATE_COHORTS`` names the
private cohorts that a version is to hold, with commas; ``ICB_SMALLEST_CELL`` is the smallest count of people that an
export shows. ``ICB_NOTIFY`` says who is told of a failed run or an old version (docs/operations.md, "Notices"),
``ICB_STALE_AFTER_DAYS`` when a version is old, ``ICB_KEEP_RUNS`` how many runs Dagster remembers. ``ICB_SCHEDULE``
(cron) and ``ICB_TIMEZONE`` say when the schedule reads the sources once it is switched on. ``ICB_EXPLORER`` is the
address at which `icb explore` serves the published version: Dagster's UI links to its reports and shows its figures
there. ``ICB_UI`` is the address of Dagster's UI, to which notices link.
``ICB_THREADS`` is how many cores a run keeps busy (without: those of this process), ``ICB_MEMORY`` how many GB DuckDB
may take in one process (without: 3, or half of the machine's), for tables, statistics and publication alike.
``ICB_WORKERS`` is how many processes compute analyses at once (without: one a core, and 2.5 GB for each).
``ICB_ENGINE=spark`` builds the tables on Spark (docs/when-one-machine-is-too-small.md).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.demo_files import GENOME_FILE
from ingestion.errors import IngestionError
from warehouse import machine

if TYPE_CHECKING:  # it loads pydantic: 0.2 s of every command, also of those that read nothing
    from ingestion.fetching.sources_lock import SourcesLock

#: The folder of the rooms, the catalogue and the dbt project: a checkout, or ``icb_warehouse`` of an installation.
PROJECT = Path(__file__).resolve().parent.parent
IS_CHECKOUT = (PROJECT / "pyproject.toml").is_file()
#: Checksums of the public addresses as the project has read them; part of the checkout.
PROJECT_LOCK = PROJECT / "sources.lock.json"
#: Published versions that are kept, the one in force among them.
KEEP_VERSIONS = 3
#: Share of its rows that a table may lose from one version to the next.
MAX_SHRINK = 0.2
#: When the schedule reads the sources: every Monday at 04:00.
SCHEDULE, TIMEZONE = "0 4 * * 1", "UTC"


#: What dbt builds the tables on; everything before and after is DuckDB's.
Engine = Literal["duckdb", "spark"]

_CRON = re.compile(r"[0-9*/,-]+( [0-9a-zA-Z*/,-]+){4}")

#: Runs of which Dagster keeps its events, beside those that made what is there.
KEEP_RUNS = 20
#: A weekly refresh and a day.
STALE_AFTER_DAYS = 8
#: What DuckDB takes at most in one process: the tables of the public cohorts are built in less.
MEMORY_GB = 3.0


class SettingsError(IngestionError):
    """A setting of the environment cannot be understood."""


@dataclass(frozen=True)
class Settings:
    """Folders of one installation.

    Attributes
    ----------
    data : everything a run writes.
    catalog : cohorts and analyses that are run (the demo has its own).
    more_catalogs : further folders of the same form, of a site or a group.
    files : where ``file:`` addresses lie.
    mirror : folder that stands for the network, or None for https.
    demo : generated cohorts in place of public ones.
    reference_genome : FASTA or 2bit of GRCh37 for mutational signatures from calls, or None.
    chain_file : chain from GRCh38 to GRCh37, by which calls on GRCh38 get a place that can be compared, or None.
    strict : a cohort that cannot be read or fails its checks ends the run; else it is left out by name.
    keep_versions : published versions that are kept, the one in force among them.
    max_shrink : share of its rows that a table may lose from one version to the next, 0 to 1.
    keep_runs : runs whose events Dagster keeps, beside those that made what is there.
    notify : targets of notices, see ``orchestration.notices``.
    stale_after_days : age of the version in force from which it is told of.
    private_cohorts : private cohorts that are asked for by name; the others are in no version.
    smallest_cell : smallest count of people that an export shows; None for what the version asks for.
    schedule, timezone : when the schedule reads the sources, as cron and as the name of a zone.
    explorer : address at which the published version is served, without a slash at its end; None where it is not.
    ui : address of Dagster's UI, without a slash at its end; None where there is none.
    engine : what dbt builds the tables on.
    workers : processes that compute analyses at once.
    threads : cores that a run keeps busy, whichever of its processes does.
    memory_gb : what DuckDB may take in one process.
    """

    data: Path
    catalog: Path
    mirror: Path | None
    demo: bool
    reference_genome: Path | None = None
    chain_file: Path | None = None
    strict: bool = False
    keep_versions: int = KEEP_VERSIONS
    max_shrink: float = MAX_SHRINK
    keep_runs: int = KEEP_RUNS
    notify: tuple[str, ...] = ()
    stale_after_days: float = STALE_AFTER_DAYS
    private_cohorts: tuple[str, ...] = ()
    smallest_cell: int | None = None
    more_catalogs: tuple[Path, ...] = ()
    files: Path = PROJECT / "files"
    schedule: str = SCHEDULE
    timezone: str = TIMEZONE
    explorer: str | None = None
    ui: str | None = None
    engine: Engine = "duckdb"
    workers: int = 1
    threads: int = 2
    memory_gb: float = MEMORY_GB

    @classmethod
    def from_environment(cls) -> Settings:
        """What the environment says.

        Raises
        ------
        SettingsError
            A number is none.
        """
        demo, strict = (os.environ.get(name, "") not in ("", "0") for name in ("ICB_DEMO", "ICB_STRICT"))
        mirror = os.environ.get("ICB_MIRROR")
        genome = os.environ.get("ICB_REFERENCE_GENOME")
        chain = os.environ.get("ICB_CHAIN_FILE")
        smallest = _number("ICB_SMALLEST_CELL", 0, least=0, most=1000)
        cores = int(_number("ICB_THREADS", machine.cores(), least=1, most=10_000))
        first, *more = _catalogs(os.environ.get("ICB_CATALOG", ""))
        files = os.environ.get("ICB_FILES")
        settings = cls(
            data=Path(os.environ.get("ICB_DATA") or default_data()).expanduser().resolve(),
            catalog=first,
            more_catalogs=tuple(more),
            files=Path(files).expanduser().resolve() if files else [first, *more][-1] / "files",
            mirror=Path(mirror).expanduser().resolve() if mirror else None,
            demo=False,
            reference_genome=Path(genome).expanduser().resolve() if genome else None,
            chain_file=Path(chain).expanduser().resolve() if chain else None,
            strict=strict,
            keep_versions=int(_number("ICB_KEEP_VERSIONS", KEEP_VERSIONS, least=1, most=10_000)),
            max_shrink=_number("ICB_MAX_SHRINK", MAX_SHRINK, least=0, most=1),
            keep_runs=int(_number("ICB_KEEP_RUNS", KEEP_RUNS, least=1, most=1_000_000)),
            schedule=_cron(),
            timezone=_zone(),
            notify=tuple(os.environ.get("ICB_NOTIFY", "").split()),
            stale_after_days=_number("ICB_STALE_AFTER_DAYS", STALE_AFTER_DAYS, least=0.01, most=10_000),
            private_cohorts=tuple(
                sorted(set(os.environ.get("ICB_PRIVATE_COHORTS", "").replace(",", " ").split()))
            ),
            smallest_cell=int(smallest) or None,
            explorer=os.environ.get("ICB_EXPLORER", "").rstrip("/") or None,
            ui=os.environ.get("ICB_UI", "").rstrip("/") or None,
            engine=_engine(),
            workers=int(_number("ICB_WORKERS", machine.most_workers(cores), least=1, most=1000)),
            threads=cores,
            memory_gb=_number("ICB_MEMORY", min(MEMORY_GB, machine.memory_gb() / 2), least=0.1, most=100_000),
        )
        if not demo:
            return settings
        sources = settings.data / "demo_sources"
        return replace(
            settings,
            catalog=PROJECT / "catalog" / "demo",
            more_catalogs=(),
            mirror=sources,
            demo=True,
            reference_genome=sources / GENOME_FILE,
        )

    @property
    def catalogs(self) -> tuple[Path, ...]:
        """Every folder of the catalogue; the last is the site's own, to which `icb cohort add` writes."""
        return (self.catalog, *self.more_catalogs)

    def own_catalog(self) -> Path:
        """The folder of the catalogue that commands write to.

        Raises
        ------
        SettingsError
            It is that of an installation, which the next one would write over.
        """
        own = self.catalogs[-1]
        if not IS_CHECKOUT and own.is_relative_to(PROJECT):
            raise SettingsError(
                "there is no catalogue of your own to write to",
                where=str(Path.cwd()),
                remedy="make one with 'icb init', or name its folder in ICB_CATALOG",
            )
        return own

    @property
    def attributes(self) -> Path:
        return PROJECT / "catalog" / "attributes.yaml"

    @property
    def own_sources(self) -> Path:
        """Files that the project itself curates (gene lists); the demo reads the same ones."""
        return PROJECT / "catalog" / "references"

    @property
    def dbt_project(self) -> Path:
        return PROJECT / "dbt_project"

    @property
    def store(self) -> Path:
        return self.data / "raw"

    @property
    def build(self) -> Path:
        """What only the next run reads. The demo has its own: its results are no part of a real publication."""
        return self.data / ("build_demo" if self.demo else "build")

    @property
    def parsed(self) -> Path:
        return self.build / "parsed"

    @property
    def results(self) -> Path:
        return self.build / "results"

    @property
    def shelf(self) -> Path:
        """Results of analyses and scans, kept by what they were made of."""
        return self.build / "shelf"

    @property
    def build_file(self) -> Path:
        return self.build / "icb.duckdb"

    @property
    def dbt_parsed(self) -> Path:
        """Where dbt's reading of the project is kept: in a checkout beside it, for every data folder; an installation
        may not be writable, and what is read for Spark names its folders."""
        if self.engine == "duckdb" and IS_CHECKOUT and os.access(self.dbt_project, os.W_OK):
            return self.dbt_project / "target" / "parsed"
        return self.build / f"dbt_parsed_{self.engine}"

    @property
    def spark(self) -> Path:
        """Raw tables and tables of the last build on Spark, as Parquet."""
        return self.build / "spark"

    @property
    def dbt_target(self) -> Path:
        """Folder of dbt's last run."""
        return self.build / "dbt_target"

    @property
    def catalogue_name(self) -> str:
        """Only versions of one catalogue are compared with each other."""
        if self.demo:
            return "demo"
        return "public" if self.catalogs == (PROJECT / "catalog",) else "own"

    @property
    def published(self) -> Path:
        """Folder of the published versions, see ``warehouse.versions.layout``."""
        return self.data / "published"

    @property
    def published_file(self) -> Path:
        return self.published / "icb.duckdb"

    @property
    def figures(self) -> Path:
        return self.published / "figures"

    @property
    def reports(self) -> Path:
        """Reports that belong to the published version."""
        return self.published / "reports"

    @property
    def documents(self) -> Path:
        """Reports and dossiers that were asked for by hand: a published version is never written to."""
        return self.data / "documents"

    @property
    def duckdb_options(self) -> dict[str, str | bool | int | float | list[str]]:
        """Memory and threads of DuckDB where a process is the only one of the run at work."""
        return _duckdb_options(self.memory_gb, self.threads)

    @property
    def dbt_limits(self) -> dict[str, str]:
        """The same as dbt's profile reads it from the environment."""
        return {
            "ICB_DBT_THREADS": str(self.threads),
            "ICB_DBT_MEMORY": str(self.duckdb_options["memory_limit"]),
        }

    def shared_duckdb_options(self, processes: int) -> dict[str, str | bool | int | float | list[str]]:
        """The same of one of several processes that compute analyses: a share of the cores and of the memory, and no
        less of it than an analysis needs."""
        share = max(self.memory_gb / processes, min(self.memory_gb, machine.WORKER_DUCKDB_GB))
        return _duckdb_options(share, max(self.threads // processes, 1))

    def lock(self) -> SourcesLock:
        """What this data folder has read: of the network, of a mirror, or of the demo, each in a file of its own beside
        the data. Network and mirror are held to the checksums of pinned addresses in the project's lock, which no run
        writes: others share the checkout (`warehouse.project_lock` takes over what was read)."""
        from ingestion.fetching.sources_lock import SourcesLock

        if self.demo:
            return SourcesLock(self.data / "sources.demo.lock.json")
        kind = "https" if self.mirror is None else "mirror"
        return SourcesLock(self.data / f"sources.{kind}.lock.json", baseline=PROJECT_LOCK)


def _duckdb_options(memory_gb: float, threads: int) -> dict[str, str | bool | int | float | list[str]]:
    return {"memory_limit": f"{round(memory_gb * 1000)}MB", "threads": threads}


def default_data() -> Path:
    """Where data are if nobody says: in the checkout, or where the command is called if there is none."""
    return (PROJECT if IS_CHECKOUT else Path.cwd()) / "data"


def _catalogs(text: str) -> list[Path]:
    """The folders of ``ICB_CATALOG``, ``public`` being the project's own; that alone where nothing is set.

    Raises
    ------
    SettingsError
        A folder is not there.
    """
    words = [word for word in text.split(os.pathsep) if word]
    folders = [
        PROJECT / "catalog" if word == "public" else Path(word).expanduser().resolve() for word in words
    ]
    for folder in folders:
        if not folder.is_dir():
            raise SettingsError(
                f"there is no folder {folder}",
                where="ICB_CATALOG",
                remedy=f"make it, or correct the list (separated by '{os.pathsep}'; public is the project's own)",
            )
    return list(dict.fromkeys(folders)) or [PROJECT / "catalog"]


def _engine() -> Engine:
    text = os.environ.get("ICB_ENGINE") or "duckdb"
    for engine in get_args(Engine):
        if text == engine:
            return engine
    raise SettingsError(
        f"'{text}' is no engine", where="ICB_ENGINE", remedy="write duckdb or spark, or unset it"
    )


def _cron() -> str:
    text = os.environ.get("ICB_SCHEDULE") or SCHEDULE
    if not _CRON.fullmatch(text):
        raise SettingsError(
            f"'{text}' is no cron expression of five fields",
            where="ICB_SCHEDULE",
            remedy=f"write one such as '{SCHEDULE}', or unset it",
        )
    return text


def _zone() -> str:
    text = os.environ.get("ICB_TIMEZONE") or TIMEZONE
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise SettingsError(
            f"'{text}' is no time zone",
            where="ICB_TIMEZONE",
            remedy="write a name such as 'Europe/Berlin', or unset it",
        ) from exc
    return text


def _number(name: str, default: float, *, least: float, most: float) -> float:
    text = os.environ.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise SettingsError(
            f"'{text}' is not a number from {least:g} to {most:g}",
            where=name,
            remedy="correct it or unset it",
        )
    return value
