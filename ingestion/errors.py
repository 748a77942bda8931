"""Errors that ingestion raises on bad input: each is one sentence that says what, where and the remedy.

A caller (command line, orchestration) prints ``str(error)`` and leaves with a non-zero exit code; no
traceback is needed to understand it. Programming errors do not belong here: they stay what they are.
"""

from __future__ import annotations

_LONGEST_WHAT = 1000  # characters: a cell of 5,000 letters in a sentence hides where and remedy


class IngestionError(Exception):
    """A file, address or catalogue entry that cannot be used.

    Parameters
    ----------
    what : what is wrong, as a clause without a full stop ("the gzip stream ends too early").
    where : the file, address, file:line or key that is meant; put in front of ``what``.
    remedy : what the reader can do about it, as a clause ("download it again").
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(_sentence(what, where, remedy))


def _sentence(what: str, where: str, remedy: str) -> str:
    # Unpickling (worker processes) calls the class with the finished sentence: this must be idempotent.
    if (where or remedy) and len(what) > _LONGEST_WHAT:
        what = what[: _LONGEST_WHAT - 1] + "…"
    text = f"{where}: {what}" if where else what
    text = " ".join(text.split()).rstrip(".")
    if not remedy:
        return f"{text}."
    ending = " ".join(remedy.split()).rstrip(".")
    return f"{text}; {ending}" if ending.endswith("?") else f"{text}; {ending}."


class InvalidAddressError(IngestionError):
    """The text is not an https address that ingestion may read."""


class AddressNotFoundError(IngestionError):
    """Nothing is served at the address (404, 410), or the mirror has no file for it."""


class SourceUnavailableError(IngestionError):
    """The address could not be read: no connection, access refused, or the server failed every attempt."""


class ChecksumMismatchError(IngestionError):
    """The bytes are not the bytes that were recorded: a pinned source or a stored file differs."""


class NotTheExpectedFileError(IngestionError):
    """Something else stands in the file's place: an HTML page, a Git LFS pointer, another format, nothing."""


class TruncatedError(IngestionError):
    """The file ends too early or its compressed data are damaged."""


class TooLargeError(IngestionError):
    """The file, or what it unpacks to, exceeds the declared size limit."""


class UnsafeArchiveError(IngestionError):
    """The archive holds what must not be unpacked: path escapes, links, devices, duplicates, bombs."""


class StorageError(IngestionError):
    """The data folder or the lock file cannot be read or written."""


class DiskFullError(StorageError):
    """No space (or quota) is left; what was being written has been removed."""


class CatalogError(IngestionError):
    """A catalogue file is wrong; ``where`` names the file and the key."""


class ParseError(IngestionError):
    """A file was read but its content cannot be understood.

    Parameters
    ----------
    what : what is wrong.
    file : file name or address as the user knows it.
    line : line number in that file, counted from 1; None when the fault has no line.
    remedy : what the reader can do about it.
    """

    def __init__(self, what: str, *, file: str = "", line: int | None = None, remedy: str = "") -> None:
        self.file = file
        self.line = line
        where = f"{file}, line {line}" if file and line is not None else file
        super().__init__(what, where=where, remedy=remedy)


class NothingMeetsError(ParseError):
    """The identifiers of two files of one cohort do not meet, so that nobody would have both."""


class UnknownPanelError(IngestionError):
    """Samples of a cohort were sequenced on a panel of which nobody says which genes it covers."""


class AbsentColumnError(ParseError):
    """A table lacks a column that the catalogue names; ``column`` is its name as the catalogue writes it."""

    def __init__(
        self, what: str, *, file: str = "", line: int | None = None, remedy: str = "", column: str = ""
    ) -> None:
        self.column = column
        super().__init__(what, file=file, line=line, remedy=remedy)
