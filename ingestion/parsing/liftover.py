"""Calls on GRCh38 get their place on GRCh37 beside their own, by a chain file that the user names (UCSC's
``hg38ToHg19.over.chain.gz``). What does not go to one place on one chromosome gets none; nothing is moved or dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from ingestion.errors import ParseError

#: Columns of raw table ``mutations`` that it fills.
LIFTED = ("grch37_chromosome", "grch37_position")
_GRCH38 = re.compile(r"hg38|38", re.IGNORECASE)
_MITOCHONDRION = {"MT": "M"}


def lifted(calls: pa.Table, chain: Path) -> pa.Table:
    """The calls with `LIFTED` filled where a row says that it is on GRCh38.

    Parameters
    ----------
    calls : raw table ``mutations``: every column text, ``start_position`` counted from 1.
    chain : a chain file from GRCh38 to GRCh37, compressed or not.

    Raises
    ------
    ParseError : the file is no chain file.
    """
    builds = calls.column("ncbi_build").to_pylist()
    wanted = [i for i, build in enumerate(builds) if build is not None and _GRCH38.search(build)]
    if not wanted:
        return calls
    chromosomes, starts = calls.column("chromosome").to_pylist(), calls.column("start_position").to_pylist()
    places = {(chromosomes[i], starts[i]) for i in wanted}
    found = _lift(places, chain)
    columns: tuple[list[str | None], list[str | None]] = ([None] * len(builds), [None] * len(builds))
    for i in wanted:
        place = found.get((chromosomes[i], starts[i]))
        if place is not None:
            columns[0][i], columns[1][i] = place
    for name, values in zip(LIFTED, columns, strict=True):
        calls = calls.set_column(calls.schema.get_field_index(name), name, pa.array(values, pa.string()))
    return calls


def _lift(
    places: set[tuple[str | None, str | None]], chain: Path
) -> dict[tuple[str | None, str | None], tuple[str, str]]:
    """Chromosome and position on GRCh37 of each place that goes to exactly one; positions are counted from 1."""
    from pyliftover import LiftOver  # half a second, and only who has such calls and a chain needs it

    try:
        chains = LiftOver(str(chain))
    except (OSError, ValueError, IndexError, AssertionError, EOFError) as exc:
        raise ParseError(
            f"the file cannot be read as a chain file ({type(exc).__name__})",
            file=str(chain),
            remedy="name UCSC's hg38ToHg19.over.chain.gz in ICB_CHAIN_FILE, or unset it",
        ) from exc
    found: dict[tuple[str | None, str | None], tuple[str, str]] = {}
    for chromosome, start in places:
        if chromosome is None or start is None or not start.isdigit() or start == "0":
            continue
        bare = chromosome.removeprefix("chr")
        # the library counts from 0
        hits = chains.convert_coordinate(f"chr{_MITOCHONDRION.get(bare, bare)}", int(start) - 1) or []
        if len(hits) == 1:
            found[chromosome, start] = (hits[0][0].removeprefix("chr"), str(hits[0][1] + 1))
    return found
