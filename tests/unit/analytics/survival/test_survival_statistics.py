"""Result rows: what each holds, that it is the estimator's own number, and which members it was made of."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from analytics.biomarkers.groups import Contrast
from analytics.questions.selection import Selection
from analytics.questions.specs import AnalysisSpec, SurvivalEstimator, Variant
from analytics.report.words import key_words
from analytics.response.comparison import compare_response
from analytics.response.estimate import response_statistics
from analytics.results.row_sets import RowSets
from analytics.results.schema import ResultTypeError, create_statement, table_of
from analytics.results.statistic import ResponseStatistic, Scope, Statistic, SurvivalStatistic
from analytics.results.tables import RESULT_TABLES, as_result_table
from analytics.survival.curves.kaplan_meier import kaplan_meier
from analytics.survival.curves.log_rank import log_rank_test
from analytics.survival.curves.restricted_mean import restricted_mean_survival
from analytics.survival.estimate import cancer_type_key, flow_statistics, survival_statistics
from analytics.survival.hazard_ratio import estimate_hazard_ratio
from analytics.survival.regression.proportional_hazards import schoenfeld_test

ALK = Contrast.of_gene("ALK")
OS = Scope("q", "default", "OS")
EVERY = (
    "kaplan_meier", "log_rank", "log_rank_oe", "cox_univariable", "cox_adjusted", "cox_burden_adjusted",
    "restricted_mean", "schoenfeld",
)  # fmt: skip


def members(n: int = 120, **changes: Any) -> pd.DataFrame:
    """Two cohorts, one row a person, a third mutated; sex is unknown for every tenth."""
    rng = np.random.default_rng(7)
    mutated = np.arange(n) % 3 == 0
    time = np.round(rng.exponential(np.where(mutated, 30.0, 15.0)) + 0.1, 3)
    frame = pd.DataFrame(
        {
            "cohort_id": np.where(np.arange(n) % 2 == 0, "a", "b"),
            "patient_id": [f"P{i}" for i in range(n)],
            "person_id": [f"p{i}" for i in range(n)],
            "in_group": mutated,
            "time_months": np.minimum(time, 40.0),
            "event": time < 40.0,
            "entry_months": 0.0,
            "origin": "icb_start",
            "clock_family": "treatment",
            "status_reason": None,
            "cancer_type": np.where(np.arange(n) % 4 < 2, "Melanoma", "Bladder Cancer"),
            "sex": [None if i % 10 == 0 else ("Male", "Female")[i % 3 % 2] for i in range(n)],
            "burden": np.round(rng.normal(3, 1, n), 2),
            "burden_definition": "log2(rate + 1)",
            "orr": [None if i % 8 == 7 else bool(rng.random() < 0.3 + 0.3 * (i % 3 == 0)) for i in range(n)],
        },
        index=pd.RangeIndex(1000, 1000 + n),
    )
    return frame.assign(**changes)


def variant(**changes: Any) -> Variant:
    settings: dict[str, Any] = {"description": "d", "covariates": ("sex",), "estimators": EVERY}
    return Variant(**(settings | changes))


def estimated(
    frame: pd.DataFrame, asked: Variant, cohort_id: str | None = None, sets: RowSets | None = None
) -> list[SurvivalStatistic]:
    return survival_statistics(OS.of_cohort(cohort_id), sets or RowSets(), frame, asked, "os", ALK)


def survival_rows(
    frame: pd.DataFrame, asked: Variant, cohort_id: str | None = None
) -> dict[str, SurvivalStatistic]:
    return {row.key: row for row in estimated(frame, asked, cohort_id)}


def responses(frame: pd.DataFrame, sets: RowSets | None = None) -> list[ResponseStatistic]:
    return response_statistics(Scope("q", "default", "response"), sets or RowSets(), frame, ("orr",), ALK)


def flow(frame: pd.DataFrame, asked: AnalysisSpec, sets: RowSets | None = None) -> list[SurvivalStatistic]:
    nothing = pd.DataFrame()
    selection = Selection(frame, frame, nothing, ())
    groups = {ALK.group: frame["in_group"].astype(bool), ALK.reference: ~frame["in_group"].astype(bool)}
    return flow_statistics(OS, sets or RowSets(), selection, asked, groups)


def assert_same(row: Statistic, **expected: float) -> None:
    cells = table_of(type(row), [row]).iloc[0]
    for name, value in expected.items():
        assert cells[name] == pytest.approx(value, rel=1e-12), name


def spec(**changes: Any) -> AnalysisSpec:
    settings: dict[str, Any] = {
        "analysis_id": "q", "title": "t", "question": "q", "biomarker": "ALK", "cohorts": ("a", "b"),
        "registered_on": "2026-01-01", "variants": {"default": variant()},
    }  # fmt: skip
    return AnalysisSpec(**(settings | changes))


def test_every_estimate_that_an_analysis_can_ask_for_has_a_name_that_is_not_its_key() -> None:
    few = members().assign(event=lambda d: d["event"] & (~d["in_group"] | (np.arange(len(d)) % 60 == 0)))
    competing = few.assign(is_competing_death=np.arange(len(few)) % 20 == 1)
    keys = survival_rows(competing, variant(estimators=get_args(SurvivalEstimator), strata=("cohort_id",)))
    assert {"os.firth_adjusted", "os.e_value_adjusted", "os.cumulative_incidence_difference"} <= keys.keys()
    unnamed = {
        key for key in keys if key_words(key).lower() == ", ".join(key.split(".")[1:]).replace("_", " ")
    }
    assert not unnamed


# --- the numbers are the estimators' own --------------------------------------------------------------------------


def test_hazard_ratio_rows_are_those_of_the_estimator() -> None:
    frame, asked = members(), variant(strata=("cohort_id",), robust=True)
    rows = survival_rows(frame, asked)
    for key, options in {
        "os.cox_univariable": {"estimator": "cox", "cluster": "person_id"},
        "os.cox_adjusted": {"estimator": "cox", "adjust": ("sex",), "cluster": "person_id"},
        "os.cox_burden_adjusted": {"estimator": "cox", "adjust": ("burden",), "cluster": "person_id"},
        "os.logrank_oe": {"estimator": "log_rank_oe"},
    }.items():
        direct = estimate_hazard_ratio(frame, strata=("cohort_id",), **options)  # type: ignore[arg-type]
        row = rows[key]
        assert_same(
            row, estimate=direct.hr, ci_low=direct.ci_low, ci_high=direct.ci_high, p=direct.p,
            standard_error=direct.se_log_hr, n=direct.n, n_in_group=direct.n_in_group, events=direct.events,
            events_in_group=direct.events_in_group,
            median_in_reference_months=direct.median_in_reference.months,
        )  # fmt: skip
        assert (row.estimator, row.model.strata, row.model.ties) == (
            direct.estimator,
            ("cohort_id",),
            direct.ties,
        )


def test_medians_log_rank_restricted_mean_and_schoenfeld_are_those_of_the_estimators() -> None:
    frame = members()
    rows = survival_rows(frame, variant(strata=("cohort_id",)))
    for word, group in (("mutated", True), ("wild_type", False)):
        median = kaplan_meier(frame[frame["in_group"] == group], group=None).curves[0].median
        assert_same(rows[f"os.median.{word}"], estimate=median.months, ci_low=median.ci_low)
    log_rank = log_rank_test(frame, strata=("cohort_id",))
    assert_same(rows["os.log_rank"], statistic=log_rank.test.statistic, p=log_rank.test.p, n=log_rank.n)
    mean = restricted_mean_survival(frame).difference
    assert mean is not None
    assert_same(rows["os.restricted_mean_difference"], estimate=mean.estimate, ci_low=mean.ci_low, p=mean.p)
    test = schoenfeld_test(frame, ["in_group"], strata=("cohort_id",)).overall
    assert_same(rows["os.schoenfeld"], statistic=test.statistic, p=test.p)


def test_response_rows_are_those_of_the_comparison() -> None:
    frame = members()
    rows = responses(frame)
    found = {row.key: row for row in rows}
    compared = compare_response(frame, "orr")
    assert compared.evaluable is not None
    for key, part in (("orr", compared.evaluable), ("orr_itt", compared.intention_to_treat)):
        assert_same(
            found[f"{key}.rate.mutated"], estimate=part.mutated.rate, ci_low=part.mutated.ci_low, n=part.mutated.n,
            responders=part.mutated.n_yes,
        )  # fmt: skip
        assert_same(found[f"{key}.rate.wild_type"], estimate=part.wild_type.rate, n=part.wild_type.n)
        assert_same(
            found[f"{key}.difference"],
            estimate=part.difference.difference,
            n=part.mutated.n + part.wild_type.n,
        )
        assert_same(found[f"{key}.fisher"], estimate=part.fisher.odds_ratio, p=part.fisher.p)
        assert_same(found[f"{key}.chi_square"], p=part.chi_square.p)
    assert {row.denominator for row in rows} == {"evaluable", "intention_to_treat"}


def test_each_response_is_counted_in_the_cohorts_that_report_it() -> None:
    """Cohort b reports durable benefit alone: by intention to treat it has no objective response, not none at all."""
    frame = members()
    is_a = frame["cohort_id"] == "a"
    frame = frame.assign(orr=frame["orr"].where(is_a, None), durable_benefit=frame["orr"])
    rows = response_statistics(
        Scope("q", "default", "response"), RowSets(), frame, ("orr", "durable_benefit"), ALK
    )
    found = {row.key: row for row in rows}
    assert found["orr_itt.fisher"].counts.n == is_a.sum()
    assert found["orr_itt.fisher"].row_set == "members of cohorts that report orr"
    assert found["durable_benefit_itt.fisher"].counts.n == len(frame)
    assert found["orr.fisher"].counts.n == frame["orr"].notna().sum()


# --- a name, and which rows are behind it -------------------------------------------------------------------------


def test_a_statistic_is_named_by_analysis_variant_cohort_and_key() -> None:
    assert OS.name("os.log_rank").stat_id == "q/default/os.log_rank"
    assert OS.of_cohort("a").name("os.log_rank").stat_id == "q/default@a/os.log_rank"


def labels_behind(sets: RowSets, row: Statistic, frame: pd.DataFrame) -> set[int]:
    scope = frame["cohort_id"] == row.cohort_id if row.cohort_id else pd.Series(True, index=frame.index)
    return set(frame.index[scope & sets.holds(row.row_set, frame.index)])


def test_every_statistic_names_a_row_set_that_holds_exactly_its_n_rows() -> None:
    frame, asked = members(), variant(strata=("cohort_id",))
    sets = RowSets()
    rows: list[Statistic] = [*flow(frame, spec(cohort_groups={"both": ("a", "b")}), sets)]
    rows += estimated(frame, asked, None, sets)
    for cohort_id in ("a", "b"):
        rows += estimated(frame[frame["cohort_id"] == cohort_id], asked, cohort_id, sets)
    rows += responses(frame, sets)
    for row in rows:
        assert len(labels_behind(sets, row, frame)) == row.n, row.name.stat_id


def test_the_row_set_of_an_adjusted_estimate_leaves_out_who_lacks_a_covariate() -> None:
    frame, sets = members(), RowSets()
    adjusted = next(row for row in estimated(frame, variant(), None, sets) if row.key == "os.cox_adjusted")
    assert adjusted.row_set == "members with known sex"
    assert labels_behind(sets, adjusted, frame) == set(frame.index[frame["sex"].notna()])


def test_who_is_never_at_risk_is_not_in_the_row_set_and_only_where_entry_is_delayed() -> None:
    frame, sets = members(), RowSets()
    frame.loc[frame["cohort_id"] == "a", "entry_months"] = 1.0
    never = frame["cohort_id"].eq("b") & (np.arange(len(frame)) < 10)
    frame.loc[never, "time_months"] = 0.0
    asked = variant(estimators=("cox_univariable",))
    (pooled,) = estimated(frame, asked, None, sets)
    (alone,) = estimated(frame[frame["cohort_id"] == "b"], asked, "b", sets)
    # 0 months: not at risk beside delayed entries, at risk at time 0 where nobody enters late (rule of survival_data)
    assert pooled.n == len(labels_behind(sets, pooled, frame)) < len(frame)
    assert alone.n == len(labels_behind(sets, alone, frame)) == (frame["cohort_id"] == "b").sum()


def test_a_row_set_of_one_name_is_one_set_of_rows_whatever_cohort_asks() -> None:
    sets = RowSets()
    index = pd.Index([1, 2, 3, 4])
    assert sets.named("with x", pd.Index([1, 3]), index) == "with x"
    assert sets.named("with x", pd.Index([3]), pd.Index([3, 4]), "b") == "with x"
    other = sets.named("with x", pd.Index([3, 4]), pd.Index([3, 4]), "b")
    assert other == "with x (b by itself)"
    assert sets.holds("with x", index).tolist() == [True, False, True, False]
    assert sets.holds(other, index).tolist() == [False, False, True, True]


def test_groups_are_named_in_every_row() -> None:
    rows = survival_rows(members(), variant())
    cox, median = rows["os.cox_univariable"].counts, rows["os.median.wild_type"].counts
    assert (cox.group_label, cox.reference_label) == ("ALK mutated", "ALK wild-type")
    assert (median.group_label, median.reference_label) == ("ALK wild-type", None)
    assert median.n == median.n_in_group == 80


# --- what cannot be estimated, what must not be printed -----------------------------------------------------------


def test_no_row_holds_an_infinite_number_or_a_nan() -> None:
    frame = members(event=False)
    frame.loc[frame.index[1], "event"] = True  # one event, among the wild-type
    rows = survival_rows(frame, variant())
    numbers = table_of(SurvivalStatistic, rows.values()).select_dtypes("number")
    assert not np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan)).any()
    assert not any(
        isinstance(v, float) and math.isnan(v) for row in rows.values() for v in vars(row).values()
    )
    assert rows["os.median.mutated"].estimate is None
    assert rows["os.median.mutated"].warnings == ("The median is not reached.",)


def test_a_group_without_events_has_no_cox_ratio_but_firth_s_beside_it() -> None:
    frame = members()
    frame.loc[frame["in_group"], "event"] = False
    rows = survival_rows(frame, variant(estimators=EVERY))
    assert rows["os.cox_univariable"].estimate is None
    assert "monotone" in " ".join(rows["os.cox_univariable"].warnings)
    firth = rows["os.firth_univariable"]
    assert firth.estimator == "firth" and firth.estimate is not None and 0.005 < firth.estimate < 1
    assert firth.ci_low is not None and firth.p_method == "penalised likelihood ratio"
    assert {"os.firth_adjusted", "os.firth_burden_adjusted"} <= set(rows)


def test_firth_stands_beside_cox_below_five_events_and_not_from_five_on() -> None:
    few, enough = members(), members()
    for frame, n_events in ((few, 4), (enough, 5)):
        of_mutated = frame.index[frame["in_group"]]
        frame.loc[of_mutated, "event"] = [i < n_events for i in range(len(of_mutated))]
    assert "os.firth_univariable" in survival_rows(few, variant())
    assert "os.firth_univariable" not in survival_rows(enough, variant())


def test_the_p_of_a_row_is_of_the_model_that_gave_its_interval() -> None:
    """An adjusted Firth row once carried the permutation p of the group alone; the O/E ratio the log-rank p."""
    for n_events in (0, 2, 4):
        frame = members()
        of_mutated = frame.index[frame["in_group"]]
        frame.loc[of_mutated, "event"] = [i < n_events for i in range(len(of_mutated))]
        for row in estimated(frame, variant(estimators=EVERY)):
            if row.estimate is not None and row.scale == "hazard ratio" and row.ci_low is not None:
                outside = row.ci_low > 1 or (row.ci_high is not None and row.ci_high < 1)
                assert outside == (row.p is not None and row.p < 0.05), row.key
            has_permutation = row.key == "os.firth_univariable"
            assert (row.p_permutation is not None) == has_permutation, row.key


def test_sparse_is_judged_on_the_rows_of_the_model_not_on_all_members() -> None:
    frame = members()
    of_mutated = frame.index[frame["in_group"]]
    frame.loc[of_mutated, "event"] = [i < 5 for i in range(len(of_mutated))]
    frame.loc[of_mutated[:2], "sex"] = None  # two of the five events are lost to the adjusted model
    rows = survival_rows(frame, variant())
    assert "os.firth_univariable" not in rows and "os.firth_adjusted" in rows


def test_what_cannot_be_estimated_is_a_row_that_says_why_in_a_sentence() -> None:
    nobody_mutated = members(in_group=False)
    rows = survival_rows(nobody_mutated, variant())
    for key in ("os.cox_univariable", "os.log_rank", "os.logrank_oe", "os.median.mutated"):
        assert rows[key].estimate is None
        assert rows[key].warnings and all(text.endswith(".") for text in rows[key].warnings), key
    assert rows["os.median.mutated"].n == 0
    assert rows["os.median.wild_type"].estimate is not None


def test_no_members_at_all_give_rows_with_reasons_and_no_crash() -> None:
    nobody = members().iloc[:0]
    survival = [*flow(nobody, spec()), *estimated(nobody, variant())]
    every: list[Statistic] = [*survival, *responses(nobody)]
    assert all(row.n == 0 for row in every)
    assert all(row.warnings for row in survival if row.key.startswith("os."))


def test_warnings_are_whole_sentences() -> None:
    frame = members()
    frame.loc[frame.index[:3], "time_months"] = 0.0
    rows = survival_rows(frame, variant(strata=("cohort_id",)))
    said = [sentence for row in rows.values() for sentence in row.warnings]
    assert said
    for text in said:
        assert text[0].isupper() or text[0].isdigit()
        assert text.endswith(".")


def test_counts_are_of_the_rows_that_were_used_even_where_a_stratum_is_unknown() -> None:
    frame = members()
    frame.loc[frame.index[:7], "cancer_type"] = None
    rows = survival_rows(frame, variant(strata=("cancer_type",)))
    direct = log_rank_test(frame, strata=("cancer_type",))
    assert rows["os.log_rank"].n == direct.n == len(frame) - 7
    assert rows["os.log_rank"].counts.events == direct.n_events


def test_a_burden_adjusted_row_says_what_burden_is() -> None:
    row = survival_rows(members(), variant())["os.cox_burden_adjusted"]
    assert "Burden is the log2(rate + 1)." in row.warnings


def test_burden_is_measured_among_the_members_that_are_analysed() -> None:
    """Cohort a has a panel of known size, b an exome: the pool can compare percentiles only, a by itself has rates."""
    frame = members().drop(columns=["burden", "burden_definition"])
    is_panel = frame["cohort_id"] == "a"
    frame = frame.assign(
        n_nonsynonymous=np.arange(len(frame)) % 17,
        n_mutations=0,
        assay_kind=np.where(is_panel, "panel", "exome"),
        panel_id=np.where(is_panel, "P", "WES"),
        denominator_mb=np.where(is_panel, 1.1, np.nan),
    )
    asked = variant(estimators=("cox_burden_adjusted",))
    pooled, alone = estimated(frame, asked)[0], estimated(frame[is_panel], asked, "a")[0]
    assert "Burden is the percentile" in " ".join(pooled.warnings)
    assert "Burden is the log2(non-synonymous mutations per Mb" in " ".join(alone.warnings)
    rate = frame[is_panel].assign(burden=np.log2(frame["n_nonsynonymous"] / 1.1 + 1))
    direct = estimate_hazard_ratio(rate, estimator="cox", adjust=("burden",))
    assert_same(alone, estimate=direct.hr, ci_low=direct.ci_low, p=direct.p)


# --- counts -------------------------------------------------------------------------------------------------------


def test_flow_counts_members_by_status_cohort_group_and_cancer_type() -> None:
    frame = members()
    rows = flow(frame, spec(cohort_groups={"both": ("a", "b")}))
    found = {row.key: row.estimate or 0.0 for row in rows}
    assert found["flow.n_total"] == 120 and found["flow.n_cohorts"] == 2
    assert found["flow.n_mutated"] == 40 and found["flow.n_wild_type"] == 80
    assert found["flow.n_mutated.both"] == 40
    assert found["flow.n_mutated.a"] + found["flow.n_mutated.b"] == 40
    assert found["flow.n.melanoma"] == found["flow.n.bladder"] == 60
    assert found["mutated.rate"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("cancer_type", "key"),
    [
        ("Bladder Cancer", "bladder"),
        ("Non-Small Cell Lung Cancer", "lung"),
        ("Small Cell Lung Cancer", "lung"),
        ("Renal Cell Carcinoma", "renal"),
        ("Head and Neck Cancer", "head_and_neck"),
        ("Skin Cancer, Non-Melanoma", "skin_cancer_non_melanoma"),
        ("Melanoma", "melanoma"),
    ],
)
def test_cancer_types_have_short_keys(cancer_type: str, key: str) -> None:
    assert cancer_type_key(cancer_type) == key


# --- tables -------------------------------------------------------------------------------------------------------


def test_rows_fit_their_result_tables() -> None:
    frame = members()
    survival = table_of(SurvivalStatistic, [*flow(frame, spec()), *estimated(frame, variant())])
    response = table_of(ResponseStatistic, responses(frame))
    assert survival["stat_id"].is_unique and response["stat_id"].is_unique
    assert survival["n"].dtype == "Int64" and survival["estimate"].dtype == "float64"
    assert survival["row_set"].notna().all() and response["row_set"].notna().all()


def test_a_column_that_no_table_has_is_refused_by_name() -> None:
    with pytest.raises(ResultTypeError, match="runs has no column colour"):
        as_result_table("runs", pd.DataFrame([{"run_id": "1", "colour": "red"}]))


def test_no_rows_give_an_empty_table_with_its_columns() -> None:
    for name, table in RESULT_TABLES.items():
        empty = as_result_table(name, pd.DataFrame())
        assert empty.empty and list(empty.columns) == list(table.columns)


def test_the_ddl_names_every_column_with_its_type() -> None:
    statement = create_statement(RESULT_TABLES["analysis_flow"].columns, "stats.analysis_flow")
    assert statement.startswith("create or replace table stats.analysis_flow (")
    assert '"n_left_out" bigint' in statement and '"reason" varchar' in statement
