"""Speed of optimism by bootstrap: python benchmarks/bootstrap/run.py [--rounds 3] [--people 500] [--resamples 1000]

Optimism of C-index and calibration slope. Peers: lifelines fitted and scored in a loop on the same resamples (scaled
up from 40), and R's rms::validate (apt install r-base-core r-cran-rms; skipped with a message when absent), which
gives five more indices of the same fits. Equal output is checked on those 40 resamples.
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
from lifelines import CoxPHFitter
from lifelines.utils import concordance_index

from analytics.prediction.validation import bootstrap_optimism

PEER_RESAMPLES = 40
PEER = """
suppressMessages(library(rms))
a <- commandArgs(TRUE); d <- read.csv(a[1])
f <- cph(Surv(time_months, event) ~ age + sex + stage + tmb + mutated + line, d, x = TRUE, y = TRUE)
started <- proc.time()[["elapsed"]]
v <- rms::validate(f, B = as.integer(a[2]))
cat("\n", proc.time()[["elapsed"]] - started)
"""
NAMES = ["age", "sex", "stage", "tmb", "mutated", "line"]


def generate(people: int) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "age": rng.normal(62, 10, people).round(),
            "sex": rng.integers(0, 2, people),
            "stage": rng.integers(0, 3, people),
            "tmb": np.log2(rng.lognormal(1.5, 1, people) + 1),
            "mutated": (rng.random(people) < 0.12).astype(int),
            "line": rng.integers(0, 2, people),
        }
    )
    risk = 0.015 * (frame["age"] - 62) + 0.3 * frame["stage"] - 0.25 * frame["tmb"] - 0.4 * frame["mutated"]
    death, censored = rng.exponential(24 * np.exp(-risk)), rng.uniform(3, 60, people)
    return frame.assign(
        time_months=np.maximum(np.minimum(death, censored).round(1), 0.1),
        event=(death <= censored).astype(int),
    )


def lifelines_optimism(frame: pd.DataFrame, resamples: np.ndarray) -> tuple[float, float]:
    """Mean optimism of C and of the slope, as people write it."""
    c, slope = [], []
    for rows in resamples:
        sample = frame.iloc[rows].reset_index(drop=True)
        model = CoxPHFitter().fit(sample, "time_months", "event")
        train, test = model.predict_log_partial_hazard(sample), model.predict_log_partial_hazard(frame)
        c.append(
            concordance_index(sample["time_months"], -train, sample["event"])
            - concordance_index(frame["time_months"], -test, frame["event"])
        )
        refit = frame[["time_months", "event"]].assign(lp=test)
        slope.append(1 - CoxPHFitter().fit(refit, "time_months", "event").params_["lp"])
    return float(np.mean(c)), float(np.mean(slope))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--people", type=int, default=500)
    options.add_argument("--resamples", type=int, default=1000)
    args = options.parse_args()
    frame = generate(args.people)
    resamples = np.random.default_rng(1).integers(0, args.people, (args.resamples, args.people))
    few = resamples[:PEER_RESAMPLES]
    bootstrap_optimism(frame, NAMES, resamples=few)
    own, equal, peer, rms = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        data, script = os.path.join(folder, "d.csv"), os.path.join(folder, "peer.R")
        frame.to_csv(data, index=False)
        Path(script).write_text(PEER)
        for _ in range(args.rounds):
            started = time.perf_counter()
            bootstrap_optimism(frame, NAMES, resamples=resamples)
            own.append(time.perf_counter() - started)
            started = time.perf_counter()
            bootstrap_optimism(frame, NAMES, resamples=resamples, horizons_months=())
            equal.append(time.perf_counter() - started)
            started = time.perf_counter()
            theirs = lifelines_optimism(frame, few)
            peer.append((time.perf_counter() - started) * args.resamples / PEER_RESAMPLES)
            if shutil.which("Rscript"):
                command = ["Rscript", script, data, str(args.resamples)]
                run = subprocess.run(command, capture_output=True, text=True, check=True)
                rms.append(float(run.stdout.split()[-1]))
    ours, same = statistics.median(own), statistics.median(equal)
    print(f"{args.people} people, {len(NAMES)} covariates, {args.resamples} resamples")
    print(f"own, C and slope: {same:.3f} s; own, with two Brier scores: {ours:.3f} s")
    print(
        f"lifelines: {statistics.median(peer):.1f} s (from {PEER_RESAMPLES}), {statistics.median(peer) / same:.0f}x"
    )
    if rms:
        print(f"R rms::validate: {statistics.median(rms):.1f} s, {statistics.median(rms) / same:.0f}x")
    else:
        print("Rscript is not installed: no rms (apt install r-base-core r-cran-rms).")
    table = bootstrap_optimism(frame, NAMES, resamples=few).table.set_index("index")["optimism"]
    print(
        f"difference of optimism from lifelines on {PEER_RESAMPLES} resamples: "
        f"C {abs(table['c_index'] - theirs[0]):.1e}, slope {abs(table['calibration_slope'] - theirs[1]):.1e}"
    )


if __name__ == "__main__":
    main()
