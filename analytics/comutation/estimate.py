"""Named statistics of a co-mutation audit: how many genes before and after burden, the companions, the leading genes.

Keys: ``comutation.n_tested``, ``comutation.n_crude``, ``comutation.n_together``, ``comutation.n_apart`` and
``comutation.inflation`` in ``frequency_stats``; ``comutation.<gene>.fisher`` and
``comutation.<gene>.mantel_haenszel`` in ``comparison_stats``. The crude odds ratio of ``comutation_results`` has
Woolf's interval; Fisher's row has the estimate and the interval that belong to its p.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.comutation.pairs import APART, SIGNIFICANT_Q, TOGETHER, TOO_FEW, inflation
from analytics.comutation.spec import ComutationSpec
from analytics.keys import slug
from analytics.response.estimate import FISHER_EXACT
from analytics.response.two_by_two import fisher_exact_test
from analytics.results.estimator import Estimator, Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import ComparisonStatistic, Counts, FrequencyStatistic, Scope
from analytics.survival.estimators import COUNT

WITHIN_BURDEN = Estimator(
    key="mantel_haenszel_within_burden",
    label="Odds ratio within burden, Mantel-Haenszel",
    scale=Scale.ODDS_RATIO,
    heading="Mantel-Haenszel test within burden",
    methods="Tables of narrow bins of mutation burden within strata held apart (Mantel & Haenszel 1959, no continuity "
    "correction), both genes' own mutations taken out of burden; interval of the common odds ratio by Robins, Breslow "
    "& Greenland (1986).",
    source="Mantel and Haenszel 1959, JNCI 22:719; Robins, Breslow and Greenland 1986, Biometrics 42:311",
    applies="two genes of the same people",
)
INFLATION = Estimator(
    key="inflation",
    label="Inflation of the tests",
    scale=Scale.RATIO,
    heading="Inflation",
    methods="Median of the tests within burden over that of chi-squared: 1 where burden is held, more where some of it "
    "is left.",
    source="Devlin and Roeder 1999, Biometrics 55:997",
    applies="all genes of an audit",
)
ESTIMATORS = (WITHIN_BURDEN, INFLATION)

#: Genes with statistics of their own, beside the companions: the smallest p within burden.
LEADING = 15


@dataclass(frozen=True)
class Audited:
    """The people of an audit and what was found.

    Attributes
    ----------
    members : people counted, with ``in_group``, ``n_nonsynonymous`` and ``panel_id``.
    table : of :func:`analytics.comutation.pairs.comutation_table`.
    coverage : panel -> genes that it covers.
    undetermined : other gene -> members without a call of it, of whom a row that could be it is not understood.
    """

    members: pd.DataFrame
    table: pd.DataFrame
    coverage: Mapping[str, Set[str]]
    undetermined: Mapping[str, pd.Index]

    @property
    def has_burden(self) -> pd.Series:
        return self.members["n_nonsynonymous"].notna()

    @property
    def tested(self) -> pd.DataFrame:
        """The genes with enough carriers."""
        return self.table[self.table["verdict"] != TOO_FEW]

    def people_of(self, other_gene: str) -> pd.Series:
        """Who is counted for another gene: burden is known, the panel covers the gene, and it can be judged."""
        covering = [panel for panel, covered in self.coverage.items() if other_gene in covered]
        people = self.has_burden & self.members["panel_id"].isin(covering)
        if other_gene in self.undetermined:
            people &= ~self.members.index.isin(self.undetermined[other_gene])
        return people


def named_genes(spec: ComutationSpec, table: pd.DataFrame) -> list[str]:
    """Companions that were found, then the leading genes."""
    tested = table[table["verdict"] != TOO_FEW]
    found = [gene for gene in spec.companions if gene in set(table["other_gene"])]
    return list(dict.fromkeys([*found, *tested["other_gene"].head(LEADING)]))


def count_statistics(
    scope: Scope, sets: RowSets, audited: Audited, gene: str, contrast: Contrast
) -> list[FrequencyStatistic]:
    """How many genes were tested, how many are associated crudely, and how many beyond burden."""
    members, tested, known = audited.members, audited.tested, audited.has_burden
    name = "members"
    if not known.all():
        name = sets.named("members with burden", members.index[known], members.index)
    of_all = FrequencyStatistic(
        name=scope.name("comutation.n_tested"),
        estimator=COUNT.key,
        scale=COUNT.scale,
        feature=gene,
        row_set=name,
        counts=Counts(
            group_label=contrast.group.label,
            reference_label=contrast.reference.label,
            n=int(known.sum()),
            n_in_group=int((members["in_group"].astype(bool) & known).sum()),
        ),
        denominator=len(tested),
        unit="genes",
    )
    counts = {
        "n_tested": (len(tested), "genes tested"),
        "n_crude": (int((tested["fisher_q"] < SIGNIFICANT_Q).sum()), "genes with crude q < 0.05"),
        "n_together": (int((tested["verdict"] == TOGETHER).sum()), TOGETHER),
        "n_apart": (int((tested["verdict"] == APART).sum()), APART),
    }
    found = [
        replace(
            of_all,
            name=scope.name(f"comutation.{key}"),
            category=words,
            estimate=float(count),
            numerator=count,
        )
        for key, (count, words) in counts.items()
    ]
    inflated = replace(
        of_all,
        name=scope.name("comutation.inflation"),
        estimator=INFLATION.key,
        scale=INFLATION.scale,
        category="inflation",
        estimate=inflation(audited.table),
        unit="ratio",
    )
    return [*found, inflated]


def gene_statistics(
    scope: Scope, sets: RowSets, audited: Audited, genes: Sequence[str], family: str, contrast: Contrast
) -> list[ComparisonStatistic]:
    """Crude and within-burden odds ratio of the named genes; without numbers where a gene has too few carriers."""
    members = audited.members
    by_gene = {str(numbers["other_gene"]): numbers for numbers in audited.table.to_dict("records")}
    found: list[ComparisonStatistic] = []
    for gene in genes:
        numbers = by_gene[gene]
        people = audited.people_of(gene)
        name = "members"
        if not people.all():
            name = sets.named(
                f"members with burden, covered for {gene}", members.index[people], members.index
            )
        row = ComparisonStatistic(
            name=scope.name(f"comutation.{slug(gene)}.fisher"),
            estimator=FISHER_EXACT.key,
            scale=FISHER_EXACT.scale,
            feature=gene,
            family=family,
            unit="odds ratio",
            row_set=name,
            counts=Counts(
                group_label=contrast.group.label,
                reference_label=contrast.reference.label,
                n=int(numbers["n"]),
                n_in_group=int(numbers["n_gene"]),
            ),
            p_method=FISHER_EXACT.heading,
        ).warned(
            f"{int(numbers['n_both'])} people have both, {numbers['expected_both']:.1f} expected, "
            f"{_number(numbers['expected_both_within'])} within burden: {numbers['verdict']}."
        )
        found += [_crude(row, numbers), _within_burden(scope, row, numbers)]
    return found


def _crude(row: ComparisonStatistic, numbers: Mapping[Hashable, Any]) -> ComparisonStatistic:
    if numbers["verdict"] == TOO_FEW:
        return row
    both, n_gene, n_other = (int(numbers[column]) for column in ("n_both", "n_gene", "n_other"))
    neither = int(numbers["n"]) - n_gene - n_other + both
    fisher = fisher_exact_test(((both, n_gene - both), (n_other - both, neither)))
    return replace(
        row,
        estimate=fisher.odds_ratio,
        ci_low=fisher.ci_low,
        ci_high=fisher.ci_high,
        p=float(numbers["fisher_p"]),
        q=float(numbers["fisher_q"]),
    )


def _within_burden(
    scope: Scope, row: ComparisonStatistic, numbers: Mapping[Hashable, Any]
) -> ComparisonStatistic:
    return replace(
        row,
        name=scope.name(f"{row.key.removesuffix('fisher')}mantel_haenszel"),
        estimator=WITHIN_BURDEN.key,
        scale=WITHIN_BURDEN.scale,
        estimate=float(numbers["mh_odds_ratio"]),
        ci_low=float(numbers["mh_ci_low"]),
        ci_high=float(numbers["mh_ci_high"]),
        p=float(numbers["mh_p"]),
        p_method="Cochran-Mantel-Haenszel, no continuity correction",
        q=float(numbers["mh_q"]),
    )


def _number(value: float) -> str:
    return "none" if pd.isna(value) else f"{value:.1f}"
