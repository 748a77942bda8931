"""What assets share: the settings, the build file, the fetcher and dbt. One writer of the build file at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from ingestion.errors import SourceUnavailableError
from ingestion.fetch import Fetcher
from ingestion.generated import generate
from ingestion.https_download import RetryPolicy
from ingestion.progress import RichProgress
from ingestion.store import ContentStore
from orchestration.settings import Settings

#: The pool of everything that writes the build file; dagster.yaml gives a pool one slot.
BUILD_POOL = "build_file"


class Warehouse(dg.ConfigurableResource):
    """Folders as Dagster configuration, so that the UI shows where a run reads and writes."""

    data: str
    catalog: str
    mirror: str | None = None
    demo: bool = False
    #: A source could not be reached in this run: the next ones get one attempt, or a machine without a network would
    #: wait through the retries of every source.
    _has_lost_network: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, settings: Settings) -> Warehouse:
        return cls(
            data=str(settings.data),
            catalog=str(settings.catalog),
            mirror=str(settings.mirror) if settings.mirror else None,
            demo=settings.demo,
        )

    @property
    def settings(self) -> Settings:
        return Settings(
            data=Path(self.data),
            catalog=Path(self.catalog),
            mirror=Path(self.mirror) if self.mirror else None,
            demo=self.demo,
        )

    @contextmanager
    def fetcher(self) -> Iterator[Fetcher]:
        """Reads addresses; in a demo the generated files stand for them, made on first use."""
        settings = self.settings
        if settings.demo and settings.mirror is not None and not (settings.mirror / "truth.json").exists():
            generate(settings.mirror)
        retry = RetryPolicy(attempts=1) if self._has_lost_network else RetryPolicy()
        store, lock = ContentStore(settings.data), settings.lock()
        with (
            RichProgress() as progress,
            Fetcher(store, settings.mirror, lock, progress=progress, retry=retry) as fetcher,
        ):
            try:
                yield fetcher
            except SourceUnavailableError:
                self._has_lost_network = True
                raise

    @contextmanager
    def build(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """The private build file."""
        path = self.settings.build_file
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(path), read_only=read_only) as con:
            yield con

    def dbt_environment(self) -> dict[str, str]:
        """What dbt's profile reads."""
        return {"ICB_BUILD_FILE": str(self.settings.build_file), "DO_NOT_TRACK": "1"}
