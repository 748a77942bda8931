"""Nomogram: rms's points and scale, consistency with the model, bad input."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidSettingError
from analytics.prediction.nomogram import make_nomogram


@pytest.fixture(scope="module")
def nomogram(model, reference):
    return make_nomogram(model, axis_values=reference["nomogram"]["axes"])


def test_points_of_every_tick_equal_rms(nomogram, reference):
    expected = reference["nomogram"]
    for axis in nomogram.axes:
        np.testing.assert_allclose(axis.points, expected["points"][axis.covariate], atol=1e-9)
    assert nomogram.points_per_unit == pytest.approx(expected["points_per_unit"], rel=1e-10)
    assert nomogram.intercept == pytest.approx(expected["intercept"], rel=1e-10)


def test_the_widest_covariate_spans_0_to_100_and_all_axes_start_at_0(nomogram):
    assert max(max(axis.points) for axis in nomogram.axes) == pytest.approx(100.0)
    for axis in nomogram.axes:
        assert min(axis.points) == pytest.approx(0.0, abs=1e-9)


def test_survival_read_off_the_total_points_is_the_models_prediction(nomogram, model, external):
    total = nomogram.points(external)["total_points"]
    for horizon in (12, 24):
        np.testing.assert_allclose(
            nomogram.survival_at(total, horizon), model.survival(external, horizon), rtol=1e-12
        )


def test_points_are_the_sum_over_covariates_and_missing_where_one_is(nomogram, external):
    holes = external.astype({"age": float})
    holes.loc[0, "age"] = np.nan
    points = nomogram.points(holes)
    assert np.isnan(points.loc[0, "total_points"])
    known = points.drop(index=0)
    np.testing.assert_allclose(known["total_points"], known.drop(columns="total_points").sum(axis=1))


def test_survival_axes_invert_the_prediction(nomogram):
    for axis in nomogram.survival_axes:
        np.testing.assert_allclose(
            nomogram.survival_at(axis.total_points, axis.horizon_months), axis.survival, rtol=1e-12
        )
        assert 0 <= min(axis.total_points) <= max(axis.total_points) <= nomogram.max_total_points


def test_more_points_mean_less_survival(nomogram):
    survival = nomogram.survival_at(np.linspace(0, nomogram.max_total_points, 20), 12)
    assert (np.diff(survival) < 0).all()


def test_default_axes_cover_everybody_and_carry_round_values(model, discovery):
    nomogram = make_nomogram(model)
    axes = {axis.covariate: axis for axis in nomogram.axes}
    ages = [float(value) for value in axes["age"].values]
    assert min(ages) <= discovery["age"].min()
    assert max(ages) >= discovery["age"].max()
    burdens = [float(value) for value in axes["tmb"].values]
    assert burdens[:4] == [0, 1, 2, 4]
    assert min(nomogram.points(discovery).min()) >= -1e-9


def test_the_table_lists_every_tick_of_the_picture(nomogram):
    table = nomogram.to_frame()
    assert len(table) == sum(len(axis.values) for axis in nomogram.axes) + sum(
        len(axis.survival) for axis in nomogram.survival_axes
    )
    assert set(table["axis"]) >= {"age", "tmb", "cancer", "sex", "survival_12_months", "survival_24_months"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"axis_values": {"cancer": [0, 1]}}, "not a numeric covariate"),
        ({"axis_values": {"age": [60]}}, "at least two values"),
        ({"horizons_months": (12, 900)}, "outside the model's follow-up"),
    ],
)
def test_bad_settings_get_one_sentence(model, settings, words):
    with pytest.raises(InvalidSettingError, match=words):
        make_nomogram(model, **settings)


def test_survival_in_percent_is_refused(nomogram):
    with pytest.raises(InvalidSettingError, match="use fractions"):
        nomogram.points_for_survival([50], 12)


def test_points_of_a_frame_keep_its_index(nomogram, external):
    shuffled = external.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(nomogram.points(shuffled).sort_index(), nomogram.points(external))
