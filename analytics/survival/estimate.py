"""From the members of a variant to survival statistics and counts under regular names.

An *estimate key* is ``<endpoint>.<estimator>[.<group>]`` (``os.cox_univariable``, ``os.median.mutated``,
``flow.n_mutated``); with analysis and variant it names one statistic. Choosing members belongs to
``questions.selection``, the estimators to the modules beside this one and to ``survival.estimators``.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

import pandas as pd

from analytics.biomarkers.groups import Contrast, Group
from analytics.errors import AnalysisError
from analytics.keys import slug
from analytics.questions.burden import BURDEN_COLUMNS, add_burden
from analytics.questions.selection import Selection
from analytics.questions.specs import AnalysisSpec, Variant
from analytics.response.rates import exact_rate
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, Scope, SurvivalStatistic
from analytics.survival.curves.cumulative_incidence import COMPETING
from analytics.survival.data import analysable
from analytics.survival.estimators import COUNT, PROPORTION, Request, number_requests, requests_of

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
#: What estimators read of members beside covariates and strata. The frame of a question has some fifty columns, and
#: each estimate copies its rows four times: carrying the others along took a tenth of the time of an answer.
_READ = (*_FOLLOW_UP, COMPETING, "in_group", "value", "cohort_id", "person_id", "burden", "burden_definition")


def cancer_type_key(cancer_type: str) -> str:
    """'Bladder Cancer' -> 'bladder'."""
    known = CANCER_TYPE_KEYS.get(cancer_type)
    return known or slug(cancer_type.lower().removesuffix(" cancer"))


def flow_statistics(
    scope: Scope,
    sets: RowSets,
    selection: Selection,
    spec: AnalysisSpec,
    groups: Mapping[Group, pd.Series],
) -> list[SurvivalStatistic]:
    """Counts of members: in all, by group, by cohort (or declared group of cohorts) and by cancer type.

    Parameters
    ----------
    groups : every group with who of the members is in it.
    """
    members = selection.members

    def counted(key: str, kept: pd.Series, row_set: str) -> SurvivalStatistic:
        name = sets.named(row_set, members.index[kept], members.index)
        return _count(scope, key, float(kept.sum()), int(kept.sum()), name)

    found = [counted("flow.n_total", pd.Series(True, index=members.index), "members")]
    found += [counted(f"flow.n_{group.key}", is_in, group.key) for group, is_in in groups.items()]
    n_cohorts = float(members["cohort_id"].nunique())
    found.append(_count(scope, "flow.n_cohorts", n_cohorts, len(members), "members"))
    named = {c: (c,) for c in sorted(members["cohort_id"].unique())} | dict(spec.cohort_groups)
    for name, cohort_ids in named.items():
        inside = members["cohort_id"].isin(list(cohort_ids))
        found += [
            counted(f"flow.n_{group.key}.{name}", inside & is_in, f"{group.key} of {name}")
            for group, is_in in groups.items()
        ]
    keys = members["cancer_type"].map(cancer_type_key, na_action="ignore")
    for name in keys.dropna().value_counts().index:
        of_type = (keys == name).fillna(False).astype(bool)
        found.append(counted(f"flow.n.{name}", of_type, f"cancer type {name}"))
    if len(members):
        said = pool_warnings(selection)
        found += [
            _share(scope, is_in, group).warned(*said)
            for group, is_in in groups.items()
            if not group.is_reference
        ]
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


def _share(scope: Scope, in_group: pd.Series, group: Group) -> SurvivalStatistic:
    share = exact_rate(int(in_group.sum()), len(in_group))
    return SurvivalStatistic(
        name=scope.name(f"{group.key}.rate"),
        estimator=PROPORTION.key,
        scale=PROPORTION.scale,
        estimate=share.rate,
        ci_low=share.ci_low,
        ci_high=share.ci_high,
        counts=Counts(group_label=group.label, n=share.n, n_in_group=share.n_yes),
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
            return self.all  # itself: the rows that can be used are then often the same object
        return self.all[self.all["in_group"] == (request.group == self.contrast.group)]

    def usable(self, request: Request) -> pd.DataFrame:
        """The rows of the members that the estimator can use."""
        needs = (request.group.key if request.group else None, request.complete, request.strata)
        if needs not in self._usable:
            self._usable[needs] = usable_rows(self.asked(request), request)
        return self._usable[needs]

    def row_set(self, request: Request) -> str:
        """What the usable rows are, in words."""
        return row_set_words(self.asked(request), self.usable(request), request)

    def counts(self, request: Request, rows: pd.DataFrame) -> Counts:
        """Who of the rows is in the group, and their events."""
        in_group = rows["in_group"].astype(bool)
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
    of_members = _Members(_with_what_is_read(members, variant), contrast)
    found: list[SurvivalStatistic] = []
    for request in requests_of(variant, of_members.all, of_members.usable, contrast):
        asked = of_members.asked(request)
        row = SurvivalStatistic(
            name=scope.name(f"{endpoint_key}.{request.key}{'' if request.group else contrast.suffix}"),
            estimator=request.estimator.key,
            scale=request.estimator.scale,
            counts=of_members.counts(request, asked),
            row_set=sets.named(
                (request.group.key if request.group else "members"),
                asked.index,
                members.index,
                scope.cohort_id,
            ),
        )
        try:
            usable = of_members.usable(request)
            name = sets.named(of_members.row_set(request), usable.index, members.index, scope.cohort_id)
            if usable is not asked:
                row = replace(row, counts=of_members.counts(request, usable))
            row = replace(row, row_set=name)
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
    read = {*_READ, *variant.strata, *variant.covariates, *BURDEN_COLUMNS}
    members, apart = _columns(members, read), _columns(selection.outside, read)
    found: list[SurvivalStatistic] = []
    for cohort_id in sorted({*inside, *outside}):
        people = apart if cohort_id in outside else members
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


def _with_what_is_read(members: pd.DataFrame, variant: Variant) -> pd.DataFrame:
    """The columns that estimators of the variant read, burden among them where it can be measured."""
    read = {*_READ, *variant.strata, *variant.covariates}
    known = members
    if _reads_burden(variant) and set(members.columns) >= BURDEN_COLUMNS:
        known = add_burden(_columns(members, read | BURDEN_COLUMNS))
    return _columns(known, read)


def _reads_burden(variant: Variant) -> bool:
    """Whether any estimate of the variant is adjusted for burden, which is then measured among its people."""
    return "cox_burden_adjusted" in variant.estimators or "burden" in {*variant.covariates, *variant.strata}


def _columns(frame: pd.DataFrame, names: Set[str]) -> pd.DataFrame:
    """The columns of these names that are there, in the order of the frame."""
    return frame[[column for column in frame.columns if column in names]]


def endpoint_statistics(
    spec: AnalysisSpec, scope: Scope, sets: RowSets, selection: Selection, contrast: Contrast
) -> list[SurvivalStatistic]:
    """Statistics of one variant, endpoint and contrast: all members, then each cohort by itself when there are several,
    also those whose clock is not that of the pool."""
    variant = spec.variants[scope.variant]
    key = spec.endpoint_key(scope.endpoint)
    pooled = survival_statistics(scope, sets, selection.members, variant, key, contrast)
    said = pool_warnings(selection)
    own = cohort_statistics(scope, sets, selection, variant, key, contrast)
    return [row.warned(*said) for row in pooled] + own


def number_statistics(
    spec: AnalysisSpec, scope: Scope, sets: RowSets, selection: Selection, label: str
) -> list[SurvivalStatistic]:
    """Statistics of a biomarker that is a number: Cox's hazard ratio of one step, alone and adjusted, over all members
    and in each cohort, also of those whose clock is not that of the pool. Members have ``value``.

    Parameters
    ----------
    label : the biomarker and its step, e.g. 'CD274 expression, per standard deviation within cohort'.
    """
    variant = spec.variants[scope.variant]
    outside = selection.cohorts_outside()
    parts: list[tuple[str | None, pd.DataFrame]] = [(None, selection.members)]
    cohorts = sorted({*selection.members["cohort_id"].unique(), *outside})
    if len(cohorts) > 1:
        of_cohorts = ((c, selection.outside if c in outside else selection.members) for c in cohorts)
        parts += [(c, people[people["cohort_id"] == c]) for c, people in of_cohorts]
    found: list[SurvivalStatistic] = []
    for cohort_id, members in parts:
        among = members.index if cohort_id in outside else selection.members.index
        rows = number_rows(
            scope.of_cohort(cohort_id),
            sets,
            members,
            variant,
            spec.endpoint_key(scope.endpoint),
            label,
            among,
        )
        if cohort_id in outside:
            rows = [row.warned(f"Not in the pooled estimate: clock {outside[cohort_id]}.") for row in rows]
        found += rows if cohort_id else [row.warned(*pool_warnings(selection)) for row in rows]
    return found


def number_rows(
    scope: Scope,
    sets: RowSets,
    members: pd.DataFrame,
    variant: Variant,
    endpoint_key: str,
    label: str,
    among: pd.Index | None = None,
) -> list[SurvivalStatistic]:
    """The same of one set of people; the row sets are of ``among``, themselves without it."""
    known = _with_what_is_read(members, variant)
    people = known.index if among is None else among
    found = []
    for request in number_requests(variant, known):
        row = SurvivalStatistic(
            name=scope.name(f"{endpoint_key}.{request.key}"),
            estimator=request.estimator.key,
            scale=request.estimator.scale,
            counts=Counts(
                group_label=label,
                n=len(known),
                events=int(known["event"].fillna(False).astype(bool).sum()),
            ),
            row_set=sets.named("members", known.index, people, scope.cohort_id),
        )
        try:
            usable = usable_rows(known, request)
            name = sets.named(
                row_set_words(known, usable, request), usable.index, known.index, scope.cohort_id
            )
            counts = replace(row.counts, n=len(usable), events=int(usable["event"].astype(bool).sum()))
            row = request.estimate(replace(row, counts=counts, row_set=name), known)
        except AnalysisError as exc:
            row = row.warned(str(exc))
        found.append(row)
    return found


def usable_rows(asked: pd.DataFrame, request: Request) -> pd.DataFrame:
    """The rows that an estimator can use: those of `survival_data`, under the index of ``asked``."""
    kept = analysable(
        asked,
        yes_no=[] if request.is_of_number else ["in_group"],
        complete=request.complete,
        strata=request.strata,
    ).is_kept
    return asked if kept.all() else asked.loc[kept]


def row_set_words(asked: pd.DataFrame, usable: pd.DataFrame, request: Request) -> str:
    """What the usable rows are, in words."""
    people = request.group.key if request.group else "members"
    if len(usable) == len(asked):
        return people
    needed = dict.fromkeys((*_FOLLOW_UP, *request.complete, *request.strata))
    lacking = [column for column in needed if asked[column].isna().any()]
    known = asked.dropna(subset=lacking)
    at_risk = " at risk" if len(known) > len(usable) else ""
    with_known = " with known " + ", ".join(lacking) if lacking else ""
    return f"{people}{at_risk}{with_known}"
