"""False alarms and misses of the claims checker: python benchmarks/claims/run.py [--claims 5000] [--seed 1]

True estimates with interval and P, of every kind that papers print and with nothing declared, are rounded and checked:
an alarm is an error or a warning, a note that names another kind is none. Then one number is spoiled: what raises
neither error nor warning is a miss, and those that were taken for another kind are counted beside.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from triples import CORRUPTIONS, KINDS, corrupted_claims, true_claims

from analytics.claims.consistency import find_inconsistencies
from analytics.claims.finding import NOTE
from analytics.claims.model import PublishedClaim


def judged(claims: Iterable[PublishedClaim]) -> Counter[str]:
    """How many raised an alarm, were called another kind, or raised nothing."""
    counts: Counter[str] = Counter()
    for claim in claims:
        findings = find_inconsistencies([claim])
        alarm = any(finding.severity != NOTE for finding in findings)
        counts["alarm" if alarm else "another kind" if findings else "nothing"] += 1
    return counts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--claims", type=int, default=5000, help="claims of each kind (default 5000)")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    print("| true, printed as | false alarms, % | called another kind, % |\n|---|---|---|")
    for kind in KINDS:
        counts = judged(true_claims(kind, asked.claims, asked.seed))
        shares = [100 * counts[name] / asked.claims for name in ("alarm", "another kind")]
        print(f"| {kind} | {shares[0]:.2f} | {shares[1]:.1f} |", flush=True)
    print("\n| spoiled | found, % | called another kind, % | nothing said, % |\n|---|---|---|---|")
    for corruption in CORRUPTIONS:
        counts = judged(corrupted_claims(corruption, asked.claims, asked.seed))
        shares = [100 * counts[name] / asked.claims for name in ("alarm", "another kind", "nothing")]
        print(f"| {corruption} | {shares[0]:.1f} | {shares[1]:.1f} | {shares[2]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
