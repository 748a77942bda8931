"""Memory of an expression matrix from the warehouse, in bytes a value, against a table of one row a value that pandas
pivots. ``python benchmarks/memory/run.py``

Each contender reads the same generated cohort (18,000 genes, log2 values) in a process of its own; what is said is the
highest resident memory of the process above what it held before it read, DuckDB's own included.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from warehouse.frames.compact import coded_rows
from warehouse.frames.expression import expression_matrix

GENES = 18_000
#: Of DuckDB, which keeps what it has read of the file until it has taken so much.
MEMORY = "128MB"
#: Samples of the generated cohorts. The peer would need 30 GB for the largest.
SIZES = {"matrix": (200, 1000, 4000), "coded": (200,), "pivot": (200,)}
LABELS = {
    "matrix": "`expression_matrix`: floats straight from DuckDB",
    "coded": "`coded_rows`: a row a value, words as categories",
    "pivot": "`.df()` and `pivot` of pandas",
}
_LONG = "select cohort_id, sample_id, hugo_symbol as feature, value, unit from marts.patient_expression"
_TABLE = """
create table marts.patient_expression as
select
    'tcga' as cohort_id, 'TCGA-' || lpad(cast(s as varchar), 8, '0') || '-01' as sample_id,
    'GENE' || cast(g as varchar) as hugo_symbol, hash(s * 100003 + g) / 1.8446744073709552e19 * 15 as value,
    'log2(TPM + 1)' as unit, 'log2(TPM + 1)' as log2_unit
from range({samples}) as samples (s), range({genes}) as genes (g)
"""


def generate(path: Path, samples: int) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute(_TABLE.format(samples=samples, genes=GENES))


def read(contender: str, path: str) -> None:
    """Read the cohort and print bytes a value, elapsed and CPU seconds."""
    with duckdb.connect(path, read_only=True, config={"threads": 2, "memory_limit": MEMORY}) as con:
        con.execute("select 1 from marts.patient_expression limit 1").fetchall()
        import pyarrow  # noqa: F401  what DuckDB loads at the first frame is no part of it

        con.execute("select 1 as one").df()
        before = _megabytes()
        elapsed, cpu = time.perf_counter(), time.process_time()
        if contender == "matrix":
            n = expression_matrix(con, "tcga").size
        elif contender == "coded":
            n = len(coded_rows(con, _LONG, {}, ("cohort_id", "sample_id", "feature", "unit")))
        else:
            n = con.execute(_LONG).df().pivot(index="sample_id", columns="feature", values="value").size
        above = _megabytes() - before
        print(f"{above / n * 1e6:.1f} {above:.0f} {time.perf_counter() - elapsed:.1f} "
              f"{time.process_time() - cpu:.1f}")  # fmt: skip


def _megabytes() -> float:
    """The highest resident memory of this process until now; Linux. (`ru_maxrss` begins with the parent's.)"""
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3 * 1.024


def main() -> None:
    print("| contender | values | bytes a value | MB | elapsed s | CPU s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for samples in sorted({n for sizes in SIZES.values() for n in sizes}):
            path = Path(folder) / f"{samples}.duckdb"
            generate(path, samples)
            for contender in (c for c, sizes in SIZES.items() if samples in sizes):
                done = subprocess.run(
                    [sys.executable, __file__, contender, str(path)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                cells = " | ".join(done.stdout.split())
                print(f"| {LABELS[contender]} | {samples * GENES / 1e6:.1f} M | {cells} |", flush=True)
            path.unlink()


if __name__ == "__main__":
    read(*sys.argv[1:]) if len(sys.argv) > 1 else main()
