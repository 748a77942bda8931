"""How the time and the memory of the tables grow with their raw rows, on DuckDB and on Spark, on one machine.

The raw tables of a build file are repeated under other cohorts, patients, samples and files (at other positions, too,
or every copy would be found to be the same people by their calls), and dbt builds seeds and models of them on each
engine: no tests, one engine at a time. For each: wall seconds, peak memory of the process and its children, bytes
spilled to disk.

    python -m benchmarks.spark.run data/build_demo/icb.duckdb --copies 1 4 16 --output scale.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path

import duckdb
import psutil

from warehouse.build.dbt_results import DBT
from warehouse.build.spark import require_spark, spark_environment, write_raw
from warehouse.settings import PROJECT

#: Columns that say whose a row is: a copy has others.
IDENTIFIERS = ("cohort_id", "patient_id", "sample_id", "sample_raw", "source_file_id")
POSITIONS = ("start_position", "end_position")
#: How often memory and temporary files are looked at, in seconds.
LOOK_S = 0.2


@dataclass(frozen=True)
class Measured:
    engine: str
    copies: int
    raw_rows: int
    seconds: float
    peak_mb: float
    spilled_mb: float


def repeat_raw(source: Path, file: Path, copies: int) -> int:
    """Write a build file with the raw tables of another, repeated; gives their rows."""
    rows = 0
    with duckdb.connect(str(file)) as con:
        con.execute(f"attach '{source}' as given (read_only)")
        con.execute("create schema raw")
        tables = con.execute(
            "select table_name from duckdb_tables() where database_name = 'given' and schema_name = 'raw'"
        ).fetchall()
        for (table,) in tables:
            described = con.execute(f'describe given.raw."{table}"').fetchall()
            columns = [row[0] for row in described]
            con.execute(f'create table raw."{table}" as select * from given.raw."{table}"')
            for copy in range(1, copies if "cohort_id" in columns or "source_file_id" in columns else 1):
                chosen = ", ".join(_in_copy(column, copy, table) for column in columns)
                con.execute(f'insert into raw."{table}" select {chosen} from given.raw."{table}"')
            counted = con.execute(f'select count(*) from raw."{table}"').fetchone()
            rows += int(counted[0]) if counted else 0
    return rows


def _in_copy(column: str, copy: int, table: str) -> str:
    if column in IDENTIFIERS:
        return f"\"{column}\" || '_{copy}'"
    if column in POSITIONS and table == "mutations":
        return f'coalesce(cast(try_cast("{column}" as bigint) + {13 * copy} as varchar), "{column}")'
    return f'"{column}"'


def measure(source: Path, copies: int, engine: str, folder: Path) -> Measured:
    """Build the repeated tables on one engine in an empty folder."""
    file, spark, events = folder / "icb.duckdb", folder / "spark", folder / "events"
    rows = repeat_raw(source, file, copies)
    environment = {"ICB_BUILD_FILE": str(file), "DO_NOT_TRACK": "1", "ICB_DBT_TARGET": engine}
    if engine == "spark":
        with duckdb.connect(str(file)) as con:
            write_raw(con, spark)
        events.mkdir()
        (folder / "spark-defaults.conf").write_text(
            f"spark.eventLog.enabled true\nspark.eventLog.dir file://{events}\nspark.eventLog.rolling.enabled false\n"
            "spark.eventLog.compress false\n"
        )
        environment |= spark_environment(spark) | {"SPARK_CONF_DIR": str(folder)}
    project = str(PROJECT / "dbt_project")
    command = [
        str(DBT), "--quiet", "build", "--full-refresh", "--exclude-resource-type", "unit_test",
        "--exclude-resource-type", "test", "--project-dir", project, "--profiles-dir", project,
        "--target-path", str(folder / "target"), "--log-path", str(folder),
    ]  # fmt: skip
    began = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | environment, cwd=folder)
    with watched(process.pid, lambda: _bytes_in(folder / "icb.duckdb.tmp")) as peaks:
        code = process.wait()
    if code != 0:
        raise SystemExit(f"dbt failed on {engine} with {copies} copies: {folder / 'dbt.log'}")
    seconds = time.monotonic() - began
    spilled = _spilled_by_spark(events) if engine == "spark" else peaks["temporary"]
    return Measured(
        engine, copies, rows, round(seconds, 1), round(peaks["memory"] / 1e6), round(spilled / 1e6, 1)
    )


@contextmanager
def watched(pid: int, temporary: Callable[[], int]) -> Iterator[dict[str, float]]:
    """Peaks, in bytes, of the memory of a process with its children and of a folder, while the block runs."""
    peaks = {"memory": 0.0, "temporary": 0.0}
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_S):
            try:
                parent = psutil.Process(pid)
                held = sum(one.memory_info().rss for one in [parent, *parent.children(recursive=True)])
            except psutil.NoSuchProcess:
                continue
            peaks["memory"] = max(peaks["memory"], held)
            peaks["temporary"] = max(peaks["temporary"], temporary())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def _bytes_in(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.glob("*"))
    except FileNotFoundError:  # removed while it was looked at
        return 0


def _spilled_by_spark(events: Path) -> float:
    spilled = 0
    for path in events.iterdir():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if '"SparkListenerTaskEnd"' in line:
                    spilled += (json.loads(line).get("Task Metrics") or {}).get("Disk Bytes Spilled", 0)
    return spilled


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("build_file", type=Path, help="whose raw tables are repeated")
    asked.add_argument("--copies", type=int, nargs="+", default=[1, 4, 16])
    asked.add_argument("--engines", nargs="+", default=["duckdb", "spark"], choices=["duckdb", "spark"])
    asked.add_argument("--output", type=Path, help="CSV to which the rows are added")
    given = asked.parse_args()
    if "spark" in given.engines:
        require_spark()
    found: list[Measured] = []
    for engine in given.engines:
        for copies in given.copies:
            folder = Path(tempfile.mkdtemp(prefix="icb_scale_"))
            try:
                found.append(measure(given.build_file.resolve(), copies, engine, folder))
            finally:
                shutil.rmtree(folder)
            last = found[-1]
            print(
                f"{engine} {copies}x: {last.raw_rows:,} raw rows, {last.seconds} s, {last.peak_mb:,.0f} MB, "
                f"{last.spilled_mb} MB spilled",
                flush=True,
            )
            before = found[-2] if len(found) > 1 and found[-2].engine == engine else None
            if before is not None:
                exponent = log(last.seconds / before.seconds) / log(last.raw_rows / before.raw_rows)
                print(
                    f"    seconds grow as rows to the power of {exponent:.2f} since {before.copies}x",
                    flush=True,
                )
            if given.output is not None:
                _add(given.output, last)


def _add(path: Path, measured: Measured) -> None:
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(asdict(measured)))
        if is_new:
            writer.writeheader()
        writer.writerow(asdict(measured))


if __name__ == "__main__":
    main()
