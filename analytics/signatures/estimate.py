"""Statistics about signatures: presence by gene status, and agreement with what was published.

Keys are ``<signature>.<what>`` in lower case (``sbs7a.rate.mutated``, ``sbs7a.fisher``). Deciding what is present
belongs to ``samples``, survival to ``survival``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.engine.multiplicity import benjamini_hochberg
from analytics.errors import AnalysisError
from analytics.response.estimate import FISHER_EXACT, NEWCOMBE
from analytics.response.rates import Rate, exact_rate
from analytics.response.stratified_tables import MANTEL_HAENSZEL
from analytics.results.estimator import Estimator, Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import ComparisonStatistic, Counts, FrequencyStatistic, Scope
from analytics.signatures.presence import compare_presence
from analytics.signatures.samples import SampleSignatures
from analytics.signatures.signatures import MIN_MUTATIONS
from analytics.signatures.spec import SignatureVariant
from analytics.survival.estimators import PROPORTION

FITTED = "samples with signatures"
_CRUDE = "Signatures go with tumour types as mutations do: read the Mantel-Haenszel odds ratio within types beside it."
_SIGNATURES = (
    "Non-negative least squares on the 96 channels against the stated version of COSMIC, never on panels and never "
    "below 50 single-nucleotide variants; presence by a sparse rule with bootstrap intervals."
)
MEDIAN_SIMILARITY = Estimator(
    key="median_similarity",
    label="Median similarity of the reconstruction",
    scale=Scale.VALUE,
    heading="Mutational signatures",
    methods=_SIGNATURES,
    source="Huang, Wojtowicz and Przytycka 2018, Bioinformatics 34:330",
    applies="beside published exposures of the same samples",
)
SPEARMAN = Estimator(
    key="spearman",
    label="Rank correlation, Spearman",
    scale=Scale.CORRELATION,
    heading="Spearman's correlation",
    methods="Correlation of the ranks, ties averaged.",
    source="Spearman 1904, Am J Psychol 15:72",
    applies="our exposures beside published ones of the same samples",
)
ESTIMATORS = (MEDIAN_SIMILARITY, SPEARMAN)


@dataclass(frozen=True)
class SignedMembers:
    """Members of one way of doing an analysis, and the signatures of their samples.

    Attributes
    ----------
    members : with ``in_group``, ``sample_key`` and the variant's strata.
    sets : takes the row sets of the statistics.
    """

    scope: Scope
    sets: RowSets
    members: pd.DataFrame
    found: SampleSignatures
    contrast: Contrast

    @property
    def fitted(self) -> pd.DataFrame:
        """Members whose sample has signatures."""
        return self.members[self.is_in(self.found)]

    @property
    def presence(self) -> pd.DataFrame:
        """[fitted member, signature] True or False."""
        fitted = self.fitted
        return self.found.presence.reindex(fitted["sample_key"]).set_axis(fitted.index)

    def is_in(self, signatures: SampleSignatures) -> pd.Series:
        """Which members have a sample with signatures among these."""
        return self.members["sample_key"].isin(signatures.samples.index[signatures.is_fitted])

    def row_set(self, name: str, kept: pd.Index) -> str:
        """Remember a row set among the members; returns its name."""
        return self.sets.named(name, kept, self.members.index)

    def why_not(self, signature: str) -> str:
        """Why there is no number of a signature."""
        return self.found.unavailable or f"{self.found.about['reference_id']}: there is no {signature}."

    def share(self, key: str, of: Rate, label: str, row_set: str, feature: str | None) -> FrequencyStatistic:
        """A share of samples with its exact interval; ``label`` names those who are counted."""
        return FrequencyStatistic(
            name=self.scope.name(key),
            estimator=PROPORTION.key,
            scale=PROPORTION.scale,
            feature=feature,
            row_set=row_set,
            counts=Counts(group_label=label, n=of.n, n_in_group=of.n_yes),
            estimate=of.rate,
            ci_low=of.ci_low,
            ci_high=of.ci_high,
            numerator=of.n_yes,
            denominator=of.n,
            unit="samples",
        )

    def comparison(
        self, key: str, estimator: Estimator, row_set: str, feature: str | None
    ) -> ComparisonStatistic:
        """A comparison without its numbers."""
        return ComparisonStatistic(
            name=self.scope.name(key),
            estimator=estimator.key,
            scale=estimator.scale,
            feature=feature,
            row_set=row_set,
        )


def coverage_statistics(people: SignedMembers) -> list[FrequencyStatistic]:
    """Members with signatures among all members, and why the others have none; nothing without members."""
    fitted = people.fitted.index
    if people.members.empty:
        return []
    people.row_set(FITTED, fitted)
    share = exact_rate(len(fitted), len(people.members))
    row = people.share("signatures.fitted", share, FITTED, "members", None)
    return [row.warned(*people.found.warnings)]


def presence_statistics(
    people: SignedMembers, variant: SignatureVariant, asked: Sequence[str]
) -> tuple[list[FrequencyStatistic], list[ComparisonStatistic]]:
    """How often each signature is present by gene status: rates, and tests of them.

    ``asked`` : signatures that get rows whether the reference has them or not.
    """
    fitted, presence = people.fitted, people.presence
    row_set = people.row_set(FITTED, fitted.index)
    unknown = [name for name in asked if name not in presence.columns]
    frequency = [row for name in unknown for row in _no_rates(people, name, row_set)]
    comparison = [_no_test(people, name, row_set, people.why_not(name)) for name in unknown]
    if presence.shape[1] == 0:
        return frequency, comparison
    try:
        table = compare_presence(presence, fitted["in_group"], strata=_strata(fitted, variant.strata))
    except AnalysisError as exc:
        known = [name for name in asked if name not in unknown]
        return frequency, comparison + [_no_test(people, name, row_set, str(exc)) for name in known]
    within = f"Within {', '.join(variant.strata)}" if variant.strata else ""
    q_within = benjamini_hochberg(table["mh_p"].to_numpy(dtype=float))
    for line, q in zip(table.itertuples(index=False), q_within, strict=True):
        frequency += _rates(people, line)
        comparison += _tests(people, line, row_set, within, float(q))
    if variant.min_mutations < MIN_MUTATIONS:
        frequency += _by_count(people, asked)
    return frequency, comparison


def _strata(members: pd.DataFrame, columns: Sequence[str]) -> pd.Series | None:
    if not columns:
        return None
    return members[list(columns)].astype("string").fillna("unknown").agg(" / ".join, axis=1)


def _no_rates(people: SignedMembers, name: str, row_set: str) -> list[FrequencyStatistic]:
    return [
        FrequencyStatistic(
            name=people.scope.name(f"{name.lower()}.rate.{group.key}"),
            estimator=PROPORTION.key,
            scale=PROPORTION.scale,
            feature=name,
            row_set=row_set,
            counts=Counts(group_label=group.label),
            warnings=(people.why_not(name),),
        )
        for group in (people.contrast.group, people.contrast.reference)
    ]


def _no_test(people: SignedMembers, name: str, row_set: str, reason: str) -> ComparisonStatistic:
    return people.comparison(f"{name.lower()}.fisher", FISHER_EXACT, row_set, name).warned(reason)


def _rates(people: SignedMembers, line: Any) -> list[FrequencyStatistic]:
    """The rate of each group; ``line`` is a row of :func:`compare_presence`."""
    in_group = people.fitted["in_group"]
    rows = []
    for group, inside, n, n_yes, percent in (
        (
            people.contrast.group, in_group, line.n_mutated, line.present_mutated,
            (line.percent_mutated, line.percent_mutated_ci_low, line.percent_mutated_ci_high),
        ),
        (
            people.contrast.reference, ~in_group, line.n_other, line.present_other,
            (line.percent_other, line.percent_other_ci_low, line.percent_other_ci_high),
        ),
    ):  # fmt: skip
        rows.append(
            FrequencyStatistic(
                name=people.scope.name(f"{line.feature.lower()}.rate.{group.key}"),
                estimator=PROPORTION.key,
                scale=PROPORTION.scale,
                feature=line.feature,
                row_set=people.row_set(f"{FITTED}, {group.key}", in_group.index[inside]),
                counts=Counts(group_label=group.label, n=n, n_in_group=n),
                estimate=percent[0] / 100.0,
                ci_low=percent[1] / 100.0,
                ci_high=percent[2] / 100.0,
                numerator=n_yes,
                denominator=n,
                unit="samples",
            ).warned(line.reason)
        )
    return rows


def _tests(
    people: SignedMembers, line: Any, row_set: str, within: str, q_within: float
) -> list[ComparisonStatistic]:
    """Fisher's test, the difference of the rates, and where there are strata the common odds ratio within them."""
    name, contrast = line.feature.lower(), people.contrast
    counts = Counts(
        group_label=contrast.group.label, reference_label=contrast.reference.label,
        n=line.n_mutated + line.n_other, n_in_group=line.n_mutated,
    )  # fmt: skip

    def row(what: str, estimator: Estimator) -> ComparisonStatistic:
        empty = people.comparison(f"{name}.{what}", estimator, row_set, line.feature)
        return replace(empty, counts=counts, unit="samples")

    fisher = replace(
        row("fisher", FISHER_EXACT),
        family="presence of signatures",
        estimate=line.odds_ratio,
        ci_low=line.odds_ratio_ci_low,
        ci_high=line.odds_ratio_ci_high,
        p=line.p,
        q=line.q_bh,
        p_method="Fisher, two-sided",
    ).warned(line.reason or (_CRUDE if within else ""))
    difference = replace(
        row("difference", NEWCOMBE),
        estimate=line.difference_percent / 100.0,
        ci_low=line.difference_percent_ci_low / 100.0,
        ci_high=line.difference_percent_ci_high / 100.0,
    ).warned(line.reason)
    if not within:
        return [fisher, difference]
    informative = line.n_informative_strata
    nothing = line.reason or ("no stratum has both kinds of samples" if not informative else "")
    held = replace(
        row("mantel_haenszel", MANTEL_HAENSZEL),
        family="presence of signatures within strata",
        estimate=line.mh_odds_ratio,
        ci_low=line.mh_ci_low,
        ci_high=line.mh_ci_high,
        p=line.mh_p,
        q=q_within,
        p_method="Mantel-Haenszel, no continuity correction",
    ).warned(nothing or f"{within}: {informative} informative strata.")
    return [fisher, difference, held]


def _by_count(people: SignedMembers, asked: Sequence[str]) -> list[FrequencyStatistic]:
    """Presence below and from 50 substitutions: a signature that is found more often where there is less to find it
    by is one of noise."""
    fitted, presence = people.fitted, people.presence
    n_snvs = fitted["sample_key"].map(people.found.samples["n_snvs"])
    rows = []
    for label, inside, words in (
        ("few_mutations", n_snvs < MIN_MUTATIONS, f"fewer than {MIN_MUTATIONS} substitutions"),
        ("enough_mutations", n_snvs >= MIN_MUTATIONS, f"{MIN_MUTATIONS} substitutions or more"),
    ):
        counted = fitted.index[inside]
        if not len(counted):
            continue
        row_set = people.sets.named(f"{FITTED}, {words}", counted, fitted.index)
        for name in (n for n in asked if n in presence.columns):
            share = exact_rate(int(presence.loc[counted, name].astype(bool).sum()), len(counted))
            row = people.share(f"{name.lower()}.rate.{label}", share, words, row_set, name)
            rows.append(replace(row, counts=Counts(group_label=words, n=share.n, n_in_group=share.n)))
    return rows


def agreement_statistics(
    people: SignedMembers, published: SampleSignatures
) -> tuple[list[FrequencyStatistic], list[ComparisonStatistic]]:
    """Our refit beside published exposures of the same samples: how many samples agree on presence, the rank
    correlation of exposures, and the median similarity of the reconstruction."""
    both = people.members[people.is_in(people.found) & people.is_in(published)]
    frequency: list[FrequencyStatistic] = []
    comparison: list[ComparisonStatistic] = []
    if both.empty:
        return frequency, comparison
    row_set = people.row_set("samples with signatures, published ones too", both.index)
    keys, counts = both["sample_key"], Counts(n=len(both))
    for what, source in (("refit", people.found), ("published", published)):
        row = people.comparison(f"reconstruction.median_cosine.{what}", MEDIAN_SIMILARITY, row_set, None)
        median = float(source.samples.loc[keys, "reconstruction_cosine"].astype(float).median())
        comparison.append(replace(row, counts=counts, estimate=median, unit="cosine similarity"))
    exposures, theirs = people.found.exposures.loc[keys], published.exposures.loc[keys]
    for name in [n for n in exposures.columns if n in theirs.columns]:
        found, given = exposures[name], theirs[name]
        if (found > 0).sum() + (given > 0).sum() == 0:
            continue
        one_sided = min((found > 0).sum(), (given > 0).sum()) == 0
        row = people.comparison(f"agreement.spearman.{name.lower()}", SPEARMAN, row_set, name)
        comparison.append(
            replace(
                row,
                counts=counts,
                estimate=None if one_sided else float(found.rank().corr(given.rank())),
                unit="rank correlation",
            ).warned("One of the two never finds it." if one_sided else "")
        )
        same = people.found.presence.loc[keys, name].astype(bool) == published.presence.loc[
            keys, name
        ].astype(bool)
        share = exact_rate(int(same.sum()), len(same))
        key, label = f"agreement.presence.{name.lower()}", "same presence as published"
        frequency.append(people.share(key, share, label, row_set, name))
    return frequency, comparison
