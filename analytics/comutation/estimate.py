"""Named statistics of a co-mutation audit: how many genes before and after burden, the companions, the leading genes.

Keys: ``comutation.n_tested``, ``comutation.n_crude``, ``comutation.n_together``, ``comutation.n_apart`` and
``comutation.inflation`` in ``frequency_stats``; ``comutation.<gene>.fisher`` and
``comutation.<gene>.mantel_haenszel`` in ``comparison_stats``.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import pandas as pd

from analytics.comparison.estimate import slug
from analytics.comutation.pairs import APART, SIGNIFICANT_Q, TOGETHER, TOO_FEW, inflation
from analytics.comutation.spec import ComutationSpec
from analytics.results.rows import ResultRows

#: Genes with statistics of their own, beside the companions: the smallest p within burden.
LEADING = 15
CRUDE, WITHIN = "Fisher's exact test", "Mantel-Haenszel over burden bins within strata"


def named_genes(spec: ComutationSpec, table: pd.DataFrame) -> list[str]:
    """Companions that were found, then the leading genes."""
    tested = table[table["verdict"] != TOO_FEW]
    found = [gene for gene in spec.companions if gene in set(table["other_gene"])]
    return list(dict.fromkeys([*found, *tested["other_gene"].head(LEADING)]))


def count_rows(
    rows: ResultRows, members: pd.DataFrame, table: pd.DataFrame, gene: str
) -> list[dict[str, Any]]:
    """How many genes were tested, how many are associated crudely, and how many beyond burden."""
    out: list[dict[str, Any]] = []
    tested = table[table["verdict"] != TOO_FEW]
    known = members["n_nonsynonymous"].notna()
    name = "members"
    if not known.all():
        name = rows.row_set("members with burden", members.index[known], members.index)
    counts = {
        "n_tested": (len(tested), "genes tested"),
        "n_crude": (int((tested["fisher_q"] < SIGNIFICANT_Q).sum()), "genes with crude q < 0.05"),
        "n_together": (int((tested["verdict"] == TOGETHER).sum()), TOGETHER),
        "n_apart": (int((tested["verdict"] == APART).sum()), APART),
    }
    for key, (count, label) in counts.items():
        values = {
            "estimator": "count", "feature": gene, "group_label": label, "estimate": float(count),
            "numerator": count, "denominator": len(tested), "unit": "genes", "row_set": name,
            "n": int(known.sum()), "n_mutated": int((members["is_mutated"].astype(bool) & known).sum()),
        }  # fmt: skip
        rows.add(out, f"comutation.{key}", None, values)
    rows.add(out, "comutation.inflation", None, {
        **values, "estimator": "median of the tests within burden over that of chi-squared (1 is none)",
        "group_label": "inflation", "estimate": inflation(table), "numerator": None, "unit": "ratio",
    })  # fmt: skip
    return out


def gene_rows(
    rows: ResultRows,
    members: pd.DataFrame,
    table: pd.DataFrame,
    coverage: Mapping[str, Set[str]],
    undetermined: Mapping[str, pd.Index],
    genes: list[str],
    family: str,
) -> list[dict[str, Any]]:
    """Crude and within-burden odds ratio of the named genes.

    ``undetermined`` : other gene -> members without a call of it, of whom a row that could be it is not understood.
    """
    out: list[dict[str, Any]] = []
    by_gene = {str(row["other_gene"]): row for row in table.to_dict("records")}
    known = members["n_nonsynonymous"].notna()
    for gene in genes:
        row = by_gene[gene]
        covering = [panel for panel, covered in coverage.items() if gene in covered]
        people = known & members["panel_id"].isin(covering)
        if gene in undetermined:
            people &= ~members.index.isin(undetermined[gene])
        name = "members"
        if not people.all():
            name = rows.row_set(
                f"members with burden, covered for {gene}", members.index[people], members.index
            )
        common = {
            "feature": gene, "family": family, "unit": "odds ratio", "row_set": name, "n": int(row["n"]),
            "n_mutated": int(row["n_gene"]), "n_wild_type": int(row["n"] - row["n_gene"]),
        }  # fmt: skip
        said = (
            f"{int(row['n_both'])} people have both, {row['expected_both']:.1f} expected, "
            f"{_number(row['expected_both_within'])} within burden: {row['verdict']}."
        )
        for key, estimator, columns in (
            (
                "fisher",
                CRUDE,
                ("odds_ratio", "odds_ratio_ci_low", "odds_ratio_ci_high", "fisher_p", "fisher_q"),
            ),
            ("mantel_haenszel", WITHIN, ("mh_odds_ratio", "mh_ci_low", "mh_ci_high", "mh_p", "mh_q")),
        ):
            numbers = dict(
                zip(
                    ("estimate", "ci_low", "ci_high", "p", "q"), (float(row[c]) for c in columns), strict=True
                )
            )
            values = {**common, **numbers, "estimator": estimator, "p_method": estimator, "warnings": said}
            rows.add(out, f"comutation.{slug(gene)}.{key}", None, values)
    return out


def _number(value: float) -> str:
    return "none" if pd.isna(value) else f"{value:.1f}"
