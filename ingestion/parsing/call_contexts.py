"""Tables of calls with the sequence around each, to 96-channel spectra: no genome is needed to know the neighbours.

Counts only; what the numbers say (refit, presence) does not belong here.
"""

from __future__ import annotations

from pathlib import Path

from ingestion.catalog.source_files import SourceFile
from ingestion.parsing.signature_tables import CHANNELS
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.picks import only_matching, pick_column
from ingestion.reading.table_model import Cell, RejectedRow, require_column
from ingestion.reading.tables import read_table

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def channel_of(context: str, reference: str, alternate: str) -> str | None:
    """The channel (A[C>T]G) of a substitution; the strand is that of the pyrimidine. None where ``context`` has no
    middle, another base than ``reference`` there, or a base that is not known beside it."""
    middle, rest = divmod(len(context), 2)
    if not rest or middle == 0 or context[middle] != reference:
        return None
    three = context[middle - 1 : middle + 2]
    if reference in "AG":
        three, alternate = three[::-1].translate(_COMPLEMENT), alternate.translate(_COMPLEMENT)
    channel = f"{three[0]}[{three[1]}>{alternate}]{three[2]}"
    return channel if channel in CHANNELS else None


def parse_call_contexts(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Count the substitutions of each sample by channel, each call once. Insertions, deletions and longer changes are
    no substitutions and are left aside; a substitution whose context disagrees is a note.

    Raises
    ------
    ParseError : a column that the catalogue names is not there. Others : see `ingestion.reading.tables.read_table`.
    """
    how = file.contexts
    if how is None or file.sample_id is None:
        raise ValueError(f"files.{file.id} has no contexts")
    table = only_matching(read_table(content, file.format, ref.where), file.keep_rows, ref.where)
    key = f"files.{file.id}.contexts"
    names = (how.context, how.reference, how.alternate, *how.same_call)
    cells = [table.cells(require_column(table.columns, name, ref.where, key)) for name in names]
    samples: list[Cell] = pick_column(
        table, file.sample_id, file.format.missing, ref.where, f"files.{file.id}.sample_id"
    ).to_pylist()
    rows = table.rows()
    seen: set[tuple[Cell, ...]] = set()
    counts: dict[tuple[str, str], list[int]] = {}
    first: dict[str, int] = {}
    notes: list[RejectedRow] = []
    for i, sample in enumerate(samples):
        if sample is None:
            continue
        first.setdefault(sample, rows[i])
        context, reference, alternate = ((column[i] or "").strip().upper() for column in cells[:3])
        call = (sample, reference, alternate, *(column[i] for column in cells[3:]))
        is_substitution = reference in set("ACGT") and alternate in set("ACGT") and reference != alternate
        if not is_substitution or (how.same_call and call in seen):
            continue
        seen.add(call)
        channel = channel_of(context, reference, alternate)
        if channel is None:
            message = f"the reference base is {reference}"
            notes.append(
                RejectedRow(rows[i], "context_disagrees", context, message, how.context, is_lost=True)
            )
            continue
        counts.setdefault((sample, channel), [rows[i], 0])[1] += 1
    _add(out, ref, first, counts)
    out.add_rejected(ref, [*table.rejected, *notes], raw_table="mutation_spectra")


def _add(
    out: RawTables, ref: SourceRef, first: dict[str, int], counts: dict[tuple[str, str], list[int]]
) -> None:
    place = {"cohort_id": ref.cohort_id, "source_file_id": ref.source_file_id}
    out.add(
        "signature_samples",
        len(first),
        {
            **place,
            "file_id": ref.file_id,
            "source_row": list(first.values()),
            "table_kind": "spectrum",
            "sample_id": list(first),
            "sample_raw": list(first),
        },
    )
    out.add(
        "mutation_spectra",
        len(counts),
        {
            **place,
            "source_row": [row for row, _ in counts.values()],
            "sample_id": [sample for sample, _ in counts],
            "channel": [channel for _, channel in counts],
            "n_mutations": [str(n) for _, n in counts.values()],
        },
    )
