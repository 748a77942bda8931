"""From the members of a variant to response rows: rates, difference and tests, evaluable and intention to treat.

The evaluable denominator has the plain key (``orr.rate.mutated``), intention to treat ``orr_itt.*``. What counts as
a response belongs to the warehouse's response rules, the statistics to ``response``.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.errors import AnalysisError
from analytics.questions.specs import Variant
from analytics.response.comparison import RateComparison, compare_response
from analytics.response.rates import Rate
from analytics.results.rows import ResultRows


def estimate_response(
    rows: ResultRows, members: pd.DataFrame, variant: Variant, cohort_id: str | None = None
) -> None:
    """Every response of the variant on these members. What cannot be estimated becomes a row with the reason."""
    rows.row_set("members", members.index, members.index, cohort_id)
    for response in variant.responses:
        try:
            compared = compare_response(members, response)
        except AnalysisError as exc:
            rows.add(
                rows.response, f"{response}.fisher", cohort_id,
                {"estimator": "fisher_exact", "n": len(members), "row_set": "members", "warnings": str(exc)},
            )  # fmt: skip
            continue
        if compared.evaluable is not None:
            evaluable = members[members[response].notna()]
            part = _Part(rows, cohort_id, members.index, response, "evaluable", compared.warnings)
            part.add(compared.evaluable, evaluable, f"evaluable for {response}")
        part = _Part(
            rows, cohort_id, members.index, f"{response}_itt", "intention_to_treat", compared.warnings
        )
        part.add(compared.intention_to_treat, members, "members")


class _Part:
    """The rows of one response over one denominator."""

    def __init__(
        self,
        rows: ResultRows,
        cohort_id: str | None,
        among: pd.Index,
        key: str,
        denominator: str,
        warnings: tuple[str, ...],
    ) -> None:
        self.rows, self.cohort_id, self.among = rows, cohort_id, among
        self.key, self.denominator, self.warnings = key, denominator, warnings

    def add(self, compared: RateComparison, counted: pd.DataFrame, name: str) -> None:
        is_mutated = counted["is_mutated"].astype(bool)
        mutated, wild_type = compared.mutated, compared.wild_type
        both = {
            "n": mutated.n + wild_type.n,
            "n_mutated": mutated.n,
            "responders": mutated.n_yes + wild_type.n_yes,
            "responders_mutated": mutated.n_yes,
        }
        warnings = " ".join((*self.warnings, *compared.warnings))
        self._rate("mutated", mutated, counted.index[is_mutated], name)
        self._rate("wild_type", wild_type, counted.index[~is_mutated], name)
        difference, fisher = compared.difference, compared.fisher
        tests: dict[str, dict[str, Any]] = {
            "difference": {"estimator": "newcombe", "estimate": difference.difference,
                           "ci_low": difference.ci_low, "ci_high": difference.ci_high},
            "fisher": {"estimator": "fisher_exact", "estimate": fisher.odds_ratio, "ci_low": fisher.ci_low,
                       "ci_high": fisher.ci_high, "p": fisher.p},
            "chi_square": {"estimator": "chi_square", "p": compared.chi_square.p},
        }  # fmt: skip
        for test, values in tests.items():
            self._row(test, values | both | {"warnings": warnings}, counted.index, name)

    def _rate(self, status: str, rate: Rate, kept: pd.Index, name: str) -> None:
        is_mutated = status == "mutated"
        values = {
            "estimator": "clopper_pearson",
            "n": rate.n,
            "n_mutated": rate.n if is_mutated else 0,
            "responders": rate.n_yes,
            "responders_mutated": rate.n_yes if is_mutated else 0,
            "estimate": rate.rate,
            "ci_low": rate.ci_low,
            "ci_high": rate.ci_high,
        }
        row_set = status if name == "members" else f"{status}, {name}"
        self._row(f"rate.{status}", values, kept, row_set)

    def _row(self, key: str, values: dict[str, Any], kept: pd.Index, row_set: str) -> None:
        name = self.rows.row_set(row_set, kept, self.among, self.cohort_id)
        values |= {"denominator": self.denominator, "row_set": name}
        self.rows.add(self.rows.response, f"{self.key}.{key}", self.cohort_id, values)
