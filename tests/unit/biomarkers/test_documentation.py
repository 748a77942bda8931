"""docs/biomarkers.md: every example is a biomarker, and the error that it shows is the error that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analytics.biomarkers.errors import BiomarkerSyntaxError
from analytics.biomarkers.language.labels import groups_of
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.text import canonical

PAGE = (Path(__file__).parents[3] / "docs" / "biomarkers.md").read_text(encoding="utf-8")


def examples() -> list[str]:
    """What stands in code in the first column of the tables."""
    language = PAGE.split("## One text")[0]
    rows = [line for line in language.splitlines() if line.startswith("| `")]
    cells = [row.replace(r"\|", "\0").split("|")[1] for row in rows]
    return [text.replace("\0", "|") for cell in cells for text in re.findall(r"`([^`]+)`", cell)]


def test_there_are_examples_of_every_kind() -> None:
    assert len(examples()) > 50


@pytest.mark.parametrize("text", examples())
def test_an_example_is_a_biomarker_with_one_text(text: str) -> None:
    found = parse(text)
    assert parse(canonical(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "KRAS:p.Gly12Cys",
        "APC:R213*",
        "APC:R876fs",
        "EGFR:E746_A750del",
        "CDKN2A:homdel",
        "ERBB2:amp",
        "not TP53",
    ],
)
def test_an_example_in_a_sentence_is_one_too(text: str) -> None:
    assert f"`{text}`" in PAGE
    parse(text)


def test_the_text_that_two_spellings_share_is_the_one_that_is_printed() -> None:
    assert "`KRAS:gly12cys and STK11:trunc` is `KRAS:G12C & STK11:truncating`" in PAGE
    assert canonical(parse("KRAS:gly12cys and STK11:trunc")) == "KRAS:G12C & STK11:truncating"


def test_the_joint_groups_are_called_as_the_page_says() -> None:
    labels = [group.label for group in groups_of(parse("STK11 x KRAS:G12C"))]
    assert labels == ["neither", "STK11 only", "KRAS G12C only", "both"]
    assert "*neither* (the reference), *STK11 only*, *KRAS G12C only*, *both*" in PAGE


def test_the_error_that_the_page_shows_is_the_error_that_there_is() -> None:
    shown = PAGE.split("```")[1].removeprefix("text").strip("\n")
    with pytest.raises(BiomarkerSyntaxError) as caught:
        parse("STK11:trunkating & KRAS:G12C")
    assert str(caught.value) == shown
