"""The words of verdicts; docs/verdicts.md says when each stands. No other words may be written for these questions."""

from __future__ import annotations

from enum import StrEnum


class BurdenWord(StrEnum):
    """Is it more than mutation burden?"""

    BEYOND = "beyond burden"
    BEYOND_MASKED = "beyond burden, masked by burden"
    NOMINALLY_BEYOND = "nominally beyond burden"
    NOMINALLY_BEYOND_MASKED = "nominally beyond burden, masked by burden"
    COMPATIBLE = "compatible with burden alone"
    NOT_EXCLUDED = "burden not excluded"
    NO_ASSOCIATION = "no association shown"
    TOO_FEW = "too few to say"

    @property
    def is_beyond(self) -> bool:
        """Beyond burden, in the family or by itself, masked or not."""
        return self in _BEYOND


_BEYOND = frozenset(
    {
        BurdenWord.BEYOND,
        BurdenWord.BEYOND_MASKED,
        BurdenWord.NOMINALLY_BEYOND,
        BurdenWord.NOMINALLY_BEYOND_MASKED,
    }
)


class PredictiveWord(StrEnum):
    """Does the biomarker tell who benefits?"""

    PREDICTIVE = "predictive"
    CONSISTENT = "consistent with predictive"
    CONFLICTING = "conflicting"
    PROGNOSTIC = "prognostic"
    UNDETERMINED = "undetermined"


def capital(words: str) -> str:
    """Words as the beginning of a sentence: the first letter is a capital, the others stay as they are. A name with
    capitals of its own (ssGSEA, mRNA) stays whole."""
    first = words.split(" ", 1)[0].rstrip(",.;:")
    return (
        words
        if first[:1].islower() and not first.islower() and first.isalpha()
        else words[:1].upper() + words[1:]
    )
