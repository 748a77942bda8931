"""Published tables around mutational signatures: 96-channel spectra, exposures, and the reference profiles.

Wide tables become one row a cell; cells of zero are left out, and every sample is listed beside them. What the
numbers say (refit, presence) does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.raw_rows import ColumnInput, RawTables, SourceRef
from ingestion.reading.picks import filled, pick_column
from ingestion.reading.table_model import Cell, ParsedTable, RejectedRow, find_column, require_column
from ingestion.reading.tables import read_table

#: The 96 channels of single-base substitutions as COSMIC writes them, A[C>A]A first.
CHANNELS: Final = tuple(
    f"{five}[{change}]{three}"
    for change in ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
    for five, three in product("ACGT", repeat=2)
)
#: Column of whole channels (A[C>A]A), or the two of substitution (C>A) and trinucleotide (ACA).
_CHANNEL_COLUMNS: Final = ("Type", "MutationType", "Mutation Types")
_SUBSTITUTION, _TRINUCLEOTIDE = "Mutation type", "Trinucleotide"
_SIGNATURE: Final = re.compile(r"^SBS\d+[a-z]?$")

_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,200}([.][0-9]*)?|[.][0-9]+)([eE]([+]?[0-9]{1,2}|-[0-9]{1,3}))?")

_Objects = npt.NDArray[np.object_]


def parse_spectra(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a table of channels down and samples across; ``file.sample_id`` reads a sample from its column's name.

    A column without a sample in its name, and a sample's second column, are rejected by name; so is a cell that
    is no number from 0.

    Raises
    ------
    ParseError : no channel column, or the channels are not the 96. Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where)
    channels, used = _channels(table, ref)
    raw = [name for name in table.columns if name not in used]
    assert file.sample_id is not None  # the catalogue has seen to it
    header = file.format.header_row
    samples, rejected = _known_once([file.sample_id.read(name) for name in raw], raw, [header] * len(raw))
    kept = [place for place, sample in enumerate(samples) if sample is not None]
    cells = _matrix(table, [raw[place] for place in kept])
    rows = table.frame.column("source_row").to_numpy()
    here = [samples[place] for place in kept]
    _add_samples(out, ref, "spectrum", here, [raw[place] for place in kept], header)
    bad = _add_cells(
        out,
        ref,
        "mutation_spectra",
        {"cohort_id": ref.cohort_id},
        cells,
        rows,
        ("channel", channels),
        ("sample_id", here),
        allow_fraction=False,
    )
    out.add_rejected(ref, [*table.rejected, *rejected, *bad], raw_table="mutation_spectra")


def parse_exposures(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a table of samples down and signatures across (columns SBS1, SBS7a, ...; Accuracy if it is there).

    Raises
    ------
    ParseError : no signature column, or no column of the sample. Others : see `ingestion.reading.tables.read_table`.
    """
    table = read_table(content, file.format, ref.where)
    names = [name for name in table.columns if _SIGNATURE.match(name)]
    if not names:
        raise _no_signatures(table, ref)
    assert file.sample_id is not None
    key = f"files.{file.id}.sample_id"
    picked = pick_column(table, file.sample_id, file.format.missing, ref.where, key).to_pylist()
    column = next(
        found for n in file.sample_id.columns if (found := find_column(table.columns, n)) is not None
    )
    samples, rejected = _known_once(picked, table.cells(column), table.rows())
    kept = np.array([sample is not None for sample in samples], dtype=bool)
    accuracy = find_column(table.columns, "Accuracy")
    here = [sample for sample in samples if sample is not None]
    frame = table.frame.filter(pa.array(kept))
    _add_samples(
        out,
        ref,
        "exposures",
        here,
        frame.column(column),
        frame.column("source_row"),
        frame.column(accuracy) if accuracy else None,
    )
    bad = _add_cells(
        out,
        ref,
        "published_exposures",
        {"cohort_id": ref.cohort_id},
        _matrix(ParsedTable(table.columns, frame), names),
        frame.column("source_row").to_numpy(),
        ("sample_id", here),
        ("signature", names),
        allow_fraction=True,
    )
    out.add_rejected(ref, [*table.rejected, *rejected, *bad], raw_table="published_exposures")


def parse_profiles(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read reference signatures: channels down, signatures across, a probability in each cell (zero too).

    Raises
    ------
    ParseError : the channels are not the 96, no signature column, or a cell that is no number from 0 to 1.
    """
    table = read_table(content, file.format, ref.where)
    channels, used = _channels(table, ref)
    names = [name for name in table.columns if name not in used and _SIGNATURE.match(name)]
    if not names:
        raise _no_signatures(table, ref)
    release = file.signatures
    assert release is not None
    of_release: dict[str, ColumnInput] = {
        "reference_id": release.reference_id,
        "cosmic_version": release.version,
        "target": release.target,
        "ncbi_build": release.ncbi_build,
    }
    rows = table.frame.column("source_row").to_numpy()
    bad = _add_cells(
        out,
        ref,
        "signature_profiles",
        of_release,
        _matrix(table, names),
        rows,
        ("channel", channels),
        ("signature", names),
        keep_zero=True,
        largest=1.0,
    )
    if bad:
        raise ParseError(
            f"the probability '{bad[0].value}' of {bad[0].column_name} is no number from 0 to 1",
            file=ref.where,
            line=bad[0].source_row,
            remedy="fetch the file again; a refit with a hole in a profile would be wrong",
        )
    out.add_rejected(ref, table.rejected, raw_table="signature_profiles")


def _channels(table: ParsedTable, ref: SourceRef) -> tuple[list[str], set[str]]:
    """The channel of each row as A[C>A]A, and the columns that it stands in."""
    whole = next((c for n in _CHANNEL_COLUMNS if (c := find_column(table.columns, n)) is not None), None)
    if whole is not None:
        channels, used = [str(cell).strip() for cell in table.cells(whole)], {whole}
    else:
        names = [
            require_column(
                table.columns, name, ref.where, f"kind ({_CHANNEL_COLUMNS[0]}, or {_SUBSTITUTION})"
            )
            for name in (_SUBSTITUTION, _TRINUCLEOTIDE)
        ]
        pairs = zip(*(table.cells(name) for name in names), strict=True)
        # C>A in AGA would be no change of the middle base: the trinucleotide stays visible as an odd channel
        channels = [
            f"{three[:1]}[{change}]{three[2:]}" if three[1:2] == change[:1] else f"{change} in {three}"
            for change, three in ((str(change), str(three)) for change, three in pairs)
        ]
        used = set(names)
    odd = sorted(set(channels) ^ set(CHANNELS)) or [c for c in CHANNELS if channels.count(c) > 1]
    if odd:
        raise ParseError(
            f"its {len(channels)} rows are not the 96 channels of single-base substitutions, see '{odd[0]}'",
            file=ref.where,
            remedy="give each channel once, written A[C>A]A, or as C>A and ACA in two columns",
        )
    return channels, used


def _no_signatures(table: ParsedTable, ref: SourceRef) -> ParseError:
    return ParseError(
        f"no column is a signature; the file has: {', '.join(table.columns[:10])}",
        file=ref.where,
        remedy="name signatures as COSMIC does: SBS1, SBS7a",
    )


def _known_once(
    samples: Sequence[Cell], raw: Sequence[Cell], rows: Sequence[int]
) -> tuple[list[Cell], list[RejectedRow]]:
    """Each sample at its first place and None elsewhere, with why."""
    kept: list[Cell] = []
    rejected, seen = [], set()
    for sample, name, row in zip(samples, raw, rows, strict=True):
        if sample is None:
            message = "no sample is named"
            rejected.append(RejectedRow(row, "missing_key", name, message, "sample_id"))
        elif sample in seen:
            message = f"sample {sample} is in the table a second time"
            rejected.append(RejectedRow(row, "repeated_sample", name, message, "sample_id"))
            sample = None
        else:
            seen.add(sample)
        kept.append(sample)
    return kept, rejected


def _matrix(table: ParsedTable, names: Sequence[str]) -> _Objects:
    """The cells [row, column] as text."""
    cells = np.empty((table.frame.num_rows, len(names)), dtype=object)
    for place, name in enumerate(names):
        cells[:, place] = filled(table.frame.column(name), ()).to_numpy(zero_copy_only=False)
    return cells


def _add_samples(
    out: RawTables,
    ref: SourceRef,
    table_kind: str,
    samples: Sequence[Cell],
    raw: ColumnInput,
    rows: ColumnInput | int,
    cosine_similarity: ColumnInput = None,
) -> None:
    columns: dict[str, ColumnInput] = {
        "cohort_id": ref.cohort_id,
        "file_id": ref.file_id,
        "source_file_id": ref.source_file_id,
        "source_row": [rows] * len(samples) if isinstance(rows, int) else rows,
        "table_kind": table_kind,
        "sample_id": samples,
        "sample_raw": raw,
        "cosine_similarity": cosine_similarity,
    }
    out.add("signature_samples", len(samples), columns)


def _add_cells(
    out: RawTables,
    ref: SourceRef,
    name: str,
    constants: dict[str, ColumnInput],
    cells: _Objects,
    source_rows: npt.NDArray[np.int64],
    down: tuple[str, Sequence[Cell]],
    across: tuple[str, Sequence[Cell]],
    *,
    allow_fraction: bool = True,
    keep_zero: bool = False,
    largest: float = np.inf,
) -> list[RejectedRow]:
    """One row a cell; returns those that are no number from 0 to ``largest`` (or no whole one)."""
    flat = pa.array(cells.reshape(-1), pa.string())
    distinct = flat.dictionary_encode()
    # Counts repeat: a few thousand distinct words in nearly a million cells.
    numbers = np.array([_number(word) for word in distinct.dictionary.to_pylist()] + [np.nan])
    value = numbers[pc.fill_null(distinct.indices, len(numbers) - 1).to_numpy(zero_copy_only=False)]
    good = np.isfinite(value) & (value >= 0) & (value <= largest)
    if not allow_fraction:
        good &= value == np.floor(np.where(np.isfinite(value), value, 0.5))
    at = np.flatnonzero(good & (keep_zero | (value > 0)))
    row, column = np.divmod(at, cells.shape[1])
    columns: dict[str, ColumnInput] = {
        **constants,
        "source_file_id": ref.source_file_id,
        "source_row": pa.array(source_rows[row]),
        down[0]: _taken(down[1], row),
        across[0]: _taken(across[1], column),
        "probability" if name == "signature_profiles" else "n_mutations": flat.take(pa.array(at)),
    }
    out.add(name, len(at), columns)
    message = "the cell is no number from 0" if allow_fraction else "the cell is no whole number from 0"
    rejected = []
    for place in np.flatnonzero(~good).tolist():
        line, side = divmod(place, cells.shape[1])
        label = f"{down[1][line]}, {across[1][side]}"
        rejected.append(
            RejectedRow(
                int(source_rows[line]), "not_a_number", cells[line, side], message, label, is_lost=True
            )
        )
    return rejected


def _taken(values: Sequence[Cell], at: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(at))


def _number(word: str) -> float:
    """The number as dbt reads it (macro to_double), nan for anything else; float() would also take '1_0' and '١'."""
    return float(word) if _NUMBER.fullmatch(word) else float("nan")
