"""An answer on a terminal: the headline first, then a line a cohort, guards, what would settle it.

No word and no number is broken, whatever the width: the table takes the columns that fit, prose is wrapped at blanks.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from analytics.engine.numbers import count, p_value, ratio, with_ends
from analytics.results.statistic import ResponseStatistic, Statistic
from warehouse.export.readable import shown
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

#: A pipe or a log has no width of its own.
_WIDTH_OF_A_PIPE = 120
#: Lines longer than this are hard to follow.
_LONGEST_LINE = 140
_GAP = 2


@dataclass(frozen=True)
class _Column:
    """One column of the table: heading, cell, and how soon it is left out where the terminal is narrow (0: never)."""

    heading: str
    cell: Callable[[Statistic], str]
    leaves: int = 0
    is_number: bool = True


def print_answer(answer: Answer, *, everything: bool = False, with_flow: bool = True) -> None:
    """The answer on standard output, in the width of the terminal."""
    width = Console().width if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
    for line in answer_lines(answer, width, everything=everything, with_flow=with_flow):
        print(shown(line))


def answer_lines(
    answer: Answer, width: int, *, everything: bool = False, with_flow: bool = True
) -> list[str]:
    """The lines of an answer at a width; none is longer, unless a single word is."""
    lines = [
        *prose(answer.headline, width),
        *prose(f"Verdict: {answer.verdict}.", width),
        *prose(f"Against: {answer.against}", width),
    ]
    if answer.cut is not None:
        lines += prose(answer.cut.sentence, width)
    for found in answer.comparisons:
        lines += ["", *_comparison(found, width, everything)]
    if answer.interaction is not None and answer.interaction.estimate is None:
        lines += prose(f"! Interaction: {' '.join(answer.interaction.warnings)}", width)
    lines += ["", *_verdicts(answer, width), *_trials(answer, width), *_guards(answer, width, everything)]
    lines += ["", *_would_settle(answer, width)]
    if with_flow:
        lines += ["", *_flow(answer, width)]
    lines += [line for note in answer.notes for line in prose(note, width)]
    lines += ["", *prose(f"Question: {answer.question.text}", width)]
    if answer.family is not None:
        lines += prose(answer.family.sentence, width)
    return lines


def prose(sentence: str, width: int, indent: int = 2) -> list[str]:
    """A sentence in lines that end at blanks."""
    return textwrap.wrap(
        sentence,
        min(width, _LONGEST_LINE),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _comparison(found: Comparison, width: int, everything: bool) -> list[str]:
    rows: list[tuple[str, Statistic]] = [(_named(row), row) for row in found.by_cohort]
    if len(found.by_cohort) > 1:
        rows.append(("pooled", found.pooled))
    main = [row for row in (found.same_people, found.asked) if row is not None and row is not found.pooled]
    beside = list(found.others) if everything else main
    rows += [(_beside(row), row) for row in beside]
    title = found.group if found.reference is None else f"{found.group} against {found.reference}"
    lines = [*prose(title, width), *_table(rows, width, _columns(found))]
    if any(not is_pooled(row) for row in found.by_cohort):
        lines += prose("* its clock starts elsewhere: not in the pool", width)
    empty = [cohort_name(row) for row in found.by_cohort if row.counts.n_in_group == 0]
    if empty:
        lines += prose(f"Nobody is {found.group} in {', '.join(empty)}.", width)
    shown = [
        row
        for row in (*found.by_cohort, found.pooled)
        if row.counts.n_in_group != 0 and (row.estimate is None or everything)
    ]
    return lines + [line for said in warnings_by_cohort(shown) for line in prose(f"! {said}", width)]


def _named(row: Statistic) -> str:
    return cohort_name(row) + ("" if is_pooled(row) else " *")


def _beside(row: Statistic) -> str:
    """What an estimate beside the pool is, in few words."""
    kind = row.key.split(".", 1)[1].split(".")[0].replace("_", " ")
    where = f" {row.cohort_id}" if row.cohort_id else ""
    named = {"cox adjusted": "adjusted", "cox adjusted same people": "same, unadjusted"}
    return f"{named.get(kind, kind)}{where}"


def _columns(found: Comparison) -> list[_Column]:
    is_response = isinstance(found.pooled, ResponseStatistic)
    of_groups = found.reference is not None
    ratio_name = {"hazard ratio": "HR", "odds ratio": "OR"}.get(str(found.pooled.scale), "estimate")
    columns = [
        _Column("people", lambda row: _of(row.counts.n_in_group, row.counts.n)),
        _Column("responders" if is_response else "events", lambda row: _of(*reversed(events_of(row)))),
    ]
    if of_groups and not is_response:
        columns.append(_Column("median months", _medians, 2))
    columns += [
        _Column(f"{ratio_name} (95 % CI)", _effect),
        _Column("p", lambda row: p_value(row.p)),
        _Column("by", lambda row: (row.estimator or "").replace("_", " "), 1, False),
    ]
    columns.append(_Column("adjusted for", lambda row: _listed(row, "adjusted_for"), 4, False))
    columns.append(_Column("strata", lambda row: _listed(row, "strata"), 3, False))
    return columns


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


def _table(rows: Sequence[tuple[str, Statistic]], width: int, columns: Sequence[_Column]) -> list[str]:
    """Rows under the columns that fit; where not even the needed ones do, a line a value."""
    names = [name for name, _ in rows]
    cells = {column.heading: [column.cell(row) for _, row in rows] for column in columns}
    kept = [column for column in columns if any(cells[column.heading])]

    def needed(these: Sequence[_Column]) -> int:
        widths = [max(cell_len(text) for text in (c.heading, *cells[c.heading])) for c in these]
        return max(map(cell_len, ("cohort", *names))) + sum(_GAP + one for one in widths)

    while needed(kept) > width and any(column.leaves for column in kept):
        kept.remove(max((column for column in kept if column.leaves), key=lambda column: column.leaves))
    if needed(kept) > width:
        return [
            line
            for i, name in enumerate(names)
            for line in (
                name,
                *(p for c in kept for p in prose(f"  {c.heading}: {cells[c.heading][i]}", width, 4)),
            )
        ]
    table = Table(show_edge=False, box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    table.add_column("cohort", no_wrap=True)
    for column in kept:
        table.add_column(column.heading, justify="right" if column.is_number else "left", no_wrap=True)
    for i, name in enumerate(names):
        table.add_row(name, *(cells[column.heading][i] for column in kept))
    console = Console(
        width=max(width, needed(kept)) + _GAP, markup=False, emoji=False, highlight=False, color_system=None
    )
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def _verdicts(answer: Answer, width: int) -> list[str]:
    found = [answer.leading.burden, answer.predictive]
    return [line for verdict in found if verdict is not None for line in prose(verdict.sentence, width)]


def _trials(answer: Answer, width: int) -> list[str]:
    """What treatment does in the trials: to all who were randomised, and in each group."""
    lines = [
        f"  {row.counts.group_label or ''}{f', {row.cohort_id}' if row.cohort_id else ''}: {effect_words(row)}"
        for row in answer.trials
        if row.key.split(".")[1].startswith("treatment") and row.estimate is not None
    ]
    return ["In the trials", *(part for line in lines for part in prose(line, width, 4))] if lines else []


def _guards(answer: Answer, width: int, everything: bool) -> list[str]:
    """One line a guard; one that speaks against the result says why."""
    lines: list[str] = []
    for guard in answer.guards:
        mark = "!" if guard.is_warning else " "
        whole = f"{mark} {guard.guard}: {guard.verdict}. {guard.sentence}"
        if guard.is_warning or everything or cell_len(whole) <= min(width, _LONGEST_LINE):
            lines += prose(whole, width, 4)
        else:
            lines += prose(f"{mark} {guard.guard}: {guard.verdict}.", width, 4)
    return ["Whether to believe it", *lines] if lines else []


def _would_settle(answer: Answer, width: int) -> list[str]:
    power = answer.leading.power
    lines = [f"To know more: {answer.would_settle}"]
    if power is not None and power.smallest < float("inf"):
        lines.append(
            f"At 80 % power these people could have shown a ratio of {ratio(power.smallest)} or more, or "
            f"{ratio(1 / power.smallest)} or less."
        )
    return [line for sentence in lines for line in prose(sentence, width)]


def _flow(answer: Answer, width: int) -> list[str]:
    lines: list[str] = []
    before: int | None = None
    for step in answer.flow:
        lost = (
            "" if before is None or before == step.n else f" ({count(before - step.n)} fewer: {step.reason})"
        )
        if before is None or lost:
            lines += prose(f"  {count(step.n)} {step.step}{lost}", width, 4)
        before = step.n
    return ["Who is counted", *lines]
