"""`pip install` of the wheel in an empty folder gives a working `icb`: the wheel holds what the program reads, and no
checkout is near. Built without a network; the packages are those of this environment, seen through a path file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from graph_runs import ROOT, Run
from waiting import CI_LIMIT_S, wait_until

ROOMS = ("analytics", "catalog", "dbt_project", "ingestion", "interfaces", "orchestration", "warehouse")
#: What an installation that only reads has not.
OF_BUILD = ("dagster", "dagster_dbt", "dbt", "gseapy", "httpx", "openpyxl", "py2bit", "pyfaidx")

Said = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True, timeout=CI_LIMIT_S,
    )  # fmt: skip
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel, and the packages of this one without the checkout."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    # a path file names a folder only: the path files in it, of which one names the checkout, are not read
    (packages / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet", "--no-deps",
         "--no-index", "--no-compile", "--ignore-installed", str(wheel)],
        check=True, capture_output=True, timeout=CI_LIMIT_S,
    )  # fmt: skip
    _take_kernels(packages / "icb_warehouse")
    return folder


def _take_kernels(installed: Path) -> None:
    """The compiled kernels of the checkout, which are of the same files: to compile them again takes a minute. Numba
    goes by a file's time and size, and by the digest of all of them in each name."""
    for cached in (ROOT / "analytics" / "engine").rglob("*.nb[ic]"):
        target = installed / cached.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(cached, target)
    for source in (ROOT / "analytics" / "engine").rglob("*.py"):
        times = source.stat()
        os.utime(installed / source.relative_to(ROOT), ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture(scope="module")
def project(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder after `icb init`."""
    folder = tmp_path_factory.mktemp("empty")
    done = program(installed)(folder, "init")
    assert done.returncode == 0, done.stderr
    return folder


def program(environment: Path, **more: str) -> Callable[..., Said]:
    """``icb`` of the environment, with no setting and no path of whoever runs the tests."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("ICB_", "DAGSTER_", "PYTHON"))}
    own["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), own["PATH"]))  # dbt is beside this Python

    def icb(folder: Path, *arguments: str) -> Said:
        return subprocess.run(
            [str(environment / "bin" / "icb"), *arguments],
            env=own | more, cwd=folder, capture_output=True, text=True, timeout=CI_LIMIT_S,
        )  # fmt: skip

    return icb


def test_the_wheel_holds_every_file_of_the_rooms_below_one_name(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"icb_warehouse"}
    tracked = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert len(tracked) > 800
    missing = [
        path for path in tracked if path and (ROOT / path).is_file() and f"icb_warehouse/{path}" not in names
    ]
    assert missing == []
    assert {"dagster.yaml", "requirements.lock", "sources.lock.json"} <= {
        n.removeprefix("icb_warehouse/") for n in names
    }


def test_dagster_and_dbt_are_asked_for_by_the_extra_alone(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
    asked = re.findall(r"^Requires-Dist: ([\w-]+)(.*)$", archive.read(metadata).decode(), flags=re.MULTILINE)
    plain = {name for name, terms in asked if "extra ==" not in terms}
    of_build = {name for name, terms in asked if "extra == 'build'" in terms}
    assert "duckdb" in plain and not {name.split("-")[0] for name in plain} & {"dagster", "dbt"}
    assert {"dagster", "dagster-dbt", "dbt-core", "dbt-duckdb"} <= of_build


def test_init_writes_what_a_user_edits_and_nothing_over(installed: Path, project: Path) -> None:
    there = {path.relative_to(project).as_posix() for path in project.rglob("*")}
    assert {"icb.toml", "workspace.yaml", "catalog/cohorts", "catalog/analyses"} <= there
    again = program(installed)(project, "init")
    assert again.returncode == 1 and "it is there already, and nothing is written over" in again.stderr


def test_the_catalogue_that_is_shipped_is_read_and_one_is_written_of_ones_own(
    installed: Path, project: Path, demo: Run
) -> None:
    icb = program(installed, ICB_DATA=str(demo.data))
    listed = icb(project, "cohort", "list", "--format", "csv")
    assert listed.returncode == 0 and "tmb_mskcc_2018" in listed.stdout, listed.stderr
    said = icb(project, "ask", "IGF1R", "--save", "igf1r_again")
    assert said.returncode == 0 and (project / "catalog" / "analyses" / "igf1r_again.yaml").is_file(), (
        said.stderr
    )
    bare = icb(project.parent, "ask", "IGF1R", "--save", "igf1r_again")
    assert bare.returncode == 1 and "make one with 'icb init'" in bare.stderr


def test_a_run_is_loaded_and_says_what_it_would_do(installed: Path, project: Path) -> None:
    done = program(installed)(project, "run", "--demo", "--explain")
    assert done.returncode == 0, done.stderr
    assert "marts" in done.stdout and "demo_igf1r" in done.stdout
    nothing = program(installed)(project, "ask", "TP53")
    assert nothing.returncode == 1 and f"{project}/data/published" in nothing.stderr


def test_a_published_file_is_asked_as_from_a_checkout(installed: Path, project: Path, demo: Run) -> None:
    icb = program(installed, ICB_DATA=str(demo.data))
    asked = ("ask", "IGF1R", "--format", "json")
    assert json.loads(icb(project, *asked).stdout) == json.loads(demo.icb(*asked).stdout)


def test_who_has_only_what_reads_asks_and_is_told_what_building_needs(
    installed: Path, project: Path, demo: Run, tmp_path: Path
) -> None:
    """The packages of the extra cannot be imported here."""
    refuse = f"import sys\nfor name in {OF_BUILD}:\n    sys.modules[name] = None\n"
    (tmp_path / "sitecustomize.py").write_text(refuse, encoding="utf-8")
    icb = program(installed, ICB_DATA=str(demo.data), PYTHONPATH=str(tmp_path))
    asked = icb(project, "gene", "IGF1R")
    assert asked.returncode == 0 and "IGF1R" in asked.stdout, asked.stderr
    assert icb(project, "claims").returncode == 0
    run = icb(project, "run", "--demo", "--force")
    assert run.returncode == 1 and "pip install 'icb-warehouse[build]'" in run.stderr, run.stderr
    assert "Traceback" not in run.stderr


def test_the_explorer_shows_pages_and_answers_sql(installed: Path, project: Path, demo: Run) -> None:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("ICB_", "DAGSTER_", "PYTHON"))}
    server = subprocess.Popen(
        [str(installed / "bin" / "icb"), "explore", "--port", "0"],
        env=own | {"ICB_DATA": str(demo.data)}, cwd=project, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def page(address: str) -> str | None:
        try:
            with urllib.request.urlopen(address, timeout=CI_LIMIT_S) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError as fault:
            if isinstance(fault.reason, ConnectionRefusedError):
                return None  # the address is printed before the server listens to it
            raise

    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        for path, holds in (
            ("gene/IGF1R", "IGF1R"),
            (
                "sql?query=select+'cohorts:+'||count(*)+from+marts.cohorts",
                "cohorts: 13",
            ),  # in a process of its own
        ):
            text = wait_until(partial(page, f"{address}{path}"), lambda: server.poll() is None)
            assert holds in text and "</html>" in text, path
    finally:
        server.kill()
        server.wait()
