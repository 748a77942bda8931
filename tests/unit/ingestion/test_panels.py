"""Gene panels from the portal's files, BED files, lists and tables; and panels that nobody describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from parsing_help import listed, make_catalog, make_cohort, parse
from pydantic import ValidationError

from ingestion.catalog.panels import assay_of_word
from ingestion.errors import ParseError
from ingestion.parsing.panels import unknown_panels
from ingestion.raw_rows import arrow_schema

PANELS = {"kind": "gene_panels"}
EXONS = {"format": "bed", "panel_id": "SITE", "gene_pattern": "^([^_]+)_"}


def genes(tmp_path: Path, text: str, panel: dict[str, Any] | None = None) -> list[tuple[str, str, int]]:
    return listed(read(tmp_path, text, panel), "gene_panels", "panel_id", "hugo_symbol", "source_row")


def read(tmp_path: Path, text: str, panel: dict[str, Any] | None = None) -> dict[str, pa.Table]:
    path = tmp_path / "panel.txt"
    path.write_text(text)
    return parse(path, PANELS | ({"panel": panel} if panel else {}))


def test_a_bed_file_names_a_gene_a_region_and_each_gene_counts_once(tmp_path: Path) -> None:
    text = 'track name="x"\n#c\nchr17\t1\t9\tTP53_ex1\nchr17\t11\t19\tTP53_ex2\nchr6\t5\t6\tHLA-A_ex1\t0\t+\n'
    assert genes(tmp_path, text, EXONS) == [("SITE", "TP53", 3), ("SITE", "HLA-A", 5)]


def test_a_bed_file_whose_names_are_no_genes_alone_needs_a_pattern(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"line 1: 2 of 2 names.*'TP53_ex1'.*panel\.gene_pattern"):
        genes(tmp_path, "17\t1\t9\tTP53_ex1\n17\t11\t19\tTP53_ex2\n", {"format": "bed", "panel_id": "SITE"})


def test_a_region_without_a_readable_gene_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    text = "17\t1\t9\tTP53_ex1\n17\t1\t9\tctrl\n2\tx\t9\tALK_ex1\n2\t8\t9\tALK_ex1\n"
    found = read(tmp_path, text, EXONS)
    assert listed(found, "gene_panels", "hugo_symbol") == ["TP53", "ALK"]
    assert listed(found, "rejected_rows", "rule_id", "source_row") == [
        ("unreadable_gene", 3), ("unreadable_gene", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Gene\nALK\nTP53\n", "ALK, TP53", "#x\nALK TP53\n"])
def test_a_plain_list_has_a_gene_a_line_or_several(tmp_path: Path, text: str) -> None:
    found = genes(tmp_path, text, {"format": "list", "panel_id": "SITE"})
    assert [(panel, gene) for panel, gene, _ in found] == [("SITE", "ALK"), ("SITE", "TP53")]


def test_a_table_may_hold_several_panels(tmp_path: Path) -> None:
    text = "assay\tsymbol\nA1\tALK\nA1\tTP53\nA2\tALK\nA2\t02-Sep\nA2\tEGFR\n"
    panel = {"format": "table", "gene": "symbol", "panel_column": "assay"}
    assert genes(tmp_path, text, panel) == [
        ("A1", "ALK", 2),
        ("A1", "TP53", 3),
        ("A2", "ALK", 4),
        ("A2", "EGFR", 6),
    ]


def test_a_column_that_is_not_there_is_an_error_that_names_the_key(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"no column 'gene'.*files\.f\.panel\.gene"):
        genes(tmp_path, "symbol\nALK\n", {"format": "table", "panel_id": "SITE", "gene": "gene"})


def test_the_portals_two_forms_need_no_key(tmp_path: Path) -> None:
    for text in ("ALK\tTP53", "ALK, TP53", "ALK TP53"):
        assert genes(tmp_path, f"stable_id: X\ngene_list: {text}\n") == [("X", "ALK", 2), ("X", "TP53", 2)]
    text = '[{"genePanelId": "Y",\n "genes": [{"hugoGeneSymbol": "ALK", "entrezGeneId": 238}]}]'
    assert genes(tmp_path, text) == [("Y", "ALK", 2)]


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ({"format": "bed"}, "panel needs panel_id"),
        ({"format": "table", "panel_id": "X"}, "panel needs 'gene'"),
        ({"format": "list", "panel_column": "p"}, "panel_column belongs to format table"),
        ({"format": "list", "panel_id": "wxs"}, "a word for the exome"),
    ],
)
def test_an_incomplete_entry_is_refused(panel: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_cohort(PANELS | {"panel": panel})


def test_only_a_file_of_panels_has_the_key() -> None:
    with pytest.raises(ValidationError, match="belongs to kind gene_panels"):
        make_cohort({"kind": "case_list", "panel": EXONS})


@pytest.mark.parametrize("word", ["WES", "wxs", "Whole-Exome", "whole exome sequencing", "WES "])
def test_words_for_the_exome_are_no_panels(word: str) -> None:
    assert assay_of_word(word) == "exome"


@pytest.mark.parametrize(("word", "kind"), [("WGS", "genome"), ("whole_genome", "genome"), ("WES2", None)])
def test_a_genome_is_told_apart_and_a_panels_name_is_none_of_them(word: str, kind: str | None) -> None:
    assert assay_of_word(word) == kind


# ---- panels that nobody describes ------------------------------------------------------------------------


def unknown(*statements: tuple[str, str, str | None], **entries: Any) -> str | None:
    """The sentence about cohort ``syn`` with these statements (sample, stated_by, panel); MINI10 is described."""
    rows = [
        {"cohort_id": "syn", "source_file_id": "s", "sample_id": sample, "stated_by": by, "panel_id": panel}
        for sample, by, panel in statements
    ]
    tables = {
        "profiled_samples": pa.Table.from_pylist(rows, arrow_schema("profiled_samples")),
        "gene_panels": pa.Table.from_pylist([{"panel_id": "MINI10"}], arrow_schema("gene_panels")),
        "source_files": pa.Table.from_pylist(
            [{"source_file_id": "s", "address": "https://x.example/a", "member": "matrix.txt"}],
            arrow_schema("source_files"),
        ),
    }
    entries.setdefault("assay", {"name": "a", "kind": "panel"})
    found = unknown_panels(tables, make_catalog(make_cohort(PANELS, **entries)))
    return str(found["syn"]) if found else None


def test_a_panel_that_no_list_describes_is_one_sentence_with_cohort_panel_file_and_remedy() -> None:
    said = unknown(("S1", "matrix", "SECRET7"), ("S2", "matrix", "mini10"), ("S3", "matrix", "SECRET7"))
    assert said is not None
    assert said.startswith(
        "https://x.example/a (matrix.txt): no list describes panel 'SECRET7', on which samples of 'syn' were "
    )
    assert "were sequenced (2);" in said and "kind gene_panels" in said and "observed_in_calls" in said


def test_known_panels_in_any_case_exome_words_and_a_matrix_without_a_panel_are_no_error() -> None:
    assert unknown(("S1", "matrix", "Mini10"), ("S2", "matrix", "wxs"), ("S3", "matrix", None)) is None


def test_a_panel_that_the_matrix_overrules_is_no_error() -> None:
    assert (
        unknown(("S1", "sequenced_list", None), ("S1", "matrix", "MINI10"), ("S1", "column", "SECRET7"))
        is None
    )


def test_a_panel_of_a_sample_that_was_not_sequenced_is_no_error() -> None:
    assert unknown(("S1", "column", "SECRET7"), ("S2", "matrix", "MINI10")) is None


def test_a_panel_that_the_cohort_file_declares_is_no_error() -> None:
    panels = [{"panel_id": "SECRET7", "genes": "observed_in_calls", "evidence": "all calls are listed"}]
    assert unknown(("S1", "declared", None), assay={"name": "a", "kind": "panel", "panel_id": "secret7"},
                   panels=panels) is None  # fmt: skip


def test_a_panel_of_the_cohort_file_that_no_list_describes_is_an_error() -> None:
    said = unknown(("S1", "declared", None), assay={"name": "a", "kind": "panel", "panel_id": "SECRET7"})
    assert said is not None and "panel 'SECRET7'" in said


def test_a_panel_cohort_of_which_nobody_names_the_panel_is_an_error() -> None:
    said = unknown(("S1", "sequenced_list", None))
    assert (
        said is not None
        and "nobody says on which panel the sequenced samples of cohort" in said
        and "(1)" in said
    )
    assert unknown(("S1", "sequenced_list", None), assay={"name": "a", "kind": "exome"}) is None
