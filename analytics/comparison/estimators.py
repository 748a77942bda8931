"""The estimators of comparisons: what each is. The functions stand in ``burden``, ``stratified`` and
``analytics.immune``."""

from __future__ import annotations

from analytics.results.estimator import Estimator, Scale

_RANK_SUM = (
    "Values of the group against those of the reference, ties averaged, two-sided: the Hodges-Lehmann shift with the "
    "interval that inverts the test, Cliff's delta as effect size, and Benjamini-Hochberg over the family of "
    "comparisons. Strata are combined by van Elteren's weights where named."
)
WILCOXON = Estimator(
    key="wilcoxon",
    label="Shift, Wilcoxon rank-sum",
    scale=Scale.DIFFERENCE_OF_VALUES,
    heading="Wilcoxon rank-sum test",
    methods=_RANK_SUM,
    source="Mann and Whitney 1947, Ann Math Stat 18:50; Hodges and Lehmann 1963, Ann Math Stat 34:598; Cliff 1993, "
    "Psychol Bull 114:494",
    applies="a value of two groups in one pot, or within one stratum",
)
VAN_ELTEREN = Estimator(
    key="van_elteren",
    label="Shift within strata, van Elteren",
    scale=Scale.DIFFERENCE_OF_VALUES,
    heading="Wilcoxon rank-sum test",
    methods=_RANK_SUM,
    source="van Elteren 1960, Bull Int Stat Inst 37:351; Lehmann 1975, Nonparametrics, section 3.3",
    applies="a value of two groups, compared within assay, cohort and cancer type only",
)
REMAINING = Estimator(
    key="remaining",
    label="Effect that remains without the gene's own mutations",
    scale=Scale.RATIO,
    heading="The gene's own mutations",
    methods="Cliff's delta of the burden without the gene's own mutations over that of the burden with them.",
    source="docs/statistics.md",
    applies="counts of mutations from which the gene's own are taken out",
)
BEYOND_CHANCE = Estimator(
    key="beyond_chance",
    label="Cliff's delta beyond chance",
    scale=Scale.EFFECT_SIZE,
    heading="Carriers drawn in proportion to burden",
    methods="Cliff's delta less its mean over carriers drawn within strata with probability proportional to burden, "
    "with the interval and the two-sided p that the draws leave.",
    source="docs/statistics.md",
    applies="burdens of variants that ask for draws",
)
RANK_COVARIANCE = Estimator(
    key="rank_covariance",
    label="Difference of ranks adjusted for burden",
    scale=Scale.EFFECT_SIZE,
    heading="Rank analysis of covariance",
    methods="Ranks within strata less their regression on the ranks of burden, compared as in van Elteren's test; the "
    "estimate is a difference on the scale of Cliff's delta.",
    source="Quade 1967, JASA 62:1187; Koch, Amara, Davis and Gillings 1982, Biometrics 38:563",
    applies="measures that are to be adjusted for burden",
)
FEATURES_THAT_DIFFER = Estimator(
    key="features_that_differ",
    label="Features that differ",
    scale=Scale.SHARE,
    heading="Features that differ",
    methods="Share of the features that could be tested whose q is below 0.05; features are not independent, and there "
    "is no interval.",
    source="Benjamini and Hochberg 1995, JRSS B 57:289",
    applies="measures of several features with one claim",
)
ESTIMATORS = (WILCOXON, VAN_ELTEREN, REMAINING, BEYOND_CHANCE, RANK_COVARIANCE, FEATURES_THAT_DIFFER)
