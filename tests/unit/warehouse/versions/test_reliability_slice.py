"""A short slice of ``benchmarks/reliability``: kills, queries over swaps and full disks with a seed. The parsers have
theirs in ``tests/unit/ingestion/test_fuzz.py``; an hour of all of it is for by hand.
"""

from __future__ import annotations

import re
import subprocess
import sys

from waiting import CI_LIMIT_S

from warehouse.settings import PROJECT

_PARTS = ("publications killed", "queries over swaps", "publications without disk")


def test_nothing_is_lost_mixed_or_untyped() -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "benchmarks" / "reliability" / "run.py"), "--seconds", "12",
         *(word for part in _PARTS for word in ("--part", part))],
        capture_output=True, text=True, timeout=CI_LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    tried = {
        name: int(n.replace(",", "")) for name, n in re.findall(r"^([a-z ]+): ([\d,]+) in", done.stdout, re.M)
    }
    assert tuple(tried) == _PARTS and min(tried.values()) > 0, done.stdout
