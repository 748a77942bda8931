"""Speed of the signature refit: python benchmarks/nnls/run.py [--rounds 5] [--samples 10000] [--signatures 65]

Peer: scipy.optimize.nnls sample by sample, in turn with ours in one process. `--cold` starts a fresh process with an
empty compile cache and times its first call.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from scipy.optimize import nnls

from analytics.signatures.nnls import solve_nnls


def generate(samples: int, signatures: int) -> tuple[np.ndarray, np.ndarray]:
    """Sparse profiles of 96 channels, one to five signatures per sample, Poisson counts of about 300 mutations."""
    rng = np.random.default_rng(3)
    profiles = rng.dirichlet(np.full(96, 0.3), signatures).T
    exposures = np.zeros((samples, signatures))
    for row in exposures:
        row[rng.choice(signatures, rng.integers(1, 6), replace=False)] = rng.exponential(100)
    return profiles, rng.poisson(exposures @ profiles.T + 0.05).astype(float)


def timed(function) -> tuple[tuple[float, float], np.ndarray]:
    """Seconds on the clock and of all threads' CPU, and the answer."""
    started, cpu = time.perf_counter(), time.process_time()
    answer = function()
    return (time.perf_counter() - started, time.process_time() - cpu), answer


def cold_call() -> float:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        command = [sys.executable, __file__, "--cold", "--samples", "10000"]
        return float(
            subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--samples", type=int, default=10_000)
    options.add_argument("--signatures", type=int, default=65)
    options.add_argument("--cold", action="store_true")
    args = options.parse_args()
    profiles, spectra = generate(args.samples, args.signatures)
    if args.cold:
        print(timed(lambda: solve_nnls(profiles, spectra))[0][0])
        return
    solve_nnls(profiles, spectra[:10], max_cosine_loss=0.004)
    times: dict[str, list[tuple[float, float]]] = {
        "own": [],
        "own, one thread": [],
        "own, sparse rule": [],
        "scipy": [],
    }
    for _ in range(args.rounds):
        seconds, ours = timed(lambda: solve_nnls(profiles, spectra))
        times["own"].append(seconds)
        times["own, one thread"].append(timed(lambda: solve_nnls(profiles, spectra, threads=1))[0])
        times["own, sparse rule"].append(
            timed(lambda: solve_nnls(profiles, spectra, max_cosine_loss=0.004))[0]
        )
        seconds, theirs = timed(lambda: np.array([nnls(profiles, row)[0] for row in spectra]))
        times["scipy"].append(seconds)
    middle = {
        name: tuple(statistics.median(column) for column in zip(*pairs, strict=True))
        for name, pairs in times.items()
    }
    print(
        f"{args.samples:,} samples x {args.signatures} signatures, {(ours > 0).sum(axis=1).mean():.0f} non-zero each"
    )
    clock, cpu = middle["scipy"]
    for name, (seconds, used) in middle.items():
        print(
            f"{name}: {seconds:.3f} s, scipy takes {clock / seconds:.1f}x; CPU {used:.3f} s, {cpu / used:.1f}x"
        )
    print(f"own, cold (compiling): {cold_call():.1f} s")
    print(f"largest difference of exposures: {np.abs(ours - theirs).max():.1e}")


if __name__ == "__main__":
    main()
