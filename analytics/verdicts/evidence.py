"""What a verdict rests on, and what it is: an effect with its interval, the family it is one of, the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.engine.numbers import with_ends
from analytics.results.estimator import Scale
from analytics.results.statistic import Statistic
from analytics.results.verdict_words import BurdenWord, PredictiveWord


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One estimate with its 95 % interval, both from one fit.

    Attributes
    ----------
    estimate, ci_low, ci_high : on the scale itself (a hazard ratio, not its log; months).
    p : of the same fit, for sentences only; words are decided by the interval.
    scale : what kind of number it is; no effect is 1 for a ratio, else 0.
    """

    estimate: float
    ci_low: float
    ci_high: float
    p: float | None = None
    scale: Scale = Scale.HAZARD_RATIO

    @classmethod
    def of(cls, row: Statistic | None) -> Effect | None:
        """The effect of a result row; None where it has no estimate or lacks an end of its interval."""
        if row is None or row.estimate is None or row.ci_low is None or row.ci_high is None:
            return None
        return cls(
            estimate=row.estimate,
            ci_low=row.ci_low,
            ci_high=row.ci_high,
            p=row.p,
            scale=Scale(row.scale) if row.scale else Scale.HAZARD_RATIO,
        )

    @classmethod
    def of_logs(
        cls,
        coefficient: float,
        ci_low: float,
        ci_high: float,
        *,
        p: float | None = None,
        scale: Scale = Scale.HAZARD_RATIO,
    ) -> Effect | None:
        """The effect of a log ratio with its interval; None where one of the three is not a number."""
        if any(math.isnan(value) for value in (coefficient, ci_low, ci_high)):
            return None
        low, mid, high = (_exp(value) for value in (ci_low, coefficient, ci_high))
        return cls(estimate=mid, ci_low=low, ci_high=high, p=p, scale=scale)

    @property
    def no_effect(self) -> float:
        """1 for a ratio, 0 for a difference."""
        return 1.0 if self.scale.is_ratio else 0.0

    @property
    def is_shown(self) -> bool:
        """The interval excludes no effect."""
        return self.ci_low > self.no_effect or self.ci_high < self.no_effect

    @property
    def direction(self) -> int:
        """1 above no effect, -1 below, 0 on it."""
        return (self.estimate > self.no_effect) - (self.estimate < self.no_effect)

    def holds(self, value: float) -> bool:
        """Whether the interval holds a value."""
        return self.ci_low <= value <= self.ci_high

    def excludes(self, other: Effect) -> bool:
        """Whether the two intervals have no value in common."""
        return self.ci_low > other.ci_high or self.ci_high < other.ci_low

    def __str__(self) -> str:
        shown = with_ends(
            self.estimate, self.ci_low, self.ci_high, "ratio" if self.scale.is_ratio else "months"
        )
        return shown if self.scale.is_ratio else f"{shown} months"


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0)) if value > -math.inf else 0.0


@dataclass(frozen=True)
class Family:
    """The hypotheses that an answer is one of. size 1: a single question. alpha: of intervals and rates alike."""

    size: int = 1
    alpha: float = 0.05

    @property
    def is_single(self) -> bool:
        """Nothing else is counted."""
        return self.size == 1


#: A question that nothing else is counted with.
SINGLE = Family()


@dataclass(frozen=True)
class Verdict:
    """A verdict: the word, one sentence with the numbers that decided it, the strongest reason against believing it,
    and what would settle it (a sentence each)."""

    word: BurdenWord | PredictiveWord
    sentence: str
    against: str
    would_settle: str
