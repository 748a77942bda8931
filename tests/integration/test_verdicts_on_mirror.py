"""What is said of STK11, KEAP1, TP53, ALK, IGF1R and PBRM1 in the real cohorts, and what treatment does in the trials.

Expected numbers of the trials were made from the raw files with R's coxph, beside the product; words follow from the
estimates by docs/verdicts.md.
"""

from __future__ import annotations

import re

import pandas as pd
import pytest
from graph_runs import ROOT, Run

from analytics.biomarkers.groups import Contrast
from analytics.meta.pooling import interaction_statistics
from analytics.meta.trials import treatment_statistics
from analytics.questions.asked import asked
from analytics.questions.selection import select_members
from analytics.questions.specs import Variant
from analytics.results.statistic import Scope
from analytics.verdicts import Verdict
from warehouse.frames.patients import analysis_frame
from warehouse.questions.answer import Answer
from warehouse.questions.answering import answer_checked, checked_question

pytestmark = pytest.mark.mirror

MELANOMA_EXOMES = ("snyder_2014", "van_allen_2015", "hugo_2016", "riaz_2017", "liu_2019")
MSK = ("tmb_mskcc_2018",)

_ANSWERED: dict[tuple[str, tuple[str, ...]], Answer] = {}


def answer(run: Run, gene: str, cohorts: tuple[str, ...]) -> Answer:
    """The answer about overall survival, asked once."""
    if (gene, cohorts) not in _ANSWERED:
        with run.connect() as con:
            checked = checked_question(con, asked(gene, cohorts=cohorts))
            _ANSWERED[gene, cohorts] = answer_checked(con, checked)
    return _ANSWERED[gene, cohorts]


def on_burden(run: Run, gene: str, cohorts: tuple[str, ...] = ()) -> Verdict:
    verdict = answer(run, gene, cohorts).comparisons[-1].burden
    assert verdict is not None
    return verdict


def on_prediction(run: Run, gene: str, cohorts: tuple[str, ...] = ()) -> Verdict:
    verdict = answer(run, gene, cohorts).predictive
    assert verdict is not None
    return verdict


@pytest.mark.parametrize(
    ("gene", "cohorts", "words"),
    [
        ("STK11", MSK, "nominally beyond burden, masked by burden"),
        ("TP53", MSK, "nominally beyond burden, masked by burden"),
        ("STK11", (), "nominally beyond burden"),
        ("KEAP1", (), "nominally beyond burden"),
        ("IGF1R", MELANOMA_EXOMES, "nominally beyond burden"),
        ("ALK", (), "compatible with burden alone"),
        ("PBRM1", (), "no association shown"),
    ],
)
def test_the_words_on_burden(real: Run, gene: str, cohorts: tuple[str, ...], words: str) -> None:
    verdict = on_burden(real, gene, cohorts)
    assert verdict.word == words, verdict.sentence


def test_keap1_in_msk_is_told_by_the_draws_and_not_by_the_model_and_the_answer_says_which(real: Run) -> None:
    verdict = on_burden(real, "KEAP1", MSK)
    assert verdict.word == "no association shown"
    assert (
        "do worse than carriers drawn by burden" in verdict.sentence
        and "burden may hide one" in verdict.against
    )


def test_alk_is_never_called_not_shown_to_differ_against_its_numbers(real: Run) -> None:
    """Outside trials below 1, in OAK and POPLAR above and wide: the sentence has both, and the word follows."""
    verdict = on_prediction(real, "ALK")
    assert verdict.word in ("conflicting", "undetermined")
    assert "randomised" in verdict.sentence and "outside a trial" in verdict.sentence.lower()
    assert "not shown to differ" not in verdict.sentence


def test_pbrm1_in_checkmate_025_is_undetermined_by_the_width_of_its_interaction(real: Run) -> None:
    verdict = on_prediction(real, "PBRM1", ("checkmate_025",))
    assert verdict.word == "undetermined"
    assert "The randomised interaction is 0.81 (0.49\u20131.35)" in verdict.sentence


def both_arms(run: Run, gene: str, trials: tuple[str, ...], *, profiled: bool) -> pd.DataFrame:
    with run.connect() as con:
        frame = analysis_frame(con, gene, "OS", trials)
    variant = Variant(description="both arms")
    return select_members(frame, variant, {}, icb_only=False, requires_status=profiled).members


@pytest.mark.parametrize(
    ("trial", "n", "expected"),
    [
        ("oak_2018", 850, (0.729, 0.618, 0.859)),
        ("poplar_2018", 287, (0.675, 0.511, 0.893)),
        ("checkmate_025", 803, (0.750, 0.639, 0.881)),
    ],
)
def test_a_declared_trial_gives_the_effect_of_treatment_among_everybody_randomised(
    real: Run, trial: str, n: int, expected: tuple[float, float, float]
) -> None:
    members = both_arms(real, "PBRM1", (trial,), profiled=False)
    row = treatment_statistics(Scope("x", "default", "OS"), [trial], "os", members)[0]
    assert row.counts.n == n
    assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx(expected, abs=5e-4)


def test_within_the_groups_of_pbrm1_treatment_acts_in_both(real: Run) -> None:
    members = both_arms(real, "PBRM1", ("checkmate_025",), profiled=True)
    rows = interaction_statistics(
        Scope("x", "default", "OS"), ["checkmate_025"], "os", members, Contrast.of_gene("PBRM1")
    )
    by_kind = {row.key: row for row in rows}
    interaction = by_kind["os.arm_x_gene"]
    found = (interaction.estimate, interaction.ci_low, interaction.ci_high)
    assert found == pytest.approx((0.812, 0.489, 1.348), abs=5e-4)
    group, others = by_kind["os.treatment_in_group"], by_kind["os.treatment_in_reference"]
    assert (group.counts.n, others.counts.n) == (118, 264)
    assert group.estimate is not None and others.estimate is not None
    assert group.estimate / others.estimate == pytest.approx(0.812, abs=5e-4)
    assert by_kind["os.arm_x_gene_months"].estimate is not None


def rows_of_the_readme() -> list[list[str]]:
    """Gene, carriers, hazard ratio, word on burden, word on prediction."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^  \| ([A-Z0-9]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE
    )
    return [[cell.strip() for cell in row] for row in rows]


@pytest.mark.parametrize("row", rows_of_the_readme(), ids=lambda row: row[0])
def test_the_readme_has_the_answers_that_are_given_of_all_cohorts(real: Run, row: list[str]) -> None:
    gene, carriers, ratio, on_burden, on_prediction = row
    said = " ".join(real.icb("gene", gene).stdout.split())
    assert f"hazard ratio {ratio}" in said and f"{carriers} of them {gene} mutated" in said, said
    assert (
        "3,031 people" in said and f"Verdict: {on_burden}; predictive or prognostic: {on_prediction}." in said
    )


def test_the_readme_has_the_five_genes() -> None:
    assert [row[0] for row in rows_of_the_readme()] == ["ALK", "IGF1R", "PBRM1", "STK11", "TP53"]


def test_durable_benefit_is_asked_of_every_cohort_that_reports_it_and_of_no_other(real: Run) -> None:
    """Rizvi 2018 (240 people, of 227 the benefit is known) and Jung 2019 report it without any RECIST."""
    with real.connect() as con:
        people = checked_question(con, asked("TP53", endpoint="durable_benefit")).selection.members
    known = people[people["durable_benefit"].notna()].groupby("cohort_id")["person_id"].nunique()
    assert set(people["cohort_id"]) == set(known.index)
    assert {"jung_2019", "nsclc_pd1_msk_2018", "snyder_2014", "roh_2017"} <= set(known.index)
    assert 200 <= known["nsclc_pd1_msk_2018"] <= 227, "those whom no cohort before holds"
