"""A question that the warehouse cannot answer gets one sentence: what, where, and what there is instead."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Icb, command
from graph_runs import Run

ONE_COHORT = ("gene", "ALK", "--cohort", "demo_msk_2018")


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], demo: Run) -> Iterator[Icb]:
    """``icb`` on the demo; afterwards the published file is what it was."""
    before = hashlib.sha256(demo.published.read_bytes()).hexdigest()
    yield command(monkeypatch, capfd, demo.settings)
    assert hashlib.sha256(demo.published.read_bytes()).hexdigest() == before


# --- icb ask and icb gene -----------------------------------------------------------------------------------------


def test_an_unknown_gene_is_answered_with_near_ones(icb: Icb) -> None:
    for words in (("gene", "IGFR1"), ("ask", "IGFR1"), ("ask", "STK11 & IGFR1")):
        said = icb(*words)
        assert "IGF1R" in said.is_one_sentence("There is no gene 'IGFR1'")
        assert said.out == ""


def test_an_unknown_cohort_is_answered_with_the_known_ones(icb: Icb) -> None:
    icb("gene", "ALK", "--cohort", "demo_msk_2019").is_one_sentence(
        "cohort 'demo_msk_2019' is not in the warehouse",
        "marts.cohorts",
        "is it demo_msk_2018",
        "demo_trial_alpha",
    )


def test_a_gene_on_no_panel_of_the_cohorts(icb: Icb) -> None:
    icb("gene", "TTN", "--cohort", "demo_msk_2018").is_one_sentence(
        "demo_msk_2018: nobody was profiled for TTN", "on no panel", "ask of other cohorts"
    )


def test_nobody_mutated(icb: Icb, demo: Run) -> None:
    gene = demo.value(
        "select p.hugo_symbol from marts.gene_panels as p where p.panel_id = 'WES' and p.hugo_symbol not in "
        "(select hugo_symbol from marts.mutations where cohort_id = 'demo_melanoma_a' and is_nonsynonymous) "
        "order by 1 limit 1"
    )
    # 90 exomes, of which one has no call of any class and is undetermined
    icb("gene", gene, "--cohort", "demo_melanoma_a").is_one_sentence(
        f"nobody is {gene} mutated among 90 profiled people", f"90 are {gene} wild-type", "demo_melanoma_a"
    )


def test_nobody_with_the_endpoint(icb: Icb) -> None:
    icb("gene", "ALK", "--cohort", "demo_luad_2015", "--endpoint", "OS").is_one_sentence(
        "nobody in demo_luad_2015 has endpoint 'OS'", "there is PFS"
    )


def test_an_endpoint_of_cohorts_without_checkpoint_blockade_alone(icb: Icb) -> None:
    icb("gene", "ALK", "--endpoint", "DSS").is_one_sentence(
        "no cohort under checkpoint blockade has endpoint 'DSS'",
        "there are OS, PFS; an analysis of the catalogue with icb_only: false can ask demo_control_2018 for it",
    )


def test_an_endpoint_that_does_not_exist(icb: Icb) -> None:
    icb(*ONE_COHORT, "--endpoint", "OSS").is_one_sentence(
        "endpoint 'OSS'", "there are DFI, DSS, OS, PFI, PFS", "orr, dcr, durable_benefit"
    )


def test_people_that_nobody_is(icb: Icb) -> None:
    icb(*ONE_COHORT, "--cancer-type", "Glioma").is_one_sentence("'Glioma'", "there are Bladder Cancer")
    icb("ask", "ALK", "--where", "cancer_typ=Melanoma").is_one_sentence("'cancer_typ'", "is it cancer_type")
    icb("ask", "ALK", "--where", "Melanoma").is_one_sentence("column=value")


def test_nobody_was_given_a_checkpoint_inhibitor(icb: Icb) -> None:
    icb("gene", "ALK", "--cohort", "demo_control_2018").is_one_sentence(
        "demo_control_2018: nobody got a checkpoint inhibitor"
    )


def test_an_adjustment_that_is_no_covariate(icb: Icb) -> None:
    icb(*ONE_COHORT, "--adjust", "sex,shoe_size").is_one_sentence(
        "'shoe_size' is not a covariate", "drug_class"
    )


def test_an_adjustment_column_that_is_absent(icb: Icb) -> None:
    icb(*ONE_COHORT, "--adjust", "stage").is_one_sentence(
        "'stage' is not known for any of the", "leave it out"
    )


def test_an_adjustment_column_that_is_constant(icb: Icb) -> None:
    icb(*ONE_COHORT, "--cancer-type", "Melanoma", "--adjust", "cancer_type").is_one_sentence(
        "'cancer_type' is 'Melanoma' for all of the", "cannot be adjusted for", "leave it out"
    )


@pytest.mark.parametrize(
    ("question", "covariate"),
    [
        ("ALK", "alk_mutated"),
        ("SEX = Female", "sex"),
        ("STK11 x KRAS", "KRAS_mutated"),
    ],
)
def test_an_adjustment_that_says_by_itself_who_is_in_the_group(
    icb: Icb, question: str, covariate: str
) -> None:
    icb("ask", question, "--adjust", covariate).is_one_sentence("alone says who is", "leave it out")


def test_what_is_made_of_an_answer_is_made_one_at_a_time_and_nothing_asked_for_is_left_out_in_silence(
    icb: Icb, tmp_path: Path
) -> None:
    icb("ask", "ALK", "--save", "alk", "--export", str(tmp_path)).is_one_sentence(
        "--save and --export", "one at a time"
    )
    icb("ask", "ALK", "--output", str(tmp_path / "alk.html")).is_one_sentence("--output", "add --report")
    (tmp_path / "taken").write_text("", encoding="utf-8")
    icb("ask", "ALK; cohort demo_msk_2018", "--export", str(tmp_path / "taken")).is_one_sentence(
        "it is a file", "name a folder"
    )


def test_an_earlier_symbol_is_noted_in_the_answer(icb: Icb) -> None:
    said = icb("ask", "LKB1", "--cohort", "demo_msk_2018", "--format", "json")
    assert "LKB1 is STK11 today." in json.loads(said.out)["notes"]


def test_a_number_and_a_response_are_refused_rather_than_answered_with_survival(icb: Icb) -> None:
    icb("ask", "TMB per doubling", "--endpoint", "orr").is_one_sentence(
        "compared between groups", "give it a cut"
    )


def test_an_adjustment_for_an_unknown_gene(icb: Icb) -> None:
    icb(*ONE_COHORT, "--adjust", "NOPE1_mutated").is_one_sentence("--adjust: gene 'NOPE1'")


def test_a_cut_that_leaves_a_group_empty_says_from_where_to_where_the_number_goes(icb: Icb) -> None:
    said = icb("ask", "TMB >= 900").is_one_sentence("nobody is TMB ≥ 900", "another cut")
    assert re.search(r"TMB from \d[\d.]* to \d[\d.]*;", said), said


def test_an_interaction_without_one_of_its_four_groups_says_which_there_are(icb: Icb) -> None:
    said = icb("ask", "STK11", "--interaction", "KRAS", "--cohort", "demo_melanoma_a").is_one_sentence(
        "nobody is KRAS only", "an interaction needs all four groups"
    )
    assert re.search(r"\d+ are neither, \d+ are STK11 only;", said), said


def test_a_cut_on_expression_over_unlike_units_is_refused(icb: Icb) -> None:
    icb("ask", "expr(CD274) >= 3").is_one_sentence(
        "unlike units", "demo_melanoma_b", "counts per million", "above median"
    )


def test_a_set_that_is_not_measured_says_how_much_of_it_is(icb: Icb, demo: Run) -> None:
    said = icb("ask", "any(set:ddr_hr)", "--cohort", "demo_msk_2018").is_one_sentence("demo_msk_2018")
    assert "looked at" in said and "panel" in said, said


def test_a_biomarker_that_is_no_text_of_one_points_at_the_place(icb: Icb) -> None:
    said = icb("ask", "STK11:trunkating & KRAS")
    assert said.code == 1 and "is it truncating?" in said.err and "^" in said.err


def test_words_that_are_no_part_of_a_question(icb: Icb) -> None:
    icb("ask", "ALK; on OS").is_one_sentence("'on OS' is no part of a question", "endpoint, cohort, where")
    icb("ask", "ALK; endpoint OS", "--endpoint", "PFS").is_one_sentence("stands twice")
    icb("ask", "ALK", "--cut", "searched").is_one_sentence("looks for the cut of a number")
    icb("gene", "STK11 & KRAS").is_one_sentence("is more than a gene", 'icb ask "STK11 & KRAS"')


# --- icb sql ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("selec 1", "syntax error"),
        ("select * from marts.patient", "patient"),
        ("select os_month from marts.survival_outcomes", "os_month"),
        ("select * from marts.gene_status()", "gene_status"),
        ("select cast('a' as int)", "Conversion Error"),
        ("", "it is empty"),
        ("; -- nothing", "it is empty"),
    ],
)
def test_sql_that_fails(icb: Icb, query: str, part: str) -> None:
    icb("sql", query).is_one_sentence("the query", part, "show all tables")


@pytest.mark.parametrize(
    "query",
    [
        "delete from marts.patients",
        "create table marts.mine as select 1",
        "drop table stats.survival_stats",
        "update marts.cohorts set title = 'mine'",
        "insert into marts.cohorts select * from marts.cohorts",
    ],
)
def test_writing_through_sql_is_refused(icb: Icb, query: str) -> None:
    icb("sql", query).is_one_sentence("the query", "read-only", "can only be read")


# --- the other commands -------------------------------------------------------------------------------------------


def test_an_unknown_statistic_is_answered_with_near_ones(icb: Icb) -> None:
    sentence = icb("lineage", "demo_alk/default/os.cox_univariat").is_one_sentence(
        "no statistic is named 'demo_alk/default/os.cox_univariat'", "stats.every_stat"
    )
    assert "did you mean" in sentence and "demo_alk/default/os.cox_univariable" in sentence


def test_a_claim_that_nobody_made(icb: Icb) -> None:
    icb("claims", "--row", "Z9").is_one_sentence("no claim answers to that", "papers: alk_pan_cancer")
    icb("claims", "--verdict", "proven").is_one_sentence("verdicts:", "not yet computed")


def test_a_cohort_file_that_does_not_exist(icb: Icb, demo: Run) -> None:
    icb("cohort", "check", "nope_2020").is_one_sentence("nope_2020.yaml does not exist")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("gene",), "icb gene: Missing argument 'symbol'; see 'icb gene --help'"),
        (("gene", "ALK", "--bogus"), "No such option: --bogus"),
        (("gene", "ALK", "--format", "xml"), "'xml' is not one of 'table', 'csv', 'json'"),
        (("jean", "ALK"), "No such command 'jean'"),
        (("cohort", "ad"), "icb cohort: No such command 'ad'"),
        (("sql", "select 1", "more"), "unexpected extra argument"),
        (("lineage",), "Missing argument"),
    ],
)
def test_a_command_line_that_cannot_be_understood(icb: Icb, arguments: tuple[str, ...], part: str) -> None:
    icb(*arguments).is_one_sentence(part, "--help'", code=2)


def test_a_bare_command_shows_its_help(icb: Icb) -> None:
    for arguments in ((), ("cohort",)):
        said = icb(*arguments)
        assert said.code == 2 and "Usage: icb" in said.out and said.err.strip() == ""
