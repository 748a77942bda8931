"""When the clock of a question starts, when it stops, and what may count as its event.

Belongs here: what a variant may declare about time (`TimeRules`), an endpoint made of others (`CustomEndpoint`), and
what they do to the rows of an analysis frame. Does not belong here: who is counted (`selection`) and any estimate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

#: Endpoints that the marts hold.
KnownEndpoint = Literal["OS", "PFS", "DSS", "DFI", "PFI"]

#: Attributes that are known only some time after treatment began, so that early deaths cannot have the good ones.
KNOWN_LATER = (
    "BEST_RESPONSE",
    "DISEASE_CONTROL",
    "DURABLE_BENEFIT",
    "DURABLE_CLINICAL_BENEFIT",
    "OBJECTIVE_RESPONSE",
)

#: The columns of the frame that follow-up stands in.
_TIME, _EVENT, _ENTRY, _COMPETING = "time_months", "event", "entry_months", "is_competing_death"


class TimeRules(BaseModel):
    """What a variant changes about time. Months are on the clock of the endpoint until time zero is moved.

    The order is fixed: delayed entry ignored, time zero moved to entry, landmark, censoring.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ignore_entry: bool = Field(
        default=False,
        description="count everybody from time zero, late entry or not; only to show what that does",
    )
    start: Literal["origin", "entry"] = Field(
        default="origin",
        description="time zero: the endpoint's own, or when the patient came under observation",
    )
    landmark_months: float | None = Field(
        default=None,
        gt=0,
        description="time zero for those who are still followed then; groups are as known by then",
    )
    censor_after_months: float | None = Field(
        default=None,
        gt=0,
        description="administrative censoring: nobody is followed beyond, counted from time zero",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> TimeRules:
        if self.ignore_entry and self.start == "entry":
            raise ValueError("ignore_entry and start: entry exclude each other: choose one")
        return self

    @property
    def changes_nothing(self) -> bool:
        """True for the endpoint as the marts have it."""
        return self == TimeRules()

    def words(self) -> tuple[str, ...]:
        """What was changed, a sentence each."""
        said = []
        if self.ignore_entry:
            said.append("Delayed entry is ignored: people count as at risk before they could be seen to die.")
        if self.start == "entry":
            said.append("Time zero is when each patient came under observation.")
        if self.landmark_months is not None:
            said.append(
                f"Time zero is the landmark at {self.landmark_months:g} months; who had the event or left before is "
                f"not counted."
            )
        if self.censor_after_months is not None:
            said.append(f"Follow-up is cut at {self.censor_after_months:g} months.")
        return tuple(said)


class CustomEndpoint(BaseModel):
    """An endpoint of the catalogue: the first event of others, e.g. ``EFS: {first_of: [PFS, OS]}``.

    The clocks must start alike; a person needs a time and a status of each, so that a death without a known progression
    is not taken for freedom from both.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_of: tuple[KnownEndpoint, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _each_once(self) -> CustomEndpoint:
        if len(set(self.first_of)) < len(self.first_of):
            raise ValueError(f"first_of names an endpoint twice: {', '.join(self.first_of)}")
        return self


def known_later(biomarker: str) -> tuple[str, ...]:
    """The attributes of a biomarker (its canonical text) that are known only some time after treatment began."""
    return tuple(name for name in KNOWN_LATER if re.search(rf"\b{name}\b", biomarker))


def immortal_groups(biomarker: str, rules: TimeRules) -> tuple[str, ...]:
    """A sentence where groups are told apart by what is known only later, whether or not a landmark stands between.

    biomarker : its canonical text.
    """
    names = known_later(biomarker)
    if not names:
        return ()
    if rules.landmark_months is None:
        return (
            f"{' and '.join(names)} is known only after treatment began, and who died before cannot have responded: "
            f"the estimate is too good; count from a landmark (time: {{landmark_months: 3}}, or --landmark 3).",
        )
    return (
        f"{' and '.join(names)} is taken as known at the landmark; the sources do not date it, and a later response "
        f"counts too.",
    )


def with_time_rules(rows: pd.DataFrame, rules: TimeRules) -> pd.DataFrame:
    """The rows on the clock of the rules. Who is not followed beyond a landmark keeps its row, with a time of 0.

    Entry is shifted with the clock and never below 0; ``origin`` and ``clock_family`` name the new time zero, so that a
    moved clock is not pooled with others.
    """
    if rules.changes_nothing:
        return rows
    rows = rows.copy()
    rows[_EVENT] = rows[_EVENT].astype("boolean")
    if rules.ignore_entry:
        rows[_ENTRY] = rows[_ENTRY].where(rows[_ENTRY].isna(), 0.0)
    if rules.start == "entry":
        followed = rows[_TIME] - rows[_ENTRY].fillna(0.0)
        # Who came when it was over was never under observation, and has no follow-up on this clock.
        rows[_TIME] = followed.where((followed > 0) | (rows[_ENTRY].fillna(0.0) == 0))
        rows[_ENTRY] = 0.0
        rows = _named(rows, "entry under observation")
    if rules.landmark_months is not None:
        rows[_TIME] = (rows[_TIME] - rules.landmark_months).clip(lower=0.0)
        rows[_ENTRY] = (rows[_ENTRY] - rules.landmark_months).clip(lower=0.0)
        rows = _named(rows, f"{rules.landmark_months:g}{_OF_LANDMARK}", is_prefix=True)
    if rules.censor_after_months is not None:
        is_later = (rows[_TIME] > rules.censor_after_months).fillna(False)
        rows[_EVENT] = rows[_EVENT].mask(is_later, False)
        if _COMPETING in rows:
            rows[_COMPETING] = rows[_COMPETING].astype("boolean").mask(is_later, False)
        rows[_TIME] = rows[_TIME].mask(is_later, rules.censor_after_months)
    return rows


#: Between the months of a landmark and the origin that they are counted from.
_OF_LANDMARK = " months after"


def is_of_landmark(origin: str) -> bool:
    """Whether a time zero is that of a landmark."""
    return _OF_LANDMARK in origin


def _named(rows: pd.DataFrame, words: str, is_prefix: bool = False) -> pd.DataFrame:
    for column in ("origin", "clock_family"):
        was = rows[column].astype(object)
        rows[column] = (words + " " + was.astype(str) if is_prefix else words) if len(rows) else was
        rows[column] = rows[column].where(was.notna(), None)
    return rows


def first_of(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The frame of the first endpoint with the first event of all of them; keyed by cohort and patient.

    frames : endpoint -> its analysis frame, of the same patients. Who lacks an endpoint, or whose clocks start unlike,
    has no time. The time is that of the earliest event, and without an event the shortest follow-up; entry is the
    latest.
    """
    keys = ["cohort_id", "patient_id"]
    names = list(frames)
    base = frames[names[0]]
    aligned = {
        name: base[keys].merge(
            frame[[*keys, _TIME, _EVENT, _ENTRY, "clock_family"]], on=keys, how="left", validate="one_to_one"
        )
        for name, frame in frames.items()
    }
    times = pd.DataFrame({name: part[_TIME] for name, part in aligned.items()})
    events = pd.DataFrame({name: part[_EVENT].astype("boolean") for name, part in aligned.items()})
    is_whole = times.notna().all(axis=1) & events.notna().all(axis=1)
    is_alike = pd.DataFrame({n: part["clock_family"] for n, part in aligned.items()}).nunique(axis=1) == 1
    event_times = times.where(events.fillna(False).astype(bool))
    has_event = event_times.notna().any(axis=1)
    # A death after the last assessment of progression counts when it happens, as in most trials' definition of PFS.
    time = event_times.min(axis=1).where(has_event, times.min(axis=1))
    made = base.reset_index(drop=True).copy()
    usable = is_whole & is_alike
    made[_TIME] = time.where(usable)
    made[_EVENT] = has_event.astype("boolean").where(usable)
    entries = pd.DataFrame({name: part[_ENTRY] for name, part in aligned.items()})
    made[_ENTRY] = entries.max(axis=1).where(usable)
    if _COMPETING in made:  # of the first endpoint, which is not the one that is made
        made[_COMPETING] = None
    return made
