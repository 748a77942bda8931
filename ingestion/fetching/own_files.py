"""Every address of a catalogue entry: over the network, from the project's own folder (what it curates itself), or from
a site's folder of files."""

from __future__ import annotations

from pathlib import Path

from ingestion.catalog.cohorts import Cohort, Reference
from ingestion.catalog.measurements import FILE_SCHEME, OWN_SCHEME
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import AddressNotFoundError, InvalidAddressError
from ingestion.fetching.fetch import DEFAULT_MAX_BYTES, FetchedFile, Fetcher, ReadFrom
from ingestion.fetching.store import storage_errors


def fetch_all(
    fetcher: Fetcher, owner: Cohort | Reference, file: SourceFile, own_folder: Path, local_folder: Path
) -> list[FetchedFile]:
    """Bring every address of an entry into the store; ``catalog:<path>`` is a file under ``own_folder``,
    ``file:<path>`` one under ``local_folder``.

    Raises
    ------
    IngestionError : as `Fetcher.fetch`; AddressNotFoundError also for an own or a local file that is not there.
    """
    if file.is_own:
        return [_own(fetcher, owner, address, own_folder) for address in file.addresses()]
    if file.is_local:
        return [_local(fetcher, owner, address, local_folder) for address in file.addresses()]
    return [
        fetcher.fetch(address, licence=owner.licence, is_awaited=file.awaited is not None)
        for address in file.addresses()
    ]


def own_path(address: str, own_folder: Path) -> Path:
    """Where a ``catalog:`` or ``file:`` address lies under its folder.

    Raises
    ------
    InvalidAddressError : the path leaves the folder.
    """
    path = (own_folder / address.removeprefix(OWN_SCHEME).removeprefix(FILE_SCHEME)).resolve()
    if not path.is_relative_to(own_folder.resolve()):
        raise InvalidAddressError(
            f"the path leaves the folder {own_folder}",
            where=address,
            remedy="write it relative to that folder",
        )
    return path


def _own(fetcher: Fetcher, owner: Cohort | Reference, address: str, own_folder: Path) -> FetchedFile:
    path = own_path(address, own_folder)
    if not path.is_file():
        raise AddressNotFoundError(
            f"the catalogue has no file {path}", where=address, remedy="restore it from the repository"
        )
    return _stored(fetcher, owner, address, path, "catalogue")


def _local(fetcher: Fetcher, owner: Cohort | Reference, address: str, folder: Path) -> FetchedFile:
    path = own_path(address, folder)
    if not path.is_file():
        raise AddressNotFoundError(
            f"there is no file {path}",
            where=address,
            remedy="put it there, or say in ICB_FILES under which folder the files of this site lie",
        )
    return _stored(fetcher, owner, address, path, "file")


def _stored(
    fetcher: Fetcher, owner: Cohort | Reference, address: str, path: Path, read_from: ReadFrom
) -> FetchedFile:
    with storage_errors(path.parent):
        stored = fetcher.store.add_file(path, max_bytes=DEFAULT_MAX_BYTES)
    return FetchedFile(
        address, stored.sha256, stored.bytes, stored.path, owner.licence, read_from, pinned=True
    )
