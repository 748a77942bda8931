"""What the commands print: the agreed shapes, in every format, equal to what the tables hold."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import Icb, command
from graph_runs import ROOT, Run
from tiny import STUDY, Tiny, study_members, tarball
from waiting import CI_LIMIT_S

from analytics.results.tables import STATISTIC_TABLES


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], demo: Run) -> Icb:
    return command(monkeypatch, capfd, demo.settings)


def as_json(icb: Icb, *arguments: str) -> Any:
    said = icb(*arguments, "--format", "json")
    assert said.code == 0, said.err
    return json.loads(said.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


STATISTIC = "demo_igf1r/default/os.cox_adjusted"
WITH_FORMAT = [
    ("gene", "IGF1R"),
    ("ask", "TMB per doubling; endpoint PFS"),
    ("sql", "select cohort_id, title, licence from marts.cohorts"),
    ("lineage", STATISTIC),
    ("claims",),
    ("doctor",),
    ("cohort", "list"),
]


@pytest.mark.parametrize("arguments", WITH_FORMAT, ids=lambda a: " ".join(a[:2]))
def test_every_command_with_a_table_prints_json_csv_and_a_table(icb: Icb, arguments: tuple[str, ...]) -> None:
    assert as_json(icb, *arguments)
    rows = list(csv.reader(io.StringIO(icb(*arguments, "--format", "csv").out)))
    assert len(rows) > 1 and len({len(row) for row in rows}) == 1, "a header and rows of one length"
    said = icb(*arguments)
    assert said.code == 0 and said.err == "" and said.out.strip()


# --- icb lineage, sql, claims, doctor -----------------------------------------------------------------------------


def test_lineage_walks_to_spec_people_files_rows_and_run(icb: Icb, demo: Run) -> None:
    walk = as_json(icb, "lineage", STATISTIC)
    assert list(walk) == ["statistic", "spec", "flow", "files", "rows", "run"]
    patients = {(r["cohort_id"], r["patient_id"]) for r in walk["rows"] if r["role"] == "patient"}
    assert len(patients) == walk["statistic"]["n"]
    assert walk["statistic"]["row_set"].startswith("members with known")
    assert walk["spec"]["genes"] == ["IGF1R"] and len(walk["spec"]["spec_sha256"]) == 64
    assert walk["flow"][-1]["n"] > walk["statistic"]["n"], "members who lack a covariate are members still"
    private = set()
    for file in walk["files"]:
        name = Path("sha256") / file["sha256"][:2] / file["sha256"]
        is_private = (demo.data / "private" / name).is_file()
        assert (demo.data / "raw" / name).is_file() != is_private, "it is in one of the two stores"
        private |= {file["address"]} if is_private else set()
    # the one table with dates of birth and death
    assert private == {"https://synthetic.invalid/demo_melanoma_b_clinical_SYNTHETIC.txt"}
    assert sum(file["n_rows"] for file in walk["files"]) == len(walk["rows"])
    assert walk["run"]["run_id"] == walk["spec"]["run_id"]
    rows = list(csv.DictReader(io.StringIO(icb("lineage", STATISTIC, "--format", "csv").out)))
    assert len(rows) == len(walk["rows"])


def test_lineage_of_every_kind_of_statistic_can_be_walked(icb: Icb, demo: Run) -> None:
    kinds = demo.query(
        "select table_name, max(stat_id) as stat_id from stats.every_stat where n > 0 group by table_name"
    )
    assert set(kinds["table_name"]) == set(STATISTIC_TABLES), "the demo has a statistic of every kind"
    for stat_id in kinds["stat_id"]:
        walk = as_json(icb, "lineage", stat_id)
        assert walk["rows"] and walk["flow"] and walk["run"], stat_id


def test_all_claims_are_a_line_each_and_what_is_missing_is_said_once_below(icb: Icb) -> None:
    claims = as_json(icb, "claims")
    lines = icb("claims").out.splitlines()
    starts = [line.split("│")[0].strip() for line in lines if "│" in line]
    assert [start for start in starts if start] == [claim["claim_id"] for claim in claims]
    notes = [line for line in lines if re.match(r"\[\d+\] ", line)]
    assert len(notes) == len(set(notes)) > 0 and all("would be settled by" in note for note in notes)
    assert not any("would be settled by" in line for line in lines if "│" in line)
    assert lines[-1].startswith(f"{len(claims)} claims: ")


def test_few_claims_are_explained_in_their_sentences(icb: Icb) -> None:
    said = " ".join(icb("claims", "--row", "A6").out.split())
    assert "A6.os_hr" in said and "HR 0.34 (0.12-0.92), P 0.025" in said
    assert "named os.cox_univariable in this version." in said, "the demo has no MSK melanomas"


def test_a_row_of_many_claims_is_explained_and_not_sent_to_itself(icb: Icb) -> None:
    assert len(as_json(icb, "claims", "--row", "C3")) == 13  # more than are explained unasked
    said = " ".join(icb("claims", "--row", "C3").out.split())
    assert "C3.os_hr" in said and "in this version." in said and "Why, in words" not in said


def test_sql_keeps_columns_of_one_name_apart_and_types_readable(icb: Icb) -> None:
    query = "select 1 as a, 2 as a, null as b, 1.50::decimal(4, 2) as c, date '2020-01-31' as d, 'nan'::double as e"
    assert as_json(icb, "sql", query) == [
        {"a": 1, "a_1": 2, "b": None, "c": 1.5, "d": "2020-01-31", "e": None}
    ]
    assert icb("sql", query, "--format", "csv").out == "a,a_1,b,c,d,e\n1,2,,1.5,2020-01-31,\n"


def test_sql_gives_json_of_every_type(icb: Icb) -> None:
    query = (
        "select 12345678901234567890123::hugeint as whole, 0.10::decimal(4, 2) as decimal, "
        "timestamp '2020-01-31 12:00:00' as moment, time '01:02:03' as hour, [1, null] as list, "
        "{'a': 'inf'::double, 'b': date '2020-01-31'} as structure, map(['k'], [true]) as pairs, 'x'::blob as bytes, "
        "null as nothing, chr(8232) as separator"
    )
    assert as_json(icb, "sql", query) == [
        {
            "whole": 12345678901234567890123,
            "decimal": 0.1,
            "moment": "2020-01-31T12:00:00",
            "hour": "01:02:03",
            "list": [1, None],
            "structure": {"a": None, "b": "2020-01-31"},
            "pairs": {"k": True},
            "bytes": "78",
            "nothing": None,
            "separator": chr(8232),
        }
    ]
    assert as_json(icb, "sql", "select 1 as a where false") == []


def test_sql_shows_the_first_thousand_in_a_table_and_says_so_and_prints_all_as_csv(icb: Icb) -> None:
    said = icb("sql", "select i from range(1001) as t(i)")
    assert "999" in said.out and "1000" not in said.out.splitlines()
    assert "the first 1,000 rows are shown and there are more: --format csv or json prints all" in said.err
    whole = icb("sql", "select i from range(1000) as t(i)")
    assert whole.err == ""
    assert icb("sql", "select i from range(12000) as t(i)", "--format", "csv").out.count("\n") == 12_001


def test_a_query_that_fails_at_a_later_row_ends_in_one_sentence(icb: Icb) -> None:
    query = "select case when i = 200000 then error('row 200000 is bad') else i end as i from range(300000) as t(i)"
    icb("sql", query, "--format", "csv").is_one_sentence("the query", "row 200000 is bad", "show all tables")


def test_sql_shows_words_in_brackets_as_they_are(icb: Icb) -> None:
    assert "[os_months] :warning:" in icb("sql", "select '[os_months] :warning:' as word").out


def test_sql_reads_standard_input(demo: Run) -> None:
    done = demo.icb("sql", "-", "--format", "csv", stdin="select count(*) as n\nfrom marts.cohorts\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "n\n13\n", "")


def test_a_reader_that_stops_early_is_no_fault(demo: Run) -> None:
    done = subprocess.run(
        f"{sys.executable} -m interfaces.cli.main sql 'select * from range(200000)' --format csv | head -1",
        shell=True, env=demo.environment, cwd=ROOT, capture_output=True, text=True, timeout=CI_LIMIT_S,
    )  # fmt: skip
    assert done.stdout == "range\n" and "Traceback" not in done.stderr


def test_the_doctor_knows_versions_folders_space_and_files(icb: Icb, demo: Run) -> None:
    found = {row["what"]: row for row in as_json(icb, "doctor")}
    assert {"python", "duckdb", "dbt-core", "dagster", "catalogue", "free space"} <= set(found)
    assert (
        found["published file"]["state"] == "ok" and str(demo.published) in found["published file"]["detail"]
    )
    assert {row["state"] for row in found.values()} <= {"ok", "note"}


def test_the_doctor_names_the_process_that_has_the_file_open(icb: Icb, demo: Run) -> None:
    opens = "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", opens, str(demo.published)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None and holder.stdout.readline() == "open\n"
        found = {row["what"]: row for row in as_json(icb, "doctor")}
        holder.communicate("\n")
    assert f"({holder.pid})" in found["published file"]["detail"]


# --- icb cohort ---------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    made = Tiny(tmp_path / "data", tmp_path / "mirror", tmp_path / "catalog")
    made.write_sources()
    return made


@pytest.fixture
def tiny_icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tiny: Tiny) -> Icb:
    return command(monkeypatch, capfd, tiny.settings)


def test_a_study_is_added_by_its_identifier_and_its_columns_are_reported(tiny_icb: Icb, tiny: Tiny) -> None:
    path = tiny.catalog / "cohorts" / f"{STUDY}.yaml"
    path.unlink()
    added = as_json(tiny_icb, "cohort", "add", STUDY, "--icb")
    assert added["path"] == str(path) and path.is_file()
    by_column = {column["column"]: column for column in added["columns"]}
    assert by_column["OS_MONTHS"] == {
        "level": "patient",
        "column": "OS_MONTHS",
        "attribute": "OS_TIME",
        "n_filled": 12,
    }
    assert by_column["CANCER_TYPE"]["level"] == "sample"
    assert [c["column"] for c in added["columns"] if c["attribute"] is None] == ["FAVOURITE_COLOUR"]
    assert added["words"] == []
    assert any("clock of OS" in note for note in added["notes"])
    text = path.read_text()
    assert "origin: unknown" in text and "clock of OS" in text
    # no panel is an exome by File-Formats; a cohort file that says neither is refused
    checked = tiny_icb("cohort", "check", STUDY)
    assert checked.code == 0
    assert f"Receipt of {STUDY}, built alone" in checked.out and "1 cohort file is valid" in checked.out
    assert not tiny.settings.build_file.exists() and not tiny.settings.published_file.exists()
    path.write_text(text.replace("kind: exome", "kind: none"))
    tiny_icb("cohort", "check", STUDY).is_one_sentence("assay.kind: exome if it is one")
    assert f"{STUDY}" in tiny_icb("cohort", "list").out


def test_the_list_of_cohorts_names_each_file_that_is_awaited_and_not_read_yet(
    tiny_icb: Icb, tiny: Tiny
) -> None:
    entry = yaml.safe_load(tiny.cohort_yaml.read_text(encoding="utf-8"))
    file = entry["files"][0] | {"awaited": "nobody has sent it"}
    awaited = entry | {"files": [file, *entry["files"][1:]]}
    tiny.cohort_yaml.write_text(yaml.safe_dump(awaited), encoding="utf-8")
    row = next(r for r in as_json(tiny_icb, "cohort", "list") if r["cohort_id"] == entry["cohort_id"])
    assert row["awaited"] == f"{file['id']} ({file['address'].rsplit('/', 1)[-1]})"


def test_a_file_that_is_there_is_not_replaced_unless_asked(tiny_icb: Icb, tiny: Tiny) -> None:
    path = tiny.catalog / "cohorts" / f"{STUDY}.yaml"
    before = path.read_bytes()
    tiny_icb("cohort", "add", STUDY, "--icb").is_one_sentence(str(path), "already", "--overwrite")
    assert path.read_bytes() == before
    assert tiny_icb("cohort", "add", STUDY, "--overwrite", "--not-icb").code == 0
    assert "is_icb: false" in path.read_text()


def test_words_without_a_meaning_are_named_and_the_file_has_the_line_to_complete(
    tiny_icb: Icb, tiny: Tiny
) -> None:
    members = study_members()
    members["data_clinical_patient.txt"] = members["data_clinical_patient.txt"].replace(
        "1:DECEASED", 'gone "west"'
    )
    tiny.study_file.write_bytes(tarball(members))
    said = as_json(tiny_icb, "cohort", "add", STUDY, "--overwrite", "--icb")
    assert said["words"] == [{"column": "OS_STATUS", "attribute": "OS_STATUS", "word": 'gone "west"', "n": 8}]
    path = tiny.catalog / "cohorts" / f"{STUDY}.yaml"
    lines = path.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == "# columns:")
    completed = [
        line.replace("# ", "", 1).replace("?", "event") if i >= start else line
        for i, line in enumerate(lines)
    ]
    path.write_text("\n".join(completed) + "\n")
    assert tiny_icb("cohort", "check", STUDY, "--no-files").code == 0
    from ingestion.catalog.loading import load_cohort

    assert load_cohort(path).files[0].columns["OS_STATUS"].words == {'gone "west"': "event"}


def test_patients_who_may_be_in_another_cohort_and_absent_parts_are_pointed_out(
    tiny_icb: Icb, tiny: Tiny
) -> None:
    rule = "person_rules:\n  - {rule_id: t_number, namespace: t, pattern: '^(T-\\d{3})$', evidence: one hospital}\n"
    tiny.cohort_yaml.write_text(tiny.cohort_yaml.read_text() + rule)
    members = {name: text for name, text in study_members().items() if "mutations" not in name}
    patient = members["data_clinical_patient.txt"]
    members["data_clinical_patient.txt"] = patient.replace("OS_STATUS", "SOMETHING_ELSE")
    tiny.study_file.write_bytes(tarball(members))
    notes = " ".join(as_json(tiny_icb, "cohort", "add", STUDY, "--overwrite", "--icb")["notes"])
    assert "12 patients are named as in tiny_table" in notes and "'t_number'" in notes
    assert "no mutation table" in notes
    assert "OS has no status and is no endpoint." in notes


@pytest.mark.parametrize(
    ("study_id", "part"),
    [
        ("../../nowhere/passwd", "there is no such file"),  # a path is a file of one's own
        ("Has-Capitals", "is no identifier"),
        ("absent_2020", "has no file"),
    ],
)
def test_a_study_that_cannot_be_added_writes_nothing(
    tiny_icb: Icb, tiny: Tiny, study_id: str, part: str
) -> None:
    before = sorted(tiny.catalog.rglob("*"))
    tiny_icb("cohort", "add", study_id, "--icb").is_one_sentence(part)
    assert sorted(tiny.catalog.rglob("*")) == before


def test_a_study_without_samples_writes_nothing(tiny_icb: Icb, tiny: Tiny) -> None:
    (tiny.catalog / "cohorts" / f"{STUDY}.yaml").unlink()
    tiny.study_file.write_bytes(tarball({k: v for k, v in study_members().items() if "clinical" not in k}))
    tiny_icb("cohort", "add", STUDY, "--icb").is_one_sentence("no clinical sample file")
    assert not (tiny.catalog / "cohorts" / f"{STUDY}.yaml").exists()


# --- documentation ------------------------------------------------------------------------------------------------

README = (ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else ""
SQL_BLOCKS = re.findall(r"^```sql\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not SQL_BLOCKS, reason="there is no README with SQL in it")
@pytest.mark.parametrize("query", SQL_BLOCKS, ids=lambda q: q.splitlines()[0].removeprefix("-- ")[:50])
def test_sql_of_the_readme_runs_as_pasted(icb: Icb, query: str) -> None:
    assert as_json(icb, "sql", query)
