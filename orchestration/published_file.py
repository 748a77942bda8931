"""The published file, as every question opens it: read-only, and a fault in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from orchestration.failures import CommandError, published_error
from orchestration.settings import Settings


@contextmanager
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, read-only."""
    path = Settings.from_environment().published_file
    if not path.exists():
        raise CommandError(
            "nothing is published yet", where=str(path), remedy="run 'icb run' or 'icb run --demo' first"
        )
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            yield con
    except duckdb.Error as exc:
        raise published_error(exc, path) from exc
