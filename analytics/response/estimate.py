"""From the members of a variant to response rows: rates, difference and tests, evaluable and intention to treat.

The evaluable denominator has the plain key (``orr.rate.mutated``), intention to treat ``orr_itt.*``. What counts as
a response belongs to the warehouse's response rules, the statistics to the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analytics.biomarkers.groups import Contrast, Group
from analytics.errors import AnalysisError
from analytics.questions.specs import Response
from analytics.response.comparison import RateComparison, compare_response
from analytics.response.rates import Rate
from analytics.results.estimator import Estimator, Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, ResponseStatistic, Scope

CLOPPER_PEARSON = Estimator(
    key="clopper_pearson",
    label="Response rate",
    scale=Scale.SHARE,
    heading="Rates",
    methods="Share with the exact (Clopper-Pearson) 95 % interval. Evaluable: people whose response is known. By "
    "intention to treat: everybody of the cohorts that report response, the unknown as non-responders.",
    source="Clopper and Pearson 1934, Biometrika 26:404",
    applies="response of each group",
)
NEWCOMBE = Estimator(
    key="newcombe",
    label="Difference of two rates",
    scale=Scale.DIFFERENCE_OF_SHARES,
    heading="Difference of two rates",
    methods="Newcombe's (1998) hybrid score interval.",
    source="Newcombe 1998, Stat Med 17:873, method 10",
    applies="two groups",
)
FISHER_EXACT = Estimator(
    key="fisher_exact",
    label="Odds ratio, Fisher",
    scale=Scale.ODDS_RATIO,
    heading="Fisher's exact test",
    methods="Two-sided, as R's fisher.test: the odds ratio is the conditional maximum-likelihood estimate, and its "
    "exact interval inverts two one-sided tests, so that it can include 1 while p is below 0.05.",
    source="Fisher 1935, JRSS 98:39; Cornfield 1956",
    applies="two groups and a yes or no",
)
CHI_SQUARE = Estimator(
    key="chi_square",
    label="Chi-square test",
    scale=Scale.TEST_ONLY,
    heading="Chi-square test",
    methods="Pearson's test of the 2 x 2 table, without continuity correction.",
    source="Pearson 1900, Phil Mag 50:157",
    applies="beside Fisher's test, as papers print it",
)
ESTIMATORS = (CLOPPER_PEARSON, NEWCOMBE, FISHER_EXACT, CHI_SQUARE)


def response_statistics(
    scope: Scope, sets: RowSets, members: pd.DataFrame, responses: Sequence[Response], contrast: Contrast
) -> list[ResponseStatistic]:
    """Every response on these members, each in the cohorts that report it: of the others nobody is known not to
    respond. What cannot be estimated becomes a row with the reason."""
    sets.named("members", members.index, members.index, scope.cohort_id)
    found: list[ResponseStatistic] = []
    for response in responses:
        own, name = _reporting(members, response)
        try:
            compared = compare_response(own, response)
        except AnalysisError as exc:
            found.append(
                ResponseStatistic(
                    name=scope.name(f"{response}.fisher{contrast.suffix}"), estimator=FISHER_EXACT.key,
                    scale=FISHER_EXACT.scale, counts=Counts(n=len(own)), row_set="members", warnings=(str(exc),),
                )
            )  # fmt: skip
            continue
        part = _Part(scope, sets, members.index, contrast, compared.warnings)
        if compared.evaluable is not None:
            evaluable = own[own[response].notna()]
            found += part.rows(
                response, "evaluable", compared.evaluable, evaluable, f"evaluable for {response}"
            )
        found += part.rows(f"{response}_itt", "intention_to_treat", compared.intention_to_treat, own, name)
    return found


def _reporting(members: pd.DataFrame, response: Response) -> tuple[pd.DataFrame, str]:
    """Members of the cohorts that report a response, and what they are called; all of them where no cohort does."""
    reports = members["cohort_id"].isin(members.loc[members[response].notna(), "cohort_id"].unique())
    if reports.all() or not reports.any():
        return members, "members"
    return members[reports], f"members of cohorts that report {response}"


@dataclass(frozen=True)
class _Part:
    """Makes the rows of one response over one denominator."""

    scope: Scope
    sets: RowSets
    among: pd.Index
    contrast: Contrast
    warnings: tuple[str, ...]

    def rows(
        self, key: str, denominator: str, compared: RateComparison, counted: pd.DataFrame, name: str
    ) -> list[ResponseStatistic]:
        in_group = counted["in_group"].astype(bool)
        group, reference = compared.mutated, compared.wild_type
        both = self._row(
            key, counted.index, name, NEWCOMBE, "difference", denominator,
            Counts(
                group_label=self.contrast.group.label, reference_label=self.contrast.reference.label,
                n=group.n + reference.n, n_in_group=group.n,
            ),
            group.n_yes + reference.n_yes, group.n_yes,
        ).warned(*self.warnings, *compared.warnings)  # fmt: skip
        difference, fisher = compared.difference, compared.fisher
        sides = {self.contrast.group: (group, in_group), self.contrast.reference: (reference, ~in_group)}
        rates = [
            self._rate(key, denominator, of, sides[of][0], counted.index[sides[of][1]], name)
            for of in self.contrast.alone
        ]
        ends = {"estimate": fisher.odds_ratio, "ci_low": fisher.ci_low, "ci_high": fisher.ci_high}
        return [
            *rates,
            replace(
                both, estimate=difference.difference, ci_low=difference.ci_low, ci_high=difference.ci_high
            ),
            self._test(both, FISHER_EXACT, f"{key}.fisher{self.contrast.suffix}", p=fisher.p, **ends),
            self._test(both, CHI_SQUARE, f"{key}.chi_square{self.contrast.suffix}", p=compared.chi_square.p),
        ]

    def _test(
        self,
        both: ResponseStatistic,
        estimator: Estimator,
        key: str,
        *,
        estimate: float | None = None,
        ci_low: float | None = None,
        ci_high: float | None = None,
        p: float,
    ) -> ResponseStatistic:
        return replace(
            both,
            name=self.scope.name(key),
            estimator=estimator.key,
            scale=estimator.scale,
            estimate=estimate,
            ci_low=ci_low,
            ci_high=ci_high,
            p=p,
            p_method=estimator.heading,
        )

    def _rate(
        self, key: str, denominator: str, group: Group, rate: Rate, kept: pd.Index, name: str
    ) -> ResponseStatistic:
        row_set = group.key if name == "members" else f"{group.key}, {name}"
        counts = Counts(group_label=group.label, n=rate.n, n_in_group=rate.n)
        row = self._row(
            key,
            kept,
            row_set,
            CLOPPER_PEARSON,
            f"rate.{group.key}",
            denominator,
            counts,
            rate.n_yes,
            rate.n_yes,
        )
        return replace(row, estimate=rate.rate, ci_low=rate.ci_low, ci_high=rate.ci_high)

    def _suffix(self, what: str) -> str:
        """A rate names its group already."""
        return "" if what.startswith("rate.") else self.contrast.suffix

    def _row(
        self,
        key: str,
        kept: pd.Index,
        row_set: str,
        estimator: Estimator,
        what: str,
        denominator: str,
        counts: Counts,
        responders: int,
        responders_in_group: int,
    ) -> ResponseStatistic:
        return ResponseStatistic(
            name=self.scope.name(f"{key}.{what}{self._suffix(what)}"),
            estimator=estimator.key,
            scale=estimator.scale,
            counts=counts,
            row_set=self.sets.named(row_set, kept, self.among, self.scope.cohort_id),
            denominator=denominator,
            responders=responders,
            responders_in_group=responders_in_group,
        )
