"""SQL of strangers on the published file: it can be asked, and nothing else can be reached or changed through it.

DuckDB's own switches keep queries from other files, the network, extensions and the variables of this process. They do
not protect the open file itself (``copy ... to '<the file>' (use_tmp_file false)`` is allowed by them), so that only
statements that ask are let through, and one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion.errors import IngestionError
from warehouse.published_file import published
from warehouse.settings import Settings
from warehouse.sql_words import misspelt

_REMEDY = 'icb sql "show all tables" lists what there is'
_ALWAYS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",  # `from rows` must not find a variable of this program
}
_CLOSED = {"enable_external_access": "false"}
#: Statements that ask. DuckDB makes several of one PIVOT without a list of values and calls them MULTI.
_ASKING = ("SELECT", "PRAGMA", "CALL")
_WORDS_OF_PIVOTS = ("select", "with", "from", "pivot", "pivot_wider")
_WRITES_FILES = ("COPY", "COPY_DATABASE", "EXPORT", "ATTACH")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


class SqlRefusedError(IngestionError):
    """The text is not one statement that asks."""


@contextmanager
def closed_file(
    *, allow_files: bool = False, limits: Mapping[str, str] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file for a query of a user: read-only, its configuration locked.

    Parameters
    ----------
    allow_files : let queries read and write other files, as the user himself may.
    limits : further options of DuckDB, such as ``memory_limit``.

    Raises
    ------
    PublishedFileError
        There is none, or it cannot be opened.
    """
    # A sort that does not fit into memory would otherwise be spilled into the folder of the published version.
    spill = {"temp_directory": str(Settings.from_environment().data / "sql_spill")}
    options = _ALWAYS | spill | dict(limits or {})
    with published(options if allow_files else options | _CLOSED) as con:
        con.execute("set lock_configuration = true")
        yield con


def one_statement(con: duckdb.DuckDBPyConnection, text: str, *, allow_files: bool = False) -> str:
    """The text, when it is one statement that asks.

    Raises
    ------
    SqlRefusedError
        It is empty, holds several statements, would write, would overwrite what is published, or compares a column
        with a word that it cannot hold.
    duckdb.Error
        It cannot be parsed.
    """
    statements = con.extract_statements(text)
    if not statements:
        raise _refused("it is empty", _REMEDY)
    if len(statements) > 1:
        raise _refused(
            f"it holds {len(statements)} statements, and the answer to one can be shown",
            "ask one at a time; a 'with' clause names what the next step needs",
        )
    kind = _kind(con, text)
    if allow_files and kind in _WRITES_FILES:
        _spare_what_is_published(text)
    elif kind not in _ASKING:
        raise _refused(
            f"it is a statement of kind {kind}, and the published file is read-only",
            "the published file can only be read: ask with 'select'; "
            "--format csv prints what can be kept, --allow-files lets 'copy' write a file",
        )
    if (found := misspelt(con, text)) is not None:
        near = f" (near it: {found.near})" if found.near else ""
        raise _refused(
            f"no row of {found.column} can be '{found.word}'{near}",
            f"its words are {', '.join(found.words)}; cast(... as varchar) compares it as any text",
        )
    return text


def distinct(columns: Sequence[str]) -> list[str]:
    """Column names that tell every column apart: a name that comes again gets ``_1``, ``_2``, ... as in DuckDB."""
    named: list[str] = []
    for column in columns:
        name, n = column, 0
        while name in named:
            n += 1
            name = f"{column}_{n}"
        named.append(name)
    return named


def _kind(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """What the statement does; ``explain analyze`` does what follows it."""
    words = _words(text)
    if words and words[0][1] == "explain":
        return _kind(con, text[_explained(words) :])
    try:
        kind = str(con.extract_statements(text)[0].type.name)
    except ValueError:  # `update extensions`: a kind for which Python has no name
        return "UNKNOWN"
    is_pivot = kind == "MULTI" and words[0][1] in _WORDS_OF_PIVOTS
    return "SELECT" if is_pivot else kind


def _explained(words: list[tuple[int, str]]) -> int:
    """Where the statement begins that ``explain [analyze] [(options)]`` is about."""
    rest = words[2:] if words[1][1] == "analyze" else words[1:]
    if rest[0][1] == "(":
        rest = rest[1 + next(i for i, (_, word) in enumerate(rest) if word == ")") :]
    return rest[0][0]


def _words(text: str) -> list[tuple[int, str]]:
    """Where each token begins, and its first word in small letters; comments are none."""
    encoded = text.encode()
    found = []
    for at, kind in duckdb.tokenize(text):  # counts bytes
        if kind is not duckdb.token_type.comment:
            word = re.match(r"\w+|.", encoded[at:].decode(errors="replace"), re.DOTALL)
            found.append((len(encoded[:at].decode()), word[0].lower() if word else ""))
    return found


def _spare_what_is_published(text: str) -> None:
    """Other files may be written, a published version may not."""
    folder = Settings.from_environment().published.resolve()
    for name in _QUOTED.findall(text):
        path = Path(name.replace("''", "'")).expanduser().resolve()
        if path == folder or path.is_relative_to(folder):
            raise _refused("it would write into what is published", "write to another folder")


def _refused(message: str, remedy: str) -> SqlRefusedError:
    return SqlRefusedError(message, where="the query", remedy=remedy)
