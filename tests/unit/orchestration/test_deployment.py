"""What an operator starts: the files for containers and services, and whose dagster.yaml it is."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from interfaces.cli.doctor import findings
from interfaces.cli.main import app
from orchestration.run import dagster_home
from warehouse.settings import PROJECT, Settings

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "postgres"}
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """Instruction and the rest of it, lines that go on joined."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    return [(line.split()[0], line.partition(" ")[2]) for line in joined.splitlines() if line.strip()]


def test_compose_yaml_keeps_to_the_compose_specification() -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", str(PROJECT / "compose.yaml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_keeps_to_the_rules_of_hadolint() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    if not linter.exists():
        pytest.skip("hadolint has no wheel for this machine")
    done = subprocess.run([str(linter), str(PROJECT / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_is_looked_after_and_waits_for_what_it_needs() -> None:
    assert {*COMPOSE["services"]} == {"postgres", "code", "web", "daemon"}
    for name, service in COMPOSE["services"].items():
        assert service["restart"] == "always" and service["healthcheck"]["test"][0] == "CMD", name
    for name, service in OURS.items():
        assert service["user"] == "icb", name
        needed = service["depends_on"]
        assert needed and all(one == {"condition": "service_healthy"} for one in needed.values()), name
    assert OURS["web"]["ports"] == ["127.0.0.1:3000:3000"], "nobody is asked who he is: this machine only"
    assert OURS["code"]["hostname"], "runs that are lost are known by it"


def test_the_image_is_pinned_runs_without_root_and_holds_every_package_to_its_hash() -> None:
    found = instructions()
    assert [rest for name, rest in found if name == "FROM"] == ["python:3.11-slim-bookworm"]
    assert [rest for name, rest in found if name == "USER"] == ["1000"], (
        "a number: a host need not know the name"
    )
    assert any(
        "useradd --uid 1000 " in rest and rest.split("&&")[0].split()[-1] == "icb" for _, rest in found
    )
    after_user = found[[name for name, _ in found].index("USER") :]
    assert not [name for name, _ in after_user if name in ("RUN", "COPY", "ADD")]
    installs = [
        part for name, rest in found if name == "RUN" for part in rest.split("&&") if "pip install" in part
    ]
    assert installs and all("--require-hashes" in part or "--no-deps" in part for part in installs)
    for name, rest in found:
        if name == "COPY":
            assert all((PROJECT / source).exists() for source in rest.split()[:-1]), rest
    assert COMPOSE["services"]["postgres"]["image"].split(":")[1][0].isdigit()


def test_the_settings_for_postgresql_are_the_projects_and_a_storage() -> None:
    own = yaml.safe_load((PROJECT / "dagster.yaml").read_text(encoding="utf-8"))
    shared = yaml.safe_load((PROJECT / "deploy" / "dagster.yaml").read_text(encoding="utf-8"))
    storage = shared.pop("storage")["postgres"]["postgres_db"]
    assert shared == own
    assert storage["scheme"] == "postgresql+psycopg2"
    variables = {value["env"] for value in storage.values() if isinstance(value, dict)}
    assert variables <= COMPOSE["x-icb"]["environment"].keys()


@pytest.mark.parametrize("unit", ["icb.service", "icb-explore.service"])
def test_a_unit_of_systemd_starts_again_what_ended_and_runs_as_its_own_user(unit: str) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(PROJECT / "deploy" / unit)
    assert {*read} - {"DEFAULT"} == {"Unit", "Service", "Install"}
    service = read["Service"]
    assert (service["User"], service["Restart"]) == ("icb", "always")
    assert service["ExecStart"].startswith(f"{service['WorkingDirectory']}/.venv/bin/python -m ")
    port = re.search(r"--port (\d+)", service["ExecStart"])
    if port:
        assert f"ICB_EXPLORER=http://127.0.0.1:{port[1]}" in (PROJECT / "deploy" / "icb.service").read_text()


@pytest.mark.parametrize("how", ["icb run", "make ui"])
def test_dagster_yaml_is_the_projects_at_first_and_the_users_own_from_then_on(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    settings = Settings(data=tmp_path / "data", catalog=tmp_path, mirror=None, demo=False)
    monkeypatch.setenv("DAGSTER_HOME", str(home))

    def begin() -> None:
        if how == "icb run":
            with dagster_home(settings):
                return
        command = ["make", "--silent", "dagster-home", f"DAGSTER_HOME={home}"]
        subprocess.run(command, cwd=PROJECT, env=os.environ, check=True)

    def doctor() -> tuple[str, str]:
        (row,) = [row for row in findings(settings, PROJECT) if "DAGSTER_HOME" in row["what"]]
        return row["state"], row["detail"]

    assert doctor()[0] == "note" and "is written by the first run" in doctor()[1]
    begin()
    assert (home / "dagster.yaml").read_bytes() == (PROJECT / "dagster.yaml").read_bytes()
    assert doctor()[0] == "ok"
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    begin()
    assert (home / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"
    assert doctor()[0] == "note" and "is yours" in doctor()[1]


def test_the_runbook_names_commands_and_files_that_there_are() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    runbook = page.partition("## Runbook")[2].partition("\n## ")[0]
    commands = set(re.findall(r"`icb ([a-z]+)", runbook))
    assert commands >= {"run", "diff", "versions", "rollback", "prune"}
    for command in commands:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command
    for name in re.findall(r"`((?:tests|deploy)/[^`]+)`", page):
        assert (PROJECT / name).exists(), name
    for name in re.findall(r"`(test_[a-z_]+\.py)`", runbook):
        assert list((PROJECT / "tests" / "integration").glob(name)), name
    headings = {
        re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^## (.*)$", page, re.M)
    }
    assert {*re.findall(r"\]\(#([^)]+)\)", page)} <= headings
