"""From members and the values of a measure to rows of ``comparison_stats``.

Keys: ``<measure>.wilcoxon`` for a measure of one feature, ``<measure>.<feature>.wilcoxon`` for one of several; then
``.own_mutations_kept`` and ``.remaining`` (what taking the gene's own mutations out leaves), ``.beyond_chance``
(against carriers drawn in proportion to burden), ``.burden_adjusted``, and ``.wilcoxon.<stratum>`` within one stratum.
Who is a member and where values come from do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.comparison.burden import van_elteren
from analytics.comparison.estimators import (
    BEYOND_CHANCE,
    RANK_COVARIANCE,
    REMAINING,
    VAN_ELTEREN,
    WILCOXON,
)
from analytics.comparison.source import VALUE_COLUMNS
from analytics.comparison.spec import ComparisonSpec, ComparisonVariant
from analytics.comparison.stratified import (
    adjusted_ranks,
    beyond_chance,
    stratified_delta,
    stratified_shift,
)
from analytics.engine.multiplicity import benjamini_hochberg
from analytics.engine.numbers import count
from analytics.errors import AnalysisError, MissingColumnError
from analytics.immune.comparisons import compare_two_groups
from analytics.keys import slug
from analytics.results.estimator import Estimator
from analytics.results.row_sets import RowSets
from analytics.results.statistic import ComparisonStatistic, Counts, Scope

#: Words of a measure's frame, which may be categories; those of the members are not.
_WORDS = {"cohort_id": "object", "sample_id": "object", "unit": "object"}
_UNIT_CLASH = "The values have unlike units, so there is no shift: read the effect size."


def feature_key(measure: str, feature: str, n_features: int) -> str:
    """Key of a feature without the estimator."""
    return measure if n_features == 1 and feature == measure else f"{measure}.{slug(feature)}"


def member_values(members: pd.DataFrame, frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Feature -> frame on the index of ``members`` with value, unit and own (0 where a measure has no such part).

    Raises
    ------
    MissingColumnError
        The measure's frame lacks a column of ``VALUE_COLUMNS``.
    """
    missing = [column for column in VALUE_COLUMNS if column not in frame]
    if missing:
        raise MissingColumnError(f"The measure's frame lacks the column(s) {', '.join(missing)}.")
    if "own" not in frame:
        frame = frame.assign(own=0.0)
    keys = members[["cohort_id", "sample_id"]].astype("object")
    found = {}
    for feature, rows in frame.groupby("feature", sort=False, observed=True):
        joined = keys.merge(
            rows[["cohort_id", "sample_id", "value", "unit", "own"]].astype(_WORDS),
            on=["cohort_id", "sample_id"], how="left", validate="many_to_one",
        )  # fmt: skip
        found[str(feature)] = joined.set_axis(members.index)[["value", "unit", "own"]]
    return found


def stratum_labels(members: pd.DataFrame, strata: Iterable[str]) -> pd.Series:
    """'van_allen_2015 x WES x Melanoma'; a part that is not known reads 'unknown'."""
    parts = [members[column].astype("string").fillna("unknown") for column in strata]
    label = parts[0]
    for part in parts[1:]:
        label = label + " x " + part
    return label.astype("object")


def test_of(variant: ComparisonVariant) -> Estimator:
    """The test over all members."""
    return VAN_ELTEREN if variant.strata else WILCOXON


def measure_statistics(
    scope: Scope,
    sets: RowSets,
    spec: ComparisonSpec,
    name: str,
    members: pd.DataFrame,
    values: Mapping[str, pd.DataFrame],
    contrast: Contrast,
) -> list[ComparisonStatistic]:
    """Every statistic of one measure, ``values`` of :func:`member_values`. What cannot be computed becomes a row with
    the reason."""
    found: list[ComparisonStatistic] = []
    for feature, table in values.items():
        key = feature_key(name, feature, len(values))
        known = table["value"].notna()
        found += _Feature(
            scope, sets, spec, name, feature, key, contrast, members[known], table[known], members.index
        ).statistics()
    return found


def unavailable(scope: Scope, spec: ComparisonSpec, name: str, reason: str) -> ComparisonStatistic:
    """The row of a measure that the warehouse does not have."""
    test = test_of(spec.variants[scope.variant])
    return ComparisonStatistic(
        name=scope.name(f"{name}.wilcoxon"),
        estimator=test.key,
        scale=test.scale,
        feature=name,
        warnings=(reason,),
    )


def with_q(rows: Sequence[ComparisonStatistic]) -> list[ComparisonStatistic]:
    """The rows with Benjamini-Hochberg over each family; the rows within strata are a family of their own."""
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if row.family:
            places.setdefault(row.family, []).append(place)
    found = list(rows)
    for of_family in places.values():
        p = [rows[place].p for place in of_family]
        q = benjamini_hochberg(np.array([np.nan if value is None else value for value in p]))
        for place, value in zip(of_family, q, strict=True):
            found[place] = replace(found[place], q=float(value))
    return found


@dataclass(frozen=True)
class _Feature:
    """One feature of a measure among the members of a variant; ``members`` and ``table`` are those with a value."""

    scope: Scope
    sets: RowSets
    spec: ComparisonSpec
    measure: str
    feature: str
    key: str
    contrast: Contrast
    members: pd.DataFrame
    table: pd.DataFrame
    everyone: pd.Index

    @property
    def variant(self) -> ComparisonVariant:
        return self.spec.variants[self.scope.variant]

    @property
    def family(self) -> str:
        return self.spec.measures[self.measure].family or self.spec.analysis_id

    @cached_property
    def status(self) -> pd.Series:
        return self.members["in_group"].astype(bool)

    @cached_property
    def units(self) -> list[str]:
        return sorted(self.table["unit"].dropna().unique())

    @cached_property
    def kept(self) -> pd.Series:
        return self.table["value"].astype(float)

    @cached_property
    def own(self) -> pd.Series:
        return self.table["own"].fillna(0.0).astype(float)

    @cached_property
    def labels(self) -> pd.Series | None:
        """Stratum of each member; None where everybody is in one pot."""
        strata = self.variant.strata
        return stratum_labels(self.members, strata) if strata and len(self.members) else None

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        if self.labels is None:
            return np.zeros(len(self.members), np.int64)
        return np.asarray(pd.factorize(self.labels)[0], dtype=np.int64)

    def statistics(self) -> list[ComparisonStatistic]:
        has_own = bool((self.own != 0).any())
        takes_out = self.variant.own_mutations == "taken_out" and has_own
        values = self.kept - self.own if takes_out else self.kept
        said = (
            f"The gene's own mutations are {'taken out' if takes_out else 'counted in'}." if has_own else ""
        )
        test = test_of(self.variant)
        main = replace(self._test(self._row("wilcoxon", test).warned(said), values), family=self.family)
        found = [main]
        if takes_out:
            kept = self._test(self._row("own_mutations_kept.wilcoxon", test), self.kept)
            found += [kept, _remaining(self._row("remaining", REMAINING), main, kept)]
        if self.variant.null_draws and has_own:
            found.append(self._beyond_chance(self._row("beyond_chance", BEYOND_CHANCE)))
        if self.spec.measures[self.measure].adjust_for_burden and self.labels is not None:
            found.append(self._adjusted(self._row("burden_adjusted", RANK_COVARIANCE), values))
        if self.labels is not None and self.variant.by_stratum:
            found += self._by_stratum(values, self.labels)
        return found

    def _row(self, key: str, estimator: Estimator) -> ComparisonStatistic:
        """The row of an estimate over all members, without numbers."""
        name = "members"
        if len(self.members) < len(self.everyone):
            name = self.sets.named(f"members with {self.feature}", self.members.index, self.everyone)
        return ComparisonStatistic(
            name=self.scope.name(f"{self.key}.{key}"),
            estimator=estimator.key,
            scale=estimator.scale,
            feature=self.feature,
            row_set=name,
            counts=self._counts(self.status),
            unit=", ".join(self.units) or None,
            n_missing=len(self.everyone) - len(self.members),
        )

    def _counts(self, status: pd.Series) -> Counts:
        return Counts(
            group_label=self.contrast.group.label,
            reference_label=self.contrast.reference.label,
            n=len(status),
            n_in_group=int(status.sum()),
        )

    def _too_few(self) -> str | None:
        n_in_group = int(self.status.sum())
        n_in_reference = len(self.status) - n_in_group
        if min(n_in_group, n_in_reference) >= self.variant.min_per_group:
            return None
        return (
            f"{count(n_in_group)} {self.contrast.group.word} and {count(n_in_reference)} "
            f"{self.contrast.reference.word} people have a value; {self.variant.min_per_group} of each are "
            "needed."
        )

    def _test(self, row: ComparisonStatistic, values: pd.Series) -> ComparisonStatistic:
        if reason := self._too_few():
            return row.warned(reason)
        return self._one_pot(row, values) if self.labels is None else self._within_strata(row, values)

    def _one_pot(self, row: ComparisonStatistic, values: pd.Series) -> ComparisonStatistic:
        cohorts = self.members["cohort_id"].nunique()
        notes = (
            f"Values of {cohorts} cohorts are put in one pot." if cohorts > 1 else "",
            _UNIT_CLASH if len(self.units) > 1 else "",
        )
        return self._wilcoxon(row, values, self.status, notes)

    def _wilcoxon(
        self, row: ComparisonStatistic, values: pd.Series, status: pd.Series, notes: Sequence[str] = ()
    ) -> ComparisonStatistic:
        """The row with the numbers of the rank-sum test and ``notes``, or with the reason why there are none."""
        try:
            record = compare_two_groups(
                values.to_frame("value"), status, min_per_group=self.variant.min_per_group
            ).iloc[0]
        except AnalysisError as exc:
            return row.warned(str(exc))
        has_shift = len(self.units) <= 1
        return replace(
            row,
            estimate=float(record["hodges_lehmann"]) if has_shift else None,
            ci_low=float(record["hodges_lehmann_ci_low"]) if has_shift else None,
            ci_high=float(record["hodges_lehmann_ci_high"]) if has_shift else None,
            statistic=float(record["u_statistic"]),
            p=float(record["p"]),
            p_method=f"Wilcoxon rank-sum, {record['method']}" if isinstance(record["method"], str) else None,
            median_in_group=float(record["median_case"]),
            median_in_reference=float(record["median_reference"]),
            median_difference=float(record["median_difference"]),
            cliffs_delta=float(record["cliffs_delta"]),
            cliffs_delta_ci_low=float(record["cliffs_delta_ci_low"]),
            cliffs_delta_ci_high=float(record["cliffs_delta_ci_high"]),
        ).warned(*notes, "" if record["reason"] is None else f"Not tested: {record['reason']}.")

    def _within_strata(self, row: ComparisonStatistic, values: pd.Series) -> ComparisonStatistic:
        x, status = values.to_numpy(float), self.status.to_numpy()
        z, p, _, informative = van_elteren(x, status, pd.Series(self.codes))
        if not informative:
            return row.warned("No stratum has both groups with unequal values.")
        delta = stratified_delta(x, status, self.codes)
        shift = stratified_shift(x, status, self.codes) if len(self.units) <= 1 else None
        medians = values.groupby(self.status).median()
        return replace(
            row,
            estimate=shift.estimate if shift else None,
            ci_low=shift.ci_low if shift else None,
            ci_high=shift.ci_high if shift else None,
            statistic=z,
            p=p,
            p_method="van Elteren, normal approximation",
            median_in_group=float(medians[True]),
            median_in_reference=float(medians[False]),
            median_difference=float(medians[True] - medians[False]),
            cliffs_delta=delta.estimate,
            cliffs_delta_ci_low=delta.ci_low,
            cliffs_delta_ci_high=delta.ci_high,
        ).warned(
            f"{informative} of {len(np.unique(self.codes))} strata have both groups.",
            "" if shift else _UNIT_CLASH,
        )

    def _beyond_chance(self, row: ComparisonStatistic) -> ComparisonStatistic:
        if reason := self._too_few():
            return row.warned(reason)
        burden = np.asarray(self.kept - self.own, dtype=np.float64)
        found = beyond_chance(burden, burden, self.status.to_numpy(), self.codes, self.variant.null_draws)
        return replace(
            row,
            estimate=found.excess,
            ci_low=found.ci_low,
            ci_high=found.ci_high,
            p=found.p,
            p_method=f"{found.draws:,} draws within strata",
            cliffs_delta=found.observed,
        ).warned(
            f"Carriers hit in proportion to burden would have a delta of {found.expected:.2f}; "
            f"observed {found.observed:.2f}."
        )

    def _adjusted(self, row: ComparisonStatistic, values: pd.Series) -> ComparisonStatistic:
        others = self.members["n_nonsynonymous"] - self.members["n_mutations"].fillna(0)
        known = others.notna().to_numpy()
        if reason := self._too_few():
            return row.warned(reason)
        used, status = self.members.index[known], self.status[known]
        found = adjusted_ranks(
            values[known].to_numpy(float), others[known].to_numpy(float), status.to_numpy(), self.codes[known]
        )
        name = row.row_set
        if not known.all():
            name = self.sets.named(f"members with {self.feature} and burden", used, self.everyone)
        return replace(
            row,
            row_set=name,
            counts=self._counts(status),
            n_missing=len(self.everyone) - len(used),
            estimate=found.delta,
            ci_low=found.ci_low,
            ci_high=found.ci_high,
            statistic=found.z,
            p=found.p,
            p_method="rank analysis of covariance",
            cliffs_delta=found.delta,
        ).warned(
            "Burden: non-synonymous calls without the gene's own; the estimate is a difference on the scale of Cliff's "
            "delta."
        )

    def _by_stratum(self, values: pd.Series, labels: pd.Series) -> list[ComparisonStatistic]:
        found = []
        for label in sorted(labels.unique()):
            inside = (labels == label).to_numpy()
            status = self.status[inside]
            if not status.any():
                continue  # nothing to compare: nobody of this stratum is in the group
            cohort = str(self.members["cohort_id"][inside].iloc[0])
            scope = self.scope.of_cohort(cohort if "cohort_id" in self.variant.strata else None)
            row = ComparisonStatistic(
                name=scope.name(f"{self.key}.wilcoxon.{slug(label.replace(' x ', ' '))}"),
                estimator=WILCOXON.key,
                scale=WILCOXON.scale,
                feature=self.feature,
                row_set=self.sets.named(
                    f"{self.feature} in {label}", self.members.index[inside], self.everyone
                ),
                counts=self._counts(status),
                family=f"{self.family}, within strata",
                stratum=label,
                unit=", ".join(sorted(self.table["unit"][inside].dropna().unique())) or None,
            )
            found.append(self._wilcoxon(row, values[inside], status))
        return found


def _remaining(
    row: ComparisonStatistic, main: ComparisonStatistic, kept: ComparisonStatistic
) -> ComparisonStatistic:
    """Share of the effect size that taking the gene's own mutations out leaves."""
    before, after = kept.cliffs_delta, main.cliffs_delta
    if not before or after is None:
        return row.warned("There is no effect size to compare.")
    return replace(row, estimate=after / before, unit="share").warned(
        f"Delta {before:.3f} with the gene's own mutations, {after:.3f} without."
    )
