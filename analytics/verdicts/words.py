"""The words of verdicts and when each stands. No other words may be written for these two questions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class BurdenWord(StrEnum):
    """Is it more than mutation burden? Beside each word in `BURDEN_WHEN`: when it stands."""

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

    @property
    def is_masked(self) -> bool:
        """Burden hid it."""
        return self in (BurdenWord.BEYOND_MASKED, BurdenWord.NOMINALLY_BEYOND_MASKED)


_BEYOND = frozenset(
    {
        BurdenWord.BEYOND,
        BurdenWord.BEYOND_MASKED,
        BurdenWord.NOMINALLY_BEYOND,
        BurdenWord.NOMINALLY_BEYOND_MASKED,
    }
)

_MASKED = "; without burden the interval holds no effect or points the other way: burden hid it"
_BEYOND_WHEN = (
    "carriers drawn by burden, and the model with burden, exclude no effect in one direction, {family} the "
    "family"
)
BURDEN_WHEN: Final[dict[BurdenWord, str]] = {
    BurdenWord.BEYOND: _BEYOND_WHEN.format(family="after"),
    BurdenWord.BEYOND_MASKED: _BEYOND_WHEN.format(family="after") + _MASKED,
    BurdenWord.NOMINALLY_BEYOND: _BEYOND_WHEN.format(family="before")
    + " (a single question is a family of one, and says so)",
    BurdenWord.NOMINALLY_BEYOND_MASKED: _BEYOND_WHEN.format(family="before") + _MASKED,
    BurdenWord.COMPATIBLE: "the estimate without burden excludes no effect, carriers drawn by burden do not, and the "
    "change from the one to that with burden is itself shown",
    BurdenWord.NOT_EXCLUDED: "the estimate without burden excludes no effect, carriers drawn by burden do not, and the "
    "change is not shown either",
    BurdenWord.NO_ASSOCIATION: "nothing excludes no effect; the smallest effect that could have been shown stands "
    "beside",
    BurdenWord.TOO_FEW: "fewer than five carriers or events, or nothing is shown and the smallest effect that could "
    "have been shown is beyond 3",
}


class PredictiveWord(StrEnum):
    """Does the biomarker tell who benefits? Beside each word in `PREDICTIVE_WHEN`: when it stands."""

    PREDICTIVE = "predictive"
    CONSISTENT = "consistent with predictive"
    CONFLICTING = "conflicting"
    PROGNOSTIC = "prognostic"
    UNDETERMINED = "undetermined"


PREDICTIVE_WHEN: Final[dict[PredictiveWord, str]] = {
    PredictiveWord.PREDICTIVE: "the interaction of arm and biomarker in randomised people excludes 1",
    PredictiveWord.CONSISTENT: "the effect under checkpoint blockade over that without it, outside a trial, excludes "
    "1; there is no trial, or its interval holds both 1 and that ratio and it points the same way",
    PredictiveWord.CONFLICTING: "trial and external comparison point opposite ways, or their intervals exclude each "
    "other, and one of them excludes 1",
    PredictiveWord.PROGNOSTIC: "an effect is shown without checkpoint blockade, and the interval of the interaction "
    "lies within 0.67 to 1.5",
    PredictiveWord.UNDETERMINED: "everything else; with the width that decided it",
}
