"""Public addresses of source files: what is a valid one, is it pinned, and where a mirror keeps it.

Only text is handled here. Reading an address is ``fetch``; what was read is ``sources_lock``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from ingestion.errors import InvalidAddressError

# Exactly 40 hexadecimal digits: a git commit. A 64-digit sha256 or a longer word must not count as one.
_COMMIT = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_UNSAFE_IN_SEGMENT = re.compile(r"[/\\?\x00-\x1f\x7f]")
_NAME_MAX_BYTES = 255  # of one file name on the usual file systems


@dataclass(frozen=True)
class Address:
    """One parsed https address.

    Attributes
    ----------
    text : the address with its host in lower case; the identity under which it is recorded.
    host : host name, without port.
    segments : path split at "/", percent-decoded.
    query : query string as written, without "?"; empty when there is none.
    """

    text: str
    host: str
    segments: tuple[str, ...]
    query: str

    @property
    def file_name(self) -> str:
        return self.segments[-1]


def parse_address(text: str) -> Address:
    """Parse and validate one public address.

    Raises
    ------
    InvalidAddressError : not https, no file in the path, credentials, a foreign port, a fragment, white
        space, or a path that could leave the mirror folder.
    """
    if not text or re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise _invalid(text, "it is empty or holds white space, a backslash or a control character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _invalid(text, f"it cannot be parsed ({error})") from error
    if parts.scheme.lower() != "https":
        raise _invalid(text, "only https:// addresses are read")
    if "@" in parts.netloc:
        raise _invalid(text, "it carries credentials")
    host = (parts.hostname or "").lower()
    if not _HOST.fullmatch(host):
        raise _invalid(text, "it has no valid host name")
    if port not in (None, 443):
        raise _invalid(text, f"port {port} is not the https port")
    if "#" in text:
        raise _invalid(text, "it has a fragment (#...)")
    segments = tuple(unquote(segment) for segment in parts.path.split("/")[1:])
    if not segments or any(segment in ("", ".", "..") for segment in segments):
        raise _invalid(text, "its path names no file, or has an empty, '.' or '..' part")
    if any(_UNSAFE_IN_SEGMENT.search(segment) for segment in segments):
        raise _invalid(text, "its path holds an encoded slash, question mark or control character")
    query = f"?{parts.query}" if parts.query else ""
    return Address(f"https://{host}{parts.path}{query}", host, segments, parts.query)


def is_pinned(address: str) -> bool:
    """Whether the address carries a full git commit, so that its bytes can never rightly change."""
    parts = urlsplit(address)
    return bool(_COMMIT.search(parts.path) or _COMMIT.search(parts.query))


def mirror_path(mirror: Path, address: str) -> Path:
    """Where a mirror folder keeps an address: ``<mirror>/<host>/<path>``, path percent-decoded.

    A query becomes part of the file name (``name?query``, "/" written ``%2F``); when that would be longer
    than a file name can be, the query is replaced by the first 32 digits of its sha256.

    Raises
    ------
    InvalidAddressError : see `parse_address`.
    """
    parsed = parse_address(address)
    name = parsed.file_name
    if parsed.query:
        # Every printable character except "/" may stand in a file name here; "%" stays as it was written.
        written = quote(parsed.query, safe="%!\"#$&'()*+,:;<=>?@[]^`{|}")
        name = f"{parsed.file_name}?{written}"
        if len(name.encode()) > _NAME_MAX_BYTES:
            name = f"{parsed.file_name}?sha256-{hashlib.sha256(parsed.query.encode()).hexdigest()[:32]}"
    return mirror.joinpath(parsed.host, *parsed.segments[:-1], name)


def _invalid(text: str, why: str) -> InvalidAddressError:
    return InvalidAddressError(
        f"not a usable source address, {why}",
        where=repr(text),
        remedy="write the public https address of one file, as a browser would open it",
    )
