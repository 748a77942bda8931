"""The whole graph on the mirror: from an empty data folder, with nothing changed, with one analysis changed, with one
cohort of sixty patients more. Seconds, processor seconds and peak memory; each is a process of ``icb run``.

Example: ICB_MIRROR=../shared/mirror python benchmarks/graph/run.py [--keep DATA]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parents[2]
#: Seconds that the four may take.
GOALS = {"from nothing": 120, "nothing changed": 3, "one analysis changed": 20, "one small cohort added": 45}
_COHORT = """\
cohort_id: bench_2026
title: SYNTHETIC sixty patients of a benchmark
citation: SYNTHETIC
licence: CC0-1.0
is_icb: true
is_synthetic: true
precedence: 900
assay: {name: none, kind: none}
endpoints:
  OS: {origin: icb_start, evidence: planted}
files:
  - id: clinical
    address: file:bench.csv
    kind: clinical
    format: {delimiter: ","}
    patient_id: patient
    columns:
      months: {attribute: OS_TIME, unit: months}
      dead: {attribute: OS_STATUS, words: {"1": event, "0": censored}}
"""
_ANALYSIS = """\
analysis_id: bench_alk
title: ALK in TCGA, again and again
question: What does it cost to change a question?
biomarker: ALK
cohorts: [tcga_pancan]
icb_only: false
registered_on: "2026-11-30"
variants:
  default:
    description: One way.
    strata: [cancer_type]
    covariates: [sex]
    estimators: [kaplan_meier, log_rank, cox_univariable, cox_adjusted]
"""


def main() -> None:
    """Print a line a situation; without ``--keep`` the data folder is removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="data folder to make and leave; it must not exist")
    asked = parser.parse_args()
    if not os.environ.get("ICB_MIRROR"):
        sys.exit("Set ICB_MIRROR to the folder of the public files.")
    with tempfile.TemporaryDirectory() as folder:
        data, own = asked.keep or Path(folder) / "data", Path(folder) / "own"
        analysis = own / "analyses" / "bench_alk.yaml"
        cohort = own / "cohorts" / "bench_2026.yaml"
        for path in (analysis, cohort, own / "files" / "bench.csv"):
            path.parent.mkdir(parents=True)
        analysis.write_text(_ANALYSIS, encoding="utf-8")
        rows = [f"B{i},{1 + i % 37},{i % 3 // 2}" for i in range(60)]
        (own / "files" / "bench.csv").write_text("\n".join(["patient,months,dead", *rows]) + "\n", "utf-8")

        def nothing() -> None:
            pass

        def analysis_changed() -> None:
            analysis.write_text(_ANALYSIS.replace("[sex]", "[age_years, sex]"), encoding="utf-8")

        def cohort_added() -> None:
            cohort.write_text(_COHORT, encoding="utf-8")

        changes: tuple[Callable[[], None], ...] = (nothing, nothing, analysis_changed, cohort_added)
        for (label, goal), change in zip(GOALS.items(), changes, strict=True):
            change()
            wall, cpu, gigabytes = measured(data, own)
            print(
                f"{label}: {wall:.1f} s (goal {goal}), {cpu:.0f} s of processor, peak {gigabytes:.1f} GB",
                flush=True,
            )


def measured(data: Path, own: Path) -> tuple[float, float, float]:
    """Wall and processor seconds and peak resident gigabytes of one ``icb run`` with its child processes."""
    environment = os.environ | {
        "ICB_DATA": str(data),
        "ICB_CATALOG": os.pathsep.join(("public", str(own))),
        "DAGSTER_HOME": str(data / "dagster"),
        "PYTHONPATH": str(PROJECT),
    }
    before, started, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), 0
    command = [sys.executable, "-m", "interfaces.cli.main", "run"]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            root = psutil.Process(process.pid)
            family = [root, *root.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in family))
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"icb run ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu, peak / 1e9


if __name__ == "__main__":
    main()
