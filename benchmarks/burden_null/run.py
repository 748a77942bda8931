"""Level of tests that ask "more than burden?": python benchmarks/burden_null/run.py [--cohorts 60] [--draws 999]

In each of the worlds of `worlds.py` no gene has an effect. A row is a world, a column the share of genes with
p < 0.05 (its standard error over cohorts, whose genes share one outcome): the Cox model adjusted for a spline of burden
without the gene's own mutations; carriers drawn by counts of mutations; the same with counts shrunk by empirical Bayes
(gamma-Poisson); and drawn by counts within the dominant process, which is what `icb` does where spectra are known.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pandas as pd
from levels import COLUMNS, levels
from worlds import WORLDS, generate


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument(
        "--cohorts", type=int, default=60, help="cohorts a world (default 60), of 60 genes each"
    )
    options.add_argument("--draws", type=int, default=999, help="sets of carriers a gene (default 999)")
    asked = options.parse_args()
    print(f"| world | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}")
    for name in WORLDS:
        found = pd.DataFrame([levels(generate(name, seed), asked.draws) for seed in range(asked.cohorts)])
        mean, se = 100 * found.mean(), 100 * found.std(ddof=1) / np.sqrt(asked.cohorts)
        print(f"| {name} | " + " | ".join(f"{mean[c]:.1f} ({se[c]:.1f})" for c in COLUMNS) + " |", flush=True)


if __name__ == "__main__":
    main()
