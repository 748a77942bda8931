"""Errors of the biomarker language: one sentence, the text, and a caret under the character that is meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from analytics.errors import AnalysisError


class BiomarkerError(AnalysisError):
    """A biomarker that cannot be asked."""


class BiomarkerSyntaxError(BiomarkerError):
    """The text is no biomarker.

    Attributes
    ----------
    sentence : what is wrong and what was expected.
    text : the biomarker as it was written.
    position : the character that is meant, counted from 0; the length of the text where it ends too early.
    """

    def __init__(self, sentence: str, text: str, position: int) -> None:
        self.sentence = sentence
        self.text = text
        self.position = min(max(position, 0), len(text))
        shown = "".join(" " if c in "\n\r\t" else c for c in text)
        super().__init__(f"{sentence}\n  {shown}\n  {' ' * self.position}^" if shown.strip() else sentence)


class UnknownNameError(BiomarkerError):
    """A gene, gene set, attribute, feature or signature that nothing at hand knows.

    Attributes
    ----------
    kind : what the name should be, e.g. 'gene'.
    name : the name that was asked for.
    near : known names that resemble it, the nearest first.
    """

    def __init__(self, kind: str, name: str, near: tuple[str, ...], remedy: str = "") -> None:
        self.kind = kind
        self.name = name
        self.near = near
        hint = f": is it {' or '.join(near)}?" if near else f"; {remedy}." if remedy else "."
        super().__init__(f"There is no {kind} '{name}' in these cohorts{hint}")


class NotAskableError(BiomarkerError):
    """The names are known, but the question makes no sense of them: a word cut as a number, a gene with a cut."""


def _distance(asked: str, known: str) -> tuple[bool, float, bool, str]:
    """For sorting, the nearest first."""
    ratio = difflib.SequenceMatcher(None, known, asked).ratio()
    return sorted(known) != sorted(asked), -round(ratio, 6), known[:1] != asked[:1], known


def near_names(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Known names that resemble ``name``, whatever its case, the nearest first; those that begin with it follow."""
    by_key: dict[str, str] = {}
    for word in sorted(known):
        by_key.setdefault(word.lower(), word)
    asked = name.lower()
    # among thousands of symbols many resemble it alike: those with its letters in another order come first (TP35,
    # TP53), then those that begin as it does
    alike = difflib.get_close_matches(asked, list(by_key), n=8 * most, cutoff=0.6)
    found = sorted(alike, key=lambda key: _distance(asked, key))[:most]
    if not found:
        beginnings = {key[: len(asked)]: key for key in by_key}
        found = [
            beginnings[b] for b in difflib.get_close_matches(asked, list(beginnings), n=most, cutoff=0.8)
        ]
    longer = [key for key in by_key if len(asked) > 1 and key.startswith(asked) and key not in found]
    return tuple(by_key[key] for key in [*found, *longer][:most])
