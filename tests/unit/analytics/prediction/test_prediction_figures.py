"""Nomogram, calibration and cut-off pictures: legible at both widths, and they say what the numbers say."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from analytics.errors import InvalidSettingError
from analytics.figures import style
from analytics.prediction.calibration import calibrate
from analytics.prediction.calibration_optimism import calibrate_model
from analytics.prediction.cutpoint import select_cutpoint
from analytics.prediction.figures import calibration_figure, cutpoint_figure
from analytics.prediction.model import Covariate, fit_prediction_model
from analytics.prediction.nomogram import make_nomogram
from analytics.prediction.nomogram_figure import nomogram_figure

TYPES = [
    *("Bladder", "Breast", "Colorectal", "Esophagogastric", "Glioma"),
    *("Head and neck", "Lung", "Melanoma", "Renal"),
]


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.fixture(scope="module")
def crowded(discovery):
    """Nine cancer types and long drug names: the nomogram of a pan-cancer paper."""
    rng = np.random.default_rng(0)
    frame = discovery.assign(
        cancer=rng.choice(TYPES, len(discovery)),
        drug=rng.choice(["Anti-CTLA-4", "Anti-PD-1/PD-L1", "Combination of both"], len(discovery)),
    )
    covariates = [
        Covariate("age", "Age (years)"),
        Covariate("cancer", "Cancer type"),
        Covariate("drug", "Drug class"),
        Covariate("tmb", "TMB (mut/Mb)", "log2_plus_1"),
    ]
    return make_nomogram(fit_prediction_model(frame, covariates))


@pytest.mark.parametrize("width", ["single", "double"])
def test_a_crowded_nomogram_is_legible(crowded, width, assert_legible):
    figure = nomogram_figure(crowded, title="Nomogram for survival after ICB", width=width)
    assert_legible(figure)
    assert figure.get_size_inches()[0] * 25.4 == pytest.approx(style.WIDTH_MM[width])


def test_the_nomogram_names_every_axis_and_every_level(crowded):
    shown = words(nomogram_figure(crowded))
    for name in (
        "Points",
        "Age (years)",
        "Cancer type",
        "Total points",
        "12-month survival",
        "24-month survival",
    ):
        assert name in shown
    for level in TYPES:
        assert level in shown


def test_calibration_before_and_after_correction_is_legible(discovery, covariates, assert_legible):
    curves = [calibrate_model(discovery, covariates, h, n_groups=4, n_bootstrap=500) for h in (12, 24)]
    figure = calibration_figure(
        curves, title="Calibration in the discovery cohort", notes=["Bars: 95 % intervals."]
    )
    assert_legible(figure)
    assert any(text.startswith("12 months: mean absolute error") for text in words(figure))
    assert "corrected for optimism" in words(figure)


def test_external_calibration_has_no_corrected_points(model, external):
    curve = calibrate(external, model.survival(external, 12), 12, n_groups=4, n_bootstrap=500)
    assert "corrected for optimism" not in words(calibration_figure([curve]))


def test_the_cutpoint_picture_prints_corrected_and_naive_p(discovery, assert_legible):
    selection = select_cutpoint(discovery, "tmb", estimated_on="discovery", n_permutations=1000)
    figure = cutpoint_figure(selection, x_label="TMB (mut/Mb)", title="Search for the cut-off")
    assert_legible(figure)
    text = " ".join(words(figure)).replace("\u00a0", " ")
    assert f"Cut at {selection.cutpoint.threshold:g}" in text
    assert "corrected p" in text
    assert "naive p" in text


def test_figures_are_the_same_bytes_on_every_run(crowded):
    first, second = (style.svg_bytes(nomogram_figure(crowded)) for _ in range(2))
    assert first == second


def test_no_curve_is_an_error():
    with pytest.raises(InvalidSettingError, match="1 to 4 curves"):
        calibration_figure([])


def test_a_tiny_p_is_printed_as_a_bound(assert_legible):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"score": rng.uniform(0, 100, 300)})
    frame["time_months"] = rng.exponential(np.where(frame["score"] > 50, 5, 50))
    selection = select_cutpoint(frame.assign(event=True), "score", estimated_on="d", n_permutations=1000)
    figure = cutpoint_figure(selection)
    assert_legible(figure)
    assert "corrected p < 0.001" in " ".join(words(figure)).replace("\u00a0", " ")
