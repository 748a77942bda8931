"""Every report of the catalogue, and one gene's dossier, from a published file: seconds, megabytes.

Example: ICB_DATA=data python benchmarks/reports/run.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from warehouse.reports.documents import load_reports
from warehouse.settings import Settings

ICB = (sys.executable, "-m", "interfaces.cli.main")


def measured(arguments: list[str], document: Path) -> tuple[float, float]:
    """Wall seconds of one command, from its start to its end, and megabytes of what it wrote."""
    started = time.monotonic()
    subprocess.run([*ICB, *arguments, "--output", str(document)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started, document.stat().st_size / 1e6


def main() -> None:
    specs = load_reports(Settings.from_environment().catalogs).values()
    total = 0.0
    print("| what | seconds | MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for spec in specs:
            seconds, size = measured(["report", spec.report_id], Path(folder) / f"{spec.report_id}.html")
            total += seconds
            print(f"| `icb report {spec.report_id}` | {seconds:.1f} | {size:.1f} |")
        print(f"| the {len(specs)} reports | {total:.1f} | |")
        seconds, size = measured(["ask", "TP53", "--report"], Path(folder) / "gene.html")
        print(f"| `icb ask TP53 --report` | {seconds:.1f} | {size:.1f} |")


if __name__ == "__main__":
    main()
