"""Speed of random-effects meta-analysis of every gene: python benchmarks/meta/run.py [--rounds 3] [--genes 18000]

Peer: R's metafor (apt install r-base-core r-cran-metafor; skipped with a message when absent), rma() by REML with
Hartung-Knapp in a loop, as people write it, on evenly chosen genes and scaled up; once with the fit alone and once
with the Q-profile interval and the prediction interval that `fit_random_effects_many` gives as well.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import pandas as pd

from analytics.meta.random_effects import fit_random_effects_many

PEER_GENES = 400
PEER = """
suppressMessages(library(metafor))
a <- commandArgs(TRUE); full <- a[3] == "full"
y <- as.matrix(read.csv(a[1])); s <- as.matrix(read.csv(a[2])); failed <- 0; out <- rep(NA, nrow(y))
started <- proc.time()[["elapsed"]]
for (g in seq_len(nrow(y))) {
  keep <- !is.na(y[g, ])
  fit <- tryCatch(rma(yi = y[g, keep], sei = s[g, keep], method = "REML", test = "knha"), error = function(e) NULL)
  if (is.null(fit)) { failed <- failed + 1; next }
  out[g] <- fit$beta
  if (full) { suppressWarnings(confint(fit)); predict(fit) }
}
cat(proc.time()[["elapsed"]] - started, failed, "\n"); write(out, a[4], ncolumns = 1)
"""


def generate(genes: int, cohorts: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard ratios and standard errors with a third of the cohorts missing per gene."""
    rng = np.random.default_rng(1)
    effect = rng.normal(0, 0.5, (genes, cohorts)) + rng.normal(0, 0.2, (genes, 1))
    se = np.exp(rng.uniform(np.log(0.08), np.log(1.2), (genes, cohorts)))
    hole = rng.random((genes, cohorts)) < 0.33
    hole[(~hole).sum(axis=1) < 2] = False
    return np.where(hole, np.nan, effect), np.where(hole, np.nan, se)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--genes", type=int, default=18_000)
    args = options.parse_args()
    effect, se = generate(args.genes)
    some = np.linspace(0, args.genes - 1, PEER_GENES).astype(int)
    own: list[float] = []
    peers: dict[str, list[float]] = {"metafor rma()": [], "metafor rma(), confint(), predict()": []}
    failed = "0"
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("y.csv", "s.csv", "peer.R", "out.txt")]
        pd.DataFrame(effect[some]).to_csv(paths[0], index=False)
        pd.DataFrame(se[some]).to_csv(paths[1], index=False)
        Path(paths[2]).write_text(PEER)
        for _ in range(args.rounds):
            started = time.perf_counter()
            table = fit_random_effects_many(effect, se)
            own.append(time.perf_counter() - started)
            if shutil.which("Rscript") is None:
                continue
            for name, kind in zip(peers, ("fit", "full"), strict=True):
                command = ["Rscript", paths[2], paths[0], paths[1], kind, paths[3]]
                answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
                peers[name].append(float(answer[0]) * args.genes / PEER_GENES)
                failed = answer[1]
        theirs = np.genfromtxt(paths[3]) if os.path.exists(paths[3]) else None
    ours = statistics.median(own)
    print(
        f"own, {args.genes:,} genes x 8 cohorts: {ours:.3f} s; converged {table['is_converged'].mean():.2%}"
    )
    if theirs is None:
        print("Rscript is not installed: no peer (apt install r-base-core r-cran-metafor).")
        return
    for name, seconds in peers.items():
        peer = statistics.median(seconds)
        print(f"{name}: {peer:.1f} s (on {PEER_GENES} genes, scaled), {peer / ours:.0f}x")
    gap = np.nanmax(np.abs(table["estimate"].to_numpy()[some] - theirs))
    print(
        f"metafor did not converge for {failed} of {PEER_GENES} genes; largest difference of estimates {gap:.1e}"
    )


if __name__ == "__main__":
    main()
