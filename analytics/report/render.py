"""The document as one HTML text: no network, no script; styles and figures are inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape  # comes with jinja2, which returns its Markup

from analytics.report.blocks import FigureBlock, Report

#: Colours of the page by role; the style sheet takes them from here, and a test computes their contrast.
PALETTE: Mapping[str, str] = {
    "ink": "#1b1b1b",
    "quiet": "#545454",
    "paper": "#ffffff",
    "tint": "#f5f4f1",
    "rule": "#8a8a8a",
    "hair": "#d9d7d2",
    "link": "#0b4f8a",
    "warning": "#8a3b00",
    "warning_tint": "#fdf3ea",
    "good": "#1d5e3a",
    "synthetic": "#7a1f1f",
    "synthetic_tint": "#fbeaea",
}
#: Pairs of text and ground that occur together.
PAIRS: tuple[tuple[str, str], ...] = (
    ("ink", "paper"), ("ink", "tint"), ("quiet", "paper"), ("quiet", "tint"), ("link", "paper"), ("link", "tint"),
    ("warning", "paper"), ("warning", "warning_tint"), ("good", "paper"), ("good", "tint"),
    ("synthetic", "synthetic_tint"), ("synthetic", "paper"), ("ink", "warning_tint"), ("link", "warning_tint"),
    ("warning", "tint"),
)  # fmt: skip


def render(report: Report) -> str:
    """The whole file as text."""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(r=report, css=Markup(style_sheet()), palette=PALETTE)
    )


def style_sheet() -> str:
    """The style sheet with the palette filled in."""
    text = (files("analytics.report") / "templates" / "report.css").read_text(encoding="utf-8")
    variables = "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in PALETTE.items())
    return re.sub(r"/\*.*?\*/", "", f":root{{{variables}}}\n{text}", flags=re.DOTALL)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("analytics.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    environment.filters["together"] = together
    environment.tests["figure"] = lambda block: isinstance(block, FigureBlock)
    return environment


def together(text: str) -> str:
    """A number stays with its sign and unit at the end of a line."""
    return re.sub(r"(?<=[Pp]) (?=[=<\d])|(?<=[Pp] [=<]) |(?<=\d) (?=%)|(?<=rate [=<]) ", "\u00a0", text)


def breakable(text: str) -> Markup:
    """Names of statistics, paths and checksums may break after their separators, nowhere else."""
    return Markup(re.sub(r"(?<=[/_.@-])(?=[^/_.@-])", "<wbr>", str(escape(text))))
