"""What a comparison asks of a warehouse: people, the values of its measures, and how long the lists of genes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from analytics.comparison.spec import Measure
from analytics.questions.source import PeopleSource

#: What a measure's frame must have; ``own`` is the part of the value that is the gene's own mutations.
VALUE_COLUMNS = ("cohort_id", "sample_id", "feature", "value", "unit")


@dataclass(frozen=True)
class SetCoverage:
    """A gene set behind a feature: its checksum, and the share of it that was measured (the least of the cohorts)."""

    sha256: str
    share: float


@dataclass(frozen=True)
class ListedSet:
    """A gene set of the warehouse's lists, without its genes."""

    gene_set_id: str
    version: str
    n_genes: int
    sha256: str


@dataclass(frozen=True)
class MeasureValues:
    """Values of one measure and what is to be said of them.

    Attributes
    ----------
    frame : :data:`VALUE_COLUMNS`, one row a sample and feature, and ``own`` where a value has such a part.
    note : a sentence that every row over all members carries: what was measured, cited.
    reasons : feature that nobody has -> why.
    notes : feature -> a sentence that its rows carry.
    coverage : feature that is the score of a gene set -> how much of the set was measured.
    unavailable : why there is no value at all; None where there are some.
    """

    frame: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(VALUE_COLUMNS)))
    note: str | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, SetCoverage] = field(default_factory=dict)
    unavailable: str | None = None


class ComparisonSource(PeopleSource, Protocol):
    """People, values and lists."""

    def listed_sets(self, names: Sequence[str], collection: str | None) -> list[ListedSet]:
        """The sets named, or all of a collection, in order of their ids."""

    def measure_values(
        self, name: str, measure: Measure, gene: str, cohort_ids: Sequence[str]
    ) -> MeasureValues:
        """Values by the sample whose gene status counts. What the warehouse lacks is said in ``unavailable``."""
