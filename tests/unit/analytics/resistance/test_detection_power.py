"""Power of a call from depth and allele fraction."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.resistance.pairs.power import (
    calling_floor,
    detection_power,
    expected_depth,
    shared_reads_factor,
)

REFERENCE = json.loads(
    (Path(__file__).parents[3] / "reference" / "resistance" / "reference.json").read_text(encoding="utf-8")
)


def test_power_is_the_binomial_tail_that_r_gives():
    grid = REFERENCE["power"]
    for depth, fraction, reads, p in zip(
        *(grid[k] for k in ("depth", "fraction", "reads", "p")), strict=True
    ):
        assert detection_power(depth, fraction, int(reads)) == pytest.approx(p, rel=1e-12)


def test_a_floor_of_the_callers_asks_for_more_reads_than_the_fewest():
    assert detection_power(100, 0.1, 3, 0.08) == pytest.approx(detection_power(100, 0.1, 8), rel=1e-12)
    assert detection_power(100, 0.1, 3, 0.01) == pytest.approx(detection_power(100, 0.1, 3), rel=1e-12)


def test_power_is_not_known_where_depth_or_fraction_is_not():
    assert np.isnan(detection_power([np.nan, 50], [0.2, np.nan])).all()


def test_power_grows_with_depth_and_with_fraction():
    by_depth = detection_power(np.arange(3, 200), 0.1)
    by_fraction = detection_power(50, np.linspace(0, 1, 50))
    assert (np.diff(by_depth) >= 0).all() and (np.diff(by_fraction) >= 0).all()
    assert by_fraction[0] == 0 and by_fraction[-1] == pytest.approx(1)


def test_the_other_sample_is_expected_as_deep_as_the_site_is_in_the_carrier():
    depth = expected_depth(pd.Series([50.0, 200.0, None]), 100.0, 40.0, 0.5)
    assert depth.tolist() == [25.0, 100.0, 40.0], (
        "scaled by the shared ratio; typical where the site's is unknown"
    )
    assert expected_depth(pd.Series([50.0]), 100.0, 40.0, None).tolist() == [20.0]


def test_the_floor_is_the_lowest_reported_fraction_and_zero_when_none_is_known():
    assert calling_floor(pd.Series(np.linspace(0.05, 0.9, 1001))) == pytest.approx(0.0585, abs=1e-9)
    assert calling_floor(pd.Series([None, None], dtype=float)) == 0.0


@pytest.mark.parametrize("mean_reads", [2.0, 4.0, 40.0])
def test_reads_of_shared_sites_are_freed_of_their_selection(mean_reads):
    """Of 4,000 sites only those with three reads are seen; what fits with the cut-off is the planted mean again."""
    rng = np.random.default_rng(12)
    carrier = np.full(4000, 50.0)
    other = rng.poisson(mean_reads, 4000).astype(float)
    seen = other >= 3
    factor = shared_reads_factor(carrier[seen], other[seen], np.full(int(seen.sum()), 3.0))
    assert factor * other[seen].mean() == pytest.approx(mean_reads, rel=0.08)
    assert shared_reads_factor(carrier[:4], other[:4], np.full(4, 3.0)) == 1.0, "too few sites to know"
