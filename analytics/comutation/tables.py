"""The result table of a co-mutation audit: one row a gene. The leading ones are statistics with names elsewhere."""

from __future__ import annotations

from analytics.comutation.pairs import APART, EXPLAINED, NOTHING, TOGETHER, TOO_FEW
from analytics.results.schema import Columns, ResultTable

_COLUMNS: Columns = {
    "analysis_id": ("string", "See analysis_specs"),
    "variant": ("string", "See analysis_specs"),
    "endpoint": ("string", "Members it was computed on, see analysis_members"),
    "gene": ("string", "The gene that is asked about"),
    "other_gene": ("string", "The gene that is mutated with it, or not"),
    "n": ("bigint", "Members whose panel covers both genes"),
    "n_gene": ("bigint", "of these with a mutation of the gene"),
    "n_other": ("bigint", "of these with a mutation of the other gene"),
    "n_both": ("bigint", "of these with both"),
    "expected_both": ("double", "Expected with both if independent"),
    "odds_ratio": ("double", "Crude odds ratio over all; null when a cell is empty"),
    "odds_ratio_ci_low": ("double", "95 % interval (Woolf), low end"),
    "odds_ratio_ci_high": ("double", "95 % interval (Woolf), high end"),
    "fisher_p": ("double", "Fisher's exact test, two-sided"),
    "fisher_q": ("double", "Benjamini-Hochberg over the genes tested"),
    "expected_both_within": ("double", "Expected with both if independent within burden bin and stratum"),
    "mh_odds_ratio": (
        "double",
        "Mantel-Haenszel odds ratio over burden bins within strata; null where it would be infinite",
    ),
    "mh_ci_low": ("double", "95 % interval (Robins, Breslow, Greenland), low end"),
    "mh_ci_high": ("double", "95 % interval, high end"),
    "mh_p": ("double", "Cochran-Mantel-Haenszel test without continuity correction"),
    "mh_q": ("double", "Benjamini-Hochberg over the genes tested"),
    "n_informative": ("bigint", "Bins in which both genes vary"),
    "verdict": (
        "string",
        "together or apart beyond burden, not distinguishable from burden, no association, or too few carriers",
    ),
}
TABLES = (
    ResultTable(
        "comutation_results",
        "A gene mutated together with another: crude, and within narrow bins of burden.",
        _COLUMNS,
        {"verdict": (TOGETHER, APART, EXPLAINED, NOTHING, TOO_FEW)},
    ),
)
