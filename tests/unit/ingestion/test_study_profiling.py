"""Who of a cBioPortal study was sequenced and on which panel, and whether its files' identifiers meet."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from parsing_help import FIXTURES, listed, parse

from ingestion.errors import NothingMeetsError

STUDY = {"kind": "cbioportal_study"}
LIST = "case_lists/cases_sequenced.txt"
SAMPLES = ("P-1-T01-IM3", "P-2-T01-IM5", "P-2-T02-IM6")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the synthetic study that a test may change: three samples of two patients, one call, no matrix."""
    folder = tmp_path / "syn_2020"
    shutil.copytree(FIXTURES / "syn_2020", folder)
    return folder


def stated(tables: dict[str, Any], *by: str) -> list[tuple[str, str | None]]:
    """Sample and panel of the statements of these places."""
    rows = listed(tables, "profiled_samples", "stated_by", "sample_id", "panel_id")
    return [(sample, panel) for place, sample, panel in rows if place in by]


def notes(tables: dict[str, Any]) -> list[tuple[str, str]]:
    return [(rule, value) for rule, value in listed(tables, "rejected_rows", "rule_id", "value")]


def write_matrix(study: Path, text: str) -> None:
    (study / "data_gene_matrix.txt").write_text(text)


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text().rstrip("\n") + text)


# ---- lists ----------------------------------------------------------------------------------------------


def test_the_list_of_sequenced_samples_and_the_samples_own_column_are_two_statements(study: Path) -> None:
    tables = parse(study, STUDY)
    assert stated(tables, "sequenced_list") == [(sample, None) for sample in SAMPLES]
    assert stated(tables, "column") == [("P-1-T01-IM3", "IMPACT468"), ("P-2-T01-IM5", "IMPACT410")]


def test_an_older_list_without_category_is_known_by_its_name(study: Path) -> None:
    (study / LIST).write_text("stable_id: syn_2020_sequenced\ncase_list_ids: P-1-T01-IM3")
    assert stated(parse(study, STUDY), "sequenced_list") == [("P-1-T01-IM3", None)]


def test_a_list_of_that_name_counts_whatever_its_category(study: Path) -> None:
    (study / LIST).write_text(
        "stable_id: syn_2020_sequenced\ncase_list_category: other\ncase_list_ids: P-1-T01-IM3"
    )
    assert stated(parse(study, STUDY), "sequenced_list") == [("P-1-T01-IM3", None)]


def test_a_category_that_the_portal_does_not_know_is_noted(study: Path) -> None:
    (study / "case_lists" / "cases_x.txt").write_text(
        "stable_id: syn_2020_x\ncase_list_category: all_my_cases\ncase_list_ids: P-1-T01-IM3"
    )
    assert ("unknown_word", "all_my_cases") in notes(parse(study, STUDY))


def test_without_a_list_of_sequenced_samples_who_was_sequenced_and_more_counts(study: Path) -> None:
    (study / LIST).write_text("stable_id: syn_2020_cnaseq\ncase_list_ids: P-1-T01-IM3\tP-2-T01-IM5")
    assert stated(parse(study, STUDY), "sequenced_list") == [("P-1-T01-IM3", None), ("P-2-T01-IM5", None)]


def test_a_list_of_another_study_is_noted_and_not_used(study: Path) -> None:
    path = study / LIST
    path.write_text(
        path.read_text().replace("cancer_study_identifier: syn_2020", "cancer_study_identifier: other")
    )
    tables = parse(study, STUDY)
    assert stated(tables, "sequenced_list") == []
    assert ("foreign_list", "other") in notes(tables)
    assert listed(tables, "case_lists", "list_id") == ["syn_2020_all"] * 3


def test_samples_in_the_head_of_the_maf_are_sequenced_beside_those_of_the_list(study: Path) -> None:
    (study / LIST).write_text("stable_id: syn_2020_sequenced\ncase_list_ids: P-1-T01-IM3")
    path = study / "data_calls.txt"
    path.write_text("#sequenced_samples: P-1-T01-IM3 P-2-T01-IM5\n" + path.read_text())
    tables = parse(study, STUDY)
    assert stated(tables, "sequenced_list") == [("P-1-T01-IM3", None)]
    assert stated(tables, "maf_head") == [("P-1-T01-IM3", None), ("P-2-T01-IM5", None)]


def test_without_matrix_list_and_head_nobody_counts_as_profiled_and_that_is_said(study: Path) -> None:
    shutil.rmtree(study / "case_lists")
    tables = parse(study, STUDY)
    assert tables["profiled_samples"].num_rows == 0
    assert ("nobody_profiled", None) in notes(tables)


@pytest.mark.parametrize("has_meta", [True, False])
def test_a_study_without_its_mutation_table_profiles_nobody_whatever_its_lists_say(
    study: Path, has_meta: bool
) -> None:
    (study / "data_calls.txt").unlink()
    if not has_meta:
        (study / "meta_mutations.txt").unlink()
    tables = parse(study, STUDY)
    assert tables["profiled_samples"].num_rows == 0
    assert ("nobody_profiled", "data_calls.txt" if has_meta else None) in notes(tables)


def test_its_lists_count_when_another_file_of_the_cohort_has_the_calls(study: Path) -> None:
    (study / "data_calls.txt").unlink()
    calls = {"id": "m", "address": "https://files.example/calls.maf", "kind": "mutations", "sample_id": "S"}
    entry = {"id": "f", "address": "https://files.example/synthetic.tsv"} | STUDY
    assert len(stated(parse(study, STUDY, files=[entry, calls]), "sequenced_list")) == 3


# ---- panels ---------------------------------------------------------------------------------------------


def test_every_row_of_the_matrix_about_a_sequenced_sample_is_a_statement_also_without_a_panel() -> None:
    tables = parse("syn_old_2014", STUDY)
    assert stated(tables, "matrix") == [("A-1", "IMPACT341"), ("B-1", None), ("B-2", "WES")]


def test_a_sample_without_a_panel_in_the_matrix_and_on_no_list_was_not_sequenced(study: Path) -> None:
    shutil.rmtree(study / "case_lists")
    write_matrix(study, "SAMPLE_ID\tmutations\nP-1-T01-IM3\tSYNPANEL\nP-2-T01-IM5\tNA\nP-2-T02-IM6\t\n")
    assert stated(parse(study, STUDY), "matrix", "sequenced_list") == [("P-1-T01-IM3", "SYNPANEL")]


def test_a_matrix_that_does_not_speak_of_mutations_leaves_that_to_lists_and_meta_file(study: Path) -> None:
    write_matrix(study, "SAMPLE_ID\tgistic\nP-1-T01-IM3\tIMPACT410\n")
    tables = parse(study, STUDY)
    assert stated(tables, "matrix") == [] and len(stated(tables, "sequenced_list")) == 3
    assert ("absent_column", "mutations") in notes(tables)


def test_matrix_and_list_that_disagree_about_who_was_sequenced_are_noted(study: Path) -> None:
    (study / LIST).write_text("stable_id: syn_2020_sequenced\ncase_list_ids: P-1-T01-IM3\tP-2-T02-IM6")
    write_matrix(study, "SAMPLE_ID\tmutations\nP-1-T01-IM3\tSYNPANEL\nP-2-T01-IM5\tSYNPANEL\n")
    found = [value for rule, value in notes(parse(study, STUDY)) if rule == "lists_disagree"]
    assert found == ["P-2-T01-IM5", "P-2-T02-IM6"], "with a panel and on no list; on the list and in no row"


def test_a_sample_with_two_panels_in_the_matrix_is_noted_and_keeps_both_statements(study: Path) -> None:
    write_matrix(
        study, "SAMPLE_ID\tmutations\nP-1-T01-IM3\tSYNPANEL\nP-1-T01-IM3\tIMPACT410\nP-2-T01-IM5\tSYNPANEL\n"
    )
    tables = parse(study, STUDY)
    assert [p for s, p in stated(tables, "matrix") if s == "P-1-T01-IM3"] == ["SYNPANEL", "IMPACT410"]
    assert ("panels_disagree", "P-1-T01-IM3") in notes(tables)


def test_the_panel_of_the_meta_file_is_said_of_every_sequenced_sample_with_the_line_that_says_so(
    study: Path,
) -> None:
    append(study / "meta_mutations.txt", "\ngene_panel: IMPACT505\n")
    tables = parse(study, STUDY)
    assert stated(tables, "meta") == [(sample, "IMPACT505") for sample in SAMPLES]
    rows = listed(tables, "profiled_samples", "stated_by", "source_row")
    assert {row for place, row in rows if place == "meta"} == {6}


def test_a_column_that_names_another_panel_than_the_meta_file_is_noted_once_a_pair(study: Path) -> None:
    append(study / "meta_mutations.txt", "\ngene_panel: IMPACT410\n")
    found = [value for rule, value in notes(parse(study, STUDY)) if rule == "panels_disagree"]
    assert found == ["IMPACT468 for IMPACT410, 1 samples"]


# ---- identifiers that must meet -------------------------------------------------------------------------


def rename_calls(study: Path, name: str) -> None:
    path = study / "data_calls.txt"
    path.write_text(path.read_text().replace("P-1-T01-IM3", name))


def test_calls_of_which_no_sample_is_in_the_sample_file_refuse_the_study_with_a_remedy(study: Path) -> None:
    rename_calls(study, "P-1-T01-IM3-01A-11D")
    with pytest.raises(
        NothingMeetsError, match=r"none of the 1 samples with a call of cohort 'syn'.*sample_id: "
    ):
        parse(study, STUDY)


def test_the_remedy_makes_them_meet_in_table_list_and_matrix(study: Path) -> None:
    rename_calls(study, "P-1-T01-IM3-01A-11D")
    write_matrix(study, "SAMPLE_ID\tmutations\nP-1-T01-IM3-01B\tSYNPANEL\n")
    (study / LIST).write_text("stable_id: syn_2020_sequenced\ncase_list_ids: P-1-T01-IM3-01C\tP-2-T01-IM5")
    rule = {"column": "SAMPLE_ID", "pattern": "^([^-]+-[^-]+-[^-]+-IM[0-9])"}
    tables = parse(study, STUDY | {"sample_id": rule})
    assert listed(tables, "mutations", "sample_id") == ["P-1-T01-IM3"]
    assert stated(tables, "matrix") == [("P-1-T01-IM3", "SYNPANEL")]
    assert stated(tables, "sequenced_list") == [("P-1-T01-IM3", None), ("P-2-T01-IM5", None)]


def test_a_list_of_which_less_than_half_is_in_the_sample_file_refuses_the_study(study: Path) -> None:
    (study / LIST).write_text("stable_id: syn_2020_sequenced\ncase_list_ids: P-1-T01-IM3\tX1\tX2")
    with pytest.raises(NothingMeetsError, match=r"only 1 of the 3 sequenced samples.*\(X1, X2 against P-1"):
        parse(study, STUDY)


def test_one_strange_sample_among_several_does_not(study: Path) -> None:
    append(study / LIST, "\tX1")
    assert ("X1", None) in stated(parse(study, STUDY), "sequenced_list")


def test_a_sample_file_with_samples_in_place_of_patients_refuses_the_study(study: Path) -> None:
    path = study / "data_clinical_sample.txt"
    path.write_text(path.read_text().replace("P-1\tP-1", "P-1-T01\tP-1").replace("P-2\tP-2", "P-2-T01\tP-2"))
    with pytest.raises(NothingMeetsError, match=r"none of the 2 patients of the sample file.*patient_id: "):
        parse(study, STUDY)
    rule = {"column": "PATIENT_ID", "pattern": "^([^-]+-[^-]+)"}
    patients = set(listed(parse(study, STUDY | {"patient_id": rule}), "clinical_values", "patient_id"))
    assert patients == {"P-1", "P-2"}


def test_rows_that_another_cohort_keeps_count_as_known_samples(study: Path) -> None:
    tables = parse(study, STUDY | {"keep_rows": {"SHOE_SIZE": ["44"]}})
    assert listed(tables, "mutations", "sample_id") == ["P-1-T01-IM3"], "its clinical row is not kept here"


def test_tcga_barcodes_are_cut_to_the_sample_as_the_portal_does(study: Path) -> None:
    for path in (study / "data_clinical_sample.txt", study / LIST):
        path.write_text(path.read_text().replace("P-1-T01-IM3", "TCGA-AB-1234-01"))
    rename_calls(study, "TCGA-AB-1234-01A-11D-0001-08")
    assert listed(parse(study, STUDY), "mutations", "sample_id") == ["TCGA-AB-1234-01"]
