"""The project's lock of sources, taken from what a run has read over https, by those who keep it (`make sources`)."""

from __future__ import annotations

from ingestion.errors import StorageError
from ingestion.fetching.sources_lock import SourceChange, SourcesLock
from warehouse.settings import PROJECT_LOCK, Settings


def take_over(read: SourcesLock, project: SourcesLock) -> tuple[SourceChange, ...]:
    """Record in the project's lock what another lock has; gives the addresses that now serve other bytes.

    Raises
    ------
    StorageError : nothing was read yet. ChecksumMismatchError : a pinned address has other bytes; nothing after it is
        written.
    """
    entries = read.entries()
    if not entries:
        raise StorageError(
            "nothing has been read over https yet",
            where=str(read.path),
            remedy="run without ICB_MIRROR first",
        )
    for address, entry in entries.items():
        project.record(
            address,
            sha256=entry.sha256,
            n_bytes=entry.bytes,
            licence=entry.licence,
            etag=entry.etag,
            last_modified=entry.last_modified,
        )
    return tuple(project.changes)


if __name__ == "__main__":
    settings = Settings.from_environment()
    own = SourcesLock(settings.data / "sources.https.lock.json")
    for change in take_over(own, SourcesLock(PROJECT_LOCK)):
        print(f"{change.address}: {change.old_sha256[:12]} ({change.old_bytes:,} bytes) is now "
              f"{change.new_sha256[:12]} ({change.new_bytes:,} bytes)")  # fmt: skip
    print(f"{PROJECT_LOCK.name} holds what {own.path} holds.")
