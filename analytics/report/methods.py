"""One paragraph for each estimator that a report uses, found by the estimator's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analytics.report.words import plain_words

#: (pattern of the estimator's name, heading, paragraph). The first that fits counts.
_PARAGRAPHS: tuple[tuple[str, str, str], ...] = (
    (r"^count$|descriptive", "Counts", "Numbers of people or rows; each is walked back to exactly these."),
    (
        r"kaplan", "Kaplan-Meier",
        "Product-limit estimate with delayed entry where people enter late; medians with the interval of "
        "Brookmeyer and "
        "Crowley (1982), log-log transformed. A median that the curve does not reach is said not to be reached.",
    ),
    (
        r"log_rank_oe", "Log-rank O/E hazard ratio",
        "Ratio of observed to expected events of the two groups with standard error sqrt(1/Ea + 1/Eb), as some papers "
        "report it. It is not a Cox estimate, and is shown to repeat what was published.",
    ),
    (r"log_rank", "Log-rank test", "Mantel's test, stratified where strata are named; two-sided."),
    (
        r"difference of log hazard ratios", "Ratio of hazard ratios",
        "The difference of two independent log hazard ratios with its interval (Altman and Bland, BMJ "
        "2003;326:219). The "
        "verdict follows a fixed rule: predictive takes a randomised interaction or a ratio whose interval excludes 1; "
        "an effect that is merely not significant without checkpoint blockade never makes it.",
    ),
    (
        r"interaction|stratified by trial", "Interaction of treatment and gene",
        "Cox model with arm, gene status and their product, stratified by trial, on both arms of the "
        "randomised trials.",
    ),
    (
        r"random effects|reml|hartung", "Random effects over cohorts",
        "Two-stage: one log hazard ratio a cohort, pooled with the variance between cohorts estimated by restricted "
        "maximum likelihood and the interval of Hartung and Knapp (2001), never narrower than the plain one; "
        "I\u00b2 with "
        "interval, prediction interval for a new cohort, and each cohort left out in turn.",
    ),
    (
        r"firth", "Firth's penalised Cox model",
        "Used where a group has fewer than five events: Firth's penalty (Heinze and Schemper 2001), profile interval, "
        "and a permutation P in place of the Wald P.",
    ),
    (
        r"(?<![a-z])cox", "Cox proportional hazards",
        "Partial likelihood with Efron's ties; stratified as named, standard error robust by person where people of "
        "several cohorts are pooled; delayed entry where there is one. Rows without a covariate are left out of that "
        "model alone and counted in a warning; nothing is imputed. A covariate that cannot vary is dropped and named.",
    ),
    (
        r"restricted_mean", "Restricted mean survival",
        "Difference of the areas under the two Kaplan-Meier curves up to a common horizon, which a note gives.",
    ),
    (
        r"schoenfeld", "Proportional hazards",
        "Score test on the scaled Schoenfeld residuals against the Kaplan-Meier transform of time (Grambsch and "
        "Therneau 1994, as R's cox.zph 3 computes it).",
    ),
    (
        r"proportion|clopper", "Rates",
        "Share with the exact (Clopper-Pearson) 95 % interval. Evaluable: people whose response is known. By intention "
        "to treat: everybody of the cohorts that report response, the unknown as non-responders.",
    ),
    (r"newcombe", "Difference of two rates", "Newcombe's (1998) hybrid score interval."),
    (r"fisher", "Fisher's exact test", "Two-sided; the odds ratio is the conditional maximum-likelihood estimate."),
    (
        r"mantel_haenszel|mantel-haenszel", "Mantel-Haenszel test",
        "Tables of strata held apart (Mantel & Haenszel 1959, no continuity correction); interval of the common odds "
        "ratio by Robins, Breslow & Greenland (1986).",
    ),
    (r"chi_square|chi-square", "Chi-square test", "Pearson's test of the 2 x 2 table."),
    (
        r"wilcoxon|rank_sum|rank sum|mann", "Wilcoxon rank-sum test",
        "Values of mutated against wild-type, ties averaged, two-sided; medians with Cliff's delta as effect size, and "
        "Benjamini-Hochberg over the family of comparisons. Strata are combined by van Elteren's weights where named.",
    ),
    (
        r"signed", "Wilcoxon signed-rank test",
        "First against second sample of the same person, two-sided.",
    ),
    (
        r"ssgsea", "Single-sample enrichment",
        "Running-sum score of the set's genes in the sample's own ranking (Barbie et al. 2009), with GSVA's rule for "
        "ties; sets below 80 % coverage are not scored, and scores are compared within a cohort only.",
    ),
    (
        r"gsea|prerank", "Gene-set enrichment",
        "Genes ranked by their difference between mutated and wild-type; running-sum statistic with permutation P and "
        "false discovery rate (Subramanian et al. 2005).",
    ),
    (
        r"nnls|exposure|signature", "Mutational signatures",
        "Non-negative least squares on the 96 channels against the stated version of COSMIC, never on panels and never "
        "below 50 single-nucleotide variants; presence by a sparse rule with bootstrap intervals.",
    ),
    (
        r"maxstat|maximally|cut", "Cut-off",
        "Maximally selected log-rank statistic with a P corrected for the search; frozen before validation.",
    ),
    (
        r"calibration|brier|concordance|c_index|optimism|bootstrap|nomogram", "Prediction",
        "Points from a Cox model; discrimination by the C-index and calibration at fixed times, corrected for optimism "
        "by bootstrap, and validated on people who were not in the model.",
    ),
    (r"spearman", "Spearman's correlation", "Rank correlation with the interval of Fisher's transformation."),
    (r"median", "Medians", "Median of the values, with the difference between groups."),
)  # fmt: skip
BURDEN_NULL = (
    "Mutation burden as an explanation",
    "Beside each gene result stands the model adjusted for mutation burden with the gene's own mutations "
    "taken out, and in "
    "the scan a null distribution of carriers drawn with probability proportional to burden within cohort, "
    "cancer type and "
    "panel. A gene that its own draws explain is called not distinguishable from mutation burden.",
)


def methods_of(estimators: Iterable[str], *, with_scan: bool) -> tuple[tuple[str, str], ...]:
    """(heading, paragraph) of every estimator, each once, in the order of the list above.

    An estimator without a paragraph is named, and the reader is sent to the documentation.
    """
    found: dict[str, str] = {}
    unknown: list[str] = []
    names = sorted({name for name in estimators if name})
    for name in names:
        if not any(re.search(pattern, name.lower()) for pattern, _, _ in _PARAGRAPHS):
            unknown.append(name)
    fits = [(name, next((i for i, (p, _, _) in enumerate(_PARAGRAPHS) if re.search(p, name.lower())), None))
            for name in names]  # fmt: skip
    for index, (_, heading, paragraph) in enumerate(_PARAGRAPHS):
        if any(place == index for _, place in fits):
            found[heading] = paragraph
    if with_scan:
        found[BURDEN_NULL[0]] = BURDEN_NULL[1]
    if unknown:
        names_in_words = ", ".join(plain_words(name) for name in unknown)
        found["Others"] = f"{names_in_words[:1].upper()}{names_in_words[1:]}: see docs/statistics.md."
    return tuple(found.items())
