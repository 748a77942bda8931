"""A gene's numbers depend on its data and the seed: not on threads, other genes, row order or path."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from generated import generate
from scan_cohorts import cohort_frame, cohort_genes, read_cohort

from analytics.engine import compiled
from analytics.engine.compiled import KERNEL_FILES
from analytics.engine.cox.kernels import cox_derivatives
from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.lanes.carriers import carriers_in_rows
from analytics.engine.lanes.likelihood import FULL_INFORMATION, evaluate, link_shifts
from analytics.engine.lanes.memory import CarrierArrays, allocate
from analytics.engine.lanes.null_model import fit_null_model
from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData
from analytics.scan.models.cox import fit_cox
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival

SETTINGS = ScanSettings(null_draws=300)
OF_ONE_GENE = [
    "logrank_z",
    "uni_lr_chi2",
    "adj_coef",
    "adj_se",
    "adj_lr_chi2",
    "adj_ci_low",
    "burden_coef",
    "burden_lr_chi2",
    "burden_score_chi2",
    "null_percentile",
    "null_mean_z",
    "null_sd_z",
    "null_false_positive_rate",
]


def take(genes: GeneData, chosen: list[int]) -> GeneData:
    spans = [np.arange(genes.start[g], genes.start[g + 1]) for g in chosen]
    return replace(
        genes,
        names=tuple(genes.names[g] for g in chosen),
        start=np.cumsum([0, *map(len, spans)]).astype(np.int64),
        patient=genes.patient[np.concatenate(spans)],
        own_burden=genes.own_burden[np.concatenate(spans)],
        covered=genes.covered[:, chosen],
        coding_length_bp=genes.coding_length_bp[chosen],
    )


@pytest.fixture(scope="module")
def cohort() -> tuple[pd.DataFrame, PatientFrame, GeneData]:
    return generate(5, 400, 60, carriers_per_gene=14)


def test_the_number_of_threads(cohort: tuple[pd.DataFrame, PatientFrame, GeneData]) -> None:
    _, frame, genes = cohort
    one, three = (scan_survival(frame, genes, replace(SETTINGS, n_threads=k)).table for k in (1, 3))
    pd.testing.assert_frame_equal(one, three, check_exact=True)


def test_the_other_genes_and_their_order(cohort: tuple[pd.DataFrame, PatientFrame, GeneData]) -> None:
    _, frame, genes = cohort
    chosen = [41, 3, 17, 59, 8]
    whole = scan_survival(frame, genes, SETTINGS).table.iloc[chosen].reset_index(drop=True)
    few = scan_survival(frame, take(genes, chosen), SETTINGS).table
    pd.testing.assert_frame_equal(whole[OF_ONE_GENE], few[OF_ONE_GENE], check_exact=True)


def test_the_order_of_patients(cohort: tuple[pd.DataFrame, PatientFrame, GeneData]) -> None:
    table, frame, genes = cohort
    order = np.random.default_rng(1).permutation(len(table))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    shuffled = PatientFrame.from_table(
        table.iloc[order], strata=["cohort"], covariates=["age"], burden="tmb", cohort="cohort"
    )
    patient = genes.patient.copy()
    for g in range(genes.n_genes):
        span = slice(genes.start[g], genes.start[g + 1])
        patient[span] = np.sort(place[genes.patient[span]])
    before = scan_survival(frame, genes, SETTINGS).table[OF_ONE_GENE]
    after = scan_survival(shuffled, replace(genes, patient=patient), SETTINGS).table[OF_ONE_GENE]
    pd.testing.assert_frame_equal(before, after, rtol=1e-8, atol=1e-9)


def test_the_seed_alone_changes_the_draws(cohort: tuple[pd.DataFrame, PatientFrame, GeneData]) -> None:
    _, frame, genes = cohort
    first, again = (scan_survival(frame, genes, SETTINGS).table["null_mean_z"] for _ in range(2))
    other = scan_survival(frame, genes, replace(SETTINGS, seed=7)).table["null_mean_z"]
    assert (first == again).all() and not (first == other).any()


@pytest.mark.parametrize("name", ["ties", "single_strata", "delayed", "weighted", "near_collinear"])
def test_lanes_and_textbook_likelihood_agree(name: str) -> None:
    """The fast kernel's value, gradient and information against the plain one, away from the maximum."""
    table = read_cohort(name)
    frame, genes = cohort_frame(table), cohort_genes(table)
    risk = build_risk_table(frame, frame.is_evaluable)
    null = fit_null_model(risk, frame.covariates, frame.covariate_names)
    carriers = carriers_in_rows(risk, genes, np.arange(genes.n_genes), frame.event)
    p = null.arrays.z.shape[1]
    rng = np.random.default_rng(9)
    beta = 0.3 * rng.normal(size=(p + 1, 8))
    block = np.array([0, 1, 2, 3, 4, 5, -1, 0])
    shift = 0.2 * rng.normal(size=(len(carriers.arrays.row), p))
    arrays = CarrierArrays(carriers.arrays.start, carriers.arrays.row, shift)
    scratch = allocate(len(null.arrays.base), len(risk.arrays.n_deaths), p, 2 * len(shift))
    link_shifts(risk.arrays, arrays, block, scratch)
    evaluate(risk.arrays, null.arrays, arrays, block, beta, scratch, FULL_INFORMATION)
    for lane in (0, 3, 5, 7):
        x = np.zeros((len(null.arrays.base), p + 1))
        x[:, :p] = null.arrays.z
        span = slice(arrays.start[block[lane]], arrays.start[block[lane] + 1])
        x[arrays.row[span], p] = 1.0
        x[arrays.row[span], :p] += shift[span]
        gradient, information = np.zeros(p + 1), np.zeros((p + 1, p + 1))
        at = np.append(null.arrays.beta, 0.0) + beta[:, lane]
        value = cox_derivatives(risk.arrays, x, np.ones(len(x)), at, True, gradient, information)
        assert scratch.log_ratio[0, lane] == pytest.approx(value - null.log_likelihood, abs=1e-9)
        np.testing.assert_allclose(scratch.gradient[:, lane], gradient, atol=1e-9)
        lower = information[np.tril_indices(p + 1)]
        np.testing.assert_allclose(scratch.information[:, lane], lower, atol=1e-9)


def test_the_slow_safe_way_gives_the_same_numbers(
    cohort: tuple[pd.DataFrame, PatientFrame, GeneData], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Genes on which the lanes give up are fitted by plain Newton steps; here all of them are."""
    _, frame, genes = cohort
    risk = build_risk_table(frame, frame.is_evaluable)
    null = fit_null_model(risk, frame.covariates, frame.covariate_names)
    carriers = carriers_in_rows(risk, genes, np.arange(20), frame.event)
    everyone = np.ones(20, dtype=bool)
    settings = ScanSettings(firth_below_events=1)
    fast = fit_cox(risk, null, carriers, everyone, settings)
    monkeypatch.setattr("analytics.scan.models.cox.run_stage", lambda *arguments: None)
    slow = fit_cox(risk, null, carriers, everyone, settings)
    for column, tolerance in {"coef": 1e-9, "se": 1e-8, "lr_chi2": 1e-8}.items():
        np.testing.assert_allclose(fast[column], slow[column], atol=tolerance)


def test_every_file_with_a_kernel_counts_for_the_cache_on_disk() -> None:
    folder = Path(compiled.__file__).parent
    with_kernels = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if "\n@compiled" in path.read_text(encoding="utf-8")
    }
    assert with_kernels | {"compiled.py", "lanes/vectors.py", "cox/risk_table.py"} == set(KERNEL_FILES)
    assert cox_derivatives.py_func.__qualname__ != "cox_derivatives"
