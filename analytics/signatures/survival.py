"""Survival of people with a signature against people without, signature by signature.

Keys are ``<endpoint>.<estimator>.<signature>`` (``os.logrank_oe.sbs7a``); the log-rank test, whose p papers print
beside the O/E ratio, has a row of its own (``os.log_rank.sbs7a``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from analytics.engine.multiplicity import benjamini_hochberg
from analytics.errors import AnalysisError
from analytics.questions.burden import BURDEN_COLUMNS, add_burden
from analytics.results.estimator import Estimator
from analytics.results.statistic import Counts
from analytics.signatures.estimate import FITTED, SignedMembers
from analytics.signatures.spec import SignatureVariant
from analytics.signatures.tables import SignatureSurvivalStatistic
from analytics.survival.curves.curve_rows import log_rank_row
from analytics.survival.data import survival_data
from analytics.survival.estimators import LOG_RANK
from analytics.survival.hazard_ratio import HazardRatioEstimator, estimate_hazard_ratio
from analytics.survival.hazard_rows import COX, LOG_RANK_OE, with_hazard_ratio

#: Column of the people's frame: their sample has the signature that is asked about.
HAS_SIGNATURE = "has_signature"


@dataclass(frozen=True)
class _Request:
    """One estimate of every signature: word in keys, word of the family, columns that must be known."""

    key: str
    family: str
    estimator: Estimator
    estimate: Callable[[SignatureSurvivalStatistic, pd.DataFrame], SignatureSurvivalStatistic]
    complete: tuple[str, ...] = ()


def presence_survival(
    people: SignedMembers, variant: SignatureVariant, endpoint_key: str, asked: Sequence[str]
) -> list[SignatureSurvivalStatistic]:
    """Every estimator of the variant on every signature.

    A signature with fewer than ``min_carriers`` people on either side gets a row with that reason. q is over the
    signatures of one estimator. ``asked`` : signatures that get rows whether the reference has them or not.
    """
    fitted = people.fitted.assign(n_mutations=0)
    if set(fitted.columns) >= BURDEN_COLUMNS and len(fitted):
        fitted = add_burden(fitted)
    present = people.presence
    names = [*present.columns, *(name for name in asked if name not in present.columns)]
    found: list[SignatureSurvivalStatistic] = []
    for request in _requests(variant):
        usable = _usable(fitted, (*request.complete, *variant.strata))
        words = FITTED if len(usable) == len(fitted) else f"{FITTED}, {request.family}"
        row_set = people.row_set(words, usable.index)
        batch = []
        for name in names:
            row = SignatureSurvivalStatistic(
                name=people.scope.name(f"{endpoint_key}.{request.key}.{name.lower()}"),
                estimator=request.estimator.key,
                scale=request.estimator.scale,
                feature=name,
                row_set=row_set,
                counts=Counts(group_label=f"{name} present", reference_label=f"{name} absent"),
                family=f"{endpoint_key} {request.family}",
            )
            if name in present.columns:
                carriers = present.loc[usable.index, name].astype(bool)
                row = _estimated(
                    row, usable.assign(**{HAS_SIGNATURE: carriers}), request, variant.min_carriers
                )
            else:
                row = row.warned(people.why_not(name))
            batch.append(row)
        found += _with_q(batch)
    return found


def _requests(variant: SignatureVariant) -> Iterator[_Request]:
    for name in variant.estimators:
        if name == "log_rank_oe":
            ratio = partial(_hazard, function="log_rank_oe", adjust=(), strata=variant.strata)
            yield _Request("logrank_oe", name, LOG_RANK_OE, ratio)
            test = partial(log_rank_row, strata=variant.strata, group=HAS_SIGNATURE)
            yield _Request("log_rank", "log_rank", LOG_RANK, test)
        else:
            adjust = {"cox_adjusted": variant.covariates, "cox_burden_adjusted": ("burden",)}.get(name, ())
            ratio = partial(_hazard, function="auto", adjust=adjust, strata=variant.strata)
            yield _Request(name, name, COX, ratio, adjust)


def _usable(fitted: pd.DataFrame, complete: tuple[str, ...]) -> pd.DataFrame:
    """The rows that an estimator can use: with follow-up at risk, and everything that it needs known."""
    if fitted.empty:
        return fitted
    try:
        data = survival_data(fitted, complete=complete, require_events=False)
    except AnalysisError:
        return fitted.iloc[:0]
    return fitted.loc[data.is_kept]


def _estimated(
    row: SignatureSurvivalStatistic, usable: pd.DataFrame, request: _Request, min_carriers: int
) -> SignatureSurvivalStatistic:
    carrier = usable[HAS_SIGNATURE]
    event = usable["event"].fillna(False).astype(bool)
    counts = replace(
        row.counts,
        n=len(usable),
        n_in_group=int(carrier.sum()),
        events=int(event.sum()),
        events_in_group=int((event & carrier).sum()),
    )
    row = replace(row, counts=counts)
    n_with, n_without = int(carrier.sum()), int((~carrier).sum())
    fewest = min(n_with, n_without)
    if fewest < min_carriers:
        side = "with" if n_with == fewest else "without"
        return row.warned(f"{fewest} people {side} the signature, fewer than {min_carriers}.")
    try:
        return request.estimate(row, usable)
    except AnalysisError as exc:
        return row.warned(str(exc))


def _hazard(
    row: SignatureSurvivalStatistic,
    usable: pd.DataFrame,
    function: HazardRatioEstimator,
    adjust: tuple[str, ...],
    strata: tuple[str, ...],
) -> SignatureSurvivalStatistic:
    found = estimate_hazard_ratio(usable, HAS_SIGNATURE, estimator=function, adjust=adjust, strata=strata)
    return with_hazard_ratio(row, found)


def _with_q(batch: Sequence[SignatureSurvivalStatistic]) -> list[SignatureSurvivalStatistic]:
    p = np.array([np.nan if row.p is None else row.p for row in batch], dtype=np.float64)
    return [replace(row, q=float(q)) for row, q in zip(batch, benjamini_hochberg(p), strict=True)]
