"""The rules of the models on made-up rows: dbt's unit tests. A run leaves them out, since no source can change them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import yaml
from graph_runs import ROOT, Run

from warehouse.build.parsed_project import dbt_command, parsed_project

PROJECT = ROOT / "dbt_project"


def declared() -> set[str]:
    """Names of the unit tests that stand beside the models."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PROJECT.rglob("models/**/*.yml")]
    return {test["name"] for file in files for test in file.get("unit_tests", [])}


def test_every_unit_test_of_the_models_is_run_and_passes(demo: Run, tmp_path: Path) -> None:
    build = tmp_path / demo.settings.build_file.name
    shutil.copyfile(demo.settings.build_file, build)  # dbt asks the tables above a model for their columns
    environment = os.environ | {"ICB_BUILD_FILE": str(build), "DO_NOT_TRACK": "1"}
    dbt = dbt_command(parsed_project(PROJECT, demo.settings.dbt_parsed, environment))
    done = subprocess.run(
        [*dbt, "--quiet", "test", "--select", "test_type:unit", "--profiles-dir", ".",
         "--target-path", str(tmp_path), "--log-path", str(tmp_path)],
        cwd=PROJECT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    results = json.loads((tmp_path / "run_results.json").read_text(encoding="utf-8"))["results"]
    passed = {
        result["unique_id"].split(".")[-1]: result["status"]
        for result in results
        if result["unique_id"].startswith("unit_test.")
    }
    assert passed == dict.fromkeys(declared(), "pass") and len(passed) > 50


def test_a_run_builds_and_tests_every_model_and_leaves_the_unit_tests_out(demo: Run) -> None:
    ran = json.loads((demo.settings.dbt_target / "run_results.json").read_text(encoding="utf-8"))["results"]
    kinds = [result["unique_id"].split(".")[0] for result in ran]
    assert "unit_test" not in kinds
    models = {path.stem for path in (PROJECT / "models").rglob("*.sql")}
    assert {r["unique_id"].split(".")[-1] for r in ran if r["unique_id"].startswith("model.")} == models
    assert kinds.count("test") > 200
