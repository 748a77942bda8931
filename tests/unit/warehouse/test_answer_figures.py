"""Figures of an answer: words and numbers at once, the picture when somebody looks."""

from __future__ import annotations

import pandas as pd

from warehouse.questions.asked_pages import AnswerFigure


def test_a_figure_is_drawn_when_it_is_first_looked_at_and_once() -> None:
    drawn: list[str] = []

    def draw() -> bytes:
        drawn.append("svg")
        return b"<svg/>"

    figure = AnswerFigure("forest", "Title", "Words", pd.DataFrame({"n": [1]}), draw, lambda: "n\n1\n")
    assert (figure.title, figure.alt, figure.csv, drawn) == ("Title", "Words", "n\n1\n", [])
    assert figure.svg == figure.svg == b"<svg/>"
    assert drawn == ["svg"]
