"""``icb ask`` on the demo: the answer first, the same numbers as the registered analyses, everything in every format,
and nothing broken on a terminal of any width."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from command_line import Icb, command
from graph_runs import ROOT, Run
from waiting import CI_LIMIT_S

from analytics.questions.asked import read_question
from interfaces.cli.ask_layout import answer_lines, prose
from warehouse.catalog.analyses import load_analysis
from warehouse.questions.answering import answer_checked, checked_question
from warehouse.settings import Settings

ESTIMATE_KEYS = [
    "name", "cohort_id", "in_pool", "estimator", "scale", "n", "n_in_group", "events", "events_in_group",
    "median_in_group_months", "median_in_reference_months", "estimate", "ci_low", "ci_high", "p", "p_method",
    "adjusted_for", "strata", "warnings",
]  # fmt: skip
WIDTHS = (80, 120, 200)


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], demo: Run) -> Icb:
    return command(monkeypatch, capfd, demo.settings)


def as_json(icb: Icb, *arguments: str) -> Any:
    said = icb(*arguments, "--format", "json")
    assert said.code == 0, said.err
    return json.loads(said.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


# --- what an answer holds


def test_an_answer_has_the_agreed_shape(icb: Icb) -> None:
    answer = as_json(
        icb, "ask", "ALK", "--cohort", "demo_msk_2018", "--where", "cancer_type=melanoma", "--adjust",
        "sex,drug_class",
    )  # fmt: skip
    assert list(answer) == [
        "question", "asked", "biomarker", "headline", "comparisons", "interaction", "predictive", "trials",
        "without_icb", "guards", "cut", "flow", "notes", "family", "lineage",
    ]  # fmt: skip
    assert answer["question"] == (
        "ALK; endpoint OS; cohort demo_msk_2018; where cancer_type=Melanoma; adjust drug_class,sex"
    )
    assert list(answer["headline"]) == ["sentence", "verdict", "against", "would_settle"]
    (found,) = answer["comparisons"]
    assert (found["group"], found["reference"]) == ("ALK mutated", "ALK wild-type")
    rows = [*found["cohorts"], found["pooled"], *found["beside"]]
    assert all(list(row) == ESTIMATE_KEYS for row in rows)
    assert [row["cohort_id"] for row in found["cohorts"]] == ["demo_msk_2018"]
    adjusted = next(
        row for row in found["beside"] if row["name"].endswith("_adjusted") and "burden" not in row["name"]
    )
    assert adjusted["adjusted_for"] == ["drug_class", "sex"]
    for row in rows:
        is_whole = None not in (row["estimate"], row["ci_low"], row["ci_high"])  # an E-value has one end
        assert not is_whole or row["ci_low"] < row["estimate"] < row["ci_high"]
    assert [step["n"] for step in answer["flow"]] == sorted((s["n"] for s in answer["flow"]), reverse=True)
    assert found["pooled"]["n"] == answer["flow"][-1]["n"]
    assert answer["lineage"]["run_id"] and {f["role"] for f in answer["lineage"]["files"]} == {
        "endpoint",
        "calls",
    }


def test_the_headline_has_effect_people_events_cohorts_verdict_and_what_speaks_against(icb: Icb) -> None:
    lines = icb("ask", "IGF1R").out.splitlines()
    answer = as_json(icb, "ask", "IGF1R")
    pooled = answer["comparisons"][0]["pooled"]
    said = " ".join(" ".join(lines).split())
    ratio = f"{pooled['estimate']:.2f} ({pooled['ci_low']:.2f}\u2013{pooled['ci_high']:.2f})"
    assert said.startswith(f"IGF1R mutated against IGF1R wild-type, OS: hazard ratio {ratio}")
    assert re.search(rf"{pooled['n']:,} people, {pooled['n_in_group']} of them IGF1R mutated", said)
    assert re.search(rf"{pooled['events']} events \({pooled['events_in_group']}\), 8 cohorts\.", said)
    assert any(line.startswith("Verdict: ") for line in lines[:4])
    assert any(line.startswith("Against: ") for line in lines[:5])
    order = [
        said.index(part)
        for part in ("Verdict:", "Against:", "pooled", "Whether to believe it", "To know more")
    ]
    assert order == sorted(order)


def test_every_icb_cohort_with_the_endpoint_has_one_row_and_those_of_one_family_are_pooled(
    icb: Icb, demo: Run
) -> None:
    answer = as_json(icb, "ask", "IGF1R")
    asked = demo.query(
        "select distinct o.cohort_id from marts.survival_outcomes as o "
        "inner join marts.cohorts as c on o.cohort_id = c.cohort_id "
        "where c.is_icb and o.endpoint = 'OS'"
    )["cohort_id"]
    (found,) = answer["comparisons"]
    # the calls of demo_positions_2017 name no genes: nobody there has a known status
    assert sorted(row["cohort_id"] for row in found["cohorts"]) == sorted(
        set(asked) - {"demo_positions_2017"}
    )
    assert found["pooled"]["strata"] == ["cohort_id", "cancer_type"]
    assert found["pooled"]["ci_low"] < 0.45 < found["pooled"]["ci_high"], "the planted hazard ratio"
    assert "time from icb_start or randomisation" in [step["step"] for step in answer["flow"]]


def test_asking_and_registering_the_same_question_give_the_same_numbers(icb: Icb, demo: Run) -> None:
    (found,) = as_json(icb, "ask", "IGF1R", "--all")["comparisons"]
    told = {(e["cohort_id"], e["name"]): e for e in [found["pooled"], *found["beside"]]}
    stats = demo.query(
        "select coalesce(cohort_id, 'pooled') as cohort_id, estimate_key, estimate, ci_low, ci_high, n, events, p "
        "from stats.survival_stats where analysis_id = 'demo_igf1r' and variant = 'default' and cohort_id is null "
        "and estimate_key in ('os.cox_univariable', 'os.log_rank', 'os.cox_burden_adjusted')"
    )
    assert len(stats) == 3
    for row in stats.itertuples():
        own = told[(row.cohort_id, row.estimate_key)]
        assert (own["n"], own["events"]) == (row.n, row.events), row
        assert own["p"] == pytest.approx(row.p, rel=1e-9), row
        if row.estimate == row.estimate and row.estimate is not None:
            assert own["estimate"] == pytest.approx(row.estimate, rel=1e-9), row


def test_two_ways_to_ask_are_one_question(icb: Icb) -> None:
    one = as_json(icb, "ask", "KRAS:gly12cys and STK11", "--endpoint", "os", "--cohort", "demo_msk_2018")
    other = as_json(icb, "ask", one["question"])
    one.pop("family"), other.pop("family")
    assert one == other
    assert as_json(icb, "gene", "PARK2", "--cohort", "demo_msk_2018")["question"].startswith(
        "PRKN; endpoint OS"
    )


def test_a_cohort_asked_twice_counts_once_and_one_without_the_endpoint_is_named(icb: Icb) -> None:
    once = as_json(icb, "gene", "ALK", "--cohort", "demo_msk_2018")
    assert (
        as_json(icb, "gene", "ALK", "--cohort", "demo_msk_2018,demo_msk_2018")["question"] == once["question"]
    )
    with_other = as_json(icb, "gene", "ALK", "--cohort", "demo_msk_2018", "--cohort", "demo_luad_2015")
    assert "Nobody in demo_luad_2015 has endpoint OS." in with_other["notes"]
    assert with_other["comparisons"][0]["pooled"] == once["comparisons"][0]["pooled"]


def test_a_family_counts_every_question_once(
    icb: Icb, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    registry = tmp_path / "hypotheses.jsonl"  # a run that is kept between sessions has been asked before
    monkeypatch.setattr("warehouse.questions.registry.registry_file", lambda _: registry)
    first = as_json(icb, "ask", "ATM", "--cohort", "demo_msk_2018")["family"]
    again = as_json(icb, "ask", "ATM", "--cohort", "demo_msk_2018")["family"]
    other = as_json(icb, "ask", "ATM x KRAS", "--cohort", "demo_msk_2018", "--endpoint", "OS")["family"]
    assert again["questions"] == first["questions"] == 1
    assert other["questions"] == first["questions"] + 1
    assert other["hypotheses"] == first["hypotheses"] + 4, (
        "three groups against the reference and an interaction"
    )
    rows = [json.loads(line) for line in registry.read_text(encoding="utf-8").splitlines()]
    assert {row["question"]["definition"] for row in rows} == {"ATM", "ATM x KRAS"}
    assert {row["kind"] for row in rows} == {"question"}


# --- the kinds of questions


def test_two_biomarkers_have_joint_groups_and_their_interaction(icb: Icb) -> None:
    answer = as_json(icb, "ask", "STK11", "--interaction", "KRAS")
    assert [found["group"] for found in answer["comparisons"]] == ["STK11 only", "KRAS only", "both"]
    assert {found["reference"] for found in answer["comparisons"]} == {"neither"}
    product = answer["interaction"]
    assert (
        product["scale"] == "ratio of hazard ratios"
        and product["ci_low"] < product["estimate"] < product["ci_high"]
    )
    assert "interaction ratio of hazard ratios" in answer["headline"]["sentence"]


def test_a_response_is_an_odds_ratio_by_cohort_and_over_cohorts(icb: Icb, demo: Run) -> None:
    answer = as_json(icb, "ask", "IGF1R", "--endpoint", "ORR")
    (found,) = answer["comparisons"]
    assert answer["asked"]["endpoint"] == "orr" and found["pooled"]["estimator"] == "mantel_haenszel"
    one = next(row for row in found["cohorts"] if row["cohort_id"] == "demo_msk_2018")
    known = demo.query(
        "select count(*) as n, count(*) filter (where s.status = 'mutated') as carriers, "
        "count(*) filter (where f.is_objective_response) as responders from marts.analysis_frame as f "
        "inner join marts.gene_status('IGF1R') as s on f.cohort_id = s.cohort_id and f.sample_id = s.sample_id "
        "where f.cohort_id = 'demo_msk_2018' and f.endpoint = 'OS' and f.is_icb_treated "
        "and f.is_objective_response is not null and s.status in ('mutated', 'wild_type')"
    ).iloc[0]
    assert (one["n"], one["n_in_group"], one["events"]) == tuple(known)


def test_rows_of_a_response_are_of_people_whose_response_is_known_and_add_up_to_the_pool(icb: Icb) -> None:
    answer = as_json(icb, "ask", "KRAS x STK11", "--endpoint", "orr")
    for found in answer["comparisons"]:
        for name in ("n", "n_in_group", "events", "events_in_group"):
            assert sum(row[name] for row in found["cohorts"]) == found["pooled"][name]
        said = " ".join(sentence for row in found["cohorts"] for sentence in row["warnings"])
        assert "in_group" not in said and "chi-square" not in said


def test_what_is_seen_after_treatment_began_is_no_predictor_and_that_is_said_first(icb: Icb) -> None:
    for text, said in (
        ("OBJECTIVE_RESPONSE = yes", "count from a landmark"),
        ("OBJECTIVE_RESPONSE = yes; landmark 3", "taken as known at the landmark"),
    ):
        answer = as_json(icb, "ask", text)
        assert (
            answer["predictive"] is None
            and answer["trials"] == []
            and "predictive" not in answer["headline"]["verdict"]
        )
        assert said in answer["headline"]["against"]


def test_a_number_is_asked_by_the_step_and_a_searched_cut_pays_for_the_search(icb: Icb) -> None:
    by_step = as_json(icb, "ask", "TMB per doubling")
    (found,) = by_step["comparisons"]
    assert found["reference"] is None and found["pooled"]["n_in_group"] is None
    cut = as_json(icb, "ask", "TMB per doubling", "--cut", "searched", "--cohort", "demo_msk_2018")
    assert cut["question"].endswith("; cut searched")
    assert cut["cut"]["p_paid"] >= cut["cut"]["p_naive"]
    assert cut["comparisons"][0]["group"].startswith("TMB above ")


def test_a_cut_of_doublings_is_told_in_mutations_per_mb_and_is_that_of_the_rates(icb: Icb) -> None:
    of = [
        as_json(icb, "ask", text, "--cut", "searched", "--cohort", "demo_msk_2018")
        for text in ("TMB per doubling", "TMB")
    ]
    doublings, rates = (answer["cut"] for answer in of)
    assert doublings["unit"] == rates["unit"] == "mutations per Mb"
    assert doublings["threshold"] == pytest.approx(
        rates["threshold"], rel=0.1
    )  # the middle of a gap on two scales
    assert of[0]["comparisons"][0]["pooled"]["estimate"] == of[1]["comparisons"][0]["pooled"]["estimate"]


def test_a_searched_cut_that_does_not_pay_is_no_effect_in_headline_verdict_and_reason(icb: Icb) -> None:
    text = "expr(CD274) per sd; cut searched"
    answer = as_json(icb, "ask", text)
    paid, headline = answer["cut"]["p_paid"], answer["headline"]
    assert f"p = {paid:.2f} pays for the search of the cut" in headline["sentence"]
    assert paid > 0.05 and headline["verdict"] == "no association shown"
    assert headline["against"].startswith("Of numbers that have nothing to do with outcome")


def test_everybody_without_a_covariate_is_a_step_and_the_headline_counts_the_cohorts_that_are_left(
    icb: Icb, demo: Run
) -> None:
    answer = as_json(icb, "ask", "TP53; adjust sex,smoking_history")
    (found,) = answer["comparisons"]
    (adjusted,) = [row for row in found["beside"] if row["name"] == "os.cox_adjusted"]
    before, last = answer["flow"][-2:]
    assert (before["n"], last["n"]) == (found["pooled"]["n"], adjusted["n"])
    assert "smoking_history not known" in last["reason"] and "sex not known" in last["reason"]
    cohorts = demo.query(
        "select distinct f.cohort_id from marts.analysis_frame as f "
        "inner join marts.gene_status('TP53') as s on f.cohort_id = s.cohort_id and f.sample_id = s.sample_id "
        "where f.endpoint = 'OS' and f.is_icb_cohort and f.is_icb_treated and f.time_months is not null "
        "and f.is_event is not null and s.status in ('mutated', 'wild_type') and f.clock_family = 'treatment' "
        "and f.sex is not null and f.smoking_history is not null"
    )
    in_pool = sum(row["in_pool"] for row in found["cohorts"])
    assert f" {len(cohorts)} of {in_pool} cohorts" in answer["headline"]["sentence"]


def test_without_burden_is_without_burden_even_where_the_question_adjusts_for_it(icb: Icb) -> None:
    plain, adjusted = (as_json(icb, "ask", text) for text in ("TP53", "TP53; adjust burden"))
    crude = [
        re.search(r"without burden it is ([\d.]+)", one["comparisons"][0]["burden"]["sentence"])
        for one in (plain, adjusted)
    ]
    assert crude[0] and crude[1] and crude[0].group(1) == crude[1].group(1)


@pytest.mark.parametrize("text", ["SEX = Male", "SEX = Male; endpoint orr", "AGE_YEARS per 10"])
def test_what_burden_changes_and_the_effects_with_and_without_it_are_of_the_same_people(
    icb: Icb, text: str
) -> None:
    answer = as_json(icb, "ask", text)
    (found,) = answer["comparisons"]
    sentence = found["burden"]["sentence"]
    known = re.search(r"Burden is known of ([\d,]+) of the ([\d,]+) people", sentence)
    assert known, sentence
    n_known, n = (int(part.replace(",", "")) for part in known.groups())
    assert n_known < n == found["pooled"]["n"]


def test_a_covariate_gene_has_one_name_whichever_way_it_is_written(icb: Icb) -> None:
    texts = {
        as_json(icb, "ask", f"TP53; adjust {name}")["question"] for name in ("STK11_mutated", "stk11_mutated")
    }
    assert texts == {"TP53; endpoint OS; adjust STK11_mutated"}


def test_another_gene_is_adjusted_for_beside_burden_as_without_it(icb: Icb) -> None:
    """Without burden the scan of one hypothesis gives what the Cox model of the answer gives, the gene in both."""
    answers = [
        as_json(icb, "ask", f"TP53; adjust {names}")
        for names in ("KRAS_mutated", "KRAS_mutated,burden", "burden")
    ]
    (adjusted,) = [row for row in answers[0]["comparisons"][0]["beside"] if row["name"] == "os.cox_adjusted"]
    crude = [
        re.search(r"without burden it is ([\d.]+)", one["comparisons"][0]["burden"]["sentence"])
        for one in answers[1:]
    ]
    assert crude[0] and crude[1] and crude[0].group(1) == f"{adjusted['estimate']:.2f}" != crude[1].group(1)


def test_with_every_estimator_no_two_rows_of_the_table_have_one_name(icb: Icb) -> None:
    said = icb("ask", "IGF1R", "--all")
    rows = said.out.split("\ncohort ")[1].splitlines()[1:]
    names = [re.split(r"\s{2,}", line)[0] for line in takewhile(lambda line: re.match(r"\w", line), rows)]
    assert len(names) > 40 and len(names) == len(set(names)), names
    assert any(name.startswith("random effects without demo_") for name in names)


def test_burden_itself_is_not_held_against_burden(icb: Icb) -> None:
    answer = as_json(icb, "ask", "TMB >= 10")
    assert answer["comparisons"][0]["burden"] is None and answer["comparisons"][0]["power"] is not None
    assert any("is mutation burden itself" in note for note in answer["notes"])
    assert "burden" not in answer["headline"]["verdict"]


def test_where_cohorts_disagree_that_is_the_strongest_reason_against(demo: Run) -> None:
    with demo.connect() as con:
        answer = answer_checked(con, checked_question(con, read_question("IGF1R")), draws=200)
    (guard,) = [one for one in answer.guards if one.guard == "heterogeneity across cohorts"]
    numbers = {"pooled_hr": 0.9, "pooled_ci_low": 0.5, "pooled_ci_high": 1.6, "q_p": 0.001}
    disagree = replace(guard, verdict="effects differ", is_warning=True, numbers=numbers)
    assert replace(answer, guards=(disagree,)).against == (
        "The effects differ between cohorts (Cochran's Q, p = 0.0010), and the interval of their average, "
        "0.90 (0.50\u20131.60) by random effects, includes 1."
    )
    agree = replace(disagree, numbers=numbers | {"pooled_ci_high": 0.95})
    assert replace(answer, guards=(agree,)).against == answer.leading.burden.against


def test_the_flow_of_a_response_ends_with_those_whose_response_is_known(icb: Icb) -> None:
    answer = as_json(icb, "ask", "IGF1R", "--endpoint", "orr")
    assert answer["flow"][-1]["step"] == "response known"
    assert answer["flow"][-1]["n"] == answer["comparisons"][0]["pooled"]["n"]


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    sentence = "at 80 % power these people could have shown 1.30 or more (p = 0.079), p < 0.0001 or p 0.42"
    for width in range(20, 60):
        for line in prose(sentence, width):
            assert not line.endswith((" p", " p =", " p <", "(p", "(p =", "80")), (width, line)


def test_all_formats_carry_all_of_an_answer(icb: Icb) -> None:
    answer = as_json(icb, "ask", "STK11", "--interaction", "KRAS")
    rows = list(csv.DictReader(io.StringIO(icb("ask", "STK11 x KRAS", "--format", "csv").out)))
    parts = [row["part"] for row in rows]
    assert parts[0] == "headline" and rows[0]["words"] == answer["question"]
    assert {
        "headline",
        "cohort",
        "pooled",
        "beside",
        "power",
        "verdict",
        "interaction",
        "guard",
        "flow",
        "file",
    } <= set(parts)
    n_cohorts = sum(len(found["cohorts"]) for found in answer["comparisons"])
    assert parts.count("cohort") == n_cohorts and parts.count("guard") == len(answer["guards"])
    pooled = [float(row["estimate"]) for row in rows if row["part"] == "pooled"]
    assert pooled == pytest.approx(
        [found["pooled"]["estimate"] for found in answer["comparisons"]], rel=1e-12
    )


# --- a terminal

_ON_A_TERMINAL = """
import fcntl, struct, sys, termios
from interfaces.cli.main import main
for width in (80, 120, 200):
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    print(f"=== {width}", flush=True)
    sys.argv = ["icb", *sys.argv[1:]] if width == 80 else sys.argv
    try:
        main()
    except SystemExit as left:
        assert not left.code, left.code
"""


@pytest.fixture(scope="module")
def screens(demo: Run) -> dict[int, list[str]]:
    """Lines of one answer on a real pseudo-terminal of each width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    environment = {k: v for k, v in demo.environment.items() if k not in ("COLUMNS", "LINES")} | {
        "TERM": "xterm"
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _ON_A_TERMINAL, "ask", "IGF1R; adjust age_group,sex"],
        env=environment, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    received = bytearray()
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        received += part
    assert process.wait(timeout=CI_LIMIT_S) == 0, received.decode()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", received.decode()).replace("\r\n", "\n")
    found: dict[int, list[str]] = {}
    for part_of in text.split("=== ")[1:]:
        width, _, body = part_of.partition("\n")
        found[int(width)] = body.splitlines()
    return found


def test_no_line_is_wider_than_the_terminal(screens: dict[int, list[str]]) -> None:
    assert sorted(screens) == list(WIDTHS)
    for width, lines in screens.items():
        assert len(lines) > 20 and max(map(len, lines)) <= width, width


def test_no_word_is_broken_at_any_width(screens: dict[int, list[str]]) -> None:
    words = {width: set(" ".join(lines).split()) for width, lines in screens.items()}
    for width in (80, 120):
        assert words[width] - words[200] == set(), width


def test_each_cohort_is_one_line_at_any_width(screens: dict[int, list[str]]) -> None:
    for width, lines in screens.items():
        for cohort in ("demo_msk_2018", "demo_trial_alpha", "pooled", "adjusted"):
            (line,) = [one for one in lines if one.startswith(f"{cohort} ")]
            assert re.search(r"\d+/[\d,]+ .* \d\.\d+ \(\d\.\d+\u2013\d\.\d+\) ", line), (width, line)
    assert "strata" in " ".join(screens[200]) and "strata" not in " ".join(screens[80])


def test_a_terminal_too_narrow_for_a_table_gets_a_line_a_value(demo: Run) -> None:
    with demo.connect() as con:
        checked = checked_question(con, read_question("IGF1R; cohort demo_msk_2018"))
        answer = answer_checked(con, checked, draws=200)
    lines = answer_lines(answer, 30)
    assert max(map(len, lines)) <= 30
    shown = " ".join(" ".join(lines).split())
    assert re.search(r"HR \(95 % CI\): 0\.\d+ \(0\.\d+\u2013", shown), shown


def test_a_landmark_counts_who_is_followed_beyond_it_from_there_on(icb: Icb, demo: Run) -> None:
    answer = as_json(icb, "ask", "IGF1R", "--cohort", "demo_msk_2018", "--landmark", "6")
    assert answer["question"] == "IGF1R; endpoint OS; cohort demo_msk_2018; landmark 6"
    alive = demo.value(
        "select count(*) from marts.analysis_frame as f "
        "inner join marts.gene_status('IGF1R') as s on f.cohort_id = s.cohort_id and f.sample_id = s.sample_id "
        "where f.cohort_id = 'demo_msk_2018' and endpoint = 'OS' and time_months > 6 and is_event is not null "
        "and is_icb_treated and s.status in ('mutated', 'wild_type')"
    )
    (found,) = answer["comparisons"]
    assert found["pooled"]["n"] == alive
    icb("ask", "IGF1R", "--endpoint", "orr", "--landmark", "3").is_one_sentence("A landmark is for survival")


# --- files


def test_an_export_holds_the_people_from_whom_another_program_finds_the_same_ratio(
    icb: Icb, tmp_path: Path
) -> None:
    from lifelines import CoxPHFitter

    said = icb("ask", "IGF1R", "--adjust", "sex", "--export", str(tmp_path))
    assert said.code == 0, said.err
    names = {"answer.json", "people.csv", "code_book.csv", "curves.csv", "reproduce.R", "table.csv"}
    assert {Path(line).name for line in said.out.splitlines()} == names
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    people = pd.read_csv(tmp_path / "people.csv")
    assert list(pd.read_csv(tmp_path / "code_book.csv")["column"]) == list(people.columns)
    assert people["person_id"].is_unique and people["source_row"].notna().all()
    pool = people[(people["in_pool"] == 1) & people["in_group"].notna()]
    columns = ["time_months", "event", "in_group", "cohort_id", "cancer_type"]
    # a tie at 0 months is no event for lifelines; nobody of the demo has one
    fitted = CoxPHFitter().fit(
        pool[columns].dropna(), "time_months", "event", strata=["cohort_id", "cancer_type"]
    )
    pooled = answer["comparisons"][0]["pooled"]
    assert fitted.hazard_ratios_["in_group"] == pytest.approx(pooled["estimate"], rel=1e-5)
    script = (tmp_path / "reproduce.R").read_text(encoding="utf-8")
    assert answer["question"] in script and "@" not in re.sub(r"@synthetic", "", script)


def test_an_export_of_a_question_adjusted_for_burden_holds_the_burden_of_the_model(
    icb: Icb, tmp_path: Path
) -> None:
    from lifelines import CoxPHFitter

    said = icb("ask", "TP53 x KRAS", "--adjust", "burden", "--export", str(tmp_path))
    assert said.code == 0, said.err
    people = pd.read_csv(tmp_path / "people.csv")
    columns = ["time_months", "event", "in_group", "burden", "cohort_id", "cancer_type"]
    pool = people.loc[(people["in_pool"] == 1) & people["in_group"].notna(), columns].dropna()
    fitted = CoxPHFitter().fit(pool, "time_months", "event", strata=["cohort_id", "cancer_type"])
    beside = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))["comparisons"][-1]["beside"]
    (adjusted,) = [row for row in beside if row["name"] == "os.cox_adjusted.both"]
    assert fitted.hazard_ratios_["in_group"] == pytest.approx(adjusted["estimate"], rel=1e-5)


def test_a_saved_question_is_an_analysis_of_the_catalogue(
    demo: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings: Settings = replace(demo.settings, catalog=tmp_path)
    icb = command(monkeypatch, capfd, settings)
    said = icb("ask", "STK11 x KRAS; adjust sex; where cancer_type=Melanoma", "--save", "stk11_kras")
    assert said.code == 0 and "stk11_kras.yaml" in said.out, said.err
    path = tmp_path / "analyses" / "stk11_kras.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content["question"] == "STK11 x KRAS; endpoint OS; where cancer_type=Melanoma; adjust sex"
    spec = load_analysis(path)
    assert spec.biomarker == "STK11 x KRAS" and "demo_trial_alpha" in spec.cohorts
    icb("ask", "ALK", "--save", "stk11_kras").is_one_sentence("there is an analysis of this name")
    icb("ask", "ALK", "--save", "ALK!").is_one_sentence("is no name of an analysis")
    icb("ask", "TMB; cut searched", "--save", "tmb").is_one_sentence("searches no cut")
