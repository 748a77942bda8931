"""A second host on this machine: a name, a network and an address of its own, with a cable to the first.

With the right to make one (root, iproute2) it is a network namespace with a pair of virtual interfaces, in which
nothing of the first host's 127.0.0.1 is reached. Without it the second host has the first one's network, and a name of
its own: that of a UTS namespace, or one that Python is told.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph_runs import ROOT

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class SecondHost:
    """Where two hosts find each other.

    Attributes
    ----------
    first, second : address of each as the other sees it.
    namespace : name of the second one's network; None where it has that of the first.
    """

    name: str
    first: str = LOOPBACK
    second: str = LOOPBACK
    namespace: str | None = None

    def command(self, command: list[str], folder: Path) -> tuple[list[str], dict[str, str]]:
        """A command as a process of this host, and what it needs in its environment."""
        inside = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        for names in (["unshare", "--uts"], ["unshare", "--user", "--map-root-user", "--uts"]):
            named = [*inside, *names, "sh", "-c", f'hostname {self.name} && exec "$@"', "sh"]
            if subprocess.run([*named, "true"], capture_output=True).returncode == 0:
                return [*named, *command], {}
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(
            f"import socket\nsocket.gethostname = lambda: {self.name!r}\n"
        )
        return [*inside, *command], {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


@contextmanager
def second_host(name: str) -> Iterator[SecondHost]:
    """Give a second host; its network is gone afterwards, and the interfaces with it."""
    namespace, cable = f"icb_{os.getpid()}", (f"icb{os.getpid()}a", f"icb{os.getpid()}b")
    # 198.18.0.0/15 is for tests of networks (RFC 2544); four addresses for each process that tests
    block = os.getpid() % (1 << 14) * 4
    first, second = (f"198.18.{(block + i) >> 8}.{(block + i) & 255}" for i in (1, 2))
    if shutil.which("ip") is None or not _ip("netns", "add", namespace):
        yield SecondHost(name)
        return
    try:
        inside = ("-n", namespace)
        steps = (
            ("link", "add", cable[0], "type", "veth", "peer", "name", cable[1], "netns", namespace),
            ("addr", "add", f"{first}/30", "dev", cable[0]),
            ("link", "set", cable[0], "up"),
            (*inside, "addr", "add", f"{second}/30", "dev", cable[1]),
            (*inside, "link", "set", cable[1], "up"),
            (*inside, "link", "set", "lo", "up"),
        )
        if all(_ip(*step) for step in steps):
            yield SecondHost(name, first, second, namespace)
        else:
            yield SecondHost(name)
    finally:
        _ip("netns", "del", namespace)
        _ip("link", "del", cable[0])  # gone with the namespace, unless it was never put into it


def _ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], capture_output=True).returncode == 0
