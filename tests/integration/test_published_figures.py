"""Every figure that a run publishes: a vector, a bitmap and its numbers, and no missing value printed as a word."""

import re

import pytest
from graph_runs import Run

#: What Python prints for a value that is not there.
MISSING = re.compile(r"(?<![\w.])(nan|NaN|None|NaT|<NA>|&lt;NA&gt;|inf)(?!\w)")


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.mirror)])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.getfixturevalue(request.param)
    return found


def test_a_figure_is_a_vector_a_bitmap_and_a_table(run: Run) -> None:
    stems = {path.with_suffix("") for path in run.settings.figures.rglob("*.*")}
    assert len(stems) > 40
    without = [
        f"{stem}{end}"
        for stem in stems
        for end in (".svg", ".png", ".csv")
        if not stem.with_suffix(end).exists()
    ]
    assert not without


def test_no_word_on_a_figure_is_a_missing_value(run: Run) -> None:
    found = {
        f"{path.parent.name}/{path.stem}": said
        for path in run.settings.figures.rglob("*.svg")
        for said in re.findall(r"<text[^>]*>([^<]*)", path.read_text(encoding="utf-8"))
        if MISSING.search(said)
    }
    assert found == {}
