"""A question asked and written down, with its answer and its figures: what a page or a chat is made of.

One question at a time is computed in a process, and one figure at a time drawn, for the figure kit sets matplotlib's
settings while it draws; others wait. A figure is drawn when it is first looked at, so that headline and tables need not
wait for it. An answer is kept as long as its version is in force, so that a page, its figures and its files are of one
answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
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


@dataclass(frozen=True, eq=False)
class AnswerFigure:
    """A figure as files: what it shows, words for those who cannot see it, its numbers; SVG and CSV are made when they
    are asked for, and kept.
    """

    name: str
    title: str
    alt: str
    numbers: pd.DataFrame
    _draw: Callable[[], bytes]
    _write: Callable[[], str]
    _one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    @cached_property
    def svg(self) -> bytes:
        """The picture."""
        with self._one_at_a_time:
            return self._draw()

    @cached_property
    def csv(self) -> str:
        """Its numbers."""
        return self._write()


@dataclass(frozen=True)
class AskedPage:
    """The answer with the question counted, and its figures by name (``kaplan_meier``, ``forest``)."""

    answer: Answer
    figures: tuple[AnswerFigure, ...]


class AskedPages:
    """Answers of this process, the last ones kept."""

    #: Of the process: an explorer and the chat beside it have keepers of their own.
    _one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, bool], AskedPage] = OrderedDict()
        self._keeping = threading.Lock()

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
        # what is kept, and its figures, need not wait for a question of somebody else
        if (known := self._known(settings, key)) is not None:
            return known
        with self._one_at_a_time:
            if (known := self._known(settings, key)) is not None:
                return known
            # Loading the statistics takes seconds, which a misspelt name and every other page need not wait for.
            from warehouse.questions.drawing import answered_page

            asked = answered_page(con, settings, named, everything=everything)
            with self._keeping:
                self._kept[key] = asked
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return asked

    def _known(self, settings: Settings, key: tuple[str, str, bool]) -> AskedPage | None:
        """What was answered before, with the family as it is now: others may have been asked since."""
        with self._keeping:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
        return replace(kept, answer=replace(kept.answer, family=family_with(settings, kept.answer)))
