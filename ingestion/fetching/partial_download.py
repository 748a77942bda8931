"""The unfinished file of one address: its bytes, and what the first answer said of the version that they are of."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ingestion.fetching.addresses import is_pinned
from ingestion.fetching.store import PartialFile, storage_errors, write_atomically


@dataclass(frozen=True)
class Validators:
    """What a server gives to recognise a version by: ETag and Last-Modified, as received."""

    etag: str | None = None
    last_modified: str | None = None

    def strong(self) -> str | None:
        """The one that may guard a byte range (RFC 9110, section 13.1.5); a weak ETag may not."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified if not self.etag else None

    def contradict(self, other: Validators) -> bool:
        """Whether either of the two says that these are different versions; what one of them lacks says nothing."""
        pairs = ((self.etag, other.etag), (self.last_modified, other.last_modified))
        return any(None not in pair and pair[0] != pair[1] for pair in pairs)


@dataclass(frozen=True)
class Version:
    """What the first answer said, which holds for every answer after it.

    Attributes
    ----------
    total : bytes of the whole file; None when the server did not say.
    is_verbatim : the bytes are the server's own, not decoded from a content encoding.
    """

    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
    is_verbatim: bool = False

    @property
    def validators(self) -> Validators:
        return Validators(self.etag, self.last_modified)


class PartialDownload:
    """The unfinished file of one address, with the version that it is a part of.

    Parameters
    ----------
    base : path without suffix; ``.part`` holds the bytes, ``.json`` the notes about them.
    mode : permissions of the unfinished file.
    known : validators of a version that the caller has already; the server may answer "not modified".

    Attributes
    ----------
    is_bounded : the last answer said where the file ends (a length, or chunks with an end); without that nobody can
        tell from the connection whether it is whole.
    """

    def __init__(
        self, address: str, base: Path, *, max_bytes: int, known: Validators | None = None, mode: int = 0o644
    ) -> None:
        self.address = address
        self.max_bytes = max_bytes
        self.known = known
        self.file = PartialFile(base.with_suffix(".part"), mode=mode)
        self.version = Version()
        self.is_bounded = True
        self._notes = base.with_suffix(".json")
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            notes = json.loads(self._notes.read_text())
            self.version = Version(**{name: notes[name] for name in asdict(self.version)})

    def start_over(self, version: Version) -> None:
        """Forget the bytes; what comes next is a part of this version."""
        self.discard()
        self.note(version)

    def note(self, version: Version) -> None:
        """Write down more of the version, whose bytes stay."""
        self.version = version
        write_atomically(self._notes, json.dumps({"address": self.address} | asdict(version)).encode())

    def discard(self) -> None:
        """Remove bytes and notes."""
        with storage_errors(self._notes.parent):
            self.file.discard()
            self._notes.unlink(missing_ok=True)
        self.version = Version()

    @property
    def can_resume(self) -> bool:
        """Whether the rest can be asked for: bytes are there, and the version is certain to be the same."""
        is_certain = self.version.validators.strong() is not None or is_pinned(self.address)
        return self.file.size > 0 and self.version.is_verbatim and is_certain

    def request_headers(self) -> dict[str, str]:
        """Headers that ask for the missing bytes, or for anything but the known version."""
        headers = {"Accept-Encoding": "identity"}  # the file's own bytes, so that checksums and ranges hold
        if self.can_resume:
            headers["Range"] = f"bytes={self.file.size}-"
            if guard := self.version.validators.strong():
                headers["If-Range"] = guard
        elif self.known is not None:
            if self.known.etag:
                headers["If-None-Match"] = self.known.etag
            if self.known.last_modified:
                headers["If-Modified-Since"] = self.known.last_modified
        return headers
