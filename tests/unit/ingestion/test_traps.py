"""One test, on a fixture of its own, for every trap of raw files that parsing has to survive.

Files, numbers, words, identifiers, mutations, samples, privacy: in this order. What a word means is dbt's; here
the source's own word must arrive unharmed, with the catalogue's rule beside it.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from parsing_help import (
    FIXTURES,
    UNSTATED_CLASS,
    all_text,
    cell,
    listed,
    make_catalog,
    make_cohort,
    parse,
    read,
    rows,
    rules,
)

from ingestion.raw_tables import catalog_tables

CLINICAL = {"kind": "clinical", "patient_id": "patient"}


# ---- files ----------------------------------------------------------------------------------------------


def test_trap_four_hash_lines_above_a_clinical_file() -> None:
    table = read("syn_2020/data_clinical_patient.txt", comment="#")
    assert table.columns == ("PATIENT_ID", "SEX", "OS_MONTHS", "OS_STATUS")
    assert table.rows() == [6, 7] and table.rejected == ()


def test_trap_version_line_above_a_maf_also_where_no_comment_is_declared() -> None:
    table = read("version.maf")
    assert table.columns[0] == "Hugo_Symbol" and table.rows() == [3, 4, 5, 6, 7]


def test_trap_newline_inside_a_header_cell() -> None:
    table = read("newline_in_header.tsv")
    assert table.columns == ("Patient", "Dead/Alive (Dead = True)", "Time to Death (weeks)", "Sex")
    assert [(r["Patient"], r["Dead/Alive (Dead = True)"], r["source_row"]) for r in rows(table)] == [
        ("SYN1", "VRAI", 4),
        ("SYN2", "FAUX", 5),
    ]


def test_trap_newline_in_a_header_can_be_written_either_way_in_the_catalogue() -> None:
    for name in ("Time to Death\n(weeks)", "Time to Death (weeks)"):
        columns = {name: {"attribute": "OS_TIME", "unit": "weeks"}}
        file = {"kind": "clinical", "patient_id": "Patient", "columns": columns}
        found = parse("newline_in_header.tsv", file)
        maps = catalog_tables(make_catalog(make_cohort(file)))
        assert cell(found, "SYN1", "Time to Death (weeks)") == ("12.5", "12.5")
        assert ("Time to Death (weeks)", "weeks") in listed(maps, "column_maps", "column_name", "unit")


@pytest.mark.parametrize("fast", [True, False])
def test_trap_crlf(fast: bool) -> None:
    assert [(r["patient"], r["OS"]) for r in rows(read("crlf.tsv", fast=fast))] == [
        ("SYN1", "10"),
        ("SYN2", "20"),
    ]


@pytest.mark.parametrize("fast", [True, False])
def test_trap_carriage_return_alone_ends_a_line(fast: bool) -> None:
    found = rows(read("cr_alone.csv", fast=fast))
    assert [(r["Patient"], r["Hugo Symbol"], r["source_row"]) for r in found] == [
        ("SYN1", "ALK", 2),
        ("SYN2", "TP53, mutant", 3),
    ]


@pytest.mark.parametrize("fast", [True, False])
def test_trap_line_ends_mixed_in_one_file(fast: bool) -> None:
    found = rows(read("mixed_line_ends.tsv", fast=fast))
    assert [(r["patient"], r["OS"], r["source_row"]) for r in found] == [
        ("SYN1", "10", 2), ("SYN2", "20", 3), ("SYN3", "30", 4),
    ]  # fmt: skip


@pytest.mark.parametrize("fast", [True, False])
def test_trap_byte_order_mark_is_not_part_of_the_first_name(fast: bool) -> None:
    assert read("bom.csv", fast=fast).columns == ("pair_id", "S1")


@pytest.mark.parametrize("fast", [True, False])
def test_trap_latin_1_bytes_in_a_utf_8_file_keep_the_row_and_are_noted(fast: bool) -> None:
    table = read("latin1.tsv", fast=fast)
    assert table.cells("site") == ["Aré", "Birt-Hogg-Dubé", "none"]
    assert rules(table) == [(3, "undecodable_bytes")]


def test_trap_stray_quotes_harm_only_their_own_cell() -> None:
    found = rows(read("stray_quotes.tsv"))
    assert [(r["patient"], r["size"], r["note"], r["source_row"]) for r in found] == [
        ("SYN1", '5" deep', "well, quoted", 2),
        ("SYN2", '"open', "x", 3),
        ("SYN3", "3", "two\nlines", 4),
        ("SYN4", '"a" b', None, 6),
    ]


def test_trap_no_newline_at_the_end_keeps_the_last_row() -> None:
    assert read("no_final_newline.tsv").cells("OS") == ["10", "20"]


def test_trap_footer_and_blank_rows_are_no_patients_and_are_reported() -> None:
    table = read("footer.tsv")
    assert table.cells("patient") == ["SYN1", "SYN2"]
    assert [(r.source_row, r.rule_id, r.value) for r in table.rejected] == [
        (4, "footer_or_blank", ""),
        (6, "footer_or_blank", "LDH measured at baseline"),
        (7, "footer_or_blank", "* imputed"),
    ]


def test_trap_columns_in_another_order_are_found_by_name() -> None:
    usual = parse("crlf.tsv", CLINICAL | {"columns": {"OS": {"attribute": "OS_TIME", "unit": "days"}}})
    other = parse("other_order.tsv", CLINICAL | {"columns": {"OS": {"attribute": "OS_TIME", "unit": "days"}}})
    assert cell(usual, "SYN2", "OS") == cell(other, "SYN2", "OS") == ("20", "20")


def test_trap_a_table_with_an_unnamed_first_column(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("\tPFS_events\nP-1\t0\n")
    for name in ("unnamed_1", ""):
        found = parse(path, {"kind": "clinical", "patient_id": {"column": name}})
        assert cell(found, "P-1", "PFS_events") == ("0", "0")


# ---- numbers and words ----------------------------------------------------------------------------------


def test_trap_which_way_is_an_event_stays_the_sources_word_with_the_catalogues_meaning_beside_it() -> None:
    file = CLINICAL | {
        "columns": {
            "censOS": {"attribute": "OS_STATUS", "words": {"1": "event", "0": "censored"}},
            "OS.CNSR": {"attribute": "PFS_STATUS", "words": {"0": "event", "1": "censored"}},
        }
    }
    found = parse("events.tsv", file)
    words = listed(
        catalog_tables(make_catalog(make_cohort(file))), "word_maps", "column_name", "word", "value"
    )
    columns = ("censOS", "os_censor", "OS_STATUS", "dead", "CENSORED")
    assert [cell(found, "SYN1", c)[1] for c in columns] == ["1", "0", "1:DECEASED", "VRAI", "DECEASED"]
    assert ("censOS", "1", "event") in words and ("OS.CNSR", "0", "event") in words


def test_trap_units_travel_with_the_column_not_with_the_value() -> None:
    file = CLINICAL | {"columns": {"OS": {"attribute": "OS_TIME", "unit": "days"}}}
    maps = catalog_tables(make_catalog(make_cohort(file)))
    found = listed(maps, "column_maps", "column_name", "attribute", "type", "unit")
    assert found == [("OS", "OS_TIME", "time", "days")]
    assert cell(parse("events.tsv", file), "SYN1", "OS") == ("100", "100")


def test_trap_decimal_commas_in_some_rows_of_a_column_stay_as_they_are_and_the_sign_is_passed_on() -> None:
    file = CLINICAL | {
        "format": {"decimal": ","},
        "columns": {"PFS": {"attribute": "PFS_TIME", "unit": "months"}},
        "constants": {"AGE": "61.5"},
    }
    found = parse("events.tsv", file)
    assert (cell(found, "SYN1", "PFS")[1], cell(found, "SYN2", "PFS")[1]) == ("1,5", "2.5")
    maps = catalog_tables(make_catalog(make_cohort(file)))
    assert listed(maps, "column_maps", "column_name", "decimal") == [("PFS", ","), ("constant:AGE", ".")]


def test_trap_missing_words_become_null_and_keep_the_word_beside_it() -> None:
    words = ["", "NA", ".", "-", "x", "unk", "not available", "[Not Available]", "#N/A"]
    found = parse("missing_words.tsv", CLINICAL | {"format": {"missing": words}})
    assert cell(found, "SYN1", "LDH") == ("NA", None)
    assert cell(found, "SYN1", "stage") == (".", None)
    assert cell(found, "SYN1", "age") == ("x", None)
    assert cell(found, "SYN2", "LDH") == ("-", None)
    assert cell(found, "SYN2", "stage") == ("unk", None)
    assert cell(found, "SYN3", "stage") == ("not available", None)
    assert cell(found, "SYN4", "LDH") == ("#N/A", None)
    assert cell(found, "SYN4", "RECIST") == ("X", "X")
    pairs = listed(found, "clinical_values", "patient_id", "column_name")
    assert ("SYN3", "LDH") not in pairs, "an empty cell is no row"


def test_trap_response_words_arrive_as_written_but_for_blanks_and_beside_someones_recoding() -> None:
    found = parse("missing_words.tsv", CLINICAL | {"columns": {"RECIST": "BEST_RESPONSE"}})
    assert cell(found, "SYN1", "RECIST") == ("PD ", "PD")
    assert cell(found, "SYN2", "RECIST") == ("Partial Response", "Partial Response")
    assert cell(found, "SYN3", "RECIST") == ("CRPR", "CRPR")
    assert cell(found, "SYN1", "response.coded") == ("r", "r"), "kept as a value, mapped to nothing"


def test_trap_whole_months_with_zero_are_kept() -> None:
    study = {"kind": "cbioportal_study"}
    assert cell(parse("syn_2020", study), "P-1", "OS_MONTHS") == ("0", "0")


# ---- identifiers and samples ----------------------------------------------------------------------------

BY_SAMPLE = {
    "kind": "clinical", "level": "sample", "format": {"delimiter": ","},
    "patient_id": "sample", "sample_id": "sample",
}  # fmt: skip


def test_trap_leading_zeros_of_identifiers_are_not_lost() -> None:
    assert "00012" in listed(parse("identifiers.csv", BY_SAMPLE), "clinical_values", "patient_id")


def test_trap_leading_zeros_and_numbers_of_identifiers_in_workbooks(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "S"
    for row in (("patient", "x"), ("00012", 1), (282, 2), (3.0, 3)):
        page.append(row)
    book.save(tmp_path / "w.xlsx")
    file = {"kind": "clinical", "patient_id": "patient", "format": {"type": "xlsx", "sheet": "S"}}
    found = parse(tmp_path / "w.xlsx", file)
    assert listed(found, "clinical_values", "patient_id")[:3] == ["00012", "282", "3"]


def test_trap_a_misspelt_identifier_is_corrected_by_declaration_only() -> None:
    corrected = BY_SAMPLE | {"sample_id": {"column": "sample", "corrections": {"PR10002": "PR20001"}}}
    found = parse("identifiers.csv", corrected)
    ids = set(listed(found, "clinical_values", "patient_id", "sample_id"))
    assert ids == {("00012", "00012"), ("345", "345"), ("PR10002", "PR20001")}


def test_trap_one_person_in_several_studies_the_declared_rules_reach_the_warehouse() -> None:
    rule = {
        "rule_id": "digits", "namespace": "syn", "pattern": r"^(?:CR|PR)0*(\d+)$",
        "corrections": {"10002": "20001"}, "evidence": "letters are the response",
    }  # fmt: skip
    maps = catalog_tables(make_catalog(make_cohort(BY_SAMPLE, person_rules=[rule])))
    assert listed(maps, "person_rules", "rule_id", "pattern") == [("digits", r"^(?:CR|PR)0*(\d+)$")]
    assert listed(maps, "person_corrections", "found", "meant") == [("10002", "20001")]


def test_trap_the_panel_is_the_sources_word_not_the_letters_of_the_sample_name() -> None:
    found = parse("syn_2020", {"kind": "cbioportal_study"})
    panels = dict(listed(found, "profiled_samples", "sample_id", "panel_id"))
    assert panels["P-1-T01-IM3"] == "IMPACT468", "-IM3 would say IMPACT341"


def test_trap_on_treatment_biopsies_keep_their_word() -> None:
    found = parse("identifiers.csv", BY_SAMPLE | {"columns": {"Biopsy": "BIOPSY_TIME"}})
    assert [cell(found, p, "Biopsy")[1] for p in ("00012", "345", "PR10002")] == ["pre", "post", "on"]


def test_trap_several_tmb_of_one_cohort_stay_apart_and_an_age_in_days_that_holds_years_is_not_touched() -> (
    None
):
    found = parse("identifiers.csv", BY_SAMPLE | {"columns": {"TMB": "TMB_NONSYNONYMOUS"}})
    assert cell(found, "00012", "TMB") == ("12.5", "12.5")
    assert cell(found, "00012", "TMB_by_panel") == ("11", "11")
    assert cell(found, "00012", "age in days") == ("61", "61")


# ---- mutations ------------------------------------------------------------------------------------------

MAF = {"kind": "mutations", "sample_id": "Tumor_Sample_Barcode"}
CLASS = {"variant_classification": "Variant_Class"}


def test_trap_exact_duplicate_mutations_are_both_kept_with_their_lines() -> None:
    found = listed(parse("version.maf", MAF), "mutations", "hugo_symbol", "source_row")
    assert [row for gene, row in found if gene == "ALK"] == [3, 4]


@pytest.mark.parametrize(
    ("name", "file", "dates"),
    [
        ("version.maf", MAF, [(7, "14-sept")]),
        (
            "several_samples.tsv",
            {"kind": "mutations", "sample_id": "Sample", "mutation_columns": CLASS},
            [(3, "01-mars"), (4, "6-Sep")],
        ),
    ],
)
def test_trap_genes_turned_into_dates_are_kept_as_they_stand_and_noted(
    name: str, file: dict[str, object], dates: list[tuple[int, str]]
) -> None:
    found = parse(name, file)
    assert set(dates) <= set(listed(found, "mutations", "source_row", "hugo_symbol"))
    notes = listed(found, "rejected_rows", "source_row", "value", "rule_id")
    assert [(row, value) for row, value, rule in notes if rule == "gene_became_date"] == dates


def test_trap_class_names_of_several_annotators_and_silent_rows_stand_side_by_side() -> None:
    classes = listed(parse("version.maf", MAF), "mutations", "variant_classification")
    assert classes[1:] == ["Missense_Mutation", "missense_variant", "Silent", "nonsynonymous SNV"]


def test_trap_chromosomes_and_builds_stay_in_the_sources_spelling() -> None:
    found = listed(parse("version.maf", MAF), "mutations", "chromosome", "ncbi_build")
    assert found[1:] == [("2", "GRCh37"), ("chr17", "37"), ("MT", "hg19"), ("GL000192.1", "hg19")]


def test_trap_a_table_without_alleles_or_gene_gives_nulls_not_errors() -> None:
    file = {
        "kind": "mutations", "sample_id": "sample",
        "mutation_columns": {"chromosome": "chr", "start_position": "pos", "hgvsp_short": "effect"},
        **UNSTATED_CLASS,
    }  # fmt: skip
    row = parse("no_gene.tsv", file)["mutations"].to_pylist()[0]
    assert (row["hugo_symbol"], row["reference_allele"]) == (None, None)
    assert (row["chromosome"], row["start_position"], row["hgvsp_short"]) == ("1", "1234", "p.S33F")


def test_trap_several_samples_of_one_patient_have_one_patient() -> None:
    file = {
        "kind": "mutations", "sample_id": "Sample",
        "patient_id": {"column": "Sample", "pattern": r"^(\d+)[A-E]$"},
        "mutation_columns": {"variant_allele_fraction": "AF", "variant_classification": "Variant_Class"},
    }  # fmt: skip
    found = parse("several_samples.tsv", file)
    assert listed(found, "mutations", "patient_id", "sample_id", "variant_allele_fraction") == [
        ("12", "12A", "0,25"), ("12", "12B", "0,125"), ("12", "12C", "0,1"),
    ]  # fmt: skip
    assert listed(found, "rejected_rows", "rule_id", "source_row", "value")[0] == ("missing_key", 5, "ALK")


def test_trap_mc3_short_barcodes_filters_and_call_sets() -> None:
    file = MAF | {
        "sample_id": {
            "column": "Tumor_Sample_Barcode", "pattern": r"^(SYN\d(?:-\d\d)?)", "template": "{}-01",
            "template_when": r"^SYN\d$",
        }
    }  # fmt: skip
    found = listed(parse("version.maf", file), "mutations", "sample_id", "filter", "center")
    assert found == [
        ("SYN1-01", "PASS", "MC3"), ("SYN1-01", "PASS", "MC3"), ("SYN2-01", "wga", "FIREHOSE"),
        ("SYN2-01", None, "BROAD2013"), ("SYN2-01", ".", "MC3"),
    ]  # fmt: skip
    filters = {"*": r"^(PASS|\.)?$", "LAML": r"^(PASS|wga)?$"}
    declared = {"passing": filters, "evidence": "the paper"}
    maps = catalog_tables(make_catalog(make_cohort(file, filters=declared)))
    assert listed(maps, "mutation_filters", "cancer_type_code", "pattern", "is_understood") == [
        ("*", r"^(PASS|\.)?$", "true"), ("LAML", r"^(PASS|wga)?$", "true"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ({"kind": "mutations", "sample_id": "S"}, ("*", r"^(PASS|\.)?$", "false")),
        ({"kind": "cbioportal_study"}, ("*", "", "true")),
    ],
)
def test_without_a_word_on_filters_the_portal_s_are_not_read_and_others_must_say_pass(
    file: dict[str, str], expected: tuple[str, str, str]
) -> None:
    maps = catalog_tables(make_catalog(make_cohort(file)))
    assert listed(maps, "mutation_filters", "cancer_type_code", "pattern", "is_understood") == [expected]


def test_trap_who_was_sequenced_comes_from_the_case_list_not_from_the_maf() -> None:
    file = {
        "kind": "case_list", "lists_profiled": True,
        "patient_id": {"column": "sample_id", "pattern": "^(TCGA-..-....)"},
    }  # fmt: skip
    found = parse("cases_sequenced.txt", file)
    assert listed(found, "profiled_samples", "patient_id", "sample_id", "source_row") == [
        ("TCGA-ZZ-0001", "TCGA-ZZ-0001-01", 5),
        ("TCGA-ZZ-0002", "TCGA-ZZ-0002-01", 5),
        ("TCGA-ZZ-0002", "TCGA-ZZ-0002-06", 5),
    ]


# ---- privacy --------------------------------------------------------------------------------------------


def test_trap_dates_become_intervals_and_no_date_survives_in_any_table() -> None:
    file = CLINICAL | {
        "private": ["date_birth", "date_death"],
        "intervals": [{"attribute": "OS_TIME", "start": "therapy_start", "end": "date_death"}],
    }
    found = parse("dates.tsv", file)
    # 1 March 2001 to 2 May 2003
    assert cell(found, "SYN01", "interval:OS_TIME") == ("792", "792")
    raw = (FIXTURES / "dates.tsv").read_text()
    dates = {word for line in raw.splitlines()[1:] for word in line.split("\t") if "/" in word or "-" in word}
    assert {"11/11/1911", "2003-05-02", "lost on 12/03/2007"} <= dates, "the fixture holds dates"
    survivors = {text for text in all_text(found) for date in dates if date in text}
    assert survivors == set()
    assert not any("1913" in text or "Mar 2007" in text for text in all_text(found))
