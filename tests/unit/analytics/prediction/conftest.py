"""Shared reference data: R's rms, survival and riskRegression on two generated cohorts."""

import json
from pathlib import Path

import pandas as pd
import pytest

from analytics.prediction.model import Covariate, fit_prediction_model

FOLDER = Path(__file__).parents[3] / "reference" / "prediction"
COVARIATES = ["age", Covariate("tmb", "TMB (mut/Mb)", "log2_plus_1"), "cancer", "sex"]


@pytest.fixture(scope="session")
def reference():
    return json.loads((FOLDER / "prediction.json").read_text())


@pytest.fixture(scope="session")
def discovery(reference):
    return pd.DataFrame(reference["data"])


@pytest.fixture(scope="session")
def external(reference):
    return pd.DataFrame(reference["external"]["data"])


@pytest.fixture(scope="session")
def covariates():
    return COVARIATES


@pytest.fixture(scope="session")
def model(discovery):
    return fit_prediction_model(discovery, COVARIATES)
