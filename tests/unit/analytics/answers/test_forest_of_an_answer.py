"""The forest of an answer has the rows of its table, also those that a log axis has no place for."""

from __future__ import annotations

from matplotlib.text import Text

from analytics.answers.figures import forest_of_answer
from analytics.results.statistic import Counts, ResponseStatistic, Scope


def row(
    cohort: str | None, estimate: float | None, low: float | None, high: float | None
) -> ResponseStatistic:
    return ResponseStatistic(
        name=Scope("asked", "default", "response", cohort).name("orr.fisher"),
        estimator="fisher_exact",
        scale="odds ratio",
        counts=Counts(n=40, n_in_group=4),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p=0.3,
        responders=9,
        responders_in_group=0,
    )


def test_a_cohort_in_which_no_carrier_responded_has_its_words_and_no_mark() -> None:
    picture = forest_of_answer(
        [row("one", 2.0, 1.1, 3.6), row("nobody", 0.0, 0.0, 8.1), row("none", None, None, None)],
        row(None, 1.8, 1.0, 3.2),
        outside=["one"],
        title="PBRM1",
    )
    assert picture is not None
    shown = picture.data.set_index("label")
    assert list(shown.index) == ["one *", "nobody", "none", "Pooled"]
    assert shown.loc["nobody", "note"] == "0.00 (0.00–8.10)"
    assert shown.loc["nobody", "hr"] != shown.loc["nobody", "hr"]  # not drawn
    assert shown.loc["none", "note"] == "no estimate"
    assert shown.loc["Pooled", "hr"] == 1.8
    assert "Pooled" in {text.get_text() for text in picture.drawn().figure.findobj(Text)}


def test_without_any_estimate_there_is_no_forest() -> None:
    nothing = row("one", None, None, None)
    assert forest_of_answer([nothing], nothing, outside=[], title="PBRM1") is None
