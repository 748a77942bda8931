"""What comparisons of features, genes and gene sets have beside their tests: reasons for what could not be tested, hash
and coverage of a set, sizes of the lists, and one row that sums the features of a claim up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.comparison.estimate import feature_key, test_of
from analytics.comparison.estimators import FEATURES_THAT_DIFFER
from analytics.comparison.source import ComparisonSource, MeasureValues
from analytics.comparison.spec import ComparisonSpec, Measure
from analytics.engine.numbers import count
from analytics.results.statistic import ComparisonStatistic, Counts, FrequencyStatistic, Scope
from analytics.survival.estimators import COUNT

#: A feature counts as different at this false discovery rate.
_Q = 0.05
#: A comparison on fewer of the members than this share says so in words.
_FEW = 0.5


def without_values(
    scope: Scope, spec: ComparisonSpec, name: str, values: MeasureValues, n_members: int, contrast: Contrast
) -> list[ComparisonStatistic]:
    """A row with the reason for each feature of a measure that nobody has."""
    n_features = values.frame["feature"].nunique() + len(values.reasons)
    test = test_of(spec.variants[scope.variant])
    return [
        ComparisonStatistic(
            name=scope.name(f"{feature_key(name, feature, n_features)}.wilcoxon"),
            estimator=test.key,
            scale=test.scale,
            feature=feature,
            counts=Counts(
                group_label=contrast.group.label, reference_label=contrast.reference.label, n=0, n_in_group=0
            ),
            n_missing=n_members,
            warnings=(reason,),
        )
        for feature, reason in values.reasons.items()
    ]


def annotated(
    row: ComparisonStatistic, values: MeasureValues, n_members: int, contrast: Contrast
) -> ComparisonStatistic:
    """A row of a feature that somebody has, with the measure's note, hash and coverage of a scored set, and how few of
    the members have a value, where they are few."""
    feature = str(row.feature)
    if ", " in (row.unit or ""):  # medians of unlike units put together say nothing
        row = replace(row, median_in_group=None, median_in_reference=None, median_difference=None)
    if feature in values.coverage:
        of_set = values.coverage[feature]
        row = replace(row, gene_set_sha256=of_set.sha256, coverage=of_set.share)
    is_over_all = row.stratum is None
    row = row.warned(values.note or "" if is_over_all else "", values.notes.get(feature, ""))
    if is_over_all and row.n is not None and row.n < _FEW * n_members:
        row = row.warned(
            f"{count(row.n)} of {count(n_members)} members have a value ({count(row.counts.n_in_group)} "
            f"{contrast.group.word})."
        )
    return row


def summaries(
    source: ComparisonSource,
    scope: Scope,
    spec: ComparisonSpec,
    rows: Sequence[ComparisonStatistic],
    members: pd.DataFrame,
    contrast: Contrast,
) -> list[FrequencyStatistic]:
    """``gene_set.n.<set>`` (genes) or ``gene_set.n.<collection>`` (sets) of every list that the spec compares, and
    every ``summary_key`` (features that differ, of those that could be tested)."""
    found: list[FrequencyStatistic] = []
    for measure in spec.measures.values():
        if measure.source in ("genes", "gene_sets") and measure.collection is not None:
            found += _sizes(source, scope, measure, measure.collection)
    keys = {m.summary_key for m in spec.measures.values() if m.summary_key is not None}
    for key in sorted(keys):
        names = [name for name, m in spec.measures.items() if m.summary_key == key]
        found.append(_summary(scope, key, names, rows, members, contrast))
    return found


def _sizes(
    source: ComparisonSource, scope: Scope, measure: Measure, collection: str
) -> list[FrequencyStatistic]:
    listed = source.listed_sets(measure.names, collection)
    if not measure.names:
        version = ", ".join(sorted({of_set.version for of_set in listed})) or "nothing is listed"
        return [_size(scope, collection, len(listed), "gene sets", f"As listed: {version}.")]
    by_id = {of_set.gene_set_id: of_set for of_set in listed}
    found = []
    for set_id in measure.names:
        n, note = 0, "The lists have no such set."
        if set_id in by_id:
            n = by_id[set_id].n_genes
            note = f"As listed: {by_id[set_id].version}; sha256 {by_id[set_id].sha256[:12]}."
        found.append(_size(scope, set_id, n, "genes", note))
    return found


def _size(scope: Scope, feature: str, n: int, unit: str, note: str) -> FrequencyStatistic:
    return FrequencyStatistic(
        name=scope.name(f"gene_set.n.{feature}"),
        estimator=COUNT.key,
        scale=COUNT.scale,
        feature=feature,
        category="members of the list",
        estimate=float(n),
        numerator=n,
        unit=unit,
        warnings=(note,),
    )


def _summary(
    scope: Scope,
    key: str,
    measures: Sequence[str],
    rows: Sequence[ComparisonStatistic],
    members: pd.DataFrame,
    contrast: Contrast,
) -> FrequencyStatistic:
    of_these = [
        row
        for row in rows
        if row.stratum is None
        and row.key.endswith(".wilcoxon")
        and any(row.key.startswith(f"{name}.") for name in measures)
    ]
    q = [row.q for row in of_these if row.q is not None]
    different = [row for row in of_these if row.q is not None and row.q < _Q]
    up = sum(1 for row in different if (row.cliffs_delta or 0) > 0)
    untested = len(of_these) - len(q)
    why = next((" ".join(row.warnings) for row in of_these if row.q is None and row.warnings), "")
    return FrequencyStatistic(
        name=scope.name(key),
        estimator=FEATURES_THAT_DIFFER.key,
        scale=FEATURES_THAT_DIFFER.scale,
        feature=", ".join(measures),
        row_set="members",
        counts=Counts(
            group_label=contrast.group.label,
            reference_label=contrast.reference.label,
            n=len(members),
            n_in_group=int(members["in_group"].sum()),
        ),
        category="tested features",
        estimate=len(different) / len(q) if q else None,
        numerator=len(different),
        denominator=len(q),
        unit="features",
    ).warned(
        f"{len(different)} of {len(q)} differ at q < {_Q} ({up} higher in the {contrast.group.word}).",
        f"{untested} could not be tested, the first because: {why}" if untested else "",
    )
