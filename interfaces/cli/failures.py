"""What a failed command says: one sentence that names what, where and the remedy, and an exit code. A fault that is not
foreseen here stays what it is, with its traceback.
"""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import typer

from analytics.errors import AnalysisError
from ingestion.errors import IngestionError
from warehouse.published_file import published_error
from warehouse.settings import Settings

#: What typer raises for a command line that it cannot understand; its home differs between versions of typer.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]
#: Packages of the extra `build`: who only reads a published file has none of them.
_OF_BUILD = frozenset(("dagster", "dagster_dbt", "dbt", "gseapy", "httpx", "openpyxl", "py2bit", "pyfaidx"))
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class CommandError(IngestionError):
    """The command cannot be carried out as given."""


def one_sentence(error: Exception) -> tuple[str, int] | None:
    """The sentence for standard error and the exit code; None when the error is not a foreseen one."""
    if isinstance(error, IngestionError | AnalysisError):
        return f"icb: {error}", 1
    if isinstance(error, _UsageError):
        return _usage(error), 2
    if isinstance(error, duckdb.Error):
        return f"icb: {published_error(error, Path('the published file'))}", 1
    if isinstance(error, ModuleNotFoundError) and (name := (error.name or "").split(".")[0]) in _OF_BUILD:
        missing = CommandError(
            f"this needs {name}, and only what reads a published file is installed",
            remedy="pip install 'icb-warehouse[build]'",
        )
        return f"icb: {missing}", 1
    if isinstance(error, OSError):
        return f"icb: {_system(error)}", 1
    if type(error).__module__.split(".")[0] == "dagster":
        text = " ".join(str(getattr(error, "description", None) or error).split())
        return f"icb: {CommandError(text, remedy='run again; if it stays, `make ui` shows the whole run')}", 1
    return None


def _usage(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "icb"
    message = " ".join(error.format_message().split())  # type: ignore[attr-defined]  # every usage error has it
    if not message:
        return ""  # a bare `icb`: the help has been printed
    return f"{command}: {message.replace('Value error, ', '').rstrip('.?')}; see '{command} --help'."


def _system(error: OSError) -> CommandError:
    where = str(error.filename or Settings.from_environment().data)  # what names no file was beside the data
    if error.errno in _NO_SPACE:
        return CommandError(
            "no space is left",
            where=where,
            remedy="make room; 'icb doctor' shows where files are and what is free",
        )
    if isinstance(error, PermissionError):
        return CommandError(
            "permission is refused",
            where=where,
            remedy="correct its permissions, or set ICB_DATA to another folder",
        )
    return CommandError(
        error.strerror or str(error), where=where, remedy="'icb doctor' shows where files are expected"
    )
