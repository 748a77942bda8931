"""Timelines and structural variants of studies as cBioPortal's File-Formats have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.catalog.columns import Pick, TableFormat
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError
from ingestion.parsing.structural_variants import parse_structural_variants
from ingestion.parsing.timelines import parse_timeline
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.studies.study_files import study_layout

REF = SourceRef("c", "study", "https://example.org/s.tar.gz", "data_timeline.txt")
FILE = SourceFile(id="study", address="https://example.org/s.tar.gz", kind="cbioportal_study",
                  format=TableFormat(comment="#"))  # fmt: skip
PATIENT, SAMPLE = Pick(columns=("PATIENT_ID",)), Pick(columns=("SAMPLE_ID",))


def timeline(text: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    out = RawTables()
    parse_timeline(text.encode(), REF, FILE, PATIENT, out)
    tables = out.tables(["timeline_events", "rejected_rows"])
    return tables["timeline_events"].to_pylist(), tables["rejected_rows"].to_pylist()


def variants(text: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    out = RawTables()
    parse_structural_variants(text.encode(), REF, FILE, SAMPLE, out)
    tables = out.tables(["structural_variants", "rejected_rows"])
    return tables["structural_variants"].to_pylist(), tables["rejected_rows"].to_pylist()


def test_an_event_keeps_its_days_and_every_other_filled_cell() -> None:
    rows, rejected = timeline(
        "PATIENT_ID\tSTART_DATE\tSTOP_DATE\tEVENT_TYPE\tAGENT\tSUBTYPE\tNOTE\n"
        "P1\t-12\t80\tTREATMENT\tPEMBROLIZUMAB\tImmuno\tNA\n"
        "P1\t3\t\tSTATUS\t\t\tseen\n"
    )
    assert rejected == []
    assert [
        (r["patient_id"], r["start_day"], r["stop_day"], r["event_type"], r["agent"], r["details"])
        for r in rows
    ] == [
        ("P1", "-12", "80", "TREATMENT", "PEMBROLIZUMAB", "SUBTYPE=Immuno"),
        ("P1", "3", None, "STATUS", None, "NOTE=seen"),
    ]
    assert [r["source_row"] for r in rows] == [2, 3]


def test_a_calendar_date_in_a_timeline_is_never_stored() -> None:
    rows, rejected = timeline(
        "PATIENT_ID\tSTART_DATE\tEVENT_TYPE\tNOTE\nP1\t2019-03-04\tSURGERY\tseen on 2019-03-04\n"
    )
    assert rows[0]["start_day"] is None and rows[0]["details"] is None
    assert [r["rule_id"] for r in rejected] == ["private_date", "private_date"]
    assert "2019" not in str(rows) + str(rejected)


def test_a_row_without_a_patient_is_lost_by_name_and_a_table_without_days_is_refused() -> None:
    rows, rejected = timeline("PATIENT_ID\tSTART_DATE\tEVENT_TYPE\n\t5\tSTATUS\nP2\t6\tSTATUS\n")
    assert [r["patient_id"] for r in rows] == ["P2"]
    assert [(r["source_row"], r["rule_id"], r["is_lost"]) for r in rejected] == [(2, "missing_key", "true")]
    with pytest.raises(ParseError, match="no column 'START_DATE'"):
        timeline("PATIENT_ID\tEVENT_TYPE\nP1\tSTATUS\n")


def test_a_structural_variant_has_a_gene_at_each_site_and_a_fusion_a_row_for_each_gene() -> None:
    rows, rejected = variants(
        "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite1_Position\tSite2_Hugo_Symbol\tSite2_Effect_On_Frame\tClass\t"
        "Event_Info\nS1\tSOMATIC\tEML4\t42522656\tALK\tIn_frame\tINVERSION\tEML4-ALK\nNA\tSOMATIC\tA\t1\tB\t\t\t\n"
    )
    assert [
        (r["sample_id"], r["site1_hugo_symbol"], r["site2_hugo_symbol"], r["event_info"]) for r in rows
    ] == [("S1", "EML4", "ALK", "EML4-ALK")]
    assert [(r["source_row"], r["rule_id"]) for r in rejected] == [(3, "missing_key")]
    rows, _ = variants(
        "Hugo_Symbol\tEntrez_Gene_Id\tCenter\tTumor_Sample_Barcode\tFusion\tDNA_support\tFrame\n"
        "ALK\t238\tx\tS1\tEML4-ALK fusion\tyes\tin frame\nEML4\t27436\tx\tS1\tEML4-ALK fusion\tyes\tin frame\n"
    )
    assert [(r["site1_hugo_symbol"], r["event_info"], r["dna_support"]) for r in rows] == [
        ("ALK", "EML4-ALK fusion", "yes"), ("EML4", "EML4-ALK fusion", "yes")]  # fmt: skip


def test_a_table_of_structural_variants_without_a_gene_is_refused() -> None:
    with pytest.raises(ParseError, match="no column names a gene"):
        variants("Sample_Id\tSV_Status\nS1\tSOMATIC\n")


def test_files_with_the_portals_names_are_found_without_meta_files_all_timelines_and_one_table_of_variants() -> (
    None
):
    names = (
        "data_timeline_labtest.txt",
        "data_timeline.txt",
        "data_fusions.txt",
        "data_sv.txt",
        "data_clinical_sample.txt",
    )
    layout = study_layout({f"s/{name}": b"x" for name in names}, "s")
    assert [Path(f.member).name for f in layout.of_role("timeline")] == [
        "data_timeline.txt",
        "data_timeline_labtest.txt",
    ]
    assert [Path(f.member).name for f in layout.of_role("structural_variants")] == ["data_sv.txt"]
