"""Statistics as values: what was estimated, by which estimator, of whom, with its own interval and p.

A statistic is made once, where it is estimated, and stays this object in tables, figures, reports and commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self, get_args

from analytics.engine.cox.likelihood import Ties
from analytics.results.estimator import Scale
from analytics.results.schema import ResultRow, column, required
from analytics.results.verdict_words import PredictiveWord


@dataclass(frozen=True, kw_only=True)
class Name:
    """The name of a statistic, by which claims, lineage and readers find it."""

    stat_id: str = required("Name of the statistic: analysis/variant[@cohort]/estimate key")
    analysis_id: str = required("See analysis_specs")
    variant: str = required("See analysis_specs")
    endpoint: str = required("Members it was computed on, see analysis_members")
    cohort_id: str | None = column("Cohort of a per-cohort estimate; null when all members are in")
    estimate_key: str = required("What is estimated: endpoint.estimator[.group] or flow.*")


@dataclass(frozen=True)
class Scope:
    """Where statistics are made: analysis, way of doing it, endpoint, and the cohort of an estimate of one cohort."""

    analysis_id: str
    variant: str
    endpoint: str
    cohort_id: str | None = None

    def name(self, estimate_key: str) -> Name:
        """The name of one statistic of this scope."""
        cohort = f"@{self.cohort_id}" if self.cohort_id else ""
        return Name(
            stat_id=f"{self.analysis_id}/{self.variant}{cohort}/{estimate_key}",
            analysis_id=self.analysis_id,
            variant=self.variant,
            endpoint=self.endpoint,
            cohort_id=self.cohort_id,
            estimate_key=estimate_key,
        )

    def of_cohort(self, cohort_id: str | None) -> Scope:
        """The same for one cohort by itself."""
        return replace(self, cohort_id=cohort_id)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Who was counted: everybody, and the group that the estimate is about, with its name."""

    group_label: str | None = column(
        "Group that the estimate is about: mutated, a joint group, a cancer type, ..."
    )
    reference_label: str | None = column("Group that it is compared with; null where nothing is compared")
    n: int | None = column("People (or rows) analysed")
    n_in_group: int | None = column("of these in the group")
    events: int | None = column("Events, if any are counted")
    events_in_group: int | None = column("of these in the group")

    @property
    def n_in_reference(self) -> int | None:
        """People outside the group; None where one of both numbers is not known."""
        return None if self.n is None or self.n_in_group is None else self.n - self.n_in_group


@dataclass(frozen=True, kw_only=True)
class Model:
    """What an estimate was adjusted for and how ties were dealt with."""

    adjusted_for: tuple[str, ...] = column("Covariates that stayed in the model", default=())
    strata: tuple[str, ...] = column("Strata", default=())
    ties: str | None = column("Tie method", words=get_args(Ties))


@dataclass(frozen=True, kw_only=True)
class Statistic(ResultRow):
    """What every named statistic has. ``p`` and interval come from the same model; a p of another test has a row or a
    column of its own."""

    name: Name
    estimator: str | None = column(
        "Estimator, see analytics.estimators; null where nothing could be estimated"
    )
    scale: str | None = column(
        "What kind of number the estimate is: hazard ratio, months, share, ...", words=Scale
    )
    feature: str | None = column("Measure, immune feature, gene or gene set that is looked at, if any")
    row_set: str | None = column("Which members were analysed, in words; stats.stat_members has them")
    counts: Counts = field(default_factory=Counts)
    estimate: float | None = column("The estimate; null when there is none")
    ci_low: float | None = column("95 % interval, low end")
    ci_high: float | None = column("95 % interval, high end")
    p: float | None = column("Two-sided p, of the model that gave the interval")
    p_method: str | None = column("Which test the p is from")
    warnings: tuple[str, ...] = column("What a reader must know, a sentence each", default=())

    @property
    def key(self) -> str:
        """The estimate key."""
        return self.name.estimate_key

    @property
    def cohort_id(self) -> str | None:
        """Cohort of a per-cohort estimate."""
        return self.name.cohort_id

    @property
    def n(self) -> int | None:
        """People analysed."""
        return self.counts.n

    def with_wald(self, estimate: float, ci_low: float, ci_high: float, p: float) -> Self:
        """The same with an estimate, and the interval and p that its standard error gives."""
        return replace(self, estimate=estimate, ci_low=ci_low, ci_high=ci_high, p=p, p_method="wald")

    def warned(self, *sentences: str) -> Self:
        """The same with further warnings, each once."""
        return replace(self, warnings=tuple(dict.fromkeys((*self.warnings, *(s for s in sentences if s)))))


@dataclass(frozen=True, kw_only=True)
class SurvivalStatistic(Statistic):
    """A survival estimate, a median, a test or a count of members."""

    TABLE: ClassVar[str] = "survival_stats"
    MEANING: ClassVar[str] = "A survival estimate, a median, a test or a count of members."

    model: Model = field(default_factory=Model)
    standard_error: float | None = column("Standard error, of the log for a hazard ratio")
    statistic: float | None = column("Test statistic")
    p_permutation: float | None = column(
        "p of the permutation log-rank test of the groups alone, beside Firth's p of a model without covariates"
    )
    median_in_group_months: float | None = column("Kaplan-Meier median of the group; null when not reached")
    median_in_reference_months: float | None = column("The same of the reference group")


@dataclass(frozen=True, kw_only=True)
class ResponseStatistic(Statistic):
    """A response rate or a comparison of rates."""

    TABLE: ClassVar[str] = "response_stats"
    MEANING: ClassVar[str] = "A response rate or a comparison of rates."

    denominator: str | None = column(
        "evaluable or intention_to_treat", words=("evaluable", "intention_to_treat")
    )
    responders: int | None = column("Responders")
    responders_in_group: int | None = column("of these in the group")


@dataclass(frozen=True, kw_only=True)
class ComparisonStatistic(Statistic):
    """A measure compared between two groups of members."""

    TABLE: ClassVar[str] = "comparison_stats"
    MEANING: ClassVar[str] = "A measure compared between two groups of members."

    family: str | None = column("Comparisons whose p are adjusted together")
    stratum: str | None = column("Stratum of the comparison; null when it is over all")
    unit: str | None = column("Unit of the values compared")
    n_missing: int | None = column("Members without a value")
    median_in_group: float | None = column("Median of the group")
    median_in_reference: float | None = column("Median of the reference group")
    median_difference: float | None = column("Median of the group less that of the reference group")
    statistic: float | None = column("Test statistic")
    q: float | None = column("Benjamini-Hochberg over the family")
    cliffs_delta: float | None = column(
        "Effect size: chance that a value of the group is larger, less the reverse"
    )
    cliffs_delta_ci_low: float | None = column("Its 95 % interval, low end")
    cliffs_delta_ci_high: float | None = column("Its 95 % interval, high end")
    gene_set_sha256: str | None = column("Checksum of the gene set behind the feature, see marts.gene_sets")
    coverage: float | None = column("Share of the gene set that was measured")


@dataclass(frozen=True, kw_only=True)
class FrequencyStatistic(Statistic):
    """A count or a share with its exact interval."""

    TABLE: ClassVar[str] = "frequency_stats"
    MEANING: ClassVar[str] = "A count or a share with its exact interval."

    category: str | None = column(
        "What the row counts where something is divided: a cancer type, a class of mutation, a domain, a residue, ..."
    )
    numerator: int | None = column("Counted with the property; null for a plain count")
    denominator: int | None = column("Counted in all: profiled people, mutations, pairs, ...")
    unit: str | None = column("What is counted: patients, mutations, pairs, amino acids, ...")
    q: float | None = column("Benjamini-Hochberg over the family that the warning names, where there is one")


@dataclass(frozen=True, kw_only=True)
class MetaStatistic(Statistic):
    """A random-effects pool of cohorts, or the same without one of them."""

    TABLE: ClassVar[str] = "meta_stats"
    MEANING: ClassVar[str] = "A random-effects pool of cohorts, or the same without one of them."

    left_out: str | None = column("Cohort left out, if any")
    n_cohorts: int | None = column("Cohorts with an estimate")
    cohorts: tuple[str, ...] = column("These cohorts", default=())
    prediction_low: float | None = column("95 % prediction interval for a new cohort, low end")
    prediction_high: float | None = column("95 % prediction interval for a new cohort, high end")
    tau2: float | None = column("Variance of the true log hazard ratios between cohorts")
    i2_percent: float | None = column("Share of the variation that is between cohorts")
    i2_ci_low_percent: float | None = column("Its 95 % interval, low end")
    i2_ci_high_percent: float | None = column("Its 95 % interval, high end")
    q_p: float | None = column("p of Cochran's test of heterogeneity")


@dataclass(frozen=True, kw_only=True)
class InteractionStatistic(Statistic):
    """Interaction of treatment and biomarker, or a ratio of hazard ratios, with the verdict."""

    TABLE: ClassVar[str] = "interaction_stats"
    MEANING: ClassVar[str] = (
        "Interaction of treatment and biomarker, or a ratio of hazard ratios, with the verdict."
    )

    compared_with: tuple[str, ...] = column(
        "Trials, the analysis without checkpoint blockade, or the two biomarkers that each act alone",
        default=(),
    )
    verdict: str | None = column(
        "predictive, consistent with predictive, conflicting, prognostic or undetermined; on the deciding row",
        words=PredictiveWord,
    )
    reason: str | None = column("Why, in words")


@dataclass(frozen=True, kw_only=True)
class AnyStatistic(Statistic):
    """A statistic of whatever table, with what all have."""

    TABLE: ClassVar[str] = "every_stat"
    MEANING: ClassVar[str] = "A statistic of whatever table."

    cohorts: tuple[str, ...] = column(
        "Cohorts that are pooled, where they are fewer than those of the analysis", default=()
    )
    median_in_group: float | None = column("Median of the group")
    median_in_reference: float | None = column("Median of the reference group")
    table_name: str | None = column("Table that it stands in")
