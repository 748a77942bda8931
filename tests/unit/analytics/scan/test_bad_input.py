"""Every gene has a row, and a number that is missing has its reason."""

import numpy as np
import pandas as pd
import pytest
from scan_cohorts import cohort_frame, cohort_genes, read_cohort

from analytics.engine.multiplicity import benjamini_hochberg, shrink_normal
from analytics.errors import InvalidSettingError
from analytics.scan.columns import RESPONSE_COLUMNS, SURVIVAL_COLUMNS
from analytics.scan.frame import PatientFrame, ScanInputError, encode_covariates
from analytics.scan.genes import GeneData, identical_gene_groups
from analytics.scan.models.reasons import (
    COLLINEAR,
    EVERYONE_CARRIER,
    FIRTH,
    NO_BURDEN,
    NO_CARRIERS,
    NO_COMPARISON,
    NO_COVARIATES,
    NO_EVENTS,
    NOT_ASKED,
    NOT_PROFILED_REASON,
    ONE_COHORT,
    WEIGHTED,
)
from analytics.scan.models.survival import BLOCKS
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival

QUICK = ScanSettings(null_draws=200, min_carriers=3)


def patients(n: int = 60, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(n)],
            "person_id": [f"X{i}" for i in range(n)],
            "time_months": np.ceil(rng.exponential(12, n)),
            "event": rng.integers(0, 2, n),
            "cohort": np.where(np.arange(n) < n // 2, "A", "B"),
            "age": rng.normal(60, 9, n).round(1),
            "tmb": rng.lognormal(1, 1, n).round(2),
            "panel": "wes",
        }
    )


def frame_of(table: pd.DataFrame, **changes: object) -> PatientFrame:
    arguments: dict[str, object] = {
        "patient": "patient_id",
        "strata": ["cohort"],
        "covariates": ["age"],
        "burden": "tmb",
        "cohort": "cohort",
        "panel": "panel",
    }
    return PatientFrame.from_table(table, **(arguments | changes))  # type: ignore[arg-type]


def genes_of(frame: PatientFrame, carriers: dict[str, list[int]], **changes: object) -> GeneData:
    rows = [(gene, frame.patient_id[i], 1) for gene, members in carriers.items() for i in members]
    table = pd.DataFrame(rows, columns=["gene", "patient_id", "n_mutations"])
    return GeneData.from_table(table, frame, gene_names=list(carriers), **changes)  # type: ignore[arg-type]


def scan(table: pd.DataFrame, carriers: dict[str, list[int]], **changes: object) -> pd.DataFrame:
    frame = frame_of(table, **changes)
    return scan_survival(frame, genes_of(frame, carriers), QUICK).table.set_index("gene")


def assert_every_gap_has_a_reason(table: pd.DataFrame) -> None:
    for block, columns in BLOCKS.items():
        for column in columns:
            if (
                column in ("reason", "firth_because", "method", "ph_reason")
                or f"{block}_{column}" not in table
            ):
                continue
            reason = f"{block}_ph_reason" if column.startswith("ph_") else f"{block}_reason"
            gaps = table[f"{block}_{column}"].isna() & table[reason].isna()
            assert not gaps.any(), f"{block}_{column} of {list(table.index[gaps])}"


def test_the_table_has_exactly_the_documented_columns() -> None:
    frame = frame_of(patients())
    genes = genes_of(frame, {"A": list(range(0, 60, 3))})
    assert list(scan_survival(frame, genes, QUICK).table.columns) == list(SURVIVAL_COLUMNS)
    response = (frame.time_months > 10).astype(float)
    assert list(scan_response(frame, genes, response, QUICK).table.columns) == list(RESPONSE_COLUMNS)


def test_genes_that_cannot_be_tested_keep_a_row_and_say_why() -> None:
    table = patients()
    one_stratum_only = [i for i in range(30)]
    result = scan(
        table,
        {
            "none": [],
            "everyone": list(range(60)),
            "two": [1, 40],
            "whole_cohort": one_stratum_only,
            "fine": list(range(0, 60, 3)),
        },
    )
    assert len(result) == 5
    for model in ("uni", "adj", "logrank"):
        assert result.loc["none", f"{model}_reason"] == NO_CARRIERS
        assert result.loc["everyone", f"{model}_reason"] == EVERYONE_CARRIER
        assert result.loc["two", f"{model}_reason"] == "fewer than 3 carriers"
        assert result.loc["whole_cohort", f"{model}_reason"] == NO_COMPARISON
        assert result.loc["fine", f"{model}_reason"] is None
    assert list(result["burden_verdict"][:4]) == ["too few to say"] * 4
    assert_every_gap_has_a_reason(result)


def test_a_cohort_without_events_says_so() -> None:
    result = scan(patients().assign(event=0), {"fine": list(range(0, 60, 3))})
    assert (result[["uni_reason", "adj_reason", "logrank_reason"]] == NO_EVENTS).all(axis=None)
    assert_every_gap_has_a_reason(result)


def test_a_stratum_without_events_changes_nothing_in_the_others() -> None:
    table = patients()
    silent = table.assign(event=np.where(table["cohort"] == "B", 0, table["event"]))
    carriers = {"fine": list(range(0, 60, 3))}
    both, alone = (
        scan(silent, carriers),
        scan(silent[silent["cohort"] == "A"], {"fine": list(range(0, 30, 3))}),
    )
    assert both.loc["fine", "adj_lr_chi2"] == pytest.approx(alone.loc["fine", "adj_lr_chi2"], abs=1e-9)


def test_patients_without_a_covariate_leave_the_adjusted_model_only_and_are_counted() -> None:
    table = patients()
    table.loc[[0, 7, 9], "age"] = np.nan
    result = scan(table, {"fine": list(range(0, 60, 3)), "lost": [0, 7, 9]})
    assert (result["n"] == 60).all() and (result["adj_n"] == 57).all()
    assert result.loc["lost", "uni_reason"] is None
    assert result.loc["lost", "adj_reason"] == "no carriers (among 57 patients with complete covariates)"
    assert "missing covariates" in "; ".join(result.loc["fine", "warnings"])
    complete = scan(
        table.drop(index=[0, 7, 9]), {"fine": [i - 1 - (i > 7) - (i > 9) for i in range(3, 60, 3) if i != 9]}
    )
    assert result.loc["fine", "adj_coef"] == pytest.approx(complete.loc["fine", "adj_coef"], abs=1e-10)


def test_patients_of_a_panel_that_does_not_cover_a_gene_are_not_wild_type() -> None:
    table = patients()
    table["panel"] = np.where(np.arange(60) % 2 == 0, "big", "small")
    frame = frame_of(table, panel_names=["small", "big"])
    coverage = pd.DataFrame({"panel": ["big", "big", "small"], "gene": ["on_big", "on_both", "on_both"]})
    carriers = {"on_big": list(range(0, 60, 5)), "on_both": list(range(0, 60, 5)), "nowhere": [1, 2, 3]}
    result = scan_survival(frame, genes_of(frame, carriers, coverage=coverage), QUICK).table.set_index("gene")
    assert list(result["n_profiled"]) == [30, 60, 0]
    assert list(result["n_carriers"]) == [6, 12, 0]
    assert list(result["n_carriers_not_profiled"]) == [6, 0, 3]
    assert result.loc["nowhere", "adj_reason"] == NOT_PROFILED_REASON
    alone = scan(table[table["panel"] == "big"], {"on_big": list(range(0, 30, 5))})
    for column in ("adj_coef", "adj_se", "adj_lr_chi2", "logrank_z", "burden_coef"):
        assert result.loc["on_big", column] == pytest.approx(alone.loc["on_big", column], abs=1e-10)
    assert_every_gap_has_a_reason(result)


def test_a_patient_of_unknown_panel_is_profiled_for_nothing() -> None:
    table = patients()
    table.loc[:9, "panel"] = None
    assert scan(table, {"fine": list(range(0, 60, 3))}).loc["fine", "n_profiled"] == 50


def test_identical_genes_share_a_number_and_a_warning() -> None:
    members = list(range(0, 60, 3))
    frame = frame_of(patients())
    genes = genes_of(frame, {"a": members, "other": members[:-1], "b": members, "empty": [], "void": []})
    assert list(identical_gene_groups(genes)) == [0, -1, 0, -1, -1]
    result = scan_survival(frame, genes, QUICK)
    assert "same carriers" in "; ".join(result.table.set_index("gene").loc["b", "warnings"])
    assert any("share their carriers" in note for note in result.notes)


def test_a_family_of_one_is_not_adjusted_and_says_so() -> None:
    frame = frame_of(patients())
    result = scan_survival(frame, genes_of(frame, {"only": list(range(0, 60, 3))}), QUICK)
    assert result.table.loc[0, "primary_q"] == result.table.loc[0, "primary_p"]
    assert result.family_size == 1 and any("family of one" in note for note in result.notes)


def test_a_gene_that_is_a_covariate_is_named_as_such() -> None:
    table = patients()
    table["same"] = (np.arange(60) % 3 == 0) * 1.0
    result = scan(table, {"twin": list(range(0, 60, 3))}, covariates=["age", "same"])
    assert result.loc["twin", "adj_reason"] == COLLINEAR and result.loc["twin", "uni_reason"] is None


def test_a_covariate_without_information_is_dropped_and_named() -> None:
    table = patients().assign(constant=1.0)
    table["is_b"] = (table["cohort"] == "B") * 1.0
    table["age_in_days"] = table["age"] * 365.25
    frame = frame_of(table, covariates=["age", "constant", "is_b", "age_in_days"])
    result = scan_survival(frame, genes_of(frame, {"fine": list(range(0, 60, 3))}), QUICK)
    assert result.dropped_covariates["adj"] == ("age_in_days", "constant", "is_b")
    plain = scan(table, {"fine": list(range(0, 60, 3))})
    assert result.table.loc[0, "adj_coef"] == pytest.approx(plain.loc["fine", "adj_coef"], abs=1e-9)


def test_no_covariates_no_burden_no_cohorts_no_draws_are_reasons() -> None:
    table = patients()
    frame = frame_of(table, covariates=[], burden=None, cohort=None)
    genes = genes_of(frame, {"fine": list(range(0, 60, 3))})
    row = scan_survival(frame, genes, QUICK).table.iloc[0]
    assert row["adj_reason"] == NO_COVARIATES and row["burden_reason"] == NO_BURDEN
    assert row["null_reason"] == NO_BURDEN and row["cohort_reason"] == ONE_COHORT
    assert row["burden_verdict"] in ("burden not excluded", "no association shown", "too few to say")
    assert row["primary_p"] == row["uni_lr_p"]
    undrawn = scan_survival(frame_of(table), genes, ScanSettings(null_draws=0)).table.iloc[0]
    assert undrawn["null_reason"] == NOT_ASKED


def test_case_weights_leave_the_log_rank_test_undefined() -> None:
    table = read_cohort("weighted")
    row = scan_survival(cohort_frame(table), cohort_genes(table), QUICK).table.iloc[0]
    assert row["logrank_reason"] == row["null_reason"] == row["cohort_reason"] == WEIGHTED
    assert np.isfinite(row["adj_coef"])


def test_a_likelihood_without_maximum_is_penalised() -> None:
    """All six carriers die before anyone else: the partial likelihood rises for ever."""
    table = patients(n=60)
    table["cohort"] = "A"
    table["event"] = 1
    table["time_months"] = np.arange(1.0, 61.0)
    result = scan(table, {"first": [0, 1, 2, 3, 4, 5]})
    assert result.loc["first", "uni_method"] == FIRTH
    assert result.loc["first", "uni_firth_because"] == "no finite maximum of the likelihood"
    assert 2 < result.loc["first", "uni_coef"] < 10


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({"person_id": ["X"] * 60}, {}, "one row per person_id"),
        ({"origin": ["ICB start"] * 30 + ["diagnosis"] * 30}, {"origin": "origin"}, "2 origins of time"),
        ({"time_months": [-1.0] * 60}, {}, "negative time_months"),
        ({"tmb": [-1.0] * 60}, {}, "negative burdens"),
        ({"w": [0.0] * 60}, {"weight": "w"}, "positive case weights"),
        ({}, {"covariates": ["absent"]}, "no column absent"),
        ({}, {"panel_names": ["other"]}, "without a row in the coverage matrix: wes"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_sentence(
    change: dict[str, object], arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ScanInputError, match=message):
        frame_of(patients().assign(**change), **arguments)  # type: ignore[arg-type]


def test_rows_without_an_outcome_are_counted_not_guessed() -> None:
    table = patients()
    table["entry"] = 0.0
    table.loc[0, "time_months"], table.loc[1, "event"], table.loc[2, "cohort"] = np.nan, np.nan, None
    table.loc[3, ["entry", "time_months"]] = 9.0, 9.0
    frame = frame_of(table, entry="entry")
    assert frame.exclusions == {
        "no survival time": 1,
        "no event indicator (0 or 1)": 1,
        "no stratum": 1,
        "entry not before exit": 1,
    }
    assert frame.is_evaluable.sum() == 56


def test_a_patient_with_zero_months_is_at_risk_at_zero() -> None:
    table = patients()
    table.loc[:3, "time_months"], table.loc[:3, "event"] = 0.0, 1
    result = scan(table, {"fine": [0, 1, *range(6, 60, 3)]})
    assert result.loc["fine", "n"] == 60
    assert result.loc["fine", "logrank_observed"] == table.loc[[0, 1, *range(6, 60, 3)], "event"].sum()


def test_carriers_that_the_patient_table_does_not_have_are_refused() -> None:
    frame = frame_of(patients())
    stranger = pd.DataFrame({"gene": ["A"], "patient_id": ["nobody"], "n_mutations": [1]})
    with pytest.raises(ScanInputError, match="nobody"):
        GeneData.from_table(stranger, frame)


def test_words_become_indicators_against_the_commonest_level() -> None:
    table = pd.DataFrame(
        {"drug": ["PD1", "CTLA4", "PD1", "combo", None], "male": [True, False, True, True, False]}
    )
    matrix, names = encode_covariates(table, ["drug", "male"])
    assert names == ("drug=CTLA4", "drug=combo", "male")
    np.testing.assert_array_equal(matrix[:, 1], [0, 0, 0, 1, np.nan])


def test_a_registered_family_must_hold_every_test() -> None:
    with pytest.raises(InvalidSettingError, match="register them first"):
        benjamini_hochberg(np.array([0.1, 0.2, 0.3]), family_size=2)


def test_nobody_with_an_outcome_and_nothing_to_scan() -> None:
    table = patients().assign(time_months=np.nan)
    result = scan(table, {"fine": list(range(0, 60, 3))})
    assert result.loc["fine", "n"] == 0 and result.loc["fine", "n_profiled"] == 60
    assert set(result.loc["fine", ["logrank_reason", "uni_reason"]]) == {
        "no profiled patient has a usable outcome"
    }
    assert_every_gap_has_a_reason(result)
    with pytest.raises(ScanInputError, match="no gene to scan"):
        scan(patients(), {})


def test_a_single_gene_among_few_patients_is_scanned() -> None:
    result = scan(patients(n=12), {"fine": [0, 2, 5, 7, 9]})
    assert np.isfinite(result.loc["fine", "uni_coef"])
    assert_every_gap_has_a_reason(result)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ScanInputError, match="alpha"):
        ScanSettings(alpha=1.5)


def test_shrinkage_of_nothing_is_nothing() -> None:
    shrunken = shrink_normal(np.array([np.nan]), np.array([np.nan]))
    assert np.isnan(shrunken.mean).all() and np.isnan(shrunken.prior_sd)


def test_response_scan_gives_reasons_too() -> None:
    frame = frame_of(patients())
    genes = genes_of(frame, {"none": [], "fine": list(range(0, 60, 3)), "everyone": list(range(60))})
    response = np.where(np.arange(60) < 5, np.nan, (np.arange(60) % 4 == 0) * 1.0)
    result = scan_response(frame, genes, response, QUICK).table.set_index("gene")
    assert result.loc["none", "adj_reason"] == result.loc["none", "fisher_reason"] == NO_CARRIERS
    assert result.loc["everyone", "adj_reason"] == EVERYONE_CARRIER
    assert result.loc["fine", "n"] == 55 and np.isfinite(result.loc["fine", "adj_lr_p"])
    nobody = scan_response(frame, genes, np.zeros(60), QUICK).table
    assert (nobody["uni_reason"] == "no responders").all()
    assert_every_gap_has_a_reason(result)
    with pytest.raises(ScanInputError, match="0, 1 or NaN"):
        scan_response(frame, genes, np.full(60, 2.0), QUICK)


def test_a_covariate_that_separates_the_events_is_the_reason_and_the_gene_alone_is_still_estimated() -> None:
    table = patients()
    table["early"] = (table["event"] == 1) * 1.0
    table.loc[table["event"] == 0, "time_months"] += 200
    found = scan(table, {"fine": list(range(0, 60, 3))}, covariates=["early"])
    assert "does not converge" in found.loc["fine", "adj_reason"]
    assert np.isfinite(found.loc["fine", "uni_lr_p"]) and np.isfinite(found.loc["fine", "logrank_p"])
    assert_every_gap_has_a_reason(found)


def test_a_covariate_that_separates_the_responders_is_the_reason_too() -> None:
    table = patients()
    response = (np.arange(60) % 3 == 0) * 1.0
    table["told"] = response
    frame = frame_of(table, covariates=["told"])
    genes = genes_of(frame, {"fine": list(range(0, 60, 4)), "none": []})
    found = scan_response(frame, genes, response, QUICK).table.set_index("gene")
    assert "does not converge" in found.loc["fine", "adj_reason"]
    assert np.isfinite(found.loc["fine", "uni_lr_p"]) and np.isfinite(found.loc["fine", "fisher_p"])
    assert found.loc["none", "adj_reason"] == NO_CARRIERS
    assert_every_gap_has_a_reason(found)


def test_a_stratum_of_responders_alone_leaves_the_models_and_the_others_stay() -> None:
    table = patients()
    response = np.where(np.arange(60) < 30, 1.0, (np.arange(60) % 3 == 0) * 1.0)
    frame = frame_of(table)
    found = scan_response(frame, genes_of(frame, {"fine": list(range(0, 60, 4))}), response, QUICK).table
    assert found["n"][0] == 60 and found["uni_n"][0] == 30


def test_identical_genes_and_a_family_of_one_are_said_of_responses_too() -> None:
    frame = frame_of(patients())
    response = (np.arange(60) % 4 == 0) * 1.0
    twins = genes_of(frame, {"one": list(range(0, 60, 3)), "other": list(range(0, 60, 3))})
    found = scan_response(frame, twins, response, QUICK).table
    assert (found["identical_group"] == 0).all()
    assert found["warnings"].str.join("; ").str.contains("one hypothesis").all()
    alone = scan_response(frame, genes_of(frame, {"one": list(range(0, 60, 3))}), response, QUICK)
    assert alone.family_size == 1 and alone.table["primary_q"][0] == alone.table["primary_p"][0]
    assert any("family of one" in note for note in alone.notes)


def test_a_response_that_some_lack_is_counted_among_those_who_have_it() -> None:
    table = patients()
    table.loc[:9, "age"] = np.nan
    frame = frame_of(table)
    response = np.where(np.arange(60) >= 50, np.nan, (np.arange(60) % 3 == 0) * 1.0)
    found = scan_response(frame, genes_of(frame, {"fine": list(range(0, 60, 2))}), response, QUICK)
    row = found.table.iloc[0]
    assert (row["n_profiled"], row["n"], row["adj_n"]) == (60, 50, 40)
    assert found.exclusions == {"response not evaluable": 10}
    assert "leaves out patients with missing covariates" in "; ".join(row["warnings"])


def test_weights_count_in_the_models_and_doubled_patients_are_weight_two() -> None:
    """Breslow would be exact; Efron's ties split deaths, so times without ties are used."""
    table = patients(80)
    table["time_months"] = np.random.default_rng(4).permutation(80) + 1.0
    table["weight"] = np.where(np.arange(80) % 5 == 0, 2.0, 1.0)
    carriers = {"fine": list(range(0, 80, 3))}
    weighted = scan(table, carriers, weight="weight").loc["fine"]
    plain = scan(table.assign(weight=2.0), carriers, weight="weight").loc["fine"]
    unweighted = scan(table, carriers).loc["fine"]
    assert weighted["uni_coef"] != pytest.approx(unweighted["uni_coef"], abs=1e-3)
    assert plain["uni_coef"] == pytest.approx(unweighted["uni_coef"], abs=1e-9)
    assert plain["uni_se"] == pytest.approx(unweighted["uni_se"] / np.sqrt(2), abs=1e-9)
    assert plain["uni_lr_chi2"] == pytest.approx(2 * unweighted["uni_lr_chi2"], abs=1e-7)
