"""The burden spline, the permutation null and the words that rest on them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from generated import generate

from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.lanes.carriers import carriers_in_rows
from analytics.engine.lanes.log_rank import log_rank, log_rank_terms
from analytics.engine.lanes.weighted_draws import NullDesign, carriers_by_stratum, null_design, patient_keys
from analytics.scan import verdicts
from analytics.scan.across_genes import length_matched
from analytics.scan.burden import burden_without_gene, fit_burden_spline
from analytics.scan.frame import PatientFrame, ScanInputError
from analytics.scan.genes import GeneData
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival
from analytics.verdicts import Family


def test_the_spline_is_linear_beyond_its_outer_knots() -> None:
    burden = np.random.default_rng(1).lognormal(1, 1, 500)
    spline = fit_burden_spline(burden, 4)
    far = 2.0 ** (spline.knots[-1] + np.array([1.0, 2.0, 3.0])) - 1.0
    low = 2.0 ** (spline.knots[0] - np.array([0.1, 0.2, 0.3])) - 1.0
    for burdens in (far, low):
        assert np.abs(np.diff(spline.basis(burdens), n=2, axis=0)).max() < 1e-9


def test_tied_burdens_leave_fewer_knots_and_none_leave_a_line() -> None:
    assert fit_burden_spline(np.array([1.0] * 90 + [2.0] * 5 + [9.0] * 5), 4).n_columns == 1
    with pytest.raises(ScanInputError, match="3, 4 or 5 knots"):
        fit_burden_spline(np.arange(10.0), 6)


def test_a_burden_without_the_gene_is_never_negative() -> None:
    np.testing.assert_array_equal(burden_without_gene(np.array([1.0, 5.0]), np.array([2.0, 2.0])), [0.0, 3.0])


def test_own_mutations_taken_out_of_carriers_only() -> None:
    """With no own mutations the model is the plain spline model; with them only carriers' covariates change."""
    _, frame, genes = generate(3, 500, 3, carriers_per_gene=80)
    settings = ScanSettings(null_draws=0)
    plain = scan_survival(frame, genes, settings).table
    columns = fit_burden_spline(frame.burden, 4).basis(frame.burden)
    with_spline = replace(
        frame,
        covariates=np.column_stack([frame.covariates, columns]),
        covariate_names=("age", "s1", "s2", "s3"),
        burden=np.full(500, np.nan),
    )
    direct = scan_survival(with_spline, genes, settings).table
    np.testing.assert_allclose(plain["burden_coef"], direct["adj_coef"], atol=1e-9)
    np.testing.assert_allclose(plain["burden_lr_chi2"], direct["adj_lr_chi2"], atol=1e-8)
    own = scan_survival(frame, replace(genes, own_burden=np.full(len(genes.patient), 0.5)), settings).table
    assert (np.abs(own["burden_coef"] - plain["burden_coef"]) > 1e-4).all()


@pytest.fixture(scope="module")
def cohort() -> tuple[pd.DataFrame, PatientFrame, GeneData]:
    return generate(17, 240, 2, carriers_per_gene=30, burden_log_hazard=-0.5)


def design_of(frame: PatientFrame, seed: int = 1) -> NullDesign:
    table = build_risk_table(frame, frame.is_evaluable)
    keys = patient_keys(frame.patient_id, seed)
    return null_design(table, log_rank_terms(table), frame.stratum, frame.burden, keys)


def test_the_null_is_that_of_drawing_and_testing_one_set_at_a_time(
    cohort: tuple[pd.DataFrame, PatientFrame, GeneData],
) -> None:
    """Against numpy's weighted draws without replacement and the log-rank test of each drawn set."""
    _, frame, genes = cohort
    settings = ScanSettings(null_draws=4_000)
    null = scan_survival(frame, genes, settings).table.iloc[0]
    table = build_risk_table(frame, frame.is_evaluable)
    terms, design = log_rank_terms(table), design_of(frame)
    counts = carriers_by_stratum(design, np.array([0]), genes.start, genes.patient)[0]
    rng = np.random.default_rng(99)
    sets = []
    for _ in range(2_000):
        drawn = [
            rng.choice(
                np.flatnonzero(frame.stratum == s),
                size=counts[s],
                replace=False,
                p=frame.burden[frame.stratum == s] / frame.burden[frame.stratum == s].sum(),
            )
            for s in range(4)
        ]
        sets.append(np.sort(np.concatenate(drawn)))
    many = replace(
        genes,
        names=tuple(str(i) for i in range(len(sets))),
        start=np.cumsum([0, *map(len, sets)]).astype(np.int64),
        patient=np.concatenate(sets),
        own_burden=np.zeros(sum(map(len, sets))),
        covered=np.ones((1, len(sets)), dtype=bool),
        coding_length_bp=np.full(len(sets), np.nan),
    )
    z = log_rank(table, terms, carriers_in_rows(table, many, np.arange(len(sets)), frame.event)).z
    error = z.std() * np.sqrt(1 / 2_000 + 1 / 4_000)
    assert null["null_mean_z"] == pytest.approx(z.mean(), abs=4 * error)
    assert null["null_sd_z"] == pytest.approx(z.std(), rel=0.07)
    assert null["null_percentile"] == pytest.approx(100 * (z < null["null_z"]).mean(), abs=4)
    assert null["null_false_positive_rate"] == pytest.approx((np.abs(z) > 1.96).mean(), abs=0.04)


def test_delayed_entry_is_in_the_null_too() -> None:
    """The null tests its draws with the same risk sets as the observed carriers."""
    table, frame, genes = generate(18, 240, 1, carriers_per_gene=30)
    plain = scan_survival(frame, genes, ScanSettings(null_draws=500)).table.iloc[0]
    late = np.where(table["time_months"] > 4, 3.0, -np.inf)
    delayed = scan_survival(
        replace(frame, entry_months=late), genes, ScanSettings(null_draws=500)
    ).table.iloc[0]
    assert delayed["null_z"] == pytest.approx(delayed["logrank_z"], abs=1e-12)
    assert delayed["null_z"] != plain["null_z"]
    assert 0.8 < delayed["null_sd_z"] < 1.2


def test_p_values_count_the_observed_set_as_one_draw(
    cohort: tuple[pd.DataFrame, PatientFrame, GeneData],
) -> None:
    _, frame, genes = cohort
    null = scan_survival(frame, genes, ScanSettings(null_draws=99)).table
    assert (null["null_p_two_sided"] >= 2 / 100).all()
    assert (null["null_p_lower"] + null["null_p_upper"] >= 1.0).all()


def test_a_patient_without_burden_can_still_be_drawn() -> None:
    _, frame, _ = generate(19, 60, 1)
    burden = np.where(np.arange(60) < 30, 0.0, frame.burden)
    design = design_of(replace(frame, burden=burden))
    assert design.weight.min() == burden[burden > 0].min() / 2


def verdict_of(**changes: float | str | None) -> str:
    """The word on a gene of 30 carriers among 400 people with 200 events, one of 500 genes."""
    row: dict[str, object] = {
        "gene": "GENE", "n": 400, "n_carriers": 60, "events": 200, "adj_reason": "no covariates given",
        "uni_coef": -0.5, "uni_ci_low": -0.9, "uni_ci_high": -0.1, "burden_coef": -0.5, "burden_ci_low": -0.9,
        "burden_ci_high": -0.1, "null_z": -3.0, "null_mean_z": -0.5, "null_draws": 5000, "null_p_two_sided": 0.002,
        "null_reason": None, "burden_reason": None, "null_q": 0.01, "burden_q": 0.02, "change_coef": 0.3,
        "change_ci_low": 0.1, "change_ci_high": 0.5,
    }  # fmt: skip
    return str(verdicts.burden_verdicts(pd.DataFrame([row | changes]), Family(500))[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "beyond burden"),
        ({"uni_ci_high": 0.1}, "beyond burden, masked by burden"),
        ({"null_q": 0.2}, "nominally beyond burden"),
        ({"burden_q": 0.2}, "nominally beyond burden"),
        ({"burden_q": np.nan}, "nominally beyond burden"),
        ({"null_q": 0.2, "uni_coef": 0.1, "uni_ci_high": 0.3}, "nominally beyond burden, masked by burden"),
        ({"null_p_two_sided": 0.2}, "compatible with burden alone"),
        ({"null_p_two_sided": 0.2, "change_ci_low": -0.1}, "burden not excluded"),
        ({"null_p_two_sided": 0.2, "change_coef": np.nan}, "burden not excluded"),
        ({"burden_ci_high": 0.1}, "burden not excluded"),
        ({"null_z": 3.0}, "burden not excluded"),
        ({"null_p_two_sided": np.nan, "null_reason": "no burden given"}, "burden not excluded"),
        ({"uni_ci_high": 0.1, "null_p_two_sided": 0.2, "burden_ci_high": 0.1}, "no association shown"),
        ({"n_carriers": 4}, "too few to say"),
        ({"n_carriers": 8, "uni_ci_high": 0.1, "null_p_two_sided": 0.2}, "too few to say"),
        ({"uni_coef": np.nan}, "too few to say"),
    ],
)
def test_the_verdict_says_what_was_shown(changes: dict[str, float | str | None], words: str) -> None:
    assert verdict_of(**changes) == words


def test_a_gene_is_ranked_among_genes_of_like_length() -> None:
    """40 short genes with small z, 40 long ones with large z: 3 is extreme among the short, ordinary among the long."""
    z = np.concatenate([np.linspace(0.1, 3.0, 40), np.linspace(0.1, 6.0, 40)])
    length = np.concatenate([np.linspace(900, 1_000, 40), np.linspace(50_000, 60_000, 40)])
    table = pd.DataFrame({"logrank_z": z, "logrank_reason": None, "coding_length_bp": length})
    ranks = length_matched(table, n_matched=30)
    assert ranks["matched_percentile"][39] == 100.0 and ranks["matched_p"][39] == pytest.approx(1 / 31)
    assert ranks["matched_percentile"][59] < 80.0
    unknown = length_matched(table.assign(coding_length_bp=np.nan), n_matched=30)
    assert set(unknown["matched_reason"]) == {"coding length not known"}
