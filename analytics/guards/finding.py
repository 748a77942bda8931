"""The guards, the words that each can say, and what one has found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from analytics.immortal_time import BEFORE, ENTERED_LATE, FOLLOWS, MAY_FOLLOW
from analytics.verdicts import BurdenWord, Effect, PredictiveWord

Guard = Literal[
    "proportional hazards",
    "sparse events",
    "overlap of people",
    "origin of time",
    "immortal time",
    "heterogeneity across cohorts",
    "prognostic or predictive",
    "mutation burden",
]
CANNOT_TELL = "cannot be told"
#: guard -> its verdicts, every word that can stand there.
VERDICTS: dict[Guard, tuple[str, ...]] = {
    "proportional hazards": ("not contradicted", "not proportional", CANNOT_TELL),
    "sparse events": ("enough events", "few events", CANNOT_TELL),
    "overlap of people": ("nobody twice", "repeats taken out", "people counted twice", CANNOT_TELL),
    "origin of time": (
        "one origin",
        "like origins pooled",
        "unlike origins left out",
        "unlike origins pooled",
        "origin not known",
    ),
    "immortal time": (BEFORE, MAY_FOLLOW, FOLLOWS, ENTERED_LATE, CANNOT_TELL),
    "heterogeneity across cohorts": ("one cohort", "no difference shown", "effects differ", CANNOT_TELL),
    "prognostic or predictive": tuple(PredictiveWord),
    "mutation burden": (*BurdenWord, CANNOT_TELL),
}
ALPHA = 0.05
#: The column whose effect is looked at: a group, or a number in its steps.
Exposure = Literal["in_group", "value"]


@dataclass(frozen=True)
class Finding:
    """What one guard found: a verdict of `VERDICTS`, a sentence for the reader, whether it speaks against the result,
    and the numbers of the sentence by name (months, ratios, per cent, p)."""

    guard: Guard
    verdict: str
    sentence: str
    is_warning: bool
    numbers: dict[str, float] = field(default_factory=dict)


def ends_of(name: str, begins: str, effect: Effect | None) -> dict[str, float]:
    """The numbers of an effect under their names."""
    if effect is None:
        return {}
    numbers = {name: effect.estimate, f"{begins}_ci_low": effect.ci_low, f"{begins}_ci_high": effect.ci_high}
    return numbers if effect.p is None else numbers | {f"{begins}_p": effect.p}
