"""Who is counted: from every patient of the cohorts to the members of an analysis, step by step, with reasons.

Input is the analysis frame: one row a patient and endpoint, as the warehouse gives it (columns in
:data:`FRAME_COLUMNS`). Nothing is estimated here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.specs import PeopleVariant

#: Columns that :func:`select_members` reads; covariates come on top.
FRAME_COLUMNS = (
    "cohort_id",
    "patient_id",
    "person_id",
    "sample_id",
    "precedence",
    "status",
    "n_mutations",
    "n_calls",
    "is_baseline",
    "time_months",
    "event",
    "entry_months",
    "origin",
    "is_icb_treated",
)


@dataclass(frozen=True)
class Selection:
    """Members of one variant.

    Attributes
    ----------
    members : the rows that are counted, with ``is_mutated``.
    everyone : every row of the frame with ``left_at``: the step at which it was left out, else null.
    flow : one row a step: ``step``, ``n`` (rows kept after it), ``n_left_out``, ``reason``.
    warnings : plain sentences.
    """

    members: pd.DataFrame
    everyone: pd.DataFrame
    flow: pd.DataFrame
    warnings: tuple[str, ...]


def select_members(
    frame: pd.DataFrame,
    variant: PeopleVariant,
    where: dict[str, tuple[str, ...]],
    *,
    icb_only: bool = True,
    origin: str | None = None,
    requires_endpoint: bool = True,
    reports_response: str | None = None,
) -> Selection:
    """Apply the steps of a variant in their fixed order.

    Parameters
    ----------
    frame : one row a patient; ``status`` is 'mutated', 'wild_type' or 'not_profiled'.
    where : column -> values that are kept.
    icb_only : leave out people without a checkpoint inhibitor (control arms).
    requires_endpoint : False for response, which has no clock.
    reports_response : column of the response, e.g. ``recist``. Cohorts in which nobody has one are left out:
        nobody of them can be called a non-responder, not even by intention to treat.
    origin : time zero that is kept; without it the commonest. Unlike origins are never pooled unless the
        variant says so, to repeat what was published.

    Notes
    -----
    Order: question's filter, treatment, endpoint known, origin, gene status known, any mutation, baseline
    sample, one person once (lowest ``precedence`` first, then known status, then longer follow-up). Who is
    left out is counted with the reason. Rows without a covariate stay members: the adjusted model says its own n.
    """
    rows = frame.copy()
    rows["left_at"] = pd.Series([None] * len(rows), index=rows.index, dtype="object")
    steps: list[tuple[str, int, int, str]] = [("patients of the cohorts", len(rows), 0, "")]
    warnings: list[str] = []

    def leave_out(step: str, reason: str, is_out: pd.Series) -> None:
        out = is_out & rows["left_at"].isna()
        rows.loc[out, "left_at"] = step
        steps.append((step, int(rows["left_at"].isna().sum()), int(out.sum()), reason))

    for column, values in where.items():
        leave_out(
            f"{column} asked for",
            f"{column} is not one of: {', '.join(values)}",
            ~rows[column].astype("string").isin(list(values)).fillna(False),
        )
    if icb_only:
        leave_out(
            "treated with a checkpoint inhibitor",
            "control arm or no checkpoint inhibitor",
            ~rows["is_icb_treated"],
        )
    if requires_endpoint:
        is_unknown = rows["time_months"].isna() | rows["event"].isna()
        leave_out("endpoint known", "no follow-up time or no event status", is_unknown)
    kept_origin = (origin or _commonest_origin(rows)) if requires_endpoint else None
    if not variant.allow_mixed_origins and kept_origin is not None:
        leave_out(
            f"time from {kept_origin}",
            "the clock starts at another point: unlike origins are not pooled",
            rows["origin"].fillna("unknown") != kept_origin,
        )
    if reports_response is not None:
        reporting = rows.loc[rows[reports_response].notna(), "cohort_id"].unique()
        leave_out(
            "response reported by the cohort",
            "the cohort reports nobody's response",
            ~rows["cohort_id"].isin(reporting),
        )
    if variant.unprofiled == "left_out":
        leave_out(
            "gene profiled",
            "not sequenced, or the panel does not cover the gene: neither mutated nor wild-type",
            rows["status"] == "not_profiled",
        )
    else:
        n = int(((rows["status"] == "not_profiled") & rows["left_at"].isna()).sum())
        if n:
            warnings.append(
                f"{n} people who were never profiled for the gene are called wild-type, as published."
            )
    if variant.require_any_mutation:
        leave_out(
            "any mutation row",
            "sequenced, but without a single mutation row (left out as published)",
            rows["n_calls"].fillna(0) == 0,
        )
    if variant.baseline_only:
        leave_out(
            "baseline sample", "the sample was taken on or after treatment", ~rows["is_baseline"].fillna(True)
        )
    if variant.one_person_once:
        leave_out("one person once", "the same person is counted in another cohort", _repeats(rows))
    else:
        kept = rows[rows["left_at"].isna()]
        repeats = int(kept["person_id"].duplicated().sum())
        if repeats:
            warnings.append(f"{repeats} rows are people who are counted more than once, as published.")
    members = rows[rows["left_at"].isna()].copy()
    members["is_mutated"] = members["status"] == "mutated"
    flow = pd.DataFrame(steps, columns=["step", "n", "n_left_out", "reason"])
    return Selection(members=members, everyone=rows, flow=flow, warnings=tuple(warnings))


def leave_out(selection: Selection, step: str, reason: str, is_out: pd.Series) -> Selection:
    """The selection with one more step at its end. ``is_out`` is over ``selection.everyone``."""
    everyone = selection.everyone.copy()
    out = is_out & everyone["left_at"].isna()
    everyone.loc[out, "left_at"] = step
    members = selection.members.drop(index=everyone.index[out])
    row = {"step": step, "n": len(members), "n_left_out": int(out.sum()), "reason": reason}
    flow = pd.concat([selection.flow, pd.DataFrame([row])], ignore_index=True)
    return Selection(members=members, everyone=everyone, flow=flow, warnings=selection.warnings)


def _commonest_origin(rows: pd.DataFrame) -> str | None:
    origins = rows.loc[rows["left_at"].isna(), "origin"].fillna("unknown").value_counts()
    return str(origins.index[0]) if len(origins) else None


def _repeats(rows: pd.DataFrame) -> pd.Series:
    candidates = rows[rows["left_at"].isna()].assign(
        _unknown=lambda d: (d["status"] == "not_profiled").astype(int),
        _time=lambda d: -d["time_months"].astype(float),
    )
    ordered = candidates.sort_values(["precedence", "_unknown", "_time", "cohort_id", "patient_id"])
    first = ordered[~ordered["person_id"].duplicated()].index
    return pd.Series(~rows.index.isin(first), index=rows.index)


#: Columns that :func:`add_burden` needs.
BURDEN_COLUMNS = frozenset(
    {"n_nonsynonymous", "n_mutations", "denominator_mb", "assay_kind", "cohort_id", "panel_id", "cancer_type"}
)


def add_burden(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``burden``: mutation burden with the gene's own mutations taken out, measured among the rows given.

    One assay with a known size: log2(mutations per Mb + 1). Otherwise the percentile within cohort x
    panel x cancer type, because rates of unlike assays cannot be compared (field notes, TMB).

    Parameters
    ----------
    frame : with ``n_nonsynonymous`` (all counted non-synonymous calls of the sample), ``n_mutations``
        (the gene's own), ``denominator_mb``, ``assay_kind``, ``cohort_id``, ``panel_id``, ``cancer_type``.
    """
    rows = frame.copy()
    others = (rows["n_nonsynonymous"] - rows["n_mutations"].fillna(0)).astype(float)
    measured = rows[others.notna()]
    one_assay = measured["assay_kind"].nunique() <= 1 and measured["denominator_mb"].notna().all()
    if one_assay:
        rows["burden"] = np.log2(others / rows["denominator_mb"].astype(float) + 1.0)
        rows["burden_definition"] = "log2(non-synonymous mutations per Mb without the gene's own + 1)"
    else:
        groups = [rows["cohort_id"], rows["panel_id"].fillna(""), rows["cancer_type"].fillna("")]
        rows["burden"] = others.groupby(groups).rank(pct=True)
        rows["burden_definition"] = (
            "percentile within cohort x panel x cancer type, without the gene's own mutations"
        )
    return rows
