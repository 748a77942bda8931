"""The table of cohort characteristics by status: counts, shares, medians, tests, standardised differences.

A numeric variable has one row; a categorical one has a row for itself (test, difference) and one a level. What nobody
has is a row that says so. Keys: ``characteristics`` (the table as a whole), ``characteristics.<variable>``,
``characteristics.<variable>.<level>``. Who is a member does not belong here.

Sources: Austin 2009 (standardised difference); Yang & Dalton 2012 (the same for several categories).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analytics.biomarkers.groups import Contrast
from analytics.characteristics.tables import CharacteristicStatistic
from analytics.engine.arrays import FloatArray
from analytics.immune.rank_statistics import mann_whitney
from analytics.keys import slug
from analytics.results.estimator import Estimator, Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, Scope
from analytics.survival.estimators import COUNT

DIFFERENCE_OF_MEANS = Estimator(
    key="standardised_difference_of_means",
    label="Standardised difference of means",
    scale=Scale.EFFECT_SIZE,
    heading="Characteristics",
    methods="Standardised differences, which do not depend on the number of people, beside the tests: Wilcoxon's for "
    "numbers, Fisher's for two categories, chi-squared for more, permuted where a count below five is expected.",
    source="Austin 2009, Stat Med 28:3083",
    applies="numeric characteristics",
)
DIFFERENCE_OF_SHARES = Estimator(
    key="standardised_difference_of_shares",
    label="Standardised difference of shares",
    scale=Scale.EFFECT_SIZE,
    heading=DIFFERENCE_OF_MEANS.heading,
    methods=DIFFERENCE_OF_MEANS.methods,
    source="Yang and Dalton 2012, SAS Global Forum 335",
    applies="categorical characteristics",
)
SHARE_OF_LEVEL = Estimator(
    key="share_of_level",
    label="Share of the members with a value",
    scale=Scale.SHARE,
    heading=DIFFERENCE_OF_MEANS.heading,
    methods=DIFFERENCE_OF_MEANS.methods,
    source="",
    applies="levels of a categorical characteristic",
)
ESTIMATORS = (DIFFERENCE_OF_MEANS, DIFFERENCE_OF_SHARES, SHARE_OF_LEVEL)

#: Draws of the permutation test where expected counts are too small for chi-squared.
DRAWS = 9_999
SMALLEST_EXPECTED = 5.0
#: Levels that are listed; the rest is one level.
MOST_LEVELS = 15
REST = "all other values"


@dataclass(frozen=True)
class Variable:
    """A column of the analysis frame and what it is called."""

    column: str
    name: str
    unit: str | None = None

    @property
    def is_numeric(self) -> bool:
        return self.unit is not None


VARIABLES = (
    Variable("age_years", "age_years", "years"),
    Variable("age_group", "age_group"),
    Variable("sex", "sex"),
    Variable("cancer_type", "cancer_type"),
    Variable("stage", "stage"),
    Variable("primary_site", "primary_site"),
    Variable("sample_type", "sample_type"),
    Variable("sample_site", "sample_site"),
    Variable("drug_class", "drug_class"),
    Variable("line_of_treatment", "line_of_treatment"),
    Variable("ecog", "ecog"),
    Variable("smoking_history", "smoking_history"),
    Variable("recist", "best_response"),
    Variable("tmb_mut_per_mb", "tmb_mut_per_mb", "mutations per Mb"),
    Variable("n_nonsynonymous", "n_nonsynonymous", "non-synonymous calls"),
    Variable("cohort_id", "cohort_id"),
    Variable("panel_id", "panel_id"),
)

#: Variables whose levels are in the order of their meaning; those of the others come by frequency.
ORDINAL = ("age_group", "stage", "line_of_treatment", "ecog")


def characteristics(
    scope: Scope, sets: RowSets, members: pd.DataFrame, contrast: Contrast
) -> list[CharacteristicStatistic]:
    """Rows of ``stats.characteristics``; columns of :data:`VARIABLES` that ``members`` lacks are skipped."""
    if members.empty:
        return []
    table = _Table(scope, sets, members["in_group"].astype(bool), contrast)
    shown = [variable for variable in VARIABLES if variable.column in members]
    everybody = pd.Series(True, index=members.index)
    total = table.row("characteristics", COUNT, everybody, "members")
    found = [replace(total, estimate=float(len(shown)), unit="variables")]
    for variable in shown:
        found += _variable_rows(table, variable, members[variable.column])
    return found


@dataclass(frozen=True)
class _Table:
    """The table of one way of doing an analysis; ``status`` [member]: in the group, or in the reference group."""

    scope: Scope
    sets: RowSets
    status: pd.Series
    contrast: Contrast

    def row(self, key: str, estimator: Estimator, people: pd.Series, name: str) -> CharacteristicStatistic:
        """A row of ``people``, without numbers; ``name`` of their row set where they are not all."""
        among = self.status.index
        name = "members" if people.all() else self.sets.named(name, among[people], among)
        return CharacteristicStatistic(
            name=self.scope.name(key),
            estimator=estimator.key,
            scale=estimator.scale,
            row_set=name,
            counts=Counts(
                group_label=self.contrast.group.label,
                reference_label=self.contrast.reference.label,
                n=int(people.sum()),
                n_in_group=int((people & self.status).sum()),
            ),
        )


def _variable_rows(table: _Table, variable: Variable, values: pd.Series) -> list[CharacteristicStatistic]:
    """The row of a variable and, where it is categorical, one a level."""
    known, status = values.notna(), table.status
    key = f"characteristics.{variable.name}"
    estimator = DIFFERENCE_OF_MEANS if variable.is_numeric else DIFFERENCE_OF_SHARES
    row = replace(
        table.row(key, estimator, known, f"members with known {variable.name}"),
        feature=variable.name,
        variable=variable.name,
        unit=variable.unit or "people",
        n_missing_in_group=int((~known & status).sum()),
        n_missing_in_reference=int((~known & ~status).sum()),
    )
    if not known.any():
        return [row.warned("Nobody of the members has a value.")]
    if variable.is_numeric:
        return [_numeric(row, np.asarray(values[known], dtype=np.float64), status[known].to_numpy())]
    labels = _levels(values[known].map(_word).astype("string"))
    return [_categorical(row, labels, status[known]), *_level_rows(table, variable, key, labels)]


def _word(value: object) -> str:
    """A level as text: a line of treatment is 2, not 2.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _levels(values: pd.Series) -> pd.Series:
    counts = values.value_counts()
    if len(counts) <= MOST_LEVELS:
        return values
    return values.where(values.isin(counts.index[: MOST_LEVELS - 1]), REST)


def _level_rows(
    table: _Table, variable: Variable, key: str, labels: pd.Series
) -> list[CharacteristicStatistic]:
    found: list[CharacteristicStatistic] = []
    taken: set[str] = set()
    levels = list(labels.value_counts().index)
    if variable.name in ORDINAL:
        levels.sort(key=_place)
    n_in_group = int(table.status[labels.index].sum())
    for level in levels:
        of_level = (labels == level).reindex(table.status.index, fill_value=False).astype(bool)
        word = slug(str(level)) or "blank"
        while word in taken:  # '<30' and '>30' are both 30 in a key
            word += "_"
        taken.add(word)
        row = table.row(f"{key}.{word}", SHARE_OF_LEVEL, of_level, f"{variable.name} {level}")
        share = float(of_level.sum() / len(labels))
        found.append(
            replace(
                row,
                feature=variable.name,
                variable=variable.name,
                unit=variable.unit or "people",
                level=str(level),
                estimate=share,
                share=share,
                share_in_group=_share(row.counts.n_in_group, n_in_group),
                share_in_reference=_share(row.counts.n_in_reference, len(labels) - n_in_group),
            )
        )
    return found


def _place(level: object) -> tuple[bool, float, bool, str]:
    """Where an ordinal level stands: by its number ('<30' before '31-50' before '>71'), else by its letters."""
    word = str(level)
    number = re.search(r"\d+(\.\d+)?", word) if not re.match(r"[A-Z]", word) else None
    return word == REST, float(number[0]) if number else 0.0, not word.startswith("<"), word


def _share(count: int | None, of: int) -> float | None:
    return count / of if of and count is not None else None


def _numeric(
    row: CharacteristicStatistic, values: FloatArray, status: npt.NDArray[np.bool_]
) -> CharacteristicStatistic:
    x, y = values[status], values[~status]
    if len(x):
        q1, median, q3 = (float(v) for v in np.quantile(x, [0.25, 0.5, 0.75]))
        row = replace(row, q1_in_group=q1, median_in_group=median, q3_in_group=q3)
    if len(y):
        q1, median, q3 = (float(v) for v in np.quantile(y, [0.25, 0.5, 0.75]))
        row = replace(row, q1_in_reference=q1, median_in_reference=median, q3_in_reference=q3)
    if not len(x) or not len(y):
        return row.warned("One group has no value: nothing is compared.")
    test, difference = mann_whitney(x, y), numeric_difference(x, y)
    return replace(
        row,
        estimate=difference,
        standardised_difference=difference,
        statistic=test.u,
        p=test.p,
        p_method=f"Wilcoxon rank-sum, {test.method}",
    )


def _categorical(
    row: CharacteristicStatistic, labels: pd.Series, status: pd.Series
) -> CharacteristicStatistic:
    table = pd.crosstab(labels, status).reindex(columns=[True, False], fill_value=0).to_numpy(dtype=np.int64)
    if len(table) < 2:
        return row.warned("Everybody has the same value.")
    if (table.sum(axis=0) == 0).any():
        return row.warned("One group has no value: nothing is compared.")
    statistic, p, method = compare_categories(table)
    difference = categorical_difference(table)
    return replace(
        row,
        estimate=difference,
        standardised_difference=difference,
        statistic=statistic,
        p=p,
        p_method=method,
    )


def numeric_difference(x: FloatArray, y: FloatArray) -> float:
    """Difference of means over the root of the mean of both variances; NaN where neither varies."""
    if len(x) < 2 or len(y) < 2:
        return float("nan")
    spread = (x.var(ddof=1) + y.var(ddof=1)) / 2.0
    return float((x.mean() - y.mean()) / np.sqrt(spread)) if spread > 0 else float("nan")


def categorical_difference(table: npt.NDArray[np.int64]) -> float:
    """Mahalanobis distance between the shares of both groups; with two levels the usual one for a proportion.

    ``table`` [level, group] of counts. Always 0 or more. Yang & Dalton 2012.
    """
    shares = table / table.sum(axis=0, keepdims=True)
    first, second = shares[1:, 0], shares[1:, 1]
    covariance = (np.diag(first) - np.outer(first, first) + np.diag(second) - np.outer(second, second)) / 2.0
    gap = first - second
    return float(np.sqrt(gap @ np.linalg.pinv(covariance) @ gap))


def compare_categories(table: npt.NDArray[np.int64], seed: int = 1) -> tuple[float | None, float, str]:
    """(statistic, p, method): Fisher's exact test for two levels, chi-squared for more, permuted where counts are few.

    The permutation keeps both margins: carriers are dealt to levels by the multivariate hypergeometric law.
    """
    if table.shape == (2, 2):
        return None, float(stats.fisher_exact(table).pvalue), "Fisher's exact test"
    result = stats.chi2_contingency(table, correction=False)
    if result.expected_freq.min() >= SMALLEST_EXPECTED:
        return float(result.statistic), float(result.pvalue), "chi-squared test"
    levels, carriers = table.sum(axis=1), int(table[:, 0].sum())
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_hypergeometric(levels, carriers, size=DRAWS)
    expected = result.expected_freq
    # With fixed margins the other group's deviation is the same, so both columns share one numerator.
    per_level = 1.0 / expected[:, 0] + 1.0 / expected[:, 1]
    statistics = ((drawn - expected[:, 0]) ** 2 * per_level).sum(axis=1)
    p = (1 + int((statistics >= result.statistic - 1e-9).sum())) / (DRAWS + 1)
    return float(result.statistic), float(p), f"chi-squared test, {DRAWS:,} permutations"
