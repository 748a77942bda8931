"""A cohort file proposed from tables: what is read from them, what is asked, and that the proposal can be loaded."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from parsing_help import ATTRIBUTES

from ingestion.catalog.attributes import check_cohort
from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_cohort
from ingestion.errors import IngestionError, ParseError
from ingestion.onboarding.columns import event_direction, guess_column
from ingestion.onboarding.proposal import Proposal, propose
from ingestion.onboarding.table_format import guess_format
from ingestion.reading.tables import read_table


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


CLINIC = (
    "Export of 1 July 2023\n\n"
    "Pat.-ID;Geschlecht;Geburtsdatum;Therapiebeginn;Letzter Kontakt;Vitalstatus;Datum Progress;Bestes Ansprechen;"
    "TMB;ECOG\n"
    "S-01;m;13.03.1958;15.04.2019;11.06.2019;verstorben;20.05.2019;Progress;12,9;1\n"
    "S-02;weiblich;02.04.1941;20.02.2022;30.06.2023;lebt;;Partielle Remission;8,1;unbekannt\n"
    "S-03;männlich;20.05.1966;05.06.2019;26.08.2019;verstorben;;Stabile Erkrankung;0,5;0\n"
)
MAF = (
    "#version 2.4\n"
    "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tStart_Position\n"
    "TP53\tMissense_Mutation\tS-01-T1\t1\nKRAS\tMissense_Mutation\tS-02-T1\t2\n"
)
BED = 'track name="site"\nchr17\t1\t2\tTP53_ex1\nchr12\t1\t2\tKRAS_ex2\n'


def proposed(folder: Path, **texts: str) -> Proposal:
    paths = {}
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(text.encode("cp1252" if "ä" in text else "utf-8"))
        paths[path] = f"file:{path.name}"
    return propose("site", paths, Catalog(attributes=ATTRIBUTES, cohorts=()), is_icb=True)


def entries(found: Proposal) -> dict[str, dict[str, Any]]:
    return {file["kind"]: file for file in yaml.safe_load(found.text)["files"]}


def test_delimiter_encoding_header_decimal_mark_and_missing_words_are_read_from_the_bytes(
    tmp_path: Path,
) -> None:
    fmt = entries(proposed(tmp_path, clinic_csv=CLINIC))["clinical"]["format"]
    assert (fmt["delimiter"], fmt["encoding"], fmt["header_row"], fmt["decimal"]) == (";", "cp1252", 3, ",")
    assert "unbekannt" in fmt["missing"]


def test_columns_get_the_attribute_of_their_name_or_words(tmp_path: Path) -> None:
    clinical = entries(proposed(tmp_path, clinic_csv=CLINIC))["clinical"]
    assert clinical["patient_id"] == "Pat.-ID"
    assert clinical["columns"] == {
        "Geschlecht": "SEX", "Vitalstatus": "OS_STATUS", "Bestes Ansprechen": "BEST_RESPONSE",
        "TMB": "TMB_NONSYNONYMOUS", "ECOG": "ECOG",
    }  # fmt: skip


def test_dates_become_age_survival_and_progression_and_death_ends_both(tmp_path: Path) -> None:
    intervals = entries(proposed(tmp_path, clinic_csv=CLINIC))["clinical"]["intervals"]
    assert [i["attribute"] for i in intervals] == ["AGE", "OS_TIME", "PFS_TIME"]
    assert {i["date_format"] for i in intervals} == {"%d.%m.%Y"}
    assert intervals[2]["end"] == ["Datum Progress", "Letzter Kontakt"]
    assert intervals[2]["event"] == {
        "attribute": "PFS_STATUS", "if_filled": ["Datum Progress"], "if_word": {"Vitalstatus": ["verstorben"]},
    }  # fmt: skip


def test_sample_names_are_cut_to_the_patients_of_the_clinical_table(tmp_path: Path) -> None:
    found = proposed(tmp_path, panel_maf=MAF, clinic_csv=CLINIC)
    assert entries(found)["mutations"]["sample_id"] == {
        "column": "Tumor_Sample_Barcode",
        "pattern": r"^(S-\d+)",
    }


def test_a_bed_file_is_the_panel_and_the_gene_the_part_before_the_exon(tmp_path: Path) -> None:
    panel = entries(proposed(tmp_path, clinic_csv=CLINIC, panel_maf=MAF, site_bed=BED))["gene_panels"][
        "panel"
    ]
    assert panel == {"format": "bed", "panel_id": "SITE", "gene_pattern": "^([^_]+)"}


def test_what_the_tables_do_not_say_is_asked_and_never_assumed(tmp_path: Path) -> None:
    asked = " ".join(proposed(tmp_path, clinic_csv=CLINIC, panel_maf=MAF).questions)
    assert "Who was sequenced? 1 of 3 patients have no call" in asked
    assert "When does the clock of OS start" in asked and "When does the clock of PFS start" in asked
    assert "Which assay made the calls?" in asked


def test_a_word_that_no_vocabulary_has_is_a_question(tmp_path: Path) -> None:
    found = proposed(tmp_path, clinic_csv=CLINIC.replace("lebt", "wohlauf"))
    assert any("Vitalstatus (OS_STATUS) mean? wohlauf" in question for question in found.questions)


def test_the_proposal_is_a_cohort_file_that_loads(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(proposed(tmp_path, clinic_csv=CLINIC, panel_maf=MAF, site_bed=BED).text, encoding="utf-8")
    cohort = load_cohort(path)
    check_cohort(path, cohort, ATTRIBUTES)
    assert [file.kind for file in cohort.files] == ["clinical", "gene_panels", "mutations"]


@pytest.mark.parametrize(("dead", "alive"), [("1", "0"), ("0", "1")])
def test_which_way_a_bare_status_is_follows_from_the_response(tmp_path: Path, dead: str, alive: str) -> None:
    rows = [("PD", dead)] * 8 + [("PD", alive)] * 2 + [("PR", alive)] * 6 + [("CR", dead)]
    table = "ID,BOR,dead,OS_months\n" + "".join(
        f"P{i},{r},{s},{i}.5\n" for i, (r, s) in enumerate(rows, start=10)
    )
    clinical = entries(proposed(tmp_path, clinic_csv=table))["clinical"]
    assert clinical["columns"]["dead"] == {
        "attribute": "OS_STATUS",
        "words": {dead: "event", alive: "censored"},
    }
    assert clinical["columns"]["OS_months"] == {"attribute": "OS_TIME", "unit": "months"}


def test_a_status_that_is_as_common_among_responders_says_nothing() -> None:
    words = {"pd": "PD", "pr": "PR"}
    assert event_direction(["1", "0"] * 10, ["PD"] * 10 + ["PR"] * 10, words) is None


def test_one_progressor_and_one_responder_say_nothing() -> None:
    assert event_direction(["1", "0"], ["PD", "PR"], {"pd": "PD", "pr": "PR"}) is None


def test_text_without_columns_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague\nno table here\n")
    with pytest.raises(ParseError, match="give a table with a header"):
        guess_format(path)


def test_the_sheet_with_most_cells_is_read_from_its_header_on_and_a_title_is_none(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Read me first"])
    sheet = book.create_sheet("Données")
    for row in (
        ["Tableau 1. Patients"],
        [],
        ["Identifiant", "Âge", "Survie globale (mois)"],
        ["P1", 61, 3.5],
        ["P2", 70, 8],
    ):
        sheet.append(row)
    path = tmp_path / "tableau.xlsx"
    book.save(path)
    found = propose(
        "site", {path: "file:tableau.xlsx"}, Catalog(attributes=ATTRIBUTES, cohorts=()), is_icb=True
    )
    clinical = entries(found)["clinical"]
    assert clinical["format"] == {"type": "xlsx", "sheet": "Données", "header_row": 3}
    assert clinical["patient_id"] == "Identifiant"
    assert clinical["columns"] == {
        "Âge": "AGE",
        "Survie globale (mois)": {"attribute": "OS_TIME", "unit": "months"},
    }


def test_a_filled_date_of_death_is_the_event_in_german_too(tmp_path: Path) -> None:
    table = "Fallnummer;Alter (Jahre);Therapiebeginn;Letzter Kontakt;Verstorben am\n" + "".join(
        f"F{i};6{i};0{i}.03.2019;0{i}.05.2021;{'04.06.2020' if i > 2 else ''}\n" for i in range(1, 6)
    )
    clinical = entries(proposed(tmp_path, clinic_csv=table))["clinical"]
    assert (clinical["patient_id"], clinical["columns"]) == ("Fallnummer", {"Alter (Jahre)": "AGE"})
    (survival,) = clinical["intervals"]
    assert survival["end"] == ["Verstorben am", "Letzter Kontakt"]
    assert survival["event"] == {"attribute": "OS_STATUS", "if_filled": ["Verstorben am"]}


def test_a_second_clock_and_columns_of_genes_are_questions_and_annovars_table_is_one_of_calls(
    tmp_path: Path,
) -> None:
    clinic = "ID,OS days from diagnosis,OS days from treatment,censor_OS,TP53,KRAS\nA,400,200,0,WT,1\nB,90,40,1,Mut,0\n"
    calls = (
        "Sample\tChr\tStart\tEnd\tRef\tAlt\tGene.refGene\tExonicFunc.refGene\n"
        "A\tchr17\t7577539\t7577539\tG\tA\tTP53\tnonsynonymous SNV\n"
    )
    found = proposed(tmp_path, clinic_csv=clinic, calls_txt=calls)
    asked = " ".join(found.questions)
    assert "OS days from treatment may be OS_TIME too" in asked
    assert "Do TP53, KRAS say whether these genes are mutated?" in asked and "gene_flags" in asked
    mutations = entries(found)["mutations"]
    assert mutations["sample_id"] == "Sample"
    assert mutations["mutation_columns"] == {
        "hugo_symbol": "Gene.refGene", "chromosome": "Chr", "start_position": "Start", "end_position": "End",
        "variant_classification": "ExonicFunc.refGene", "reference_allele": "Ref", "tumor_seq_allele2": "Alt",
    }  # fmt: skip


WITH_TITLE = (
    "Auswertung;;;;\r\nPat-Nr;Geschlecht;Alter;lebt\r\n001;w;41;ja\r\n002;m;52;nein\r\n003;w;63;ja\r\n"
)


@pytest.mark.parametrize(
    ("encoding", "mark", "expected"),
    [
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("cp1252", b"", "cp1252"),
    ],
)
def test_a_table_is_read_in_its_encoding_from_its_header_on(
    encoding: str, mark: bytes, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "clinic.csv"
    path.write_bytes(mark + WITH_TITLE.replace("Auswertung", "Übersicht").encode(encoding))
    fmt = guess_format(path)
    assert (fmt.encoding, fmt.header_row) == (expected, 2)
    table = read_table(path, fmt, "clinic.csv")
    assert table.columns[:4] == ("Pat-Nr", "Geschlecht", "Alter", "lebt")
    assert table.cells("Pat-Nr") == ["001", "002", "003"]


def test_utf_32_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "clinic.csv"
    path.write_bytes(WITH_TITLE.encode("utf-32"))
    with pytest.raises(ParseError, match="as in UTF-32; save it as UTF-8"):
        guess_format(path)


@pytest.mark.parametrize(
    "title", ["Auswertung;;;\n", "Auswertung;;;;;;\n", "Auswertung\n\n", ";;;\nAuswertung;2023;;\n"]
)
def test_a_title_is_no_header_whatever_delimiters_follow_it(title: str, tmp_path: Path) -> None:
    path = tmp_path / "clinic.csv"
    path.write_text(title + "Pat-Nr;Geschlecht;Alter;lebt\n001;w;41;ja\n002;m;52;nein\n003;w;63;ja\n")
    assert read_table(path, guess_format(path), "clinic.csv").columns[:4] == (
        "Pat-Nr", "Geschlecht", "Alter", "lebt",
    )  # fmt: skip


@pytest.mark.parametrize("first", ["001;w;41;ja\n", "P1;m;12.04.2021;ja\n", "Auswertung\n001;w;41;ja\n"])
def test_a_row_of_data_is_never_the_header(first: str, tmp_path: Path) -> None:
    path = tmp_path / "clinic.csv"
    path.write_text(first + "002;m;52;nein\n003;w;63;ja\n004;m;71;nein\n")
    with pytest.raises(ParseError, match="no row names the columns; write one row of column names"):
        guess_format(path)


def test_a_row_of_data_is_no_header_in_a_workbook_either(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["P1", 61, 3.5], ["P2", 70, 8], ["P3", 55, 9.25]):
        book.active.append(row)
    path = tmp_path / "clinic.xlsx"
    book.save(path)
    with pytest.raises(ParseError, match="no row names the columns"):
        guess_format(path)


def test_a_panel_is_read_in_its_encoding_too(tmp_path: Path) -> None:
    bed, clinic = tmp_path / "site.bed", tmp_path / "clinic.csv"
    bed.write_bytes(BED.encode("utf-16"))
    clinic.write_text(WITH_TITLE)
    catalog = Catalog(attributes=ATTRIBUTES, cohorts=())
    found = propose("site", {bed: "file:site.bed", clinic: "file:clinic.csv"}, catalog, is_icb=True)
    panel = entries(found)["gene_panels"]
    assert panel["format"] == {"encoding": "utf-16"} and panel["panel"]["gene_pattern"] == "^([^_]+)"


def test_a_number_with_thousands_in_quotes_parts_no_columns_and_is_no_decimal_comma(tmp_path: Path) -> None:
    path = tmp_path / "clinic.csv"
    path.write_text("patient,os_days,tmb\n" + "".join(f'P{i},"1,20{i}",0.{i}\n' for i in range(9)))
    found = guess_format(path)
    assert (found.delimiter, found.header_row, found.decimal) == (",", 1, ".")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "there is nothing in place"),
        (b"<html><body>Access denied</body></html>\n", "an HTML or XML page in place"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer in place"),
        (gzip.compress(b"patient,os\nP1,2\n" * 99)[:-9], "ends too early"),
        (gzip.compress(b"patient,os\nP1,2\n") + b"junk", "damaged"),
        (gzip.compress(gzip.compress(b"patient,os\nP1,2\n")), "packed twice"),
        (zipped("clinic.csv", b"patient,os\nP1,2\n"), "a zip file and no workbook"),
        (zipped("../clinic.csv", b"patient,os\nP1,2\n"), "leads out of the folder"),
        (zipped("xl/workbook.xml", b"<workbook"), "cannot be read"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence_that_names_it(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "clinic.csv"
    path.write_bytes(content)
    with pytest.raises(IngestionError, match=rf"clinic\.csv: .*{message}"):
        guess_format(path)


@pytest.mark.parametrize("name", ["OS (Monate)", "PFS Tage", "OS mois", "OS meses"])
def test_a_time_is_known_by_its_unit_in_other_languages(name: str) -> None:
    found = guess_column(name, ["1", "2"], ".", ATTRIBUTES, {})
    assert found.attribute in ("OS_TIME", "PFS_TIME") and found.unit in ("months", "days")
