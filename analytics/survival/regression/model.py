"""From covariate columns to a partial likelihood: dummy coding, reference levels, dropped terms.

Belongs here: the design matrix of a Cox-type model and the reasons for every column that is not in it.
Does not belong here: fitting.

A text or categorical column becomes one 0/1 term per level against a reference: the most frequent level
that has events. A level without events among its persons has a hazard ratio of 0 in the maximum of the
likelihood; in that limit its persons add nothing to any risk set, so the level is dropped, its rows are set
aside from the likelihood (they still count in n) and the reason is reported. Firth's method keeps such
levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.cox.likelihood import PartialLikelihood, Ties
from analytics.engine.cox.risk_sets import risk_sets
from analytics.errors import ConstantCovariateError, InvalidSettingError
from analytics.survival.data import SurvivalData, count_of, numeric_column

# Sums of squares carry a relative rounding of about 1e-14; R stops at 1.8e-12 (`toler.chol`).
PIVOT_TOLERANCE = 1e-11

OnConstant = Literal["drop", "raise"]


@dataclass(frozen=True)
class DroppedTerm:
    """A model term that could not be estimated, and why."""

    term: str
    reason: str


@dataclass(frozen=True)
class ModelTerm:
    """One column of the design matrix: a numeric or yes/no covariate, or one level of a categorical one."""

    name: str
    covariate: str
    level: str | None = None
    reference: str | None = None


@dataclass(frozen=True, eq=False)
class CoxModel:
    """A partial likelihood with named terms. `used` marks the rows of the data that are in the likelihood."""

    likelihood: PartialLikelihood
    terms: tuple[ModelTerm, ...]
    dropped: tuple[DroppedTerm, ...]
    used: BoolArray

    @property
    def reference_levels(self) -> dict[str, str]:
        return {term.covariate: term.reference for term in self.terms if term.reference is not None}


def cox_model(
    data: SurvivalData,
    covariates: Sequence[str],
    *,
    ties: Ties = "efron",
    keep_eventless_levels: bool = False,
    on_constant: OnConstant = "drop",
) -> CoxModel:
    """Build the partial likelihood of `covariates` on checked data.

    Raises InvalidSettingError when a covariate is named twice or none is named, ConstantCovariateError when
    no term can be estimated, or when any cannot and `on_constant` is 'raise'.
    """
    if not covariates or len(set(covariates)) != len(covariates):
        raise InvalidSettingError(
            f"The model names the covariates ({', '.join(covariates) or 'none'}): name at least "
            "one, each once."
        )
    columns: list[FloatArray] = []
    terms: list[ModelTerm] = []
    dropped: list[DroppedTerm] = []
    eventless: list[DroppedTerm] = []
    used = np.ones(data.n, dtype=bool)
    for covariate in covariates:
        if is_categorical(data.frame[covariate]):
            used &= _add_levels(data, covariate, keep_eventless_levels, columns, terms, (dropped, eventless))
        else:
            columns.append(numeric_column(data.frame, covariate))
            terms.append(ModelTerm(covariate, covariate))
    if used.all():
        strata, sets = data.strata, data.risk_sets
    else:
        strata = np.unique(data.strata[used], return_inverse=True)[1].astype(np.int64)
        sets = risk_sets(data.time[used], data.event[used], data.entry[used], strata)
    x = np.column_stack(columns)[used] if columns else np.empty((int(used.sum()), 0))
    likelihood = PartialLikelihood(x, sets, strata, ties)
    estimable = _estimable_terms(likelihood, terms, dropped, data)
    if dropped and on_constant == "raise":
        raise ConstantCovariateError(
            f"{dropped[0].term}: {dropped[0].reason}: take it out of the adjustment."
        )
    dropped += eventless
    if not estimable:
        reasons = "; ".join(f"{one.term}: {one.reason}" for one in dropped)
        raise ConstantCovariateError(
            f"No term of the model can be estimated on {count_of(data.n, 'row')} ({reasons}): "
            "choose covariates that vary, or fewer strata."
        )
    if len(estimable) < len(terms):
        likelihood = PartialLikelihood(x[:, estimable], sets, strata, ties)
    return CoxModel(likelihood, tuple(terms[j] for j in estimable), tuple(dropped), used)


def is_categorical(values: pd.Series) -> bool:
    """Whether a covariate is coded by levels: text or categorical, but not numbers or yes/no."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        return False
    return not bool(values.map(lambda value: isinstance(value, (bool, np.bool_, int, float))).all())


def _add_levels(
    data: SurvivalData,
    covariate: str,
    keep_eventless: bool,
    columns: list[FloatArray],
    terms: list[ModelTerm],
    lists: tuple[list[DroppedTerm], list[DroppedTerm]],
) -> BoolArray:
    """Append one 0/1 column per level but the reference; return the rows that stay in the likelihood."""
    dropped, eventless = lists
    values = data.frame[covariate].astype(str)
    counts = values.value_counts().sort_index()
    with_events = set(values[data.event])
    candidates = [level for level in counts.index if level in with_events]
    reference = str(counts.loc[candidates].idxmax())
    used = np.ones(data.n, dtype=bool)
    for level in counts.index:
        is_level = (values == level).to_numpy()
        name = f"{covariate}={level}"
        if level not in with_events and not keep_eventless:
            eventless.append(
                DroppedTerm(
                    name,
                    f"no events among its {count_of(int(counts[level]), 'person')}, hazard ratio tends to 0",
                )
            )
            used &= ~is_level
        elif level != reference:
            columns.append(is_level.astype(float))
            terms.append(ModelTerm(name, covariate, str(level), reference))
    if len(counts) == 1:
        dropped.append(
            DroppedTerm(covariate, f"has the single value {reference} in all {count_of(data.n, 'row')}")
        )
    return used


def _estimable_terms(
    likelihood: PartialLikelihood, terms: list[ModelTerm], dropped: list[DroppedTerm], data: SurvivalData
) -> list[int]:
    """Positions of the terms that vary within risk sets and are no combination of earlier ones.

    The information at 0 is the sum of the risk sets' covariance matrices, so a pivot of 0 in its Cholesky
    decomposition is a term that no risk set can tell from the terms before it, whatever the coefficients.
    """
    information = likelihood.information(np.zeros(likelihood.n_terms))
    size = int(data.event.sum()) * (likelihood.x**2).max(axis=0, initial=0.0)
    estimable: list[int] = []
    for j, term in enumerate(terms):
        before = information[np.ix_(estimable, estimable)]
        cross = information[estimable, j]
        pivot = information[j, j] - (cross @ np.linalg.solve(before, cross) if estimable else 0.0)
        if information[j, j] <= PIVOT_TOLERANCE * size[j]:
            where = "" if len(data.stratum_labels) == 1 else " within every stratum"
            dropped.append(DroppedTerm(term.name, f"is constant{where} among the rows at risk at an event"))
        elif pivot <= PIVOT_TOLERANCE * information[j, j]:
            dropped.append(DroppedTerm(term.name, "is a linear combination of the terms before it"))
        else:
            estimable.append(j)
    return estimable
