"""An answer with its figures, which are drawn when they are looked at: what takes the statistics and matplotlib."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import duckdb

from analytics.answers.figures import curves_of_answer, forest_of_answer
from analytics.engine.smallest_count import counts_from
from analytics.figures.picture import UndrawnPicture
from analytics.figures.style import svg_bytes
from analytics.questions.asked import AskedQuestion
from warehouse.export.csv_files import csv_of
from warehouse.questions.answer import Answer, is_pooled
from warehouse.questions.answering import answer_checked, checked_question
from warehouse.questions.asked_pages import AnswerFigure, AskedPage
from warehouse.questions.checked import CheckedQuestion
from warehouse.questions.registry import write_question_down
from warehouse.settings import Settings
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import smallest_cell


def answered_page(
    con: duckdb.DuckDBPyConnection, settings: Settings, question: AskedQuestion, *, everything: bool
) -> AskedPage:
    """Answer a question, write it down in the registry, and lay out its figures; raises as ``checked_question``."""
    checked = checked_question(con, question, everything=everything)
    answer = answer_checked(con, checked, everything=everything)
    answer = replace(answer, family=write_question_down(settings, answer))
    return AskedPage(answer, _figures(checked, answer, smallest_cell(version_of(con))))


def _figures(checked: CheckedQuestion, answer: Answer, least: int) -> tuple[AnswerFigure, ...]:
    found, contrasts, pictures = answer.leading, checked.people.contrasts, dict[str, UndrawnPicture | None]()
    if contrasts and not answer.question.is_response:
        pictures["kaplan_meier"] = curves_of_answer(
            checked.selection, contrasts[-1], found.pooled, answer.question.endpoint, answer.label
        )
    outside = [str(row.cohort_id) for row in found.by_cohort if not is_pooled(row)]
    title = f"{found.group}{f' against {found.reference}' if found.reference else ''}"
    pictures["forest"] = forest_of_answer(found.by_cohort, found.pooled, outside, title)
    return tuple(
        AnswerFigure(
            name, one.title, one.alt, one.data, partial(_svg, one, least), partial(csv_of, one.data, least)
        )
        for name, one in pictures.items()
        if one is not None
    )


def _svg(picture: UndrawnPicture, least: int) -> bytes:
    """Drawn within the rule on small counts under which the answer was made."""
    with counts_from(least):
        return svg_bytes(picture.draw())
