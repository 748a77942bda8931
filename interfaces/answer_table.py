"""The lines of an answer in words, as terminal, page and chat all show them. Nothing is computed and nothing is laid
out here: which lines there are, under which headings, and how a number reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analytics.answers.estimates import NO_FIRTH
from analytics.engine.numbers import count, p_value, ratio, with_ends
from analytics.meta.trials import TREATED
from analytics.results.estimator import Scale
from analytics.results.statistic import MetaStatistic, ResponseStatistic, Statistic
from warehouse.questions.answer import (
    Answer,
    Comparison,
    cohort_name,
    effect_words,
    events_of,
    is_pooled,
    medians_of,
    warnings_by_cohort,
)


@dataclass(frozen=True)
class Column:
    """One column of the table: heading, cell, and how soon it is left out where there is no room (0: never)."""

    heading: str
    cell: Callable[[Statistic], str]
    leaves: int = 0
    is_number: bool = True


@dataclass(frozen=True)
class AnswerTable:
    """One comparison: a row a cohort, the pool, and what stands beside it.

    Attributes
    ----------
    rows : name of the row and its estimate. below : sentences under the table. warned : what is amiss with rows.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, Statistic], ...]
    below: tuple[str, ...]
    warned: tuple[str, ...]

    @property
    def filled(self) -> tuple[Column, ...]:
        """The columns in which a row has something."""
        return tuple(column for column in self.columns if any(column.cell(row) for _, row in self.rows))


def answer_table(found: Comparison, *, everything: bool = False) -> AnswerTable:
    """The table of one comparison; with every estimate that was made if ``everything``."""
    rows: list[tuple[str, Statistic]] = [(_named(row), row) for row in found.by_cohort]
    if len(found.by_cohort) > 1:
        rows.append(("pooled", found.pooled))
    main = [row for row in (found.same_people, found.asked) if row is not None and row is not found.pooled]
    beside = list(found.others) if everything else main
    rows += [(_beside(row), row) for row in beside]
    below = []
    if any(not is_pooled(row) for row in found.by_cohort):
        below.append("* its clock starts elsewhere: not in the pool")
    empty = [cohort_name(row) for row in found.by_cohort if _has_nobody(row)]
    if empty:
        below.append(f"Nobody is {found.group} in {', '.join(empty)}.")
    shown = [
        row
        for row in (*found.by_cohort, found.pooled)
        if not _has_nobody(row) and (row.estimate is None or everything)
    ]
    shown += [
        row for row in (*found.by_cohort, found.asked) if any(w.startswith(NO_FIRTH) for w in row.warnings)
    ]
    return AnswerTable(
        title=found.group if found.reference is None else f"{found.group} against {found.reference}",
        columns=_columns(found),
        rows=tuple(rows),
        below=tuple(below),
        warned=tuple(warnings_by_cohort(shown)),
    )


def _has_nobody(row: Statistic) -> bool:
    """Nobody is in the group; not that nobody of the group has a known response, which the row says itself."""
    return row.counts.n_in_group == 0 and not (isinstance(row, ResponseStatistic) and row.warnings)


def trial_lines(answer: Answer) -> list[str]:
    """What treatment does in the trials: to all who were randomised, and in each group."""
    return [
        f"{_randomised(row)}: {effect_words(row)}"
        for row in answer.trials
        if row.key.split(".")[1].startswith("treatment") and row.estimate is not None
    ]


def _randomised(row: Statistic) -> str:
    """Of whom an effect of treatment is: everybody of a trial or of all, or one group."""
    label = row.counts.group_label or ""
    group = label.removeprefix(TREATED).lstrip(", ")
    return group or row.cohort_id or "everybody randomised"


def verdict_lines(answer: Answer) -> list[str]:
    """What decided the words on burden and on prediction."""
    found = [answer.leading.burden, answer.predictive]
    return [verdict.sentence for verdict in found if verdict is not None]


def settle_lines(answer: Answer) -> list[str]:
    """What would be needed to know more, and what these people could have shown."""
    lines, power = [f"To know more: {answer.would_settle}"], answer.leading.power
    if power is not None and power.smallest < float("inf"):
        scale = Scale(answer.leading.pooled.scale or Scale.RATIO)
        lines.append(
            f"At 80 % power these people could have shown {scale.with_article} of {ratio(power.smallest)} or more, "
            f"or {ratio(1 / power.smallest)} or less."
        )
    return lines


def flow_lines(answer: Answer) -> list[str]:
    """From all patients to those who are counted; a step at which nobody went is left out."""
    lines: list[str] = []
    before: int | None = None
    for step in answer.flow:
        lost = (
            "" if before is None or before == step.n else f" ({count(before - step.n)} fewer: {step.reason})"
        )
        if before is None or lost:
            lines.append(f"{count(step.n)} {step.step}{lost}")
        before = step.n
    return lines


def _named(row: Statistic) -> str:
    return cohort_name(row) + ("" if is_pooled(row) else " *")


def _beside(row: Statistic) -> str:
    """What an estimate beside the pool is, in few words."""
    kind = row.key.split(".", 1)[1].split(".")[0].replace("_", " ")
    where = f" {row.cohort_id}" if row.cohort_id else ""
    named = {"cox adjusted": "adjusted", "cox adjusted same people": "same, unadjusted"}
    if isinstance(row, MetaStatistic) and row.left_out is not None:
        return f"{kind} without {row.left_out}"
    of_group = f", {row.counts.group_label}" if kind == "median" and row.counts.group_label else ""
    return f"{named.get(kind, kind)}{where}{of_group}"


def _columns(found: Comparison) -> tuple[Column, ...]:
    is_response = isinstance(found.pooled, ResponseStatistic)
    of_groups = found.reference is not None
    ratio_name = {"hazard ratio": "HR", "odds ratio": "OR"}.get(str(found.pooled.scale), "estimate")
    columns = [
        Column("people", lambda row: _of(row.counts.n_in_group, row.counts.n)),
        Column("responders" if is_response else "events", lambda row: _of(*reversed(events_of(row)))),
    ]
    if of_groups and not is_response:
        columns.append(Column("median months", _medians, 2))
    columns += [
        Column(f"{ratio_name} (95 % CI)", _effect),
        Column("p", lambda row: p_value(row.p)),
        Column("by", _estimator, 1, False),
    ]
    columns.append(Column("adjusted for", lambda row: _listed(row, "adjusted_for"), 4, False))
    columns.append(Column("strata", lambda row: _listed(row, "strata"), 3, False))
    return tuple(columns)


def _estimator(row: Statistic) -> str:
    """Which estimator made the numbers; nothing where there are none."""
    return "" if row.estimate is None and row.p is None else (row.estimator or "").replace("_", " ")


def _of(part: int | None, whole: int | None) -> str:
    if whole is None:
        return ""
    return count(whole) if part is None else f"{count(part)}/{count(whole)}"


def _medians(row: Statistic) -> str:
    own, other = medians_of(row)
    if row.estimate is None:
        return ""
    return " / ".join("-" if months is None else f"{months:.1f}" for months in (own, other))


def _effect(row: Statistic) -> str:
    if row.estimate is None:
        return "-"
    if row.scale is not None and row.scale != "difference of shares":
        return (
            with_ends(row.estimate, row.ci_low, row.ci_high)
            if row.ci_low is not None
            else ratio(row.estimate)
        )
    return with_ends(row.estimate, row.ci_low, row.ci_high, "points")


def _listed(row: Statistic, name: str) -> str:
    return ", ".join(getattr(getattr(row, "model", None), name, ()))
