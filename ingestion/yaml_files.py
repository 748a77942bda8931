"""The YAML files of a catalogue: plain data or one sentence, whatever the bytes are.

YAML lets the second of two equal keys win in silence, nests without end, and lets a few lines stand for billions of
values (aliases of aliases). None of that is meant by anybody who describes a cohort, and all of it is refused here.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ingestion.errors import CatalogError

#: The largest file of the catalogue has 13 kB, four levels and some 600 values.
MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_VALUES = 100_000
#: A whole number of 64 bits is what a table can hold; one of 4,300 digits cannot even be printed.
MAX_INTEGER = 2**63 - 1

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NESTING = (yaml.SequenceStartEvent, yaml.MappingStartEvent), (yaml.SequenceEndEvent, yaml.MappingEndEvent)
_MERGE = "tag:yaml.org,2002:merge"
#: libyaml's loader: the one in Python takes time that grows with the square of the nesting.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """The content of a file as dicts, lists, texts, numbers, booleans, dates and None.

    Raises
    ------
    CatalogError
        One sentence with file, line and remedy: no such file, broken YAML, a key that stands twice, another encoding
        than UTF-8 (or UTF-16 with its mark), a tag of another language, too deep, too large.
    """
    text = _text(path)
    try:
        node = _composed(text, path)
        return None if node is None else _PlainData().construct_document(node)
    except yaml.YAMLError as exc:
        raise _broken(path, text, exc) from exc


def read_mapping(path: Path, first_line: str) -> dict[Any, Any]:
    """As `read_yaml`, of a file that holds keys and values; ``first_line`` is how such a file begins."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise CatalogError(f"{path} holds no mapping; start it with '{first_line}'.")
    return content


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)  # no more of what has no end, such as a device
    except FileNotFoundError as exc:
        raise CatalogError(f"{path} does not exist; write it or restore it from the repository.") from exc
    except OSError as exc:
        raise CatalogError(
            f"it cannot be read ({exc.strerror or exc})", where=str(path), remedy="check its rights"
        ) from exc
    if len(data) > MAX_BYTES:
        raise CatalogError(
            f"it has more than the {MAX_BYTES:,} bytes that a file of the catalogue may have",
            where=str(path),
            remedy="check that it is the right file",
        )
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise _fault(
            path, line, f"broken YAML (byte {data[exc.start]:#04x} is no UTF-8)", "save the file as UTF-8"
        ) from exc


#: What PyYAML raises on a word that does not fit its tag, of all its tags and such words.
_NO_VALUE = (ValueError, OverflowError, LookupError, AttributeError, TypeError)


class _PlainData(yaml.SafeLoader):
    """Makes values of nodes that have been composed; a value that Python has not (2020-13-45, !!bool perhaps) is broken
    YAML, and so is a number that nothing can hold."""

    def __init__(self) -> None:
        super().__init__("")

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
        except _NO_VALUE as exc:
            why = f" ({exc})" if isinstance(exc, ValueError) else ""
            what = f"'{str(node.value)[:60]}' is no {node.tag.rsplit(':')[-1]}{why}"
            raise _no_value(what, node) from exc
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise _no_value("the number is too large", node)
        return value


def _no_value(what: str, node: Node) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)


def _composed(text: str, path: Path) -> Node | None:
    """The tree of the document, when it is of bounded depth and size and no key stands twice in it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, _NESTING[0]) - isinstance(event, _NESTING[1])
        if depth > MAX_DEPTH:
            raise _too_deep(path, event.start_mark.line + 1 if event.start_mark else 1)
    node: Node | None = yaml.compose(text, Loader=_Loader)
    if node is not None:
        _measured(node, path, {}, set())
    return node


@dataclass(frozen=True)
class _Size:
    """Values and levels of a node, as if every alias were written out."""

    n_values: int = 1
    n_levels: int = 1


def _measured(node: Node, path: Path, known: dict[int, _Size], is_open: set[int]) -> _Size:
    """The size of a node; ``known`` has those of nodes that were met before, ``is_open`` those that it stands in.

    Raises CatalogError for a key that stands twice, and for what aliases make too large, too deep or endless.
    """
    if (found := known.get(id(node))) is not None:
        return found
    line = node.start_mark.line + 1
    if id(node) in is_open:
        raise _fault(path, line, "broken YAML (an alias stands inside of what it names)", "write it out")
    is_open.add(id(node))
    parts: list[Node] = []
    if isinstance(node, MappingNode):
        _refuse_repeated_keys(node, path)
        parts = [part for pair in node.value for part in pair]
    elif isinstance(node, SequenceNode):
        parts = node.value
    sizes = [_measured(part, path, known, is_open) for part in parts]
    size = _Size(1 + sum(s.n_values for s in sizes), 1 + max((s.n_levels for s in sizes), default=0))
    if size.n_values > MAX_VALUES:
        what = f"broken YAML (more than {MAX_VALUES:,} values, each alias written out)"
        raise _fault(path, line, what, "write less, or name less by aliases")
    if size.n_levels > MAX_DEPTH + 1:
        raise _too_deep(path, line)
    is_open.discard(id(node))
    known[id(node)] = size
    return size


def _refuse_repeated_keys(node: MappingNode, path: Path) -> None:
    first: dict[Any, int] = {}
    for key, _ in node.value:
        if not isinstance(key, ScalarNode) or key.tag == _MERGE:
            continue
        line, value = key.start_mark.line + 1, _PlainData().construct_object(key)
        if value in first:
            what = f"key '{key.value}' stands on line {first[value]} too"
            raise _fault(path, line, what, "keep one of them; the other would be lost")
        first[value] = line


def _too_deep(path: Path, line: int) -> CatalogError:
    what = f"broken YAML (nested more than {MAX_DEPTH} levels deep)"
    return _fault(path, line, what, "close what is open before that line")


def _broken(path: Path, text: str, exc: yaml.YAMLError) -> CatalogError:
    mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
    position = getattr(exc, "position", None)  # of a character that YAML does not allow
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if position is not None else None
    problem = getattr(exc, "problem", None) or getattr(exc, "reason", None) or "not readable"
    return _fault(path, line, f"broken YAML ({problem})", "mend that line")


def _fault(path: Path, line: int | None, what: str, remedy: str) -> CatalogError:
    return CatalogError(what, where=f"{path} line {line}" if line else str(path), remedy=remedy)
