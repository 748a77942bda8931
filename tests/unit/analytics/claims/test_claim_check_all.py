"""The table of claim checks over the shipped seeds."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from analytics.claims.check import check_all
from analytics.claims.model import (
    DIFFERENT,
    EXACT,
    INTERNALLY_INCONSISTENT,
    NOT_REPRODUCIBLE,
    NOT_YET_COMPUTED,
    VERDICTS,
    ClaimDataError,
)
from analytics.claims.statistics import StatisticIndex
from analytics.results.records import ClaimRecord
from analytics.results.schema import table_of
from analytics.results.statistic import AnyStatistic, Counts, Scope

MSK, VALIDATION, DISCOVERY = "igf1r_melanoma_msk_validation", "alk_validation", "alk_discovery"


def result(
    analysis_id: str,
    estimate_key: str,
    stat_id: str,
    *,
    variant: str = "as_published",
    estimator: str = "cox",
    n: int | None = None,
    n_in_group: int | None = None,
    **values: Any,
) -> AnyStatistic:
    return AnyStatistic(
        name=replace(Scope(analysis_id, variant, "OS").name(estimate_key), stat_id=stat_id),
        estimator=estimator,
        counts=Counts(group_label="mutated", n=n, n_in_group=n_in_group),
        **values,
    )


def cox(analysis_id: str, estimate_key: str, stat_id: str, text: str, **values: Any) -> AnyStatistic:
    """A Cox result from "estimate low high p"."""
    estimate, low, high, p = (float(part) for part in text.split())
    parts = {"estimate": estimate, "ci_low": low, "ci_high": high, "p": p}
    return result(analysis_id, estimate_key, stat_id, **parts, **values)


RESULTS = [
    cox(MSK, "os.cox_univariable", "s1", "0.338 0.124 0.916 0.0334", n=320, n_in_group=22),
    result(MSK, "os.log_rank", "s2", estimator="log-rank", p=0.0250, median_in_reference=42.0),
    cox(MSK, "os.cox_univariable", "s3", "0.40 0.15 1.08 0.07", n=300, variant="default"),
    result(VALIDATION, "flow.n_total", "s4", estimate=1524),
    result(VALIDATION, "flow.n_total", "s5", variant="default", estimate=1575),
    result(VALIDATION, "flow.n_mutated", "s6", estimate=91),
    result(DISCOVERY, "flow.n_mutated.hugo_2016", "s7", estimate=7),
    result(DISCOVERY, "flow.n_mutated.liu_2019", "s8", estimate=23),
    result(DISCOVERY, "flow.n_mutated", "s9", estimate=80),
    cox("igf1r_melanoma_discovery", "os.cox_adjusted", "s10", "0.41 0.16 1.05 0.062"),
]


class Seeds:
    """The three seeds, so that one fixture serves every test."""

    def __init__(self, claims: pd.DataFrame, relations: pd.DataFrame, requirements: pd.DataFrame) -> None:
        self.claims, self.relations, self.requirements = claims, relations, requirements

    def check(self, results: list[AnyStatistic], *available: str) -> pd.DataFrame:
        rows = check_all(self.claims, results, self.requirements, set(available), self.relations)
        return table_of(ClaimRecord, rows).set_index("claim_id", drop=False)


@pytest.fixture(scope="module")
def seeds(
    claims_frame: pd.DataFrame, relations_frame: pd.DataFrame, requirements_frame: pd.DataFrame
) -> Seeds:
    return Seeds(claims_frame, relations_frame, requirements_frame)


@pytest.fixture(scope="module")
def checks(seeds: Seeds) -> pd.DataFrame:
    return seeds.check(RESULTS)


def test_every_claim_gets_one_row_with_a_fixed_verdict_and_a_sentence(
    checks: pd.DataFrame, claims_frame: pd.DataFrame
) -> None:
    assert list(checks["claim_id"]) == list(claims_frame["claim_id"])
    assert set(checks["verdict"]) <= set(VERDICTS)
    assert checks["sentence"].str.len().min() > 20
    assert not checks["sentence"].str.contains("nan|None").any()


def test_the_ratio_is_checked_with_cox_and_its_p_with_the_log_rank_test(checks: pd.DataFrame) -> None:
    row = checks.loc["A6.os_hr"]
    assert (row["verdict"], row["stat_id"], row["p_stat_id"]) == (EXACT, "s1", "s2")
    assert (row["computed_estimate"], row["computed_p"]) == (0.338, 0.0250)
    assert "0.338 (0.124-0.916) by cox, P 0.025 by log-rank" in row["sentence"]


def test_the_default_variant_is_told_beside_and_never_judged(checks: pd.DataFrame) -> None:
    row = checks.loc["A6.os_hr"]
    assert row["default_stat_id"] == "s3"
    assert "With the default definitions: 0.400 (0.150-1.080)" in row["sentence"]
    assert "With the default definitions: 1,575" in checks.loc["C3.n_total", "sentence"]


def test_medians_may_come_as_columns_of_the_log_rank_row(checks: pd.DataFrame) -> None:
    assert checks.loc["A6.os_median_mutated", "verdict"] == EXACT
    assert checks.loc["A6.os_median_wild_type", "verdict"] == EXACT
    assert checks.loc["A6.os_median_wild_type", "stat_id"] == "s2"
    assert pd.isna(checks.loc["A6.os_median_mutated", "computed_estimate"])


def test_a_row_without_any_median_says_nothing_about_medians(seeds: Seeds) -> None:
    bare = [result(MSK, "os.log_rank", "s2", p=0.025, median_in_group=None, median_in_reference=None)]
    assert seeds.check(bare).loc["A6.os_median_mutated", "verdict"] == NOT_YET_COMPUTED


def test_a_reproduced_number_stays_exact_and_tells_the_contradiction(checks: pd.DataFrame) -> None:
    row = checks.loc["C3.n_mutated"]
    assert row["verdict"] == EXACT
    assert "61 in C1.samstein_mutated" in row["sentence"] and list(row["rule_ids"]) == [
        "same_quantity_differs"
    ]


def test_what_contradicts_itself_and_is_not_reproduced_is_internally_inconsistent(
    checks: pd.DataFrame,
) -> None:
    for claim_id in ("A4.orr_p", "B4.acquired_share", "C1.samstein_wild_type", "C2.n_mutated",
                     "C13.sbs31_os_hr", "C13.sbs42_os_hr", "C13.sbs86_os_hr"):  # fmt: skip
        assert checks.loc[claim_id, "verdict"] == INTERNALLY_INCONSISTENT, claim_id
    assert "add to 93" in checks.loc["C2.n_mutated", "sentence"]
    assert "From what is at hand" in checks.loc["C2.n_mutated", "sentence"]


def test_the_parts_of_a_sum_that_fails_are_judged_by_themselves(checks: pd.DataFrame) -> None:
    assert checks.loc["C1.hugo_mutated", "verdict"] == EXACT
    assert checks.loc["C1.liu_mutated", "verdict"] == DIFFERENT
    assert checks.loc["C1.snyder_mutated", "verdict"] == NOT_YET_COMPUTED


def test_a_note_does_not_change_a_verdict(checks: pd.DataFrame) -> None:
    row = checks.loc["C3.os_hr"]
    assert row["verdict"] == NOT_YET_COMPUTED
    assert list(row["rule_ids"]) == ["p_not_of_interval"]


def test_what_lacks_a_source_says_which_file_would_settle_it(checks: pd.DataFrame) -> None:
    for claim_id in ("A1.n_total", "C1.miao_mutated", "C1.ravi_wild_type", "B1.relapse_only_share",
                     "C15.immune_features", "D2.jak_loss_colon", "C7.cut_off"):  # fmt: skip
        row = checks.loc[claim_id]
        assert row["verdict"] == NOT_REPRODUCIBLE, claim_id
        assert row["missing_sources"] and "would be settled by" in row["sentence"]


def test_a_number_from_part_of_the_sources_is_shown_but_not_judged(checks: pd.DataFrame) -> None:
    row = checks.loc["A3.os_hr_adjusted"]
    assert row["verdict"] == NOT_REPRODUCIBLE
    assert "From what is at hand" in row["sentence"] and "0.410 (0.160-1.050)" in row["sentence"]
    assert row["stat_id"] == "s10"


def test_a_source_that_turns_up_lifts_the_obstacle(seeds: Seeds) -> None:
    with_miao = seeds.check(RESULTS, "mutations:miao_2018")
    assert with_miao.loc["A3.os_hr_adjusted", "verdict"] == DIFFERENT
    assert with_miao.loc["C1.miao_mutated", "verdict"] == NOT_YET_COMPUTED
    assert with_miao.loc["C2.os_hr", "verdict"] == NOT_REPRODUCIBLE, "Ravi 2023 is still missing"
    with_both = seeds.check(RESULTS, "mutations:miao_2018", "mutations:ravi_2023")
    assert with_both.loc["C2.os_hr", "verdict"] == NOT_YET_COMPUTED


def test_a_partial_match_without_the_required_source_is_not_exact(seeds: Seeds) -> None:
    lucky = [result("igf1r_melanoma_discovery", "flow.n_total", "s", estimate=418)]
    assert seeds.check(lucky).loc["A1.n_total", "verdict"] == NOT_REPRODUCIBLE
    assert seeds.check(lucky, "mutations:miao_2018").loc["A1.n_total", "verdict"] == EXACT


def test_without_any_result_nothing_is_exact_or_different(seeds: Seeds) -> None:
    verdicts = set(seeds.check([])["verdict"])
    assert verdicts == {NOT_YET_COMPUTED, NOT_REPRODUCIBLE, INTERNALLY_INCONSISTENT}


def test_a_default_result_alone_is_no_ground_for_a_verdict(seeds: Seeds) -> None:
    only_default = [row for row in RESULTS if row.name.variant == "default"]
    assert seeds.check(only_default).loc["A6.os_hr", "verdict"] == NOT_YET_COMPUTED


def test_two_results_of_one_name_are_refused_with_both_ids(seeds: Seeds) -> None:
    with pytest.raises(ClaimDataError, match="stat_id s1 and s1"):
        seeds.check([*RESULTS, RESULTS[0]])


def test_a_statistic_of_one_cohort_is_no_answer_to_a_claim_but_of_change_over_time(seeds: Seeds) -> None:
    row = result(MSK, "os.cox_univariable", "s")
    alone = replace(row, name=replace(row.name, cohort_id="msk"))
    assert seeds.check([alone]).loc["A6.os_hr", "verdict"] == NOT_YET_COMPUTED
    change = result("acquired_resistance", "change.on_treatment.B2M.all", "s")
    index = StatisticIndex([replace(change, name=replace(change.name, cohort_id="riaz_2017"))])
    assert list(index.names()) == [
        ("acquired_resistance", "as_published", "change.on_treatment.B2M.all@riaz_2017")
    ]
