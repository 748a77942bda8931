"""Mutation, copy-number and segment tables, case lists and gene panels as the catalogue declares them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parsing_help import UNSTATED_CLASS, listed, parse

from ingestion.catalog.source_files import MUTATION_COLUMNS
from ingestion.errors import ParseError
from ingestion.parsing.mutation_tables import MAF_SYNONYMS, UNREADABLE_LINE, is_gene_made_date

MAF = {"kind": "mutations", "sample_id": "Tumor_Sample_Barcode"} | UNSTATED_CLASS


def parse_text(tmp_path: Path, text: str, file: dict[str, Any]) -> dict[str, Any]:
    path = tmp_path / "table.tsv"
    path.write_text(text)
    return parse(path, file)


def test_every_maf_column_has_its_standard_name() -> None:
    assert set(MAF_SYNONYMS) == set(MUTATION_COLUMNS)


def test_both_namings_of_maf_columns_are_known_without_declaration() -> None:
    row = parse("other_maf.txt", MAF)["mutations"].to_pylist()[0]
    assert (row["start_position"], row["end_position"], row["hgvsp_short"]) == (
        "140453136",
        "140453136",
        "p.V600E",
    )
    assert parse("version.maf", MAF)["mutations"].to_pylist()[0]["hgvsp_short"] == "p.F1174L"


def test_names_with_blanks_are_the_same_columns(tmp_path: Path) -> None:
    text = "Patient\tHugo Symbol\tVariant Classification\nP1\tALK\tSilent\n"
    row = parse_text(tmp_path, text, {"kind": "mutations", "sample_id": "Patient"})["mutations"].to_pylist()[
        0
    ]
    assert (row["hugo_symbol"], row["variant_classification"]) == ("ALK", "Silent")


def test_a_better_synonym_fills_first_and_a_lesser_one_where_it_is_empty(tmp_path: Path) -> None:
    text = (
        "Hugo_Symbol\tProtein_Change\tHGVSp_Short\tTumor_Sample_Barcode\nA\tp.old\tp.new\tS\nB\tp.only\t\tS\n"
    )
    assert listed(parse_text(tmp_path, text, MAF), "mutations", "hgvsp_short") == ["p.new", "p.only"]


def test_a_declared_pick_wins_over_the_standard_name(tmp_path: Path) -> None:
    text = "Hugo_Symbol\tgene2\tchange\tTumor_Sample_Barcode\nA\tB\tC>T\tS\n"
    picks = {
        "hugo_symbol": "gene2",
        "reference_allele": {"column": "change", "pattern": "^(.)>"},
        "tumor_seq_allele2": {"column": "change", "pattern": ">(.)$"},
    }
    row = parse_text(tmp_path, text, MAF | {"mutation_columns": picks})["mutations"].to_pylist()[0]
    assert (row["hugo_symbol"], row["reference_allele"], row["tumor_seq_allele2"]) == ("B", "C", "T")


def test_constants_fill_columns_that_the_table_does_not_have_or_leaves_empty(tmp_path: Path) -> None:
    text = "Hugo_Symbol\tNCBI_Build\tTumor_Sample_Barcode\nA\thg18\tS\nB\t\tS\n"
    constants = {"ncbi_build": "GRCh37", "variant_type": "SNP"}
    file = MAF | {"mutation_constants": UNSTATED_CLASS["mutation_constants"] | constants}
    found = parse_text(tmp_path, text, file)
    assert listed(found, "mutations", "ncbi_build", "variant_type") == [("hg18", "SNP"), ("GRCh37", "SNP")]


def test_missing_words_are_null_and_a_dash_allele_is_not_a_missing_word(tmp_path: Path) -> None:
    text = "Hugo_Symbol\tReference_Allele\tTumor_Seq_Allele2\tTumor_Sample_Barcode\nNA\tNA\t-\tS\n"
    row = parse_text(tmp_path, text, MAF)["mutations"].to_pylist()[0]
    assert (row["hugo_symbol"], row["reference_allele"], row["tumor_seq_allele2"]) == (None, None, "-")


def test_keep_rows_takes_one_study_of_a_shared_table(tmp_path: Path) -> None:
    text = "Study\tHugo_Symbol\tTumor_Sample_Barcode\nX\tA\tS1\nY\tB\tS2\n"
    found = parse_text(tmp_path, text, MAF | {"keep_rows": {"Study": ["Y"]}})
    assert listed(found, "mutations", "hugo_symbol", "source_row") == [("B", 3)]


def test_a_table_that_lists_the_profiled_names_each_sample_once_with_its_first_line(tmp_path: Path) -> None:
    text = "Hugo_Symbol\tTumor_Sample_Barcode\nA\tS1\nB\tS2\nC\tS1\n"
    found = parse_text(tmp_path, text, MAF | {"lists_profiled": True})
    assert listed(found, "profiled_samples", "sample_id", "source_row", "panel_id") == [
        ("S1", 2, None), ("S2", 3, None),
    ]  # fmt: skip


def test_the_samples_that_the_head_of_a_maf_names_are_sequenced_by_the_entrys_own_rule(
    tmp_path: Path,
) -> None:
    text = (
        "#version 2.4\n#Sequenced_Samples: S-1-A S-2-A\tS-3-A\n"
        "Hugo_Symbol\tTumor_Sample_Barcode\nALK\tS-1-A\n"
    )
    file = MAF | {"sample_id": {"column": "Tumor_Sample_Barcode", "pattern": "^(S-[0-9])"}}
    found = parse_text(tmp_path, text, file | {"format": {"comment": "#"}})
    assert listed(found, "profiled_samples", "sample_id", "source_row", "stated_by") == [
        ("S-1", 2, "maf_head"), ("S-2", 2, "maf_head"), ("S-3", 2, "maf_head"),
    ]  # fmt: skip


def test_without_that_word_a_mutation_table_says_nothing_about_who_was_profiled() -> None:
    assert listed(parse("other_maf.txt", MAF), "profiled_samples", "sample_id") == []


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"sample_id": "Sample"}, r"no column 'Sample', which the catalogue names under files\.f\.sample_id"),
        (
            MAF | {"mutation_columns": {"filter": "FLT"}},
            r"no column 'FLT'.*mutation_columns\.filter; the file has: H",
        ),
        (
            MAF | {"format": {"delimiter": ","}},
            r"no column 'Tumor_Sample_Barcode'.*correct the column name, the delim",
        ),
    ],
)
def test_a_declared_column_that_is_not_there_is_an_error_with_all_columns_listed(
    file: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParseError, match=message):
        parse("version.maf", {"kind": "mutations"} | file)


def test_a_table_that_names_no_gene_position_or_change_is_no_mutation_table(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"no column names a gene, position or protein change"):
        parse_text(tmp_path, "Tumor_Sample_Barcode\tx\nS\t1\n", MAF)


@pytest.mark.parametrize(
    "symbol",
    ["14-sept", "01-mars", "6-Sep", "2-Mar", "Sep-02", "1-Dec", "2006-09-02", "2006-09-02 00:00:00", "9/6/2006",
     "04-déc", "11-Mar", "15-sept."],
)  # fmt: skip
def test_what_spreadsheets_make_of_genes_is_recognised(symbol: str) -> None:
    assert is_gene_made_date(symbol)


@pytest.mark.parametrize(
    "symbol", ["SEPT2", "MARCH1", "DEC1", "HLA-A", "NKX2-1", "C1orf112", "HLA-DRB1", "MAR1"]
)
def test_real_symbols_are_no_dates(symbol: str) -> None:
    assert not is_gene_made_date(symbol)


def test_segments_are_read_with_decimal_commas_untouched() -> None:
    row = parse("segments.tsv", {"kind": "copy_number_segments"})["copy_number_segments"].to_pylist()[0]
    assert (row["sample_id"], row["chromosome"], row["n_probes"], row["segment_mean"]) == (
        "SYN1",
        "1",
        "50",
        "-0,25",
    )


def test_long_and_wide_copy_number_tables_give_the_same_calls(tmp_path: Path) -> None:
    wide = "Hugo_Symbol\tCytoband\tS1\tS2\nALK\t2p23\t0\t2\nCDKN2A\t9p21\t-2\tNA\n"
    long = "Hugo_Symbol\tSample_Id\tValue\nALK\tS1\t0\nALK\tS2\t2\nCDKN2A\tS1\t-2\nCDKN2A\tS2\tNA\n"
    columns = ("hugo_symbol", "sample_id", "value")
    tables = [parse_text(tmp_path, text, {"kind": "copy_number"}) for text in (wide, long)]
    calls = [sorted(listed(found, "copy_number", *columns)) for found in tables]
    assert calls[0] == calls[1] == [("ALK", "S2", "2"), ("CDKN2A", "S1", "-2")]


def test_panels_of_the_portal_keep_the_line_of_each_gene() -> None:
    found = parse("gene-panels.json", {"kind": "gene_panels"})
    assert listed(found, "gene_panels", "panel_id", "hugo_symbol", "entrez_gene_id", "source_row") == [
        ("SYNPANEL2", "ALK", "238", 7), ("SYNPANEL2", "TP53", "7157", 11),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [("[{", r"it is not JSON .*fetch the file again"), ('[{"a": 1}]', r"not a list of gene panels")],
)
def test_something_else_in_place_of_the_panels_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse_text(tmp_path, text, {"kind": "gene_panels"})


def test_a_case_list_names_its_samples_once_and_keeps_its_category(tmp_path: Path) -> None:
    text = "stable_id: s_all\ncase_list_category: all_cases_in_study\ncase_list_ids: A-1\tB-1\tA-1\t\n"
    found = parse_text(tmp_path, text, {"kind": "case_list"})
    assert listed(found, "case_lists", "list_id", "list_category", "sample_id", "source_row") == [
        ("s_all", "all_cases_in_study", "A-1", 3), ("s_all", "all_cases_in_study", "B-1", 3),
    ]  # fmt: skip
    assert listed(found, "profiled_samples", "sample_id") == []


def test_what_an_identifier_says_of_its_sample_is_a_value_of_the_clinical_table(tmp_path: Path) -> None:
    text = "stable_id: s_all\ncase_list_ids: TCGA-AA-0001-06\tTCGA-AA-0002-01\n"
    declared = {
        "kind": "case_list",
        "patient_id": {"column": "case_list_ids", "pattern": "^(TCGA-..-....)"},
        "columns": {
            "case_list_ids": {
                "attribute": "SAMPLE_TYPE",
                "pattern": "-(\\d\\d)$",
                "words": {"06": "Metastasis"},
            }
        },
    }
    found = parse_text(tmp_path, text, declared)
    assert listed(
        found, "clinical_values", "patient_id", "sample_id", "column_name", "value", "source_row"
    ) == [
        ("TCGA-AA-0001", "TCGA-AA-0001-06", "case_list_ids", "TCGA-AA-0001-06", 2),
        ("TCGA-AA-0002", "TCGA-AA-0002-01", "case_list_ids", "TCGA-AA-0002-01", 2),
    ]


def test_a_file_that_is_no_case_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="it is no case list, it has no 'stable_id:' line"):
        parse_text(tmp_path, "a\tb\n1\t2\n", {"kind": "case_list"})


def test_a_table_without_a_class_column_is_refused_with_what_to_write(tmp_path: Path) -> None:
    """Its rows could not be told from silent ones: everybody would be wild-type for every gene."""
    text = "Hugo_Symbol\tTumor_Sample_Barcode\nTP53\tS\n"
    with pytest.raises(
        ParseError, match=r"no column says what class .*mutation_constants: \{variant_classification"
    ):
        parse_text(tmp_path, text, {"kind": "mutations", "sample_id": "Tumor_Sample_Barcode"})


def test_status_and_both_tumour_alleles_are_read(tmp_path: Path) -> None:
    text = (
        "Hugo_Symbol\tTumor_Sample_Barcode\tVariant_Classification\tTumor_Seq_Allele1\tTumor_Seq_Allele2\tMutation_Status\n"
        "ALK\tS\tMissense_Mutation\tT\tC\tGermline\n"
    )
    found = parse_text(tmp_path, text, {"kind": "mutations", "sample_id": "Tumor_Sample_Barcode"})
    columns = ("tumor_seq_allele1", "tumor_seq_allele2", "mutation_status")
    assert listed(found, "mutations", *columns) == [("T", "C", "Germline")]


def test_a_line_with_too_many_cells_stays_a_call_of_the_sample_that_it_names(tmp_path: Path) -> None:
    """Its gene cannot be told, so that its sample is wild-type for none."""
    text = (
        "Hugo_Symbol\tTumor_Sample_Barcode\tVariant_Classification\n"
        "ALK\tS1\tSilent\nTP53\tS2\tSilent\nKRAS\textra\tS1\tMissense_Mutation\nKRAS\tS9\textra\tSilent\n"
    )
    found = parse_text(tmp_path, text, {"kind": "mutations", "sample_id": "Tumor_Sample_Barcode"})
    rows = listed(found, "mutations", "sample_id", "hugo_symbol", "source_row")
    assert rows == [("S1", "ALK", 2), ("S2", "TP53", 3), ("S1", UNREADABLE_LINE, 4)]
    assert listed(found, "rejected_rows", "source_row", "rule_id") == [
        (4, "wrong_number_of_cells"), (5, "wrong_number_of_cells"),
    ]  # fmt: skip
