"""Speed and memory of ssGSEA: python benchmarks/ssgsea/run.py [--rounds 3] [--samples 10000] [--peer-samples 400]

18,000 genes, 29 sets. Peers run on `--peer-samples` samples, in turn with ours, and are scaled up: gseapy (two
threads) and R's GSVA (apt install r-base-core r-bioc-gsva; skipped with a message when absent). Memory is the highest
resident size during the call minus that with the input in place. `--zeros` makes half of the values 0, as in FPKM.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import gseapy
import numpy as np
import pandas as pd

from analytics.immune.gene_sets import GeneSet
from analytics.immune.ssgsea import ssgsea

GENES, SETS = 18_000, 29
CALL = {"min_size": 1, "max_size": 5000, "threads": 2, "outdir": None, "no_plot": True}
PEER = """
suppressMessages(library(GSVA))
a <- commandArgs(TRUE); n <- as.integer(a[2])
x <- matrix(readBin(a[1], "double", n * 18000), 18000); rownames(x) <- paste0("G", 0:17999); colnames(x) <- seq_len(n)
sets <- lapply(strsplit(readLines(a[3]), "\t"), identity); names(sets) <- paste0("S", seq_along(sets) - 1)
started <- proc.time()[["elapsed"]]
invisible(capture.output(es <- gsva(x, sets, method = "ssgsea", verbose = FALSE, parallel.sz = 1)))
cat(proc.time()[["elapsed"]] - started, "\n"); writeBin(as.double(es), a[4])
"""


def generate(samples: int, zeros: bool) -> tuple[pd.DataFrame, list[GeneSet]]:
    rng = np.random.default_rng(2)
    values = np.empty((samples, GENES))
    for row in values:
        row[:] = rng.normal(size=GENES)
        if zeros:
            row[row < 0] = 0.0
    names = [f"G{i}" for i in range(GENES)]
    sizes = rng.integers(5, 60, SETS)
    sets = [
        GeneSet(f"S{k}", tuple(rng.choice(names, size, replace=False)), "generated", "1")
        for k, size in enumerate(sizes)
    ]
    return pd.DataFrame(values, columns=names), sets


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_above(function) -> float:
    """Highest resident size during the call above that before it, sampled every 5 ms (Linux)."""
    before, peak, stop = resident_mb(), [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.005):
            peak[0] = max(peak[0], resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    function()
    stop.set()
    watcher.join()
    return peak[0] - before


def timed(function) -> tuple[float, object]:
    started = time.perf_counter()
    answer = function()
    return time.perf_counter() - started, answer


def gsva_seconds(part: pd.DataFrame, sets: list[GeneSet], folder: str) -> tuple[float, np.ndarray]:
    paths = [os.path.join(folder, name) for name in ("x.bin", "sets.txt", "es.bin", "peer.R")]
    part.to_numpy().tofile(paths[0])
    Path(paths[1]).write_text("\n".join("\t".join(s.genes) for s in sets))
    Path(paths[3]).write_text(PEER)
    command = ["Rscript", paths[3], paths[0], str(len(part)), paths[1], paths[2]]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(answer.split()[-1]), np.fromfile(paths[2]).reshape(len(part), len(sets))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--samples", type=int, default=10_000)
    options.add_argument("--peer-samples", type=int, default=400)
    options.add_argument("--zeros", action="store_true")
    args = options.parse_args()
    expression, sets = generate(args.samples, args.zeros)
    part = expression.iloc[: args.peer_samples]
    lists, transposed = {s.name: list(s.genes) for s in sets}, part.T.copy()
    transposed.columns = [f"P{i}" for i in range(len(part))]
    scale = args.samples / args.peer_samples
    cold = timed(lambda: ssgsea(part, sets))[0]
    own, python, gsva, spent = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.rounds):
            clock = time.process_time()
            own.append(timed(lambda: ssgsea(expression, sets))[0])
            between = time.process_time()
            seconds, answer = timed(lambda: gseapy.ssgsea(transposed, lists, **CALL))
            python.append(seconds * scale)
            spent.append((between - clock, (time.process_time() - between) * scale))
            if shutil.which("Rscript"):
                seconds, theirs = gsva_seconds(part, sets, folder)
                gsva.append(seconds * scale)
    memory = peak_above(lambda: ssgsea(expression, sets))
    ours = statistics.median(own)
    print(
        f"own, {args.samples:,} samples x {GENES:,} genes x {SETS} sets: {ours:.2f} s, {memory:.0f} MB above input"
    )
    print(
        f"   first call in this process, {len(part)} samples: {cold:.2f} s (compiled code from the disk cache if any)"
    )
    wide = answer.res2d.pivot(index="Name", columns="Term", values="ES").astype(float)
    mine = ssgsea(part, sets, normalise=False).scores
    paired = wide.loc[transposed.columns, mine.columns].to_numpy()
    correlation = np.corrcoef(paired.ravel(), mine.to_numpy().ravel())[0, 1]
    middle = statistics.median(python)
    print(
        f"gseapy: {middle:.0f} s (on {len(part)}, scaled), {middle / ours:.0f}x; correlation {correlation:.6f}"
    )
    ours_cpu, theirs_cpu = (statistics.median(pair[k] for pair in spent) for k in (0, 1))
    print(f"processor time: own {ours_cpu:.2f} s, gseapy {theirs_cpu:.0f} s, {theirs_cpu / ours_cpu:.0f}x")
    if not gsva:
        print("Rscript is not installed: no GSVA (apt install r-base-core r-bioc-gsva).")
        return
    middle = statistics.median(gsva)
    gap = np.abs(ssgsea(part, sets).scores.to_numpy() - theirs).max()
    print(
        f"R GSVA: {middle:.0f} s (on {len(part)}, scaled), {middle / ours:.0f}x; largest difference {gap:.1e}"
    )


if __name__ == "__main__":
    main()
