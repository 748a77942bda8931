"""Each guard finds what was planted, in its own fixed words, and never speaks without a sentence."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.biomarkers.groups import Contrast
from analytics.guards import VERDICTS, Finding, guard_findings, response_findings
from analytics.guards.finding import CANNOT_TELL
from analytics.meta.pooling import meta_statistics
from analytics.questions.specs import Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope
from analytics.scan.columns import SURVIVAL_COLUMNS
from analytics.survival.curves.restricted_mean import restricted_mean_survival
from analytics.survival.estimate import survival_statistics
from analytics.survival.hazard_ratio import estimate_hazard_ratio


def people(
    n: int = 600, hr: float = 1.0, share: float = 0.3, seed: int = 7, cohort: str = "a", **columns: Any
) -> pd.DataFrame:
    """n people of one cohort, exponential survival of mean 12 months in the wild-type, hazard ratio hr."""
    rng = np.random.default_rng(seed)
    mutated = rng.random(n) < share
    death = rng.exponential(12.0 / np.where(mutated, hr, 1.0))
    censoring = rng.uniform(6.0, 36.0, n)
    return pd.DataFrame(
        {
            "cohort_id": cohort,
            "patient_id": [f"{cohort}{i}" for i in range(n)],
            "person_id": [f"{cohort}{i}" for i in range(n)],
            "cancer_type": "Melanoma",
            "time_months": np.minimum(death, censoring),
            "event": death <= censoring,
            "entry_months": 0.0,
            "origin": "icb_start",
            "clock_family": "treatment",
            "in_group": mutated,
            "is_icb_treated": True,
        }
        | columns
    )


def finding(guard: str, members: pd.DataFrame, **options: Any) -> Finding:
    return next(found for found in guard_findings(members, **options) if found.guard == guard)


def test_every_guard_answers_in_its_own_words_with_a_sentence() -> None:
    found = guard_findings(people())
    assert [f.guard for f in found] == list(VERDICTS)
    for one in found:
        assert one.verdict in VERDICTS[one.guard]
        assert one.sentence.endswith(".")


def test_hazards_that_cross_are_reported_with_the_difference_of_restricted_means() -> None:
    members = people(900)
    late = members["time_months"] > 6
    members.loc[members["in_group"] & late, "time_months"] = 6 + 4 * (members["time_months"] - 6)
    found = finding("proportional hazards", members)
    assert found.verdict == "not proportional" and found.is_warning
    means = restricted_mean_survival(members).difference
    assert means is not None
    assert found.numbers["restricted_mean_difference_months"] == pytest.approx(means.estimate, rel=1e-12)
    assert finding("proportional hazards", people(900, hr=0.5)).verdict == "not contradicted"


def test_few_events_get_firths_ratio_and_a_permutation_p() -> None:
    members = people(300, share=0.03)
    members.loc[members["in_group"], "event"] = False
    found = finding("sparse events", members)
    assert found.verdict == "few events" and found.is_warning
    assert found.numbers["events_mutated"] == 0
    assert 0 < found.numbers["firth_hr"] < 1 and 0 < found.numbers["permutation_p"] <= 1
    assert "0.00 (" not in found.sentence
    assert finding("sparse events", people()).verdict == "enough events"


def test_people_in_two_cohorts_are_counted_as_taken_out_or_as_counted_twice() -> None:
    flow = pd.DataFrame(
        {"step": ["patients of the cohorts", "one person once"], "n": [603, 600], "n_left_out": [0, 3]}
    )
    assert finding("overlap of people", people(), flow=flow).numbers == {"n_taken_out": 3}
    twice = pd.concat([people(), people(20)], ignore_index=True)
    found = finding("overlap of people", twice, flow=flow)
    assert found.verdict == "people counted twice" and found.numbers == {"n_repeated": 20}


@pytest.mark.parametrize(
    ("origins", "left_out", "verdict"),
    [
        (["icb_start"], 0, "one origin"),
        (["icb_start"], 12, "unlike origins left out"),
        (["icb_start", "randomisation"], 0, "like origins pooled"),
        (["icb_start", "diagnosis"], 0, "unlike origins pooled"),
        ([None], 0, "origin not known"),
    ],
)
def test_the_clock_is_named(origins: list[str | None], left_out: int, verdict: str) -> None:
    members = people()
    members["origin"] = [origins[i % len(origins)] for i in range(len(members))]
    treatment = members["origin"].isin(["icb_start", "randomisation"])
    members["clock_family"] = members["origin"].mask(treatment, "treatment")
    flow = pd.DataFrame({"step": ["time from icb_start"], "n": [600], "n_left_out": [left_out]})
    assert finding("origin of time", members, flow=flow).verdict == verdict


def test_late_entry_that_goes_with_survival_is_a_warning() -> None:
    members = people(800)
    members["entry_months"] = members["time_months"] * np.random.default_rng(1).uniform(0.0, 0.9, 800)
    found = finding("origin of time", members)
    assert found.is_warning and "Kendall" in found.sentence


def test_cohorts_that_disagree_are_found_and_q_is_the_textbooks() -> None:
    members = pd.concat(
        [
            people(700, 0.35, seed=1),
            people(700, 2.2, seed=2, cohort="b"),
            people(500, 1.0, seed=3, cohort="c"),
        ],
        ignore_index=True,
    )
    found = finding("heterogeneity across cohorts", members, strata=("cohort_id",))
    assert found.verdict == "effects differ"
    each = [estimate_hazard_ratio(rows, estimator="cox") for _, rows in members.groupby("cohort_id")]
    y, w = np.array([r.log_hr for r in each]), np.array([r.se_log_hr**-2.0 for r in each])
    q = float((w * (y - (w @ y) / w.sum()) ** 2).sum())
    assert found.numbers["q_p"] == pytest.approx(stats.chi2.sf(q, 2), rel=1e-9)
    assert found.numbers["n_cohorts"] == 3


def test_cohorts_that_agree_and_a_single_cohort_are_not_called_different() -> None:
    alike = pd.concat([people(500, 0.6, seed=1), people(500, 0.6, seed=2, cohort="b")], ignore_index=True)
    assert finding("heterogeneity across cohorts", alike).verdict == "no difference shown"
    assert finding("heterogeneity across cohorts", people()).verdict == "one cohort"


def test_an_effect_in_the_treated_arm_alone_is_predictive_and_one_in_both_arms_is_prognostic() -> None:
    treated = people(900, 0.4, seed=4)
    untreated = people(900, 1.0, seed=5, cohort="a", is_icb_treated=False)
    found = finding(
        "prognostic or predictive", treated, trials=pd.concat([treated, untreated], ignore_index=True)
    )
    assert found.verdict == "predictive" and "arms of a trial" in found.sentence
    assert found.numbers["interaction_ci_high"] < 1
    many = people(2500, 0.4, seed=4)
    same = people(2500, 0.4, seed=6, cohort="tcga", is_icb_treated=False)
    assert finding("prognostic or predictive", many, control=same).verdict == "prognostic"
    assert finding("prognostic or predictive", treated).verdict == "undetermined"


def test_nobody_mutated_is_a_reason_not_a_crash() -> None:
    members = people()
    members["in_group"] = False
    found = {f.guard: f for f in guard_findings(members)}
    assert found["proportional hazards"].verdict == found["sparse events"].verdict == "cannot be told"
    assert "Nobody among 600 persons is in the group" in found["sparse events"].sentence


def scan_row(**values: Any) -> dict[str, Any]:
    """A gene that 60 of 400 people carry, 200 events; shown without burden."""
    row = dict.fromkeys(SURVIVAL_COLUMNS, math.nan)
    return row | {
        "gene": "GENE", "n": 400, "n_carriers": 60, "events": 200, "adj_reason": "no covariates given",
        "uni_coef": -0.5, "uni_ci_low": -0.9, "uni_ci_high": -0.1,
    } | values  # fmt: skip


SHADOW = scan_row(
    null_z=-1.0, null_mean_z=-1.5, null_percentile=25.1, null_p_lower=0.25, null_p_upper=0.75,
    null_p_two_sided=0.5, null_false_positive_rate=0.36, null_draws=5000.0, burden_coef=math.log(0.87),
    burden_ci_low=math.log(0.61), burden_ci_high=math.log(1.23), burden_lr_p=0.4, matched_percentile=78.0,
    matched_genes=200, matched_p=0.22,
)  # fmt: skip
BEYOND = SHADOW | {
    "null_z": -4.0, "null_p_two_sided": 0.001, "burden_coef": -0.5, "burden_ci_low": -0.8, "burden_ci_high": -0.2,
}  # fmt: skip


def test_burden_is_said_with_percentile_p_and_the_nulls_own_rate() -> None:
    found = finding("mutation burden", people(), scan_row=SHADOW)
    assert found.verdict == "burden not excluded" and found.is_warning
    for words in (
        "5,000 sets",
        "percentile 25.1",
        "two-sided p 0.5",
        "one-sided p 0.25",
        "36%",
        "0.87 (0.61\u20131.23)",
        "Against it: ",
        "To settle it: ",
    ):
        assert words in found.sentence
    assert "200 genes of like coding length" in found.sentence


def test_burden_without_numbers_says_why() -> None:
    row = scan_row(null_reason="no draws", burden_reason="no burden", uni_coef=-0.5)
    found = finding("mutation burden", people(), scan_row=row)
    assert "no draws" in found.sentence and "no burden" in found.sentence
    without = finding("mutation burden", people(), why_no_scan_row="No burden here.")
    assert (without.verdict, without.sentence) == ("cannot be told", "No burden here.")


def test_a_gene_that_stands_out_by_itself_is_nominally_beyond_burden_and_no_warning() -> None:
    found = finding("mutation burden", people(), scan_row=BEYOND)
    assert found.verdict == "nominally beyond burden" and not found.is_warning


def test_the_guard_of_heterogeneity_says_the_numbers_of_the_row_beside_it() -> None:
    """One estimate, one path: with a row it is that row; without one it is made as the table's are."""
    parts = [
        people(500, 0.6, seed=1),
        people(500, 0.6, seed=2, cohort="b"),
        people(40, 0.2, 0.1, 3, cohort="c"),
    ]
    members = pd.concat(parts, ignore_index=True)
    found = finding("heterogeneity across cohorts", members, strata=("cohort_id",))
    scope, contrast = Scope("x", "default", "OS"), Contrast.of_gene("G")
    variant = Variant(description="d", estimators=("cox_univariable",))
    rows = [
        row
        for cohort, own in members.groupby("cohort_id")
        for row in survival_statistics(scope.of_cohort(str(cohort)), RowSets(), own, variant, "os", contrast)
    ]
    table = meta_statistics(scope, "os", rows, contrast)[0]
    assert found.numbers["pooled_hr"] == table.estimate and found.numbers["n_cohorts"] == 3
    assert "Firth's estimate, for few events, of c." in found.sentence
    other = replace(table, estimate=0.123)
    assert "0.12" in finding("heterogeneity across cohorts", members, pooled=other).sentence


def responses(*cells: tuple[int, int, int, int]) -> pd.DataFrame:
    """People of one cohort a table: responders and others in the group, responders and others beside it."""
    rows = [
        (f"c{number}", in_group, answer)
        for number, table in enumerate(cells)
        for (in_group, answer), n in zip(
            ((True, True), (True, False), (False, True), (False, False)), table, strict=True
        )
        for _ in range(n)
    ]  # fmt: skip
    members = pd.DataFrame(rows, columns=["cohort_id", "in_group", "orr"])
    return members.assign(person_id=[f"p{n}" for n in range(len(members))])


def test_of_a_response_it_is_said_how_few_people_a_cell_has_and_whether_cohorts_differ() -> None:
    sparse, overlap, cohorts = response_findings(responses((40, 10, 10, 40), (10, 40, 40, 10)), "orr")
    assert sparse.verdict == "enough events" and overlap.verdict == CANNOT_TELL
    assert sparse.sentence == "50 of 100 in the group and 50 of 100 of the others responded."
    assert cohorts.verdict == "effects differ" and cohorts.is_warning and "Over 2 cohorts" in cohorts.sentence
    sparse, _, cohorts = response_findings(responses((4, 10, 20, 80), (30, 60, 10, 40)), "orr")
    assert sparse.verdict == "enough events" and cohorts.verdict == "no difference shown"
    assert not cohorts.is_warning
    for found in (sparse, overlap, cohorts):
        assert found.verdict in VERDICTS[found.guard]


def test_of_a_response_in_one_cohort_with_a_small_cell_both_are_warnings() -> None:
    people = responses((2, 30, 20, 80))
    unknown = people.head(50).assign(orr=None, in_group=True)
    sparse, _, cohorts = response_findings(pd.concat([people, unknown], ignore_index=True), "orr")
    assert sparse.verdict == "few events" and "2 of 32 in the group" in sparse.sentence, (
        "who is unknown is not counted"
    )
    assert cohorts.verdict == "one cohort" and cohorts.is_warning
    _, _, cohorts = response_findings(responses((2, 30, 20, 80), (0, 0, 5, 9)), "orr")
    assert cohorts.verdict == CANNOT_TELL and "Fewer than two of 2 cohorts" in cohorts.sentence
