"""Every address of a catalogue entry: over the network, from the project's own folder (what it curates itself), or from
a site's folder of files. A study of that folder need not be packed: its folder is read as the tar of its files."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ingestion.catalog.cohorts import Cohort, Reference
from ingestion.catalog.measurements import FILE_SCHEME, OWN_SCHEME
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import AddressNotFoundError, CatalogError, InvalidAddressError
from ingestion.fetching.fetch import DEFAULT_MAX_BYTES, FetchedFile, Fetcher, ReadFrom
from ingestion.fetching.store import CHUNK_BYTES, ContentStore, StoredFile, sha256_of, storage_errors


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
        return [
            _local(fetcher, owner, address, local_folder, is_study=file.kind == "cbioportal_study")
            for address in file.addresses()
        ]
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


def local_address(path: Path, files: Path) -> str:
    """The ``file:`` address of a file, or of the folder of a study, under the site's folder of files.

    Raises
    ------
    CatalogError : it is not there, or not under that folder.
    """
    path = path.resolve()
    if not path.exists():
        raise CatalogError("there is no such file", where=str(path), remedy="correct the path")
    if path.is_dir() and not any(path.iterdir()):
        raise CatalogError("the folder is empty", where=str(path), remedy="name the folder of a study")
    if not path.is_relative_to(files.resolve()):
        raise CatalogError(
            f"it does not lie under the folder of files, {files}",
            where=str(path),
            remedy=f"set ICB_FILES={path.parent}, or move it there",
        )
    return f"{FILE_SCHEME}{path.relative_to(files.resolve()).as_posix()}"


def add_local(store: ContentStore, path: Path) -> StoredFile:
    """Copy a file into the store; of a folder the tar of its files. Raises as `ContentStore.add_file`."""
    with storage_errors(path.parent):
        if path.is_dir():
            return store.add_chunks(packed(path), str(path), max_bytes=DEFAULT_MAX_BYTES)
        return store.add_file(path, max_bytes=DEFAULT_MAX_BYTES)


def local_sha256(path: Path) -> str | None:
    """Checksum of a file, or of the tar of a folder, as `add_local` stores it; none where nothing is."""
    if not path.is_dir():
        return sha256_of(path) if path.is_file() else None
    digest = hashlib.sha256()
    for chunk in packed(path):
        digest.update(chunk)
    return digest.hexdigest()


def packed(folder: Path) -> Iterator[bytes]:
    """The tar of the files below a folder, hidden ones left out: the same bytes for the same files, whoever has them
    and whenever they were written."""
    with tempfile.TemporaryFile() as scratch:
        with tarfile.open(fileobj=scratch, mode="w") as tar:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                below = path.relative_to(folder)
                if any(part.startswith(".") for part in below.parts):
                    continue
                member = tarfile.TarInfo(f"{folder.name}/{below.as_posix()}")
                member.size = path.stat().st_size
                with path.open("rb") as content:
                    tar.addfile(member, content)
        scratch.seek(0)
        while chunk := scratch.read(CHUNK_BYTES):
            yield chunk


def _own(fetcher: Fetcher, owner: Cohort | Reference, address: str, own_folder: Path) -> FetchedFile:
    path = own_path(address, own_folder)
    if not path.is_file():
        raise AddressNotFoundError(
            f"the catalogue has no file {path}", where=address, remedy="restore it from the repository"
        )
    return _stored(fetcher, owner, address, path, "catalogue")


def _local(
    fetcher: Fetcher, owner: Cohort | Reference, address: str, folder: Path, *, is_study: bool
) -> FetchedFile:
    path = own_path(address, folder)
    if path.is_dir() and not is_study:
        raise AddressNotFoundError(
            f"{path} is a folder",
            where=address,
            remedy="name the file in it; a folder can be a cbioportal_study only",
        )
    if not path.exists():
        raise AddressNotFoundError(
            f"there is no file {path}",
            where=address,
            remedy="put it there, or say in ICB_FILES under which folder the files of this site lie",
        )
    return _stored(fetcher, owner, address, path, "file")


def _stored(
    fetcher: Fetcher, owner: Cohort | Reference, address: str, path: Path, read_from: ReadFrom
) -> FetchedFile:
    store = fetcher.store_of(address)
    stored = add_local(store, path)
    if store is not fetcher.store:
        store.take_in(stored.sha256, fetcher.store)  # read before the address was private
    return FetchedFile(
        address, stored.sha256, stored.bytes, stored.path, owner.licence, read_from, pinned=True
    )
