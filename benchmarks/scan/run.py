"""Speed of the gene scan beside its peers, in turn, in one run.

PYTHONPATH=. python benchmarks/scan/run.py [--rounds 5] [--quick]

Peers: R's survival (apt install r-base-core r-cran-survival; skipped with a message when absent), statsmodels, and
the scan's own log-rank test as one DuckDB query. A peer that is slow per gene runs on evenly chosen genes and is
scaled up; the table says on how many. Ratios are of medians over the rounds, of wall-clock and of CPU time: the
second hardly moves when the machine is busy with something else, and ours has two threads to the peers' one.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from generate import Cohort, generate
from statsmodels.duration.survfunc import survdiff

from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.lanes.carriers import carriers_in_rows
from analytics.engine.lanes.log_rank import log_rank, log_rank_terms
from analytics.engine.lanes.null_model import fit_null_model
from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData
from analytics.scan.models.cox import fit_cox
from analytics.scan.models.survival import Group, null_block
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival

HERE = Path(__file__).parent
N_PATIENTS, N_GENES = 3_000, 18_000
AS_PEERS = ScanSettings(
    min_carriers=1, firth_below_events=1, firth_intervals=False
)  # maximum likelihood throughout
DEFAULT = ScanSettings()


@dataclass
class Contender:
    """What is timed: `run` returns how many genes it did and the CPU seconds it took elsewhere (0: in this process).
    Seconds are scaled to `full` genes."""

    name: str
    run: Callable[[], tuple[int, float]]
    full: int
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    done: int = 0

    def time_once(self) -> None:
        start, cpu_start = time.perf_counter(), time.process_time()
        self.done, elsewhere = self.run()
        scale = self.full / self.done
        self.seconds.append((time.perf_counter() - start) * scale)
        self.cpu_seconds.append((elsewhere or time.process_time() - cpu_start) * scale)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def cpu_median(self) -> float:
        return statistics.median(self.cpu_seconds)


class RPeer:
    """peers.R as a process that times itself; start() is None where there is no R."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    @classmethod
    def start(cls, cohort: Cohort, folder: Path) -> "RPeer | None":
        command = ["Rscript", "-e", "library(survival)"]
        try:
            if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                raise FileNotFoundError("survival")
        except FileNotFoundError:
            print(
                "R with survival is absent: its rows are skipped (apt install r-base-core r-cran-survival)."
            )
            return None
        cohort.table.to_csv(folder / "patients.csv", index=False)
        cohort.carrier_table.to_csv(folder / "carriers.csv", index=False)
        process = subprocess.Popen(
            ["Rscript", str(HERE / "peers.R"), str(folder / "patients.csv"), str(folder / "carriers.csv")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        peer = cls(process)
        peer._read()
        return peer

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def _ask(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def contender(self, work: str, genes: int) -> Contender:
        def run() -> tuple[int, float]:
            self._ask(f"{work} {genes}")
            cpu, done = self._read().split()
            return int(done), float(cpu)

        return Contender(f"R {work}", run, N_GENES)

    def answers(self, genes: list[int]) -> np.ndarray:
        """Coefficient and standard error of some genes (from 0), shape (len(genes), 2)."""
        self._ask("answers " + " ".join(str(g + 1) for g in genes))
        return np.asarray([[float(word) for word in self._read().split()] for _ in genes])

    def stop(self) -> None:
        self._ask("quit")
        self.process.wait()


def adjusted(
    frame: PatientFrame, genes: GeneData, settings: ScanSettings, with_covariates: bool = True
) -> pd.DataFrame:
    """From the checked input to the table of one Cox model per gene."""
    table = build_risk_table(frame, frame.is_evaluable)
    carriers = carriers_in_rows(table, genes, np.arange(genes.n_genes), frame.event, settings.n_threads)
    width = frame.covariates.shape[1] if with_covariates else 0
    null = fit_null_model(table, frame.covariates[:, :width], frame.covariate_names[:width])
    eligible = (carriers.n_carriers > 0) & (carriers.n_carriers < table.n_patients)
    return fit_cox(table, null, carriers, eligible, settings)


def own_log_rank(frame: PatientFrame, genes: GeneData) -> np.ndarray:
    table = build_risk_table(frame, frame.is_evaluable)
    carriers = carriers_in_rows(table, genes, np.arange(genes.n_genes), frame.event, 2)
    return log_rank(table, log_rank_terms(table), carriers, 2).chi2


def duckdb_connection(cohort: Cohort) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set threads to 2")
    patients = cohort.table.reset_index(names="patient")
    carriers = cohort.carrier_table
    connection.register("patient_frame", patients)
    connection.register("carrier_frame", carriers)
    connection.execute(
        "create table patients as select patient, time_months, event, stratum from patient_frame"
    )
    connection.execute("create table carriers as select gene, patient from carrier_frame")
    return connection


def statsmodels_log_rank(cohort: Cohort, n_genes: int) -> tuple[int, float]:
    for g in np.linspace(0, cohort.genes.n_genes - 1, n_genes).astype(int):
        x = np.zeros(len(cohort.table), dtype=int)
        x[cohort.genes.carriers(g)] = 1
        survdiff(cohort.table["time_months"], cohort.table["event"], x, strata=cohort.table["stratum"])
    return n_genes, 0.0


def draw_burden_null(cohort: Cohort, n_genes: int) -> tuple[int, float]:
    everyone = np.ones(cohort.frame.n_patients, dtype=np.bool_)
    null_block(Group(cohort.frame, cohort.genes, np.arange(n_genes), everyone, DEFAULT))
    return n_genes, 0.0


def contenders(cohort: Cohort, peer: RPeer | None, quick: bool) -> dict[str, list[Contender]]:
    """By piece of work: ours first, then the peers."""
    frame, genes = cohort.frame, cohort.genes
    connection, query = duckdb_connection(cohort), (HERE / "logrank.sql").read_text(encoding="utf-8")
    few = 4 if quick else 1

    def ours(name: str, work: Callable[[], object], full: int = N_GENES) -> Contender:
        return Contender(name, lambda: (work(), (full, 0.0))[1], full)

    single = replace(AS_PEERS, n_threads=1)
    groups = {
        "Cox, adjusted, stratified": [
            ours("scan, 2 threads", lambda: adjusted(frame, genes, AS_PEERS)),
            ours("scan, 1 thread", lambda: adjusted(frame, genes, single)),
            ours(
                "scan as users get it (Firth below 5 events, intervals)",
                lambda: adjusted(frame, genes, DEFAULT),
            ),
        ],
        "Cox, univariable": [ours("scan, 2 threads", lambda: adjusted(frame, genes, AS_PEERS, False))],
        "log-rank, stratified": [
            ours("one DuckDB query, 2 threads", lambda: connection.execute(query).fetchnumpy()),
            ours("scan, 2 threads", lambda: own_log_rank(frame, genes)),
            Contender("statsmodels survdiff", lambda: statsmodels_log_rank(cohort, 200 // few), N_GENES),
        ],
        "burden null, B = 5,000": [
            Contender("500 genes", lambda: draw_burden_null(cohort, 500), 500),
            Contender("18,000 genes", lambda: draw_burden_null(cohort, N_GENES), N_GENES),
        ],
        "everything": [ours("scan_survival, every block", lambda: scan_survival(frame, genes, DEFAULT))],
    }
    if peer is not None:
        groups["Cox, adjusted, stratified"] += [
            peer.contender("coxph.fit", 400 // few),
            peer.contender("coxph", 60 // few),
        ]
        groups["Cox, univariable"].append(peer.contender("coxph.fit.univariable", 600 // few))
        groups["log-rank, stratified"].append(peer.contender("survdiff", 200 // few))
    return groups


def check_answers(cohort: Cohort, peer: RPeer | None) -> None:
    """The contenders must agree before their times mean anything."""
    fitted = adjusted(cohort.frame, cohort.genes, AS_PEERS)
    chi2 = own_log_rank(cohort.frame, cohort.genes)
    query = (HERE / "logrank.sql").read_text(encoding="utf-8")
    answer = duckdb_connection(cohort).execute(query).fetchnumpy()
    in_sql = np.full(len(chi2), np.nan)
    in_sql[answer["gene"]] = np.ma.filled(np.ma.asarray(answer["chi2"], dtype=float), np.nan)
    worst = np.nanmax(np.abs(in_sql - chi2))
    print(
        f"log-rank: DuckDB and the scan differ by at most {worst:.1e} in chi-square over {len(chi2):,} genes"
    )
    assert worst < 1e-8
    if peer is not None:
        many = np.flatnonzero(cohort.genes.start[1:] - cohort.genes.start[:-1] > 20)[
            :: max(1, N_GENES // 50)
        ].tolist()
        theirs = peer.answers(many)
        ours = fitted.loc[many, ["coef", "se"]].to_numpy()
        worst = np.abs(ours - theirs).max(axis=0)
        print(
            f"Cox: R (default limits) and the scan differ by at most {worst[0]:.1e} (coef), {worst[1]:.1e} (SE)"
        )
        assert worst[0] < 1e-5


def report(groups: dict[str, list[Contender]]) -> None:
    print(
        "\n| work | contender | genes run | s, median | s, best | CPU s, median | ours faster by | by CPU time |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for work, members in groups.items():
        ours = members[0]
        for contender in members:
            is_peer = contender.name.startswith(("R ", "statsmodels"))
            ratio = f"{contender.median / ours.median:.0f}x" if is_peer else ""
            cpu_ratio = f"{contender.cpu_median / ours.cpu_median:.0f}x" if is_peer else ""
            print(
                f"| {work} | {contender.name} | {contender.done:,} | {contender.median:.3f} | "
                f"{min(contender.seconds):.3f} | {contender.cpu_median:.3f} | {ratio} | {cpu_ratio} |"
            )


def growth(n_genes: int = 1_000, rounds: int = 3) -> None:
    """Time against patients at 1x, 4x, 16x, and the exponent between the ends."""
    print("\n| patients | adjusted Cox s | log-rank s |\n|---|---|---|")
    seconds = []
    for n in (N_PATIENTS, 4 * N_PATIENTS, 16 * N_PATIENTS):
        cohort = generate(n, n_genes)
        best = [np.inf, np.inf]
        for _ in range(rounds):
            for k, work in enumerate(
                (
                    lambda c=cohort: adjusted(c.frame, c.genes, AS_PEERS),
                    lambda c=cohort: own_log_rank(c.frame, c.genes),
                )
            ):
                start = time.perf_counter()
                work()
                best[k] = min(best[k], time.perf_counter() - start)
        seconds.append(best)
        print(f"| {n:,} | {best[0]:.3f} | {best[1]:.4f} |")
    exponent = np.log(np.asarray(seconds[-1]) / np.asarray(seconds[0])) / np.log(16)
    print(
        f"\nexponent over 16x patients ({n_genes:,} genes): adjusted Cox {exponent[0]:.2f}, log-rank {exponent[1]:.2f}"
    )


def child(task: str) -> None:
    """Work that needs a process of its own: cold start, and memory."""
    if task == "cold":
        cohort = generate(N_PATIENTS, N_GENES)
        for label in ("first call", "second call"):
            start = time.perf_counter()
            adjusted(cohort.frame, cohort.genes, AS_PEERS)
            print(f"{label} {time.perf_counter() - start:.2f} s;", end=" ")
        print()
    else:
        cohort = generate(11_000, N_GENES)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if task == "memory-cox":
            adjusted(cohort.frame, cohort.genes, AS_PEERS)
        else:
            scan_survival(cohort.frame, cohort.genes, DEFAULT)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak {after:.0f} MB ({before:.0f} MB of it the libraries and the generated input)")


def in_child(task: str, **environment: str) -> str:
    command = [sys.executable, __file__, "--child", task]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | environment
    )
    return done.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--decimals", type=int, default=1, help="decimals of the survival months: 1 or 0")
    parser.add_argument(
        "--quick", action="store_true", help="fewer genes for the peers, no cold start, growth, memory"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child)
        return
    cohort = generate(N_PATIENTS, N_GENES, decimals=arguments.decimals)
    print(
        f"{N_GENES:,} genes, {N_PATIENTS:,} patients, {int(cohort.frame.event.sum()):,} events, "
        f"{len(cohort.genes.patient):,} carriers in all, months with {arguments.decimals} decimals; "
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as folder:
        peer = RPeer.start(cohort, Path(folder))
        check_answers(cohort, peer)
        groups = contenders(cohort, peer, arguments.quick)
        for number in range(arguments.rounds):
            for members in groups.values():
                for contender in members:
                    contender.time_once()
            print(
                f"round {number + 1} of {arguments.rounds} done, load {os.getloadavg()[0]:.1f}",
                file=sys.stderr,
            )
        report(groups)
        if peer is not None:
            peer.stop()
    if not arguments.quick:
        with tempfile.TemporaryDirectory() as cache:
            print("\ncold, adjusted Cox, empty cache:", in_child("cold", NUMBA_CACHE_DIR=cache))
            print("cold, adjusted Cox, compiled code on disk:", in_child("cold", NUMBA_CACHE_DIR=cache))
        growth()
        print("\nmemory, 11,000 patients, adjusted Cox of 18,000 genes:", in_child("memory-cox"))
        print("memory, 11,000 patients, scan_survival of 18,000 genes:", in_child("memory-all"))


if __name__ == "__main__":
    main()
