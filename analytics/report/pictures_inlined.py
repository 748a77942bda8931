"""Figures as data URIs that fit into one document: vector where it is small, else a picture of few colours."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from analytics.report.blocks import FigureBlock
from analytics.report.material import FigureSource

#: Bytes of one vector figure, and of all figures of a document before encoding, beyond which pictures take their place.
_MOST_SVG, _MOST_TOTAL = 150_000, 1_500_000
#: Bytes of source data that travel inside the document.
_MOST_CSV = 24_000
_PX_PER_PT = 96 / 72
_PNG_DPI = 200
_SPACE = re.compile(rb">\s+<")


@dataclass(frozen=True)
class _Encoded:
    kind: str
    data: bytes
    width_px: int
    height_px: int


def inlined(figures: Sequence[FigureSource]) -> dict[tuple[str, str], FigureBlock]:
    """(analysis, stem) -> block without a number. The largest vector figures become pictures until all fit."""
    encoded: dict[tuple[str, str], _Encoded] = {}
    sources = {(figure.analysis_id, figure.stem): figure for figure in figures}
    for key, figure in sources.items():
        svg = _vector(figure.svg) if figure.svg else None
        if svg is not None and len(svg.data) <= _MOST_SVG:
            encoded[key] = svg
        elif figure.png is not None:
            encoded[key] = _picture(figure.png)
        elif svg is not None:
            encoded[key] = svg
    total = sum(len(found.data) for found in encoded.values())
    for key in sorted(encoded, key=lambda k: (-len(encoded[k].data), k)):
        png = sources[key].png
        if total <= _MOST_TOTAL:
            break
        if encoded[key].kind == "image/svg+xml" and png is not None:
            smaller = _picture(png)
            if len(smaller.data) < len(encoded[key].data):
                total -= len(encoded[key].data) - len(smaller.data)
                encoded[key] = smaller
    return {key: _block(sources[key], found) for key, found in encoded.items()}


def _block(figure: FigureSource, found: _Encoded) -> FigureBlock:
    csv = figure.csv or b""
    return FigureBlock(
        title=figure.title,
        alt=figure.alt,
        uri=_uri(found.kind, found.data),
        width_px=found.width_px,
        height_px=found.height_px,
        csv_name=f"figures/{figure.analysis_id}/{figure.stem}.csv" if csv else "",
        csv_uri=_uri("text/csv", csv) if csv and len(csv) <= _MOST_CSV else "",
    )


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _vector(svg: bytes) -> _Encoded | None:
    """A vector figure without the blanks between its elements and without its metadata; None when it has no size."""
    head = re.search(rb"<svg[^>]*>", svg)
    sizes = [
        re.search(rb'\b%s="([\d.]+)pt"' % name, head[0]) if head else None for name in (b"width", b"height")
    ]
    if sizes[0] is None or sizes[1] is None:
        return None
    width, height = float(sizes[0][1]), float(sizes[1][1])
    lean = re.sub(rb"<metadata>.*?</metadata>", b"", svg, flags=re.DOTALL)
    lean = re.sub(rb"<!--.*?-->", b"", lean, flags=re.DOTALL)
    lean = _lean_paths(lean)
    if b"<text" not in lean:
        lean = _SPACE.sub(b"><", lean)
    # upwards: a box that is half a pixel too low makes the whole figure smaller, and its 7 pt type with it
    return _Encoded("image/svg+xml", lean, math.ceil(width * _PX_PER_PT), math.ceil(height * _PX_PER_PT))


def _lean_paths(svg: bytes) -> bytes:
    """Coordinates to a hundredth of a point: finer than any printer, and a third of the bytes less."""

    def rounded(path: re.Match[bytes]) -> bytes:
        shorter = re.sub(rb"-?\d+\.\d{3,}", lambda m: b"%.2f" % float(m[0]), path[2])
        return path[1] + b" ".join(shorter.split()) + b'"'

    # outlines of letters are drawn large and scaled down: these keep their digits
    return re.sub(rb'(<path d=")([^"]{0,2000000})"(?=\s+clip-path)', rounded, svg)


def _picture(png: bytes) -> _Encoded:
    with Image.open(io.BytesIO(png)) as image:
        width, height = image.size
        buffer = io.BytesIO()
        image.convert("RGB").quantize(64).save(buffer, format="png", compress_level=9)
    data = buffer.getvalue()
    smaller = data if len(data) < len(png) else png
    return _Encoded("image/png", smaller, round(width * 96 / _PNG_DPI), round(height * 96 / _PNG_DPI))
