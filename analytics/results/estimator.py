"""What is known of an estimator beside its function: names, scale, a sentence for the methods, source.

A room declares its estimators next to their functions; ``analytics.estimators`` gathers them, and tables, reports,
figures, commands and docs read them there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scale(StrEnum):
    """What kind of number an estimate is. Ratios are compared with 1 and drawn on a log axis."""

    HAZARD_RATIO = "hazard ratio"
    ODDS_RATIO = "odds ratio"
    RATIO = "ratio"
    RATIO_OF_HAZARD_RATIOS = "ratio of hazard ratios"
    MONTHS = "months"
    DIFFERENCE_IN_MONTHS = "difference in months"
    SHARE = "share"
    DIFFERENCE_OF_SHARES = "difference of shares"
    COUNT = "count"
    VALUE = "value"
    DIFFERENCE_OF_VALUES = "difference of values"
    EFFECT_SIZE = "effect size"
    CORRELATION = "correlation"
    INDEX = "index"
    COEFFICIENT = "coefficient"
    TEST_ONLY = "test only"

    @property
    def with_article(self) -> str:
        """'an odds ratio', 'a hazard ratio'."""
        return f"{'an' if self.value[0] in 'aeio' else 'a'} {self.value}"

    @property
    def is_ratio(self) -> bool:
        """Whether no effect is 1."""
        return self in _RATIOS


_RATIOS = frozenset({Scale.HAZARD_RATIO, Scale.ODDS_RATIO, Scale.RATIO, Scale.RATIO_OF_HAZARD_RATIOS})


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """One estimator.

    Attributes
    ----------
    key : its name in ``estimator`` columns and in specs.
    label : its name for readers.
    scale : what kind of number it gives.
    heading, methods : a paragraph for the methods of a report; estimators of one heading share it.
    source : paper and section of the method.
    applies : when it is used.
    """

    key: str
    label: str
    scale: Scale
    heading: str
    methods: str
    source: str
    applies: str
