"""People of whom a row that could be the gene is not understood are in no model of that gene, and in every other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from generated import generate

from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData, gene_groups, identical_gene_groups
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.single_gene import scan_one_gene
from analytics.scan.survival_scan import scan_survival

N = 600
SETTINGS = ScanSettings(null_draws=200)
DOUBTFUL = np.arange(3, N, 29)


def with_doubts(genes: GeneData, gene: int, people: np.ndarray) -> GeneData:
    counts = np.zeros(genes.n_genes, dtype=np.int64)
    counts[gene] = len(people)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return replace(genes, doubt_start=start, doubt_patient=people.astype(np.int64))


def without_people(table: pd.DataFrame, genes: GeneData, out: np.ndarray) -> tuple[PatientFrame, GeneData]:
    """The same cohort as if these people had never been in it."""
    kept = np.setdiff1d(np.arange(N), out)
    frame = PatientFrame.from_table(
        table.iloc[kept].reset_index(drop=True), strata=["cohort"], covariates=["age"], burden="tmb", cohort="cohort"
    )  # fmt: skip
    carriers = [np.searchsorted(kept, np.setdiff1d(genes.carriers(g), out)) for g in range(genes.n_genes)]
    start = np.cumsum([0, *map(len, carriers)]).astype(np.int64)
    patient = np.concatenate(carriers).astype(np.int64)
    return frame, replace(genes, start=start, patient=patient, own_burden=np.zeros(len(patient)))


@pytest.mark.parametrize("is_response", [False, True], ids=["survival", "response"])
def test_a_gene_s_numbers_are_those_of_the_cohort_without_its_undetermined_people(is_response: bool) -> None:
    table, frame, genes = generate(5, N, 12)
    doubtful = np.setdiff1d(DOUBTFUL, genes.carriers(4))

    def scanned(patients: PatientFrame, data: GeneData, who: np.ndarray) -> pd.DataFrame:
        if not is_response:
            return scan_survival(patients, data, SETTINGS).table.set_index("gene")
        response = table["response"].to_numpy(dtype=np.float64)[who]
        return scan_response(patients, data, response, SETTINGS).table.set_index("gene")

    everyone = np.arange(N)
    found = scanned(frame, with_doubts(genes, 4, doubtful), everyone)
    plain = scanned(frame, genes, everyone)
    fewer = scanned(*without_people(table, genes, doubtful), np.setdiff1d(everyone, doubtful))
    assert found["n_undetermined"].to_dict() == {f"GENE{g}": len(doubtful) * (g == 4) for g in range(12)}
    assert found.loc["GENE4", "n_profiled"] == N - len(doubtful)
    tests = ("fisher_p", "mh_p") if is_response else ("logrank_p", "logrank_z")
    for name in ("n", "n_carriers", *tests, "uni_coef", "uni_se", "adj_coef", "adj_lr_p", "burden_coef"):
        assert found.loc["GENE4", name] == pytest.approx(fewer.loc["GENE4", name], rel=1e-9), name
        others = found.index != "GENE4"
        assert found.loc[others, name].to_numpy(float) == pytest.approx(
            plain.loc[others, name].to_numpy(float), rel=1e-12, nan_ok=True
        ), name


def test_a_call_that_is_understood_makes_a_carrier_beside_a_row_that_is_not() -> None:
    table = pd.DataFrame(
        {"person_id": range(6), "time_months": 1.0, "event": 1, "panel": ["A", "A", "A", "B", "B", "B"]}
    )
    frame = PatientFrame.from_table(table, panel="panel", panel_names=["A", "B"], patient="person_id")
    genes = GeneData.from_table(
        pd.DataFrame({"gene": ["ALK", "ALK"], "patient_id": [0, 1], "n_mutations": 1}),
        frame,
        gene_names=["ALK", "TP53"],
        coverage=pd.DataFrame({"panel": ["A", "A", "B"], "gene": ["ALK", "TP53", "TP53"]}),
        undetermined=pd.DataFrame({"gene": ["ALK", "ALK", "ALK", "GONE"], "patient_id": [1, 2, 3, 4]}),
    )
    assert genes.undetermined(0).tolist() == [2, 3] and not len(genes.undetermined(1))
    alk, tp53 = gene_groups(frame, genes)
    assert np.flatnonzero(alk.judged).tolist() == [0, 1], "2 cannot be judged, and B does not cover the gene"
    assert alk.n_undetermined == 1, "whom no panel looked at is not profiled"
    assert tp53.judged.all() and tp53.n_undetermined == 0


def test_genes_of_the_same_carriers_over_other_people_are_two_hypotheses() -> None:
    _, _, genes = generate(5, N, 2)
    same = replace(
        genes,
        start=np.array([0, 30, 60]),
        patient=np.tile(np.arange(30), 2).astype(np.int64),
        own_burden=np.zeros(60),
    )
    assert identical_gene_groups(same).tolist() == [0, 0]
    assert identical_gene_groups(with_doubts(same, 1, np.array([100, 101]))).tolist() == [-1, -1]


def test_one_gene_by_itself_has_the_same_people_as_in_the_scan() -> None:
    _, frame, genes = generate(5, N, 12)
    doubtful = np.setdiff1d(DOUBTFUL, genes.carriers(4))
    row = scan_one_gene(frame, with_doubts(genes, 4, doubtful), "GENE4", SETTINGS)
    assert (row["n_undetermined"], row["n_profiled"]) == (len(doubtful), N - len(doubtful))


def test_the_scan_says_how_many_genes_have_people_who_cannot_be_judged() -> None:
    _, frame, genes = generate(5, N, 12)
    doubtful = np.setdiff1d(DOUBTFUL, genes.carriers(4))
    notes = scan_survival(frame, with_doubts(genes, 4, doubtful), SETTINGS).notes
    assert any(
        note.startswith("1 genes have people who were looked at and cannot be judged") for note in notes
    )
