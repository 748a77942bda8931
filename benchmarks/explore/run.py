"""Fifty mixed addresses of the explorer, each asked once of a server that has just started, as a reader would.

    ICB_DATA=<folder with a published version> python benchmarks/explore/run.py

Questions are all different, so that none is answered from what was kept; a page's figures are asked for after it, as a
browser does. The figures of `README.md` are of the public cohorts.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

#: Goals, in seconds: ready; 95 of 100 headlines and tables; everything.
READY, MOST, EVERY = 5.0, 1.0, 2.0
QUESTIONS = (
    "STK11", "KEAP1; endpoint PFS", "TP53; where cancer_type=Melanoma", "PBRM1; endpoint orr", "ALK", "IGF1R",
    "STK11:truncating & KRAS:G12C", "any(ARID1A, SMARCA4, PBRM1)", "TMB per doubling", "TMB >= 10",
    "TMB top 20% within cohort", "KRAS; adjust sex", "BRCA2; landmark 3", "B2M; endpoint PFS", "JAK1",
    "PTEN; endpoint dcr",    "EGFR; where cancer_type=Non-Small Cell Lung Cancer", "TERT; cohort tmb_mskcc_2018",
)  # fmt: skip
PAGES = (
    "/", "/?q=alk", "/?q=melanoma", "/?q=stk", "/ask", "/gene/ALK", "/gene/TP53", "/gene/STK11", "/gene/NOTCH4",
    "/gene/ALKK", "/cohorts", "/cohorts?cancer_type=Melanoma", "/cohort/tmb_mskcc_2018", "/cohort/oak_2018",
    "/cohort/riaz_2017", "/claims", "/claims?page=2", "/claim/A6", "/scans", "/scan/msk_pan_cancer_os",
    "/scan/melanoma_exomes_os", "/scan/melanoma_exomes_os?page=50", "/scan/melanoma_exomes_os?gene=FLNC",
    "/statistics?q=alk", "/statistics?analysis=alk_pooled", "/tables", "/table/marts.mutations",
    "/table/stats.survival_stats",
    "/sql?query=select status, count(*) as n from marts.gene_status('ALK') group by status",
    "/versions", "/diff", "/reports",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One address: wall seconds until the whole answer is there, CPU seconds of the server meanwhile, status."""

    where: str
    wall: float
    cpu: float
    status: int


def main() -> None:
    """Start a server, ask, print a table."""
    start = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli.main", "explore", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        site = server.stdout.readline().split()[0].rstrip("/")
        process = psutil.Process(server.pid)
        while asked_for(site, "/", process).status != 200:
            time.sleep(0.05)
        ready, cpu = time.perf_counter() - start, cpu_of(process)
        time.sleep(10)  # statistics are loaded meanwhile, as while somebody reads the first page
        questions = [f"/ask?q={question}" for question in QUESTIONS]
        # a question among every few pages, as people read
        order = [where for i, page in enumerate(PAGES) for where in (page, *questions[i : i + 1])]
        found = [asked_for(site, where, process) for where in order]
        figures = [f"/ask/{name}.svg?q={one}" for one in QUESTIONS[:4] for name in ("kaplan_meier", "forest")]
        drawn = [asked_for(site, where, process) for where in figures]
    finally:
        server.terminate()
        server.wait(30)
    print(f"ready after {ready:.1f} s ({cpu:.1f} s of CPU; goal {READY:g})\n")
    report(found, drawn)


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds of a process until now."""
    times = process.cpu_times()
    return float(times.user + times.system)


def asked_for(site: str, where: str, process: psutil.Process) -> Asked:
    """Ask for an address; status 0 while nobody listens."""
    path, _, query = where.partition("?")
    name, _, value = query.partition("=")
    asked = f"?{name}={urllib.parse.quote(value)}" if name else ""
    begun, before = time.perf_counter(), cpu_of(process)
    try:
        with urllib.request.urlopen(f"{site}{path}{asked}", timeout=120) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as fault:
        fault.read()
        status = fault.code
    except urllib.error.URLError:
        status = 0
    return Asked(where, time.perf_counter() - begun, cpu_of(process) - before, status)


def report(found: list[Asked], drawn: list[Asked]) -> None:
    """The table of the README, then every address that took long."""
    is_question = [one.where.startswith("/ask?") for one in found]
    groups = {
        f"questions ({len(QUESTIONS)})": [one for one, asks in zip(found, is_question, strict=True) if asks],
        f"other pages ({len(PAGES)})": [
            one for one, asks in zip(found, is_question, strict=True) if not asks
        ],
        f"all {len(found)}": found,
        f"figures of answers ({len(drawn)})": drawn,
    }
    print("| what | CPU: median | p95 | most | wall: median | p95 | most |\n|---|---|---|---|---|---|---|")
    for name, group in groups.items():
        cells = [
            f"{value:.2f}"
            for seconds in ([one.cpu for one in group], [one.wall for one in group])
            for value in (quantile(seconds, 0.5), quantile(seconds, 0.95), max(seconds))
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\ngoals on two quiet cores: p95 under {MOST:g} s, everything under {EVERY:g} s")
    for one in sorted(found, key=lambda one: -one.cpu):
        if one.cpu > 0.5 or one.status not in (200, 404):
            print(f"  {one.cpu:.2f} s CPU, {one.wall:.2f} s  {one.status}  {one.where}")


def quantile(seconds: Iterable[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed."""
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, max(0, -(-int(1000 * share * len(ranked)) // 1000) - 1))]


if __name__ == "__main__":
    main()
