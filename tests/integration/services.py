"""The processes of compose.yaml without Docker: the same commands, in the same order, on Debian's PostgreSQL, at free
ports of this machine. What ``restart: always`` does, the tests do by hand.

A second host (`hosts`) has a DAGSTER_HOME, a catalogue and a data folder of its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._grpc.client import DagsterGrpcClient
from graph_runs import ROOT, clean_environment
from hosts import LOOPBACK
from served import free_port
from tiny import Tiny
from waiting import wait_until

MUST = os.environ.get("ICB_REQUIRE_POSTGRES") == "1"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
PASSWORD = "of this test"
_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))


def postgres_program(name: str) -> str | None:
    """A program of PostgreSQL, which Debian keeps off the path."""
    return shutil.which(
        name, path=os.pathsep.join([*map(str, reversed(_DEBIAN)), os.environ.get("PATH", "")])
    )


NEEDS_POSTGRES = pytest.mark.skipif(
    postgres_program("initdb") is None and not MUST,
    reason="there is no PostgreSQL here: apt-get install postgresql",
)


@contextmanager
def postgres(address: str = LOOPBACK) -> Iterator[int]:
    """A server of its own with the database of compose.yaml; gives its port. It also listens at ``address``, for the
    hosts of that network (/30)."""
    initdb, pg_ctl = postgres_program("initdb"), postgres_program("pg_ctl")
    assert initdb and pg_ctl, (
        "ICB_REQUIRE_POSTGRES is set and there is no PostgreSQL: apt-get install postgresql"
    )
    of_compose, port = COMPOSE["services"]["postgres"]["environment"], free_port()
    user, database = of_compose["POSTGRES_USER"], of_compose["POSTGRES_DB"]
    # it does not run as root, and its folder must be reachable for whom it runs as
    as_user = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    )
    folder = Path(tempfile.mkdtemp(prefix="icb_postgres_"))

    def run(*command: str) -> None:
        done = subprocess.run([*as_user, *command], cwd="/", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        (folder / "password").write_text(PASSWORD)
        if as_user:
            owner = pwd.getpwnam("postgres")
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        run(
            initdb,
            "--no-sync",
            "-D",
            f"{folder}/data",
            "-U",
            user,
            "-A",
            "scram-sha-256",
            f"--pwfile={folder}/password",
        )
        with open(f"{folder}/data/pg_hba.conf", "a", encoding="utf-8") as rules:
            rules.write(f"host all all {address}/30 scram-sha-256\n")
        options = f"-p {port} -h {','.join(dict.fromkeys([LOOPBACK, address]))} -k {folder} -F"
        run(pg_ctl, "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
        createdb = postgres_program("createdb")
        assert createdb is not None
        made = subprocess.run(
            [createdb, "-h", "127.0.0.1", "-p", str(port), "-U", user, database],
            env=os.environ | {"PGPASSWORD": PASSWORD}, capture_output=True, text=True,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        yield port
    finally:
        subprocess.run(
            [*as_user, pg_ctl, "-D", f"{folder}/data", "-m", "immediate", "stop"],
            cwd="/",
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Service:
    """A process of compose.yaml, started again by the same command after it was killed."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> Service:
        with self.log.open("a", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        return self

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9, of it and of its children, as when a container or a machine ends."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Host:
    """A machine that serves a catalogue and a data folder."""

    name: str
    tiny: Tiny
    port: int
    code: Service
    address: str = LOOPBACK

    def start(self) -> None:
        """Start its code server and wait until it is healthy, as compose.yaml does before it starts the others."""
        self.code.start()
        client = DagsterGrpcClient(port=self.port, host=self.address)

        def is_healthy() -> bool | None:
            return client.health_check_query() == "SERVING" or None

        wait_until(is_healthy, self.code.is_up, every_s=0.5)


def command_of(service: str, **replaced: str) -> list[str]:
    """The command of a service, with this environment's programs, and ports and files of this test."""
    words: list[str] = COMPOSE["services"][service]["command"]
    program, *rest = (replaced.get(word, word) for word in words)
    return [str(Path(sys.executable).parent / program), *rest]


def health_check_of(service: str, **replaced: str) -> list[str]:
    """The health check of a service, with ports of this test."""
    _, program, *rest = COMPOSE["services"][service]["healthcheck"]["test"]
    for old, new in replaced.items():
        rest = [word.replace(old, new) for word in rest]
    return [str(Path(sys.executable).parent / program), *rest]


def environment_of(tiny: Tiny, home: Path, postgres: tuple[str, int], **more: str) -> dict[str, str]:
    """The environment of the processes on a host, whose DAGSTER_HOME gets the project's settings for PostgreSQL, which
    has an address and a port."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "deploy" / "dagster.yaml", home / "dagster.yaml")
    of_compose = COMPOSE["x-icb"]["environment"]
    assert {"ICB_POSTGRES_HOST", "ICB_POSTGRES_PORT", "ICB_POSTGRES_PASSWORD"} <= of_compose.keys()
    return clean_environment(
        tiny.data, DAGSTER_HOME=str(home), ICB_CATALOG=str(tiny.catalog), ICB_MIRROR=str(tiny.mirror),
        ICB_POSTGRES_HOST=postgres[0], ICB_POSTGRES_PORT=str(postgres[1]), ICB_POSTGRES_PASSWORD=PASSWORD, **more,
    )  # fmt: skip
