"""From members and the values of a measure to rows of ``comparison_stats``.

Keys: ``<measure>.wilcoxon`` for a measure of one feature, ``<measure>.<feature>.wilcoxon`` for one of several; then
``.own_mutations_kept`` and ``.remaining`` (what taking the gene's own mutations out leaves), ``.beyond_chance``
(against carriers drawn in proportion to burden), ``.burden_adjusted``, and ``.wilcoxon.<stratum>`` within one stratum.
Who is a member and where values come from do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analytics.comparison.burden import van_elteren
from analytics.comparison.spec import ComparisonSpec
from analytics.comparison.stratified import (
    adjusted_ranks,
    beyond_chance,
    stratified_delta,
    stratified_shift,
)
from analytics.errors import AnalysisError, MissingColumnError
from analytics.immune.comparisons import benjamini_hochberg, compare_two_groups
from analytics.results.rows import ResultRows

#: What a measure's frame must have; ``own`` is the part of the value that is the gene's own mutations.
VALUE_COLUMNS = ("cohort_id", "sample_id", "feature", "value", "unit")
_ONE_POT = "Wilcoxon rank-sum, Hodges-Lehmann shift"
_WITHIN = "van Elteren (Wilcoxon within strata), stratified Hodges-Lehmann shift"
_UNIT_CLASH = "The values have unlike units, so there is no shift: read the effect size."


def slug(name: str) -> str:
    """A feature or stratum as a part of a key: 'TCR Richness' -> 'tcr_richness'."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


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
    for feature, rows in frame.groupby("feature", sort=False):
        joined = keys.merge(
            rows[["cohort_id", "sample_id", "value", "unit", "own"]],
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


def estimate_measure(
    rows: ResultRows,
    out: list[dict[str, Any]],
    spec: ComparisonSpec,
    name: str,
    members: pd.DataFrame,
    values: dict[str, pd.DataFrame],
) -> None:
    """Every statistic of one measure, added to ``out``. What cannot be computed becomes a row with the reason."""
    for feature, table in values.items():
        key = feature_key(name, feature, len(values))
        _Feature(rows, out, spec, name, members, feature, table, key).estimate()


def unavailable(rows: ResultRows, out: list[dict[str, Any]], name: str, reason: str) -> None:
    """The row of a measure that the warehouse does not have."""
    rows.add(out, f"{name}.wilcoxon", None, {"feature": name, "warnings": reason})


def add_q(out: list[dict[str, Any]]) -> None:
    """Benjamini-Hochberg over each family, in place; the rows within strata are a family of their own."""
    by_family: dict[str, list[dict[str, Any]]] = {}
    for row in out:
        if row.get("family"):
            by_family.setdefault(row["family"], []).append(row)
    for members in by_family.values():
        q = benjamini_hochberg(np.array([np.nan if r.get("p") is None else r["p"] for r in members]))
        for row, value in zip(members, q, strict=True):
            row["q"] = float(value) if np.isfinite(value) else None


class _Feature:
    """One feature of a measure among the members of a variant."""

    def __init__(
        self,
        rows: ResultRows,
        out: list[dict[str, Any]],
        spec: ComparisonSpec,
        measure: str,
        members: pd.DataFrame,
        feature: str,
        table: pd.DataFrame,
        key: str,
    ) -> None:
        self.rows, self.out, self.key, self.feature = rows, out, key, feature
        self.measure, self.variant = spec.measures[measure], spec.variants[rows.variant]
        self.family = self.measure.family or spec.analysis_id
        known = table["value"].notna()
        self.members, self.table = members[known], table[known]
        self.everyone = members.index
        self.status = self.members["is_mutated"].astype(bool)
        self.units = sorted(self.table["unit"].dropna().unique())
        self.kept = self.table["value"].astype(float)
        self.without_own = self.kept - self.table["own"].fillna(0.0).astype(float)
        self.has_own = bool((self.table["own"].fillna(0.0) != 0).any())
        strata = self.variant.strata
        labels = stratum_labels(self.members, strata) if strata and known.any() else None
        self.labels = labels
        self.codes = pd.factorize(labels)[0] if labels is not None else np.zeros(len(self.members), int)

    def estimate(self) -> None:
        takes_out = self.variant.own_mutations == "taken_out" and self.has_own
        values = self.without_own if takes_out else self.kept
        own = ["The gene's own mutations are taken out."] if takes_out else []
        if self.has_own and not takes_out:
            own = ["The gene's own mutations are counted in."]
        main = self._add("wilcoxon", self._test(values), {"family": self.family}, own)
        if takes_out:
            kept = self._add("own_mutations_kept.wilcoxon", self._test(self.kept), {}, [])
            self._add("remaining", _remaining(main, kept), {}, [])
        if self.variant.null_draws and self.has_own:
            self._add("beyond_chance", self._beyond_chance(), {}, [])
        if self.measure.adjust_for_burden and self.labels is not None:
            self._add("burden_adjusted", self._adjusted(values), {}, [])
        if self.labels is not None and self.variant.by_stratum:
            self._by_stratum(values)

    def _row_set(self, index: pd.Index) -> str:
        if len(index) == len(self.everyone):
            return "members"
        return self.rows.row_set(f"members with {self.feature}", index, self.everyone)

    def _add(
        self, estimator_key: str, values: dict[str, Any], common: dict[str, Any], notes: list[str]
    ) -> dict[str, Any]:
        warnings = " ".join([*notes, *([values.pop("warnings")] if values.get("warnings") else [])])
        row = {
            "feature": self.feature,
            "unit": ", ".join(self.units) or None,
            "n": len(self.members),
            "n_mutated": int(self.status.sum()),
            "n_wild_type": int((~self.status).sum()),
            "n_missing": len(self.everyone) - len(self.members),
            "row_set": self._row_set(self.members.index),
            **common,
            **values,
            "warnings": warnings or None,
        }
        self.rows.add(self.out, f"{self.key}.{estimator_key}", None, row)
        return self.out[-1]

    def _too_few(self) -> str | None:
        smallest = min(int(self.status.sum()), int((~self.status).sum()))
        if smallest >= self.variant.min_per_group:
            return None
        return (
            f"{int(self.status.sum())} mutated and {int((~self.status).sum())} wild-type people have a value; "
            f"{self.variant.min_per_group} of each are needed."
        )

    def _test(self, values: pd.Series) -> dict[str, Any]:
        if reason := self._too_few():
            return {"warnings": reason}
        return self._one_pot(values) if self.labels is None else self._within_strata(values)

    def _one_pot(self, values: pd.Series) -> dict[str, Any]:
        try:
            record = compare_two_groups(
                values.to_frame("value"), self.status, min_per_group=self.variant.min_per_group
            ).iloc[0]
        except AnalysisError as exc:
            return {"estimator": _ONE_POT, "warnings": str(exc)}
        cohorts = self.members["cohort_id"].nunique()
        notes = [f"Values of {cohorts} cohorts are put in one pot."] if cohorts > 1 else []
        notes += [_UNIT_CLASH] if len(self.units) > 1 else []
        return {
            "estimator": _ONE_POT,
            **self._converted(record),
            "warnings": " ".join(notes + _reason(record)),
        }

    def _converted(self, record: pd.Series) -> dict[str, Any]:
        shared = {
            "median_mutated": "median_case", "median_wild_type": "median_reference",
            "median_difference": "median_difference", "statistic": "u_statistic", "p": "p",
            "cliffs_delta": "cliffs_delta", "cliffs_delta_ci_low": "cliffs_delta_ci_low",
            "cliffs_delta_ci_high": "cliffs_delta_ci_high",
        }  # fmt: skip
        if len(self.units) <= 1:
            shared |= {
                "estimate": "hodges_lehmann",
                "ci_low": "hodges_lehmann_ci_low",
                "ci_high": "hodges_lehmann_ci_high",
            }
        method = record["method"]
        values: dict[str, Any] = {name: float(record[column]) for name, column in shared.items()}
        return values | {"p_method": f"Wilcoxon rank-sum, {method}" if isinstance(method, str) else None}

    def _within_strata(self, values: pd.Series) -> dict[str, Any]:
        x, status = values.to_numpy(float), self.status.to_numpy()
        z, p, _, informative = van_elteren(x, status, pd.Series(self.codes))
        n_strata = len(np.unique(self.codes))
        if not informative:
            return {"estimator": _WITHIN, "warnings": "No stratum has both groups with unequal values."}
        delta = stratified_delta(x, status, self.codes)
        shift = stratified_shift(x, status, self.codes) if len(self.units) <= 1 else None
        medians = values.groupby(self.status).median()
        notes = [f"{informative} of {n_strata} strata have both groups."]
        return {
            "estimator": _WITHIN,
            "estimate": shift.estimate if shift else None,
            "ci_low": shift.ci_low if shift else None,
            "ci_high": shift.ci_high if shift else None,
            "statistic": z,
            "p": p,
            "p_method": "van Elteren, normal approximation",
            "median_mutated": float(medians[True]),
            "median_wild_type": float(medians[False]),
            "median_difference": float(medians[True] - medians[False]),
            "cliffs_delta": delta.estimate,
            "cliffs_delta_ci_low": delta.ci_low,
            "cliffs_delta_ci_high": delta.ci_high,
            "warnings": " ".join(notes + ([] if shift else [_UNIT_CLASH])),
        }

    def _beyond_chance(self) -> dict[str, Any]:
        if reason := self._too_few():
            return {"warnings": reason}
        burden = np.asarray(self.without_own, dtype=np.float64)
        found = beyond_chance(burden, burden, self.status.to_numpy(), self.codes, self.variant.null_draws)
        return {
            "estimator": "Cliff's delta less its mean over carriers drawn in proportion to burden",
            "estimate": found.excess,
            "ci_low": found.ci_low,
            "ci_high": found.ci_high,
            "p": found.p,
            "p_method": f"{found.draws:,} draws within strata",
            "cliffs_delta": found.observed,
            "warnings": f"Carriers hit in proportion to burden would have a delta of {found.expected:.2f}; "
            f"observed {found.observed:.2f}.",
        }

    def _adjusted(self, values: pd.Series) -> dict[str, Any]:
        estimator = "rank analysis of covariance with burden, within strata"
        others = self.members["n_nonsynonymous"] - self.members["n_mutations"].fillna(0)
        known = others.notna().to_numpy()
        if reason := self._too_few():
            return {"estimator": estimator, "warnings": reason}
        used = self.members.index[known]
        status = self.status[known]
        found = adjusted_ranks(
            values[known].to_numpy(float),
            others[known].to_numpy(float),
            status.to_numpy(),
            self.codes[known],
        )
        name = f"members with {self.feature} and burden"
        row_set = self._row_set(used) if known.all() else self.rows.row_set(name, used, self.everyone)
        return {
            "estimator": estimator,
            "row_set": row_set,
            "n": len(used),
            "n_mutated": int(status.sum()),
            "n_wild_type": int((~status).sum()),
            "n_missing": len(self.everyone) - len(used),
            "estimate": found.delta,
            "ci_low": found.ci_low,
            "ci_high": found.ci_high,
            "statistic": found.z,
            "p": found.p,
            "p_method": "rank analysis of covariance",
            "cliffs_delta": found.delta,
            "warnings": "Burden: non-synonymous calls without the gene's own; the estimate is a difference on the "
            "scale of Cliff's delta.",
        }

    def _by_stratum(self, values: pd.Series) -> None:
        assert self.labels is not None
        of_cohort = "cohort_id" in self.variant.strata
        for label in sorted(self.labels.unique()):
            inside = (self.labels == label).to_numpy()
            status = self.status[inside]
            if not status.any():
                continue  # nothing to compare: nobody of this stratum is mutated
            common = {
                "family": f"{self.family}, within strata",
                "stratum": label,
                "estimator": _ONE_POT,
                "n": int(inside.sum()),
                "n_mutated": int(status.sum()),
                "n_wild_type": int((~status).sum()),
                "n_missing": None,
                "feature": self.feature,
                "unit": ", ".join(sorted(self.table["unit"][inside].dropna().unique())) or None,
                "row_set": self.rows.row_set(
                    f"{self.feature} in {label}", self.members.index[inside], self.everyone
                ),
            }
            try:
                record = compare_two_groups(
                    values[inside].to_frame("value"), status, min_per_group=self.variant.min_per_group
                ).iloc[0]
                found = {**self._converted(record), "warnings": " ".join(_reason(record)) or None}
            except AnalysisError as exc:
                found = {"warnings": str(exc)}
            cohort = str(self.members["cohort_id"][inside].iloc[0]) if of_cohort else None
            self.rows.add(
                self.out,
                f"{self.key}.wilcoxon.{slug(label.replace(' x ', ' '))}",
                cohort,
                {**common, **found},
            )


def _reason(record: pd.Series) -> list[str]:
    return [] if record["reason"] is None else [f"Not tested: {record['reason']}."]


def _remaining(main: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """Share of the effect size that taking the gene's own mutations out leaves."""
    before, after = kept.get("cliffs_delta"), main.get("cliffs_delta")
    estimator = "Cliff's delta without the gene's own mutations over that with them"
    if not before or after is None:
        return {"estimator": estimator, "warnings": "There is no effect size to compare."}
    return {
        "estimator": estimator,
        "estimate": after / before,
        "unit": "share",
        "warnings": f"Delta {before:.3f} with the gene's own mutations, {after:.3f} without.",
    }
