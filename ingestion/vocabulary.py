"""The shared vocabulary: which words an attribute of type word has, and which values they stand for.

The words live in one place, dbt's seed ``vocabulary_words``, because dbt applies them. Here they are only read, so
that a cohort file can be held to them before a run.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ingestion.errors import CatalogError

#: attribute -> word in lower case -> value
Vocabulary = Mapping[str, Mapping[str, str]]

WORDS_FILE = Path(__file__).resolve().parents[1] / "catalog" / "vocabularies" / "vocabulary_words.csv"

_STATUS = re.compile(r"^(OS|PFS|DSS|DFI|PFI)_STATUS$")
_PREFIXED = re.compile(r"^[01]\s*:")


@cache
def load_vocabulary(path: Path = WORDS_FILE) -> Vocabulary:
    """The seed as attribute -> word -> value.

    Raises
    ------
    CatalogError : the seed is not there.
    """
    found: dict[str, dict[str, str]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            for row in csv.DictReader(handle):
                found.setdefault(row["attribute"], {})[row["word"]] = row["value"]
    except FileNotFoundError as exc:
        raise CatalogError(
            "the vocabulary is not there", where=str(path), remedy="restore it from the repository"
        ) from exc
    return MappingProxyType(found)


def allowed_values(attribute: str) -> tuple[str, ...]:
    """The values that words of this attribute may stand for, sorted; none for an attribute without words."""
    return tuple(sorted(set(load_vocabulary().get(attribute, {}).values())))


def is_understood(attribute: str, word: str) -> bool:
    """Whether the vocabulary knows the word, or it is a status of the portal's form ``0:WORD`` or ``1:WORD``."""
    text = word.strip().lower()
    if text in load_vocabulary().get(attribute, {}):
        return True
    return _STATUS.match(attribute) is not None and _PREFIXED.match(text) is not None
