"""Every parser on dirty files, for a time: read, or refused in one sentence."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

from publishing import ROOT, Tally

sys.path[:0] = [str(ROOT / "tests" / "unit" / "ingestion")]

from fuzz_help import bases, dirtied  # noqa: E402

from ingestion.errors import IngestionError  # noqa: E402
from ingestion.raw_tables import SourceBytes, parse_cohort_file  # noqa: E402


def fuzzed(folder: Path, rng: random.Random, stop: Callable[[int], bool]) -> Tally:
    """Files of every kind in turn, each with one to three faults."""
    tally, path, known = Tally(), folder / "file", bases()
    while not stop(tally.n):
        base = known[tally.n % len(known)]
        case = f"{base.name}/{rng.random()}"
        path.write_bytes(dirtied(base, random.Random(case)))
        source = SourceBytes(base.file.addresses()[0], "0" * 64, path)
        try:
            parse_cohort_file(base.owner, base.file, [source], base.catalog)
            tally.note("read")
        except IngestionError as exc:
            text = str(exc)
            is_sentence = text.endswith(".") and "\n" not in text and len(text) < 2000
            tally.note("refused in a sentence")
            if not is_sentence:
                tally.wrong.append(f"{case}: no sentence: {text[:200]}")
        except Exception as exc:
            tally.wrong.append(f"{case}: {type(exc).__name__} {str(exc)[:200]}")
        tally.n += 1
    tally.note("parsers", len(known))
    return tally
