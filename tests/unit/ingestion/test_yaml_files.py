"""What a catalogue file may be: plain data, or one sentence with the line and the remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import CatalogError
from ingestion.yaml_files import MAX_BYTES, MAX_DEPTH, read_mapping, read_yaml


def read(folder: Path, content: str | bytes) -> Any:
    path = folder / "c.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_yaml(path)


def fault(folder: Path, content: str | bytes) -> str:
    with pytest.raises(CatalogError) as caught:
        read(folder, content)
    said = str(caught.value)
    assert said.startswith(str(folder / "c.yaml")) and said.endswith(".") and "\n" not in said
    return said.removeprefix(str(folder / "c.yaml"))


def test_plain_data_is_read_as_yaml_says(tmp_path: Path) -> None:
    text = "a: 1\nb: [x, null, true, 2.5]\nc: {d: 2020-02-29}\n"
    assert read(tmp_path, text) == {"a": 1, "b": ["x", None, True, 2.5], "c": {"d": date(2020, 2, 29)}}
    assert read(tmp_path, "") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_utf_16_with_its_mark_are_read(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, "title: Übersicht\n".encode(encoding)) == {"title": "Übersicht"}


def test_another_encoding_is_named_with_its_byte_and_line(tmp_path: Path) -> None:
    said = fault(tmp_path, "a: 1\ntitle: Übersicht\n".encode("latin-1"))
    assert said == " line 2: broken YAML (byte 0xdc is no UTF-8); save the file as UTF-8."


@pytest.mark.parametrize(
    ("text", "key", "lines"),
    [
        ("a: 1\nb: 2\na: 3\n", "a", (3, 1)),
        ("files:\n  - id: x\n    kind: y\n    id: z\n", "id", (4, 2)),
        ("assay: {name: x, kind: exome, name: y}\n", "name", (1, 1)),
        ('"a": 1\na: 2\n', "a", (2, 1)),
        ("yes: 1\ntrue: 2\n", "true", (2, 1)),  # one key for YAML
    ],
)
def test_a_key_that_stands_twice_is_refused_with_both_lines(
    tmp_path: Path, text: str, key: str, lines: tuple[int, int]
) -> None:
    assert fault(tmp_path, text).startswith(f" line {lines[0]}: key '{key}' stands on line {lines[1]} too;")


def test_a_text_and_a_number_are_two_keys_and_a_merged_key_may_be_said_anew(tmp_path: Path) -> None:
    assert read(tmp_path, '1: a\n"1": b\n') == {1: "a", "1": "b"}
    merged = "first: &first {x: 1, y: 1}\nsecond:\n  <<: *first\n  x: 2\n"
    assert read(tmp_path, merged)["second"] == {"x": 2, "y": 1}


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 5_000,
        "a: " + "{a: " * 5_000,
        "a: " + "[" * 5_000 + "]" * 5_000,
        "\n".join(f"{'  ' * i}a:" for i in range(500)),
        "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 5_000)),
    ],
    ids=["lists", "mappings", "closed", "blocks", "aliases"],
)
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    assert f"nested more than {MAX_DEPTH} levels deep" in fault(tmp_path, text)


def test_what_aliases_make_of_a_few_lines_is_bounded_and_an_alias_of_itself_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "more than 100,000 values" in fault(tmp_path, "\n".join(lines))
    assert "an alias stands inside of what it names" in fault(tmp_path, "a: &a [*a]\n")
    assert read(tmp_path, "a: &a {1: x}\nb: *a\n") == {"a": {1: "x"}, "b": {1: "x"}}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a: 1\nb: [x\n", 3),
        (b"a:\n\t- b\n", 2),
        (b"a: 1\nb: \x00\n", 2),
        (b"a: 1\nb: 2020-13-45\n", 2),
        (b"a: " + b"9" * 5_000, 1),
        (b"a: 0x" + b"f" * 5_000, 1),
        (b"a: 1\nb: 1" + b":59" * 3_000, 2),
        (b"a: !!bool perhaps\n", 1),
        (b"a: !!timestamp perhaps\n", 1),
        (b"a: !!int ''\n", 1),
        (b"a: !!python/object/apply:os.system [x]\n", 1),
        (b"a: 1\n---\nb: 2\n", 2),
        (b"? [a]\n: 1\n", 1),
        (b"a: 1\nb: *none\n", 2),
    ],
)
def test_whatever_is_broken_is_one_sentence_with_the_line(tmp_path: Path, content: bytes, line: int) -> None:
    assert fault(tmp_path, content).startswith(f" line {line}: broken YAML (")


def test_a_file_that_is_no_file_of_a_catalogue_is_refused_by_its_size_and_a_folder_by_name(
    tmp_path: Path,
) -> None:
    assert f"more than the {MAX_BYTES:,} bytes" in fault(tmp_path, b"a: 1\n" * MAX_BYTES)
    with pytest.raises(CatalogError, match="cannot be read"):
        read_yaml(tmp_path)
    with pytest.raises(CatalogError, match="does not exist"):
        read_yaml(tmp_path / "absent.yaml")


@pytest.mark.parametrize("text", ["- a\n", "3\n", "", "reference_id\n"])
def test_a_file_of_keys_says_how_to_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(CatalogError, match="holds no mapping; start it with 'cohort_id: c'"):
        read_mapping(tmp_path / "c.yaml", "cohort_id: c")
