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
        while seconds_of(site, "/")[1] != 200:
            time.sleep(0.05)
        ready = time.perf_counter() - start
        asked = [f"/ask?q={question}" for question in QUESTIONS]
        # a question among every few pages, as people read
        order = [where for i, page in enumerate(PAGES) for where in (page, *asked[i : i + 1])]
        times = [(where, *seconds_of(site, where)) for where in order]
        figures = [
            f"/ask/{name}.svg?q={question}"
            for question in QUESTIONS[:4]
            for name in ("kaplan_meier", "forest")
        ]
        drawn = [(where, *seconds_of(site, where)) for where in figures]
    finally:
        server.terminate()
        server.wait(30)
    report(ready, times, drawn)


def seconds_of(site: str, where: str) -> tuple[float, int]:
    """Seconds until the whole answer is there, and its status; 0 while nobody listens."""
    path, _, query = where.partition("?")
    name, _, value = query.partition("=")
    asked = f"?{name}={urllib.parse.quote(value)}" if name else ""
    begun = time.perf_counter()
    try:
        with urllib.request.urlopen(f"{site}{path}{asked}", timeout=120) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as fault:
        fault.read()
        status = fault.code
    except urllib.error.URLError:
        status = 0
    return time.perf_counter() - begun, status


def report(ready: float, times: list[tuple[str, float, int]], drawn: list[tuple[str, float, int]]) -> None:
    """The table of the README, then every address that took long."""
    groups = {
        f"questions ({len(QUESTIONS)})": [s for where, s, _ in times if where.startswith("/ask?")],
        f"other pages ({len(PAGES)})": [s for where, s, _ in times if not where.startswith("/ask?")],
        f"all {len(times)}": [s for _, s, _ in times],
        f"figures of answers ({len(drawn)})": [s for _, s, _ in drawn],
    }
    print(
        f"ready after {ready:.1f} s (goal {READY:g})\n\n| what | median, s | p95, s | most, s |\n|---|---|---|---|"
    )
    for name, seconds in groups.items():
        print(
            f"| {name} | {quantile(seconds, 0.5):.2f} | {quantile(seconds, 0.95):.2f} | {max(seconds):.2f} |"
        )
    print(f"\ngoals: p95 under {MOST:g} s, everything under {EVERY:g} s")
    for where, seconds, status in sorted(times, key=lambda one: -one[1]):
        if seconds > 0.5 or status not in (200, 404):
            print(f"  {seconds:.2f} s  {status}  {where}")


def quantile(seconds: Iterable[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed."""
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, max(0, -(-int(1000 * share * len(ranked)) // 1000) - 1))]


if __name__ == "__main__":
    main()
