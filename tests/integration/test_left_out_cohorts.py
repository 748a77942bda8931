"""One bad cohort does not stop the others: whole runs on generated sources, some of which are bad on purpose."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from command_line import Icb, Said, command, own_process
from tiny import STUDY, TABLE, Tiny, study_members, tarball

from ingestion.fetching.store import sha256_of

#: A table that says the wrong way round who died: its own check, event_polarity, finds it.
POLARITY = "tiny_polarity"
POLARITY_ADDRESS = (
    "https://raw.githubusercontent.com/synthetic/data/0123456789abcdef0123456789abcdef01234567/polarity.csv"
)
_POLARITY_YAML = f"""\
cohort_id: {POLARITY}
title: SYNTHETIC table whose status is read the wrong way round
citation: SYNTHETIC
licence: CC0-1.0
is_icb: true
is_synthetic: true
precedence: 30
assay: {{name: none, kind: none}}
endpoints:
  OS: {{origin: icb_start, evidence: planted}}
files:
  - id: clinical
    address: {POLARITY_ADDRESS}
    kind: clinical
    format: {{delimiter: ","}}
    patient_id: patient
    columns:
      months: {{attribute: OS_TIME, unit: months}}
      dead: {{attribute: OS_STATUS, words: {{"1": event, "0": censored}}}}
      best: BEST_RESPONSE
"""
#: Ten complete responders of whom all died, ten progressors of whom nobody did.
_POLARITY_CSV = "patient,months,dead,best\n" + "".join(
    f"Z{i},{i + 1},{1 if i < 10 else 0},{'CR' if i < 10 else 'PD'}\n" for i in range(20)
)
_ON_THE_TABLE = """\
analysis_id: tiny_table_only
title: SYNTHETIC. ALK in a cohort that is left out
question: What becomes of an analysis that has no cohort left?
biomarker: ALK
cohorts: [tiny_table]
registered_on: "2026-01-01"
variants:
  default:
    description: One way.
    estimators: [kaplan_meier]
"""
_REPORT = """\
report_id: tiny_report
title: SYNTHETIC
question: Is ALK anything?
gene: ALK
lead: [tiny_alk]
sections:
  - {title: Both, analyses: [tiny_alk, tiny_table_only]}
"""


@dataclass(frozen=True)
class Ended:
    """A run that has ended, and the warehouse that it left."""

    tiny: Tiny
    said: Said

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.tiny.settings.published_file), read_only=True) as con:
            return con.execute(sql).fetchall()


def bad_sources(folder: Path) -> Tiny:
    """A study that is sound; a table without a column that its file names; a file that is no YAML; a table whose
    status is the wrong way round."""
    tiny = Tiny(folder / "data", folder / "mirror", folder / "catalog")
    tiny.write_sources()
    tiny.cohort_yaml.write_text(tiny.cohort_yaml.read_text().replace("months: {", "months_alive: {"))
    cohorts, analyses = tiny.catalog / "cohorts", tiny.catalog / "analyses"
    (cohorts / "no_yaml.yaml").write_text("cohort_id: no_yaml\ntitle: [never closed\n")
    (cohorts / f"{POLARITY}.yaml").write_text(_POLARITY_YAML)
    path = tiny.mirror / POLARITY_ADDRESS.removeprefix("https://")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_POLARITY_CSV)
    tiny.analysis_yaml.write_text(
        tiny.analysis_yaml.read_text().replace(f"[{STUDY}]", f"[{STUDY}, {TABLE}, {POLARITY}]")
    )
    (analyses / "tiny_table_only.yaml").write_text(_ON_THE_TABLE)
    (tiny.catalog / "reports").mkdir()
    (tiny.catalog / "reports" / "tiny_report.yaml").write_text(_REPORT)
    return tiny


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """After ``icb run`` on these sources, in a process of its own."""
    tiny = bad_sources(tmp_path_factory.mktemp("left_out"))
    return Ended(tiny, own_process(tiny.data.parent)("run"))


@pytest.fixture
def asked(ended: Ended, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Icb:
    """``icb`` on the warehouse that it left."""
    return command(monkeypatch, capfd, ended.tiny.settings)


def test_the_run_publishes_the_others_and_ends_with_exit_code_3_and_every_sentence(ended: Ended) -> None:
    assert ended.said.code == 3, ended.said
    assert "Published 1 " in ended.said.err
    for cohort, part in (
        ("no_yaml", "broken YAML"),
        (TABLE, "there is no column 'months_alive'"),
        (POLARITY, "event_polarity"),
    ):
        (line,) = [x for x in ended.said.err.splitlines() if x.startswith(f"! Cohort {cohort} was left out:")]
        assert part in line
    assert "Traceback" not in ended.said.err


def test_the_published_file_says_who_is_missing_and_by_which_run_and_has_no_row_of_them(ended: Ended) -> None:
    left_out = dict(ended.rows("select cohort_id, sentence from stats.left_out_cohorts order by cohort_id"))
    assert sorted(left_out) == ["no_yaml", POLARITY, TABLE]
    assert "mend that line" in left_out["no_yaml"]
    assert "responders" not in left_out[TABLE] and "months_alive" in left_out[TABLE]
    assert left_out[POLARITY].startswith("it fails the check event_polarity in 1 row")
    assert ended.rows("select count(*) from stats.left_out_cohorts inner join stats.runs using (run_id)") == [
        (3,)
    ]
    assert ended.rows("select cohort_id from marts.cohorts") == [(STUDY,)]
    for mart in ("patients", "survival_outcomes", "response_outcomes", "source_files", "rejected_rows"):
        cohorts = "cohort_ids" if mart == "source_files" else "[cohort_id]"
        assert ended.rows(
            f"select count(*) from marts.{mart} where list_has_any({cohorts}, ['{TABLE}', '{POLARITY}'])"
        ) == [(0,)]


def test_an_analysis_that_names_them_is_made_on_the_others_and_says_so(ended: Ended) -> None:
    ((reason,),) = ended.rows(
        "select distinct reason from stats.analysis_flow where analysis_id = 'tiny_alk' and step_number = 0"
    )
    assert f"Cohort {TABLE} was left out of this version" in reason and f"Cohort {POLARITY} was" in reason
    rows = ended.rows(
        "select n, array_to_string(warnings, ' ') from stats.survival_stats "
        "where estimate_key = 'os.cox_univariable' and cohort_id is null"
    )
    assert rows and all(n == 12 and f"without {POLARITY}, {TABLE}" in words for n, words in rows)


def test_an_analysis_without_a_cohort_is_skipped_by_name(ended: Ended) -> None:
    rows = ended.rows("select step, n, reason from stats.analysis_flow where analysis_id = 'tiny_table_only'")
    assert [(step, n) for step, n, _ in rows] == [("skipped", 0)] and "months_alive" in rows[0][2]
    assert ended.rows("select count(*) from stats.every_stat where analysis_id = 'tiny_table_only'") == [(0,)]


def test_a_report_names_who_is_missing_and_what_was_skipped(ended: Ended) -> None:
    text = (ended.tiny.data / "published" / "reports" / "tiny_report.html").read_text(encoding="utf-8")
    assert f"Cohort {TABLE} was left out of this version" in text
    assert "Skipped for want of a cohort: tiny_table_only." in text


def test_a_question_about_one_of_them_is_answered_with_its_sentence(asked: Icb) -> None:
    asked("gene", "ALK", "--cohort", TABLE).is_one_sentence(f"cohort {TABLE} was left out", "months_alive")
    asked("scan", "--cohort", POLARITY).is_one_sentence(f"cohort {POLARITY} was left out")


def test_nothing_has_changed_is_still_exit_code_3_and_strict_refuses_and_publishes_nothing(
    ended: Ended, asked: Icb
) -> None:
    before = ended.tiny.kept()
    again = asked("run")
    assert again.code == 3 and "Nothing has changed" in again.err and "! Cohort no_yaml" in again.err
    asked("run", "--strict").is_one_sentence("broken YAML", code=1)
    assert ended.tiny.kept() == before


def test_check_refuses_what_the_run_left_out_and_says_every_fault(asked: Icb) -> None:
    said = asked("cohort", "check", "--format", "json")
    assert said.code == 1
    found = {one["cohort_id"]: one for one in json.loads(said.out)}
    assert [file["state"] for file in found[TABLE]["files"]] == ["refused"]
    assert "broken YAML" in found["no_yaml"]["faults"][0]
    assert found[STUDY]["faults"] == [] and found[STUDY]["files"][0]["rows"]["mutations"] == 4
    assert len([line for line in said.err.splitlines() if line.startswith("icb: ")]) == 2


def test_the_receipt_of_check_is_built_alone_and_is_that_of_the_run(ended: Ended, asked: Icb) -> None:
    files = (ended.tiny.settings.build_file, ended.tiny.settings.published_file)
    before = [sha256_of(file) for file in files]
    said = asked("cohort", "check", STUDY, "--format", "json")
    (checked,) = json.loads(said.out)
    assert (said.code, checked["faults"]) == (0, [])
    assert [sha256_of(file) for file in files] == before, "built in a file of its own"
    assert checked["receipt"] == json.loads(asked("cohort", "receipt", STUDY, "--format", "json").out)
    # tiny.py: twelve patients with a sample each, of whom two in three died, and four carry ALK
    lines = {(line["section"], line["item"]): (line["n"], line["value"]) for line in checked["receipt"]}
    assert lines["people", "patients"] == (12, None)
    assert lines["endpoints", "OS"] == (12, 8.0)
    assert lines["sequencing", "samples sequenced on WES"] == (12, None)
    assert lines["calls", "counted: Missense_Mutation"] == (4, None)
    assert lines["genes", "genes mutated in somebody"] == (1, None)
    assert lines["cells not read", "FAVOURITE_COLOUR"] == (12, None)


# --- without a whole run --------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    made = Tiny(tmp_path / "data", tmp_path / "mirror", tmp_path / "catalog")
    made.write_sources()
    return made


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tiny: Tiny) -> Icb:
    return command(monkeypatch, capfd, tiny.settings)


def test_a_run_without_any_sound_cohort_publishes_nothing(icb: Icb, tiny: Tiny) -> None:
    tiny.study_file.unlink()
    tiny.table_file.write_bytes(b"<!DOCTYPE html><html></html>")
    icb("run").is_one_sentence(STUDY, TABLE, "no cohort is left to publish", "HTML")
    assert not tiny.settings.published_file.exists()


# --- icb cohort add -------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(tiny: Tiny) -> Tiny:
    """A catalogue without a cohort, not even the folder."""
    for path in (tiny.catalog / "cohorts").iterdir():
        path.unlink()
    (tiny.catalog / "cohorts").rmdir()
    return tiny


def added(icb: Icb, *arguments: str) -> dict[str, Any]:
    said = icb("cohort", "add", STUDY, *arguments, "--format", "json")
    assert said.code == 0, said
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_add_works_on_an_empty_catalogue_and_never_assumes_checkpoint_blockade(icb: Icb, bare: Tiny) -> None:
    path = bare.catalog / "cohorts" / f"{STUDY}.yaml"
    icb("cohort", "add", STUDY).is_one_sentence("not assumed", "--icb", "--not-icb")
    assert not path.parent.exists()
    added(icb, "--icb")
    assert "is_icb: true" in path.read_text()
    added(icb, "--not-icb", "--overwrite")
    assert "is_icb: false" in path.read_text()


def test_a_study_of_ones_own_is_added_from_its_folder_as_it_lies_there(icb: Icb, bare: Tiny) -> None:
    folder = bare.settings.files / "Our-Study 2026"
    for name, text in study_members().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    said = icb("cohort", "add", str(folder), "--icb", "--format", "json")
    assert said.code == 0, said
    written = yaml.safe_load((bare.catalog / "cohorts" / "our_study_2026.yaml").read_text())
    assert written["files"] == [{"id": "study", "address": "file:Our-Study 2026", "kind": "cbioportal_study"}]
    checked = icb("cohort", "check", "our_study_2026", "--no-receipt", "--format", "json")
    assert checked.code == 0 and json.loads(checked.out)[0]["files"][0]["state"] == "read"
    (folder / "data_clinical_sample.txt").unlink()
    icb("cohort", "check", "our_study_2026", "--no-receipt").is_one_sentence("no clinical sample file")
    icb("cohort", "add", str(folder / "nothing"), "--icb").is_one_sentence("there is no such file")


def test_a_licence_that_the_study_does_not_state_is_not_stated_and_no_panel_is_an_exome_by_file_formats(
    icb: Icb, bare: Tiny
) -> None:
    found = added(icb, "--icb")
    text = (bare.catalog / "cohorts" / f"{STUDY}.yaml").read_text()
    assert found["licence"] == "not stated" and "licence: not stated" in text
    assert found["assay"] == {"name": "exome", "kind": "exome"}
    assert "# - Under which licence is it? The study does not say." in text
    assert (
        "# The assay is as stated by cBioPortal's File-Formats" in text
        and "# - No file names a panel" in text
    )


def test_a_profile_that_speaks_of_a_panel_without_naming_it_is_no_exome(icb: Icb, bare: Tiny) -> None:
    members = study_members()
    members["meta_mutations.txt"] += "profile_description: Targeted sequencing of 400 genes.\n"
    bare.study_file.write_bytes(tarball(members))
    assert added(icb, "--icb")["assay"] == {"name": "not stated", "kind": "none"}


@pytest.mark.parametrize(
    ("name", "text", "licence"),
    [
        ("LICENSE", "Under the ODC Open Database License (ODbL)", "ODbL 1.0 (LICENSE of the study)"),
        ("LICENCE.txt", "Released as CC BY-NC 4.0.", "CC-BY-NC-4.0 (LICENCE.txt of the study)"),
        ("LICENSE", "Ask the authors.", "Ask the authors. (LICENSE of the study)"),
    ],
)  # fmt: skip
def test_the_licence_is_read_from_the_study(icb: Icb, bare: Tiny, name: str, text: str, licence: str) -> None:
    bare.study_file.write_bytes(tarball(study_members() | {name: text}))
    assert added(icb, "--icb")["licence"] == licence


def test_the_assay_is_read_from_the_matrix_the_meta_file_or_the_samples(icb: Icb, bare: Tiny) -> None:
    members = study_members()
    members["meta_mutations.txt"] += "gene_panel: WXS\n"
    bare.study_file.write_bytes(tarball(members))
    assert added(icb, "--icb")["assay"] == {"name": "exome", "kind": "exome"}
    matrix = "SAMPLE_ID\tmutations\n" + "".join(f"T-{i:03d}-S1\tMINI{i % 2}\n" for i in range(1, 13))
    members["data_gene_matrix.txt"] = matrix
    bare.study_file.write_bytes(tarball(members))
    found = added(icb, "--icb", "--overwrite")
    assert found["assay"] == {"name": "MINI1, MINI0", "kind": "panel"} or found["assay"] == {
        "name": "MINI0, MINI1",
        "kind": "panel",
    }
    members["data_gene_matrix.txt"] = matrix.replace("MINI0", "MINI1")
    bare.study_file.write_bytes(tarball(members))
    assert added(icb, "--icb", "--overwrite")["assay"] == {
        "name": "MINI1",
        "kind": "panel",
        "panel_id": "MINI1",
    }


def test_what_of_a_study_is_not_read_is_listed(icb: Icb, bare: Tiny) -> None:
    bare.study_file.write_bytes(
        tarball(study_members() | {"data_methylation_hm450.txt": "Hugo_Symbol\tT-001\n"})
    )
    assert added(icb, "--icb")["not_read"] == ["data_methylation_hm450.txt (no meta file says what it is)"]
