"""The page of a question. Its address is the text of the question, which `icb ask` takes, too; a form that is sent is
turned into that text first, so that equal questions have one address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import duckdb

from analytics.biomarkers.language.model import Mutation, MutationClass
from analytics.biomarkers.language.parse import parse
from analytics.biomarkers.language.text import canonical
from analytics.questions.asked import RESPONSES, AskedQuestion, AskedQuestionError, asked, read_question
from analytics.questions.specs import COVARIATES
from interfaces.answer_table import (
    answer_table,
    flow_lines,
    settle_lines,
    trial_lines,
    verdict_lines,
)
from interfaces.web.page import Asked, Elsewhere, Figure, Page, address
from warehouse.browsing.listing import Listing, of_records
from warehouse.export.readable import shown
from warehouse.questions.asked_pages import AnswerFigure
from warehouse.questions.record import CSV_COLUMNS, answer_record, answer_rows

_FILTERS = ("cancer_type", "drug_class", "line_of_treatment")
#: Fields of the form beside the biomarker.
_FIELDS = ("definition", "endpoint", "cohort", "adjust", "landmark", "cut", *_FILTERS)


@dataclass(frozen=True)
class Choice:
    """A field of the form: its words, and those that are chosen."""

    name: str
    label: str
    words: tuple[str, ...]
    chosen: tuple[str, ...]


def ask(asked_page: Asked) -> Page | Elsewhere:
    """A question and its answer; without one the empty form."""
    text = asked_page.one("q")
    if text is None:
        question = AskedQuestion("")
        return Page("Ask", template="ask.html", shown=_form(asked_page.con, question) | {"answer": None})
    question = question_of(asked_page, text)
    if question.text != text or any(asked_page.many(name) for name in _FIELDS):
        ending = asked_page.request.url.path.removeprefix("/ask")
        return Elsewhere(address(f"/ask{ending}", q=question.text, all=asked_page.one("all")))
    everything = asked_page.one("all") is not None
    found = asked_page.answers.ask(asked_page.con, asked_page.settings, question, everything=everything)
    answer = found.answer
    own = answer.question.text
    return Page(
        answer.headline,
        template="ask.html",
        figures=tuple(_figure(one, own, everything) for one in found.figures),
        record=answer_record(answer),
        csv=of_records("answer", own, CSV_COLUMNS, answer_rows(answer)),
        shown=_form(asked_page.con, answer.question)
        | {
            "answer": answer,
            "tables": [answer_table(one, everything=everything) for one in answer.comparisons],
            "verdicts": verdict_lines(answer),
            "trials": trial_lines(answer),
            "settle": settle_lines(answer),
            "flow": flow_lines(answer),
            "everything": everything,
            "everything_address": address("/ask", q=own, all="yes"),
            "command": _command(answer.question),
            "files": _files(answer_record(answer)["lineage"]["files"]),
        },
    )


def question_of(asked_page: Asked, text: str) -> AskedQuestion:
    """The question of an address: its text, in which fields of the form take the place of clauses.

    Raises
    ------
    AskedQuestionError, BiomarkerError
        One sentence: which word cannot be read, and what there is instead.
    """
    question = read_question(text)
    given = {name: asked_page.many(name) for name in _FIELDS if name in asked_page.request.query_params}
    if not any(given.values()) and "endpoint" not in given:
        return question
    where = dict(question.where)
    for name in _FILTERS:
        if asked_page.one("form") or name in given:
            where.pop(name, None)
        if given.get(name):
            where[name] = tuple(given[name])
    is_form = asked_page.one("form") is not None
    landmark = given.get("landmark")
    return asked(
        _defined(question.biomarker, (given.get("definition") or [""])[0]),
        endpoint=(given.get("endpoint") or [question.endpoint])[0],
        cohorts=_quoted(given.get("cohort") or ([] if is_form else list(question.cohorts))),
        where=where,
        adjust=given.get("adjust") or ([] if is_form else list(question.adjust)),
        landmark=_months(landmark[0]) if landmark else None if is_form else question.landmark_months,
        cut=(given.get("cut") or [None if is_form else question.cut])[0],  # type: ignore[list-item]
    )


def _defined(biomarker: str, definition: str) -> str:
    """The biomarker with another definition of what counts as mutated; one that is not a gene has it in its text."""
    if not definition:
        return biomarker
    read = parse(biomarker)
    what: MutationClass | None = next((one for one in get_args(MutationClass) if one == definition), None)
    if what is None:
        raise AskedQuestionError(
            f"'{definition}' is no class of mutation: there are {', '.join(get_args(MutationClass))}."
        )
    if not isinstance(read, Mutation):
        raise AskedQuestionError(
            f"What counts as mutated is chosen for one gene, and '{biomarker}' is none: write it in the biomarker, "
            f"e.g. 'STK11:{definition} & KRAS'."
        )
    return canonical(replace(read, what=what))


def _quoted(cohorts: list[str]) -> list[str]:
    return [f'"{name}"' if "," in name else name for name in cohorts]


def _months(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise AskedQuestionError(f"'landmark {text}' is no number of months.") from None


def _form(con: duckdb.DuckDBPyConnection, question: AskedQuestion) -> dict[str, object]:
    """Fields with the words of this version."""
    kept = question.kept
    words = {name: _words(con, name) for name in _FILTERS}
    cohorts = [str(row[0]) for row in con.execute(
        "select cohort_id from marts.cohorts where is_icb order by cohort_id").fetchall()]  # fmt: skip
    endpoints = [str(row[0]) for row in con.execute(
        "select distinct endpoint from marts.survival_outcomes order by 1").fetchall()]  # fmt: skip
    labels = {
        "cancer_type": "Cancer type",
        "drug_class": "Drug class",
        "line_of_treatment": "Line of treatment",
    }
    choices = [Choice("cohort", "Cohorts", tuple(cohorts), question.cohorts)]
    choices += [Choice(name, labels[name], words[name], tuple(kept.get(name, ()))) for name in _FILTERS]
    choices.append(Choice("adjust", "Adjust for", tuple(COVARIATES), question.adjust))
    landmark = "" if question.landmark_months is None else f"{question.landmark_months:g}"
    return {
        "biomarker": question.biomarker,
        "definitions": get_args(MutationClass),
        "endpoint": question.endpoint,
        "endpoints": [*endpoints, *RESPONSES],
        "choices": choices,
        "landmark": landmark,
        "is_filtered": bool(
            question.cohorts or question.where or question.adjust or landmark or question.endpoint != "OS"
        ),
    }


def _words(con: duckdb.DuckDBPyConnection, column: str) -> tuple[str, ...]:
    rows = con.execute(
        f"select distinct cast({column} as varchar) from marts.patient_summary "
        f"where is_icb_cohort and {column} is not null"
    ).fetchall()
    words = (str(row[0]).removesuffix(".0") for row in rows)
    return tuple(sorted(words, key=lambda word: (int(word) if word.isdigit() else 0, word)))


def _figure(drawn: AnswerFigure, text: str, everything: bool) -> Figure:
    asked_for = {"q": text, "all": "yes" if everything else None}
    path = f"/ask/{drawn.name}"
    return Figure(
        address(f"{path}.svg", **asked_for), drawn.title, drawn.alt, address(f"{path}.csv", **asked_for)
    )


def _command(question: AskedQuestion) -> str:
    return shown("icb ask '" + question.text.replace("'", "'\\''") + "'")


def _files(files: list[dict[str, object]]) -> Listing:
    return of_records(
        "files", "Files behind it", ("role", "address", "member", "sha256", "rows"), files,
        note="Every file that the people of this answer rest on, as it was read.",
    )  # fmt: skip
