"""The table of cohort characteristics by status: counts, shares, medians, tests, standardised differences.

A numeric variable has one row; a categorical one has a row for itself (test, difference) and one a level. What nobody
has is a row that says so. Keys: ``characteristics`` (the table as a whole), ``characteristics.<variable>``,
``characteristics.<variable>.<level>``. Who is a member does not belong here.

Sources: Austin 2009 (standardised difference); Yang & Dalton 2012 (the same for several categories).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analytics.immune.rank_statistics import mann_whitney
from analytics.results.rows import ResultRows

FloatArray = npt.NDArray[np.float64]

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


def characteristics_rows(rows: ResultRows, members: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of ``stats.characteristics``; columns of :data:`VARIABLES` that ``members`` lacks are skipped."""
    out: list[dict[str, Any]] = []
    if members.empty:
        return out
    status = members["is_mutated"].astype(bool)
    shown = [variable for variable in VARIABLES if variable.column in members]
    _row(rows, out, "characteristics", members, status, pd.Series(True, index=members.index), "members", {
        "estimator": "variables in the table", "estimate": float(len(shown)), "unit": "variables",
    })  # fmt: skip
    for variable in shown:
        values = members[variable.column]
        known = values.notna()
        key = f"characteristics.{variable.name}"
        common = {
            "feature": variable.name,
            "variable": variable.name,
            "unit": variable.unit or "people",
            "n_missing_mutated": int((~known & status).sum()),
            "n_missing_wild_type": int((~known & ~status).sum()),
        }
        name = f"members with known {variable.name}"
        if not known.any():
            common |= {"estimator": "not in the sources", "warnings": "Nobody of the members has a value."}
            _row(rows, out, key, members, status, known, name, common)
        elif variable.is_numeric:
            found = _numeric(np.asarray(values[known], dtype=np.float64), status[known].to_numpy())
            _row(rows, out, key, members, status, known, name, common | found)
        else:
            labels = _levels(values[known].map(_word).astype("string"))
            _row(rows, out, key, members, status, known, name, common | _categorical(labels, status[known]))
            _level_rows(rows, out, key, members, status, labels, common)
    return out


def _row(
    rows: ResultRows,
    out: list[dict[str, Any]],
    key: str,
    members: pd.DataFrame,
    status: pd.Series,
    people: pd.Series,
    name: str,
    values: dict[str, Any],
) -> None:
    name = "members" if people.all() else rows.row_set(name, members.index[people], members.index)
    counts = {
        "row_set": name,
        "n": int(people.sum()),
        "n_mutated": int((people & status).sum()),
        "n_wild_type": int((people & ~status).sum()),
    }
    rows.add(out, key, None, {**counts, **values})


def _word(value: object) -> str:
    """A level as text: a line of treatment is 2, not 2.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _levels(values: pd.Series) -> pd.Series:
    counts = values.value_counts()
    if len(counts) <= MOST_LEVELS:
        return values
    return values.where(values.isin(counts.index[: MOST_LEVELS - 1]), REST)


def _level_rows(
    rows: ResultRows,
    out: list[dict[str, Any]],
    key: str,
    members: pd.DataFrame,
    status: pd.Series,
    labels: pd.Series,
    common: dict[str, Any],
) -> None:
    taken: set[str] = set()
    levels = list(labels.value_counts().index)
    if common["variable"] in ORDINAL:
        levels.sort(key=_place)
    for level in levels:
        of_level = (labels == level).reindex(members.index, fill_value=False).astype(bool)
        word = re.sub(r"[^a-z0-9]+", "_", str(level).lower()).strip("_") or "blank"
        while word in taken:  # '<30' and '>30' are both 30 in a key
            word += "_"
        taken.add(word)
        of_known = status[labels.index]
        values = {
            **common,
            "level": str(level),
            "estimator": "share of the members with a value",
            "share": float(of_level.sum() / len(labels)),
            "estimate": float(of_level.sum() / len(labels)),
            "share_mutated": _share(int((of_level & status).sum()), int(of_known.sum())),
            "share_wild_type": _share(int((of_level & ~status).sum()), int((~of_known).sum())),
            "n_missing_mutated": None,
            "n_missing_wild_type": None,
        }
        _row(rows, out, f"{key}.{word}", members, status, of_level, f"{common['variable']} {level}", values)


def _place(level: object) -> tuple[bool, float, bool, str]:
    """Where an ordinal level stands: by its number ('<30' before '31-50' before '>71'), else by its letters."""
    word = str(level)
    number = re.search(r"\d+(\.\d+)?", word) if not re.match(r"[A-Z]", word) else None
    return word == REST, float(number[0]) if number else 0.0, not word.startswith("<"), word


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _numeric(values: FloatArray, status: npt.NDArray[np.bool_]) -> dict[str, Any]:
    x, y = values[status], values[~status]
    found: dict[str, Any] = {"estimator": "standardised difference of means"}
    for label, group in (("mutated", x), ("wild_type", y)):
        if len(group):
            q1, median, q3 = np.quantile(group, [0.25, 0.5, 0.75])
            found |= {f"median_{label}": float(median), f"q1_{label}": float(q1), f"q3_{label}": float(q3)}
    if not len(x) or not len(y):
        return found | {"warnings": "One group has no value: nothing is compared."}
    test = mann_whitney(x, y)
    difference = numeric_difference(x, y)
    return found | {
        "estimate": difference,
        "standardised_difference": difference,
        "statistic": test.u,
        "p": test.p,
        "p_method": f"Wilcoxon rank-sum, {test.method}",
    }


def _categorical(labels: pd.Series, status: pd.Series) -> dict[str, Any]:
    found: dict[str, Any] = {"estimator": "standardised difference of shares"}
    table = pd.crosstab(labels, status).reindex(columns=[True, False], fill_value=0).to_numpy(dtype=np.int64)
    if len(table) < 2:
        return found | {"warnings": "Everybody has the same value."}
    if (table.sum(axis=0) == 0).any():
        return found | {"warnings": "One group has no value: nothing is compared."}
    statistic, p, method = compare_categories(table)
    difference = categorical_difference(table)
    return found | {
        "estimate": difference,
        "standardised_difference": difference,
        "statistic": statistic,
        "p": p,
        "p_method": method,
    }


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
