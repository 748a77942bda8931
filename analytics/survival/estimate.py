"""From the members of a variant to survival statistics and counts under regular names.

An *estimate key* is ``<endpoint>.<estimator>[.<group>]`` (``os.cox_univariable``, ``os.median.mutated``,
``flow.n_mutated``); with analysis and variant it names one statistic. Choosing members belongs to
``questions.selection``, the estimators to the modules beside this one and to ``survival.estimators``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from analytics.errors import AnalysisError
from analytics.questions.groups import Contrast
from analytics.questions.selection import BURDEN_COLUMNS, Selection, add_burden
from analytics.questions.specs import AnalysisSpec, Variant
from analytics.response.rates import exact_rate
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, Scope, SurvivalStatistic
from analytics.survival.data import survival_data
from analytics.survival.estimators import COUNT, PROPORTION, Request, requests_of

#: cBioPortal cancer types under the short names that estimate keys use.
CANCER_TYPE_KEYS = {
    "Non-Small Cell Lung Cancer": "lung",
    "Small Cell Lung Cancer": "lung",
    "Renal Cell Carcinoma": "renal",
    "Head and Neck Cancer": "head_and_neck",
    "Soft Tissue Sarcoma": "sarcoma",
}
#: Columns without which a row cannot be analysed at all.
_FOLLOW_UP = ("time_months", "event", "entry_months")


def cancer_type_key(cancer_type: str) -> str:
    """'Bladder Cancer' -> 'bladder'."""
    known = CANCER_TYPE_KEYS.get(cancer_type)
    return known or re.sub(r"[^a-z0-9]+", "_", cancer_type.lower().removesuffix(" cancer")).strip("_")


def flow_statistics(
    scope: Scope, sets: RowSets, members: pd.DataFrame, spec: AnalysisSpec, contrast: Contrast
) -> list[SurvivalStatistic]:
    """Counts of members: in all, by group, by cohort (or declared group of cohorts) and by cancer type."""
    in_group = members["is_mutated"].astype(bool)
    both = ((contrast.group.key, in_group), (contrast.reference.key, ~in_group))

    def counted(key: str, kept: pd.Series, row_set: str) -> SurvivalStatistic:
        name = sets.named(row_set, members.index[kept], members.index)
        return _count(scope, key, float(kept.sum()), int(kept.sum()), name)

    found = [counted("flow.n_total", pd.Series(True, index=members.index), "members")]
    found += [counted(f"flow.n_{key}", of_key, key) for key, of_key in both]
    n_cohorts = float(members["cohort_id"].nunique())
    found.append(_count(scope, "flow.n_cohorts", n_cohorts, len(members), "members"))
    groups = {c: (c,) for c in sorted(members["cohort_id"].unique())} | dict(spec.cohort_groups)
    for name, cohort_ids in groups.items():
        inside = members["cohort_id"].isin(list(cohort_ids))
        found += [
            counted(f"flow.n_{key}.{name}", inside & of_key, f"{key} of {name}") for key, of_key in both
        ]
    keys = members["cancer_type"].map(cancer_type_key, na_action="ignore")
    for name in keys.dropna().value_counts().index:
        of_type = (keys == name).fillna(False).astype(bool)
        found.append(counted(f"flow.n.{name}", of_type, f"cancer type {name}"))
    if len(members):
        found.append(_share(scope, in_group, contrast))
    return found


def _count(scope: Scope, key: str, estimate: float, n: int, row_set: str) -> SurvivalStatistic:
    return SurvivalStatistic(
        name=scope.name(key),
        estimator=COUNT.key,
        scale=COUNT.scale,
        estimate=estimate,
        counts=Counts(n=n),
        row_set=row_set,
    )


def _share(scope: Scope, in_group: pd.Series, contrast: Contrast) -> SurvivalStatistic:
    share = exact_rate(int(in_group.sum()), len(in_group))
    return SurvivalStatistic(
        name=scope.name(f"{contrast.group.key}.rate"),
        estimator=PROPORTION.key,
        scale=PROPORTION.scale,
        estimate=share.rate,
        ci_low=share.ci_low,
        ci_high=share.ci_high,
        counts=Counts(group_label=contrast.group.label, n=share.n, n_in_group=share.n_yes),
        row_set="members",
    )


@dataclass(frozen=True)
class _Members:
    """The members that are asked, and which of them an estimator can use (many estimators use the same rows)."""

    all: pd.DataFrame
    contrast: Contrast
    _usable: dict[tuple[str | None, tuple[str, ...], tuple[str, ...]], pd.DataFrame] = field(
        default_factory=dict
    )

    def asked(self, request: Request) -> pd.DataFrame:
        if request.group is None:
            return self.all
        return self.all[self.all["is_mutated"] == (request.group == self.contrast.group)]

    def usable(self, request: Request) -> pd.DataFrame:
        """The rows that the estimator can use: those of `survival_data`, under the members' index."""
        needs = (request.group.key if request.group else None, request.complete, request.strata)
        if needs not in self._usable:
            asked = self.asked(request)
            kept = survival_data(
                asked.assign(_label=asked.index),
                yes_no=["is_mutated"],
                complete=request.complete,
                strata=request.strata,
                require_events=False,
            ).frame["_label"]
            self._usable[needs] = asked.loc[kept]
        return self._usable[needs]

    def row_set(self, request: Request) -> str:
        """What the usable rows are, in words."""
        asked, usable, people = self.asked(request), self.usable(request), _people(request)
        if len(usable) == len(asked):
            return people
        needed = dict.fromkeys((*_FOLLOW_UP, *request.complete, *request.strata))
        lacking = [column for column in needed if asked[column].isna().any()]
        known = asked.dropna(subset=lacking)
        at_risk = " at risk" if len(known) > len(usable) else ""
        with_known = " with known " + ", ".join(lacking) if lacking else ""
        return f"{people}{at_risk}{with_known}"

    def counts(self, request: Request, rows: pd.DataFrame) -> Counts:
        """Who of the rows is in the group, and their events."""
        in_group = rows["is_mutated"].astype(bool)
        event = rows["event"].fillna(False).astype(bool)
        one = request.group
        return Counts(
            group_label=(one or self.contrast.group).label,
            reference_label=None if one else self.contrast.reference.label,
            n=len(rows),
            n_in_group=len(rows) if one else int(in_group.sum()),
            events=int(event.sum()),
            events_in_group=int(event.sum()) if one else int((event & in_group).sum()),
        )


def _people(request: Request) -> str:
    return request.group.key if request.group else "members"


def survival_statistics(
    scope: Scope,
    sets: RowSets,
    members: pd.DataFrame,
    variant: Variant,
    endpoint_key: str,
    contrast: Contrast,
) -> list[SurvivalStatistic]:
    """Every estimator of the variant on these members. What cannot be estimated becomes a row with the reason.

    Burden is measured among these members: a cohort by itself keeps its rates where the pool of unlike assays has
    percentiles, and who else was asked for does not change it.
    """
    of_members = _Members(
        add_burden(members) if set(members.columns) >= BURDEN_COLUMNS else members, contrast
    )
    found: list[SurvivalStatistic] = []
    for request in requests_of(variant, of_members.all, of_members.usable, contrast):
        asked = of_members.asked(request)
        row = SurvivalStatistic(
            name=scope.name(f"{endpoint_key}.{request.key}"),
            estimator=request.estimator.key,
            scale=request.estimator.scale,
            counts=of_members.counts(request, asked),
            row_set=sets.named(_people(request), asked.index, members.index, scope.cohort_id),
        )
        try:
            usable = of_members.usable(request)
            name = sets.named(of_members.row_set(request), usable.index, members.index, scope.cohort_id)
            row = replace(row, counts=of_members.counts(request, usable), row_set=name)
            row = request.estimate(row, asked)
        except AnalysisError as exc:
            row = row.warned(str(exc))
        found.append(row)
    return found


def cohort_statistics(
    scope: Scope,
    sets: RowSets,
    selection: Selection,
    variant: Variant,
    endpoint_key: str,
    contrast: Contrast,
) -> list[SurvivalStatistic]:
    """Every estimator on each cohort by itself, when there are several. A cohort whose clock is not that of the pool
    has its rows, too, and they say so: only pooling asks for like clocks."""
    members, outside = selection.members, selection.cohorts_outside()
    inside = sorted(members["cohort_id"].unique())
    if len(inside) + len(outside) < 2:
        return []
    found: list[SurvivalStatistic] = []
    for cohort_id in sorted({*inside, *outside}):
        people = selection.outside if cohort_id in outside else members
        own = people[people["cohort_id"] == cohort_id]
        rows = survival_statistics(scope.of_cohort(cohort_id), sets, own, variant, endpoint_key, contrast)
        if cohort_id in outside:
            rows = [row.warned(f"Not in the pooled estimate: clock {outside[cohort_id]}.") for row in rows]
        found += rows
    return found


def pool_warnings(selection: Selection) -> tuple[str, ...]:
    """What must be said of the estimate over all members."""
    own = ("Each of these cohorts has a row of its own.",) if len(selection.outside) else ()
    return (*selection.warnings, *own)


def endpoint_statistics(
    spec: AnalysisSpec,
    scope: Scope,
    sets: RowSets,
    selection: Selection,
    contrast: Contrast,
    *,
    with_flow: bool,
) -> list[SurvivalStatistic]:
    """Statistics of one variant and endpoint: all members, then each cohort by itself when there are several, also
    those whose clock is not that of the pool."""
    variant = spec.variants[scope.variant]
    endpoint_key = spec.endpoint_key(scope.endpoint)
    flow = flow_statistics(scope, sets, selection.members, spec, contrast) if with_flow else []
    pooled = survival_statistics(scope, sets, selection.members, variant, endpoint_key, contrast)
    said = pool_warnings(selection)
    own = cohort_statistics(scope, sets, selection, variant, endpoint_key, contrast)
    return [_of_pool(row, said) for row in flow] + [row.warned(*said) for row in pooled] + own


def _of_pool(row: SurvivalStatistic, said: Sequence[str]) -> SurvivalStatistic:
    """A share of members is an estimate over all of them, a count is no estimate."""
    return row if row.key.startswith("flow.") else row.warned(*said)
