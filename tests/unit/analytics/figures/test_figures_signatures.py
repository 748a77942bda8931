"""The 96-channel plot and paired bars: readable at any label length, every mark where its number says."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.figures.paired_rates import PairedRate, paired_rates_figure
from analytics.signatures.figures import SpectrumPanel, spectrum_figure


def panel(label="A cohort, 1,234 samples", seed=0):
    shares = np.random.default_rng(seed).dirichlet(np.full(96, 0.4))
    return SpectrumPanel(label, shares, shares * 0.8, shares * 1.2)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_spectrum_plot_is_readable_and_its_bars_are_the_shares(assert_readable, n):
    panels = [panel(seed=i) for i in range(n)]
    figure = spectrum_figure(
        panels, title="Mutation spectra of a cohort with a title that needs a second line " * 2
    )
    assert_readable(figure)
    for axes, one in zip(figure.axes[1:], panels, strict=True):
        heights = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
        np.testing.assert_allclose(heights, 100 * one.shares)
        assert axes.get_ylim() == figure.axes[1].get_ylim()


@pytest.mark.parametrize("shares", [np.ones(95) / 95, np.full(96, np.nan), -np.ones(96)])
def test_a_spectrum_that_is_not_96_shares_is_refused(shares):
    with pytest.raises(InvalidSettingError, match="96 numbers"):
        spectrum_figure([SpectrumPanel("x", shares)])
    with pytest.raises(InvalidSettingError, match="no spectrum"):
        spectrum_figure([])


def rate(label, notes=("0.043", "1.82", "< 0.001")):
    return PairedRate(label, (0.14, 0.09, 0.20), (0.12, 0.11, 0.13), notes)


def test_paired_bars_are_readable_and_stand_at_their_rates(assert_readable):
    rates = [rate(f"SBS{i}") for i in range(18)]
    figure = paired_rates_figure(
        rates, groups=("ALK mutated (n 185)", "ALK wild-type (n 6,125)"), headings=("q, Fisher", "OR in types", "q"),
        title="Signatures by ALK status (default)",
    )  # fmt: skip
    assert_readable(figure)
    bars = figure.axes[1].patches
    assert [bar.get_width() for bar in bars[:2]] == pytest.approx([14.0, 12.0])
    assert len(bars) == 36
    assert figure.get_size_inches()[0] * style.MM_PER_INCH == pytest.approx(183.0)


def test_paired_bars_without_rates_or_with_a_note_too_many_are_refused():
    with pytest.raises(InvalidSettingError, match="at least one feature"):
        paired_rates_figure([], groups=("a", "b"))
    with pytest.raises(InvalidSettingError, match="note per heading"):
        paired_rates_figure([rate("SBS1")], groups=("a", "b"), headings=("q",))
