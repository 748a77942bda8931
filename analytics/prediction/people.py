"""From members to people who can be scored: levels as the axes name them, burden as a percentile, complete rows.

Nothing is imputed: whoever lacks a covariate, or has a value that the nomogram has no level for, is left out and
counted with the reason. What does NOT belong here: who is a member (`analytics.questions.selection`), fitting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.numbers import count
from analytics.errors import ConstantCovariateError, MissingColumnError, NoRowsError
from analytics.prediction.fitting.model import Covariate
from analytics.prediction.spec import BURDEN_PERCENTILE, Axis

# A percentile among fewer people than this jumps by over 10 points a person.
MIN_PERCENTILE_GROUP = 10
_BURDEN_GROUPS = ("cohort_id", "panel_id", "cancer_type")


@dataclass(frozen=True, eq=False)
class ScorablePeople:
    """Rows that a nomogram can score, and why the others cannot be.

    Attributes
    ----------
    people : complete rows under the members' index, covariates in the levels of the axes.
    missing : covariate -> labels of members without a value.
    no_level : covariate -> labels of members whose value is no level of the nomogram.
    warnings : plain sentences.
    """

    people: pd.DataFrame
    missing: dict[str, pd.Index]
    no_level: dict[str, pd.Index]
    warnings: tuple[str, ...]


def add_burden_percentile(members: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Members with `burden_percentile`, 0 to 100: rank of the non-synonymous count without the gene's own within
    cohort x panel x cancer type, which is the one scale that unlike assays share.

    Needs `n_nonsynonymous`, `n_mutations` (the gene's own), `cohort_id`, `panel_id`, `cancer_type`. A warning says
    how many people were ranked among fewer than 10.
    """
    others = (members["n_nonsynonymous"] - members["n_mutations"].fillna(0)).astype(float)
    groups = [members[column].fillna("").astype(str) for column in _BURDEN_GROUPS]
    ranked = others.groupby(groups)
    frame = members.assign(**{BURDEN_PERCENTILE: 100.0 * ranked.rank(pct=True)})
    few = int((ranked.transform("count")[others.notna()] < MIN_PERCENTILE_GROUP).sum())
    if not few:
        return frame, ()
    return frame, (
        f"The burden of {few} people is ranked among fewer than {MIN_PERCENTILE_GROUP} of their cohort, panel and "
        "cancer type.",
    )


def complete_people(
    members: pd.DataFrame, names: Sequence[str], axes: Mapping[str, Axis], fitted: Sequence[Covariate] = ()
) -> ScorablePeople:
    """The members with a known level or number on every axis of `names`.

    `fitted` : covariates of a model that the people are to be scored with; a level that it lacks is no level.
    Raises MissingColumnError without a column, NoRowsError when nobody is complete.
    """
    people, missing, no_level = members.copy(), {}, {}
    fitted_levels = {term.name: term.levels for term in fitted}
    for name in names:
        if name not in members.columns:
            raise MissingColumnError(f"Covariate '{name}' is not a column of the members: name another.")
        is_missing = members[name].isna()
        values = _on_axis(members[name], axes[name])
        if fitted_levels.get(name):
            values = values.where(values.isin(fitted_levels[name]))
        people[name] = values
        missing[name] = members.index[is_missing]
        no_level[name] = members.index[values.isna() & ~is_missing]
    kept = people[people[list(names)].notna().all(axis=1)]
    if kept.empty:
        raise NoRowsError(
            f"None of the {count(len(members))} members has all of {', '.join(names)}: ask for fewer covariates."
        )
    sentences = [f"{count(len(rows))} without {name}" for name, rows in missing.items() if len(rows)]
    sentences += [
        f"{count(len(rows))} whose {name} is no level of the nomogram"
        for name, rows in no_level.items()
        if len(rows)
    ]
    of_all = f"{count(len(kept))} of {count(len(members))} members"
    warning = f"Complete rows only, {of_all}: left out are {', '.join(sentences)}."
    return ScorablePeople(kept, missing, no_level, (warning,) if sentences else ())


def varying_covariates(
    members: pd.DataFrame, names: Sequence[str], axes: Mapping[str, Axis]
) -> tuple[tuple[Covariate, ...], tuple[str, ...]]:
    """Covariates of the model, with the levels that complete members have; those alike in all are left out.

    Raises ConstantCovariateError when none varies.
    """
    people = complete_people(members, names, axes).people
    terms, warnings = [], []
    for name in names:
        term = axes[name].covariate(name)
        if people[name].nunique() < 2:
            warnings.append(f"{term.label} is {people[name].iloc[0]} for everybody and is no axis.")
            continue
        held = set(people[name])
        levels = tuple(level for level in term.levels if level in held)
        terms.append(Covariate(term.name, term.label, term.transform, levels))
    if not terms:
        raise ConstantCovariateError(f"None of {', '.join(names)} varies among {len(people)} people.")
    return tuple(terms), tuple(warnings)


def _on_axis(values: pd.Series, axis: Axis) -> pd.Series:
    """Levels as printed for an axis with levels, numbers otherwise; missing where there is none."""
    if not axis.levels:
        return pd.to_numeric(values, errors="coerce").astype(np.float64)
    level_of = {value: level for level, several in axis.levels.items() for value in several}
    return values.astype(object).map(str, na_action="ignore").map(level_of).astype(object)
