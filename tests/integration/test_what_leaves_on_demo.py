"""With a smallest cell of a thousand every count of people of the demo is small: none leaves by any way."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import command
from graph_runs import Run
from ways_out import Names, leaving

COHORT = "demo_msk_2018"
STATISTIC = f"demo_alk/default@{COHORT}/os.cox_univariable"
#: Ways by which rows of people leave one by one: a number of a line of a file may be any number.
ROWS = re.compile(
    r"select \* from marts|/table/marts|/statistic|run_sql|tool lineage|icb lineage .*(csv|json)"
)


def test_no_small_count_leaves_by_any_way(
    demo: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "published").symlink_to(demo.settings.published)
    monkeypatch.setenv("ICB_SMALLEST_CELL", "1000")  # for queries that are asked in a process of their own
    icb = command(monkeypatch, capfd, replace(demo.settings, data=tmp_path / "data", smallest_cell=1000))
    names = Names(
        "ALK", COHORT, f"ALK; cohort {COHORT}", STATISTIC,
        scan=str(demo.value("select min(scan_id) from stats.scan_specs where n < 1000")),
        claim=str(demo.value("select min(claim_id) from stats.claim_checks")),
        report="demo_igf1r",
    )  # fmt: skip
    counts = demo.value(f"select [n, events, n - events] from stats.every_stat where stat_id = '{STATISTIC}'")
    assert all(100 < n < 1000 for n in counts), "numbers that stand for nothing else"
    # words of a published figure are of the run that drew it, and of its smallest cell
    alts = demo.value("select list(alt) from stats.figures")
    a_count = re.compile(rf"(?<![\w.,])({'|'.join(str(int(n)) for n in counts)})(?![\w,]|\.\d)")

    left = leaving(icb, names, tmp_path / "files")

    told = {}
    for way, text in left.items():
        for alt in alts:
            text = text.replace(alt, "")
        found = [text[max(0, match.start() - 60) : match.end() + 20] for match in a_count.finditer(text)]
        if found and not ROWS.search(way):
            told[way] = found[:3]
    assert not told
    coarse = {way for way, text in left.items() if "<1000" in text or "&lt;1000" in text}
    assert {
        f"icb ask {names.question} --format table", f"icb lineage {STATISTIC} --format table",
        f"icb scan {names.scan} --format csv", f"icb cohort receipt {COHORT} --format json", "export/table.csv",
        "dossier.html", "report.html", f"tool describe_cohort {{'cohort': '{COHORT}'}}", "page /cohorts {}",
        f"page /scan/{names.scan}.csv {{}}", "page /ask/kaplan_meier.csv {'q': '" + names.question + "'}",
        "page /ask/kaplan_meier.svg {'q': '" + names.question + "'}",
    } <= coarse, sorted(left.keys() - coarse)  # fmt: skip
