"""A question asked and written down, with its answer and its figures: what a page or a chat is made of.

One question at a time is computed in a process, for the figure kit sets matplotlib's settings while it draws; others
wait. An answer is kept as long as its version is in force, so that a page, its figures and its files are of one answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import ClassVar

import duckdb
import pandas as pd

from analytics.questions.asked import AskedQuestion
from warehouse.questions.answer import Answer
from warehouse.questions.names import known_names
from warehouse.questions.registry import family_with
from warehouse.settings import Settings
from warehouse.versions.layout import version_of

_KEPT = 64


@dataclass(frozen=True)
class DrawnFigure:
    """A figure as files: what it shows, words for those who cannot see it, SVG, and its numbers, also as CSV."""

    name: str
    title: str
    alt: str
    svg: bytes
    numbers: pd.DataFrame
    csv: str


@dataclass(frozen=True)
class AskedPage:
    """The answer with the question counted, and its figures by name (``kaplan_meier``, ``forest``)."""

    answer: Answer
    figures: tuple[DrawnFigure, ...]


class AskedPages:
    """Answers of this process, the last ones kept."""

    #: Of the process: an explorer and the chat beside it have keepers of their own.
    _one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, bool], AskedPage] = OrderedDict()

    def ask(
        self,
        con: duckdb.DuckDBPyConnection,
        settings: Settings,
        question: AskedQuestion,
        *,
        everything: bool = False,
    ) -> AskedPage:
        """The answer of the version that is open, computed or kept; raises as ``checked_question``."""
        named = known_names(con, question).question
        key = (str(version_of(con).folder), named.text, everything)
        with self._one_at_a_time:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept = self._kept[key]
                # others may have been asked since
                family = family_with(settings, kept.answer)
                return replace(kept, answer=replace(kept.answer, family=family))
            # Loading the statistics takes seconds, which a misspelt name and every other page need not wait for.
            from warehouse.questions.drawing import answer_and_draw

            asked = answer_and_draw(con, settings, named, everything=everything)
            self._kept[key] = asked
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return asked
