"""The house style: deterministic bytes, text as text, no lasting change of matplotlib."""

import io
import subprocess
import sys

import matplotlib
import matplotlib.image
import pytest

from analytics.figures import style


def small_figure():
    with style.house_style():
        figure = style.new_figure("single", 40.0)
        page = style.sheet(figure)
        page.text(5, 5, "IGF1R mutated, p < 0.05 & $5", va="top")
        page.plot([5, 50], [20, 30], marker="s")
    return figure


def test_svg_is_the_same_on_every_run_and_has_no_date():
    first, second = style.svg_bytes(small_figure()), style.svg_bytes(small_figure())
    assert first == second
    assert b"dc:date" not in first


def test_svg_keeps_text_as_text():
    svg = style.svg_bytes(small_figure()).decode()
    assert "IGF1R mutated, p &lt; 0.05 &amp; $5" in svg
    assert "DejaVu Sans" in svg


@pytest.mark.parametrize(("width", "mm"), [("single", 89), ("double", 183)])
def test_png_has_the_width_of_a_journal_column(width, mm):
    with style.house_style():
        figure = style.new_figure(width, 50.0)
    pixels = matplotlib.image.imread(io.BytesIO(style.png_bytes(figure, dpi=254))).shape[1]
    assert pixels == pytest.approx(mm * 10, abs=1)


def test_drawing_leaves_matplotlibs_settings_as_they_were():
    before = dict(matplotlib.rcParams)
    style.svg_bytes(small_figure())
    assert dict(matplotlib.rcParams) == before


def test_figures_do_not_import_pyplot():
    code = (
        "import sys; import analytics.figures.kaplan_meier, analytics.figures.forest, analytics.figures.flow;"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_wrapped_lines_fit_and_lose_no_word():
    text = "Non-small cell lung cancer treated with anti-PD-1 or anti-PD-L1 in the second line"
    lines = style.wrap(text, 30.0, 7.0)
    assert all(style.text_width_mm(line, 7.0) <= 30.0 for line in lines)
    assert " ".join(lines) == text


def test_a_word_that_is_too_long_is_broken():
    lines = style.wrap("hyperprogression" * 4, 20.0, 7.0)
    assert "".join(lines) == "hyperprogression" * 4
    assert all(style.text_width_mm(line, 7.0) <= 20.0 for line in lines)


def test_names_and_their_numbers_stay_on_one_line():
    assert (
        style.keep_together("log-rank p 0.03, n 22, I2 12 %")
        == "log-rank p\u00a00.03, n\u00a022, I2 12\u00a0%"
    )
    for width in range(8, 40):
        assert not any(
            line.endswith(" p") or line == "p" for line in style.wrap("HR 0.5, p 0.03", width, 7.0)
        )


def test_group_colours_are_all_different_and_none_is_yellow():
    assert len(set(style.GROUP_COLOURS)) == 7
    assert style.YELLOW not in style.GROUP_COLOURS
