"""Kills, swaps, full disks and dirty files, with a seed. ``python benchmarks/reliability/run.py --help``."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from parsing import fuzzed
from publishing import Tally, emptied, killed, read_over_swaps, starved

#: Name -> what is done, share of the time, and how many are enough.
PARTS: dict[str, tuple[Callable[[Path, random.Random, Callable[[int], bool]], Tally], float, int]] = {
    "publications killed": (killed, 0.25, 500),
    "queries over swaps": (read_over_swaps, 0.25, 10_000),
    "publications without disk": (starved, 0.15, 100),
    "dirty files parsed": (fuzzed, 0.35, 10**9),
}


def main() -> int:
    """Exit code 1 when anything was lost, mixed or untyped."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="A minute: run.py --seconds 50. An hour: run.py --seconds 3600. Whole runs: runs.py.",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=50,
        help="in all (default 50)",
    )
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--part", action="append", choices=PARTS, help="this part alone; may be given again")
    asked = parser.parse_args()
    parts = {name: PARTS[name] for name in asked.part or PARTS}
    whole = sum(share for _, share, _ in parts.values())
    wrong = 0
    with tempfile.TemporaryDirectory() as work:
        for name, (act, share, enough) in parts.items():
            wrong += _tell(name, act, Path(work), asked.seed, _until(share / whole * asked.seconds, enough))
    return 1 if wrong else 0


def _until(seconds: float, enough: int) -> Callable[[int], bool]:
    begun: list[float] = []  # the clock starts when the part asks first, after what it sets up

    def stop(n: int) -> bool:
        if not begun:
            begun.append(time.monotonic())
        return n >= enough or time.monotonic() - begun[0] >= seconds

    return stop


def _tell(
    name: str,
    act: Callable[[Path, random.Random, Callable[[int], bool]], Tally],
    work: Path,
    seed: int,
    stop: Callable[[int], bool],
) -> int:
    started = time.monotonic()
    tally = act(emptied(work / name.replace(" ", "_")), random.Random(f"{seed} {name}"), stop)
    notes = ", ".join(f"{n:,} {word}" for word, n in sorted(tally.notes.items()))
    seconds = time.monotonic() - started
    print(f"{name}: {tally.n:,} in {seconds:.0f} s ({notes}); wrong: {len(tally.wrong)}", flush=True)
    for sentence in tally.wrong[:10]:
        print(f"  {sentence}", flush=True)
    return len(tally.wrong)


if __name__ == "__main__":
    sys.exit(main())
