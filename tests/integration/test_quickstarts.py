"""Every line of docs/quickstarts.md runs on the generated cohorts: the notebook, R, the DuckDB shell.

Where the ``duckdb`` shell is not installed, its lines go through Python's ``duckdb``.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from graph_runs import ICB, ROOT, Run
from r_language import NEEDS_R, r_prints
from waiting import CI_LIMIT_S

PAGE = (ROOT / "docs" / "quickstarts.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_the_notebook_runs_from_its_first_cell_to_its_last(demo: Run, tmp_path: Path) -> None:
    """Every cell in one namespace, as a kernel does it; the last expression of a cell is shown."""
    cells = json.loads((ROOT / "docs" / "quickstarts" / "notebook.ipynb").read_text(encoding="utf-8"))[
        "cells"
    ]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(sources) >= 4 and not any(cell.get("outputs") for cell in cells)
    script = tmp_path / "notebook.py"
    script.write_text("\n".join(shown_at_the_end(source) for source in sources), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        env=demo.environment, cwd=tmp_path, capture_output=True, text=True, timeout=CI_LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(demo.icb("ask", "IGF1R", "--format", "json").stdout)
    assert answer["headline"]["sentence"] in done.stdout
    assert f"Verdict: {answer['headline']['verdict']}" in done.stdout
    assert re.search(r"^\d+ +pooled ", done.stdout, flags=re.MULTILINE)


def shown_at_the_end(source: str) -> str:
    parsed = ast.parse(source)
    if parsed.body and isinstance(parsed.body[-1], ast.Expr):
        last = parsed.body[-1]
        return "\n".join([*source.splitlines()[: last.lineno - 1], f"print({ast.unparse(last)})"])
    return source


@NEEDS_R
def test_r_makes_the_estimates_of_the_answer_from_what_was_taken_along(demo: Run, tmp_path: Path) -> None:
    icb = tmp_path / "bin" / "icb"  # R's pipe asks a shell for it
    icb.parent.mkdir()
    icb.write_text(f'#!/bin/sh\nexec {shlex.join(ICB)} "$@"\n', encoding="utf-8")
    icb.chmod(0o755)
    environment = demo.environment | {"PATH": f"{icb.parent}{os.pathsep}{os.environ['PATH']}"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    (command,) = re.findall(r"^icb ask .*--export.*$", PAGE, flags=re.MULTILINE)
    assert demo.icb(*shlex.split(command)[1:-1], str(tmp_path / "igf1r")).returncode == 0
    script = tmp_path / "quickstart.R"
    script.write_text("\n".join(blocks("r")), encoding="utf-8")
    said = r_prints(script, cwd=tmp_path, env=environment)
    printed = [float(word) for word in said.split("\n")[1].split()]
    answer = json.loads((tmp_path / "igf1r" / "answer.json").read_text(encoding="utf-8"))
    pooled = answer["comparisons"][-1]["pooled"]
    # R prints seven digits
    assert printed == pytest.approx([pooled["estimate"], pooled["ci_low"], pooled["ci_high"]], rel=1e-6)
    assert "demo_" in said and "exp(coef)" in said


def test_the_lines_of_the_shell_are_answered(demo: Run) -> None:
    (text,) = blocks("sql")
    statements = [one.strip() for one in text.split(";") if one.strip()]
    assert len(statements) == 4
    shell, file = shutil.which("duckdb"), demo.settings.published_file
    if shell is not None:
        done = subprocess.run(
            [shell, "-readonly", str(file)], input=text, capture_output=True, text=True, timeout=CI_LIMIT_S
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
    with duckdb.connect(str(file), read_only=True) as con:
        rows = [con.execute(statement).fetchall() for statement in statements]
    assert all(rows)
    assert {row[0] for row in rows[2]} <= {"mutated", "wild_type", "undetermined", "not_profiled"}
    assert sum(row[1] for row in rows[2]) == demo.value("select count(*) from marts.gene_status('IGF1R')")
