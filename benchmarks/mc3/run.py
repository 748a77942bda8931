"""Reading MC3 (2.1 million mutations, gzip) against pandas, in the same run and on the same file.

    ICB_MIRROR=<mirror> python benchmarks/mc3/run.py [--rounds 5] [--json out.json]

Each contender runs in a process of its own, in turn, round after round, so that noise on the machine falls on
all alike. The clock runs from the closed file to the finished table; imports and the first touch of a library
lie before it. Peak memory is the process's, imports included. Nothing is written.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ADDRESS = "https://api.gdc.cancer.gov/data/1c8cfe5f-e52d-41ba-94da-f15ea1337efc"
GOAL_RATIO, GOAL_GB = 2.5, 0.8


def read_with_pandas(path: Path) -> int:
    import pandas as pd

    return len(pd.read_csv(path, sep="\t", compression="gzip", low_memory=False))


def read_with_pandas_as_text(path: Path) -> int:
    import pandas as pd

    return len(pd.read_csv(path, sep="\t", compression="gzip", dtype=str))


def read_with_duckdb(path: Path) -> int:
    import duckdb

    query = "create table t as select * from read_csv(?, delim='\t', all_varchar=true, quote='', compression='gzip')"
    connection = duckdb.connect()
    connection.execute(query, [str(path)])
    row = connection.execute("select count(*) from t").fetchone()
    return int(row[0]) if row else 0


def read_with_ingestion(path: Path) -> int:
    from ingestion.catalog.columns import TableFormat
    from ingestion.reading.tables import read_table

    table = read_table(path, TableFormat(), str(path), fast=True)
    return int(table.frame.num_rows)


def parse_to_raw_table(path: Path) -> int:
    from ingestion.catalog.source_files import SourceFile
    from ingestion.parsing.mutation_tables import parse_mutations
    from ingestion.raw_rows import RawTables, SourceRef

    file = SourceFile.model_validate(
        {"id": "mutations", "address": ADDRESS, "kind": "mutations", "sample_id": "Tumor_Sample_Barcode"}
    )
    out = RawTables()
    parse_mutations(path, SourceRef("mc3", "mutations", ADDRESS), file, out)
    return int(out.tables(["mutations"])["mutations"].num_rows)


CONTENDERS: dict[str, Callable[[Path], int]] = {
    "pandas.read_csv": read_with_pandas,
    "pandas.read_csv, all text": read_with_pandas_as_text,
    "DuckDB read_csv, all text": read_with_duckdb,
    "ingestion.read_table (text, line numbers, checked)": read_with_ingestion,
    "ingestion.parse_mutations (the raw table)": parse_to_raw_table,
}


def _measure(name: str, path: Path, small: Path, pipe: Any) -> None:
    read = CONTENDERS[name]
    read(small)  # imports and first use
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    n_rows = read(path)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    pipe.send({"seconds": seconds, "cpu_seconds": cpu, "peak_gb": after.ru_maxrss / 1e6, "rows": n_rows})


def measure(name: str, path: Path, small: Path) -> dict[str, float]:
    """One contender in a fresh process: seconds, CPU seconds, peak gigabytes, rows."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(name, path, small, sender))
    process.start()
    sender.close()
    result: dict[str, float] = receiver.recv()
    process.join()
    return result


def small_copy(path: Path, folder: Path) -> Path:
    """The first 2,000 lines of the file, gzipped, to warm up on."""
    import gzip

    target = folder / "small.maf.gz"
    with gzip.open(path, "rb") as source, gzip.open(target, "wb") as sink:
        for _ in range(2000):
            sink.write(source.readline())
    return target


def main() -> int:
    """Run, print the table, and return 0 when the goal is reached."""
    import tempfile

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    mirror = os.environ.get("ICB_MIRROR")
    if not mirror:
        print("ICB_MIRROR is not set; point it to the mirror of the public files.", file=sys.stderr)
        return 2
    path = Path(mirror) / ADDRESS.removeprefix("https://")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        small = small_copy(path, Path(folder))
        for _ in range(options.rounds):
            for name in CONTENDERS:
                runs[name].append(measure(name, path, small))
    assert len({run["rows"] for found in runs.values() for run in found}) == 1, "row counts differ"
    base = statistics.median(run["seconds"] for run in runs["pandas.read_csv"])
    print(
        f"{platform.machine()}, {os.cpu_count()} CPUs, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'':52}{'median s':>9}{'best s':>8}{'CPU s':>8}{'peak GB':>9}{'x pandas':>10}")
    for name, found in runs.items():
        seconds = statistics.median(run["seconds"] for run in found)
        best, cpu = min(r["seconds"] for r in found), statistics.median(r["cpu_seconds"] for r in found)
        peak = max(run["peak_gb"] for run in found)
        print(f"{name:52}{seconds:9.2f}{best:8.2f}{cpu:8.2f}{peak:9.2f}{base / seconds:10.2f}")
    if options.json:
        options.json.write_text(json.dumps(runs, indent=1))
    ours = runs["ingestion.read_table (text, line numbers, checked)"]
    ratio = base / statistics.median(run["seconds"] for run in ours)
    peak = max(run["peak_gb"] for run in ours)
    print(f"goal {GOAL_RATIO}x at under {GOAL_GB} GB: {ratio:.2f}x at {peak:.2f} GB")
    return 0 if ratio >= GOAL_RATIO and peak < GOAL_GB else 1


if __name__ == "__main__":
    raise SystemExit(main())
