"""Who has a file open: the name that a refused reader or writer is told."""

from __future__ import annotations

from pathlib import Path


def holders_of(path: Path) -> list[str]:
    """Processes that have the file open, as ``name (pid)`` or ``name (pid, for writing)``. Those of other users are
    seen by the administrator only."""
    import psutil  # for a refusal only: no command need wait for it

    real = path.resolve()
    found = []
    for process in psutil.process_iter(["pid", "name"]):
        try:
            opened = [f for f in process.open_files() if Path(f.path) == real]
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        if opened:
            # the mode is known on Linux alone
            writes = any(set(getattr(f, "mode", "r")) & set("wa+") for f in opened)
            found.append(f"{process.info['name']} ({process.info['pid']}{', for writing' if writes else ''})")
    return found
