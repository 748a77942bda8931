"""The result table of cohort characteristics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analytics.results.schema import ResultTable, column
from analytics.results.statistic import Statistic


@dataclass(frozen=True, kw_only=True)
class CharacteristicStatistic(Statistic):
    """A characteristic of both groups; a categorical one has a row for itself and one a level."""

    TABLE: ClassVar[str] = "characteristics"
    MEANING: ClassVar[str] = "A characteristic of the members by group, level by level."

    p: float | None = column(
        "Two-sided p of the test that p_method names; the standardised difference has no interval"
    )
    variable: str | None = column("Characteristic: age_years, sex, stage, ...")
    level: str | None = column("Value of a categorical variable; null on the row of the variable itself")
    unit: str | None = column("Unit of a numeric variable; people for counts")
    n_missing_in_group: int | None = column("People of the group without a value")
    n_missing_in_reference: int | None = column("People of the reference group without a value")
    share: float | None = column("Share of the level among all with a value (0-1)")
    share_in_group: float | None = column("Share of the level among those of the group with a value")
    share_in_reference: float | None = column("The same of the reference group")
    median_in_group: float | None = column("Median of a numeric variable in the group")
    q1_in_group: float | None = column("Its lower quartile")
    q3_in_group: float | None = column("Its upper quartile")
    median_in_reference: float | None = column("Median of a numeric variable in the reference group")
    q1_in_reference: float | None = column("Its lower quartile")
    q3_in_reference: float | None = column("Its upper quartile")
    standardised_difference: float | None = column(
        "Group less reference in pooled standard deviations; for categories the distance of their shares"
    )
    statistic: float | None = column("Test statistic")


TABLES = (ResultTable.of(CharacteristicStatistic),)
