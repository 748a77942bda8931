"""How a run grows with its rows on one machine: tables (dbt), analyses, scans and publication at 1, 4 and 16 times the
people of a build file, on DuckDB; the tables also on Spark.

The raw tables of the build file are repeated (`repeated`), dbt builds seeds and models of them, without tests, and each
part after it runs in a process of its own (`part`): never two at a time. For each: processor seconds of the process and
its children, which other users of the machine do not change much, seconds by the clock, peak memory, bytes in DuckDB's
temporary folder or spilled by Spark, and the power of rows with which processor seconds grow.

    python -m benchmarks.growth.run data/build/icb.duckdb --copies 1 4 16 --output growth.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise
from math import log
from pathlib import Path

import duckdb

from benchmarks.growth.part import PARTS
from benchmarks.growth.repeated import repeat_rows
from benchmarks.growth.watched import Taken, bytes_in, run_watched
from warehouse.build.dbt_results import DBT
from warehouse.build.spark import require_spark, spark_environment, write_raw
from warehouse.settings import PROJECT

#: Parts that dbt makes -> its engine, and what is selected. One layer at a time is for machines that others wait for.
TABLES = {
    "dbt": ("duckdb", ()),
    "dbt on Spark": ("spark", ()),
    "dbt staging": ("duckdb", ("--select", "resource_type:seed", "path:models/staging")),
    "dbt intermediate": ("duckdb", ("--select", "path:models/intermediate")),
    "dbt marts": ("duckdb", ("--select", "path:models/marts")),
}


@dataclass(frozen=True)
class Measured(Taken):
    """What a part took at a number of copies."""

    part: str
    copies: str
    raw_rows: int
    file_mb: int


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("build_file", type=Path, help="whose raw tables and results are repeated")
    asked.add_argument(
        "--copies", type=Fraction, nargs="+", default=[1, 4, 16], help="also 1/4: every fourth patient"
    )
    asked.add_argument("--parts", nargs="+", choices=[*TABLES, *PARTS], default=["dbt", *PARTS])
    asked.add_argument(
        "--folder",
        type=Path,
        default=Path("growth"),
        help="build files are made here, and taken again when they are here",
    )
    asked.add_argument("--keep", action="store_true", help="leave them there")
    asked.add_argument("--leave-free", type=float, default=12, help="GB of the disk that are not used up")
    asked.add_argument("--output", type=Path, default=Path("growth.csv"), help="rows are added to it")
    given = asked.parse_args()
    if "dbt on Spark" in given.parts:
        require_spark()
    for copies in given.copies:
        folder = (given.folder / f"{copies}x".replace("/", "_of_")).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        rows = _raw_rows(given.build_file.resolve(), folder / "icb.duckdb", Fraction(copies))
        for part in given.parts:
            taken = _table_part(folder, *TABLES[part], given.leave_free) if part in TABLES else None
            taken = taken or _other_part(folder, part, given.leave_free)
            size = round((folder / "icb.duckdb").stat().st_size / 1e6)
            _add(
                given.output,
                Measured(**asdict(taken), part=part, copies=str(copies), raw_rows=rows, file_mb=size),
            )
        if not given.keep:
            shutil.rmtree(folder)
    for line in _exponents(given.output):
        print(line)


def _raw_rows(source: Path, file: Path, copies: Fraction) -> int:
    if not file.exists():
        return repeat_rows(source, file, copies)
    with duckdb.connect(str(file), read_only=True) as con:
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        counted = [con.execute(f'select count(*) from raw."{table}"').fetchone() for (table,) in tables]
    return sum(int(row[0]) for row in counted if row)


def _table_part(folder: Path, engine: str, selected: Sequence[str], leave_free: float) -> Taken:
    """Seeds and models, on one engine."""
    file, spark, events = folder / "icb.duckdb", folder / "spark", folder / "events"
    environment = {"ICB_BUILD_FILE": str(file), "DO_NOT_TRACK": "1", "ICB_DBT_TARGET": engine}
    if engine == "spark":
        with duckdb.connect(str(file)) as con:
            write_raw(con, spark)
        shutil.rmtree(events, ignore_errors=True)
        events.mkdir()
        (folder / "spark-defaults.conf").write_text(
            f"spark.eventLog.enabled true\nspark.eventLog.dir file://{events}\nspark.eventLog.rolling.enabled false\n"
            "spark.eventLog.compress false\n"
        )
        environment |= spark_environment(spark) | {"SPARK_CONF_DIR": str(folder)}
    project = str(PROJECT / "dbt_project")
    taken = run_watched(
        [str(DBT), "--quiet", "build", "--full-refresh", *selected, "--exclude-resource-type", "unit_test",
         "--exclude-resource-type", "test", "--project-dir", project, "--profiles-dir", project,
         "--target-path", str(folder / "target"), "--log-path", str(folder)],
        environment=os.environ | environment,
        folder=folder,
        spilled=lambda: bytes_in(folder / "icb.duckdb.tmp"),
        leave_free=leave_free * 1e9,
    )  # fmt: skip
    if taken.code != 0:
        raise SystemExit(f"dbt failed on {engine}: {folder / 'dbt.log'}")
    if engine == "spark":
        return Taken(**(asdict(taken) | {"spilled_mb": round(_spilled_by_spark(events) / 1e6, 1)}))
    return taken


def _other_part(folder: Path, part: str, leave_free: float) -> Taken:
    file, published = folder / "icb.duckdb", folder / "published"
    taken = run_watched(
        [sys.executable, "-m", "benchmarks.growth.part", part, str(file), str(published)],
        environment=os.environ | {"PYTHONPATH": str(PROJECT)},
        folder=folder,
        spilled=lambda: bytes_in(folder / "icb.duckdb.tmp"),
        leave_free=leave_free * 1e9,
    )
    shutil.rmtree(published, ignore_errors=True)
    if taken.code != 0:
        raise SystemExit(f"{part} failed: what it said stands above")
    return taken


def _spilled_by_spark(events: Path) -> float:
    spilled = 0
    for path in events.iterdir():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if '"SparkListenerTaskEnd"' in line:
                    spilled += (json.loads(line).get("Task Metrics") or {}).get("Disk Bytes Spilled", 0)
    return spilled


def _add(path: Path, measured: Measured) -> None:
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(asdict(measured)))
        if is_new:
            writer.writeheader()
        writer.writerow(asdict(measured))
    print(
        f"{measured.part} {measured.copies}x: {measured.raw_rows:,} raw rows, {measured.cpu_seconds} s of a processor, "
        f"{measured.seconds} s, {measured.peak_mb:,.0f} MB, {measured.spilled_mb} MB spilled",
        flush=True,
    )


def _exponents(path: Path) -> Iterator[str]:
    """From one number of copies to the next, of what was measured last."""
    with path.open(newline="", encoding="utf-8") as handle:
        last = {(row["part"], Fraction(row["copies"])): row for row in csv.DictReader(handle)}
    for part in dict.fromkeys(name for name, _ in last):
        copies = sorted(number for name, number in last if name == part)
        for one, next_one in pairwise(copies):
            a, b = last[part, one], last[part, next_one]
            power = {
                column: log(float(b[column]) / float(a[column]))
                / log(int(b["raw_rows"]) / int(a["raw_rows"]))
                for column in ("cpu_seconds", "peak_mb")
            }
            yield (
                f"{part} {one}x to {next_one}x: processor seconds grow as rows to the power of "
                f"{power['cpu_seconds']:.2f}, memory {power['peak_mb']:.2f}"
            )


if __name__ == "__main__":
    main()
