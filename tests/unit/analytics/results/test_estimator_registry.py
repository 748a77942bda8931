"""Every estimator has its key, label, scale, methods, source and when it applies, in one registry."""

from __future__ import annotations

import importlib
from dataclasses import fields
from pathlib import Path

import pytest

from analytics.estimators import ESTIMATORS
from analytics.report.chapters.methods import methods_of
from analytics.results.estimator import Estimator, Scale

ROOMS = Path(__file__).parents[4] / "analytics"


@pytest.mark.parametrize("key", ESTIMATORS)
def test_no_part_of_an_estimator_is_lacking(key: str) -> None:
    known = ESTIMATORS[key]
    assert known.key == key and key == key.lower() and " " not in key
    assert isinstance(known.scale, Scale)
    for part in ("label", "heading", "methods", "applies"):
        text = getattr(known, part)
        assert text and text == text.strip(), part
    assert known.methods.endswith("."), "a paragraph of whole sentences"
    assert known.source or known.scale in (Scale.COUNT, Scale.SHARE, Scale.VALUE), "a method has a source"
    assert (known.heading, known.methods) in methods_of([key], with_scan=False)


def test_one_heading_has_one_paragraph() -> None:
    paragraphs: dict[str, set[str]] = {}
    for known in ESTIMATORS.values():
        paragraphs.setdefault(known.heading, set()).add(known.methods)
    assert {heading for heading, texts in paragraphs.items() if len(texts) > 1} == set()


def declared() -> set[Estimator]:
    """Every estimator that a module of analytics makes."""
    found: set[Estimator] = set()
    for path in ROOMS.rglob("*.py"):
        if "Estimator" in path.read_text(encoding="utf-8"):
            name = ".".join(path.relative_to(ROOMS.parent).with_suffix("").parts).removesuffix(".__init__")
            made = vars(importlib.import_module(name)).values()
            found |= {value for value in made if isinstance(value, Estimator)}
    return found


def test_what_a_room_declares_is_in_the_registry() -> None:
    assert declared() == set(ESTIMATORS.values())


def test_the_registry_knows_what_an_estimator_is_made_of() -> None:
    assert {field.name for field in fields(Estimator)} >= {
        "key",
        "label",
        "scale",
        "methods",
        "source",
        "applies",
    }
