"""Writing that survives a power cut: content first, then the folder that names it, then the link that people follow."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ingestion.fetching.store import storage_errors


def flush(path: Path) -> None:
    """Put a file, or the entries of a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """Put everything below a folder on the disk, each folder after what is in it."""
    for root, _, files in os.walk(folder, topdown=False):
        for name in files:
            flush(Path(root) / name)
        flush(Path(root))


def write_durably(path: Path, text: str, beside: Path) -> None:
    """A small file, whole or not at all. ``beside`` : the folder in which it is unfinished, of the same file system."""
    fresh = beside / f".{path.name}.{os.getpid()}.new"
    fresh.write_text(text, encoding="utf-8")
    flush(fresh)
    os.replace(fresh, path)
    flush(path.parent)


def write_document(text: str, path: Path) -> Path:
    """Write what somebody has asked for, so that a reader of an older one is never left with half of it.

    Raises
    ------
    DiskFullError, StorageError
        Names the folder.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with storage_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_text(text, encoding="utf-8")
            os.replace(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
    return path


def point_link(link: Path, target: str) -> None:
    """Make ``link`` point at ``target`` in one step: whoever follows it gets the old one or the new one."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}.new")
    with storage_errors(link.parent):
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        os.replace(fresh, link)
        flush(link.parent)


def remove(path: Path) -> None:
    """A file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """A folder that is named as finished: it loses that name before it loses its first file."""
    leaving = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    os.replace(folder, leaving)
    remove(leaving)


def link_or_copy(source: str, target: str) -> str:
    """A second name for a file, or a copy where the file system has no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
