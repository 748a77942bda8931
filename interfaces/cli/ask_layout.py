"""An answer on a terminal: the headline first, then a line a cohort, guards, what would settle it.

No word and no number is broken, whatever the width: the table takes the columns that fit, prose is wrapped at blanks.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from analytics.results.statistic import Statistic
from interfaces.answer_table import (
    Column,
    answer_table,
    flow_lines,
    settle_lines,
    trial_lines,
    verdict_lines,
)
from warehouse.export.readable import shown
from warehouse.questions.answer import Answer, Comparison

#: A pipe or a log has no width of its own.
_WIDTH_OF_A_PIPE = 120
#: Lines longer than this are hard to follow.
_LONGEST_LINE = 140
_GAP = 2
#: A number and its sign or unit are read as one.
_HELD_TOGETHER = re.compile(r"\bp [=<] |\bp (?=[\d<])|(?<=\d) %")
_HARD_BLANK = "\u00a0"


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
    said = [*_verdicts(answer, width), *_trials(answer, width), *_guards(answer, width, everything)]
    lines += ["", *said] if said else []
    lines += ["", *_would_settle(answer, width)]
    if with_flow:
        lines += ["", *_flow(answer, width)]
    lines += [line for note in answer.notes for line in prose(note, width)]
    lines += ["", *prose(f"Question: {answer.question.text}", width)]
    if answer.family is not None:
        lines += prose(answer.family.sentence, width)
    return lines


def prose(sentence: str, width: int, indent: int = 2) -> list[str]:
    """A sentence in lines that end at blanks, but not within ``p = 0.03`` or ``80 %``."""
    held = _HELD_TOGETHER.sub(lambda found: found.group().replace(" ", _HARD_BLANK), sentence)
    lines = textwrap.wrap(
        held,
        min(width, _LONGEST_LINE),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_HARD_BLANK, " ") for line in lines]


def _comparison(found: Comparison, width: int, everything: bool) -> list[str]:
    table = answer_table(found, everything=everything)
    lines = [*prose(table.title, width), *_table(table.rows, width, table.columns)]
    said = [*table.below, *(f"! {sentence}" for sentence in table.warned)]
    return lines + [line for sentence in said for line in prose(sentence, width)]


def _table(rows: Sequence[tuple[str, Statistic]], width: int, columns: Sequence[Column]) -> list[str]:
    """Rows under the columns that fit; where not even the needed ones do, a line a value."""
    names = [name for name, _ in rows]
    cells = {column.heading: [column.cell(row) for _, row in rows] for column in columns}
    kept = [column for column in columns if any(cells[column.heading])]

    def needed(these: Sequence[Column]) -> int:
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
    return [line for sentence in verdict_lines(answer) for line in prose(sentence, width)]


def _trials(answer: Answer, width: int) -> list[str]:
    lines = [part for line in trial_lines(answer) for part in prose(f"  {line}", width, 4)]
    return (
        [*prose("In the trials: checkpoint blockade against the control arm", width), *lines] if lines else []
    )


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
    return [line for sentence in settle_lines(answer) for line in prose(sentence, width)]


def _flow(answer: Answer, width: int) -> list[str]:
    return ["Who is counted", *(part for line in flow_lines(answer) for part in prose(f"  {line}", width, 4))]
