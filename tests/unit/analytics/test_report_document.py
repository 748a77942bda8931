"""A report as a document: well formed and readable by anyone, whatever strings and gaps its tables hold."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from html_page import Page, faults_of
from pydantic import ValidationError

from analytics.report.blocks import Report
from analytics.report.chapters.lineage import Lineage
from analytics.report.chapters.remark import IN_RUN, NOT_AVAILABLE, remark_items
from analytics.report.chapters.statistic_tables import statistic_table
from analytics.report.document import build_report
from analytics.report.material import FILE_COLUMNS, FigureSource, Guarded, Material
from analytics.report.render import PAIRS, PALETTE, render, style_sheet
from analytics.report.spec import ReportSpec
from analytics.results.records import FlowRecord, RunRecord, SpecRecord
from analytics.results.schema import table_of
from analytics.results.statistic import AnyStatistic, Counts, Model, Scope, SurvivalStatistic
from analytics.results.tables import RESULT_TABLES

HOSTILE = "<script>alert('x')</script> & \"quoted\" </td></table> \u202e"
SPEC = ReportSpec.model_validate(
    {
        "report_id": "small",
        "title": "A small report",
        "question": "Is it so?",
        "gene": "IGF1R",
        "lead": ["one"],
        "sections": [{"title": "The only one", "analyses": ["one"]}],
        "claims": [{"paper_id": "paper"}],
    }
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)


def statistic(key: str, counts: tuple[int, ...] = (100,), **values: Any) -> SurvivalStatistic:
    """A row; ``counts`` : n, of these in the group, events, of these in the group."""
    names = ("n", "n_in_group", "events", "events_in_group")
    values = {"row_set": "members", "scale": "hazard ratio", "estimator": "cox"} | values
    return SurvivalStatistic(
        name=Scope("one", "default", "OS").name(f"os.{key}"),
        counts=Counts(
            group_label="IGF1R mutated",
            reference_label="IGF1R wild-type",
            **dict(zip(names, counts, strict=False)),
        ),
        **values,
    )


ROWS = [
    statistic("cox_univariable", (100, 10, 60, 3), estimate=0.3375, ci_low=0.1244, ci_high=0.9156, p=0.0329,
              model=Model(ties="efron"), warnings=("Few events: 3.", "Read with care.")),
    statistic("cox_burden_adjusted", (100, 10, 60, 3), estimate=0.51, ci_low=0.21, ci_high=1.24, p=0.137),
    statistic("log_rank", (100, 10, 60), estimator="log_rank", scale="test only", p=0.00004),
    statistic("median.mutated", (10, 10, 3), estimator="kaplan_meier", scale="months", row_set="mutated"),
]  # fmt: skip


def material(rows: list[SurvivalStatistic] | None = None, text: str = "plain") -> Material:
    """One analysis with these statistics; every text column holds ``text``."""
    statistics = ROWS if rows is None else rows
    survival = table_of(SurvivalStatistic, statistics)
    specs = [
        SpecRecord(
            analysis_id="one", variant="default", kind="survival", title=text, question=text, description=text,
            biomarker="IGF1R", genes=("IGF1R",), endpoints=("OS",), cohorts=("a_2020",), covariates=("sex",),
            is_prespecified=False, registered_on="2026-11-21", spec_sha256="0" * 64, run_id="r1",
        )
    ]  # fmt: skip
    flow = table_of(
        FlowRecord,
        [
            FlowRecord(
                analysis_id="one", variant="default", endpoint="OS", step_number=i, step=step, n=n, n_left_out=left,
                reason=text,
            )
            for i, (step, n, left) in enumerate([("patients", 120, 0), ("known", 100, 20)])
        ],
    )  # fmt: skip
    every = [
        AnyStatistic(
            name=row.name, estimator=row.estimator, scale=row.scale, row_set=row.row_set, counts=row.counts,
            estimate=row.estimate, ci_low=row.ci_low, ci_high=row.ci_high, p=row.p, warnings=row.warnings,
            table_name="survival_stats",
        )
        for row in statistics
    ]  # fmt: skip
    file = ("patient", "marts.patients", "https://x.invalid/a.txt", text, "f" * 64, 100, 2, 101)

    def behind(stat_ids: Sequence[str]) -> pd.DataFrame:
        return pd.DataFrame([(stat_id, *file) for stat_id in stat_ids], columns=["stat_id", *FILE_COLUMNS])

    people = pd.DataFrame(
        {"cohort_id": "a_2020", "patient_id": [f"P{i}" for i in range(100)], "sex": [text, None] * 50,
         "status": ["mutated"] * 10 + ["wild_type"] * 90, "in_group": [True] * 10 + [False] * 90,
         "time_months": range(100), "event": [True, False] * 50, "origin": "icb_start",
         "clock_family": "treatment", "age_years": range(100),
         "panel_id": "WES"}
    )  # fmt: skip
    claims = pd.DataFrame(
        [{"claim_id": "A1.hr", "row_id": "A1", "description": text, "printed": text, "verdict": "exact",
          "sentence": text,
          "computed_estimate": 0.3375, "computed_ci_low": 0.1244, "computed_ci_high": 0.9156, "computed_p": 0.0329,
          "estimator": "cox", "stat_id": "one/default/os.cox_univariable"}]
    )  # fmt: skip
    return Material(
        specs=specs, flow=flow, tables={"survival_stats": survival}, statistics=every,
        interactions=[],
        comments={"survival_stats": {c: words for c, (_, words) in RESULT_TABLES["survival_stats"].columns.items()}},
        claims=claims, scans=pd.DataFrame(columns=["scan_id", "title", "family_size"]),
        scan_flow=pd.DataFrame(columns=["scan_id"]), scan_rows=pd.DataFrame(), behind=behind,
        files=pd.DataFrame([{"address": "https://x.invalid/a.txt", "member": text, "sha256": "f" * 64, "licence": text,
                             "cohort_id": "a_2020"}]),
        cohorts=pd.DataFrame([{"cohort_id": "a_2020"}]), run=RunRecord(run_id="r1", version="0.1.0"),
        is_synthetic=False,
        people={("one", "default", "OS"): people},
        figures=[FigureSource("one", "default_os_kaplan_meier", text, f"Curves. {text}", None, PNG, b"a,b\n1,2\n")],
        findings=[Guarded("one", "sparse events", "few events", text, True)],
    )  # fmt: skip


def page_of(report: Report) -> Page:
    return Page(render(report))


@pytest.fixture(scope="module")
def page() -> Page:
    return page_of(build_report(SPEC, material()))


def test_it_is_well_formed_reads_in_order_and_loads_nothing(page: Page) -> None:
    assert faults_of(page) == []


def test_a_hostile_string_anywhere_is_text() -> None:
    hostile = page_of(build_report(SPEC, material(text=HOSTILE)))
    assert faults_of(hostile) == []
    assert "<script" not in hostile.html and hostile.words.count("alert('x')") > 8
    assert hostile.images[0]["alt"] == f"Curves. {HOSTILE}"
    assert len(hostile.tables) == len(page_of(build_report(SPEC, material())).tables)


def test_an_estimate_stands_with_its_interval_and_its_n(page: Page) -> None:
    found = page.rows_of("one/default/os.cox_univariable")
    assert len(found) == 2  # among the main numbers, and in the whole table that unfolds
    for table, row in found:
        shown = dict(zip(table.heads, row.cells, strict=True))
        assert shown["Estimate (95 % CI)"] == "0.34 (0.12\u20130.92)"
        assert (shown["n (IGF1R mutated)"], shown["Events (IGF1R mutated)"], shown["P"]) == (
            "100 (10)",
            "60 (3)",
            "0.033",
        )
    ((_, log_rank),) = page.rows_of("one/default/os.log_rank")
    assert "4.0e-05" in log_rank.cells


def test_every_statistic_links_to_an_entry_that_names_people_files_and_the_command(page: Page) -> None:
    for stat in ROWS:
        found = page.rows_of(stat.name.stat_id)
        assert found
        for _, row in found:
            assert len(row.links) == 1 and row.links[0][1:] in page.ids
        assert f"icb lineage {stat.name.stat_id}" in page.words
    assert "100 people (members)" in page.words and "100 in rows 2\u2013101" in page.words
    assert "f" * 64 in page.words and "https://x.invalid/a.txt" in page.words


def test_warnings_stand_below_the_table_once_each_under_a_letter(page: Page) -> None:
    # once below the main numbers, and once below the whole table
    assert page.words.count("Few events: 3.") == 2 and page.words.count("Read with care.") == 2


def test_the_answer_says_direction_number_and_what_burden_makes_of_it(page: Page) -> None:
    answer = page.words.split("The answer")[1].split("What speaks against it")[0].replace("\u00a0", " ")
    assert (
        "People whose tumours are IGF1R mutated lived longer than those IGF1R wild-type: hazard ratio (Cox) "
        "0.34 (0.12\u20130.92), P = 0.033" in answer
    )
    assert "With mutation burden in the model the hazard ratio is 0.51 (0.21\u20131.24)." in answer


@pytest.mark.parametrize(
    ("interval", "words"),
    [((1.1, 3.0), "lived less long"), ((0.2, 0.9), "lived longer"),
     ((0.4, 1.4), "were not shown to live longer or less long")],
)  # fmt: skip
def test_the_direction_follows_the_interval(interval: tuple[float, float], words: str) -> None:
    low, high = interval
    rows = [dataclasses.replace(ROWS[0], estimate=(low * high) ** 0.5, ci_low=low, ci_high=high)]
    assert f"IGF1R mutated {words} than those" in page_of(build_report(SPEC, material(rows))).words


def test_without_a_single_statistic_it_says_so_and_stays_a_document() -> None:
    empty = page_of(
        build_report(SPEC, dataclasses.replace(material([]), people={}, figures=[], findings=[], tables={}))
    )
    assert faults_of(empty) == []
    assert "No number could be computed; the tables below say why." in empty.words


def test_an_empty_table_is_no_table() -> None:
    nothing = table_of(SurvivalStatistic, [])
    lineage = Lineage(
        [],
        lambda _: pd.DataFrame(columns=["stat_id"]),
        pd.DataFrame(),
    )
    assert statistic_table("survival_stats", nothing, {}, lineage, caption="x") is None


def test_a_statistic_that_could_not_be_computed_keeps_its_row_and_its_reason() -> None:
    rows = [*ROWS, statistic("cox_adjusted", warnings=("Nobody had the event.",))]
    page = page_of(build_report(SPEC, material(rows)))
    assert len(page.rows_of("one/default/os.cox_adjusted")) == 1 and "Nobody had the event." in page.words


def test_a_long_table_shows_the_smallest_p_and_says_how_many_it_left_out() -> None:
    rows = [statistic(f"feature_{i}", estimate=1.0 + i, p=i / 100) for i in range(80)]
    page = page_of(build_report(SPEC, material(rows)))
    assert len(page.rows_of("one/default/os.feature_59")) == 1
    assert page.rows_of("one/default/os.feature_60") == []
    assert "Of 80 rows the 60 of smallest P are shown; all are in stats.survival_stats." in page.words


def test_generated_data_are_marked_in_the_title_on_every_page_and_in_every_caption() -> None:
    synthetic = page_of(build_report(SPEC, dataclasses.replace(material(), is_synthetic=True)))
    assert faults_of(synthetic) == []
    assert "<title>SYNTHETIC." in synthetic.html and '@top-center{content:"SYNTHETIC' in synthetic.html
    assert len(synthetic.captions) > 5 and all("SYNTHETIC" in caption for caption in synthetic.captions)
    assert "SYNTHETIC" not in page_of(build_report(SPEC, material())).words


def test_remark_has_twenty_items_in_order_whose_states_follow_from_the_tables() -> None:
    full, none = remark_items(SPEC, material()), remark_items(
        SPEC, dataclasses.replace(material([]), people={}, flow=material().flow.iloc[:0])
    )  # fmt: skip
    assert [item.number for item in full] == [str(n) for n in range(1, 21)] == [item.number for item in none]
    state = {item.number: item.state for item in full}, {item.number: item.state for item in none}
    for number in ("12", "15"):  # flow, univariable effect
        assert (state[0][number], state[1][number]) == (IN_RUN, NOT_AVAILABLE)
    assert "sex 50" in full[12].answer  # half of the people have no known sex
    assert all(item.answer for item in (*full, *none))


def test_the_detectable_hazard_ratio_is_schoenfelds() -> None:
    # 60 events, a tenth mutated: exp(-(1.96 + 0.8416) / sqrt(60 * 0.1 * 0.9)) = exp(-1.2056) = 0.2995
    (item,) = [item for item in remark_items(SPEC, material()) if item.number == "9"]
    assert "a hazard ratio of 0.30 or below" in item.answer


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground_by_wcag_aa(text: str, ground: str) -> None:
    light, dark = sorted((luminance(PALETTE[text]), luminance(PALETTE[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_style_sheet_uses_no_colour_beside_the_palette_and_loads_nothing() -> None:
    css = style_sheet()
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", css)) <= set(PALETTE.values())
    assert "url(" not in css and "@import" not in css and "@font-face" not in css


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sections": []}, "at least one section"),
        ({"sections": [{"title": "x"}]}, "names at least one analysis or scan"),
        ({"lead": ["two"]}, "which is in no section"),
        ({"sections": [{"title": "x", "analyses": ["one", "one"]}]}, "twice"),
        ({"gene": None, "sections": [{"title": "x", "analyses": ["one"], "scans": ["s"]}]}, "the report's 'gene'"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)  # fmt: skip
def test_a_spec_that_cannot_be_a_report_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ReportSpec.model_validate(SPEC.model_dump() | change)
