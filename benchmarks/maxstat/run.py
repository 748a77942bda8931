"""Speed of the maximally selected log-rank statistic: python benchmarks/maxstat/run.py [--rounds 5] [--people 1400]

10,000 conditional permutations. Peer: R's maxstat with pmethod "condMC" (apt install r-base-core r-cran-maxstat;
skipped with a message when absent). "Equal output" is statistic, cut and permutation p; the whole of
`select_cutpoint` also checks the frame, gives the profile and three further p-values.
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

from analytics.prediction.cutpoint import log_rank_scores, permutation_maxima, select_cutpoint
from analytics.prediction.model import checked_rows, sort_people

PERMUTATIONS = 10_000
PEER = """
suppressMessages({library(maxstat); library(survival)})
a <- commandArgs(TRUE); d <- read.csv(a[1])
started <- proc.time()
m <- maxstat.test(Surv(time_months, event) ~ marker, d, smethod = "LogRank", pmethod = "condMC", B = 10000)
spent <- proc.time() - started
cat(spent[["elapsed"]], m$statistic, m$p.value, m$estimate, spent[["user.self"]] + spent[["sys.self"]], "\n")
"""


def generate(people: int) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"marker": rng.normal(size=people)})
    death = rng.exponential(20 * np.exp(-0.25 * (frame["marker"] > 0.3)))
    censored = rng.uniform(2, 60, people)
    return frame.assign(time_months=np.minimum(death, censored), event=(death <= censored).astype(int))


def permutation_p(frame: pd.DataFrame) -> tuple[float, float]:
    """Statistic and permutation p, as maxstat gives them: from times, events and marker."""
    data, row = checked_rows(frame, ["marker"], "time_months", "event")
    people = sort_people(data.frame[["marker"]].to_numpy(), data, row)
    score = log_rank_scores(people)[np.argsort(people.x[:, 0], kind="stable")]
    n = people.n
    sizes = np.arange(max(1, int(0.1 * n)), int(0.9 * n) + 1)
    sd = np.sqrt(sizes * (n - sizes) / n * score.var(ddof=1))
    statistic = np.abs((np.cumsum(score)[sizes - 1] - sizes * score.mean()) / sd).max()
    drawn = permutation_maxima(score, sizes, n_permutations=PERMUTATIONS, seed=1)
    return float(statistic), float((1 + (drawn >= statistic).sum()) / (1 + PERMUTATIONS))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--people", type=int, default=1400)
    args = options.parse_args()
    frame = generate(args.people)
    select_cutpoint(frame, "marker", estimated_on="benchmark", n_permutations=1000)
    permutation_p(frame)
    own, equal, peer, cpu, peer_cpu, answer = [], [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        data, script = os.path.join(folder, "d.csv"), os.path.join(folder, "peer.R")
        frame.to_csv(data, index=False)
        Path(script).write_text(PEER)
        for _ in range(args.rounds):
            started = time.perf_counter()
            cut = select_cutpoint(
                frame, "marker", estimated_on="benchmark", n_permutations=PERMUTATIONS
            ).cutpoint
            own.append(time.perf_counter() - started)
            started, spent = time.perf_counter(), time.process_time()
            permutation_p(frame)
            equal.append(time.perf_counter() - started)
            cpu.append(time.process_time() - spent)
            if shutil.which("Rscript"):
                run = subprocess.run(["Rscript", script, data], capture_output=True, text=True, check=True)
                answer = [float(word) for word in run.stdout.split()]
                peer.append(answer[0])
                peer_cpu.append(answer[4])
    ours, same = statistics.median(own), statistics.median(equal)
    print(f"{args.people} people, {cut.n_candidates} cuts, {PERMUTATIONS:,} permutations")
    print(f"own, equal output: {same:.3f} s; own, all of select_cutpoint: {ours:.3f} s")
    if not peer:
        print("Rscript is not installed: no peer (apt install r-base-core r-cran-maxstat).")
        return
    theirs = statistics.median(peer)
    print(
        f"R maxstat condMC: {theirs:.2f} s, {theirs / same:.0f}x at equal output, {theirs / ours:.0f}x for all"
    )
    both = statistics.median(cpu), statistics.median(peer_cpu)
    print(f"processor time at equal output: own {both[0]:.3f} s, R {both[1]:.2f} s, {both[1] / both[0]:.0f}x")
    print(f"statistic {cut.statistic:.6f} / {answer[1]:.6f}, p {cut.p_corrected:.4f} / {answer[2]:.4f}")


if __name__ == "__main__":
    main()
