"""Rank genes by case against reference within cohorts, so that no two cohorts' values are ever put together.

Within a cohort each gene has mean 0 and standard deviation 1; the difference of the group means is divided by its
standard deviation over all assignments of the groups, and cohorts are joined by inverse variance. A gene counts in the
cohorts that measure it. With few cases `normal_scores` (of the ranks) has many ties, whose order GSEA takes as given.
What does NOT belong here: gene sets (`gsea`).

Source: Pitman 1937 (permutation variance of a difference); van der Waerden 1952 (normal scores); Lehmann & D'Abrera
1975 (stratified linear statistics).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analytics.engine.arrays import FloatArray
from analytics.errors import EmptyGroupError, InvalidColumnError, TooFewError

#: Cases that the ranking needs over all cohorts, and reference samples that a cohort needs to enter.
MIN_CASES = 3
MIN_REFERENCE = 3


@dataclass(frozen=True)
class StratifiedRanking:
    """`ranking` [gene], highest in cases first; `n_case` [gene], cases behind each; `cohorts` that entered, and
    `left_out`: cohort -> why not."""

    ranking: pd.Series
    n_case: pd.Series
    cohorts: tuple[str, ...]
    left_out: dict[str, str]


def stratified_ranking(
    expression: Mapping[str, pd.DataFrame],
    is_case: Mapping[str, pd.Series],
    *,
    scores: Literal["standardised", "normal_scores"] = "standardised",
) -> StratifiedRanking:
    """Rank the genes of several cohorts together.

    `expression` maps a cohort to values [sample, gene] on its own (logarithmic) scale, `is_case` to a boolean per
    sample (missing: in neither group). A gene that is constant in a cohort says nothing there.

    Raises EmptyGroupError (no cohort has both groups), TooFewError (fewer than MIN_CASES cases in all),
    InvalidColumnError (missing values, a gene or sample twice).
    """
    weighted: list[pd.Series] = []
    weights: list[pd.Series] = []
    cases: list[pd.Series] = []
    left_out: dict[str, str] = {}
    entered: list[str] = []
    n_cases = 0
    for cohort, table in expression.items():
        known = is_case[cohort].reindex(table.index).dropna()
        values, case = _checked(table.loc[known.index], cohort), known.astype(bool).to_numpy()
        if not case.any() or int((~case).sum()) < MIN_REFERENCE:
            left_out[cohort] = f"{int(case.sum())} cases and {int((~case).sum())} others have expression"
            continue
        numbers = values.to_numpy(dtype=np.float64)
        if scores == "normal_scores":
            numbers = stats.norm.ppf(stats.rankdata(numbers, axis=0) / (len(numbers) + 1))
        difference, variance = _difference(numbers, case)
        usable = variance > 0
        genes = values.columns[usable]
        weighted.append(pd.Series(difference[usable] / variance[usable], index=genes))
        weights.append(pd.Series(1.0 / variance[usable], index=genes))
        cases.append(pd.Series(int(case.sum()), index=genes))
        entered.append(cohort)
        n_cases += int(case.sum())
    if not entered:
        raise EmptyGroupError(f"No cohort has both groups: {_words(left_out)}.")
    if n_cases < MIN_CASES:
        raise TooFewError(f"Only {n_cases} cases have expression: a ranking needs {MIN_CASES}.")
    score = _total(weighted) / np.sqrt(_total(weights))
    ranking = score.rename(f"stratified {scores.replace('_', ' ')}").sort_values(
        ascending=False, kind="stable"
    )
    return StratifiedRanking(ranking, _total(cases).loc[ranking.index].astype(int), tuple(entered), left_out)


def _difference(values: FloatArray, case: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Difference of the group means of the standardised values per gene, and its variance over all assignments of the
    groups; variance 0 for a gene that is constant."""
    n, m = len(case), int(case.sum())
    varies = np.ptp(values, axis=0) > 0
    centred = values - values.mean(axis=0)
    scale = np.where(varies, centred.std(axis=0, ddof=1), 1.0)
    difference = (centred[case].mean(axis=0) - centred[~case].mean(axis=0)) / scale
    # sampling without replacement: Var(mean difference) = S2 n / (m (n - m)), S2 with n - 1; here S2 is 1
    return difference, np.where(varies, n / (m * (n - m)), 0.0)


def _checked(table: pd.DataFrame, cohort: str) -> pd.DataFrame:
    for what, labels in (("gene", table.columns), ("sample", table.index)):
        if labels.has_duplicates:
            raise InvalidColumnError(
                f"The {what} '{labels[labels.duplicated()][0]}' is in the expression of '{cohort}' twice."
            )
    if not np.isfinite(table.to_numpy(dtype=np.float64)).all():
        raise InvalidColumnError(f"The expression of '{cohort}' has missing values: drop those genes first.")
    return table


def _total(parts: list[pd.Series]) -> pd.Series:
    return pd.concat(parts, axis=1).sum(axis=1)


def _words(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"{cohort}: {why}" for cohort, why in left_out.items()) or "none has expression"
