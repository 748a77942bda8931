"""Copy-number tables: wide, long, by symbol, by number; what is no call, and what cannot be told apart."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from parsing_help import listed, parse

from ingestion.catalog.columns import TableFormat
from ingestion.errors import ParseError
from ingestion.parsing.copy_number_tables import parse_copy_number
from ingestion.raw_rows import RawTables, SourceRef

CALLS = {"kind": "copy_number"}
SEGMENTS = {"kind": "copy_number_segments"}


def calls(tmp_path: Path, text: str, **more: object) -> dict[str, pa.Table]:
    path = tmp_path / "cna.txt"
    path.write_text(text)
    return parse(path, CALLS | more)


def test_a_table_with_entrez_numbers_only_keeps_every_call(tmp_path: Path) -> None:
    found = calls(tmp_path, "Entrez_Gene_Id\tS1\tS2\n7157\t-2\t0\n3845\t2\t1\n")
    assert listed(found, "copy_number", "sample_id", "hugo_symbol", "entrez_gene_id", "value") == [
        ("S1", None, "7157", "-2"), ("S1", None, "3845", "2"), ("S2", None, "3845", "1"),
    ]  # fmt: skip


def test_zero_in_any_spelling_and_na_are_no_calls_and_everything_else_is_passed_on(tmp_path: Path) -> None:
    cells = ("0", "0.0", "-0", "+0.00", ".0", "NA", "", "3", "gain", "-1.5", ".", "-")
    text = "Hugo_Symbol\tS1\n" + "".join(f"G{i}\t{cell}\n" for i, cell in enumerate(cells))
    found = calls(tmp_path, text, format={"missing": ["", "unknown"]})
    assert listed(found, "copy_number", "value") == ["3", "gain", "-1.5", ".", "-"]
    assert listed(found, "copy_number_no_calls", "sample_id", "hugo_symbol", "source_row", "value") == [
        ("S1", "G5", 7, None), ("S1", "G6", 8, None),
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["NA", ""])
def test_a_cell_without_a_level_is_kept_as_one_in_wide_and_long_tables(cell: str, tmp_path: Path) -> None:
    wide = calls(tmp_path, f"Hugo_Symbol\tS1\tS2\nALK\t{cell}\t2\nKRAS\t0\t{cell}\n")
    long = calls(tmp_path, f"Hugo_Symbol\tSample_Id\tValue\nALK\tS1\t{cell}\nKRAS\tS2\t{cell}\nALK\tS2\t2\n")
    for found in (wide, long):
        assert listed(found, "copy_number", "sample_id", "hugo_symbol", "value") == [("S2", "ALK", "2")]
        assert listed(found, "copy_number_no_calls", "sample_id", "hugo_symbol", "value") == [
            ("S1", "ALK", None), ("S2", "KRAS", None),
        ]  # fmt: skip


@pytest.mark.parametrize(
    "cells",
    [
        ("2", "2", "1", "0", "4", "3"),
        ("0.12", "-0.5", "0", "-1", "1.31", "2"),
        ("1.9", "2", "3.4", "0", "2.1", "1"),
    ],
    ids=["copies", "log2 ratios", "copies with fractions"],
)
def test_in_a_table_of_another_scale_no_value_is_a_level_and_nobody_is_neutral(
    cells: tuple[str, ...], tmp_path: Path
) -> None:
    wide = "Hugo_Symbol\tS1\n" + "".join(f"G{i}\t{cell}\n" for i, cell in enumerate(cells))
    long = "Hugo_Symbol\tSample_Id\tValue\n" + "".join(f"G{i}\tS1\t{cell}\n" for i, cell in enumerate(cells))
    for text in (wide, long):
        found = calls(tmp_path, text)
        assert listed(found, "copy_number", "value") == []
        assert listed(found, "copy_number_no_calls", "hugo_symbol", "value") == [
            (f"G{i}", None) for i in range(len(cells))
        ]
        (note,) = [
            row for row in found["rejected_rows"].to_pylist() if row["rule_id"] == "not_a_copy_number_level"
        ]
        assert "none of its values counts as a level" in note["message"]


def test_a_number_that_is_no_level_among_levels_concerns_its_cell_alone(tmp_path: Path) -> None:
    cells = ("0", "0", "2", "3", "1", "0")
    text = "Hugo_Symbol\tS1\n" + "".join(f"G{i}\t{cell}\n" for i, cell in enumerate(cells))
    assert listed(calls(tmp_path, text), "copy_number", "value") == ["2", "3", "1"]


def test_a_neutral_cell_is_kept_where_another_row_of_the_gene_may_contradict_it(tmp_path: Path) -> None:
    wide = calls(
        tmp_path,
        "Hugo_Symbol\tEntrez_Gene_Id\tS1\nALK\t\t-2\nalk\t\t0\n"
        "KRAS\t3845\t0\nK\t3845\t2\nTP53\t0\t0\nB2M\t0\t0\n",
    )
    assert listed(wide, "copy_number_no_calls", "hugo_symbol", "value") == [("alk", "0"), ("KRAS", "0")]
    long = calls(tmp_path, "Gene\tSample_Id\tValue\nALK\tS1\t0\nALK\tS2\t0\nALK\tS2\t2\n")
    assert listed(long, "copy_number_no_calls", "sample_id", "value") == [("S2", "0")]


@pytest.mark.parametrize(
    "header",
    ["Hugo_Symbol\tSample_Id\tValue", "Gene\tsample\tCNA", "Hugo_Symbol\tTumor_Sample_Barcode\tvalue"],
)
def test_a_long_table_is_recognised_by_its_header(header: str, tmp_path: Path) -> None:
    found = calls(tmp_path, f"{header}\nALK\tS1\t2\nTP53\tS1\t0\nKRAS\tS2\t-2\n")
    assert listed(found, "copy_number", "sample_id", "hugo_symbol", "value") == [
        ("S1", "ALK", "2"),
        ("S2", "KRAS", "-2"),
    ]


def test_a_row_of_a_long_table_without_a_sample_is_rejected(tmp_path: Path) -> None:
    found = calls(tmp_path, "Hugo_Symbol\tSample_Id\tValue\nALK\tS1\t2\nTP53\t\t2\nKRAS\t\t0\n")
    assert listed(found, "copy_number", "hugo_symbol") == ["ALK"]
    assert listed(found, "rejected_rows", "rule_id", "source_row", "is_lost") == [("missing_key", 3, "true")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hugo_Symbol\tValue\nALK\t2\n", "long copy-number table without a column for the sample"),
        ("Hugo_Symbol\tSample_Id\tcall\nALK\tS1\t2\n", "without a column for the value"),
        (
            "Hugo_Symbol\tspecimen\tcall\nALK\tS1\t2\n",
            "column 'specimen' would be a sample .* holds no number",
        ),
    ],
)
def test_a_long_table_that_cannot_be_read_as_one_is_never_read_as_a_wide_one(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ParseError, match=rf"{said}.*Sample_Id and Value"):
        calls(tmp_path, text)


def test_the_meta_files_word_that_a_table_is_long_wins_over_its_header() -> None:
    from parsing_help import make_cohort

    file = make_cohort(CALLS | {"format": TableFormat().model_dump()}).files[0]
    with pytest.raises(ParseError, match="without a column for the sample"):
        parse_copy_number(
            b"Hugo_Symbol\tS1\nALK\t2\n", SourceRef("c", "f", "a"), file, RawTables(), is_long=True
        )


def test_gistics_other_columns_are_no_samples(tmp_path: Path) -> None:
    found = calls(tmp_path, "Gene Symbol\tLocus ID\tCytoband\tS1\nALK\t238\t2p23.2\t2\n")
    assert listed(found, "copy_number", "sample_id", "hugo_symbol", "entrez_gene_id") == [
        ("S1", "ALK", "238")
    ]


def test_a_segment_without_a_sample_is_rejected_and_the_decimal_mark_goes_along(tmp_path: Path) -> None:
    path = tmp_path / "s.seg"
    path.write_text(
        "ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\nS1\t1\t10\t20\t5\t-0,5\n\t1\t30\t40\t5\t0\n"
    )
    found = parse(path, SEGMENTS | {"format": {"decimal": ","}})
    assert listed(found, "copy_number_segments", "sample_id", "segment_mean", "decimal") == [
        ("S1", "-0,5", ",")
    ]
    assert listed(found, "rejected_rows", "rule_id", "source_row") == [("missing_key", 3)]
