"""The estimators of questions of resistance that no other room has."""

from __future__ import annotations

from analytics.results.estimator import Estimator, Scale

POOLED_PROPORTION = Estimator(
    key="pooled_proportion",
    label="Share, mutations of all pairs together",
    scale=Scale.SHARE,
    heading="Shares of mutations",
    methods="Mutations of all pairs together, with the exact (Clopper-Pearson) interval, which takes them for "
    "independent; the median over the pairs stands beside.",
    source="Clopper and Pearson 1934, Biometrika 26:404",
    applies="pairs of samples",
)
MEDIAN_OVER_PAIRS = Estimator(
    key="median_over_pairs",
    label="Median over the pairs",
    scale=Scale.SHARE,
    heading="Shares of mutations",
    methods=POOLED_PROPORTION.methods,
    source="",
    applies="pairs of samples",
)
HODGES_LEHMANN_PAIRED = Estimator(
    key="hodges_lehmann_paired",
    label="Paired change, Hodges-Lehmann",
    scale=Scale.DIFFERENCE_OF_VALUES,
    heading="Wilcoxon signed-rank test",
    methods="First against second sample of the same person, two-sided: the median of the Walsh averages with the "
    "interval that the signed-rank distribution gives, as R's wilcox.test.",
    source="Hodges and Lehmann 1963, Ann Math Stat 34:598; Hollander and Wolfe 1999, section 3.3",
    applies="a measure at two times, six pairs or more",
)
FISHER_SAMPLE_RATIO = Estimator(
    key="fisher_sample_ratio",
    label="Odds ratio of the sample, Fisher's test",
    scale=Scale.ODDS_RATIO,
    heading="Fisher's exact test of loss and response",
    methods="Two-sided; the odds ratio is that of the four counts, without an interval, because most cells are small.",
    source="Fisher 1935, JRSS 98:39",
    applies="loss against response",
)
ESTIMATORS = (POOLED_PROPORTION, MEDIAN_OVER_PAIRS, HODGES_LEHMANN_PAIRED, FISHER_SAMPLE_RATIO)
