"""What a diverging fit leaves behind depends on the processor: nan, inf, or large numbers that look like an estimate.
Whatever it is, the gene has no number of that fit, and its reason.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_bad_input import (
    QUICK,
    assert_every_gap_has_a_reason,
    frame_of,
    genes_of,
    patients,
    scan,
)

from analytics.engine.cox.kernels import CONVERGED
from analytics.engine.lanes import null_model
from analytics.scan.models import cox, logistic
from analytics.scan.models.cox import COX_COLUMNS
from analytics.scan.models.logistic import fit_logistic_null
from analytics.scan.models.reasons import NOT_CONVERGED_REASON
from analytics.scan.response_scan import scan_response

LEFTOVERS = [np.nan, np.inf, -np.inf, 1e300, 400.0]
NUMBERS = [name for name in COX_COLUMNS if name not in ("method", "firth_because", "reason")]
THIRD = list(range(0, 60, 3))


def no_number_of(found: pd.DataFrame, block: str) -> bool:
    return bool(found.loc["fine", [f"{block}_{name}" for name in NUMBERS]].isna().all())


@pytest.mark.parametrize("left", LEFTOVERS)
def test_covariates_that_diverge_are_the_reason_whatever_the_processor_leaves_and_calls_it(
    left: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = null_model.maximise_cox

    def as_another_processor(
        a: Any, x: Any, count: Any, efron: Any, beta: Any, *rest: Any
    ) -> tuple[float, int]:
        log_likelihood, _ = fit(a, x, count, efron, beta, *rest)
        beta[:] = left
        return log_likelihood, CONVERGED

    monkeypatch.setattr(null_model, "maximise_cox", as_another_processor)
    found = scan(patients(), {"fine": THIRD})
    for block in ("adj", "burden"):
        assert "does not converge" in found.loc["fine", f"{block}_reason"]
        assert no_number_of(found, block)
    assert np.isfinite(found.loc["fine", "uni_lr_p"])
    assert_every_gap_has_a_reason(found)


def spoiled(fit: Callable[..., Any], field: str, left: float) -> Callable[..., Any]:
    """The fit, which leaves something in one of its columns."""

    def spoil(*arguments: Any, **named: Any) -> Any:
        out = fit(*arguments, **named)
        getattr(out, field)[:] = left
        return out

    return spoil


@pytest.mark.parametrize("left", LEFTOVERS)
@pytest.mark.parametrize("field", ["coefficient", "standard_error", "log_ratio", "score_chi2"])
def test_a_gene_whose_fit_diverges_has_all_its_numbers_or_none(
    field: str, left: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cox, "_maximise", spoiled(cox._maximise, field, left))
    found = scan(patients(), {"fine": THIRD})
    assert_every_gap_has_a_reason(found)
    for block in ("uni", "adj", "burden"):
        numbers = found.loc["fine", [f"{block}_{name}" for name in NUMBERS]].astype(float)
        assert np.isfinite(numbers).all() or numbers.isna().all(), (block, numbers)
    if field == "score_chi2" and not np.isfinite(left):  # only burden's score test comes from such a fit
        assert found.loc["fine", "burden_reason"] == NOT_CONVERGED_REASON


@pytest.mark.parametrize("left", [np.nan, np.inf, 400.0])
def test_a_response_model_that_diverges_leaves_no_number_either(
    left: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logistic, "_fit", spoiled(logistic._fit, "coefficient", left))
    frame = frame_of(patients())
    response = (np.arange(60) % 4 == 0) * 1.0
    found = scan_response(frame, genes_of(frame, {"fine": THIRD}), response, QUICK).table.set_index("gene")
    for block in ("uni", "adj"):
        assert found.loc["fine", f"{block}_reason"] == NOT_CONVERGED_REASON
        assert no_number_of(found, block)
    assert_every_gap_has_a_reason(found)


def test_a_covariate_that_separates_most_responders_has_no_maximum_however_far_newton_got() -> None:
    from analytics.scan.frame import ScanInputError

    response = np.tile([1.0, 0.0, 0.0], 20)
    told = np.where(response == 1.0, 1.0, 0.0) * (np.arange(60) < 50)
    with pytest.raises(ScanInputError, match="does not converge"):
        fit_logistic_null(response, np.zeros(60, dtype=np.int64), told[:, None], ("told",))


def test_people_whose_hazards_differ_a_millionfold_are_still_a_fit() -> None:
    assert null_model.has_maximum(np.array([-7.0, 7.0]), True)
    assert not null_model.has_maximum(np.array([-20.0, 20.0]), True)
    assert not null_model.has_maximum(np.array([0.0, np.nan]), True)
    assert not null_model.has_maximum(np.array([-7.0, 7.0]), False)
