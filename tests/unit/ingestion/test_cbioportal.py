"""cBioPortal studies: what each member is, what is absent, who was profiled, and which columns map by themselves."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from parsing_help import ATTRIBUTES, FIXTURES, cell, listed, make_catalog, make_cohort, parse

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.tables import catalog_tables
from ingestion.errors import NotTheExpectedFileError, ParseError
from ingestion.studies.cbioportal import load_study, mapping_report, study_layout, unread_files

STUDY = {"kind": "cbioportal_study"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the synthetic study that a test may change."""
    folder = tmp_path / "syn_2020"
    shutil.copytree(FIXTURES / "syn_2020", folder)
    return folder


def packed(folder: Path, target: Path, top: str = "syn_2020/") -> Path:
    with tarfile.open(target, "w:gz") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                tar.add(path, f"{top}{path.relative_to(folder)}")
        junk = tarfile.TarInfo(f"{top}._meta_study.txt")
        junk.size = 4
        tar.addfile(junk, io.BytesIO(b"\x00\x05\x16\x07"))
    return target


def facts(tables: dict[str, Any]) -> dict[str, Any]:
    return {
        "clinical": listed(
            tables, "clinical_values", "source_row", "level", "patient_id", "column_name", "value"
        ),
        "mutations": listed(tables, "mutations", "source_row", "sample_id", "hugo_symbol"),
        "copy_number": listed(tables, "copy_number", "source_row", "sample_id", "hugo_symbol", "value"),
        "profiled": listed(tables, "profiled_samples", "sample_id", "panel_id", "stated_by"),
        "panels": listed(tables, "gene_panels", "panel_id", "hugo_symbol"),
    }


def test_a_folder_and_a_tarball_are_the_same_study(study: Path, tmp_path: Path) -> None:
    expected = facts(parse(study, STUDY))
    assert len(expected["clinical"]) > 10
    assert facts(parse(packed(study, tmp_path / "s.tar.gz"), STUDY)) == expected
    assert facts(parse(packed(study, tmp_path / "t.tar.gz", top="./"), STUDY)) == expected


def test_meta_files_decide_which_data_file_is_what(study: Path) -> None:
    found = facts(parse(study, STUDY))
    assert found["mutations"] == [(3, "P-1-T01-IM3", "ALK")], "data_calls.txt is no standard name"
    assert found["copy_number"] == [(3, "P-1-T01-IM3", "CDKN2A", "-2"), (2, "P-2-T01-IM5", "ALK", "2")]
    assert found["panels"] == [("SYNPANEL", "ALK"), ("SYNPANEL", "TP53")]


def test_data_files_without_meta_files_are_read_by_their_standard_names() -> None:
    tables = parse("syn_old_2014", STUDY)
    assert cell(tables, "A", "SEX") == ("F", "F")
    row = tables["mutations"].to_pylist()[0]
    assert (row["hugo_symbol"], row["start_position"], row["hgvsp_short"]) == ("BRAF", "140453136", "p.V600E")


def test_clinical_rows_carry_their_level_and_both_identifiers(study: Path) -> None:
    tables = parse(study, STUDY)
    samples = {
        (level, patient, sample)
        for level, patient, sample in listed(tables, "clinical_values", "level", "patient_id", "sample_id")
    }
    assert ("patient", "P-2", None) in samples and ("sample", "P-2", "P-2-T02-IM6") in samples


def test_names_are_compared_in_capitals(study: Path) -> None:
    path = study / "data_clinical_patient.txt"
    path.write_text(path.read_text().replace("OS_MONTHS", "Os_Months"))
    maps = catalog_tables(make_catalog(make_cohort(STUDY)))
    assert cell(parse(study, STUDY), "P-2", "OS_MONTHS") == ("12.5", "12.5")
    assert "OS_MONTHS" in listed(maps, "column_maps", "column_name")


def test_the_sample_column_of_a_studys_mutations_is_known_in_both_spellings_and_named_where_it_is_absent(
    study: Path,
) -> None:
    expected = facts(parse(study, STUDY))["mutations"]
    table = next(path for path in study.iterdir() if b"Tumor_Sample_Barcode" in path.read_bytes())
    text = table.read_text()
    for spelling in ("Tumor Sample Barcode", "tumor.sample.barcode"):
        table.write_text(text.replace("Tumor_Sample_Barcode", spelling, 1))
        assert facts(parse(study, STUDY))["mutations"] == expected
    table.write_text(text.replace("Tumor_Sample_Barcode", "whose", 1))
    with pytest.raises(ParseError, match="no column 'Tumor_Sample_Barcode'"):
        parse(study, STUDY)


def test_the_entrys_own_columns_overlay_the_automatic_ones() -> None:
    file = STUDY | {
        "columns": {
            "os_status": {"attribute": "OS_STATUS", "words": {"1:DECEASED": "event"}},
            "SHOE_SIZE": {"attribute": "PLOIDY"},
        }
    }
    maps = catalog_tables(make_catalog(make_cohort(file)))
    by_column = dict(listed(maps, "column_maps", "column_name", "attribute"))
    assert by_column["SHOE_SIZE"] == "PLOIDY" and by_column["GENDER"] == "SEX"
    assert len(by_column) == len(listed(maps, "column_maps", "column_name")), "no column twice"
    assert listed(maps, "word_maps", "column_name", "word", "value") == [("OS_STATUS", "1:DECEASED", "event")]


def test_a_declared_column_in_neither_clinical_file_is_an_error(study: Path) -> None:
    with pytest.raises(ParseError, match=r"no column 'HAIR', which the catalogue names under files\.f"):
        parse(study, STUDY | {"columns": {"HAIR": "SEX"}})


def test_constants_go_to_the_rows_of_their_own_level(study: Path) -> None:
    tables = parse(study, STUDY | {"constants": {"DRUG_CLASS": "CTLA-4", "TUMOR_PURITY": "1"}})
    rows = listed(tables, "clinical_values", "column_name", "level")
    assert {r for r in rows if r[0].startswith("constant:")} == {
        ("constant:DRUG_CLASS", "patient"), ("constant:TUMOR_PURITY", "sample"),
    }  # fmt: skip


def test_private_columns_of_a_study_stay_out(study: Path) -> None:
    tables = parse(study, STUDY | {"private": ["SHOE_SIZE"]})
    assert "SHOE_SIZE" not in listed(tables, "clinical_values", "column_name")


# ---- what is absent -------------------------------------------------------------------------------------


def test_a_meta_file_that_names_an_absent_file_is_a_warning(study: Path) -> None:
    (study / "data_CNA.txt").unlink()
    tables = parse(study, STUDY)
    assert listed(tables, "rejected_rows", "rule_id", "value", "source_row") == [
        ("absent_file", "data_CNA.txt", 5)
    ]
    assert facts(tables)["mutations"], "the rest of the study is read"


@pytest.mark.parametrize(("role", "has_meta"), [("patient", True), ("sample", True), ("sample", False)])
def test_an_absent_clinical_file_is_an_error_that_names_study_file_and_remedy(
    study: Path, role: str, has_meta: bool
) -> None:
    (study / f"data_clinical_{role}.txt").unlink()
    if not has_meta:
        (study / f"meta_clinical_{role}.txt").unlink()
    message = rf"study 'syn_2020' holds no clinical {role} file data_clinical_{role}\.txt.*; fetch the study"
    with pytest.raises(ParseError, match=message):
        parse(study, STUDY)


def test_a_study_needs_no_patient_file_and_its_sample_file_then_speaks_of_patients(study: Path) -> None:
    for name in ("data_clinical_patient.txt", "meta_clinical_patient.txt"):
        (study / name).unlink()
    path = study / "data_clinical_sample.txt"
    path.write_text(path.read_text().replace("SHOE_SIZE", "OS_MONTHS"))
    tables = parse(study, STUDY | {"constants": {"DRUG_CLASS": "PD-1/PD-L1"}})
    values = listed(tables, "clinical_values", "patient_id", "column_name", "value")
    assert ("P-1", "OS_MONTHS", "39") in values and ("P-2", "OS_MONTHS", "44") in values
    assert {v for v in values if v[1] == "constant:DRUG_CLASS"} == {
        ("P-1", "constant:DRUG_CLASS", "PD-1/PD-L1"), ("P-2", "constant:DRUG_CLASS", "PD-1/PD-L1"),
    }  # fmt: skip
    report = mapping_report(load_study(study, "s"), Catalog(attributes=ATTRIBUTES, cohorts=()))
    assert {c.level for c in report.mapped} == {"sample"}


def test_a_study_of_before_2016_has_patients_and_samples_in_one_table(study: Path) -> None:
    for name in ("data_clinical_patient.txt", "meta_clinical_patient.txt", "meta_clinical_sample.txt"):
        (study / name).unlink()
    (study / "data_clinical_sample.txt").rename(study / "data_clinical.txt")
    assert ("sample", "P-2", "P-2-T02-IM6") in listed(
        parse(study, STUDY), "clinical_values", "level", "patient_id", "sample_id"
    )


# ---- what a meta file says comes before a name ----------------------------------------------------------


def test_a_file_that_a_meta_file_calls_something_else_is_not_taken_for_its_name(study: Path) -> None:
    meta = study / "meta_cna.txt"
    meta.write_text(meta.read_text().replace("DISCRETE", "LOG2-VALUE"))
    assert facts(parse(study, STUDY))["copy_number"] == [], "data_CNA.txt holds log2 values here"


def test_a_meta_file_may_have_any_name_with_that_word_and_its_data_any_folder(study: Path) -> None:
    (study / "meta_mutations.txt").rename(study / "syn_2020_meta_calls.txt")
    (study / "calls").mkdir()
    (study / "data_calls.txt").rename(study / "calls" / "data_calls.txt")
    assert facts(parse(study, STUDY))["mutations"] == [(3, "P-1-T01-IM3", "ALK")]


def test_a_table_that_its_meta_file_calls_long_is_not_read_as_a_wide_one(study: Path) -> None:
    meta = study / "meta_cna.txt"
    meta.write_text(meta.read_text().replace("DISCRETE", "DISCRETE_LONG"))
    with pytest.raises(
        ParseError, match=r"data_CNA\.txt.*long .* without a column for the sample.*Sample_Id"
    ):
        parse(study, STUDY)


def test_what_a_study_holds_that_is_not_read_is_known_from_its_meta_files(study: Path) -> None:
    common = "cancer_study_identifier: syn_2020\n"
    (study / "meta_sv.txt").write_text(
        common + "genetic_alteration_type: STRUCTURAL_VARIANT\ndatatype: SV\ndata_filename: data_sv.txt"
    )
    (study / "meta_timeline.txt").write_text(
        common + "genetic_alteration_type: CLINICAL\ndatatype: TIMELINE\ndata_filename: data_timeline.txt"
    )
    (study / "meta_new.txt").write_text(
        common + "genetic_alteration_type: NEW_THING\ndatatype: Z\ndata_filename: n.txt"
    )
    (study / "data_odd.txt").write_text("x")
    members = {str(p.relative_to(study)): p.read_bytes() for p in study.rglob("*") if p.is_file()}
    assert [(f.member, f.holds) for f in unread_files(members, "s")] == [
        ("data_log2_cna.txt", "log2 copy number"),
        ("n.txt", "NEW_THING Z"),
        ("data_odd.txt", "no meta file says what it is"),
    ]


def test_a_pointer_in_place_of_a_data_file_is_an_error(study: Path) -> None:
    (study / "data_calls.txt").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    )
    with pytest.raises(NotTheExpectedFileError, match=r"data_calls\.txt.*Git LFS pointer"):
        parse(study, STUDY)


def test_a_folder_that_is_no_study_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(ParseError, match="this is no cBioPortal study"):
        parse(tmp_path, STUDY)


def test_large_tables_that_are_not_used_are_not_read_from_the_archive(study: Path, tmp_path: Path) -> None:
    members = load_study(packed(study, tmp_path / "s.tar.gz"), "s.tar.gz")
    assert "syn_2020/data_log2_cna.txt" not in members and "syn_2020/data_calls.txt" in members


def test_the_layout_names_study_and_roles(study: Path) -> None:
    layout = study_layout(load_study(study, "s"), "s")
    assert layout.study_id == "syn_2020"
    assert [f.member for f in layout.of_role("mutations")] == ["data_calls.txt"]


# ---- what maps by itself --------------------------------------------------------------------------------


def test_the_mapping_report_says_which_columns_map_and_which_do_not(study: Path) -> None:
    report = mapping_report(load_study(study, "s"), Catalog(attributes=ATTRIBUTES, cohorts=()))
    assert [(c.level, c.column, c.attribute, c.n_filled) for c in report.mapped] == [
        ("patient", "SEX", "SEX", 2),
        ("patient", "OS_MONTHS", "OS_TIME", 2),
        ("patient", "OS_STATUS", "OS_STATUS", 2),
        ("sample", "GENE_PANEL", "GENE_PANEL", 2),
        ("sample", "CANCER_TYPE", "CANCER_TYPE", 3),
    ]
    assert [(c.column, c.n_filled) for c in report.unmapped] == [("SHOE_SIZE", 2)]
    assert report.study_id == "syn_2020"
