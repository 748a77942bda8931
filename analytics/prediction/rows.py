"""Statistics of one side of a study under regular names: where they are made, and of whom."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analytics.prediction.tables import PredictionStatistic
from analytics.results.estimator import Estimator
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, Name, Scope

COMPLETE = "complete rows"


@dataclass(frozen=True)
class StudyRows:
    """Makes the statistics of one side (``population``) of one way of doing a study.

    Keys are ``<endpoint>.<what>[.<population>]``.
    """

    scope: Scope
    sets: RowSets
    population: str
    endpoint_key: str

    def name(self, what: str) -> Name:
        """The name of a statistic under the endpoint's key."""
        return self.scope.name(f"{self.endpoint_key}.{what}")

    def row(
        self, what: str, estimator: Estimator, counts: Counts, row_set: str = COMPLETE
    ) -> PredictionStatistic:
        """A statistic without its numbers."""
        return PredictionStatistic(
            name=self.name(what),
            estimator=estimator.key,
            scale=estimator.scale,
            row_set=row_set,
            counts=counts,
            population=self.population,
        )


def counts(people: pd.DataFrame) -> Counts:
    """People behind a statistic, and their events."""
    return Counts(n=len(people), events=int(people["event"].astype(bool).sum()))
