"""Tables with a column a gene and no calls: who is mutated, who is wild-type, and what nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from parsing_help import UNSTATED_CLASS, listed, make_cohort, parse
from pydantic import ValidationError

from ingestion.errors import ParseError

FLAGS: dict[str, Any] = {
    "kind": "gene_flags",
    "sample_id": "ID",
    "gene_flags": {"panel_id": "SITE_FLAGS", "genes": ["TP53", "KRAS"], "evidence": "the assay's report"},
    **UNSTATED_CLASS,
}


def parsed(folder: Path, text: str, **entries: Any) -> dict[str, pa.Table]:
    path = folder / "flags.tsv"
    path.write_text(text)
    return parse(path, FLAGS | entries)


def test_a_flag_is_a_call_of_unstated_class_and_its_absence_is_none(tmp_path: Path) -> None:
    tables = parsed(tmp_path, "ID\tTP53\tKRAS\tALK\na\t1\t0\t1\nb\t0\t0\t0\n")
    assert listed(tables, "mutations", "sample_id", "hugo_symbol", "variant_classification") == [
        ("a", "TP53", "nonsynonymous of unstated class")
    ]


def test_a_cell_that_is_not_understood_is_a_row_without_a_class_so_that_the_gene_is_undetermined(
    tmp_path: Path,
) -> None:
    tables = parsed(tmp_path, "ID\tTP53\tKRAS\na\t?\t0\nb\t\t1\n")
    assert listed(tables, "mutations", "sample_id", "hugo_symbol", "variant_classification") == [
        ("a", "TP53", None), ("b", "TP53", None), ("b", "KRAS", "nonsynonymous of unstated class"),
    ]  # fmt: skip


def test_only_the_named_genes_are_covered_for_every_sample_of_the_table(tmp_path: Path) -> None:
    tables = parsed(tmp_path, "ID\tTP53\tKRAS\tALK\na\t1\t0\t1\nb\t0\t0\t0\n")
    assert listed(tables, "gene_panels", "panel_id", "hugo_symbol") == [
        ("SITE_FLAGS", "TP53"), ("SITE_FLAGS", "KRAS"),
    ]  # fmt: skip
    assert listed(tables, "profiled_samples", "sample_id", "panel_id", "stated_by") == [
        ("a", "SITE_FLAGS", "declared"), ("b", "SITE_FLAGS", "declared"),
    ]  # fmt: skip


def test_two_genes_of_one_line_are_two_sources_so_that_each_call_has_a_place_of_its_own(
    tmp_path: Path,
) -> None:
    tables = parsed(tmp_path, "ID\tTP53\tKRAS\na\t1\t1\n")
    places = listed(tables, "mutations", "source_file_id", "source_row")
    assert len(set(places)) == 2
    assert listed(tables, "source_files", "member") == ["TP53", "KRAS"]


def test_a_gene_without_a_column_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="KRAS"):
        parsed(tmp_path, "ID\tTP53\na\t1\n")


def test_one_word_cannot_mean_mutated_and_wild_type() -> None:
    with pytest.raises(ValidationError, match="under mutated and under wild_type"):
        make_cohort(FLAGS | {"gene_flags": FLAGS["gene_flags"] | {"wild_type": ["0", "1"]}})


def test_a_flag_needs_a_class() -> None:
    with pytest.raises(ValidationError, match="variant_classification of a flag"):
        make_cohort(FLAGS | {"mutation_constants": {}})


def test_a_column_has_missing_words_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "c.tsv"
    path.write_text("ID\tWHITE\tMALE\na\t0\t0\nb\t1\t1\n")
    tables = parse(
        path,
        {
            "kind": "clinical",
            "patient_id": "ID",
            "columns": {
                "WHITE": {"attribute": "RACE", "words": {"1": "White"}, "missing": ["0"]},
                "MALE": {"attribute": "SEX", "words": {"1": "Male", "0": "Female"}},
            },
        },
    )
    cells = listed(tables, "clinical_values", "patient_id", "column_name", "value_raw", "value")
    assert [c for c in cells if c[1] != "ID"] == [
        ("a", "WHITE", "0", None), ("b", "WHITE", "1", "1"), ("a", "MALE", "0", "0"), ("b", "MALE", "1", "1"),
    ]  # fmt: skip
