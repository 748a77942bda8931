"""Who is counted: from every patient of the cohorts to the members of an analysis, step by step, with reasons.

Input is the analysis frame: one row a patient and endpoint, as the warehouse gives it (columns in
:data:`FRAME_COLUMNS`). Nothing is estimated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.engine.arrays import BoolArray
from analytics.engine.numbers import count
from analytics.errors import InvalidSettingError
from analytics.questions.clock import TimeRules, with_time_rules
from analytics.questions.specs import PeopleVariant
from analytics.questions.steps import Steps

#: What a gene is in a sample. The last two are in no model of the gene.
MUTATED, WILD_TYPE, NOT_PROFILED, UNDETERMINED = "mutated", "wild_type", "not_profiled", "undetermined"
#: Why a person without a sample has no status.
NO_SAMPLE = "no sample"
#: A person has one of these, or is not judged.
KNOWN = (MUTATED, WILD_TYPE)
#: Who has one of these is in no group; any other status is the key of a group (``Assignment.member_status``).
UNKNOWN = (NOT_PROFILED, UNDETERMINED)

#: Columns that :func:`select_members` reads; covariates come on top. An analysis that asks no gene needs no status.
FRAME_COLUMNS = (
    "cohort_id",
    "patient_id",
    "person_id",
    "sample_id",
    "precedence",
    "status",
    "status_reason",
    "n_mutations",
    "n_calls",
    "is_baseline",
    "time_months",
    "event",
    "entry_months",
    "origin",
    "clock_family",
    "is_icb_treated",
)
#: Time as the endpoint has it.
UNCHANGED_TIME = TimeRules()
#: The start of the step that asks for like clocks.
CLOCK_STEP = "time from"
#: Most reasons that a step spells out.
_MOST_REASONS = 6


@dataclass(frozen=True)
class Selection:
    """Members of one variant.

    Attributes
    ----------
    members : the rows that are counted, with ``in_group``.
    everyone : every row of the frame with ``left_at``: the step at which it was left out, else null.
    flow : one row a step: ``step``, ``n`` (rows kept after it), ``n_left_out``, ``reason``.
    warnings : plain sentences.
    outside : people whose clock is not that of the pool and who would be members otherwise, with ``in_group``; one
        person once within a family of clocks. Their cohorts have rows of their own.
    clock : the family of clocks (or the declared origin) that is pooled; None where no clock was asked for.
    """

    members: pd.DataFrame
    everyone: pd.DataFrame
    flow: pd.DataFrame
    warnings: tuple[str, ...]
    outside: pd.DataFrame = field(default_factory=pd.DataFrame)
    clock: str | None = None

    def among(self, contrast: Contrast) -> Selection:
        """The selection among people of the two groups."""
        outside = contrast.of(self.outside) if len(self.outside) else self.outside
        return replace(self, members=contrast.of(self.members), outside=outside)

    def cohorts_outside(self) -> dict[str, str]:
        """Cohort that is not in the pool -> where its clock starts."""
        if self.outside.empty:
            return {}
        origins = self.outside.groupby("cohort_id", sort=True)["origin"].agg(
            lambda o: ", ".join(sorted(set(o)))
        )
        return {str(cohort_id): str(origin) for cohort_id, origin in origins.items()}


def select_members(
    frame: pd.DataFrame,
    variant: PeopleVariant,
    where: dict[str, tuple[str, ...]],
    *,
    icb_only: bool = True,
    origin: str | None = None,
    requires_endpoint: bool = True,
    requires_status: bool = True,
    reports_response: Sequence[str] = (),
    biomarker: str | None = None,
    time_rules: TimeRules = UNCHANGED_TIME,
) -> Selection:
    """Apply the steps of a variant in their fixed order.

    Parameters
    ----------
    frame : one row a patient; ``status`` is 'mutated', 'wild_type' (of another biomarker than a gene: the key of a
        group, or 'known' where it is a number), 'not_profiled' or 'undetermined', and ``status_reason`` says why it
        is one of the last two.
    where : column -> values that are kept.
    icb_only : leave out people without a checkpoint inhibitor (control arms).
    requires_endpoint : False for response, which has no clock.
    requires_status : False where no gene is asked about: nobody has a status then, unless the frame gives one.
    reports_response : columns of responses, e.g. ``orr``. Cohorts in which nobody has one of them are left out:
        nobody of them can be called a non-responder, not even by intention to treat.
    biomarker : what is asked about where it is not the status of a gene; named in the steps.
    time_rules : what the variant changes about time; applied before anybody is chosen.
    origin : time zero that is kept, an origin or a family; without it the family of clocks with most people whose
        status is known. Unlike clocks are never pooled unless the variant says so, to repeat what was published.

    Notes
    -----
    Order: question's filter, treatment, endpoint known, followed to the landmark, gene profiled,
    gene status determined, any mutation, baseline sample, clock, one person once (of a response, a row that knows it;
    lowest ``precedence`` first, then known status, then longer follow-up). Who is left out is counted with the reason.
    Rows without a covariate stay members: the adjusted model says its own n.
    """
    steps = Steps(with_time_rules(frame, time_rules))
    rows = steps.rows
    if not requires_status:
        for column in ("status", "status_reason"):
            rows[column] = rows[column] if column in rows else pd.Series(None, index=rows.index, dtype=object)
    judged = rows["status"].astype("object").copy()
    _question_steps(steps, where, icb_only, requires_endpoint, reports_response)
    if time_rules.landmark_months is not None:
        steps.leave_out(
            f"followed beyond {time_rules.landmark_months:g} months",
            "had the event or left before the landmark",
            rows["time_months"] <= 0,
        )
    if requires_status and biomarker is not None:
        _biomarker_steps(steps, variant, biomarker)
    elif requires_status and variant.unprofiled == "left_out":
        _status_steps(steps)
    elif requires_status:
        _call_as_published(rows)
    _sample_steps(steps, variant)
    clock = None
    if requires_endpoint and not variant.allow_mixed_origins:
        clock = origin or _family_of_most(rows.loc[steps.is_left, ["clock_family", "person_id"]], judged)
    is_outside = _clock_step(steps, clock)
    if variant.one_person_once:
        is_outside = _once_step(steps, judged, is_outside, reports_response)
    rows = steps.told()
    members, outside = (
        part.assign(in_group=(part["status"] == MUTATED).fillna(False).astype(bool))
        for part in (rows[steps.is_left], rows[is_outside])
    )
    flow = pd.DataFrame(steps.flow, columns=["step", "n", "n_left_out", "reason"])
    warnings = [
        *_published_words(members, judged, variant, requires_status),
        *_outside_words(outside),
        *time_rules.words(),
    ]
    return Selection(members, rows, flow, tuple(warnings), outside, clock)


def _sample_steps(steps: Steps, variant: PeopleVariant) -> None:
    """What the variant asks of the sample."""
    rows = steps.rows
    if variant.require_any_mutation:
        steps.leave_out(
            "any mutation row",
            "sequenced, but without a single mutation row (left out as published)",
            rows["n_calls"].fillna(0) == 0,
        )
    if variant.baseline_only:
        steps.leave_out(
            "baseline sample", "the sample was taken on or after treatment", ~rows["is_baseline"].fillna(True)
        )


def _once_step(steps: Steps, judged: pd.Series, is_outside: BoolArray, responses: Sequence[str]) -> BoolArray:
    """Count one person once, among the members and within each other clock; who is left of those outside."""
    rows = steps.rows
    candidates = rows.loc[steps.is_left, _WHICH_ROW]
    if responses:  # a row that does not know it would take the place of one that does
        silent = rows.loc[candidates.index, list(responses)].isna().all(axis=1)
        candidates = candidates.assign(is_silent=silent.astype(bool))
    repeats = _repeats(candidates, judged)
    steps.leave_out(
        "one person once",
        "the same person is counted in another cohort",
        pd.Series(rows.index.isin(repeats), index=rows.index),
    )
    for _, family in rows.loc[is_outside, _WHICH_ROW].groupby("clock_family"):
        is_outside = is_outside & ~rows.index.isin(_repeats(family, judged))
    return is_outside


def _question_steps(
    steps: Steps,
    where: dict[str, tuple[str, ...]],
    icb_only: bool,
    requires_endpoint: bool,
    reports_response: Sequence[str],
) -> None:
    rows = steps.rows
    for column, values in where.items():
        steps.leave_out(
            f"{column} asked for",
            f"{column} is not one of: {', '.join(values)}",
            ~rows[column].astype("string").isin(list(values)).fillna(False),
        )
    if icb_only:
        steps.leave_out(
            "treated with a checkpoint inhibitor",
            "control arm or no checkpoint inhibitor",
            # null in a cohort of mixed treatment: not known to have got one
            rows["is_icb_treated"].ne(True),
        )
    if requires_endpoint:
        is_unknown = rows["time_months"].isna() | rows["event"].isna()
        steps.leave_out("endpoint known", "no follow-up time or no event status", is_unknown)
    if reports_response:
        is_reported = rows[list(reports_response)].notna().any(axis=1)
        steps.leave_out(
            "response reported by the cohort",
            f"the cohort reports nobody's {' or '.join(reports_response)}",
            ~rows["cohort_id"].isin(rows.loc[is_reported, "cohort_id"].unique()),
        )


def _status_steps(steps: Steps) -> None:
    """Leave out who was not looked at, and who was and cannot be judged. A null status is no gene's: it stays."""
    rows = steps.rows
    steps.leave_out(
        "gene profiled",
        "not sequenced, or the panel does not cover the gene: neither mutated nor wild-type",
        rows["status"] == NOT_PROFILED,
    )
    is_undetermined = rows["status"] == UNDETERMINED
    reasons = rows.loc[is_undetermined & steps.is_left, "status_reason"]
    steps.leave_out(
        "gene status determined",
        f"looked at, but neither mutated nor wild-type: {_counted(reasons)}" if len(reasons) else
        "looked at, but a row that could be the gene, or the sample as a whole, is not understood",
        is_undetermined,
    )  # fmt: skip


def _biomarker_steps(steps: Steps, variant: PeopleVariant, biomarker: str) -> None:
    """The same of another biomarker than a gene, each step with its reasons."""
    if variant.unprofiled != "left_out":
        raise InvalidSettingError(
            f"The variant calls people whom nobody looked at {variant.unprofiled}, which is a status of a gene and no "
            f"group of {biomarker}: set unprofiled to left_out."
        )
    rows = steps.rows
    for status, step, words in (
        (NOT_PROFILED, f"{biomarker} measured", "not looked at"),
        (UNDETERMINED, f"{biomarker} determined", "looked at, but in no group"),
    ):
        is_one = rows["status"] == status
        reasons = rows.loc[is_one & steps.is_left, "status_reason"]
        steps.leave_out(step, f"{words}: {_counted(reasons)}" if len(reasons) else words, is_one)


def _is_known(status: pd.Series) -> pd.Series:
    """Whether a status says the group of a person; a null one is of no biomarker."""
    return status.notna() & ~status.isin(UNKNOWN)


def _counted(reasons: pd.Series) -> str:
    """'a class that is in no vocabulary (3), a symbol that cannot be read (1)', the commonest first."""
    counts = reasons.fillna("no reason is given").astype(str).value_counts().sort_index()
    counts = counts.sort_values(ascending=False, kind="stable")
    words = [f"{str(reason).rstrip('.')} ({count(n)})" for reason, n in counts.head(_MOST_REASONS).items()]
    if len(counts) > _MOST_REASONS:
        words.append(f"other reasons ({int(counts.iloc[_MOST_REASONS:].sum())})")
    return ", ".join(words)


def _call_as_published(rows: pd.DataFrame) -> None:
    """A counted call makes mutated, whatever was looked at, and everybody else is wild-type: a paper's way. What the
    warehouse says instead stays in ``status_reason``."""
    is_carrier = (rows["n_mutations"].fillna(0) > 0) | (rows["status"] == MUTATED)
    called = pd.Series(WILD_TYPE, index=rows.index, dtype=object).mask(is_carrier, MUTATED)
    changed = ~_is_known(rows["status"])
    said = rows["status"].astype(str) + rows["status_reason"].map(lambda r: "" if pd.isna(r) else f", {r}")
    reason = "called " + called + " as published; " + said
    rows["status_reason"] = rows["status_reason"].astype(object).where(~changed, reason)
    rows["status"] = called


def _published_words(
    members: pd.DataFrame, judged: pd.Series, variant: PeopleVariant, requires_status: bool
) -> list[str]:
    words: list[str] = []
    if requires_status and variant.unprofiled == WILD_TYPE:
        was, in_group = judged.loc[members.index], members["in_group"]
        called = {
            "were never profiled for the gene": was == NOT_PROFILED,
            "have an undetermined status of the gene": was == UNDETERMINED,
        }
        for what, is_one in called.items():
            counts = (
                (WILD_TYPE, int((is_one & ~in_group).sum())),
                (MUTATED, int((is_one & in_group).sum())),
            )
            words += [
                f"{n} people who {what} are called {word.replace('_', '-')}, as published."
                for word, n in counts if n
            ]  # fmt: skip
    if not variant.one_person_once:
        repeats = int(members["person_id"].duplicated().sum())
        if repeats:
            words.append(f"{repeats} rows are people who are counted more than once, as published.")
    return words


def _outside_words(outside: pd.DataFrame) -> list[str]:
    """Which cohorts are not pooled, and why."""
    if outside.empty:
        return []
    sizes = outside.groupby(["cohort_id", "origin"], sort=True, as_index=False).size()
    named = ", ".join(
        f"{row['cohort_id']} ({row['size']} people, clock {row['origin']})"
        for row in sizes.to_dict("records")
    )
    return [f"Not in the pooled estimate, because their clocks start elsewhere: {named}."]


def _clock_step(steps: Steps, clock: str | None) -> BoolArray:
    """Leave out unlike clocks; who that is, (n,)."""
    if clock is None:
        return np.zeros(len(steps.rows), dtype=bool)
    rows = steps.rows
    is_like = (rows["origin"].fillna("unknown") == clock) | (rows["clock_family"].fillna("unknown") == clock)
    origins = sorted(rows.loc[is_like & steps.is_left, "origin"].fillna("unknown").unique()) or [clock]
    step = f"{CLOCK_STEP} {' or '.join(origins)}"
    return steps.leave_out(step, "the clock starts at another point: unlike origins are not pooled", ~is_like)


def leave_out(selection: Selection, step: str, reason: str, is_out: pd.Series) -> Selection:
    """The selection with one more step at its end. ``is_out`` is over ``selection.everyone``."""
    everyone = selection.everyone.copy()
    out = is_out & everyone["left_at"].isna()
    everyone.loc[out, "left_at"] = step
    members = selection.members.drop(index=everyone.index[out])
    row = {"step": step, "n": len(members), "n_left_out": int(out.sum()), "reason": reason}
    flow = pd.concat([selection.flow, pd.DataFrame([row])], ignore_index=True)
    return replace(selection, members=members, everyone=everyone, flow=flow)


def _family_of_most(left: pd.DataFrame, judged: pd.Series) -> str | None:
    """The family of clocks with most people whose status is known; where no gene is asked about, with most people."""
    known = left[_is_known(judged.loc[left.index])]
    people = known if len(known) else left
    if people.empty:
        return None
    counts = people.groupby(people["clock_family"].fillna("unknown"), sort=True)["person_id"].nunique()
    return str(counts.idxmax())  # the first by name where two are equal


#: Which row of a person counts is read off these; a frame has fifty columns.
_WHICH_ROW = ["precedence", "time_months", "cohort_id", "patient_id", "person_id", "clock_family"]


def _repeats(candidates: pd.DataFrame, judged: pd.Series) -> pd.Index:
    """Rows of people who have a better one among the candidates: of a response, where one is asked for, one that knows
    it (``is_silent`` says which do not)."""
    first = ["is_silent"] if "is_silent" in candidates else []
    ordered = candidates.assign(
        _unknown=judged.loc[candidates.index].isin(UNKNOWN).astype(int),
        _time=lambda d: -d["time_months"].astype(float),
    ).sort_values([*first, "precedence", "_unknown", "_time", "cohort_id", "patient_id"])
    return ordered.index[ordered["person_id"].duplicated()]
