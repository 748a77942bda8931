"""Expression matrices, immune features and gene sets: what a row holds, and what is noted rather than lost."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from parsing_help import UNSTATED_CLASS, listed, parse
from pydantic import ValidationError

from ingestion.errors import ParseError
from ingestion.parsing.gene_set_tables import gene_set_id_of


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def expression(path: Path, **entries: Any) -> dict[str, pa.Table]:
    file: dict[str, Any] = {
        "kind": "expression",
        "unit": "FPKM",
        "sample_id": {"column": "sample", "pattern": r"^(Pt\d+)"},
        "expression": {"gene": "Gene", "pipeline": "Cufflinks"},
    }
    return parse(path, file | entries)


def test_each_cell_of_a_matrix_is_a_row_with_its_line_unit_and_pipeline(tmp_path: Path) -> None:
    path = written(tmp_path, "x.tsv", "Gene\tPt1.a\tPt2.a\nALK\t1.5\t0\n7157\t2\tNA\n")
    rows = listed(expression(path), "expression", "source_row", "sample_id", "sample_raw", "gene", "value")
    assert rows == [
        (2, "Pt1", "Pt1.a", "ALK", "1.5"), (3, "Pt1", "Pt1.a", "7157", "2"), (2, "Pt2", "Pt2.a", "ALK", "0"),
    ]  # fmt: skip
    assert set(listed(expression(path), "expression", "unit", "pipeline")) == {("FPKM", "Cufflinks")}


def test_a_header_in_quotes_is_read_the_fast_way_too(tmp_path: Path) -> None:
    lines = "".join(f"G{i}\t{i}\t{i}.5\n" for i in range(30_000))
    plain = written(tmp_path, "plain.tsv", "Gene\tPt1\tPt2\n" + lines)
    quoted = written(tmp_path, "quoted.tsv", '"Gene"\t"Pt1"\t"Pt2"\n' + lines)
    assert plain.stat().st_size > 256 << 10
    assert expression(plain)["expression"].equals(expression(quoted)["expression"])


def test_the_first_of_two_columns_of_one_sample_is_kept_and_the_other_noted(tmp_path: Path) -> None:
    path = written(tmp_path, "x.tsv", "Gene\tPt1.a\tPt1.b\tcontrol\nALK\t1\t2\t3\n")
    tables = expression(path)
    assert listed(tables, "expression", "value") == ["1"]
    assert listed(tables, "rejected_rows", "rule_id", "column_name") == [
        ("repeated_sample", "Pt1.b"), ("missing_key", "control"),
    ]  # fmt: skip


def test_decimal_commas_and_words_stay_in_the_raw_table_with_the_declared_mark(tmp_path: Path) -> None:
    path = written(tmp_path, "x.tsv.gz", "Gene\tPt1\nALK\t1,5\nTP53\tlow\n")
    tables = expression(path, format={"decimal": ","})
    assert listed(tables, "expression", "value", "decimal") == [("1,5", ","), ("low", ",")]


def test_the_second_row_of_a_gene_is_rejected_with_the_number_of_its_cells(tmp_path: Path) -> None:
    path = written(tmp_path, "x.tsv", "Gene\tPt1\tPt2\nALK\t1\t2\nTP53\t3\t4\nALK\t5\t6\n")
    tables = expression(path)
    assert listed(tables, "expression", "gene", "value") == [
        ("ALK", "1"), ("TP53", "3"), ("ALK", "2"), ("TP53", "4"),
    ]  # fmt: skip
    columns = ("rule_id", "source_row", "value", "is_lost", "n_rows", "raw_table")
    assert listed(tables, "rejected_rows", *columns) == [("repeated_gene", 4, "ALK", "true", "2", None)]


def test_samples_may_stand_in_rows_and_become_known_by_them(tmp_path: Path) -> None:
    text = "sample\tpatient\ttime\tALK\tTP53\n5A\t5\tpre\t1,5\t2\n5A\t5\tpre\t9\t9\n6B\t6\ton\t3\t4\n"
    tables = expression(
        written(tmp_path, "x.tsv", text),
        format={"decimal": ","},
        level="sample",
        patient_id="patient",
        sample_id="sample",
        columns={"time": "BIOPSY_TIME"},
        expression={"pipeline": "NanoString", "samples_in": "rows", "not_genes": ["patient", "time"]},
    )
    rows = listed(tables, "expression", "sample_id", "gene", "value")
    assert sorted(rows) == [
        ("5A", "ALK", "1,5"),
        ("5A", "TP53", "2"),
        ("6B", "ALK", "3"),
        ("6B", "TP53", "4"),
    ]
    assert ("6", "6B", "time", "on") in listed(
        tables, "clinical_values", "patient_id", "sample_id", "column_name", "value"
    )
    assert "ALK" not in listed(tables, "clinical_values", "column_name")
    assert ("repeated_sample", 3) in listed(tables, "rejected_rows", "rule_id", "source_row")


def test_a_matrix_without_a_sample_or_its_gene_column_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, "x.tsv", "Gene\tA\tB\nALK\t1\t2\n")
    with pytest.raises(ParseError, match=r"no column is a sample.*correct files\.f\.sample_id"):
        expression(path)
    with pytest.raises(ParseError, match=r"no column 'NAME'.*files\.f\.expression\.gene"):
        expression(path, expression={"gene": "NAME", "pipeline": "x"})


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"unit": None}, "needs unit and sample_id"),
        ({"expression": None}, "needs the key 'expression'"),
        ({"expression": {"pipeline": "x"}}, "expression needs 'gene'"),
        ({"gene_sets": {"collection": "a", "version": "1", "citation": "c"}}, "belongs to kind gene_sets"),
    ],
)
def test_an_entry_that_cannot_be_read_is_an_error_of_the_catalogue(
    tmp_path: Path, entries: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        expression(written(tmp_path, "x.tsv", "Gene\tPt1\nALK\t1\n"), **entries)


# immune features


def features(path: Path, **entries: Any) -> dict[str, pa.Table]:
    file: dict[str, Any] = {
        "kind": "immune_features",
        "sample_id": {"column": "barcode", "pattern": r"^(TCGA-..-....-\d\d)"},
        "features": {
            "source": "Somebody 2018",
            "aliquot": "barcode",
            "columns": {"LF": "leukocyte_fraction", "TIL": "til_regional_fraction"},
        },
    }
    return parse(path, file | entries)


def test_features_keep_the_aliquot_and_the_column_they_come_from(tmp_path: Path) -> None:
    text = "barcode\tLF\tTIL\nTCGA-OR-A5J1-01A-11D\t0.1\tNA\nTCGA-OR-A5J1-01B-11D\t0.2\t3\nnobody\t1\t1\n"
    tables = features(written(tmp_path, "f.tsv", text))
    assert listed(
        tables, "immune_features", "source_row", "sample_id", "aliquot_raw", "feature", "value"
    ) == [
        (2, "TCGA-OR-A5J1-01", "TCGA-OR-A5J1-01A-11D", "leukocyte_fraction", "0.1"),
        (3, "TCGA-OR-A5J1-01", "TCGA-OR-A5J1-01B-11D", "leukocyte_fraction", "0.2"),
        (3, "TCGA-OR-A5J1-01", "TCGA-OR-A5J1-01B-11D", "til_regional_fraction", "3"),
    ]
    assert listed(tables, "rejected_rows", "rule_id", "source_row") == [("missing_key", 4)]


def test_an_awaited_table_may_lack_a_column_another_may_not(tmp_path: Path) -> None:
    path = written(tmp_path, "f.tsv", "barcode\tLF\nTCGA-OR-A5J1-01A\t0.1\n")
    tables = features(path, awaited="nobody has seen it")
    assert listed(tables, "immune_features", "feature") == ["leukocyte_fraction"]
    assert listed(tables, "rejected_rows", "rule_id", "value") == [("absent_column", "TIL")]
    with pytest.raises(ParseError, match="no column 'TIL'"):
        features(path)


# gene sets


def gene_sets(path: Path, **entries: Any) -> dict[str, pa.Table]:
    how = {"collection": "hallmark", "version": "7.0", "citation": "Liberzon 2015"} | entries
    return parse(path, {"kind": "gene_sets", "gene_sets": how})


def test_a_gmt_line_is_a_set_and_a_spreadsheet_s_date_is_repaired_and_recorded(tmp_path: Path) -> None:
    path = written(
        tmp_path, "s.gmt", "# note\nHALLMARK_DNA_REPAIR\turl\tALK\tTP53\tALK\t\nB+_cells\tna\t6-Sep\n"
    )
    tables = gene_sets(path, name_pattern=r"^(?:HALLMARK_)?(.+)$", repairs={"6-Sep": "SEPTIN6"})
    assert listed(tables, "gene_sets", "source_row", "gene_set_id", "gene_raw", "gene") == [
        (2, "dna_repair", "ALK", "ALK"), (2, "dna_repair", "TP53", "TP53"), (3, "b_pos_cells", "6-Sep", "SEPTIN6"),
    ]  # fmt: skip
    assert listed(tables, "rejected_rows", "rule_id", "value") == [("gene_became_date", "6-Sep")]


def test_a_list_is_one_set(tmp_path: Path) -> None:
    path = written(tmp_path, "l.csv", "Symbol\tName\nJAK1\ta\nJAK2\tb\nJAK1\ta\n")
    tables = gene_sets(path, format="list", gene="Symbol", set_id="jak", title="JAK")
    assert listed(tables, "gene_sets", "gene_set_id", "gene", "source_row") == [
        ("jak", "JAK1", 2),
        ("jak", "JAK2", 3),
    ]


@pytest.mark.parametrize(
    ("text", "entries", "message"),
    [
        ("a\tna\n", {}, "line 1.*at least one gene"),
        ("a\tna\tALK\nA\tna\tTP53\n", {}, "line 2.*'a' stands on line 1 too"),
        ("a\tna\tALK\n", {"repairs": {"1-Mar": "MARCHF1"}}, "no '1-Mar' to be repaired"),
        ("# only a note\n", {}, "holds no gene"),
    ],
)
def test_gene_sets_that_cannot_be_right_are_refused_with_their_line(
    tmp_path: Path, text: str, entries: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParseError, match=message):
        gene_sets(written(tmp_path, "s.gmt", text), **entries)


@pytest.mark.parametrize(
    ("name", "set_id"),
    [
        ("CD8+_T_cells", "cd8_pos_t_cells"),
        ("Check-point", "check_point"),
        ("T_helper_cells", "t_helper_cells"),
    ],
)
def test_names_of_sets_become_identifiers(name: str, set_id: str) -> None:
    assert gene_set_id_of(name) == set_id


# identifiers


def test_a_maf_that_names_genes_by_symbol_and_ensembl_number_gives_identifiers(tmp_path: Path) -> None:
    text = (
        "Hugo_Symbol\tGene\tTumor_Sample_Barcode\tStart_Position\n"
        "ALK\tENSG00000171094\tS1\t1\nALK\tENSG00000171094\tS2\t2\nX\tnot one\tS2\t3\n"
    )
    tables = parse(
        written(tmp_path, "m.maf", text),
        {"kind": "mutations", "sample_id": "Tumor_Sample_Barcode"} | UNSTATED_CLASS,
    )
    assert listed(tables, "gene_identifiers", "hugo_symbol", "ensembl_gene_id", "source_row") == [
        ("ALK", "ENSG00000171094", 2)
    ]


def test_a_column_called_gene_that_holds_symbols_gives_none(tmp_path: Path) -> None:
    path = written(tmp_path, "m.tsv", "Gene\tSample\tStart_Position\nALK\tS1\t1\n")
    file = {"kind": "mutations", "sample_id": "Sample", "mutation_columns": {"hugo_symbol": "Gene"}}
    assert parse(path, file | UNSTATED_CLASS)["gene_identifiers"].num_rows == 0
