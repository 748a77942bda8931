"""What a chat gets: types in which an effect cannot stand alone.

A model repeats the number that it was given and drops the caveat that stood in a prompt. Here the estimator, people,
events, what was adjusted for, and what speaks against believing it are fields of the number, and a number that lacks
one of them is refused before it is sent.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: A count of people; ``<5`` where a version with private cohorts does not show it.
Count = int | str
Sentence = Annotated[str, Field(min_length=1)]
Cell = str | int | float | bool | None


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Guard(_Sent):
    """What was looked at before believing a number, and what it said."""

    guard: Sentence
    verdict: Sentence
    sentence: Sentence
    speaks_against: bool


class Estimate(_Sent):
    """An effect with its interval and everything that it must not be repeated without."""

    kind: Literal["estimate"] = "estimate"
    name: Sentence = Field(description="estimate key, such as os.cox_univariable")
    cohort: Sentence = Field(description="the cohort, or 'pooled'")
    is_pooled_in: bool = Field(description="whether its clock allows it into the pooled estimate")
    estimator: Sentence
    scale: Sentence = Field(description="hazard ratio (below 1: lives longer), odds ratio of response, ...")
    estimate: float
    ci_low: float | None
    ci_high: float | None
    p: float | None
    n: Count
    n_in_group: Count | None
    events: Count = Field(description="events, or responders")
    events_in_group: Count | None
    adjusted_for: list[str] = Field(description="empty: not adjusted for anything")
    strata: list[str]
    guards: Annotated[list[Sentence], Field(min_length=1)] = Field(
        description="verdict of each guard in few words, and warnings of this row: say them with the number"
    )


class NoEstimate(_Sent):
    """A row without an effect, and why."""

    kind: Literal["no estimate"] = "no estimate"
    name: Sentence
    cohort: Sentence
    n: Count | None
    n_in_group: Count | None
    events: Count | None
    why: Sentence


Row = Annotated[Estimate | NoEstimate, Field(discriminator="kind")]


class Comparison(_Sent):
    """One group against the reference: a row a cohort, the pool, and what stands beside it."""

    group: Sentence
    reference: str | None
    cohorts: list[Row]
    pooled: Row
    beside: list[Row]


class Answer(_Sent):
    """The answer to a question. ``headline``, ``verdict`` and ``against`` are to be repeated as they are."""

    headline: Sentence
    verdict: Sentence
    against: Sentence = Field(description="the strongest reason against believing it")
    would_settle: Sentence
    guards: Annotated[list[Guard], Field(min_length=1)] = Field(description="burden first")
    comparisons: Annotated[list[Comparison], Field(min_length=1)]
    who_is_counted: list[str]
    notes: list[str]
    question: Sentence = Field(description="the question in one text, which every tool and `icb ask` take")
    family: str | None = Field(description="which question of how many, and its false discovery rate")
    version: Sentence


class CurvePoint(_Sent):
    """A step of a Kaplan-Meier curve."""

    months: float
    survival: float
    ci_low: float | None
    ci_high: float | None
    n_at_risk: Count


class Curve(_Sent):
    """One group's curve."""

    group: Sentence
    n: Count
    events: Count
    points: list[CurvePoint]


class Curves(_Sent):
    """Curves of both groups with the answer that they belong to."""

    headline: Sentence
    verdict: Sentence
    against: Sentence
    guards: Annotated[list[Guard], Field(min_length=1)]
    curves: list[Curve]
    note: Sentence
    question: Sentence
    version: Sentence


class ScanGene(_Sent):
    """A gene of a scan: an effect among as many as were looked at."""

    gene: Sentence
    estimator: Sentence
    scale: Sentence
    estimate: float | None
    beside_burden: float | None = Field(description="the same with mutation burden in the model")
    p: float | None
    q: float | None = Field(description="false discovery rate in the family of the scan")
    n: Count
    carriers: Count
    events_in_carriers: Count
    adjusted_for: list[str]
    strata: list[str]
    guards: Annotated[list[Sentence], Field(min_length=1)] = Field(
        description="word on burden first, then warnings"
    )


class Scan(_Sent):
    """The leading genes of a scan."""

    title: Sentence
    family: Sentence = Field(description="how many hypotheses, and whether they were registered before")
    genes: list[ScanGene]
    n_genes: int
    version: Sentence


class Claim(_Sent):
    """A printed number with what the published file says of it."""

    claim: Sentence
    description: Sentence
    printed: str
    verdict: Sentence
    sentence: Sentence
    computed: Row | None
    stat_id: str | None


class Table(_Sent):
    """Rows of a table, by column."""

    title: Sentence
    columns: list[str]
    rows: list[list[Cell]]
    said: Sentence = Field(description="how much of it this is, and what to know")
    version: Sentence


class Tables(_Sent):
    """Several tables about one thing."""

    about: Sentence
    tables: list[Table]
    version: Sentence
