"""Files beside the pages: figures of answers, and what the version in force has in its folders."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from interfaces.web.page import Asked, Elsewhere, Page
from interfaces.web.pages.answers import question_of
from interfaces.web.respond import fault, respond
from warehouse.questions.asked_pages import AnswerFigure, AskedPages
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force


def answer_figure(request: Request, kept: AskedPages) -> Response:
    """A figure of an answer as SVG, or its numbers as CSV."""
    name, ending = request.path_params["figure"], request.path_params["ending"]
    found: list[AnswerFigure] = []

    def find(asked: Asked) -> Page | Elsewhere:
        question = question_of(asked, asked.one("q") or "")
        everything = asked.one("all") is not None
        answer = kept.ask(asked.con, asked.settings, question, everything=everything)
        found.extend(one for one in answer.figures if one.name == name)
        return Page("")

    answer = respond(find, "json", request, kept)
    if answer.status_code != 200:
        return answer
    if not found or ending not in ("svg", "csv"):
        return fault(f"This answer has no figure '{name}.{ending}'.", 404, "html", request)
    if ending == "csv":
        return Response(found[0].csv, media_type="text/csv; charset=utf-8")
    return Response(found[0].svg, media_type="image/svg+xml")


def published_figure(request: Request) -> Path | None:
    """A figure's file of the version in force; None where there is none."""
    folder, name = request.path_params["folder"], request.path_params["name"]
    return _inside(version_in_force(Settings.from_environment().published).figures, folder, name)


def published_report(request: Request) -> Path | None:
    """A file of the reports of the version in force; None where there is none."""
    name = request.path_params["name"]
    return _inside(version_in_force(Settings.from_environment().published).reports, name)


def _inside(root: Path, *parts: str) -> Path | None:
    path = root.joinpath(*parts).resolve()
    return path if path.is_relative_to(root.resolve()) and path.is_file() else None
