"""Bytes that a server sent in a content encoding, decoded to the end that the encoding itself marks.

httpx decodes too, and takes a gzip stream without its end for whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from ingestion.errors import TruncatedError
from ingestion.fetching.retries import TransientError
from ingestion.fetching.store import CHUNK_BYTES

ENCODINGS = ("gzip", "x-gzip", "deflate")
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's window bits


def decoded(chunks: Iterable[bytes], encoding: str, where: str) -> Iterator[bytes]:
    """The decoded bytes, in pieces of at most 1 MiB.

    Raises
    ------
    TruncatedError : the bytes end before the encoding does. TransientError : they are not of that encoding.
    """
    stream = zlib.decompressobj(_ZLIB if encoding == "deflate" else _GZIP)
    is_first, has_ended = True, False
    for chunk in chunks:
        data = chunk
        while data:
            if has_ended:
                if encoding == "deflate" or not data.strip(b"\0"):
                    break  # padding
                stream, has_ended = zlib.decompressobj(_GZIP), False
            try:
                piece = stream.decompress(data, CHUNK_BYTES)
            except zlib.error as error:
                if not (is_first and encoding == "deflate"):
                    raise TransientError(
                        f"the {encoding} encoding of the answer is damaged ({error})"
                    ) from error
                stream, is_first = zlib.decompressobj(_RAW), False  # as many servers mean it
                continue
            is_first = False
            if piece:
                yield piece
            has_ended = stream.eof
            data = stream.unused_data if has_ended else stream.unconsumed_tail
    while not has_ended and (piece := stream.decompress(stream.unconsumed_tail, CHUNK_BYTES)):
        yield piece
        has_ended = stream.eof
    if not has_ended:
        raise TruncatedError(
            f"the answer ends before its {encoding} encoding does",
            where=where,
            remedy="run again later; if it stays so, use another public address of the same file",
        )
